namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// The reference interpreter: runs closed graphs node by node, slow and simple. The oracle of all other executors.
module internal Interpret =
    /// For each row: the elements of a if the row is marked, otherwise those of b.
    let private blend (rows: bool[]) (a: NdArray) (b: NdArray) =
        if Array.forall id rows then
            a
        elif not (Array.exists id rows) then
            b
        else
            let result = b.Copy()
            let width = a.Length / rows.Length

            for i in 0 .. rows.Length - 1 do
                if rows[i] then Array.Copy(a.Data, i * width, result.Data, i * width, width)

            result

    /// Replaces rows that are not marked by the row `source`.
    let private borrow (rows: bool[]) source (a: NdArray) =
        if Array.forall id rows then
            a
        else
            let result = a.Copy()
            let width = a.Length / rows.Length

            for i in 0 .. rows.Length - 1 do
                if not rows[i] then Array.Copy(a.Data, source * width, result.Data, i * width, width)

            result

    let private zeros (a: NdArray) = NdArray.Zeros(a.Dtype, a.Shape)

    /// The memory of one emission while a loop runs: rows batch ++ [room] ++ rest.
    type private Emission(rows: int, batch: int[], signature: Signature, capacity: int voption) =
        let rest = signature.Shape[batch.Length ..]
        let width = Shape.stored "loop" rest
        let mutable room = ValueOption.defaultValue 16 capacity
        let make n = NdArray.Zeros(signature.Dtype, Array.concat [ batch; [| n |]; rest ])
        let mutable memory = make room

        let resize next =
            let larger = make next

            for i in 0 .. rows - 1 do
                Array.Copy(memory.Data, i * room * width, larger.Data, i * next * width, (min room next) * width)

            memory <- larger
            room <- next

        member _.Write(row, count, values: NdArray) =
            if count = room then
                match capacity with
                | ValueSome n -> raise (GraphException $"a loop wrote more than its {string n} emissions")
                | ValueNone -> resize (2 * room)

            Array.Copy(values.Data, row * width, memory.Data, (row * room + count) * width, width)

        member _.Result(written: int) =
            if capacity.IsNone then resize written

            memory

    /// The state of a loop's reverse sweep.
    [<NoEquality; NoComparison>]
    type private Sweep =
        {
            Of: Pullback
            Rows: int
            Recording: Recording
            Captured: NdArray[]
            /// by output of the loop: its given cotangent
            Given: NdArray voption[]
            /// rows with a non-zero cotangent; the others, such as failed samples, may end where a derivative is
            /// infinite
            IsGiven: bool[]
            /// For rows that did not move, the pullback is evaluated at a state where they did: 0 · finite instead of 0
            /// · ∞.
            SafeState: NdArray[]
            SafeRegister: NdArray[]
            /// cotangents of the active states, accumulated so far
            mutable Cotangent: NdArray[]
            /// by wanted captured value, accumulated so far
            Total: NdArray[]
        }

    let private givenOf (p: Pullback) (args: NdArray[]) : NdArray voption[] =
        let mutable next = p.Wanted.Length - 1

        p.Given
        |> Array.map (fun isGiven ->
            if isGiven then
                next <- next + 1
                ValueSome args[next]
            else
                ValueNone)

    /// Which rows have a non-zero cotangent.
    let private rowsGiven rows (cotangents: NdArray[]) : bool[] =
        let reaches row (w: NdArray) =
            let width = w.Length / max 1 rows
            let isSome (x: float) = x <> 0.0

            match w.Data with
            | :? (float[]) as x -> Array.exists isSome x[row * width .. (row + 1) * width - 1]
            | :? (float32[]) as x -> Array.exists (float >> isSome) x[row * width .. (row + 1) * width - 1]
            | _ -> true // cotangents are floats

        Array.init rows (fun row -> rows = 1 || cotangents |> Array.exists (reaches row))

    /// By active state: its given cotangent, or zeros.
    let private firstCotangents (p: Pullback) (args: NdArray[]) (given: NdArray voption[]) : NdArray[] =
        [| for i in 0 .. p.Of.States - 1 do
               if p.ActiveStates[i] then
                   match given[i] with
                   | ValueSome w -> w
                   | ValueNone -> zeros args[i] |]

    /// By active emission with a cotangent: the part that belongs to this iteration.
    let private emittedBy (s: Sweep) (f: TapeEntry) : NdArray[] =
        let l = s.Of.Of
        let carried = l.States + l.Registers
        let streamOf = l.StreamOf

        let partOf e (w: NdArray) =
            let signature = l.Body.Outputs[carried + e].Signature
            let part = NdArray.Zeros(signature.Dtype, signature.Shape)
            let width = part.Length / max 1 s.Rows
            let room = w.Shape[l.Batch.Length]
            let wrote, count = f.Wrote[streamOf[e]], f.Count[streamOf[e]]

            for row in 0 .. s.Rows - 1 do
                if wrote[row] then
                    Array.Copy(w.Data, (row * room + count[row]) * width, part.Data, row * width, width)

            part

        [| for e in 0 .. l.Emits - 1 do
               match s.Given[carried + e] with
               | ValueSome w when s.Of.ActiveEmits[e] -> partOf e w
               | _ -> () |]

    /// The cotangents of the wanted arguments, after all iterations are reversed.
    let private swept (s: Sweep) (args: NdArray[]) : NdArray[] =
        let p = s.Of

        let states =
            [| let mutable k = 0

               for i in 0 .. p.Of.States - 1 do
                   if p.ActiveStates[i] then
                       if p.Wanted[i] then s.Cotangent[k]

                       k <- k + 1
                   elif p.Wanted[i] then
                       zeros args[i] |]

        Array.append states s.Total

    /// Ends the reverse sweep of a loop if the caller cancels.
    let private look (l: Loop) = if l.Watch.IsSome then Watching.RequireGoesOn Watching.Current

    let rec run (failures: List<exn>) (g: Graph) (inputs: NdArray[]) : NdArray[] =
        let program = Program.ofGraph g
        let nodes = program.Nodes
        let values: NdArray[] = Array.zeroCreate nodes.Length
        let bundles: NdArray[][] = Array.zeroCreate nodes.Length
        let recordings: (Recording | null)[] = Array.zeroCreate nodes.Length

        for i in 0 .. nodes.Length - 1 do
            let used = program.Args[i]

            match nodes[i].Op with
            | Input k -> values[i] <- inputs[k]
            | Output k -> values[i] <- bundles[used[0]][k]
            | Apply fn ->
                let args = Array.map (fun k -> values[k]) used

                bundles[i] <-
                    match fn with
                    | Loop l when program.Taped[i] ->
                        let recording = Recording(Recording.LimitOf l)
                        recordings[i] <- recording
                        loop failures l args (fun entry state -> recording.Add(entry, state))
                    | Pullback p when program.Primal[i] >= 0 ->
                        match recordings[program.Primal[i]] with
                        | null -> apply failures fn args
                        | recording -> pullback failures p args recording
                    | _ -> apply failures fn args
            | Check check ->
                let args = Array.map (fun k -> values[k]) used

                if failures.Count = 0 then // only the first failure is raised
                    match check.Find args with
                    | ValueSome failure -> failures.Add failure
                    | ValueNone -> ()

                values[i] <- args[0]
            | op -> // all other operations are primitives, which Evaluate matches completely
                values[i] <- Evaluate.primitive op nodes[i].Signature (Array.map (fun k -> values[k]) used)

            for k in program.Release[i] do
                values[k] <- Unchecked.defaultof<_>
                bundles[k] <- Unchecked.defaultof<_>

        program.Outputs |> Array.map (fun k -> values[k])

    and apply failures (fn: Fn) (args: NdArray[]) : NdArray[] =
        match fn with
        | Call(g, _) -> run failures g args
        | Custom c -> run failures c.Primal args
        | Root r -> run failures r.Solve args
        | Host h -> h.Run args
        | Cond(whenTrue, whenFalse) -> run failures (if args[0].Flags[0] then whenTrue else whenFalse) args[1..]
        | Loop l -> loop failures l args (fun _ _ -> ())
        | Pullback p ->
            let recording = Recording(Recording.LimitOf p.Of)
            loop failures p.Of args[.. p.Wanted.Length - 1] (fun entry state -> recording.Add(entry, state)) |> ignore
            pullback failures p args recording

    and private loop failures (l: Loop) (args: NdArray[]) (record: TapeEntry -> NdArray[] -> unit) : NdArray[] =
        let states, carried = l.States, l.States + l.Registers
        let rows = Shape.stored "loop" l.Batch
        let captured = args[carried..]
        let mutable state = args[.. states - 1]
        let mutable registers = args[states .. carried - 1]
        let streamOf = l.StreamOf
        let count = l.Streams |> Array.map (fun _ -> Array.zeroCreate<int> rows)
        let live = Array.create rows true

        let emissions =
            l.Body.Outputs[carried .. carried + l.Emits - 1]
            |> Array.map2 (fun k n -> Emission(rows, l.Batch, n.Signature, l.Streams[k].Capacity)) streamOf

        let goesOn registers =
            if l.Watch = ValueSome Reporting then Watching.Show(fun () -> registers)
            l.Watch.IsNone || Watching.GoesOn()

        let mutable watched = goesOn registers

        while watched && Array.exists id live do
            Counters.AddBody()
            let out = run failures l.Body (Array.concat [ state; registers; captured ])
            let flag k = out[carried + l.Emits + k].Flags
            let keep, finish = flag 0, flag (l.Flags - 1)
            let moved = Array.map2 (&&) live keep
            let wrote = l.Streams |> Array.mapi (fun k _ -> Array.map2 (&&) moved (flag (1 + k)))

            if Array.exists id moved then
                record { Registers = registers; Moved = moved; Wrote = wrote; Count = Array.map Array.copy count } state

            for e in 0 .. l.Emits - 1 do
                for row in 0 .. rows - 1 do
                    if wrote[streamOf[e]][row] then emissions[e].Write(row, count[streamOf[e]][row], out[carried + e])

            state <- Array.map2 (blend moved) out[.. states - 1] state
            registers <- Array.map2 (blend (Array.copy live)) out[states .. carried - 1] registers

            for row in 0 .. rows - 1 do
                for k in 0 .. count.Length - 1 do
                    if wrote[k][row] then count[k][row] <- count[k][row] + 1

                if finish[row] then live[row] <- false

            watched <- goesOn registers

        let written = count |> Array.map (fun c -> if rows = 0 then 0 else Array.max c)
        Array.concat [ state; registers; Array.map2 (fun k (e: Emission) -> e.Result written[k]) streamOf emissions ]

    and private pullback failures (p: Pullback) (args: NdArray[]) (recording: Recording) : NdArray[] =
        let l = p.Of
        look l
        let carried, inputs = l.States + l.Registers, p.Wanted.Length
        let rows = Shape.stored "loop" l.Batch
        let captured = args[carried .. inputs - 1]
        let given = givenOf p args
        let isGiven = rowsGiven rows args[inputs..]
        let struct (state, registers) = safeStates failures l args[.. inputs - 1] isGiven recording

        let s: Sweep =
            { Of = p
              Rows = rows
              Recording = recording
              Captured = captured
              Given = given
              IsGiven = isGiven
              SafeState = state
              SafeRegister = registers
              Cotangent = firstCotangents p args given
              Total =
                [| for i in carried .. inputs - 1 do
                       if p.Wanted[i] then zeros args[i] |] }

        let marks = recording.States.Keys |> Seq.sort |> Seq.toArray

        for i in marks.Length - 1 .. -1 .. 0 do
            let last = if i + 1 < marks.Length then marks[i + 1] - 1 else recording.Entries.Count - 1
            sweep failures s recording.Limit marks[i] last recording.States[marks[i]]

        swept s args

    /// For each row state and registers at which it moved; needed if some row did not move in some iteration.
    and private safeStates failures (l: Loop) (args: NdArray[]) (isGiven: bool[]) (recording: Recording) =
        let carried, rows = l.States + l.Registers, isGiven.Length
        let mutable state = args[.. l.States - 1]
        let mutable registers = args[l.States .. carried - 1]
        let isWhole (f: TapeEntry) = Array.forall id f.Moved

        if rows > 1 && (not (Array.forall id isGiven) || recording.Entries.Exists(fun f -> not (isWhole f))) then
            let seen = Array.create rows false

            replay failures l args[carried..] recording (fun f at ->
                let first = Array.map2 (fun moved seen -> moved && not seen) f.Moved seen

                if Array.exists id first then
                    state <- Array.map2 (blend first) at state
                    registers <- Array.map2 (blend first) f.Registers registers

                    for i in 0 .. rows - 1 do
                        seen[i] <- seen[i] || first[i]

                not (Array.forall id seen))

            // for a row that never moved, use another row's finite state as a placeholder
            match Array.tryFindIndex id seen with
            | Some source ->
                state <- Array.map (borrow seen source) state
                registers <- Array.map (borrow seen source) registers
            | None -> ()

        struct (state, registers)

    /// Reverses one iteration, from the state before it.
    and private pull failures (s: Sweep) (f: TapeEntry) (state: NdArray[]) =
        look s.Of.Of
        let pulled = Array.map2 (&&) f.Moved s.IsGiven
        let everyRow = Array.forall id pulled
        let state = if everyRow then state else Array.map2 (blend pulled) state s.SafeState
        let registers = if everyRow then f.Registers else Array.map2 (blend pulled) f.Registers s.SafeRegister
        let mine = s.Cotangent |> Array.map (fun w -> if everyRow then w else blend pulled w (zeros w))
        let inputs = Array.concat [ state; registers; s.Captured; mine; emittedBy s f ]
        let out = run failures s.Of.Sweep.Value inputs
        let n = s.Cotangent.Length
        s.Cotangent <- Array.map2 (blend pulled) out[.. n - 1] s.Cotangent

        for i in 0 .. s.Total.Length - 1 do
            let total = s.Total[i]
            let signature = { Signature.Dtype = total.Dtype; Shape = total.Shape }
            s.Total[i] <- Evaluate.primitive (Binary Add) signature [| total; out[n + i] |]

    /// From a known state at `first`, reverses entries last … first; keeps at most `limit` states at once.
    and private sweep failures (s: Sweep) limit first last (state: NdArray[]) =
        let l, entries = s.Of.Of, s.Recording.Entries
        let length = last - first + 1

        if length <= limit then
            let kept = List<NdArray[]>()
            let mutable at = state

            for k in first..last do
                kept.Add at

                if k < last then at <- step failures l s.Captured entries[k] at

            for k in last .. -1 .. first do
                pull failures s entries[k] kept[k - first]
        else
            let parts = max 2 (limit / 2)
            let size = (length + parts - 1) / parts
            let kept = List<struct (int * NdArray[])>()
            let mutable at = state

            for k in first..last do
                if (k - first) % size = 0 then kept.Add(struct (k, at))

                if k < last then at <- step failures l s.Captured entries[k] at

            for i in kept.Count - 1 .. -1 .. 0 do
                let struct (start, at) = kept[i]
                sweep failures s (max 2 (limit / 2)) start (min last (start + size - 1)) at

    /// The state after a kept iteration.
    and private step failures (l: Loop) captured (f: TapeEntry) (state: NdArray[]) =
        look l
        Counters.AddBody()
        let out = run failures l.Body (Array.concat [ state; f.Registers; captured ])
        Array.map2 (blend f.Moved) out[.. l.States - 1] state

    /// Calls `look` with the kept iterations and their states, from the first on, until it returns false.
    and private replay failures (l: Loop) captured (recording: Recording) (look: TapeEntry -> NdArray[] -> bool) =
        let mutable k = 0
        let mutable state: NdArray[] = [||]

        while k < recording.Entries.Count do
            match recording.States.TryGetValue k with
            | true, kept -> state <- kept
            | _ -> state <- step failures l captured recording.Entries[k - 1] state

            k <- if look recording.Entries[k] state then k + 1 else recording.Entries.Count

    /// Runs a function node and raises the first failure of its checks.
    let call (fn: Fn) (args: NdArray[]) : NdArray[] =
        let failures = List<exn>()
        let result =
            try
                apply failures fn args
            with :? OperationCanceledException when failures.Count > 0 ->
                [||]

        if failures.Count > 0 then raise failures[0]

        result

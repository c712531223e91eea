namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open NeuralDE

/// One kept iteration of a loop: what its pullback needs to know of it.
[<NoComparison; NoEquality>]
type internal Frame =
    {
        Control: NdArray[]
        /// rows that took this iteration, and rows that also wrote emissions
        Moved: bool[]
        /// by stream
        Wrote: bool[][]
        /// by stream: emissions written before it, by row
        Count: int[][]
    }

/// The forward run of a loop as its reverse sweep needs it: every kept iteration's control, and states at some of them.
/// Online: how many iterations there will be need not be known. When states pass the limit, every other one is dropped.
[<Sealed>]
type internal Recording(limit: int) =
    let frames = List<Frame>()
    let states = Dictionary<int, NdArray[]>()
    let mutable spacing = 1

    member _.Frames = frames
    member _.States = states

    /// Kept states at once, at most.
    member _.Limit = limit

    member _.Add(frame: Frame, state: NdArray[]) =
        if frames.Count % spacing = 0 then
            states[frames.Count] <- state

            if states.Count > limit then
                spacing <- 2 * spacing

                for k in Seq.toArray states.Keys do
                    if k % spacing <> 0 then states.Remove k |> ignore

        frames.Add frame

/// The reference executor: runs closed graphs node by node, slowly and obviously. The oracle of every other executor.
module internal Interpret =
    /// Per row: a's numbers where the row is marked, else b's.
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

    /// Rows that are not marked get another row's numbers.
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

    /// One emission's memory while a loop runs: rows batch ++ [room] ++ rest.
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
                        let recording = recordingFor l args
                        recordings[i] <- recording
                        loop failures l args (fun frame state -> recording.Add(frame, state))
                    | Pullback p when program.Primal[i] >= 0 ->
                        match recordings[program.Primal[i]] with
                        | null -> apply failures fn args
                        | recording -> pullback failures p args recording
                    | _ -> apply failures fn args
            | Check check ->
                let args = Array.map (fun k -> values[k]) used

                if failures.Count = 0 then // only the first is raised
                    match check.Find args with
                    | ValueSome failure -> failures.Add failure
                    | ValueNone -> ()

                values[i] <- args[0]
            | op -> // every other operation is a primitive, which Evaluate matches in full
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
            let recording = recordingFor p.Of args
            loop failures p.Of args[.. p.Wanted.Length - 1] (fun frame state -> recording.Add(frame, state)) |> ignore
            pullback failures p args recording

    and private recordingFor (l: Loop) (args: NdArray[]) =
        match l.Tape with
        | Everything -> Recording Int32.MaxValue
        | Budget bytes ->
            let frame = args[.. l.States - 1] |> Array.sumBy (fun a -> int64 a.Length * int64 a.Dtype.Size)
            // half for the states kept on the way forward, half for those a replay keeps
            Recording(int (max 2L (min 1000000000L (bytes / (2L * max 1L frame)))))

    and private loop failures (l: Loop) (args: NdArray[]) (record: Frame -> NdArray[] -> unit) : NdArray[] =
        let states, carried = l.States, l.States + l.Controls
        let rows = Shape.stored "loop" l.Batch
        let captured = args[carried..]
        let mutable state = args[.. states - 1]
        let mutable control = args[states .. carried - 1]
        let streamOf = l.StreamOf
        let count = l.Streams |> Array.map (fun _ -> Array.zeroCreate<int> rows)
        let live = Array.create rows true

        let emissions =
            l.Body.Outputs[carried .. carried + l.Emits - 1]
            |> Array.map2 (fun k n -> Emission(rows, l.Batch, n.Signature, l.Streams[k].Capacity)) streamOf

        let goesOn control =
            match l.Watch with
            | ValueSome Reporting ->
                Watching.Show(fun () -> control)
                Watching.GoesOn()
            | ValueSome Cancellable -> Watching.GoesOn()
            | ValueNone -> true

        let mutable watched = goesOn control

        while watched && Array.exists id live do
            Counters.AddBody()
            let out = run failures l.Body (Array.concat [ state; control; captured ])
            let flag k = out[carried + l.Emits + k].Flags
            let keep, finish = flag 0, flag (l.Flags - 1)
            let moved = Array.map2 (&&) live keep
            let wrote = l.Streams |> Array.mapi (fun k _ -> Array.map2 (&&) moved (flag (1 + k)))

            if Array.exists id moved then
                record { Control = control; Moved = moved; Wrote = wrote; Count = Array.map Array.copy count } state

            for e in 0 .. l.Emits - 1 do
                for row in 0 .. rows - 1 do
                    if wrote[streamOf[e]][row] then emissions[e].Write(row, count[streamOf[e]][row], out[carried + e])

            state <- Array.map2 (blend moved) out[.. states - 1] state
            control <- Array.map2 (blend (Array.copy live)) out[states .. carried - 1] control

            for row in 0 .. rows - 1 do
                for k in 0 .. count.Length - 1 do
                    if wrote[k][row] then count[k][row] <- count[k][row] + 1

                if finish[row] then live[row] <- false

            watched <- goesOn control

        let written = count |> Array.map (fun c -> if rows = 0 then 0 else Array.max c)
        Array.concat [ state; control; Array.map2 (fun k (e: Emission) -> e.Result written[k]) streamOf emissions ]

    and private pullback failures (p: Pullback) (args: NdArray[]) (recording: Recording) : NdArray[] =
        let l = p.Of
        let states, carried, inputs = l.States, l.States + l.Controls, p.Wanted.Length
        let rows = Shape.stored "loop" l.Batch
        let captured = args[carried .. inputs - 1]
        let frames = recording.Frames

        let given =
            let mutable next = inputs - 1

            p.Given
            |> Array.map (fun isGiven ->
                if isGiven then
                    next <- next + 1
                    ValueSome args[next]
                else
                    ValueNone)

        // rows to which a cotangent comes: the others, as those of a sample that failed, may end where a slope is infinite
        let isGiven =
            let reaches row (w: NdArray) =
                let width = w.Length / max 1 rows
                let isSome (x: float) = x <> 0.0

                match w.Data with
                | :? (float[]) as x -> Array.exists isSome x[row * width .. (row + 1) * width - 1]
                | :? (float32[]) as x -> Array.exists (float >> isSome) x[row * width .. (row + 1) * width - 1]
                | _ -> true // cotangents are floats

            Array.init rows (fun row -> rows = 1 || args[inputs..] |> Array.exists (reaches row))

        // Rows that did not move are pulled at a state where they once did: 0 · finite, never 0 · ∞.
        let safe, safeControl =
            let seen = Array.create rows false
            let mutable state = args[.. states - 1]
            let mutable control = args[states .. carried - 1]

            if rows > 1 && (not (Array.forall id isGiven) || frames.Exists(fun f -> not (Array.forall id f.Moved))) then
                replay failures l captured recording (fun f at ->
                    let first = Array.map2 (fun moved seen -> moved && not seen) f.Moved seen

                    if Array.exists id first then
                        state <- Array.map2 (blend first) at state
                        control <- Array.map2 (blend first) f.Control control

                        for i in 0 .. rows - 1 do
                            seen[i] <- seen[i] || first[i]

                    not (Array.forall id seen))

                // a row that never moved borrows from one that did
                match Array.tryFindIndex id seen with
                | Some source ->
                    state <- Array.map (borrow seen source) state
                    control <- Array.map (borrow seen source) control
                | None -> ()

            state, control

        let mutable cotangent =
            [| for i in 0 .. states - 1 do
                   if p.ActiveStates[i] then
                       match given[i] with
                       | ValueSome w -> w
                       | ValueNone -> zeros args[i] |]

        let total =
            [| for i in carried .. inputs - 1 do
                   if p.Wanted[i] then zeros args[i] |]

        let streamOf = l.StreamOf

        /// The emission's cotangent that belongs to this iteration.
        let emitted (f: Frame) e (w: NdArray) =
            let signature = l.Body.Outputs[carried + e].Signature
            let part = NdArray.Zeros(signature.Dtype, signature.Shape)
            let width = part.Length / max 1 rows
            let room = w.Shape[l.Batch.Length]
            let wrote, count = f.Wrote[streamOf[e]], f.Count[streamOf[e]]

            for row in 0 .. rows - 1 do
                if wrote[row] then
                    Array.Copy(w.Data, (row * room + count[row]) * width, part.Data, row * width, width)

            part

        let add = Binary Add

        let pull (f: Frame) (state: NdArray[]) =
            let pulled = Array.map2 (&&) f.Moved isGiven
            let everyRow = Array.forall id pulled
            let state = if everyRow then state else Array.map2 (blend pulled) state safe
            let control = if everyRow then f.Control else Array.map2 (blend pulled) f.Control safeControl
            let mine = cotangent |> Array.map (fun w -> if everyRow then w else blend pulled w (zeros w))

            let emissions =
                [| for e in 0 .. l.Emits - 1 do
                       match given[carried + e] with
                       | ValueSome w when p.ActiveEmits[e] -> emitted f e w
                       | _ -> () |]

            let out = run failures p.Sweep.Value (Array.concat [ state; control; captured; mine; emissions ])
            let n = cotangent.Length
            cotangent <- Array.map2 (blend pulled) out[.. n - 1] cotangent

            for i in 0 .. total.Length - 1 do
                let signature = { Signature.Dtype = total[i].Dtype; Shape = total[i].Shape }
                total[i] <- Evaluate.primitive add signature [| total[i]; out[n + i] |]

        // From a known state at `first`, pulls frames last … first; keeps at most `limit` states at once.
        let rec sweep limit first last (state: NdArray[]) =
            let length = last - first + 1

            if length <= limit then
                let kept = List<NdArray[]>()
                let mutable at = state

                for k in first..last do
                    kept.Add at

                    if k < last then at <- step failures l captured frames[k] at

                for k in last .. -1 .. first do
                    pull frames[k] kept[k - first]
            else
                let parts = max 2 (limit / 2)
                let size = (length + parts - 1) / parts
                let kept = List<struct (int * NdArray[])>()
                let mutable at = state

                for k in first..last do
                    if (k - first) % size = 0 then kept.Add(struct (k, at))

                    if k < last then at <- step failures l captured frames[k] at

                for i in kept.Count - 1 .. -1 .. 0 do
                    let struct (start, at) = kept[i]
                    sweep (max 2 (limit / 2)) start (min last (start + size - 1)) at

        let marks = recording.States.Keys |> Seq.sort |> Seq.toArray

        for i in marks.Length - 1 .. -1 .. 0 do
            let last = if i + 1 < marks.Length then marks[i + 1] - 1 else frames.Count - 1
            sweep recording.Limit marks[i] last recording.States[marks[i]]

        let wanted =
            [| let mutable k = 0

               for i in 0 .. states - 1 do
                   if p.ActiveStates[i] then
                       if p.Wanted[i] then cotangent[k]

                       k <- k + 1
                   elif p.Wanted[i] then
                       zeros args[i] |]

        Array.append wanted total

    /// The state after a kept iteration.
    and private step failures (l: Loop) captured (f: Frame) (state: NdArray[]) =
        Counters.AddBody()
        let out = run failures l.Body (Array.concat [ state; f.Control; captured ])
        Array.map2 (blend f.Moved) out[.. l.States - 1] state

    /// Shows kept iterations and their states from the first on, while `look` says so.
    and private replay failures (l: Loop) captured (recording: Recording) (look: Frame -> NdArray[] -> bool) =
        let mutable k = 0
        let mutable state: NdArray[] = [||]

        while k < recording.Frames.Count do
            match recording.States.TryGetValue k with
            | true, kept -> state <- kept
            | _ -> state <- step failures l captured recording.Frames[k - 1] state

            k <- if look recording.Frames[k] state then k + 1 else recording.Frames.Count

    /// Runs a function node and raises what its checks found.
    let call (fn: Fn) (args: NdArray[]) : NdArray[] =
        let failures = List<exn>()
        let result = apply failures fn args

        if failures.Count > 0 then raise failures[0]

        result

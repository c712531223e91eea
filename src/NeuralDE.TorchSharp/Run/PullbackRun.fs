namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// For rows that did not move, or without a cotangent, the sweep is evaluated where they moved: 0 · finite instead of 0 · ∞.
[<NoEquality; NoComparison>]
type internal SafeRows = { IsGiven: Tensor; State: Held[]; Registers: Held[] }

/// One reverse sweep over the tape of a loop.
[<Sealed>]
type internal PullbackRun(runner: Runner, form: PullbackForm, args: Held[], checks: PendingChecks, tape: LoopTape) =
    let p = form.Of
    let l = p.Of
    let device = runner.Device
    let inputs, carried = p.Wanted.Length, form.Loop.Carried
    let body = form.Loop.Body.Rest
    let entries = tape.Entries
    let struct (ofLoop, ownOfLoop) = Hoisted.inputs runner form.Loop.Body args[carried .. inputs - 1] checks
    let struct (ofSweep, ownOfSweep) = Hoisted.inputs runner form.Sweep args[carried .. inputs - 1] checks
    let signatureOf k = l.Body.Inputs[k]
    let zeros (s: Signature) = Held.Of(Transfer.zeros device s.Dtype s.Shape)

    /// The given cotangents, by argument from `inputs` on.
    let given = args[inputs..]

    let mutable cotangent =
        [| for i in 0 .. l.States - 1 do
               if p.ActiveStates[i] then
                   match form.Given[i] with
                   | -1 -> zeros (signatureOf i)
                   | k -> Values.onDevice device (signatureOf i) given[k - inputs] |]

    let total =
        [| for i in carried .. inputs - 1 do
               if p.Wanted[i] then zeros (signatureOf i) |]

    let look () = if l.Watch.IsSome then Watching.RequireGoesOn Watching.Current

    /// The part of an emission's cotangent that belongs to an iteration.
    let part (f: LoopEntry) (e: int) : Held =
        let s = l.Body.Outputs[carried + e].Signature
        let whole = given[form.Given[carried + e] - inputs]
        let stream = l.StreamOf[e]

        match f.Rows with
        | ValueNone ->
            if f.Wrote[stream] then
                Held.Of(whole.Tensor.select (0L, int64 f.Count[stream]))
            else
                zeros s
        | ValueSome marks ->
            let axis = int64 l.Batch.Length
            let room = whole.Tensor.shape[int axis]

            if room = 0L then
                zeros s
            else
                Held.Of(
                    Making.scoped (fun () ->
                        let rest = s.Shape.Length - l.Batch.Length
                        let place = marks.Count[stream].clamp_max(Making.long (room - 1L))
                        let extents = Transfer.longs s.Shape
                        let index = (Making.widened (1 + rest) place).expand(Array.insertAt (int axis) 1L extents)
                        let found = whole.Tensor.gather(axis, index).squeeze axis
                        RowMask.blend marks.Wrote[stream] found (found.zeros_like ()))
                )

    /// The next value of a state in the seat in which the body takes it.
    let carry k (v: Held) =
        if form.Loop.Seats[k] = OnDevice && not v.HasTensor then
            Values.onDevice device (signatureOf k) v
        else
            v

    /// The state after a kept iteration; the caller owns it.
    let advance (f: LoopEntry) (state: Held[]) : Held[] =
        look ()
        Counters.AddBody()
        let out = runner.Run(body, Array.concat [ state; f.Registers; ofLoop ], checks)
        Values.drop out[l.States ..]

        match f.Rows with
        | ValueNone -> Array.init l.States (fun k -> carry k out[k])
        | ValueSome marks ->
            let next =
                Array.init l.States (fun k -> RowMask.blendHeld device (signatureOf k) marks.Moved out[k] state[k])
            Values.drop out[.. l.States - 1]
            next

    /// The rows with a cotangent that is not 0.
    let rowsGiven () : Tensor =
        let batch = Transfer.longs l.Batch
        let rows = Shape.size l.Batch

        if rows = 1L then
            T.ones (batch, Nullable ScalarType.Bool, device)
        else
            Making.scoped (fun () ->
                let reaches (w: Held) =
                    if w.Tensor.numel () = 0L then
                        T.zeros ([| rows |], Nullable ScalarType.Bool, device)
                    else
                        w.Tensor.ne(Making.float 0.0).reshape([| rows; -1L |]).any(1L, false)

                let none = T.zeros ([| rows |], Nullable ScalarType.Bool, device)
                (given |> Array.fold (fun (found: Tensor) w -> found.logical_or (reaches w)) none).reshape batch)

    /// Calls `see` with the kept iterations and their states up to the n-th; the states are borrowed.
    let replay (n: int) (see: int -> Held[] -> unit) : unit =
        let mutable state: Held[] = [||]

        for k in 0 .. n - 1 do
            let next =
                match tape.States.TryGetValue k with
                | true, kept -> Values.alias kept
                | _ -> advance entries[k - 1] state

            Values.drop state
            state <- next
            see k state

        Values.drop state

    /// The state and registers of each row where it first moved; a row that never moved borrows those of another row.
    let findSafe (isGiven: Tensor) (moved: Tensor) (last: int) : SafeRows =
        let first = moved.to_type(ScalarType.Int32).argmax 0L
        let seen = moved.any (0L, false)
        let place k = LoopForm.place runner form.Loop k args[k]
        let mutable state = Array.init l.States place
        let mutable registers = Array.init l.Registers (fun k -> place (l.States + k))

        let blend (mask: Tensor) offset (a: Held[]) (b: Held[]) =
            let next = Array.mapi2 (fun k x y -> RowMask.blendHeld device (signatureOf (offset + k)) mask x y) a b
            Values.drop b
            next

        replay (last + 1) (fun k at ->
            use mask = seen.logical_and (first.eq (Making.long (int64 k)))
            state <- blend mask 0 at state
            registers <- blend mask l.States entries[k].Registers registers)

        let source = seen.reshape([| -1L |]).to_type(ScalarType.Int32).argmax().reshape [| 1L |]

        let borrow offset (values: Held[]) =
            values
            |> Array.mapi (fun k v ->
                let s = signatureOf (offset + k)
                let rest = s.Shape[l.Batch.Length ..]

                let row =
                    Making.scoped (fun () ->
                        let rows = v.Tensor.reshape (Array.append [| -1L |] (Transfer.longs rest))
                        rows.index_select(0L, source).squeeze(0L).expand(Transfer.longs s.Shape))

                let result = Held.Of(RowMask.blend seen v.Tensor row)
                row.Dispose()
                v.Drop()
                result)

        { IsGiven = isGiven; State = borrow 0 state; Registers = borrow l.States registers }

    /// ValueNone: all rows moved in all iterations, and all have a cotangent. Waits twice at most.
    let safeRows () : SafeRows voption =
        if l.Batch.Length = 0 || entries.Count = 0 || Shape.size l.Batch = 1L then
            ValueNone
        else
            use _ = T.NewDisposeScope()
            let isGiven = rowsGiven ()
            let moved = T.stack ([| for f in entries -> f.Rows.Value.Moved |], 0L)
            let all = moved.all().logical_and(isGiven.all ())
            let seen = moved.any (0L, false)
            let last = moved.to_type(ScalarType.Int32).argmax(0L).masked_fill(seen.logical_not (), Making.long 0L).max()
            let packed = T.stack ([| all.to_type ScalarType.Int64; last |], 0L)
            let found = Transfer.download Int64 [| 2 |] packed :?> int64[]

            if found[0] <> 0L then
                ValueNone
            else
                let safe = findSafe isGiven moved (int found[1])
                let keep (v: Held) = v.Tensor.MoveToOuterDisposeScope() |> ignore
                keep (Held.Of safe.IsGiven)
                Array.iter keep safe.State
                Array.iter keep safe.Registers
                ValueSome safe

    let safe = safeRows ()

    /// Adds what an iteration contributes, from what its sweep gave; drops what it gave.
    let accumulate (out: Held[]) : unit =
        let n = cotangent.Length

        for i in 0 .. total.Length - 1 do
            let v = Values.onDevice device form.Outputs[n + i] out[n + i]
            total[i].Tensor.add_ v.Tensor |> ignore
            v.Drop()

        Values.drop out

    let sweepFrom (f: LoopEntry) (state: Held[]) (registers: Held[]) (mine: Held[]) : Held[] =
        let parts = form.Emissions |> Array.map (part f)
        let out = runner.Run(form.Sweep.Rest, Array.concat [ state; registers; mine; parts; ofSweep ], checks)
        Values.drop parts
        out

    /// Reverses one iteration, from the state before it.
    let pull (f: LoopEntry) (state: Held[]) : unit =
        look ()
        let n = cotangent.Length

        let next, out =
            match safe, f.Rows with
            | ValueSome safe, ValueSome marks ->
                use pulled = marks.Moved.logical_and safe.IsGiven
                let blend offset a b =
                    Array.mapi2 (fun k x y -> RowMask.blendHeld device (signatureOf (offset + k)) pulled x y) a b
                let state, registers = blend 0 state safe.State, blend l.States f.Registers safe.Registers
                let mine =
                    cotangent
                    |> Array.map (fun w -> (use z = w.Tensor.zeros_like () in Held.Of(RowMask.blend pulled w.Tensor z)))
                let out = sweepFrom f state registers mine
                Array.iter Values.drop [| state; registers; mine |]
                Array.mapi2 (fun k x y -> RowMask.blendHeld device form.Outputs[k] pulled x y) out[.. n - 1] cotangent,
                out
            | _ ->
                let out = sweepFrom f state f.Registers cotangent
                Array.init n (fun k -> Values.onDevice device form.Outputs[k] out[k]), out

        Values.drop cotangent
        cotangent <- next
        accumulate out

    /// From a known state at `first`, reverses entries last … first; keeps at most `limit` states at once. The state is
    /// borrowed.
    let rec sweep limit first last (state: Held[]) : unit =
        let size, isWhole =
            if last - first + 1 <= limit then
                1, true
            else
                let parts = max 2 (limit / 2)
                (last - first + parts) / parts, false

        let kept = List<struct (int * Held[])>()
        let mutable at = state

        for k in first..last do
            let isKept = (k - first) % size = 0
            if isKept then kept.Add(struct (k, at))

            if k < last then
                let next = advance entries[k] at
                if not isKept then Values.drop at
                at <- next
            elif not isKept then
                Values.drop at

        for i in kept.Count - 1 .. -1 .. 0 do
            let struct (start, at) = kept[i]
            if isWhole then
                pull entries[start] at
            else
                sweep (max 2 (limit / 2)) start (min last (start + size - 1)) at
            if i > 0 then Values.drop at

    /// The cotangents of the wanted arguments, which the caller owns.
    member _.Run() : Held[] =
        look ()
        let marks = tape.States.Keys |> Seq.sort |> Seq.toArray

        for i in marks.Length - 1 .. -1 .. 0 do
            let last = if i + 1 < marks.Length then marks[i + 1] - 1 else entries.Count - 1
            sweep tape.Limit marks[i] last tape.States[marks[i]]

        match safe with
        | ValueNone -> ()
        | ValueSome s ->
            s.IsGiven.Dispose()
            Values.drop s.State
            Values.drop s.Registers

        Values.drop ownOfLoop
        Values.drop ownOfSweep

        let states =
            [| let mutable k = 0

               for i in 0 .. l.States - 1 do
                   if p.ActiveStates[i] then
                       if p.Wanted[i] then cotangent[k] else cotangent[k].Drop()
                       k <- k + 1
                   elif p.Wanted[i] then
                       zeros (signatureOf i) |]

        Array.append states total

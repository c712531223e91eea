namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch.Names

/// Masks of rows: bool tensors with the shape of a loop's batch.
module internal RowMask =
    /// For each row: a where the mask is true, otherwise b.
    let blend (mask: Tensor) (a: Tensor) (b: Tensor) : Tensor =
        Making.scoped (fun () -> T.where (Making.widened (a.shape.Length - mask.shape.Length) mask, a, b))

    /// The same for values in any seat; the result is new.
    let blendHeld (device: TorchDevice) (s: Signature) (mask: Tensor) (a: Held) (b: Held) : Held =
        let x, y = Values.onDevice device s a, Values.onDevice device s b
        let result = blend mask x.Tensor y.Tensor
        x.Drop()
        y.Drop()
        Held.Of result

/// One run of a loop over rows. Which rows are live, moved and wrote are masks on the device. An iteration without a live row
/// changes nothing, so the host asks whether there is one only after 1, 2, 4, 8, 16, 24 … iterations.
[<Sealed>]
type internal RowLoopRun(runner: Runner, form: LoopForm, args: Held[], checks: PendingChecks, tape: LoopTape) =
    static let most = 8
    let l = form.Loop
    let carried = form.Carried
    let device = runner.Device
    let body = form.Body.Rest
    let streamOf = l.StreamOf
    let batch = l.Batch
    let flagOf = { Signature.Dtype = Bool; Shape = batch }
    let struct (captured, own) = Hoisted.inputs runner form.Body args[carried..] checks
    let signatureOf k = l.Body.Outputs[k].Signature

    let emissions =
        Array.init l.Emits (fun e ->
            RowEmission(device, batch, signatureOf (carried + e), l.Streams[streamOf[e]].Capacity))

    // iterations since the last reading: their entries, the states before them, and whether a row moved
    let waiting = List<struct (LoopEntry * Held[] * Tensor)>()
    let mutable state = Array.init l.States (fun k -> LoopForm.place runner form k args[k])
    let mutable registers =
        Array.init l.Registers (fun k -> LoopForm.place runner form (l.States + k) args[l.States + k])
    let mutable live = T.ones (Transfer.longs batch, Nullable ScalarType.Bool, device)
    let mutable count = l.Streams |> Array.map (fun _ -> Transfer.zeros device Int64 batch)

    let mask (v: Held) : Tensor = (Values.onDevice device flagOf v).Tensor

    let goesOn () =
        if l.Watch = ValueSome Reporting then
            Watching.Show(fun () ->
                Array.map2 (fun s v -> Values.number s v) l.Body.Inputs[l.States .. carried - 1] registers)

        l.Watch.IsNone || Watching.GoesOn()

    let record (moved: Tensor) (wrote: Tensor[]) : unit =
        if not (isNull tape) then
            let marks =
                { Moved = moved.alias ()
                  Wrote = wrote |> Array.map _.alias()
                  Count = count |> Array.map _.alias() }

            let entry = { Registers = Values.alias registers; Wrote = [||]; Count = [||]; Rows = ValueSome marks }

            waiting.Add(struct (entry, Values.alias state, moved.any ()))

    let write (out: Held[]) (wrote: Tensor[]) : unit =
        for e in 0 .. l.Emits - 1 do
            let k = streamOf[e]
            let values = Values.onDevice device (signatureOf (carried + e)) out[carried + e]
            emissions[e].Write(values.Tensor, wrote[k], count[k])
            values.Drop()

        let next = Array.map2 (fun (c: Tensor) (w: Tensor) -> c.add w) count wrote
        count |> Array.iter _.Dispose()
        count <- next

    let advance (moved: Tensor) (out: Held[]) : unit =
        let nextOf (mask: Tensor) first (old: Held[]) =
            let next =
                old |> Array.mapi (fun k v -> RowMask.blendHeld device (signatureOf (first + k)) mask out[first + k] v)
            Values.drop old
            next

        state <- nextOf moved 0 state
        registers <- nextOf live l.States registers

    let step () : unit =
        Counters.AddBody()
        let out = runner.Run(body, Array.concat [ state; registers; captured ], checks)
        let flags = Array.init l.Flags (fun k -> mask out[carried + l.Emits + k])
        let moved = live.logical_and flags[0]
        let wrote = Array.init l.Streams.Length (fun k -> moved.logical_and flags[1 + k])
        record moved wrote
        write out wrote
        advance moved out
        use goes = flags[l.Flags - 1].logical_not()
        let next = live.logical_and goes
        live.Dispose()
        live <- next
        moved.Dispose()
        wrote |> Array.iter _.Dispose()
        flags |> Array.iter _.Dispose()
        Values.drop out

    /// Moves the waiting iterations in which a row moved to the tape.
    let commit (moved: bool[]) : unit =
        for k in 0 .. waiting.Count - 1 do
            let struct (entry, state, any) = waiting[k]
            any.Dispose()

            if moved[k] then
                tape.Add(entry, state)
            else
                LoopTape.DropEntry entry
                Values.drop state

        waiting.Clear()

    /// One wait: whether a row is live, and the largest number of emissions of each stream.
    let read (ahead: int) : bool =
        use _ = T.NewDisposeScope()
        let flags = [| for struct (_, _, any) in waiting -> any.to_type ScalarType.Int64 |]
        let largest = count |> Array.map _.max()
        let packed = T.stack (Array.concat [ [| live.any().to_type ScalarType.Int64 |]; largest; flags ], 0L)
        let found = Transfer.download Int64 [| 1 + largest.Length + flags.Length |] packed :?> int64[]
        commit (found[1 + largest.Length ..] |> Array.map (fun v -> v <> 0L))

        for e in 0 .. l.Emits - 1 do
            emissions[e].Expect(int found[1 + streamOf[e]], ahead)

        found[0] <> 0L

    let results () : Held[] =
        use _ = T.NewDisposeScope()
        let isOpen = l.Streams |> Array.exists (fun s -> s.Capacity.IsNone)

        let written =
            if not isOpen then
                Array.zeroCreate count.Length
            else
                let largest = T.stack (count |> Array.map _.max(), 0L)
                Transfer.download Int64 [| count.Length |] largest :?> int64[] |> Array.map int

        let made =
            emissions
            |> Array.mapi (fun e emission ->
                let v = emission.Result written[streamOf[e]]
                v.Tensor.MoveToOuterDisposeScope() |> ignore
                v)

        Array.concat [ state; registers; made ]

    member _.Run() : Held[] =
        let mutable goes = goesOn ()
        let mutable stride = 1

        while goes do
            let mutable steps = 0

            while goes && steps < stride do
                step ()
                steps <- steps + 1
                goes <- goesOn ()

            if form.IsQuiet then stride <- min most (2 * stride)
            let anyLive = read stride
            goes <- goes && anyLive

        let found = results ()
        Values.drop own
        live.Dispose()
        count |> Array.iter _.Dispose()
        emissions |> Array.iter _.Close()
        found

namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// The rows of one emission of a loop without rows, while it runs.
[<Sealed>]
type internal LoopEmission(device: TorchDevice, s: Signature, capacity: int voption, seat: Seat) =
    let rows = List<Held>()

    let roomFor written =
        match capacity with
        | ValueSome n when written > n -> raise (GraphException $"a loop wrote more than its {string n} emissions")
        | ValueSome n -> n
        | ValueNone -> written

    let inManagedMemory (shape: int[]) : Held =
        let all = NdArray.Zeros(s.Dtype, shape)
        let width = int (Shape.size s.Shape)
        rows |> Seq.iteri (fun i v -> Array.Copy(v.Number.Data, 0, all.Data, i * width, width))
        Held.Of all

    let onDevice room (shape: int[]) : Held =
        if rows.Count = 0 then
            Held.Of(Transfer.zeros device s.Dtype shape)
        else
            let written = T.stack ([| for v in rows -> v.Tensor |], 0L)

            if rows.Count = room then
                Held.Of written
            else
                use written = written
                use rest = Transfer.zeros device s.Dtype (Array.append [| room - rows.Count |] s.Shape)
                Held.Of(T.cat ([| written; rest |], 0L))

    /// Takes ownership of a row.
    member _.Add(row: Held) = rows.Add row

    member _.Count = rows.Count

    /// Forgets the rows after the first n.
    member _.Truncate(n: int) =
        for i in n .. rows.Count - 1 do
            rows[i].Drop()

        rows.RemoveRange(n, rows.Count - n)

    /// The whole emission, which the caller owns; the rows are dropped.
    member x.Result() : Held =
        let room = roomFor rows.Count
        let shape = Array.append [| room |] s.Shape
        let result = if seat = OnHost then inManagedMemory shape else onDevice room shape
        x.Truncate 0
        result

/// The rows of one emission of a loop over rows: batch ++ [room + 1] ++ rest. The last place takes what is not written.
[<Sealed>]
type internal RowEmission(device: TorchDevice, batch: int[], s: Signature, capacity: int voption) =
    let rest = s.Shape[batch.Length ..]
    let axis = int64 batch.Length
    let mutable room = ValueOption.defaultValue 16 capacity
    let shapeOf n = Array.concat [ batch; [| n |]; rest ]
    let mutable memory = Transfer.zeros device s.Dtype (shapeOf (room + 1))

    /// The first n places, which the caller owns.
    let first (n: int) : Tensor =
        use part = memory.narrow (axis, 0L, int64 n)
        part.contiguous ()

    let resize (n: int) : unit =
        use kept = first (min room n)
        use added = Transfer.zeros device s.Dtype (shapeOf (n + 1 - min room n))
        // it outlives a scope of the caller
        let next = T.cat([| kept; added |], axis).DetachFromDisposeScope()
        memory.Dispose()
        memory <- next
        room <- n

    /// Makes room, if the loop's number of emissions is unknown, for rows of which `written` are written and `ahead` may
    /// follow before the next call.
    member _.Expect(written: int, ahead: int) : unit =
        match capacity with
        | ValueSome n -> if written > n then raise (GraphException $"a loop wrote more than its {string n} emissions")
        | ValueNone -> if written + ahead > room then resize (2 * (written + ahead))

    /// Writes rows to their next places; `wrote`: which; `count`: how many rows were written before.
    member _.Write(values: Tensor, wrote: Tensor, count: Tensor) : unit =
        use _ = T.NewDisposeScope()
        let place =
            T.where (wrote, count.clamp_max (Making.long (int64 room)), Making.long (int64 room) |> count.full_like)
        let place = (Making.widened (1 + rest.Length) place).expand(Transfer.longs (shapeOf 1))
        memory.scatter_ (axis, place, values.unsqueeze axis) |> ignore

    /// The whole emission, which the caller owns.
    member _.Result(written: int) : Held = Held.Of(first (ValueOption.defaultValue written capacity))

    member _.Close() = memory.Dispose()

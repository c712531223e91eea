namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph

/// Reference counts of the buffers of a computation with many steps, such as a training: a buffer is released when its
/// last holder drops it. It never releases arrays of others, or arrays that were given away.
[<Sealed>]
type internal Holding() =
    let counts = Dictionary<Buffer, int>(HashIdentity.Reference)

    let each (act: Buffer -> unit) (arrays: NdArray[]) =
        for a in arrays do
            match a.Buffer with
            | null -> ()
            | buffer -> act buffer

    /// Takes ownership of new arrays, each with one holder.
    member _.Adopt(arrays: NdArray[]) = arrays |> each (fun b -> counts[b] <- 1 + counts.GetValueOrDefault(b, 0))

    /// Adds one holder to the arrays.
    member _.Hold(arrays: NdArray[]) =
        arrays
        |> each (fun b ->
            match counts.TryGetValue b with
            | true, count -> counts[b] <- count + 1
            | _ -> ())

    /// Removes one holder from the arrays.
    member _.Drop(arrays: NdArray[]) =
        arrays
        |> each (fun b ->
            match counts.TryGetValue b with
            | true, 1 ->
                counts.Remove b |> ignore
                b.Release()
            | true, count -> counts[b] <- count - 1
            | _ -> ())

    /// Gives up ownership of the arrays: the caller may keep them.
    member _.Give(arrays: NdArray[]) = arrays |> each (fun b -> counts.Remove b |> ignore)

    /// The computation has ended or failed: releases the buffers that are still owned.
    member _.Close() =
        for buffer in counts.Keys do
            buffer.Release()

        counts.Clear()

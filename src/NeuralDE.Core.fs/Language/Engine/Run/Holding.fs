namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph

/// The buffers of a computation that goes on step by step, such as a training: each is released when the last place that
/// holds it lets go. Arrays of others, and what was given away, are not its own; it never releases them.
[<Sealed>]
type internal Holding() =
    let counts = Dictionary<Buffer, int>(HashIdentity.Reference)

    let each (act: Buffer -> unit) (arrays: NdArray[]) =
        for a in arrays do
            match a.Buffer with
            | null -> ()
            | buffer -> act buffer

    /// New arrays become its own and are held once.
    member _.Adopt(arrays: NdArray[]) = arrays |> each (fun b -> counts[b] <- 1 + counts.GetValueOrDefault(b, 0))

    /// One more place holds the arrays.
    member _.Hold(arrays: NdArray[]) =
        arrays
        |> each (fun b ->
            match counts.TryGetValue b with
            | true, count -> counts[b] <- count + 1
            | _ -> ())

    /// A place lets go of the arrays.
    member _.Drop(arrays: NdArray[]) =
        arrays
        |> each (fun b ->
            match counts.TryGetValue b with
            | true, 1 ->
                counts.Remove b |> ignore
                b.Release()
            | true, count -> counts[b] <- count - 1
            | _ -> ())

    /// The arrays belong to somebody else from now on, who may keep them.
    member _.Give(arrays: NdArray[]) = arrays |> each (fun b -> counts.Remove b |> ignore)

    /// The computation is over, or was broken off: what is still its own is released.
    member _.Close() =
        for buffer in counts.Keys do
            buffer.Release()

        counts.Clear()

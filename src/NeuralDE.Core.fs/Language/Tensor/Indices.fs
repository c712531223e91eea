namespace NeuralDE.Internal.Tensor

open System.Collections.Concurrent
open NeuralDE
open NeuralDE.Internal.Graph

/// Integers that index n positions: 0 to n − 1. Numbers are checked immediately; in a trace a check node checks them at
/// run time and raises after the run. Until then an index out of range is harmless: reads are clamped, writes ignored.
module internal Indices =
    /// The exception for the first index outside the limit of its row, if any.
    let private outside verb what (limits: int64[]) (indices: int64[]) : exn voption =
        let width = max 1 (indices.Length / limits.Length)

        match
            Seq.tryFind (fun i -> uint64 indices[i] >= uint64 limits[i / width]) (seq { 0 .. indices.Length - 1 })
        with
        | Some i ->
            ValueSome(
                InputException
                    $"{verb}: {what} {string indices[i]} is outside. Use 0 to {string (limits[i / width] - 1L)}."
            )
        | None -> ValueNone

    /// One check object per wording, so that a second trace gives the same graph. It inspects the indices and their
    /// limits.
    let private checks = ConcurrentDictionary<struct (string * string), Check>()

    let private checkFor verb what =
        checks.GetOrAdd(
            struct (verb, what),
            fun struct (verb, what) ->
                { Look = fun args -> outside verb what args[1].Integers args[0].Integers
                  Flagged = true }
        )

    /// Whether a placeholder's form shows that it lies in 0 to n − 1.
    let private isInside (n: int) (indices: Tensor) =
        indices.IsPlaceholder
        && (let range = IndexRange.find indices in range.Least >= 0L && range.Greatest < int64 n)

    /// Checks that each index is one of n positions, which the verb calls `what`: an index, a label, a symbol.
    let within verb what (n: int) (indices: Tensor) : Tensor =
        Expect.integers verb indices

        if indices.LongCount = 0L then indices
        elif isInside n indices then indices
        elif n = 0 then Expect.misfit $"{verb}: an axis of extent 0 has no {what}s."
        else Tensor.Apply(Check(checkFor verb what), [| indices; Prim.literal Int64 (float n) |])

    /// [i…] → bool [i…; n]: true at each index.
    let oneHot verb what (n: int) (indices: Tensor) : Tensor =
        let indices = within verb what n indices
        let shape = Array.append indices.Dims [| n |]
        Expect.made verb [| indices |] shape
        let spread = Prim.broadcast shape (Shape.axes indices.Rank) indices
        Prim.compare Equal spread (Prim.iota indices.Dtype shape indices.Rank)

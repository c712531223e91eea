namespace NeuralDE.Internal.Tensor

open System.Collections.Concurrent
open NeuralDE
open NeuralDE.Internal.Graph

/// Integers that name a place: 0 to n − 1. Those that are numbers already are looked at here; those of a trace when it runs,
/// by a check, which raises once the run has ended. One that is outside does no harm until then: reads are clamped, writes
/// dropped.
module internal Indices =
    /// The first that is outside its row's limit, if any: a message in the user's words.
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

    /// One check for each wording, so that a second trace gives the same graph. It looks at the indices and at their limit.
    let private checks = ConcurrentDictionary<struct (string * string), Check>()

    let private checkFor verb what =
        checks.GetOrAdd(
            struct (verb, what),
            fun struct (verb, what) ->
                { Look = fun args -> outside verb what args[1].Integers args[0].Integers
                  Flagged = true }
        )

    /// The indices, of which each must be one of n places that the verb calls `what`: an index, a label, a symbol.
    let within verb what (n: int) (indices: Tensor) : Tensor =
        Expect.integers verb indices

        if indices.LongCount = 0L then
            indices
        elif n = 0 then
            Expect.misfit $"{verb}: an axis of extent 0 has no place for {what}s to name."
        else
            Tensor.Apply(Check(checkFor verb what), [| indices; Prim.literal Int64 (float n) |])

    /// [i…] → bool [i…; n]: true at the place of each index.
    let oneHot verb what (n: int) (indices: Tensor) : Tensor =
        let indices = within verb what n indices
        let shape = Array.append indices.Dims [| n |]
        Expect.made verb [| indices |] shape
        let spread = Prim.broadcast shape (Shape.axes indices.Rank) indices
        Prim.compare Equal spread (Prim.iota indices.Dtype shape indices.Rank)

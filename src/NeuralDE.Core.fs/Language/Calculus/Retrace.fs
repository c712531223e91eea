namespace NeuralDE.Internal.Calculus

open System
open System.Runtime.InteropServices
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Whether two traces of a function are the same computation. Side effects, such as drawing random numbers or counting,
/// happen only while tracing, so the results of a function that depends on them would be frozen.
module internal Retrace =
    let private sameBytes (a: NdArray) (b: NdArray) =
        match a.Data, b.Data with
        | (:? (float[]) as x), (:? (float[]) as y) ->
            MemoryMarshal.AsBytes(ReadOnlySpan x).SequenceEqual(MemoryMarshal.AsBytes(ReadOnlySpan y))
        | (:? (float32[]) as x), (:? (float32[]) as y) ->
            MemoryMarshal.AsBytes(ReadOnlySpan x).SequenceEqual(MemoryMarshal.AsBytes(ReadOnlySpan y))
        | _ -> a.Integers.AsSpan().SequenceEqual(ReadOnlySpan b.Integers)

    let private same (a: Tensor) (b: Tensor) =
        obj.ReferenceEquals(a, b)
        || (a.IsPlaceholder = b.IsPlaceholder
            && not a.IsPlaceholder
            && (obj.ReferenceEquals(a.Numbers, b.Numbers) || sameBytes a.Numbers b.Numbers))

    /// The first lines in which the texts of two graphs differ.
    let private firstDifference (a: Graph) (b: Graph) : (string * string) option =
        if obj.ReferenceEquals(a, b) then
            None
        else
            let lines (g: Graph) = (Print.graph g).Split '\n'
            let line (text: string[]) i = if i < text.Length then text[i].Trim() else "nothing"
            let first, second = lines a, lines b

            Seq.init (max first.Length second.Length) (fun i -> line first i, line second i)
            |> Seq.tryFind (fun (one, other) -> one <> other)

    let private mend =
        "Side effects of a function happen only while it is traced: let it depend only on its arguments, and "
        + "draw random numbers from a Key among them, as Batches.keys gives one to every step."

    /// Raises TraceException unless two traces are the same computation on the same numbers.
    let check (verb: string) (graph: Graph, captured: Tensor[]) (again: Graph, capturedAgain: Tensor[]) : unit =
        match firstDifference graph again with
        | Some(one, other) ->
            raise (
                TraceException
                    $"{verb}: the function changes from call to call: got '{one}', then '{other}', expected the same both times. {mend}"
            )
        | None ->
            Array.iter2
                (fun (x: Tensor) (y: Tensor) ->
                    if not (same x y) then
                        raise (
                            TraceException
                                $"{verb}: the function changes from call to call: got different values of a {x.Dtype} {Expect.text x} that it captures, expected the same both times. {mend}"
                        ))
                captured
                capturedAgain

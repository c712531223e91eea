namespace NeuralDE

open System
open System.ComponentModel
open System.Reflection
open NeuralDE.Internal.Graph

/// What C# writes in brackets for an axis: an index, which removes the axis (1, −1 or ^1), or a range, which keeps it (..,
/// 1..^1). As everywhere, a negative index counts from the end.
[<Struct; NoEquality; NoComparison>]
type Subscript private (range: Range, isIndex: bool) =
    member internal _.IsIndex = isIndex

    static member op_Implicit(index: Index) : Subscript = Subscript(Range(index, index), true)

    static member op_Implicit(index: int) : Subscript =
        let fromEnd = if index = Int32.MinValue then Int32.MaxValue else abs index
        Subscript.op_Implicit (Index(fromEnd, index < 0))

    static member op_Implicit(range: Range) : Subscript = Subscript(range, false)

    override _.ToString() = if isIndex then string range.Start else string range

    /// Where it starts, and where a range ends, exclusive.
    member internal s.Section(shape: int[], axis: int) : struct (int * int) =
        if axis >= shape.Length then
            raise (ShapeException $"[{string s}]: a tensor of shape {Shape.text shape} has no axis for it. Use fewer.")

        let n = shape[axis]
        // a long: ^k of a large k is far below 0
        let offset (at: Index) = if at.IsFromEnd then int64 n - int64 at.Value else int64 at.Value
        let start, stop = offset range.Start, offset range.End
        let isWithin =
            if isIndex then
                start >= 0L && start < int64 n
            else
                start >= 0L && start <= stop && stop <= int64 n

        if not isWithin then
            let expected =
                if not isIndex then $"Use a range within 0..{string n}"
                elif n = 0 then "It has no elements"
                else $"Use 0 to {string (n - 1)}, or ^1 to ^{string n}"

            raise (
                ShapeException $"[{string s}] is outside axis {string axis} of shape {Shape.text shape}. {expected}."
            )

        struct (int start, int stop)

/// For F#, what stands in brackets is Item.
[<AbstractClass; DefaultMember("Item"); EditorBrowsable(EditorBrowsableState.Never)>]
type Indexed internal () = class end

/// <summary>Brackets of C#: x[^1], x[.., 1], x[1..^1, ^2].</summary>
/// <remarks>C# takes At for its indexer. F# does not, so that it still infers that i is an int in x[i].</remarks>
[<AbstractClass; DefaultMember("At"); EditorBrowsable(EditorBrowsableState.Never)>]
type Subscripted<'T> internal () =
    inherit Indexed()

    [<EditorBrowsable(EditorBrowsableState.Never)>]
    abstract PickAll: subscripts: Subscript[] -> 'T

    member x.At
        with get (i: Subscript): 'T = x.PickAll [| i |]

    member x.At
        with get (i: Subscript, j: Subscript): 'T = x.PickAll [| i; j |]

    member x.At
        with get (i: Subscript, j: Subscript, k: Subscript): 'T = x.PickAll [| i; j; k |]

    member x.At
        with get (i: Subscript, j: Subscript, k: Subscript, l: Subscript): 'T = x.PickAll [| i; j; k; l |]

namespace NeuralDE.Internal.Tensor

open NeuralDE
open NeuralDE.Internal.Graph

/// Indices and slices along an axis: negative numbers count from its end.
module internal IndexRules =
    /// The end of a message: what an axis of n elements takes.
    let private fitting (n: int) = if n = 0 then "It has no elements" else $"Use {string (-n)} to {string (n - 1)}"

    let at (shape: int[]) axis (index: int) : int =
        if axis >= shape.Length then
            raise (ShapeException $"index: a tensor of shape {Shape.text shape} has no axis {string axis}.")

        let n = shape[axis]
        let i = if index < 0 then index + n else index

        if i < 0 || i >= n then
            raise (
                ShapeException
                    $"index: {string index} is outside axis {string axis} of shape {Shape.text shape}. {fitting n}."
            )

        i

    /// The start and the end (exclusive) of a slice whose ends are both included.
    let section (shape: int[]) axis (first: int option) (last: int option) : struct (int * int) =
        if axis >= shape.Length then
            raise (ShapeException $"slice: a tensor of shape {Shape.text shape} has no axis {string axis}.")

        let n = shape[axis]
        let fromFront i = if i < 0 then i + n else i
        let start = first |> Option.map fromFront |> Option.defaultValue 0
        let stop = (last |> Option.map fromFront |> Option.defaultValue (n - 1)) + 1

        let text side = side |> Option.map string |> Option.defaultValue ""

        if start < 0 || start > n || stop < 0 || stop > n || (last.IsSome && last.Value < -n) then
            raise (
                ShapeException
                    $"slice: [{text first}..{text last}] is outside axis {string axis} of shape {Shape.text shape}. {fitting n}; −1 is the last, and both ends are included."
            )

        struct (min start stop, stop)

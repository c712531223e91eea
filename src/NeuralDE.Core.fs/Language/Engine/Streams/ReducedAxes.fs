namespace NeuralDE.Internal.Engine

open NeuralDE.Internal.Graph

/// An array [outer; count; inner] whose middle axis is reduced. It need not be stored.
[<Struct>]
type internal ReducedAxes = { Outer: int64; Count: int64; Inner: int64 }

module internal ReducedAxes =
    /// The order of axes that makes the reduced ones adjacent: kept axes, then reduced ones; ValueNone if they are.
    /// Axes of extent 1 do not matter.
    let order (axes: int[]) (shape: int[]) : int[] voption =
        let real = Shape.axes shape.Length |> Array.filter (fun a -> shape[a] <> 1)
        let places = Array.indexed real |> Array.filter (fun (_, a) -> Array.contains a axes) |> Array.map fst

        if places.Length = 0 || places[places.Length - 1] - places[0] = places.Length - 1 then
            ValueNone
        else
            ValueSome(Array.append (Shape.others shape.Length axes) axes)

    /// [outer; count; inner] around reduced axes that are adjacent.
    let around (axes: int[]) (shape: int[]) : ReducedAxes =
        let size (some: int[]) = some |> Array.fold (fun n a -> n * int64 shape[a]) 1L
        let real = axes |> Array.filter (fun a -> shape[a] <> 1)

        if real.Length = 0 then
            { Outer = size (Shape.axes shape.Length); Count = 1L; Inner = 1L }
        else
            { Outer = size [| 0 .. Array.min real - 1 |]
              Count = size axes
              Inner = size [| Array.max real + 1 .. shape.Length - 1 |] }

namespace NeuralDE.Internal.Pictures

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// A field of two channels on a grid.
type internal FieldGrid =
    {
        X: float[]
        Y: float[]
        /// [y; x]
        U: float[,]
        V: float[,]
    }

module internal VectorField =
    /// The field at a time and at every point of a grid, in one vmapped call.
    let sample verb (field: Tensor -> Tensor -> Tensor) (time: float) (x: float[]) (y: float[]) : FieldGrid =
        let points =
            [| for y in y do
                   for x in x do
                       x
                       y |]
        let states = Prim.reshape [| x.Length * y.Length; 2 |] (TensorMakers.tensor points)
        let t = TensorMakers.scalar time
        let slopes = vmap (fun u -> field t u) states
        if slopes.Rank <> 2 || slopes.Dims[1] <> 2 then
            Expect.misfit (
                $"{verb}: the field returned shape {Shape.text slopes.Dims[1..]} for a state of shape [2]. "
                + "Give a field of two channels; for more channels set the others to constants."
            )
        let values = (Prim.cast Float64 slopes).ToArray()
        let channel c = Array2D.init y.Length x.Length (fun row column -> values[2 * (row * x.Length + column) + c])
        { X = x; Y = y; U = channel 0; V = channel 1 }

    let private evenly count (low, high) =
        [| for index in 0 .. count - 1 -> low + (high - low) * float index / float (count - 1) |]

    /// The centres of `count` equal cells.
    let private middles count (low, high) =
        [| for index in 0 .. count - 1 -> low + (high - low) * (float index + 0.5) / float count |]

    /// Arrows at the centres of `across` by `up` cells, which are about `pixels` wide.
    let arrows verb field time (across, up) pixels xRange yRange : PlotLayer =
        let grid = sample verb field time (middles across xRange) (middles up yRange)
        let flat (pick: int -> int -> float) =
            [| for row in 0 .. up - 1 do
                   for column in 0 .. across - 1 do
                       pick row column |]
        PlotLayer.Arrows(
            flat (fun _ column -> grid.X[column]),
            flat (fun row _ -> grid.Y[row]),
            flat (fun row column -> grid.U[row, column]),
            flat (fun row column -> grid.V[row, column]),
            0.9 * pixels
        )

    /// Streamlines at a distance of `separation`, as a fraction of the plot's width. `aspect` is the plot's height divided by
    /// its width.
    let streamlines verb field time separation aspect (xLow, xHigh) (yLow, yHigh) : PlotLayer =
        let count = 81
        let grid = sample verb field time (evenly count (xLow, xHigh)) (evenly count (yLow, yHigh))
        // in units of the plot's width, so that a distance means the same in all directions
        let u = grid.U |> Array2D.map (fun u -> u / (xHigh - xLow))
        let v = grid.V |> Array2D.map (fun v -> v / (yHigh - yLow) * aspect)
        PlotLayer.Strokes
            [| for line in Streamlines.trace u v aspect separation ->
                   { X = line |> Array.map (fun struct (x, _) -> xLow + x * (xHigh - xLow))
                     Y = line |> Array.map (fun struct (_, y) -> yLow + y / aspect * (yHigh - yLow))
                     Colour = "#9B9B9B"
                     Thickness = 1.0
                     HasArrow = true } |]

/// Draws bench/growth.csv, which the growth rows of the bench write, into docs/pictures/growth.svg, and prints its table.
/// dotnet fsi bench/growth.fsx
#load "../src/NeuralDE.Core.fs/load.fsx"

open System.Globalization
open System.IO
open NeuralDE

type Point = { Size: float; Seconds: float; Bytes: float }

let studies =
    File.ReadAllLines(Path.Combine(__SOURCE_DIRECTORY__, "growth.csv"))[1..]
    |> Array.map (fun line ->
        let cells = line.Split ','
        let number k = System.Double.Parse(cells[k], CultureInfo.InvariantCulture)
        cells[0], { Size = number 1; Seconds = number 2; Bytes = number 3 })
    |> Array.groupBy fst
    |> Array.map (fun (name, points) -> name, points |> Array.map snd)

let picture label (value: Point -> float) =
    Plot.trajectories
        [ for name, points in studies ->
              name, tensor (points |> Array.map _.Size), tensor [ for p in points -> [ value p ] ] ]
    |> Plot.xScale AxisScale.Log
    |> Plot.yScale AxisScale.Log
    |> Plot.xLabel "size"
    |> Plot.yLabel label

let figure = Plot.grid 2 [ picture "seconds" _.Seconds; picture "bytes" _.Bytes ]
File.WriteAllText(
    Path.Combine(__SOURCE_DIRECTORY__, "../docs/pictures/growth.svg"),
    Figure.svg { figure with Width = 1100; Height = 520 }
)

/// The slope between the largest size and the largest that is 30 times smaller.
let exponent value (points: Point[]) =
    let last = Array.last points
    let first = points |> Array.findBack (fun p -> 30.0 * p.Size <= last.Size)
    log (value last / value first) / log (last.Size / first.Size)

for name, points in studies do
    let time, memory = exponent _.Seconds points, exponent _.Bytes points
    printfn "| %s | %g to %g | %.2f | %.2f |" name points[0].Size (Array.last points).Size time memory

// The kinds of neural ODE: which of them can learn the map x to −x, whose paths must cross?

#load "../src/NeuralDE.Core.fs/load.fsx"

open System.Globalization
open System.IO
open NeuralDE

let key = Key 11
let net inputs outputs = Blueprint.features inputs |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear outputs
let gate = Network.init key (net 1 1)
let galerkin = Galerkin.init (Basis.Fourier 2) (0.0, 1.0) (fun key -> Network.init key (net 2 2)) key

let kinds =
    [ "plain", NeuralOde.init key (net 1 1)
      "augmented", NeuralOde.init key (net 2 2) |> NeuralOde.augment 1
      "augmented by an input layer", NeuralOde.init key (net 2 2) |> NeuralOde.inputLayer gate
      "data-controlled", NeuralOde.init key (net 2 1) |> NeuralOde.controlled
      "second order", NeuralOde.init key (net 2 1) |> NeuralOde.secondOrder gate
      "Galerkin, augmented", NeuralOde.ofField (NeuralField.galerkin galerkin) |> NeuralOde.augment 1 ]

let x = reshape [ 11; 1 ] (linspace -1.0 1.0 11)
let ts = linspace 0.0 1.0 61
printfn "%-28s %10s %12s" "kind" "error" "evaluations"

let panel (name: string, model: NeuralOde) =
    let loss model = mean (square (NeuralOde.final model x (0.0, 1.0) + x))

    let fit = Train.start (NeuralOde.tolerance 1e-3 1e-4 model) (Adam 2e-2) |> Train.steps 300 |> Train.run loss

    let error = float (loss fit.Model)
    let text = error.ToString("0.0e-0", CultureInfo.InvariantCulture)
    printfn "%-28s %10s %12d" name text (NeuralOde.stats fit.Model x (0.0, 1.0)).Evaluations
    let paths = NeuralOde.predict fit.Model x ts

    let curves =
        [ for row in 0..10 ->
              Curve.line "" (ts.ToArray()) (paths[*, row].ToArray()) |> Curve.colour (if row < 5 then 0 else 1) ]

    { Axes.create curves with
        Title = $"{name}, error {text}"
        XLabel = "t"
        YLabel = "x"
        Legend = LegendPlace.Hidden }

let file = Path.Combine(__SOURCE_DIRECTORY__, "..", "artifacts", "neural-odes", "crossing.svg")
kinds |> List.map panel |> Figure.grid 3 |> Figure.save file
printfn "\n%s" (Path.GetFullPath file)

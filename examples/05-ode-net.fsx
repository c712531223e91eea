// An ODE-Net learns to tell photographs of clothes apart: three convolutions, x' = f(t, x) from 0 to 1 in their place where a
// residual network has its blocks, pooling, and one linear layer. Chen et al. 2018, section 3; 208 266 numbers.
//
//     dotnet fsi examples/05-ode-net.fsx                 3 000 images, 3 epochs: about a minute
//     dotnet fsi examples/05-ode-net.fsx 10000 3         what docs/ode-net.md reports
//     dotnet fsi examples/05-ode-net.fsx 10000 3 FOLDER  with Fashion-MNIST's four files there
//     dotnet fsi examples/05-ode-net.fsx 10000 3 FOLDER 1   with other weights and another order of the images
//     dotnet fsi examples/05-ode-net.fsx 10000 3 FOLDER 0 constant   by SGD at a constant rate; decay: at one that falls in steps

#load "../src/NeuralDE.Core.fs/load.fsx"

open System
open System.IO
open NeuralDE

let given place otherwise = Array.tryItem place fsi.CommandLineArgs |> Option.defaultValue otherwise
let count, epochs, seed = int (given 1 "3000"), int (given 2 "3"), int (given 4 "0")
let plan = given 5 "one-cycle"
let folder = given 3 "/usr/share/datasets/fashion-mnist"
let artifacts = Path.Combine(__SOURCE_DIRECTORY__, "..", "artifacts", "ode-net")

// 1. Images -------------------------------------------------------------------------------------------------------------
/// The first images and their labels; a plain word where there are none.
let firstOf (load: string -> LabelledImages) n =
    try
        let all = load folder
        cast Float32 all.Images[.. n - 1], all.Labels[.. n - 1]
    with :? FileException as e ->
        eprintfn "%s" e.Message
        exit 1

let train, test = firstOf FashionMnist.load count, firstOf FashionMnist.loadTest (min count 10000)
let batches = Batches.ofTree 128 train |> Batches.shuffle (Key.fold 1 (Key seed)) |> Batches.dropLast
let tests = Batches.ofTree (min 1000 (min count 10000)) test

// 2. Model and loss -----------------------------------------------------------------------------------------------------
let start = OdeNet.init (Key seed) 1 10 |> Tree.cast Float32

let entropy (images: Tensor, labels: Tensor) net = OdeNet.apply net images |> Loss.crossEntropy labels

let correct =
    compile (fun (net, (images, labels)) -> sum (cast Int64 (argmax 1 (OdeNet.apply net images) .= labels)))

/// The share of the test images that a model names.
let accuracy net =
    let right = List.sumBy (fun i -> float (correct (net, tests.At i))) [ 0 .. tests.PerEpoch - 1 ]
    right / float tests.Samples

// 3. Training -----------------------------------------------------------------------------------------------------------
let look = fst (batches.At 0)
let costs = ResizeArray<float * Stats>()
let accuracies = ResizeArray<float * float>()
let mutable loss, seconds = nan, 0.0

/// Forward evaluations of the field, and those of the reverse sweep, which takes every step again: six, since the last of a
/// step is the first of the next.
let follow step net =
    let stats = OdeNet.stats net look
    costs.Add(float step, stats)

let tell step net =
    let epoch = step / batches.PerEpoch
    let accuracy = accuracy net
    accuracies.Add(float step, 100.0 * accuracy)
    let mean pick = costs |> Seq.filter (fun (at, _) -> at > float (step - batches.PerEpoch)) |> Seq.averageBy pick
    let forward, backward = mean (fun (_, s) -> float s.Evaluations), mean (fun (_, s) -> float (6 * s.Steps))
    printfn $"%5d{epoch} %9.4f{loss} %9.2f{100.0 * accuracy} %% %9.1f{forward} %9.1f{backward} %9.3f{seconds}"

printfn $"{count} images, {Tree.count start} parameters, {batches.PerEpoch} steps an epoch"
printfn "epoch      loss   accuracy   forward  backward  s a step"

let total = epochs * batches.PerEpoch

/// torchdiffeq's example keeps SGD at 0.1 with momentum 0.9 through its first 60 epochs of 160, so here through all of them
/// (constant), and lowers the rate at 60, 100 and 140, here at the same shares of all steps (decay). Adam at a rate that
/// goes up to 1e-2 and down again within all steps comes further in so few.
let optimiser =
    let sgd = Sgd { SgdOptions.defaults with Rate = 0.1; Momentum = 0.9 }

    match plan with
    | "constant" -> sgd
    | "decay" ->
        let parts = [ 0.0, 1.0; 0.375, 0.1; 0.625, 0.01; 0.875, 0.001 ]
        let steps = [ for share, factor in parts -> int (share * float total), factor ]
        Optim.schedule (Schedule.piecewise steps) sgd
    | "one-cycle" -> Optim.schedule (Schedule.oneCycle total) (Adam 1e-2)
    | other ->
        eprintfn $"Got '{other}', expected one-cycle, constant or decay."
        exit 1

let fit =
    let mutable last = 0.0
    let durations = ResizeArray<float>()

    Train.start start optimiser
    |> Train.epochs epochs
    |> Train.progress
    |> Train.onStep (fun p ->
        durations.Add(p.Seconds - last)
        last <- p.Seconds)
    |> Train.onEpoch (fun p ->
        loss <- p.Loss
        seconds <- Seq.item (durations.Count / 2) (Seq.sort durations)
        durations.Clear())
    |> Train.onModel (max 1 (batches.PerEpoch / 8)) follow
    |> Train.onModel batches.PerEpoch tell
    |> Train.runOn batches entropy

printfn $"{fit.Status.Sentence} %.1f{fit.Seconds} seconds"

// 4. The model as a file, and pictures ------------------------------------------------------------------------------------
let file name = Path.Combine(artifacts, name)
Directory.CreateDirectory artifacts |> ignore
Checkpoint.save (file "ode-net.safetensors") fit.Model
let again = Checkpoint.load (file "ode-net.safetensors") start

let shown, labels = (fst test)[..23], (snd test)[..23]
let guesses = argmax 1 (OdeNet.apply again shown)

let titles =
    [ for guess, label in Seq.zip (guesses.ToArray()) (labels.ToArray()) ->
          let guess, label = FashionMnist.classes[int guess], FashionMnist.classes[int label]
          if guess = label then guess else $"{guess}? {label}" ]

Plot.images 6 titles shown |> Plot.save (file "images.svg")

let over (points: ResizeArray<float * float>) = tensor [ for x, _ in points -> x ], tensor [ for _, y in points -> y ]
let evaluations pick = over (ResizeArray [ for step, stats in costs -> step, float (pick stats: int) ])

let curves (title: string) (unit: string) (series: (string * (Tensor * Tensor)) list) =
    Plot.trajectories [ for name, (steps, values) in series -> (name, steps, values) ]
    |> Plot.title title
    |> Plot.yLabel unit
    |> Plot.xLabel "step"

[ Plot.losses fit.Losses |> Plot.smooth 10 |> Plot.title "Loss of each batch" |> Plot.xLabel "step"
  curves "Test images named rightly" "%" [ ("", over accuracies) ]
  curves
      "Evaluations of the field"
      "count"
      [ "forward", evaluations _.Evaluations; "again, in reverse", evaluations (fun s -> 6 * s.Steps) ] ]
|> Plot.grid 3
|> Figure.save (file "training.svg")

printfn $"%s{Path.GetFullPath artifacts}"

/// A training step of the ODE-Net of Chen et al. on Fashion-MNIST, beside torchdiffeq's own example of it.
module NeuralDE.Benchmarks.OdeNetStep

open System
open System.IO
open System.Text.Json.Nodes
open NeuralDE

let private batchSize = 128

/// Steps before the clock runs: both sides take them from the same weights on the same images.
let private firstSteps = 8

let private folder () =
    match Environment.GetEnvironmentVariable "NEURALDE_FASHION_MNIST" with
    | null
    | "" -> "/usr/share/datasets/fashion-mnist"
    | path -> path

let private entropy (images: Tensor, labels: Tensor) (net: OdeNet) : Tensor =
    let scores = OdeNet.apply net images
    mean (logsumexpAlong 1 scores - sumAlong 1 (cast Float32 (oneHot 10 labels) * scores))

let private sgd = Sgd { SgdOptions.defaults with Rate = 0.1; Momentum = 0.9 }

let private step (net: OdeNet, state: OptimState, batch: Tensor * Tensor) : Tensor * (OdeNet * OptimState) =
    let loss, gradient = valueAndGrad (entropy batch) net
    loss, Optim.step sgd gradient state net

/// The weights in the order of PyTorch's parameters, which is ours, and in their shapes.
let private weights (net: OdeNet) : JsonNode =
    let ofLayer (layer: Layer) : Tensor list =
        match layer with
        | Layer.Linear layer -> [ transpose layer.Weight; layer.Bias ]
        | layer -> List.ofArray (Tree.flatten layer)

    [ net.Downsampling; net.Field; net.Head ]
    |> List.collect (fun part -> List.collect ofLayer part.Layers)
    |> List.map (fun w -> Requests.ofNumbers (w.ToArray()))
    |> fun leaves -> JsonArray(List.toArray leaves)

let private run (context: Context) =
    let images =
        try
            FashionMnist.load (folder ())
        with :? FileException as e ->
            raise (Skipped e.Message)

    let start = OdeNet.init (Key 0) 1 10 |> Tree.cast Float32

    let batches =
        Batches.ofTree
            batchSize
            (cast Float32 images.Images[.. firstSteps * batchSize - 1], images.Labels[.. firstSteps * batchSize - 1])

    let step = compile step

    let losses, (net, state) =
        ((start, Optim.init sgd start), [ 0 .. firstSteps - 1 ])
        ||> Seq.mapFold (fun (net, state) i ->
            let loss, next = step (net, state, batches.At i)
            float loss, next)

    let losses, batch = Array.ofSeq losses, batches.At 0
    let evaluations = (OdeNet.stats net (fst batch)).Evaluations
    let request () =
        Requests.make
            "ode-net-step"
            Float32
            [ "folder", Requests.ofText (folder ())
              "batch", Requests.ofNumber batchSize
              "steps", Requests.ofNumber firstSteps
              "weights", weights start ]

    let ours =
        { Call = fun () -> step (net, state, batch) |> ignore
          Every = 1
          Values = fun () -> [| losses |] }

    // torchdiffeq's rival is PyTorch with it
    let context = { context with Context.Peer = Comparison.withTorchdiffeq context }

    let workload =
        $"a step of SGD with momentum for the ODE-Net on Fashion-MNIST: 208 266 parameters, B={batchSize}, Dopri5 1e-3, float32"

    let row, sides = Comparison.againstPeers context "torchdiffeq" "ode-net-step" workload request ours

    let theirs =
        [ for rival, side in sides do
              $"""; {rival} {side.About["evaluations"]}, all kept""" ]
        |> String.concat ""

    [ { row with
          Deviation =
              row.Deviation
              |> Option.map (fun d -> { d with Measure = $"losses of the first {firstSteps} steps: {d.Measure}" })
          Owed = Ratio 1.0
          Note = $"evaluations {evaluations}, which ours takes again in reverse{theirs}" } ]

let all: Benchmark list = [ { Name = "ode-net-step"; Run = run } ]

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

let private run context =
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
    let ours = Sampling.ofCall (fun () -> step (net, state, batch) |> ignore)

    let quartiles, rival, deviation, note =
        match Comparison.rival context true with
        | Error absent -> (Sampling.interleaved [ ours ]).Head, absent, None, $"evaluations {evaluations}"
        | Ok peer ->
            let request =
                Requests.make
                    "ode-net-step"
                    Float32
                    [ "folder", Requests.ofText (folder ())
                      "batch", Requests.ofNumber batchSize
                      "steps", Requests.ofNumber firstSteps
                      "weights", weights start ]

            let theirs = Comparison.make peer "ode-net-step" 1 request

            let deviation =
                { Measure = $"losses of the first {firstSteps} steps: {Comparison.differenceText}"
                  Ours = Comparison.difference [| losses |] theirs.Values
                  Rival = None }

            let measured = Sampling.interleaved [ ours; theirs.Subject ]
            Comparison.forget peer "ode-net-step"
            let theirEvaluations = theirs.About["evaluations"]

            measured[0],
            Measured("torchdiffeq", measured[1]),
            Some deviation,
            $"evaluations {evaluations}, which ours takes again in reverse; theirs {theirEvaluations}, all kept"

    [ { Name = "ode-net-step"
        Workload =
          $"a step of SGD with momentum for the ODE-Net on Fashion-MNIST: 208 266 parameters, B={batchSize}, Dopri5 1e-3, float32"
        Unit = Seconds
        Ours = quartiles
        Rival = rival
        Deviation = deviation
        Owed = Ratio 1.0
        Note = note } ]

let all: Benchmark list = [ { Name = "ode-net-step"; Run = run } ]

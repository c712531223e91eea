/// A training that is interrupted and resumed gives the bits of one that ran through.
module NeuralDE.Tests.Learning.ResumeTests

open System
open System.IO
open System.Threading
open Xunit
open NeuralDE

type private Interrupted() =
    inherit Exception("interrupted")

let private withFile (use': string -> unit) =
    let path = Path.Combine(Path.GetTempPath(), $"neuralde-{Guid.NewGuid()}.safetensors")

    try
        use' path
    finally
        File.Delete path

let private data =
    let x = randn (Key 8) [ 23; 2 ]
    x, sin (sumAlong 1 x)

let private batches = Batches.ofTree 5 data |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)

let private loss ((x: Tensor, y: Tensor), key) net =
    let noisy = x + 0.05 * randn key [ x.Length; 2 ]
    mean (square (reshape [ x.Length ] (Mlp.apply net noisy) - y))

let private steps = 40

/// Everything that a training has: groups, schedule, mean of models, clipping, validation, a metric, early stopping.
let private training () =
    let rate = Schedule.warmUp 5 (Schedule.cosine 35 0.1)
    let momentum = Sgd { SgdOptions.defaults with Rate = 0.02 }

    let optimiser =
        Optim.groups [ Optim.named "Bias", momentum; Optim.others, AdamW 0.01 |> Optim.schedule rate ]
        |> Optim.averaged (MovingAverage 0.9)

    Train.start (Mlp.init (Key 1) [ 2; 4; 1 ]) optimiser
    |> Train.steps steps
    |> Train.clip 1.0
    |> Train.validateEvery 3
    |> Train.validate (fun net -> mean (square (reshape [ 23 ] (Mlp.apply net (fst data)) - snd data)))
    |> Train.metric "first weight" (fun net -> net.Layers[0].Weight[0, 0])
    |> Train.stopEarly 100

let private bits (x: float[]) = Array.map BitConverter.DoubleToInt64Bits x
let private bitsOf tree = Tree.flatten tree |> Array.map (fun x -> bits (x.ToArray()))

let private isSame (expected: Fit<Mlp>) (got: Fit<Mlp>) =
    Assert.Equal(expected.Status, got.Status)
    Assert.Equal(expected.Steps, got.Steps)
    Assert.Equal<int64[][]>(bitsOf expected.Model, bitsOf got.Model)
    Assert.Equal<int64[][]>(bitsOf expected.Best, bitsOf got.Best)
    Assert.Equal<int64[][]>(bitsOf expected.Averaged, bitsOf got.Averaged)
    Assert.Equal<int64[]>(bits expected.Losses, bits got.Losses)
    Assert.Equal<int[]>(expected.Validation.Steps, got.Validation.Steps)
    Assert.Equal<int64[]>(bits expected.Validation.Values, bits got.Validation.Values)

    for (name, one), (other, two) in List.zip expected.Metrics got.Metrics do
        Assert.Equal(name, other)
        Assert.Equal<int[]>(one.Steps, two.Steps)
        Assert.Equal<int64[]>(bits one.Values, bits two.Values)

let private whole = lazy (training () |> Train.runOn batches loss)

let moments () =
    let random = System.Random 7
    [| for _ in 1..6 -> [| random.Next(1, steps) :> obj; random.Next(1, steps) :> obj; random.Next(1, 9) :> obj |] |]

[<Theory; MemberData(nameof moments)>]
let ``cancelled twice and resumed, a training gives the same bits`` (first: int) (second: int) (every: int) =
    withFile (fun path ->
        let resumed () = training () |> Train.checkpointEvery every path |> Train.resume path

        for stop in List.sort [ first; second ] do
            use source = new CancellationTokenSource()

            let fit =
                resumed ()
                |> Train.onStep (fun p -> if p.Step = stop then source.Cancel())
                |> Train.cancel source.Token
                |> Train.runOn batches loss

            Assert.True(fit.Steps >= stop)

        isSame whole.Value (resumed () |> Train.runOn batches loss))

[<Theory; MemberData(nameof moments)>]
let ``after a hook that throws, the last checkpoint leads to the same bits`` (first: int) (second: int) (every: int) =
    withFile (fun path ->
        let resumed () = training () |> Train.checkpointEvery every path |> Train.resume path

        for stop in List.sort [ first; second ] do
            let run () =
                resumed ()
                |> Train.onStep (fun p -> if p.Step = stop then raise (Interrupted()))
                |> Train.runOn batches loss
                |> ignore

            // the second may lie before the checkpoint that the first has left
            try
                run ()
            with :? Interrupted ->
                ()

        isSame whole.Value (resumed () |> Train.runOn batches loss))

[<Fact>]
let ``a training that ended goes on when it gets more steps`` () =
    withFile (fun path ->
        let part = training () |> Train.steps 17 |> Train.checkpointEvery 100 path |> Train.runOn batches loss
        Assert.Equal(17, part.Steps)
        isSame whole.Value (training () |> Train.resume path |> Train.runOn batches loss))

[<Fact>]
let ``a training that stopped early stays so`` () =
    withFile (fun path ->
        let run () =
            Train.start (tensor [ 0.0 ]) (GradientDescent 0.25)
            |> Train.validate (fun x -> sum (square (x - 2.7)))
            |> Train.stopEarly 2
            |> Train.checkpointEvery 1 path
            |> Train.resume path
            |> Train.run (fun x -> sum (square (x - 3.0)))

        let once, again = run (), run ()
        Assert.Equal(TrainStatus.StoppedEarly 5, once.Status)
        Assert.Equal(TrainStatus.StoppedEarly 5, again.Status)
        Assert.Equal(float once.Model[0], float again.Model[0]))

[<Fact>]
let ``float32, integers and keys come back as they were`` () =
    withFile (fun path ->
        let loss key (w: Tensor, count: Tensor, noise: Key) =
            sum (square (w - cast Float32 (randn (Key.foldWith count noise) [ 3 ]) + cast Float32 (randn key [ 3 ]))),
            (w, count + 1, noise)

        let run steps (t: Training<_>) = t |> Train.steps steps |> Train.runUpdating (Batches.keys (Key 4)) loss
        let start = Train.start (tensor [ 1.0f; 2.0f; 3.0f ], scalar 0, Key 5) (Adam 0.1)
        let whole = run 9 start
        start |> Train.checkpointEvery 100 path |> run 4 |> ignore
        let resumed = start |> Train.resume path |> run 9
        Assert.Equal<int64[][]>(bitsOf whole.Model, bitsOf resumed.Model)
        Assert.Equal<int64[]>(bits whole.Losses, bits resumed.Losses)
        let w, count, noise = resumed.Model
        Assert.Equal(Float32, w.Dtype)
        Assert.Equal(9, int count)
        Assert.Equal("Key 5", string noise))

let private refusal (t: Training<'M>) (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) =
    let run () = t |> Train.runOn batches loss |> ignore
    (Assert.Throws<FileException> run).Message

[<Fact>]
let ``a file of another training is refused by name`` () =
    withFile (fun path ->
        training () |> Train.steps 3 |> Train.checkpointEvery 1 path |> Train.runOn batches loss |> ignore
        let other = Batches.ofTree 6 data |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)
        let message = refusal (training () |> Train.resume path) other loss
        Assert.Contains("the training ran on 23 samples in batches of 5, shuffled by Key 2, expected", message)
        let message = refusal ({ training () with Metrics = [] } |> Train.resume path) batches loss
        Assert.Contains("it has 'metrics.first weight.", message)
        let adam = { training () with Optimiser = Adam 0.1 } |> Train.resume path
        Assert.Contains("it has no 'optimiser.Slots[", refusal adam batches loss)
        let wider = { training () with Model = Mlp.init (Key 1) [ 2; 5; 1 ] } |> Train.resume path
        Assert.Contains(
            "'model.Layers[0].Weight' is float64 [2; 4], expected float64 [2; 5]",
            refusal wider batches loss
        )
        Safetensors.write path [] [ "model", scalar 1.0 ]
        Assert.Contains("it is no training", refusal (training () |> Train.resume path) batches loss))

[<Fact>]
let ``without a file a training begins`` () =
    let fit = training () |> Train.resume "there is no such file" |> Train.runOn batches loss
    isSame whole.Value fit

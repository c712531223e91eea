module NeuralDE.Tests.Learning.TrainTests

open System
open System.Collections.Generic
open System.Threading
open Xunit
open NeuralDE

let private bowl (x: Tensor) = sum (square (x - 3.0))

[<Fact>]
let ``training is the optimiser's steps, and Losses stand before each`` () =
    let fit = Train.start (tensor [ 0.0 ]) (GradientDescent 0.25) |> Train.steps 3 |> Train.run bowl
    Assert.Equal(TrainStatus.Completed, fit.Status)
    Assert.Equal(2.625, float fit.Model[0], 1e-12) // halves the distance each time
    Assert.Equal<float[]>([| 9.0; 2.25; 0.5625 |], fit.Losses)
    Assert.Equal(2.25, float fit.Best[0], 1e-12)

[<Fact>]
let ``a neural ODE learns a spiral`` () =
    let ts, y0 = linspace 0.0 1.5 20, tensor [ 2.0; 0.0 ]
    let solve field = Ode.problem field y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.solveYs
    let data = solve (fun _t u -> stack [ 2.0 * u[1] - 0.1 * u[0]; -2.0 * u[0] - 0.1 * u[1] ])
    let loss net = mean (abs (solve (fun _t u -> Mlp.apply net u) - data))

    let fit =
        Train.start (Mlp.init (Key 42) [ 2; 8; 2 ]) (Adam 3e-2)
        |> Train.steps 150
        |> Train.clip 1.0
        |> Train.progress
        |> Train.run loss

    Assert.Equal(150, fit.Losses.Length)
    Assert.True(Array.min fit.Losses < 0.1 * fit.Losses[0], $"Got {Array.min fit.Losses} after {fit.Losses[0]}.")

[<Fact>]
let ``the loss is traced twice, whatever the number of steps`` () =
    let mutable traces = 0

    let loss (x: Tensor) =
        traces <- traces + 1
        bowl x

    Train.start (tensor [ 0.0 ]) (Adam 0.1) |> Train.steps 20 |> Train.run loss |> ignore
    Assert.Equal(2, traces)

[<Fact>]
let ``clip bounds the length of the whole gradient`` () =
    let loss (a: Tensor, b: Tensor) = 30.0 * sum a + 40.0 * sum b
    let start = tensor [ 0.0 ], tensor [ 0.0 ]
    let lengths = List<float>()

    let fit =
        Train.start start (GradientDescent 1.0)
        |> Train.steps 1
        |> Train.clip 2.0
        |> Train.onStep (fun p -> lengths.Add p.GradientNorm)
        |> Train.run loss

    let a, b = fit.Model
    Assert.Equal(-1.2, float a[0], 1e-12)
    Assert.Equal(-1.6, float b[0], 1e-12)
    Assert.Equal<float list>([ 50.0 ], List.ofSeq lengths)

[<Fact>]
let ``the first loss that is not finite ends the training with the best model`` () =
    // 0.5 goes to −1.5, whose logarithm is not a number
    let fit = Train.start (tensor [ 0.5 ]) (GradientDescent 1.0) |> Train.run (fun x -> sum (log x))
    let cause = "The first operation whose result is not finite is log of float64 [1]: it gives NaN."
    Assert.Equal(TrainStatus.NonFinite(2, "loss", cause), fit.Status)
    Assert.StartsWith("Train.run: the loss of step 2 is not finite", fit.Status.Sentence)
    Assert.Equal(0.5, float fit.Model[0])
    Assert.Equal(1, fit.Losses.Length)

[<Fact>]
let ``a gradient that is not finite ends it too`` () =
    let fit = Train.start (tensor [ 0.0 ]) (GradientDescent 1.0) |> Train.run (fun x -> sum (sqrt x))
    Assert.Equal(TrainStatus.NonFinite(1, "gradient", "The gradient has the number Infinity."), fit.Status)
    Assert.Equal(0.0, float fit.Model[0])

[<Fact>]
let ``a solve that fails is a status that says where`` () =
    let final p = Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 500 |> Ode.solveFinal
    let fit = Train.start (scalar 0.5) (GradientDescent 0.2) |> Train.run (fun p -> -(final p))

    match fit.Status with
    | TrainStatus.SolveFailed(2, failure) -> Assert.InRange(failure.Time, 0.1, 1.0)
    | status -> Assert.Fail $"Got {status}, expected SolveFailed at step 2."

    Assert.Equal(0.5, float fit.Model)

[<Fact>]
let ``cancellation ends it before the next step`` () =
    use source = new CancellationTokenSource()

    let fit =
        Train.start (tensor [ 0.0 ]) (Adam 0.1)
        |> Train.onStep (fun p -> if p.Step = 5 then source.Cancel())
        |> Train.cancel source.Token
        |> Train.run bowl

    Assert.Equal(TrainStatus.Cancelled 6, fit.Status)
    Assert.Equal(5, fit.Losses.Length)

[<Fact>]
let ``a cancellation in the middle of a step's solve leaves no trace of the step`` () =
    use source = new CancellationTokenSource()
    let evaluations = ref 0

    let watched (u: Tensor) =
        u
        |> dynamic u (fun (u: Tensor) ->
            evaluations.Value <- evaluations.Value + 1
            if evaluations.Value = 300 then source.Cancel()
            -u)

    let loss (p: Tensor) =
        Ode.problem (fun _t u -> p * watched u) (tensor [ 1.0 ]) (0.0, 1.0)
        |> Ode.using RK4
        |> Ode.dt 0.05
        |> Ode.solveFinal
        |> square
        |> sum

    let train token = Train.start (scalar 0.5) (Adam 0.1) |> Train.steps 20 |> Train.cancel token |> Train.run loss
    let stopped = train source.Token

    match stopped.Status with
    | TrainStatus.Cancelled step ->
        Assert.InRange(step, 2, 4)
        Assert.Equal(step - 1, stopped.Losses.Length)
        let whole = train CancellationToken.None
        Assert.Equal<float[]>(whole.Losses[.. step - 2], stopped.Losses)
    | status -> Assert.Fail $"got {status}, expected Cancelled"

[<Fact>]
let ``no steps give the model back, and numbers out of range are refused`` () =
    let start = Train.start (tensor [ 1.0 ]) (Adam 0.1)
    let fit = start |> Train.steps 0 |> Train.run bowl
    Assert.Equal(1.0, float fit.Model[0])
    Assert.Empty fit.Losses
    Assert.Throws<InputException>(fun () -> start |> Train.steps -1 |> ignore) |> ignore
    Assert.Throws<InputException>(fun () -> start |> Train.clip 0.0 |> ignore) |> ignore
    let narrow () = start |> Train.run (fun x -> x) |> ignore
    let expected = "Train.run: the loss returned shape [1], expected one number."
    Assert.StartsWith(expected, (Assert.Throws<ShapeException> narrow).Message)

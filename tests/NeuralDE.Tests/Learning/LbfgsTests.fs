module NeuralDE.Tests.Learning.LbfgsTests

open System
open System.Collections.Generic
open System.Threading
open Xunit
open NeuralDE
open NeuralDE.Compiler

let private exact =
    { LbfgsOptions.defaults with LossTolerance = 0.0; GradientTolerance = 1e-9; MaxIterations = 500 }

/// Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², least at (1, …, 1)
let private rosenbrock (x: Tensor) =
    let a, b = x[.. x.Length - 2], x[1..]
    sum (100.0 * square (b - a * a) + square (1.0 - a))

[<Theory>]
[<InlineData(2)>]
[<InlineData(10)>]
let ``Rosenbrock's valley is followed to its end`` (n: int) =
    let start = tensor [ for i in 0 .. n - 1 -> if i % 2 = 0 then -1.2 else 1.0 ]
    let fit = Lbfgs.minimiseWith exact ignore rosenbrock start
    Assert.Equal(LbfgsStatus.Converged, fit.Status)
    Assert.True(fit.GradientNorm <= 1e-9)
    Assert.InRange(fit.Iterations, 5, 100)
    Assert.InRange(fit.Evaluations, fit.Iterations, 2 * fit.Iterations + 20)
    Assert.Equal(fit.Iterations + 1, fit.Losses.Length)
    Assert.All(Array.pairwise fit.Losses, fun (before, after) -> Assert.True(after < before))
    // the ten-dimensional valley has a second minimum near (−1, 1, …, 1)
    if n = 2 then Assert.All(fit.Model.ToArray(), fun x -> Assert.Equal(1.0, x, 1e-8))

[<Theory>]
[<InlineData(2)>]
[<InlineData(5)>]
[<InlineData(8)>]
let ``a quadratic of n unknowns takes about n nearly exact steps`` (n: int) =
    let scales = tensor [ for i in 1..n -> float (i * i) ]
    let loss (x: Tensor) = 0.5 * sum (scales * square (x - 1.0))
    let options = { exact with Curvature = 2e-4; GradientTolerance = 1e-7 }
    let fit = Lbfgs.minimiseWith options ignore loss (zeros [ n ])
    Assert.Equal(LbfgsStatus.Converged, fit.Status)
    Assert.InRange(fit.Iterations, 1, n + 1)

let private losses: (string * (Tensor -> Tensor) * Tensor) list =
    [ "Rosenbrock", rosenbrock, tensor [ -1.2; 1.0; -1.2; 1.0 ]
      "quartic", (fun x -> sum (x ** 4.0 + 0.1 * square x)), tensor [ 3.0; -2.0 ]
      "waves", (fun x -> sum (sin (3.0 * x) + 0.1 * square x)), tensor [ 2.0; -3.0; 0.1 ]
      "logistic", (fun x -> sum (softplus x) - 0.3 * sum x + 0.01 * sum (square x)), tensor [ 9.0; -9.0 ]
      "steep", (fun x -> sum (exp x) - 2.0 * sum x), tensor [ 12.0; -12.0 ] ]

[<Fact>]
let ``every accepted step satisfies the strong Wolfe conditions`` () =
    for name, loss, start in losses do
        for curvature in [ 0.9; 0.1 ] do
            let seen = List<LbfgsProgress<Tensor>>()
            let options = { exact with Curvature = curvature; GradientTolerance = 1e-6 }
            let fit = Lbfgs.minimiseWith options seen.Add loss start
            Assert.True((fit.Status = LbfgsStatus.Converged), $"{name}: got {fit.Status}, expected Converged.")
            let mutable before = start

            for step in seen do
                Assert.True(step.IsWolfe, $"{name}: step {step.Iteration} is no Wolfe step.")
                let f0, g0 = valueAndGrad loss before
                let f1, g1 = valueAndGrad loss step.Model
                let moved = step.Model - before
                let slope0, slope1 = float (sum (g0 * moved)), float (sum (g1 * moved))
                let room = 1e-9 * (1.0 + abs (float f0))
                Assert.True(slope0 < 0.0, $"{name}: step {step.Iteration} goes uphill.")
                Assert.True(float f1 <= float f0 + 1e-4 * slope0 + room, $"{name}: step {step.Iteration} falls short.")
                Assert.True(abs slope1 <= curvature * abs slope0 + room, $"{name}: step {step.Iteration} is too steep.")
                before <- step.Model

[<Fact>]
let ``a tree is minimised in place; integers and keys stay`` () =
    let loss (w: Tensor, steps: Tensor, _noise: Key, b: Tensor) =
        sum (square (w - cast Float64 steps)) + square (b - 2.0)

    let fit = Lbfgs.minimise loss (tensor [ 0.0; 0.0 ], tensor [ 3; 4 ], Key 5, scalar 0.0)
    let w, steps, noise, b = fit.Model
    Assert.Equal(3.0, float w[0], 1e-6)
    Assert.Equal(4.0, float w[1], 1e-6)
    Assert.Equal(2.0, float b, 1e-6)
    Assert.Equal<int64[]>([| 3L; 4L |], steps.ToInt64Array())
    Assert.Equal("Key 5", noise.ToString())

[<Fact>]
let ``float32 models stay float32`` () =
    let fit = Lbfgs.minimise (fun x -> sum (square (x - 3.0))) (tensor [ 0.0f ])
    Assert.Equal(Float32, fit.Model.Dtype)
    Assert.Equal(3.0, float fit.Model[0], 1e-5)

[<Fact>]
let ``a trial where the loss is not a number shortens the step`` () =
    // not a number outside (0, 1); the first trial is at 1.001
    let loss (x: Tensor) = sum (-(log x) - log (1.0 - x))
    let fit = Lbfgs.minimise loss (tensor [ 1e-3 ])
    Assert.Equal(0.5, float fit.Model[0], 1e-4)
    Assert.All(fit.Losses, fun loss -> Assert.True(Double.IsFinite loss))

[<Fact>]
let ``a trial whose solve fails shortens the step`` () =
    // u' = p u² from 1 ends at 1 / (1 − p), and blows up for p of 1 and more
    let loss p =
        square (Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0) |> Ode.maxSteps 500 |> Ode.solveFinal)
        - 5.0
        |> square

    let fit = Lbfgs.minimise loss (scalar 0.2)
    Assert.Equal(1.0 - 1.0 / Math.Sqrt 5.0, float fit.Model, 1e-4)

[<Fact>]
let ``a loss that is not finite at the start is a status`` () =
    let fit = Lbfgs.minimise (fun x -> sum (log x)) (tensor [ -1.0 ])
    Assert.Equal(LbfgsStatus.NonFinite, fit.Status)
    Assert.Equal(0, fit.Iterations)
    Assert.Equal(-1.0, float fit.Model[0])

[<Fact>]
let ``a start at the minimum is the result`` () =
    let fit = Lbfgs.minimise (fun x -> sum (square x)) (tensor [ 0.0 ])
    Assert.Equal(LbfgsStatus.Converged, fit.Status)
    Assert.Equal(1, fit.Evaluations)

let private endsLower (loss: Tensor -> Tensor) =
    let fit = Lbfgs.minimise loss (tensor [ 1.0; 2.0 ])
    Assert.True(Array.last fit.Losses < fit.Losses[0])
    Assert.Equal(fit.Loss, Array.min fit.Losses)
    Assert.True(fit.Evaluations < 500)
    fit.Status

[<Fact>]
let ``a loss without a lower bound, which no step brackets, ends the search`` () =
    Assert.Equal(LbfgsStatus.LineSearchFailed, endsLower sum)

[<Fact>]
let ``a kink, where no point is flat, ends the search`` () =
    for loss in [ (fun x -> sum (abs (x - 0.3))); (fun x -> sum (abs x ** 1.2)); (fun x -> normInf x) ] do
        Assert.NotEqual(LbfgsStatus.MaxIterations, endsLower loss)

[<Fact>]
let ``iterations and cancellation end it`` () =
    let start = tensor [ -1.2; 1.0 ]
    let fit = Lbfgs.minimiseWith { exact with MaxIterations = 3 } ignore rosenbrock start
    Assert.Equal(LbfgsStatus.MaxIterations, fit.Status)
    Assert.Equal(3, fit.Iterations)
    use source = new CancellationTokenSource()
    let stopAt (p: LbfgsProgress<Tensor>) = if p.Iteration = 4 then source.Cancel()
    let fit = Lbfgs.minimiseWith { exact with Cancellation = source.Token } stopAt rosenbrock start
    Assert.Equal(LbfgsStatus.Cancelled, fit.Status)
    Assert.Equal(4, fit.Iterations)

[<Fact>]
let ``the loss is traced once`` () =
    let mutable traces = 0

    let loss (x: Tensor) =
        traces <- traces + 1
        rosenbrock x

    Lbfgs.minimise loss (tensor [ -1.2; 1.0 ]) |> ignore
    Assert.Equal(1, traces)

[<Fact>]
let ``options out of range are refused`` () =
    for options in
        [ { exact with History = 0 }
          { exact with Curvature = 1.0 }
          { exact with Armijo = 0.95 }
          { exact with FirstStep = 0.0 }
          { exact with GradientTolerance = nan } ] do
        let run () = Lbfgs.minimiseWith options ignore rosenbrock (tensor [ 0.0; 0.0 ]) |> ignore
        Assert.StartsWith("Lbfgs: ", (Assert.Throws<InputException> run).Message)

// The line search alone

let private search c2 f slope first =
    let at step : Trial<unit> = { Step = step; Loss = f step; Slope = slope step; Point = () }
    LineSearch.run 1e-4 c2 30 at (at 0.0) first

[<Theory>]
[<InlineData(1e-3)>]
[<InlineData(0.1)>]
[<InlineData(1.0)>]
[<InlineData(30.0)>]
[<InlineData(1e3)>]
let ``the functions of Moré and Thuente are searched from every first step`` (first: float) =
    // their first two test functions: a minimum far from 0, and one behind a steep rise
    let cases =
        [ (fun a -> -a / (a * a + 2.0)), (fun a -> (a * a - 2.0) / (a * a + 2.0) ** 2.0)
          (fun a -> (a + 0.004) ** 5.0 - 2.0 * (a + 0.004) ** 4.0),
          (fun a -> 5.0 * (a + 0.004) ** 4.0 - 8.0 * (a + 0.004) ** 3.0) ]

    for f, slope in cases do
        match search 0.1 f slope first with
        | Wolfe t ->
            Assert.True(t.Loss <= f 0.0 + 1e-4 * t.Step * slope 0.0)
            Assert.True(abs t.Slope <= 0.1 * abs (slope 0.0))
        | Lower _
        | NoStep -> Assert.Fail "expected a Wolfe step"

[<Fact>]
let ``the cubic's minimum is exact for a cubic, and the middle where there is none`` () =
    let at f slope step : Trial<unit> = { Step = step; Loss = f step; Slope = slope step; Point = () }
    let point = at (fun a -> a * a * a - 3.0 * a) (fun a -> 3.0 * a * a - 3.0)
    Assert.Equal(1.0, LineSearch.cubic (point 0.0) (point 2.5), 1e-12)
    Assert.Equal(1.0, LineSearch.cubic (point 2.5) (point 0.0), 1e-12)
    let line = at id (fun _ -> 1.0)
    Assert.InRange(LineSearch.cubic (line 0.0) (line 1.0), 0.1, 0.9)
    Assert.Equal(0.2, LineSearch.cubic (point 0.0) { point 1.0 with Loss = infinity; Slope = nan }, 1e-12)

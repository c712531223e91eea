module NeuralDE.Tests.Learning.LevenbergMarquardtTests

open System
open System.Collections.Generic
open System.Threading
open Xunit
open NeuralDE

let private options = LevenbergMarquardtOptions.defaults

/// Residuals whose squares are Rosenbrock's function, twice.
let private rosenbrock (x: Tensor) = concat [ 10.0 * (x[1..] - square x[.. x.Length - 2]); 1.0 - x[.. x.Length - 2] ]

let private variants =
    [ for damping in [ Nielsen; Marquardt 10.0; Undamped ] do
          for solve in [ LeastSquaresSolve.Factors; LeastSquaresSolve.ConjugateGradients ] do
              $"{damping} by {solve}", { options with Damping = damping; Solve = solve } ]

let names () = [| for name, _ in variants -> [| name :> obj |] |]
let private variant name = variants |> List.find (fun (known, _) -> known = name) |> snd

let private isFound (fit: LevenbergMarquardtFit<'M>) =
    let isDone = fit.Status = LevenbergMarquardtStatus.Converged || fit.Status = LevenbergMarquardtStatus.Settled

    Assert.True(isDone, $"Got {fit.Status}, expected Converged or Settled.")

[<Theory; MemberData(nameof names)>]
let ``Rosenbrock's valley is followed to its end`` (name: string) =
    let fit = LevenbergMarquardt.minimiseWith (variant name) ignore rosenbrock (tensor [ -1.2; 1.0 ])
    isFound fit
    Assert.All(fit.Model.ToArray(), fun x -> Assert.Equal(1.0, x, 1e-8))
    Assert.InRange(fit.Iterations, 1, 40)
    Assert.Equal(fit.Iterations + 1, fit.Losses.Length)
    Assert.All(Array.pairwise fit.Losses, fun (before, after) -> Assert.True(after < before))
    Assert.Equal(fit.Loss, Array.last fit.Losses)

let private times = linspace 0.0 3.0 20

/// a e^(−b t) + c, with a little noise that is always the same.
let private decay =
    let t = times.ToArray()
    tensor [ for i in 0..19 -> 2.5 * exp (-1.3 * t[i]) + 0.5 + 0.01 * sin (float (i * i)) ]

let private misfit (a: Tensor, b: Tensor, c: Tensor) = a * exp (-b * times) + c - decay

[<Theory; MemberData(nameof names)>]
let ``an exponential is fitted where the gradient vanishes`` (name: string) =
    let fit = LevenbergMarquardt.minimiseWith (variant name) ignore misfit (scalar 1.0, scalar 1.0, scalar 0.0)
    isFound fit
    let ga, gb, gc = grad (fun m -> 0.5 * sum (square (misfit m))) fit.Model

    for g in [ ga; gb; gc ] do
        Assert.Equal(0.0, float g, 1e-8)

    let a, b, c = fit.Model
    Assert.Equal(2.5, float a, 0.02)
    Assert.Equal(1.3, float b, 0.03)
    Assert.Equal(0.5, float c, 0.02)

[<Fact>]
let ``a linear problem takes one undamped step`` () =
    let matrix = tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ]; [ 5.0; 7.0 ] ]
    let right = tensor [ 1.0; 2.0; 4.0 ]
    let undamped = { options with Damping = Undamped }
    let fit =
        LevenbergMarquardt.minimiseWith undamped ignore (fun x -> matmul matrix x - right) (tensor [ 5.0; -5.0 ])
    Assert.Equal(LevenbergMarquardtStatus.Converged, fit.Status)
    Assert.Equal(1, fit.Iterations)
    let normal = matmul (transpose matrix) matrix
    let expected = (solve normal (matmul (transpose matrix) right)).ToArray()
    Array.iter2 (fun (e: float) g -> Assert.Equal(e, g, 1e-10)) expected (fit.Model.ToArray())

[<Fact>]
let ``the units of a parameter do not change the steps`` () =
    let losses (unit: float) =
        let inUnit (x: Tensor) = rosenbrock (stack [ x[0] * unit; x[1] ])
        (LevenbergMarquardt.minimise inUnit (tensor [ -1.2 / unit; 1.0 ])).Losses

    let one, other = losses 1.0, losses 1024.0 // a power of 2: the same rounding
    Assert.Equal(one.Length, other.Length)
    Array.iter2 (fun (a: float) (b: float) -> Assert.True(abs (a - b) <= 1e-9 * a, $"Got {b}, expected {a}.")) one other

[<Fact>]
let ``trees are fitted in place; integers, keys and float32 stay`` () =
    let residuals (w: Tensor, count: Tensor, _: Key) = w - cast Float32 count
    let fit = LevenbergMarquardt.minimise residuals (tensor [ 0.0f; 0.0f ], tensor [ 3; 4 ], Key 5)
    let w, count, key = fit.Model
    Assert.Equal(Float32, w.Dtype)
    Assert.Equal(3.0, float w[0], 1e-5)
    Assert.Equal(4.0, float w[1], 1e-5)
    Assert.Equal<int64[]>([| 3L; 4L |], count.ToInt64Array())
    Assert.Equal("Key 5", string key)

[<Fact>]
let ``a parameter that no residual feels stays`` () =
    for solve in [ LeastSquaresSolve.Factors; LeastSquaresSolve.ConjugateGradients ] do
        let fit =
            LevenbergMarquardt.minimiseWith
                { options with Solve = solve }
                ignore
                (fun (x: Tensor) -> square x[0] - 2.0 + 0.0 * x[1])
                (tensor [ 1.0; 7.0 ])

        isFound fit
        Assert.Equal(Math.Sqrt 2.0, float fit.Model[0], 1e-9)
        Assert.Equal(7.0, float fit.Model[1])

[<Fact>]
let ``where residuals are not numbers, or their solve fails, steps are shorter`` () =
    let fit = LevenbergMarquardt.minimise (fun (x: Tensor) -> log x + 3.0) (tensor [ 0.9 ])
    Assert.Equal(Math.Exp -3.0, float fit.Model[0], 1e-9)

    // u' = p u² from 1 ends at 1 / (1 − p), and blows up for p of 1 and more
    let final p =
        Ode.problem (fun _t u -> p * u * u) (scalar 1.0) (0.0, 1.0)
        |> Ode.tolerance 1e-9 1e-9
        |> Ode.maxSteps 500
        |> Ode.solveFinal

    let fit = LevenbergMarquardt.minimise (fun p -> log (final p) - log (scalar 5.0)) (scalar -3.0)
    Assert.Equal(0.8, float fit.Model, 1e-6)

[<Fact>]
let ``every end has its status`` () =
    let from = tensor [ -1.2; 1.0 ]
    let fit = LevenbergMarquardt.minimiseWith { options with MaxIterations = 3 } ignore rosenbrock from
    Assert.Equal(LevenbergMarquardtStatus.MaxIterations, fit.Status)
    Assert.Equal(3, fit.Iterations)
    let fit = LevenbergMarquardt.minimise log (tensor [ -1.0 ])
    Assert.Equal(LevenbergMarquardtStatus.NonFinite, fit.Status)
    let fit = LevenbergMarquardt.minimise (fun x -> x - 1.0) (tensor [ 1.0 ])
    Assert.Equal(LevenbergMarquardtStatus.Converged, fit.Status)
    Assert.Equal(0, fit.Iterations)
    // a jump upwards behind a slope that leads there
    let jump (x: Tensor) = where (x .< 1.0) (2.0 - x) 9.0
    let fit =
        LevenbergMarquardt.minimiseWith { options with StepTolerance = 0.0 } ignore jump (tensor [ 1.0 - 1e-16 ])
    Assert.Equal(LevenbergMarquardtStatus.NoLowerStep, fit.Status)
    // undamped, a parameter that no residual feels has no step
    let undamped = { options with Damping = Undamped; Solve = LeastSquaresSolve.Factors }
    let unfelt (x: Tensor) = stack [ x[0] - 2.0; 0.0 * x[1]; x[0] * x[0] ]
    let fit = LevenbergMarquardt.minimiseWith undamped ignore unfelt (tensor [ 1.0; 7.0 ])
    Assert.Equal(LevenbergMarquardtStatus.NoLowerStep, fit.Status)
    let fit = LevenbergMarquardt.minimiseWith undamped ignore (fun (x: Tensor) -> sum x) (tensor [ 1.0; 7.0 ])
    Assert.Equal(LevenbergMarquardtStatus.NoLowerStep, fit.Status)
    use source = new CancellationTokenSource()
    let seen = List<float>()

    let look (p: LevenbergMarquardtProgress<Tensor>) =
        seen.Add p.Loss
        if p.Iteration = 2 then source.Cancel()

    let fit = LevenbergMarquardt.minimiseWith { options with Cancellation = source.Token } look rosenbrock from
    Assert.Equal(LevenbergMarquardtStatus.Cancelled, fit.Status)
    Assert.Equal<float[]>(fit.Losses[1..], seen.ToArray())

[<Fact>]
let ``the covariance of a straight line is the textbook's`` () =
    let x, y = tensor [ 0.0; 1.0; 2.0; 3.0 ], tensor [ 1.1; 2.9; 5.2; 6.8 ]
    let residuals (slope: Tensor, offset: Tensor) = slope * x + offset - y
    let fit = LevenbergMarquardt.minimise residuals (scalar 0.0, scalar 0.0)
    let variance = 2.0 * fit.Loss / 2.0
    let covariance = LevenbergMarquardt.covariance residuals fit.Model
    Assert.Equal(variance / 5.0, float covariance[0, 0], 1e-12) // σ² / Σ (x − x̄)²
    Assert.Equal(-1.5 * variance / 5.0, float covariance[0, 1], 1e-12)
    Assert.Equal(variance * (0.25 + 2.25 / 5.0), float covariance[1, 1], 1e-12)
    let few () = LevenbergMarquardt.covariance id (tensor [ 1.0; 2.0 ]) |> ignore
    Assert.StartsWith("LevenbergMarquardt.covariance: got 2 residuals", (Assert.Throws<InputException> few).Message)

[<Fact>]
let ``what makes no fit is refused`` () =
    for options in
        [ { options with MaxIterations = -1 }
          { options with InitialDamping = 0.0 }
          { options with StepTolerance = nan }
          { options with Damping = Marquardt 1.0 } ] do
        let run () = LevenbergMarquardt.minimiseWith options ignore rosenbrock (tensor [ 0.0; 0.0 ]) |> ignore
        Assert.StartsWith("LevenbergMarquardt: ", (Assert.Throws<InputException> run).Message)

    let run () = LevenbergMarquardt.minimise (fun _ -> scalar 1.0) (tensor [ 1 ]) |> ignore
    Assert.Throws<TreeException> run |> ignore
    let run () = LevenbergMarquardt.minimise (fun (x: Tensor) -> x[0 .. -1]) (tensor [ 1.0 ]) |> ignore
    Assert.Throws<ShapeException> run |> ignore

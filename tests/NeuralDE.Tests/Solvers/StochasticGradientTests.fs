/// Derivatives of solves with driven terms, along one path.
module NeuralDE.Tests.Solvers.StochasticGradientTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Steppers
open NeuralDE.Tests.Solvers.OdeCases
open NeuralDE.Tests.Solvers.StochasticCases

let private methods =
    [ StochasticSteps.eulerMaruyama
      yield! [ "Heun"; "Midpoint"; "Ralston" ] |> List.map (fun n -> (methodNamed n).Stepper) ]

/// y0, two parameters of the drift and two of the noise.
let private point = tensor [ 0.7; 0.3; 1.2; 0.4; 0.2 ]

/// A cubic potential well with noise that depends on state and time.
let private well stepper dt tape (p: Tensor) =
    let drift (t: Tensor) (y: Tensor) = p[1] * y - p[2] * y * y * y + 0.1 * sin t
    let along (t: Tensor) (y: Tensor) (dw: Tensor) = (p[3] + p[4] * y * y) * exp (-t) * dw
    let y0 = p[0] * (1.0 + 0.1 * arange 0.0 6.0 1.0)
    { equation stepper drift [ noise (Key 81) [ 6 ] along ] y0 with Dt = dt; Tape = tape }

let private loss stepper dt tape (p: Tensor) =
    let y = solve (well stepper dt tape p)
    sum (y * y) + sum (sin y)

/// (−f(x + 2h) + 8 f(x + h) − 8 f(x − h) + f(x − 2h)) / 12h
let private differences (f: Tensor -> Tensor) (x: Tensor) =
    let h = 1e-3

    [ for k in 0 .. x.Length - 1 do
          let at (n: float) = float (f (x + n * h * (eye x.Length)[k]))
          (8.0 * (at 1.0 - at -1.0) - (at 2.0 - at -2.0)) / (12.0 * h) ]

let private forward (f: Tensor -> Tensor) (x: Tensor) =
    [ for k in 0 .. x.Length - 1 -> float (snd (jvp f x ((eye x.Length)[k]))) ]

[<Tests>]
let tests =
    testList
        "Solvers.StochasticGradient"
        [ for stepper in methods do
              testCase $"reverse mode, forward mode and differences: {stepper.Name}" (fun () ->
                  let f = loss stepper (Some 0.04) Everything
                  let gradient = numbers (grad f point)
                  relative 1e-7 "differences" (differences f point) gradient
                  relative 1e-10 "forward mode" (forward f point) gradient)

          testCase
              "adaptive steps: forward and reverse mode agree, and are near the derivative of the solution"
              (fun () ->
                  let heun = (methodNamed "Heun").Stepper
                  let f p = sum (solve { well heun None Everything p with Tolerance = 1e-5 })
                  let gradient = numbers (grad f point)
                  relative 1e-10 "forward mode" (forward f point) gradient
                  let fine p = sum (solve (well heun (Some(2.0 ** -13.0)) Everything p))
                  relative 1e-3 "small constant steps" (numbers (grad fine point)) gradient)

          testCase "checkpointed gradients have the bits of direct ones" (fun () ->
              for dt in [ Some 0.04; None ] do
                  for stepper in methods do
                      if dt.IsSome || stepper.IsAdaptive then
                          let direct = numbers (grad (loss stepper dt Everything) point)
                          same
                              $"{stepper.Name}, 2000 bytes"
                              direct
                              (numbers (grad (loss stepper dt (Budget 2000L)) point)))

          testCase "second derivatives: symmetric, and equal to differences of first derivatives" (fun () ->
              let f = loss (methodNamed "Heun").Stepper (Some 0.1) Everything
              let h = hessian f point
              relative 1e-10 "the transpose" (numbers h) (numbers (transpose h))
              let row k = differences (fun p -> (grad f p)[k]) point
              relative 1e-7 "differences" (List.init 5 row |> List.concat) (numbers h))

          testCase "perSample: the gradient is the sum of the rows' gradients" (fun () ->
              let n = 5
              let keys = Key.splitN n (Key 91)
              let y0 = 1.0 + 0.1 * arange 0.0 (float n) 1.0

              for stepper, dt in [ methods[0], Some 0.1; methods[1], Some 0.1; methods[1], None ] do
                  let row keys (y0: Tensor) (p: Tensor) =
                      let noise = noiseByRow keys [] (fun _ y dw -> p[1] * y * dw)
                      { equation stepper (fun _ y -> p[0] * y) [ noise ] y0 with Dt = dt; PerSample = true }

                  let all p = sum (solve (row keys y0 p))
                  let p = tensor [ 0.3; 0.6 ]
                  let each = keys |> List.mapi (fun k key -> grad (fun p -> sum (solve (row [ key ] y0[k..k] p))) p)
                  relative 1e-14 $"{stepper.Name}, {dt}" (numbers (List.reduce (+) each)) (numbers (grad all p)))

          testCase "values that a control captured have a derivative" (fun () ->
              // dy = y dX, X = a sin bt: y = y0 exp(a sin b t)
              for stepper in methods do
                  let f (p: Tensor) =
                      let term =
                          { Along = (fun _ y dx -> y * dx); Shape = []; Path = Smooth(fun t -> p[0] * sin (p[1] * t)) }

                      sum (solve { equation stepper (fun _ y -> 0.1 * y) [ term ] (ones [ 2 ]) with Dt = Some 0.02 })

                  let p = tensor [ 0.5; 2.0 ]
                  let gradient = numbers (grad f p)
                  relative 1e-7 "differences" (differences f p) gradient
                  relative 1e-10 "forward mode" (forward f p) gradient)

          testCase "float32" (fun () ->
              let f (p: Tensor) =
                  let along _ (y: Tensor) dw = p[1] * y * dw
                  let y0 = ones [ 4 ] |> cast p.Dtype
                  let e = equation methods[1] (fun _ y -> p[0] * y) [ noise (Key 92) [ 4 ] along ] y0
                  sum (solve { e with Dt = Some 0.01 })

              let p = tensor [ 0.3; 0.6 ]
              let single = grad f (cast Float32 p)
              Expect.equal single.Dtype Float32 "the dtype"
              relative 1e-5 "float64's" (numbers (grad f p)) (numbers single)) ]

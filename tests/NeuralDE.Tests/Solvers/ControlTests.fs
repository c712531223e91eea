/// Control paths, including custom ones, and controlled equations.
module NeuralDE.Tests.Solvers.ControlTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

/// (t, sin 2t)
let private wave = Control.ofFunction (fun t -> stack [ t; sin (2.0 * t) ])

/// A piecewise linear path through points, written as by a user.
let private through (ts: Tensor) (xs: Tensor) =
    let last = ts.Count - 1
    let piece (t: Tensor) = maximum (scalar 0L) (minimum (scalar (int64 (last - 1))) (searchSorted ts t - 1))

    let slope t =
        let k = piece t
        (take 0 (k + 1) xs - take 0 k xs) / (take 0 (k + 1) ts - take 0 k ts)

    Control.ofFunctions (fun t -> take 0 (piece t) xs + (t - take 0 (piece t) ts) * slope t) slope
    |> Control.withKinks (List.ofArray (ts.ToArray()[1 .. last - 1]))

let private near (bound: float) what (got: Tensor) (right: Tensor) =
    let difference = float (amax (abs (got - right)))
    Expect.isTrue (difference <= bound) $"{what}: off by {string difference}"

let private solve (control: Control) (g: Tensor -> Tensor -> Tensor) (y0: Tensor) =
    Ode.problem (Field.controlled control g) y0 (0.0, 2.0)
    |> Ode.jumpAt control.Kinks
    |> Ode.tolerance 1e-9 1e-11
    |> Ode.solve

let private paths =
    testList
        "paths"
        [ testCase "the derivative of a function" (fun () ->
              let t = scalar 0.3
              near 1e-15 "value" (wave.Value t) (tensor [ 0.3; sin 0.6 ])
              near 1e-15 "derivative" (wave.Derivative t) (tensor [ 1.0; 2.0 * cos 0.6 ]))

          testCase "dx = x dX is x0 exp(X − X0)" (fun () ->
              let control = Control.ofFunction (fun t -> stack [ sin (3.0 * t) ])
              let x = (solve control (fun _ x -> expandDims -1 x) (tensor [ 1.5; -2.0 ])).Y1
              near 1e-8 "x" x (tensor [ 1.5; -2.0 ] * exp (sin 6.0)))

          testCase "a constant matrix gives the increment of the path" (fun () ->
              let m = randn (Key 1) [ 3; 2 ]
              let x = (solve wave (fun _ _ -> m) (zeros [ 3 ])).Y1
              near 1e-9 "x" x (matmul m (tensor [ 2.0; sin 4.0 ])))

          testCase "a custom path with kinks, with steps that end there" (fun () ->
              let ts, xs = tensor [ 0.0; 0.7; 1.1; 2.0 ], randn (Key 2) [ 4; 2 ]
              let control = through ts xs
              let m = randn (Key 1) [ 3; 2 ]
              let solution = solve control (fun _ _ -> m) (zeros [ 3 ])
              near 1e-12 "x" solution.Y1 (matmul m (xs[3] - xs[0]))
              Expect.equal solution.Stats.Rejected 0 "no rejected steps: steps end at each kink")

          testCase "batches: one path for all samples, and one path for each" (fun () ->
              let ms = randn (Key 3) [ 5; 3; 2 ]
              let one = (solve wave (fun _ _ -> ms) (zeros [ 5; 3 ])).Y1
              let rates = linspace 1.0 2.0 5
              let each = Control.ofFunction (fun t -> stackAlong -1 [ rates * t; sin (rates * t) ])
              let many = (solve each (fun _ _ -> ms) (zeros [ 5; 3 ])).Y1

              for k in 0..4 do
                  near 1e-8 $"one {k}" one[k] (matmul ms[k] (tensor [ 2.0; sin 4.0 ]))
                  let r = float rates[k]
                  near 1e-8 $"each {k}" many[k] (matmul ms[k] (tensor [ 2.0 * r; sin (2.0 * r) ])))

          testCase "values that a path captures have a gradient" (fun () ->
              let ts, xs = tensor [ 0.0; 0.7; 1.1; 2.0 ], randn (Key 2) [ 4; 2 ]
              let m = randn (Key 1) [ 3; 2 ]
              let slope = grad (fun xs -> sum (solve (through ts xs) (fun _ _ -> m) (zeros [ 3 ])).Y1) xs
              let right = sum (matmul (ones [ 1; 3 ]) m * zeros [ 1; 1 ])
              near 1e-9 "ends" (slope[3]) (reshape [ 2 ] (matmul (ones [ 1; 3 ]) m) + right)
              near 1e-9 "inner points" (slope[1..2]) (zeros [ 2; 2 ]))

          testCase "float32 states" (fun () ->
              let x =
                  Ode.problem
                      (Field.controlled wave (fun _ _ -> cast Float32 (ones [ 3; 2 ])))
                      (cast Float32 (zeros [ 3 ]))
                      (0.0, 2.0)
                  |> Ode.solveFinal

              Expect.equal x.Dtype Float32 "dtype"
              near 1e-4 "x" (cast Float64 x) (full [ 3 ] (2.0 + sin 4.0))) ]

let private errors =
    testList
        "errors"
        [ testCase "a matrix of the wrong shape" (fun () ->
              for g in [ (fun _ _ -> ones [ 3 ]); (fun _ _ -> ones [ 3; 3 ]); (fun _ _ -> ones [ 2; 2 ]) ] do
                  raises<ShapeException> [ "Field.controlled"; "[state; channels]" ] (fun () ->
                      solve wave g (zeros [ 3 ]) |> ignore)
                  |> ignore)

          testCase "a path without channels" (fun () ->
              raises<ShapeException> [ "Field.controlled" ] (fun () ->
                  solve (Control.ofFunction sin) (fun _ _ -> ones [ 3; 1 ]) (zeros [ 3 ]) |> ignore)
              |> ignore

              raises<ShapeException> [ "Control.Value"; "the time" ] (fun () -> wave.Value(ones [ 2 ]) |> ignore)
              |> ignore) ]

[<Tests>]
let tests = testList "Solvers.Control" [ paths; errors ]

/// Loops by lanes beside the same loops as one plan of the whole batch: the same bits.
module NeuralDE.Tests.Engine.Lane

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Engine
open NeuralDE.Tests
open NeuralDE.Tests.Engine.SameBits

/// The value with or without lanes, in one tier.
let private under isOn tier (f: unit -> 'T) : 'T = withLanes isOn (fun () -> withTier tier f)

let private lorenz (_t: Tensor) (y: Tensor) =
    let x, y, z = y[0], y[1], y[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let private starts dtype n = Tree.cast dtype (rand (Key 1) [ n; 3 ] + 0.5)

let private lotkaVolterra (p: Tensor) (_t: Tensor) (s: Tensor) =
    let x, y = s[0], s[1]
    stack [ p[0] * x - p[1] * x * y; p[3] * x * y - p[2] * y ]

let private lotkaRows n =
    tensor [ 0.5; 0.5; 1.0; 0.5; 2.0; 0.5 ] + rand (Key 3) [ n; 6 ] * tensor [ 1.0; 1.0; 1.0; 1.0; 2.0; 1.0 ]

let private weights =
    lazy (randn (Key 71) [ 2; 16 ], randn (Key 72) [ 16 ], randn (Key 73) [ 16; 2 ] * 0.3, randn (Key 74) [ 2 ])

let private network (_t: Tensor) (y: Tensor) =
    let w1, b1, w2, b2 = weights.Value
    matmul (tanh (matmul y w1 + b1)) w2 + b2

let private robertson (_t: Tensor) (y: Tensor) =
    let a, b, c = y[0], y[1], y[2]
    let first, second, third = 0.04 * a, 3e7 * b * b, 1e4 * b * c
    stack [ third - first; first - third - second; second ]

let private solves: (string * (unit -> Tensor)) list =
    let final further f n =
        fun () -> Ode.problem f (starts Float64 n) (0.0, 1.0) |> Ode.perSample |> further |> Ode.solveFinal

    [ for n in [ 1; 7; 129 ] do
          $"Lorenz, adaptive, {n} rows", final (Ode.tolerance 1e-6 1e-6) lorenz n
          $"Lorenz, fixed steps, {n} rows", final (Ode.dt 0.01) lorenz n

      "Robertson, Rosenbrock, 20 rows",
      fun () ->
          Ode.problem robertson (tensor [ 1.0; 0.0; 0.0 ] + 0.1 * rand (Key 2) [ 20; 3 ]) (0.0, 100.0)
          |> Ode.using Rosenbrock23
          |> Ode.tolerance 1e-4 1e-8
          |> Ode.perSample
          |> Ode.solveFinal

      "Robertson, Rosenbrock, alone",
      fun () ->
          Ode.problem robertson (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 100.0)
          |> Ode.using Rosenbrock23
          |> Ode.tolerance 1e-4 1e-8
          |> Ode.solveFinal

      "Lotka–Volterra alone, outputs at times",
      fun () ->
          Ode.problem (lotkaVolterra (tensor [ 1.0; 0.5; 2.0; 0.5 ])) (tensor [ 1.0; 0.8 ]) (0.0, 10.0)
          |> Ode.saveAt (tensor [ 0.0; 2.5; 5.0; 10.0 ])
          |> Ode.solve
          |> _.Ys

      "Lorenz, float32",
      fun () -> Ode.problem lorenz (starts Float32 77) (0.0, 1.0) |> Ode.perSample |> Ode.dt 0.01 |> Ode.solveFinal

      "Lotka–Volterra with parameters by row",
      fun () ->
          lotkaRows 100
          |> vmap (fun (row: Tensor) ->
              Ode.problem (lotkaVolterra row[2..5]) row[0..1] (0.0, 10.0) |> Ode.tolerance 1e-6 1e-6 |> Ode.solveFinal)

      "a network with shared weights",
      fun () ->
          Ode.problem network (randn (Key 5) [ 50; 2 ]) (0.0, 1.0)
          |> Ode.perSample
          |> Ode.tolerance 1e-6 1e-6
          |> Ode.solveFinal

      "outputs at times",
      fun () ->
          Ode.problem lorenz (starts Float64 50) (0.0, 1.0)
          |> Ode.perSample
          |> Ode.saveAt (tensor [ 0.0; 0.25; 0.5; 0.9; 1.0 ])
          |> Ode.solve
          |> _.Ys ]

/// Gradients: of the starts, and of what the rows share.
let private gradients: (string * (unit -> Tensor list)) list =
    let norm (y: Tensor) = sum (y * y)

    [ for n in [ 1; 7; 129 ] do
          $"Lorenz in the starts, {n} rows",
          fun () ->
              [ starts Float64 n
                |> grad (fun y0 ->
                    Ode.problem lorenz y0 (0.0, 1.0)
                    |> Ode.perSample
                    |> Ode.tolerance 1e-6 1e-6
                    |> Ode.solveFinal
                    |> norm) ]

      "Lotka–Volterra in starts and parameters by row",
      fun () ->
          [ lotkaRows 50
            |> grad (
                vmap (fun (row: Tensor) ->
                    Ode.problem (lotkaVolterra row[2..5]) row[0..1] (0.0, 5.0)
                    |> Ode.tolerance 1e-6 1e-6
                    |> Ode.solveFinal)
                >> norm
            ) ]

      "a network in its shared weights",
      fun () ->
          let w1, b1, w2, b2 = weights.Value
          let f (w1, b1, w2, b2) (_: Tensor) (y: Tensor) = matmul (tanh (matmul y w1 + b1)) w2 + b2

          let g1, g2, g3, g4 =
              (w1, b1, w2, b2)
              |> grad (fun w ->
                  Ode.problem (f w) (randn (Key 5) [ 100; 2 ]) (0.0, 1.0)
                  |> Ode.perSample
                  |> Ode.tolerance 1e-6 1e-6
                  |> Ode.solveFinal
                  |> norm)

          [ g1; g2; g3; g4 ]

      "parameters, one of which has no elements",
      fun () ->
          let gradient =
              (starts Float64 5, zeros [ 0 ], ones [ 3 ])
              |> grad (fun (y0, none, q) ->
                  Ode.problem (fun _ y -> -y * q + sum (none * none * sum y)) y0 (0.0, 1.0)
                  |> Ode.perSample
                  |> Ode.solveFinal
                  |> norm)

          let g1, _, g3 = gradient
          [ g1; g3 ]

      "outputs at times",
      fun () ->
          [ starts Float64 40
            |> grad (fun y0 ->
                Ode.problem lorenz y0 (0.0, 1.0)
                |> Ode.perSample
                |> Ode.saveAt (tensor [ 0.0; 0.25; 0.5; 0.9; 1.0 ])
                |> Ode.solve
                |> _.Ys
                |> norm) ]

      // of 129 rows in five blocks: none, some and all are recorded
      for budget in [ 1000L; 400000L; 100000000L ] do
          $"with {budget} bytes",
          fun () ->
              [ starts Float64 129
                |> grad (fun y0 ->
                    Ode.problem lorenz y0 (0.0, 1.0)
                    |> Ode.perSample
                    |> Ode.dt 0.01
                    |> Ode.gradient (CheckpointedWithin budget)
                    |> Ode.solveFinal
                    |> norm) ]

      // the second row becomes NaN in its second iteration, and has no part in the gradient
      "rows of which one has no cotangent",
      fun () ->
          let loss (w: Tensor) =
              tensor [ 5.0; 3.05; 4.0 ]
              |> vmap (repeatWhile (fun (x: Tensor) -> x .< 50.0) 10 (fun (x: Tensor) -> w * x * sqrt (x - 3.0) + w))
              |> fun y -> sum (tensor [ 1.0; 0.0; 0.5 ] * y)

          let _, gradient = valueAndGrad loss (scalar 1.5)
          Expect.isTrue (Double.IsFinite(float gradient)) "the gradient is finite"
          [ gradient ] ]

/// Gradients of loops that differ only in what their reverse sweeps do not contain: the bound, the condition, a constant.
let private almostEqual: (string * (unit -> Tensor)) list =
    let derivative limit below (further: float) =
        fun () ->
            tensor [ 1.0; 15.0; 30.0 ]
            |> grad (
                vmap (repeatWhile (fun (x: Tensor) -> x .< below) limit (fun (x: Tensor) -> 1.5 * x + further)) >> sum
            )

    [ "one iteration", derivative 1 20.0 0.0
      "three iterations", derivative 3 20.0 0.0
      "another condition", derivative 3 2.0 0.0
      "another constant", derivative 3 20.0 10.0 ]

/// Fields that lanes do not run, and what Engine.explain says.
let private refused: (string * (Tensor -> Tensor) * string) list =
    let sums count (y: Tensor) = List.fold (fun (y: Tensor) (k: int) -> y + float k) y [ 1..count ]
    let sines count (y: Tensor) = List.fold (fun (y: Tensor) (k: int) -> sin (y + float k)) y [ 1..count ]

    [ "many exponentials", sines 60, " exponentials and the like in one iteration, at most 100"
      "many numbers", sums 400, " numbers in one iteration, at most 4000"
      "no form", (fun y -> sort 0 y), "argSort" ]

let private bits (x: Tensor) = x.Numbers.Floats |> Array.map BitConverter.DoubleToInt64Bits

[<Tests>]
let tests =
    testSequenced (
        testList
            "Engine.Lane"
            [ for name, solve in solves do
                  testCase $"{name}: the bits of a plan of the whole batch" (fun () ->
                      let expected = under false Compiled solve
                      let tiled = under true Tiled solve
                      let compiled = under true Compiled solve
                      Expect.equal (bits tiled) (bits expected) "one node at a time"
                      Expect.equal (bits compiled) (bits expected) "compiled")

              for name, field, reason in refused do
                  testCase $"Engine.explain says why a loop does not run by lanes: {name}" (fun () ->
                      let solve y = Ode.problem (fun _ y -> field y) y (0.0, 1.0) |> Ode.perSample |> Ode.solveFinal
                      let line =
                          (Engine.explain solve (rand (Key 1) [ 4; 2 ])).Split '\n'
                          |> Array.find _.Contains("not by lanes")
                      Expect.stringContains line reason "the reason")

              testCase "gradients of loops that have one reverse sweep" (fun () ->
                  for name, gradient in almostEqual do
                      let expected = under false Compiled gradient
                      Expect.equal (bits (under true Compiled gradient)) (bits expected) name)

              for name, gradient in gradients do
                  testCase $"gradient of {name}: that of a plan of the whole batch" (fun () ->
                      let expected = under false Compiled gradient
                      let tiled = under true Tiled gradient
                      let compiled = under true Compiled gradient

                      for tiled, compiled, expected in List.zip3 tiled compiled expected do
                          Expect.equal (bits compiled) (bits tiled) "compiled, and one node at a time"
                          let scale = Array.max (Array.map abs expected.Numbers.Floats)

                          Array.iter2
                              (fun got expected -> Expect.isLessThan (abs (got - expected) / scale) 1e-10 "difference")
                              compiled.Numbers.Floats
                              expected.Numbers.Floats) ]
    )

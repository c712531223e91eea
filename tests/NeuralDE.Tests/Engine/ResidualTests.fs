/// Loops that keep what their reverse sweeps need of the body: the same bits as sweeps that compute it again.
module NeuralDE.Tests.Engine.ResidualTests

open System
open Expecto
open NeuralDE

let private bits tree =
    Tree.flatten tree |> Array.map (fun x -> x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits)

let private net dtype widths = Tree.cast dtype (Mlp.init (Key 1) widths): Mlp
let private field (net: Mlp) (t: Tensor) (y: Tensor) = Mlp.apply net (tanh y * (1.0 + 0.1 * t))

/// The gradients of a loss of a network and a start, by gradient method.
let private problems: (string * (Gradient -> unit -> int64[][])) list =
    let solve solver change dtype batch widths gradient () =
        let y0 = cast dtype (randn (Key 2) [ batch; List.head widths ])

        let loss (net: Mlp, y0) =
            Ode.problem (field net) y0 (0.0, 2.0)
            |> Ode.using solver
            |> Ode.tolerance 1e-4 1e-4
            |> Ode.gradient gradient
            |> change
            |> Ode.solveYs
            |> square
            |> sum

        bits (grad loss (net dtype widths, y0))

    let ends = Ode.saveAt (tensor [ 2.0 ])

    [ "one sample", solve Tsit5 ends Float64 1 [ 2; 20; 2 ]
      "float32", solve Dopri5 ends Float32 7 [ 2; 20; 3; 2 ]
      "outputs", solve Tsit5 (Ode.saveAt (linspace 0.0 2.0 9)) Float64 5 [ 3; 8; 3 ]
      "an implicit method", solve Kvaerno3 ends Float64 1 [ 2; 9; 2 ]
      "many fixed steps",
      fun gradient () ->
          let y0 = randn (Key 2) [ 4; 3 ]

          let loss (net: Mlp, y0) =
              Ode.problem (field net) y0 (0.0, 2.0)
              |> Ode.using RK4
              |> Ode.dt 0.02
              |> Ode.gradient gradient
              |> Ode.solveFinal
              |> sum

          bits (grad loss (net Float64 [ 3; 16; 3 ], y0))

      "a second derivative",
      fun gradient () ->
          let y0 = randn (Key 2) [ 3; 2 ]

          let loss (net: Mlp) = Ode.problem (field net) y0 (0.0, 1.0) |> Ode.gradient gradient |> Ode.solveFinal |> sum

          let start = net Float64 [ 2; 8; 2 ]
          bits (grad (fun net -> Tree.flatten (grad loss net) |> Array.sumBy (fun g -> sum (square g))) start)

      "convolutions",
      fun gradient () ->
          let kernel, x = randn (Key 1) [ 4; 4; 3; 3 ] * 0.2, randn (Key 2) [ 2; 4; 6; 6 ]

          let loss (kernel, x) =
              let options = { ConvOptions.Default with Padding = [ 1; 1 ] }

              Ode.problem (fun _ y -> tanh (conv2d options kernel y)) x (0.0, 1.0)
              |> Ode.gradient gradient
              |> Ode.solveFinal
              |> square
              |> sum

          bits (grad loss (kernel, x)) ]

let private keepsValues (text: string) = text.Contains "sweep after a body"

[<Tests>]
let tests =
    testList
        "Engine.Residual"
        [ for name, gradients in problems do
              testCase $"{name}: the same bits with room for all values, for some and for none" (fun () ->
                  let expected = gradients (CheckpointedWithin 1L) ()

                  for budget in [ 3000L; 10000L; 40000L; 200000L; 1000000L ] do
                      Expect.equal (gradients (CheckpointedWithin budget) ()) expected $"{budget} bytes"

                  Expect.equal (gradients Direct ()) expected "Direct"
                  Expect.equal (gradients Checkpointed ()) expected "Checkpointed")

          testCase "a loop keeps values of fields with products, and of no others" (fun () ->
              let explained (f: Tensor -> Tensor -> Tensor) (y0: Tensor) =
                  Engine.explain (grad (fun y -> sum (Ode.problem f y (0.0, 1.0) |> Ode.solveFinal))) y0

              let net = net Float64 [ 20; 20; 20 ]
              Expect.isTrue (keepsValues (explained (field net) (zeros [ 3; 20 ]))) "a network"
              Expect.isFalse (keepsValues (explained (fun _ y -> tanh y) (zeros [ 3; 20 ]))) "tanh")

          testCase "values take no more than the gradient's budget" (fun () ->
              let y0 = randn (Key 2) [ 64; 4 ]

              let held (gradient: Gradient) =
                  let loss (net: Mlp) =
                      Ode.problem (field net) y0 (0.0, 2.0)
                      |> Ode.using RK4
                      |> Ode.dt 0.01
                      |> Ode.gradient gradient
                      |> Ode.solveFinal
                      |> sum

                  let f = compile (grad loss)
                  let start = net Float64 [ 4; 32; 4 ]
                  f start |> ignore
                  f start |> ignore
                  NeuralDE.Internal.Graph.Counters.Held

              let least = held (CheckpointedWithin 1L)

              for budget in [ 100000L; 1000000L; 10000000L ] do
                  Expect.isLessThanOrEqual (held (CheckpointedWithin budget) - least) budget $"{budget} bytes") ]

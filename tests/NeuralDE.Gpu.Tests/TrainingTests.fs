/// Models trained on the device: the same losses as on the CPU engine, without transfers of the data.
module NeuralDE.Gpu.Tests.TrainingTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.LibTorch
open NeuralDE.Gpu.Tests.OnDevice

let private spiral dtype =
    let matrix = tensor [ [ -0.1; 2.0 ]; [ -2.0; -0.1 ] ] |> cast dtype
    let y0, ts = tensor [ [ 2.0; 0.0 ] ] |> cast dtype, linspace 0.0 1.5 16 |> cast dtype
    let truth = Ode.problem (fun _ y -> matmul (y ** 3.0) matrix) y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.solveYs

    let loss (ys: Tensor) (y0: Tensor) (n: Mlp) =
        let states = Ode.problem (fun _ y -> Mlp.apply n (y ** 3.0)) y0 (0.0, 1.5) |> Ode.using RK4 |> Ode.dt 0.1
        mean (abs ((states |> Ode.saveAt ts |> Ode.solveYs) - ys))

    Mlp.init (Key 1) [ 2; 50; 2 ] |> Tree.cast dtype, loss truth y0

let private train steps (model, loss) = Train.start model (Adam 0.02) |> Train.steps steps |> Train.run loss

let private spirals =
    testList
        "spiral"
        [ for dtype, tolerance in [ Float64, 1e-9; Float32, 2e-3 ] do
              testCase $"{dtype}, fixed steps" (fun () ->
                  let model, loss = spiral dtype
                  let here, onDevice = train 20 (model, loss), train 20 (there model, loss)
                  Expect.isTrue
                      (Array.last onDevice.Losses < 0.9 * onDevice.Losses[0])
                      $"the loss falls: {onDevice.Losses[0]}, {Array.last onDevice.Losses}"

                  for k, (a, b) in Array.indexed (Array.zip here.Losses onDevice.Losses) do
                      Expect.near (tolerance * a) b a $"loss {k}"

                  Expect.same ((Tree.flatten onDevice.Model)[0]).Device device "the device of the model") ]

/// H. H. Robertson 1966: three rates, over nine decades.
let private robertson (k: Tensor) (_t: Tensor) (y: Tensor) =
    let a, b, c = k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2.0
    stack [ b - a; a - b - c; c ]

let private stiff =
    testList
        "Robertson"
        [ testCase "a stiff solve and its gradient by the rates" (fun () ->
              let rates = tensor [ 0.04; 1e4; 3e7 ]

              let final (logs: Tensor) =
                  (Ode.problem (robertson (exp logs * rates)) (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 1e3)
                   |> Ode.using Kvaerno3
                   |> Ode.tolerance 1e-5 1e-9
                   |> Ode.solveFinal)[0]

              let x = zeros [ 3 ]
              near 1e-6 (final x) (final (there x)) "the first concentration"
              near 1e-4 (grad final x) (grad final (there x)) "gradient")

          testCase "rates are found" (fun () ->
              let rates = tensor [ 0.04; 1e4; 3e7 ]
              let ts = tensor [ 1.0; 10.0; 100.0 ]

              let states (logs: Tensor) =
                  Ode.problem (robertson (exp logs * rates)) (tensor [ 1.0; 0.0; 0.0 ]) (0.0, 100.0)
                  |> Ode.using Kvaerno3
                  |> Ode.tolerance 1e-5 1e-9
                  |> Ode.saveAt ts
                  |> Ode.solveYs

              let truth = states (zeros [ 3 ])
              let loss (logs: Tensor) = sum (square ((states logs - truth) * tensor [ 1.0; 1e4; 1.0 ]))
              let start = there (tensor [ 0.3; -0.2; 0.2 ])
              let fit = Train.start start (Adam 0.05) |> Train.steps 25 |> Train.run loss
              let least = Array.min fit.Losses
              Expect.isTrue (least < 0.2 * fit.Losses[0]) $"got {least}, expected a fifth of {fit.Losses[0]}") ]

let private data =
    testList
        "data"
        [ testCase "batches are gathered on the device" (fun () ->
              let x = randn (Key 3) [ 500; 2 ]
              let y = sin (3.0 * x)
              let n = Mlp.init (Key 1) [ 2; 20; 2 ]
              let loss (x, y) n = mean (square (Mlp.apply n x - y))
              let batches data = Batches.ofTree 100 data |> Batches.shuffle (Key 2)
              let run m data = Train.start m (Adam 0.01) |> Train.steps 20 |> Train.runOn (batches data) loss
              let m, d = there (n, (x, y))
              let here = run n (x, y)
              let fit, counts = Torch.count (run m) d
              near 1e-11 here.Model fit.Model "model"
              // the indices of each of two leaves in 20 batches; what starts the training; two numbers of each step
              Expect.inRange counts.Uploads (0L, 60L) "uploads"
              Expect.inRange counts.Waits (0L, 45L) "waits") ]

[<Tests>]
let tests = testList "Training" [ spirals; stiff; data ]

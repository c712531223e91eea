/// The claims of the papers, at small sizes: the acceptance gates of neural ODEs and their variants.
module NeuralDE.Tests.Models.NeuralOdeGates

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private key = Key 11
let private net inputs hidden outputs =
    Blueprint.features inputs |> Blueprint.linear hidden |> Blueprint.tanh |> Blueprint.linear outputs
let private quick = NeuralOde.tolerance 1e-3 1e-4
let private mse a b = mean (square (a - b))

/// The model after `steps` steps of Adam, and its loss.
let private trained steps rate (loss: NeuralOde -> Tensor) (model: NeuralOde) =
    let fit = Train.start model (Adam rate) |> Train.steps steps |> Train.run loss
    Expect.equal fit.Status TrainStatus.Completed "fit.Status"
    fit.Model, float (loss fit.Model)

let private below what bound (got: float) =
    Expect.isTrue (got < bound) $"{what}: got {got:E2}, expected below {bound:E2}"
let private above what bound (got: float) =
    Expect.isTrue (got > bound) $"{what}: got {got:E2}, expected above {bound:E2}"

[<Tests>]
let gates =
    testList
        "gates.Models.NeuralOde"
        [
          // ── C1: neural ODEs ──────────────────────────────────────────────────────────────────────────────────────────────
          testList
              "the gradient of z(T)² for z' = a z equals the formula"
              [ for byBacksolve in [ false; true ] do
                    testCase $"{byBacksolve}" (fun () ->
                        let method = if byBacksolve then Backsolve else Checkpointed
                        let loss (a: Tensor, z0: Tensor) =
                            Ode.problem (fun _t z -> a * z) z0 (0.0, 5.0)
                            |> Ode.using Dopri5
                            |> Ode.tolerance 1e-5 1e-5
                            |> Ode.gradient method
                            |> Ode.solveFinal
                            |> square

                        let byRate, byStart = grad loss (scalar 0.5, scalar 1.0)
                        let exact = 2.0 * exp 5.0
                        below "dL/dz0" 1e-4 (abs (float byStart / exact - 1.0))
                        below "dL/da" 1e-4 (abs (float byRate / (5.0 * exact) - 1.0))) ]

          testCase "the spiral is learned" (fun () ->
              // torchdiffeq's demonstration: y' = A y³ from (2, 0), here 30 points up to t = 1.5
              let matrix = tensor [ [ -0.1; 2.0 ]; [ -2.0; -0.1 ] ]
              let ts, y0 = linspace 0.0 1.5 30, tensor [ 2.0; 0.0 ]
              let data =
                  Ode.problem (fun _t y -> matmul (y ** 3.0) matrix) y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.solveYs

              let blueprint =
                  Blueprint.features 2
                  |> Blueprint.power 3.0
                  |> Blueprint.linear 50
                  |> Blueprint.tanh
                  |> Blueprint.linear 2

              let loss m = mean (abs (NeuralOde.predict m y0 ts - data))
              let model = NeuralOde.init (Key 42) blueprint |> quick
              below "mean distance" (0.1 * float (loss model)) (snd (trained 300 1e-2 loss model)))

          testCase "the ODE-Net for MNIST has 208 266 parameters" (fun () ->
              Expect.equal (Tree.count (OdeNet.init key 1 10)) 208266 "Tree.count (OdeNet.init key 1 10)")

          testCase "a small ODE-Net has scores of the right shape and exact gradients" (fun () ->
              let net = OdeNet.initWith 4 key 1 3
              let net = { net with Settings = { net.Settings with Solver = RK4; Step = ConstantStep 0.5 } }
              let images = randn (Key 2) [ 2; 1; 28; 28 ]
              Expect.equal ((OdeNet.apply net images).Shape) [| 2; 3 |] "(OdeNet.apply net images).Shape"
              Expect.equal ((OdeNet.stats net images).Evaluations) 8 "(OdeNet.stats net images).Evaluations"
              let loss net = sum (square (OdeNet.apply net images))
              let direction = Tree.map (fun (x: Tensor) -> randn (Key x.Count) (List.ofArray x.Shape)) net
              let at (h: float) = float (loss (Tree.map2 (fun x v -> x + h * v) net direction))
              let h = 1e-6 // kinks of relu are close, so the differences are inexact
              let slope = (at h - at -h) / (2.0 * h)
              let gradient =
                  Tree.map2 (fun (g: Tensor) v -> sum (g * v)) (grad loss net) direction
                  |> Tree.flatten
                  |> Array.sumBy float
              Expect.near (1e-5 * abs slope) gradient slope "gradient")

          testCase "integrating forwards and backwards returns to the start" (fun () ->
              let model = NeuralOde.init key (net 3 16 3) |> NeuralOde.tolerance 1e-8 1e-8
              let x = randn (Key 1) [ 10; 3 ]
              let back = NeuralOde.final model (NeuralOde.final model x (0.0, 1.0)) (1.0, 0.0)
              below "distance" 1e-5 (float (amax (abs (back - x)))))

          // ── G8: approximation ────────────────────────────────────────────────────────────────────────────────────────────
          testCase "in twice the dimensions the paths from x to −x do not meet, and a field follows them" (fun () ->
              // the path of x: x (c(t), s(t)) with c = cos πt, s = −2 (1 − cos 2πt), which is (1, 0) at the start and (−1, 0) at the end
              let c t = cos (Math.PI * t)
              let s t = -2.0 * (1.0 - cos (2.0 * Math.PI * t))
              let grid = (linspace -1.0 1.0 11).ToArray()

              for t in (linspace 0.0 1.0 21).ToArray() do
                  for x, next in Array.pairwise grid do
                      let along, aside = (next - x) * c t, (next - x) * s t
                      above "distance" 0.1 (sqrt (along * along + aside * aside))

              Expect.near 1e-15 (c 0.5) 0.0 "c 0.5" // in one dimension they all meet half-way

              let field (t: Tensor) (u: Tensor) =
                  let c, s = cos (Math.PI * t), -2.0 * (1.0 - cos (2.0 * Math.PI * t))
                  let x = (u[*, 0] * c + u[*, 1] * s) / (c * c + s * s)
                  stackAlong -1 [ -Math.PI * sin (Math.PI * t) * x; -4.0 * Math.PI * sin (2.0 * Math.PI * t) * x ]

              let start = reshape [ 11; 1 ] (tensor grid)
              let y1 = Ode.problem field start (0.0, 1.0) |> Ode.augment 1 |> Ode.tolerance 1e-8 1e-8 |> Ode.solveFinal
              below "distance from (−x, 0)" 1e-6 (float (amax (abs (y1 - concatAlong 1 [ -start; zeros [ 11; 1 ] ]))))) ]

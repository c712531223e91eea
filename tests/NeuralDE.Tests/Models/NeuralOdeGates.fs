/// What the papers promise, at small sizes: the acceptance gates of neural ODEs and their variants.
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

/// The model after so many steps of Adam, and its loss.
let private trained steps rate (loss: NeuralOde -> Tensor) (model: NeuralOde) =
    let fit = Train.start model (Adam rate) |> Train.steps steps |> Train.run loss
    Expect.equal fit.Status TrainStatus.Completed "fit.Status"
    fit.Model, float (loss fit.Model)

let private below what bound (got: float) =
    Expect.isTrue (got < bound) $"{what}: got {got:E2}, expected below {bound:E2}"
let private above what bound (got: float) =
    Expect.isTrue (got > bound) $"{what}: got {got:E2}, expected above {bound:E2}"

// ── C4, G11: trajectories that cross ─────────────────────────────────────────────────────────────────────────────
let private line = reshape [ 20; 1 ] (linspace -1.0 1.0 20)
let private crossing model = model |> quick |> trained 300 2e-2 (fun m -> mse (NeuralOde.final m line (0.0, 1.0)) -line)
let private galerkin = Galerkin.init (Basis.Fourier 2) (0.0, 1.0) (fun key -> Network.init key (net 2 16 2)) key
let private small inputs outputs = Network.init key (net inputs 8 outputs)

let private crossingModels =
    [ "augmented by zeros", NeuralOde.init key (net 2 16 2) |> NeuralOde.augment 1
      "augmented by an input layer", NeuralOde.init key (net 2 16 2) |> NeuralOde.inputLayer (small 1 1)
      "data-controlled", NeuralOde.init key (net 2 16 1) |> NeuralOde.controlled
      "Galerkin, augmented", NeuralOde.ofField (NeuralField.Galerkin galerkin) |> NeuralOde.augment 1
      "of higher order", NeuralOde.init key (net 2 16 1) |> NeuralOde.higherOrder 2 1
      "of second order", NeuralOde.init key (net 2 16 1) |> NeuralOde.secondOrder (small 1 1)
      "of adaptive depth, data-controlled",
      NeuralOde.init key (net 2 16 1) |> NeuralOde.controlled |> NeuralOde.adaptiveDepth (small 1 1) ]

let private crossingNames = crossingModels |> List.map (fun (name, _) -> name)

[<Tests>]
let gates =
    testList
        "gates.Models.NeuralOde"
        [
          // ── C1: neural ODEs ──────────────────────────────────────────────────────────────────────────────────────────────
          testList
              "the gradient of z(T)² for z' = a z is the formula's"
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

          testCase "a small ODE-Net has the scores' shape and exact gradients" (fun () ->
              let net = OdeNet.initWith 4 key 1 3
              let net = { net with Settings = { net.Settings with Solver = RK4; Step = ConstantStep 0.5 } }
              let images = randn (Key 2) [ 2; 1; 28; 28 ]
              Expect.equal ((OdeNet.apply net images).Shape) [| 2; 3 |] "(OdeNet.apply net images).Shape"
              Expect.equal ((OdeNet.stats net images).Evaluations) 8 "(OdeNet.stats net images).Evaluations"
              let loss net = sum (square (OdeNet.apply net images))
              let direction = Tree.map (fun (x: Tensor) -> randn (Key x.Count) (List.ofArray x.Shape)) net
              let at (h: float) = float (loss (Tree.map2 (fun x v -> x + h * v) net direction))
              let h = 1e-6 // kinks of relu are close
              let slope = (at h - at -h) / (2.0 * h)
              let gradient =
                  Tree.map2 (fun (g: Tensor) v -> sum (g * v)) (grad loss net) direction
                  |> Tree.flatten
                  |> Array.sumBy float
              Expect.near (1e-5 * abs slope) gradient slope "gradient")

          testCase "there and back again is where one was" (fun () ->
              let model = NeuralOde.init key (net 3 16 3) |> NeuralOde.tolerance 1e-8 1e-8
              let x = randn (Key 1) [ 10; 3 ]
              let back = NeuralOde.final model (NeuralOde.final model x (0.0, 1.0)) (1.0, 0.0)
              below "distance" 1e-5 (float (amax (abs (back - x)))))

          // ── C2, G2: depth-varying weights ────────────────────────────────────────────────────────────────────────────────
          testCase "weights that vary in depth fit a map better than constant ones" (fun () ->
              let x = 1.5 * (2.0 * rand (Key 1) [ 200; 2 ] - 1.0)
              let a, b = x[*, 0], x[*, 1]
              let y = stackAlong -1 [ 1.2 * sin (2.0 * a) + 0.3 * square b; a * b ]
              let make key = Network.init key (net 2 12 2)

              // over five keys the means were .075, .051, .040, .036 in this order
              let error (field: Key -> NeuralField) =
                  NeuralOde.ofField (field (Key 4))
                  |> quick
                  |> trained 600 1e-2 (fun m -> mse (NeuralOde.final m x (0.0, 1.0)) y)
                  |> snd

              let constant = error (make >> NeuralField.Constant)
              let evolving key = NeuralField.Evolving(make key, WeightFlow.init 0.01 (Key.fold 9 key) (make key))
              below "evolving weights" (0.8 * constant) (error evolving)
              below "four pieces" (0.8 * constant) (error (Piecewise.init 4 (0.0, 1.0) make >> NeuralField.Piecewise))
              below
                  "Fourier 2"
                  (0.6 * constant)
                  (error (Galerkin.init (Basis.Fourier 2) (0.0, 1.0) make >> NeuralField.Galerkin)))

          testList
              "these learn x to −x"
              [ for name in crossingNames do
                    testCase name (fun () ->
                        let model = crossingModels |> List.find (fun (known, _) -> known = name) |> snd
                        below name 1e-3 (snd (crossing model))) ]

          testCase "a plain neural ODE cannot learn x to −x, since it keeps the order" (fun () ->
              for blueprint in
                  [ net 1 16 1
                    Blueprint.features 1
                    |> Blueprint.time
                    |> Blueprint.linear 16
                    |> Blueprint.tanh
                    |> Blueprint.linear 1 ] do
                  let model, error = crossing (NeuralOde.init key blueprint)
                  above "the error" 0.2 error
                  let y = (NeuralOde.final model line (0.0, 1.0)).ToArray()
                  for low, high in Array.pairwise y do
                      Expect.isTrue (low < high) $"got {low} before {high}, expected the order kept")

          testCase "rings: one dimension more fits better, with fewer evaluations" (fun () ->
              let inner, outer = 60, 120

              let ring (seed: int) n low high =
                  let radius, angle =
                      low + (high - low) * rand (Key(seed + 1)) [ n ], 2.0 * Math.PI * rand (Key seed) [ n ]
                  stackAlong -1 [ radius * cos angle; radius * sin angle ]

              let x = concatAlong 0 [ ring 1 inner 0.0 0.5; ring 5 outer 1.0 1.5 ]
              let label = concat [ zeros [ inner ]; ones [ outer ] ]
              let score m = reshape [ inner + outer ] (NeuralOde.final m x (0.0, 1.0))

              let entropy m =
                  let s = score m
                  mean (softplus s - label * s)

              let deep d =
                  Blueprint.features d
                  |> Blueprint.linear 16
                  |> Blueprint.tanh
                  |> Blueprint.linear 16
                  |> Blueprint.tanh
                  |> Blueprint.linear d
              let readout key d = Network.init (Key.fold 7 key) (Blueprint.features d |> Blueprint.linear 1)
              let evaluations m = (NeuralOde.stats m x (0.0, 1.0)).Evaluations

              let results (make: Key -> NeuralOde) =
                  [ 1; 2 ] |> List.map (fun seed -> make (Key(seed: int)) |> quick |> trained 300 1e-2 entropy)

              let plain = results (fun key -> NeuralOde.init key (deep 2) |> NeuralOde.readout (readout key 2))
              let wide =
                  results (fun key ->
                      NeuralOde.init key (deep 3) |> NeuralOde.augment 1 |> NeuralOde.readout (readout key 3))

              for model, _ in wide do
                  above "accuracy" 0.995 (float (mean (cast Float64 ((score model .> 0.0) .= (label .> 0.5)))))

              below "entropy" (0.5 * List.sumBy snd plain) (List.sumBy snd wide)
              let count = List.sumBy (fst >> evaluations)
              Expect.isTrue
                  (count wide < count plain)
                  $"got {count wide} evaluations, expected fewer than {count plain}")

          // ── C9: second order ─────────────────────────────────────────────────────────────────────────────────────────────
          testCase "second order extrapolates what it sees of an oscillator" (fun () ->
              // x'' = −x − x'/5 with x'(0) = −x(0)/2; only x is seen, up to t = 5
              let x0 = reshape [ 8; 1 ] (linspace -1.0 1.0 8)
              let seen, later = linspace 0.0 5.0 26, linspace 0.0 10.0 51

              let truth ts =
                  let positions, _ =
                      Ode.problem (Field.secondOrder (fun _t x v -> -x - 0.2 * v)) (x0, -0.5 * x0) (0.0, 10.0)
                      |> Ode.saveAt ts
                      |> Ode.solveYs

                  positions

              let data, all = truth seen, truth later

              let errors seeds (make: Key -> NeuralOde) =
                  [ for seed in seeds ->
                        let model, error =
                            make (Key(seed: int))
                            |> quick
                            |> trained 300 2e-2 (fun m -> mse (NeuralOde.predict m x0 seen) data)
                        let misses = square (NeuralOde.predict model x0 later - all)
                        error, float (mean misses[26..]) ]

              let fitted errors = List.averageBy fst errors
              let plain = errors [ 1 ] (fun key -> NeuralOde.init key (net 1 20 1))
              let augmented = errors [ 1; 2; 3 ] (fun key -> NeuralOde.init key (net 2 20 2) |> NeuralOde.augment 1)
              let velocity key = Network.init (Key.fold 3 key) (net 1 20 1)
              let second =
                  errors [ 1; 2; 3 ] (fun key ->
                      NeuralOde.init key (net 2 20 1) |> NeuralOde.secondOrder (velocity key))
              below "augmented" (fitted plain / 20.0) (fitted augmented)
              below "second order" (fitted augmented) (fitted second)
              below "second order, later" 5e-4 (List.averageBy snd second))

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

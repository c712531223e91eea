/// The purpose of each variant of neural ODEs, on held-out data, over five keys or more, compared with the plain model that
/// must fail.
module NeuralDE.Tests.Models.NeuralVariantGates

open System.Globalization
open Expecto
open NeuralDE.Tests
open NeuralDE

let private keys = [ for seed in 1..5 -> Key seed ]
let private net inputs hidden outputs =
    Blueprint.features inputs |> Blueprint.linear hidden |> Blueprint.tanh |> Blueprint.linear outputs
let private mse a b = mean (square (a - b))
let private rk4 (steps: int) model = model |> NeuralOde.using RK4 |> NeuralOde.dt (1.0 / float steps)
let private small (key: Key) inputs outputs = Network.init (Key.fold 3 key) (net inputs 8 outputs)

/// Adam with learning rate × 0.3 after 60 % of the steps and × 0.1 after 85 %.
let private trained steps rate (loss: NeuralOde -> Tensor) (model: NeuralOde) =
    let decay = Schedule.piecewise [ 0, 1.0; steps * 6 / 10, 0.3; steps * 85 / 100, 0.1 ]
    let fit = Train.start model (Adam rate |> Optim.schedule decay) |> Train.steps steps |> Train.run loss
    Expect.equal fit.Status TrainStatus.Completed "fit.Status"
    fit.Model

/// One number for each key.
let private measured (experiment: Key -> float) : float list = keys |> List.map experiment

let private text (values: float list) =
    let sorted = List.sort values
    let number (value: float) = value.ToString("G3", CultureInfo.InvariantCulture)
    $"{number sorted[sorted.Length / 2]} [{number sorted[0]}, {number (List.last sorted)}] over %d{sorted.Length} keys"

let private median (values: float list) = (List.sort values)[values.Length / 2]

let private expect what (holds: bool) (values: float list) expected =
    printfn $"  {what}: {text values}"
    Expect.isTrue holds $"{what}: got {text values}, expected {expected}"

let private allBelow what bound values =
    expect what (List.forall (fun v -> v < bound) values) values $"all below {bound}"
let private allAbove what bound values =
    expect what (List.forall (fun v -> v > bound) values) values $"all above {bound}"
let private medianAtMost what bound values = expect what (median values <= bound) values $"a median of {bound} at most"

// ── C4 (i), G11: x to −x on a line ───────────────────────────────────────────────────────────────────────────────────
let private line = reshape [ 20; 1 ] (linspace -1.0 1.0 20)
let private between = reshape [ 41; 1 ] (linspace -0.97 0.97 41)

/// The error between the learned points, of the map and of the order.
let private crossing (change: NeuralOde -> NeuralOde) (make: Key -> NeuralOde) (key: Key) =
    let model = make key |> change |> trained 300 2e-2 (fun m -> mse (NeuralOde.final m line (0.0, 1.0)) -line)
    NeuralOde.final model between (0.0, 1.0)

let private errorOf (y: Tensor) = float (mse y -between)
let private adaptive = NeuralOde.tolerance 1e-3 1e-4
let private timed =
    Blueprint.features 1 |> Blueprint.time |> Blueprint.linear 16 |> Blueprint.tanh |> Blueprint.linear 1
let private ending (key: Key) = NeuralOde.adaptiveDepth (Network.init (Key.fold 5 key) (net 1 8 1))

let private crossings: (string * (Key -> NeuralOde)) list =
    [ "augmented by zeros", (fun key -> NeuralOde.init key (net 2 16 2) |> NeuralOde.augment 1)
      "augmented by an input layer",
      (fun key -> NeuralOde.init key (net 2 16 2) |> NeuralOde.inputLayer (small key 1 1))
      "data-controlled", (fun key -> NeuralOde.init key (net 2 16 1) |> NeuralOde.controlled)
      "Galerkin, augmented",
      (fun key ->
          Galerkin.init (Basis.Fourier 2) (0.0, 1.0) (fun key -> Network.init key (net 2 16 2)) key
          |> NeuralField.galerkin
          |> NeuralOde.ofField
          |> NeuralOde.augment 1)
      "of second order", (fun key -> NeuralOde.init key (net 2 16 1) |> NeuralOde.secondOrder (small key 1 1)) ]

// ── C2, G2: a map of the plane ───────────────────────────────────────────────────────────────────────────────────────
let private square2 n key = cast Float32 (1.5 * (2.0 * rand key [ n; 2 ] - 1.0))

let private bent (x: Tensor) =
    let a, b = x[*, 0], x[*, 1]
    stackAlong -1 [ 1.2 * sin (2.0 * a) + 0.3 * square b; a * b ]

let private narrow key = Network.init key (net 2 12 2)

/// The error on 2000 points after learning from 400 other points.
let private bending (field: Key -> NeuralField) (key: Key) =
    let x, held = square2 400 (Key.fold 1 key), square2 2000 (Key.fold 2 key)

    let model =
        NeuralOde.ofField (field key)
        |> rk4 8
        |> Tree.cast Float32
        |> trained 600 2e-2 (fun m -> mse (NeuralOde.final m x (0.0, 1.0)) (bent x))

    float (mse (NeuralOde.final model held (0.0, 1.0)) (bent held))

let private varying: (string * float * (Key -> NeuralField)) list =
    [ "Galerkin, two pairs", 0.78, Galerkin.init (Basis.Fourier 2) (0.0, 1.0) narrow >> NeuralField.galerkin
      "four pieces", 0.88, Piecewise.init 4 (0.0, 1.0) narrow >> NeuralField.piecewise
      "evolving weights",
      0.88,
      (fun key -> NeuralField.evolving (narrow key) (WeightFlow.init 0.01 (Key.fold 9 key) (narrow key))) ]

// ── C4 (ii): a ball in a shell ───────────────────────────────────────────────────────────────────────────────────────
let private deep d =
    Blueprint.features d
    |> Blueprint.linear 32
    |> Blueprint.relu
    |> Blueprint.linear 32
    |> Blueprint.relu
    |> Blueprint.linear d

/// The fraction of 3000 held-out points with the right label after learning from 600, and evaluations by Dopri5 to 1e-5.
/// Scores are regressed on −1 and 1, as in the program of Dupont et al. 2019 (ConcentricSphere).
let private ringed dimension added (key: Key) : float * float =
    let (x, label), (held, named) =
        Toy.rings dimension 600 (Key.fold 1 key), Toy.rings dimension 3000 (Key.fold 2 key)

    let x, held = cast Float32 x, cast Float32 held
    let side = 2.0 * cast Float32 label - 1.0
    let d = dimension + added
    let readout = Network.init (Key.fold 7 key) (Blueprint.features d |> Blueprint.linear 1)
    let model = NeuralOde.init key (deep d) |> NeuralOde.readout readout |> rk4 8 |> Tree.cast Float32
    let model = if added > 0 then NeuralOde.augment added model else model
    let score m (x: Tensor) = reshape [ x.Shape[0] ] (NeuralOde.final m x (0.0, 1.0))

    let error m = mse (score m x) side
    // an inaccurate solve is not a flow and could cross, so the evaluation is accurate
    let learned = trained 400 1e-2 error model
    let accurate = { OdeSettings.defaults with Solver = Dopri5; Rtol = 1e-5; Atol = 1e-5 }
    let exact = { learned with Settings = accurate }
    let accuracy = float (mean (cast Float64 ((score exact held .> 0.0) .= (named .> 0))))
    accuracy, float (NeuralOde.stats exact x (0.0, 1.0)).Evaluations

// ── C9: a damped oscillator with observed position ───────────────────────────────────────────────────────────────────
let private x0 = reshape [ 16; 1 ] (linspace -2.0 2.0 16)
let private seen = linspace 0.0 5.0 26
let private later = linspace 0.0 10.0 51

let private oscillator ts =
    Ode.problem (Field.secondOrder (fun _t x v -> -x - 0.2 * v)) (x0, -0.5 * x0) (0.0, 10.0)
    |> Ode.tolerance 1e-8 1e-8
    |> Ode.saveAt ts
    |> Ode.solveYs

/// The root mean square errors of the position up to t = 5, which was learned, and from there to 10; and the distance of the
/// second state from the velocity.
let private swung (make: Key -> NeuralOde) (key: Key) : float * float * float =
    let data, _ = oscillator seen
    let positions, velocities = oscillator later

    let model =
        make key
        |> NeuralOde.using RK4
        |> NeuralOde.dt 0.2
        |> trained 600 2e-2 (fun m -> mse (NeuralOde.predict m x0 seen) data)

    let states = moveAxis -1 0 (NeuralOde.states model x0 later)
    let error (got: Tensor) (expected: Tensor) = float (mse (expandDims -1 got) expected)
    let position = states[0]

    let second =
        if states.Shape[0] = 1 then
            infinity
        else
            let velocity = states[1]
            sqrt (error velocity[..25] velocities[..25])

    error position[..25] positions[..25], error position[26..] positions[26..], second

[<Tests>]
let gates =
    testList
        "gates.Models.NeuralVariant"
        [ testList
              "these learn x to −x"
              [ for name, _ in crossings do
                    testCase name (fun () ->
                        let make = crossings |> List.find (fun (known, _) -> known = name) |> snd
                        measured (crossing (rk4 8) make >> errorOf) |> allBelow name 1e-3) ]

          testCase "a plain neural ODE cannot learn x to −x, because it preserves the order" (fun () ->
              for what, blueprint in [ "plain", net 1 16 1; "with the time", timed ] do
                  let maps = keys |> List.map (crossing adaptive (fun key -> NeuralOde.init key blueprint))
                  maps |> List.map errorOf |> allAbove what 0.2

                  for y in maps do
                      for low, high in Array.pairwise (y.ToArray()) do
                          Expect.isTrue (low < high) $"got {low} before {high}, expected the order kept")

          testCase "a separate end for each sample helps only with a time-dependent field" (fun () ->
              let depth blueprint = fun key -> NeuralOde.init key blueprint |> ending key
              measured (crossing adaptive (depth (net 1 16 1)) >> errorOf) |> allAbove "without the time" 0.3
              measured (crossing adaptive (depth timed) >> errorOf) |> allBelow "with the time" 2e-3)

          testCase "weights that vary in depth fit a map better than constant ones" (fun () ->
              let constant = measured (bending (narrow >> NeuralField.constant))
              expect "constant weights" (List.forall (fun e -> e > 0.04) constant) constant "all above 0.04"

              for name, bound, field in varying do
                  List.map2 (fun e basis -> e / basis) (measured (bending field)) constant
                  |> medianAtMost $"{name}, over constant" bound)

          testCase "a ball in a shell in one dimension needs one more dimension" (fun () ->
              let plain = measured (ringed 1 0 >> fst)
              expect "plain" (List.forall (fun a -> a <= 0.70) plain) plain "all 0.70 at most"
              let wide = measured (ringed 1 1 >> fst)
              expect "augmented" (List.forall (fun a -> a >= 0.99) wide) wide "all 0.99 at least")

          testList
              "a ball in a shell: one more dimension saves evaluations"
              // In the plane 68 of 110 evaluations over thirteen keys; five are too few there: the first five alone give 0.78, the
              // other eight 0.56. In space 68 of 116 over five, and over thirteen. On labels 0 and 1, eight keys gave 0.65 in
              // space, and eight more 0.78.
              [ for dimension, more in [ 2, [ 201..208 ]; 3, [] ] do
                    testCase $"in {dimension} dimensions" (fun () ->
                        let many = keys @ [ for seed: int in more -> Key seed ]
                        let plain = many |> List.map (ringed dimension 0 >> snd)
                        let wide = many |> List.map (ringed dimension 1 >> snd)
                        printfn $"  evaluations, plain: {text plain}"
                        wide
                        |> List.map (fun n -> n / median plain)
                        |> medianAtMost "evaluations over the plain one's median" 0.7) ]

          testCase "a second-order model finds the unobserved velocity" (fun () ->
              let plain = keys |> List.map (swung (fun key -> NeuralOde.init key (net 1 20 1)))
              let bound = plain |> List.map (fun (learned, _, _) -> learned) |> median |> fun e -> e / 30.0
              let augmented =
                  keys |> List.map (swung (fun key -> NeuralOde.init key (net 2 20 2) |> NeuralOde.augment 1))

              let second =
                  keys
                  |> List.map (
                      swung (fun key ->
                          NeuralOde.init key (net 2 20 1)
                          |> NeuralOde.secondOrder (Network.init (Key.fold 3 key) (net 1 20 1)))
                  )

              for name, results in [ "augmented", augmented; "second order", second ] do
                  results |> List.map (fun (learned, _, _) -> learned) |> allBelow $"{name}, learned" bound
                  results |> List.map (fun (_, later, _) -> later) |> allBelow $"{name}, later" 8e-3

              second |> List.map (fun (_, _, v) -> v) |> allBelow "second order: distance from the velocity" 0.2
              augmented |> List.map (fun (_, _, v) -> v) |> allAbove "augmented: distance from the velocity" 0.3) ]

/// Laws of every kind of neural ODE: derivatives, independence of rows, dtypes, and agreement of prediction and final state.
module NeuralDE.Tests.Models.NeuralOdeLaws

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Laws.Example

let private key = Key 21
let private net inputs outputs =
    Blueprint.features inputs |> Blueprint.linear 4 |> Blueprint.tanh |> Blueprint.linear outputs
let private drawn inputs outputs = Network.init key (net inputs outputs)
let private make inputs outputs key = Network.init key (net inputs outputs)
let private galerkin basis = NeuralField.galerkin (Galerkin.init basis (0.0, 1.0) (make 2 2) key)

/// Every kind, for y0 with two components.
let internal kinds: (string * NeuralOde) list =
    [ "plain", NeuralOde.init key (net 2 2)
      "of time",
      NeuralOde.init
          key
          (Blueprint.features 2 |> Blueprint.time |> Blueprint.linear 4 |> Blueprint.tanh |> Blueprint.linear 2)
      "augmented", NeuralOde.init key (net 3 3) |> NeuralOde.augment 1
      "input layer", NeuralOde.init key (net 3 3) |> NeuralOde.inputLayer (drawn 2 1)
      "lifted", NeuralOde.init key (net 4 4) |> NeuralOde.lift (drawn 2 4) |> NeuralOde.readout (drawn 4 2)
      "controlled", NeuralOde.init key (net 4 2) |> NeuralOde.controlled
      "second order", NeuralOde.init key (net 4 2) |> NeuralOde.secondOrder (drawn 2 2)
      "third order", NeuralOde.init key (net 6 2) |> NeuralOde.higherOrder 3 2
      "piecewise", NeuralOde.ofField (NeuralField.piecewise (Piecewise.init 2 (0.0, 1.0) (make 2 2) key))
      "evolving", NeuralOde.ofField (NeuralField.evolving (drawn 2 2) (WeightFlow.init 0.1 key (drawn 2 2)))
      "per sample", NeuralOde.init key (net 2 2) |> NeuralOde.perSample
      "controlled, per sample", NeuralOde.init key (net 4 2) |> NeuralOde.controlled |> NeuralOde.perSample
      "second order, controlled, per sample",
      NeuralOde.init key (net 6 2)
      |> NeuralOde.secondOrder (drawn 2 2)
      |> NeuralOde.controlled
      |> NeuralOde.perSample
      "piecewise, per sample",
      NeuralOde.ofField (NeuralField.piecewise (Piecewise.init 3 (0.0, 1.0) (make 2 2) key)) |> NeuralOde.perSample
      "Galerkin, per sample", NeuralOde.ofField (galerkin (Basis.Fourier 1)) |> NeuralOde.perSample
      "of adaptive depth", NeuralOde.init key (net 2 2) |> NeuralOde.adaptiveDepth (drawn 2 1) ]
    @ [ for basis in Basis.all -> $"Galerkin {basis}", NeuralOde.ofField (galerkin basis) ]

let private names = kinds |> List.map (fun (name, _) -> name)
let private timed = kinds |> List.filter (fun (_, m) -> m.Duration.IsNone) |> List.map (fun (name, _) -> name)

/// The kind with weights different from 0, with fixed steps.
let private named name =
    let model = kinds |> List.find (fun (known, _) -> known = name) |> snd |> NeuralOde.using RK4 |> NeuralOde.dt 0.25
    let weights = Tree.flatten model
    Tree.unflatten model (shift weights (direction 3 weights) 0.2)

let private y0 = tensor [ [ 0.5; -0.8 ]; [ 1.1; 0.4 ]; [ -0.3; 0.9 ] ]

[<Tests>]
let tests =
    testList
        "Models.NeuralOdeLaws"
        [ testList
              "derivatives by weights and start equal difference quotients"
              [ for name in names do
                    testCase name (fun () ->
                        let model = named name
                        let n = (Tree.flatten model).Length
                        let f (x: Tensor[]) = [| NeuralOde.final (Tree.unflatten model x[.. n - 1]) x[n] (0.0, 1.0) |]
                        let x = Array.append (Tree.flatten model) [| y0 |]
                        let v, w = direction 1 x, direction 2 (f x)
                        let along (x: Tensor[]) = [| Array.map2 (*) (numbers w) (numbers (f x)) |> Array.sum |]
                        let pull = Array.map2 (*) (numbers (pulled f x w)) (numbers v) |> Array.sum
                        same $"vjp of {name}" 1e-6 (difference along x v) [| pull |]
                        let push = Array.map2 (*) (numbers w) (numbers (pushed f x v)) |> Array.sum
                        same $"jvp of {name}" 1e-9 [| pull |] [| push |]) ]

          testList
              "a sample has the same result in a batch and alone"
              [ for name in names do
                    testCase name (fun () ->
                        let model = named name
                        let all = NeuralOde.final model y0 (0.0, 1.0)
                        Expect.equal all.Shape [| 3; 2 |] "all.Shape"

                        for row in 0..2 do
                            let alone = NeuralOde.final model y0[row..row] (0.0, 1.0)
                            Expect.equal (all[row].ToArray()) (alone[0].ToArray()) "all[row].ToArray()") ]

          testList
              "a prediction starts at the start and ends at the final state"
              [ for name in timed do
                    testCase name (fun () ->
                        let model = named name
                        let ts = tensor [ 0.0; 0.3; 1.0 ]
                        let ys = NeuralOde.predict model y0 ts
                        Expect.equal ys.Shape [| 3; 3; 2 |] "ys.Shape"
                        alike $"{name} at its end" 1e-12 [| NeuralOde.final model y0 (0.0, 1.0) |] [| ys[2] |]
                        let states = NeuralOde.states model y0 ts

                        if model.Readout.IsNone then
                            Expect.equal (ys[0].ToArray()) (y0.ToArray()) "ys[0].ToArray()"
                            Expect.equal
                                ((Tensor.Range(states, 2, 0, 2)).ToArray())
                                (ys.ToArray())
                                "(Tensor.Range(states, 2, 0, 2)).ToArray()") ]

          testList
              "float32 is float64 rounded, compiled equals eager, adaptive is close to fixed"
              [ for name in names do
                    testCase name (fun () ->
                        let model = named name
                        let y1 = NeuralOde.final model y0 (0.0, 1.0)
                        let narrow = NeuralOde.final (Tree.cast Float32 model) (cast Float32 y0) (0.0, 1.0)
                        Expect.equal narrow.Dtype Float32 "narrow.Dtype"
                        same $"{name} in float32" 1e-5 (numbers [| y1 |]) (numbers [| narrow |])
                        let compiled = compile (fun (model, y0) -> NeuralOde.final model y0 (0.0, 1.0)) (model, y0)
                        alike $"{name} compiled" 1e-13 [| y1 |] [| compiled |]
                        let adaptive =
                            { model with
                                Settings = { OdeSettings.defaults with PerSample = model.Settings.PerSample } }
                        let fine = NeuralOde.final (NeuralOde.dt 0.01 model) y0 (0.0, 1.0)
                        alike $"{name} by Tsit5" 1e-5 [| fine |] [| NeuralOde.final adaptive y0 (0.0, 1.0) |]) ] ]

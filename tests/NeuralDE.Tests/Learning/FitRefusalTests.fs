/// Every fit and derivative refuses models without parameters, and warns of parts that are not fitted.
module NeuralDE.Tests.Learning.FitRefusalTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

type private Plain = { A: float; B: float32; Names: string list }
type private Mixed =
    { W: Tensor; Rate: float; Weights: float list; Deep: (Tensor * float) option; Net: Mlp; Steps: int }

let private plain = { A = 1.0; B = 2.0f; Names = [ "a" ] }

let private mixed =
    { W = tensor [ 1.0 ]
      Rate = 0.5
      Weights = [ 1.0; 2.0 ]
      Deep = Some(tensor [ 2.0 ], 3.0)
      Net = Mlp.init (Key 1) [ 1; 1 ]
      Steps = 3 }

let private train optimiser (loss: 'M -> Tensor) (model: 'M) =
    Train.start model optimiser |> Train.steps 3 |> Train.run loss

/// Every fit of a model by a loss.
let private fits (loss: 'M -> Tensor) (model: 'M) : (string * (unit -> unit)) list =
    [ "Lbfgs", (fun () -> Lbfgs.minimise loss model |> ignore)
      "LevenbergMarquardt", (fun () -> LevenbergMarquardt.minimise (fun m -> stack [ loss m ]) model |> ignore)
      "Train.run", (fun () -> train (Adam 0.1) loss model |> ignore)
      "Train.run",
      (fun () ->
          Train.start model (Sgd SgdOptions.defaults)
          |> Train.runOn (Batches.keys (Key 1)) (fun _ m -> loss m)
          |> ignore)
      "Train.run",
      fun () ->
          Train.start model (Adam 0.1) |> Train.runUpdating (Batches.keys (Key 1)) (fun _ m -> loss m, m) |> ignore ]

/// Every derivative of a function of a tree.
let private derivatives (f: 'T -> Tensor) (x: 'T) : (string * (unit -> unit)) list =
    [ "grad", (fun () -> grad f x |> ignore)
      "valueAndGrad", (fun () -> valueAndGrad f x |> ignore)
      "valueAndGradWith", (fun () -> gradWith (fun x -> f x, 1) x |> ignore)
      "vjp", (fun () -> vjp f x |> ignore)
      "jvp", (fun () -> jvp f x x |> ignore)
      "grad", (fun () -> compile (grad f) x |> ignore) ]

[<Tests>]
let tests =
    testList
        "Learning.FitRefusal"
        [ testCase "plain numbers are refused, by name" (fun () ->
              for verb, fit in fits (fun (m: Plain) -> scalar m.A) plain do
                  let verb = if verb = "Train.run" then "Optim" else verb
                  raises<TreeException> [ verb; "Plain"; "without float tensors"; "A, B"; "scalar or tensor" ] fit
                  |> ignore

              for verb, derive in derivatives (fun (m: Plain) -> scalar m.A) plain do
                  raises<TreeException> [ verb; "Plain"; "A, B"; "scalar or tensor" ] derive |> ignore

              raises<TreeException> [ "grad"; "float"; "scalar" ] (fun () ->
                  grad (fun (x: float) -> scalar x) 1.0 |> ignore)
              |> ignore)

          testCase "integer tensors are refused" (fun () ->
              let loss x = sum (cast Float64 x)

              for _, fit in fits loss (tensor [ 1; 2 ]) do
                  raises<TreeException> [ "without float tensors"; "int32"; "cast Float64 x" ] fit |> ignore

              for verb, derive in derivatives loss (tensor [ 1; 2 ]) do
                  raises<TreeException> [ verb; "int32"; "cast Float64 x" ] derive |> ignore

              for derive in
                  [ jacobian (cast Float64); hessian loss; (fun x -> hvp loss x x); laplacian loss; divergence id ] do
                  Expect.thrown<TreeException>(fun () -> derive (tensor [ 1; 2 ]) |> ignore) |> ignore

              raises<DtypeException> [ "jacobian"; "int32" ] (fun () ->
                  jacobian (cast Dtype.Int32) (tensor [ 1.0 ]) |> ignore)
              |> ignore)

          testList
              "no operation without float arguments is differentiated"
              [ for name in NeuralDE.Tests.Laws.Examples.cases (NeuralDE.Tests.Laws.Examples.hasFloats >> not) do
                    testCase name (fun () ->
                        let e = NeuralDE.Tests.Laws.Examples.named name
                        let x = e.Args 0
                        raises<TreeException> [ "vjp" ] (fun () -> vjp e.Apply x |> ignore) |> ignore
                        raises<TreeException> [ "jvp" ] (fun () -> jvp e.Apply x x |> ignore) |> ignore) ]

          testCase "a loss that does not depend on the model is refused" (fun () ->
              let outside = mixed

              let losses: (Mixed -> Tensor) list =
                  [ fun _ -> sum (square outside.W)
                    fun m -> sum (stopGradient (square m.W))
                    fun m -> sum (cast Float64 (cast Dtype.Int32 m.W))
                    fun m -> Ode.problem (fun _ y -> -y) (stopGradient m.W) (0.0, 1.0) |> Ode.solveFinal |> sum ]

              for loss in losses do
                  for verb, fit in fits loss mixed do
                      raises<InputException> [ verb; "not depend on"; "W"; "nothing to fit" ] fit |> ignore)

          testCase "the derivative of such a function is 0" (fun () ->
              same "grad" [ 0.0 ] (numbers (grad (fun (_: Tensor) -> scalar 1.0) (tensor [ 2.0 ])))
              same "jacobian" [ 0.0 ] (numbers (jacobian (fun _ -> tensor [ 1.0 ]) (tensor [ 2.0 ]))))

          testCase "a loss that depends on no updated leaf is refused" (fun () ->
              let loss (m: Mixed) = sum (square m.W)
              raises<InputException> [ "Train.run"; "freezes every leaf" ] (fun () ->
                  train Frozen loss mixed |> ignore)
              |> ignore

              raises<InputException> [ "Train.run"; "freezes every leaf" ] (fun () ->
                  train (Optim.freeze (fun _ -> true) (Adam 0.1)) loss mixed |> ignore)
              |> ignore

              raises<InputException> [ "Train.run"; "not depend on Deep.Item1"; "Net" ] (fun () ->
                  train (Optim.freeze (Optim.under "W") (Adam 0.1)) loss mixed |> ignore)
              |> ignore

              // a leaf that the loss updates itself is not updated by a gradient
              raises<InputException> [ "Train.run"; "not depend" ] (fun () ->
                  Train.start (tensor [ 1.0 ]) (Adam 0.1)
                  |> Train.runUpdating (Batches.keys (Key 1)) (fun _ m -> sum (square m), m * 0.5)
                  |> ignore)
              |> ignore)

          testCase "a start at a minimum is not refused" (fun () ->
              let bowl x = sum (square x)
              Expect.equal
                  ((Lbfgs.minimise bowl (tensor [ 0.0 ])).Status)
                  LbfgsStatus.Converged
                  "(Lbfgs.minimise bowl (tensor [ 0.0 ])).Status"
              Expect.equal
                  ((LevenbergMarquardt.minimise id (tensor [ 0.0 ])).Status)
                  LevenbergMarquardtStatus.Converged
                  "(LevenbergMarquardt.minimise id (tensor [ 0.0 ])).Status"
              Expect.equal
                  ((train (Adam 0.1) bowl (tensor [ 0.0 ])).Status)
                  TrainStatus.Completed
                  "(train (Adam 0.1) bowl (tensor [ 0.0 ])).Status")

          testCase "fits warn of plain numbers in the model, and of leaves that the loss does not depend on" (fun () ->
              let loss (m: Mixed) = sum (square m.W) + sum (square (fst m.Deep.Value))
              let names (warnings: string[]) =
                  warnings
                  |> Array.map (fun w -> w.Split(' ', ':') |> Array.find (fun x -> Char.IsUpper x[0] && x <> "The"))
              let plain = [| "Rate"; "Weights"; "Deep.Item2" |]
              let unused = [| "Net.Layers[0].Weight"; "Net.Layers[0].Bias" |]
              Expect.equal
                  (names (Lbfgs.minimise loss mixed).Warnings)
                  (Array.append plain unused)
                  "names (Lbfgs.minimise loss mixed).Warnings"
              Expect.equal
                  (names (train (Adam 0.1) loss mixed).Warnings)
                  (Array.append plain unused)
                  "names (train (Adam 0.1) loss mixed).Warnings"
              Expect.equal
                  (names (LevenbergMarquardt.minimise (fun m -> stack [ loss m ]) mixed).Warnings)
                  plain
                  "names (LevenbergMarquardt.minimise (fun m -> stack [ loss m ]) …"
              // frozen leaves are constant on purpose; settings in the library's own records cause no warning
              Expect.equal
                  (names (train (Optim.freeze (Optim.under "Net") (Adam 0.1)) loss mixed).Warnings)
                  plain
                  "names (train (Optim.freeze (Optim.under 'Net') (Adam 0.1)) loss …"
              let settings = NeuralOde.init (Key 1) (Blueprint.features 1 |> Blueprint.power 3.0 |> Blueprint.linear 1)
              let learned (m: NeuralOde) = sum (square (NeuralOde.final m (tensor [ 1.0 ]) (0.0, 1.0)))
              Expect.isEmpty
                  ((train (Adam 0.1) learned settings).Warnings)
                  "(train (Adam 0.1) learned settings).Warnings") ]

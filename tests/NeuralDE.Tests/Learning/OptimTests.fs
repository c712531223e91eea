module NeuralDE.Tests.Learning.OptimTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Learning.OptimiserCases

type Layer = { Weight: Tensor; Bias: Tensor }
type Model = { Layers: Layer list; Count: Tensor; Noise: Key }

/// One layer whose weight is x and whose bias is 0.5.
let private modelOf (x: Tensor) =
    { Layers = [ { Weight = x; Bias = tensor [ 0.5 ] |> cast x.Dtype } ]
      Count = tensor [ 7 ]
      Noise = Key 3 }

let private weight (model: Model) = model.Layers[0].Weight
let private bias (model: Model) = model.Layers[0].Bias

/// The models and states after each step, with given gradients of the weight.
let private path optimiser (x: Tensor) (gradients: float[] list) =
    let model = modelOf x

    let step (model: Model, state) (g: float[]) =
        let layer = { Weight = cast x.Dtype (tensor g); Bias = cast x.Dtype (tensor [ g[0] ]) }
        let next = Optim.step optimiser { Tree.zerosLike model with Layers = [ layer ] } state model
        next, next

    gradients |> List.mapFold step (model, Optim.init optimiser model) |> fst

let private weights optimiser x gradients =
    path optimiser x gradients |> List.map (fun (model, _) -> (weight model).ToArray())

let private near tolerance (expected: float[] list) (got: float[] list) =
    Expect.equal got.Length expected.Length "got.Length"

    List.zip expected got
    |> List.iteri (fun k (expected, got) ->
        Array.iteri2
            (fun i (e: float) (g: float) ->
                Expect.isTrue (abs (g - e) <= tolerance) $"step {k + 1}, component {i}: got {g}, expected {e}.")
            expected
            got)

let private optimisers () = names ()
let private publishedNames () = [| for name, _ in published -> name |]

/// The model after three steps on a smooth loss with varying curvature.
let private afterThree optimiser (x: Tensor) =
    let loss (model: Model) = sum (square (square (weight model) - 0.3)) + sum (exp (bias model))

    let step (model, state) _ = Optim.step optimiser (grad loss model) state model
    let start = modelOf x
    List.fold step (start, Optim.init optimiser start) [ 1..3 ] |> fst

let private refusal optimiser =
    (Expect.thrown<InputException>(fun () -> Optim.init optimiser (modelOf (ones [ 2 ])) |> ignore)).Message

/// Weights and their mean after each step of 1 downwards from 0.
let private means averaging =
    path (GradientDescent 1.0 |> Optim.averaged averaging) (tensor [ 0.0 ]) (List.replicate 6 [| 1.0 |])
    |> List.map (fun (model, state) ->
        match Optim.averageOf state model with
        | Some mean -> float (weight model), float (weight mean)
        | None -> failwith "Got no mean, expected one.")

[<Tests>]
let tests =
    testList
        "Learning.Optim"
        [ testList
              "ten steps equal PyTorch's"
              [ for name in publishedNames () do
                    testCase name (fun () ->
                        weights (optimiserNamed name) (tensor (start ())) (gradients ())
                        |> near 1e-13 (publishedPath name)) ]

          testCase "ten scheduled steps equal PyTorch's" (fun () ->
              weights (optimiserNamed "Adam, scheduled") (tensor (start ())) (gradients ())
              |> near 1e-13 (publishedStairs ()))

          testList
              "float32 stays float32 and follows float64; integers and keys are constant"
              [ for name in optimisers () do
                    testCase name (fun () ->
                        let optimiser = optimiserNamed name
                        let wide = weights optimiser (tensor (start ())) (gradients ())
                        let narrow = path optimiser (cast Float32 (tensor (start ()))) (gradients ())
                        near 2e-5 wide (narrow |> List.map (fun (model, _) -> (weight model).ToArray()))

                        for model, state in narrow do
                            Expect.equal ((weight model).Dtype) Float32 "(weight model).Dtype"
                            Expect.equal (model.Count.ToInt64Array()) [| 7L |] "model.Count.ToInt64Array()"
                            Expect.equal (model.Noise.ToString()) "Key 3" "model.Noise.ToString()"
                            for slot in Tree.flatten state.Slots do
                                Expect.equal slot.Dtype Float32 "slot.Dtype") ]

          testList
              "a compiled step equals the step, bit for bit, and the state keeps its structure"
              [ for name in optimisers () do
                    testCase name (fun () ->
                        let optimiser = optimiserNamed name
                        let step = compile (fun (gradient, state, model) -> Optim.step optimiser gradient state model)
                        let mutable model = modelOf (tensor (start ()))
                        let mutable state = Optim.init optimiser model
                        let structure = Tree.signature state

                        for g in List.truncate 3 (gradients ()) do
                            let gradient =
                                { Tree.zerosLike model with
                                    Layers = [ { Weight = tensor g; Bias = tensor [ -0.3 ] } ] }
                            let plain, plainState = Optim.step optimiser gradient state model
                            let compiled, compiledState = step (gradient, state, model)

                            let bits tree =
                                Tree.flatten tree
                                |> Array.map (fun x -> x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits)

                            Expect.equal (bits compiled) (bits plain) "bits compiled"
                            Expect.equal (bits compiledState) (bits plainState) "bits compiledState"
                            Expect.equal (Tree.signature plainState) structure "Tree.signature plainState"
                            model <- plain
                            state <- plainState

                        Expect.equal (int64 state.Step) 3L "int64 state.Step") ]

          testList
              "the loss of a quadratic decreases"
              [ for name in optimisers () do
                    testCase name (fun () ->
                        let optimiser = optimiserNamed name
                        let loss (model: Model) = sum (square (weight model - 0.7)) + sum (square (bias model))
                        let mutable model = modelOf (tensor (start ()))
                        let mutable state = Optim.init optimiser model
                        let before = float (loss model)

                        for _ in 1..30 do
                            let next, nextState = Optim.step optimiser (grad loss model) state model
                            model <- next
                            state <- nextState

                        let after = float (loss model)

                        match optimiser with
                        | Frozen -> Expect.equal after before "after"
                        | _ -> Expect.isTrue (after < 0.9 * before) $"{name}: got {after} after {before}.") ]

          testList
              "vmapped steps equal the steps of each model"
              [ for name in optimisers () do
                    testCase name (fun () ->
                        let optimiser = optimiserNamed name
                        let starts = randn (Key 11) [ 5; 4 ]
                        let many = vmap (afterThree optimiser >> weight) starts
                        let each = List.init 5 (fun i -> weight (afterThree optimiser starts[i]))
                        near 1e-14 [ for x in each -> x.ToArray() ] [ for i in 0..4 -> many[i].ToArray() ]) ]

          testList
              "the derivative through three steps equals finite differences"
              [ for name in optimisers () do
                    testCase name (fun () ->
                        let f (x: Tensor) =
                            sum (weight (afterThree (optimiserNamed name) x) * tensor [ 1.0; -2.0; 0.5; 3.0 ])
                        let x = tensor [ 0.4; -1.2; 2.0; 0.9 ]
                        let slope = (grad f x).ToArray()

                        for i in 0..3 do
                            let h = 1e-6
                            let unit = tensor [ for k in 0..3 -> if k = i then h else 0.0 ]
                            let expected = (float (f (x + unit)) - float (f (x - unit))) / (2.0 * h)
                            let room = 1e-6 * (1.0 + abs expected)
                            Expect.isTrue
                                (abs (slope[i] - expected) <= room)
                                $"{name}, component {i}: got {slope[i]}, expected {expected}.") ]

          testCase "each leaf belongs to the first group that contains it" (fun () ->
              let g = [ [| 1.0 |] ]
              let byBias = Optim.groups [ Optim.named "Bias", GradientDescent 1.0; Optim.others, GradientDescent 0.1 ]
              let model, _ = (path byBias (tensor [ 2.0 ]) g)[0]
              Expect.near 1e-15 (float (weight model)) 1.9 "float (weight model)"
              Expect.near 1e-15 (float (bias model)) (-0.5) "float (bias model)"
              let frozen = Adam 0.1 |> Optim.freeze (Optim.under "Layers[0].Weight")
              let model, state = (path frozen (tensor [ 2.0 ]) g)[0]
              Expect.equal (float (weight model)) 2.0 "float (weight model)"
              Expect.near 1e-6 (float (bias model)) 0.4 "float (bias model)"
              Expect.equal
                  [ for slot in state.Slots -> slot.Key ]
                  [ "Layers[0].Bias" ]
                  "[ for slot in state.Slots -> slot.Key ]")

          testCase "under holds for a path and the paths under it" (fun () ->
              for path, leaf, expected in
                  [ "Encoder", "Encoder.Weight", true
                    "Encoder", "Encoder[0].Bias", true
                    "Encoder", "Encoder", true
                    "Encoder", "Encoder2.Weight", false
                    "Layers[1]", "Layers[10].Bias", false
                    "", "anything", true ] do
                  Expect.equal (Optim.under path leaf) expected "Optim.under path leaf"

              Expect.isTrue (Optim.named "Bias" "Layers[0].Bias") "Optim.named 'Bias' 'Layers[0].Bias'"
              Expect.isTrue (Optim.named "Bias" "Bias") "Optim.named 'Bias' 'Bias'"
              Expect.isFalse (Optim.named "Bias" "Layers[0].NoBias") "Optim.named 'Bias' 'Layers[0].NoBias'")

          testCase "a leaf without a group and a group without a leaf are named" (fun () ->
              let alone = refusal (Groups [ Optim.named "Bias", Frozen ])
              Expect.stringStarts alone "Optim: no group contains the leaf Layers[0].Weight" "alone"
              let idle = refusal (Groups [ Optim.under "Layer", Frozen; Optim.others, Adam 0.1 ])
              Expect.stringStarts idle "Optim: group 0 contains no leaf" "idle"
              Expect.stringContains idle "Layers[0].Weight, Layers[0].Bias" "idle")

          testCase "the moving average starts with the first model" (fun () ->
              let a2 = 0.75 * -1.0 + 0.25 * -2.0
              Expect.equal
                  (List.truncate 3 (means (MovingAverage 0.75)))
                  [ -1.0, -1.0; -2.0, a2; -3.0, 0.75 * a2 + 0.25 * -3.0 ]
                  "List.truncate 3 (means (MovingAverage 0.75))")

          testCase "the plain average is the mean of the models from its start on" (fun () ->
              // models −1 … −6; after step 2 every second one: −4, −6
              Expect.equal
                  (List.map snd (means (PlainAverage(2, 2))))
                  [ -1.0; -2.0; -3.0; -4.0; -4.0; -5.0 ]
                  "List.map snd (means (PlainAverage(2, 2)))"
              Expect.equal
                  (List.map snd (means (PlainAverage(0, 1))))
                  [ -1.0; -1.5; -2.0; -2.5; -3.0; -3.5 ]
                  "List.map snd (means (PlainAverage(0, 1)))")

          testCase "without Averaged there is no average" (fun () ->
              let model = modelOf (ones [ 1 ])
              Expect.isTrue
                  ((Optim.averageOf (Optim.init (Adam 0.1) model) model).IsNone)
                  "(Optim.averageOf (Optim.init (Adam 0.1) model) model).IsNone")

          testCase "clip limits a long gradient and keeps a short one" (fun () ->
              let gradient = tensor [ 3.0 ], tensor [ 0.0; 4.0 ]
              Expect.near 1e-15 (float (Optim.globalNorm gradient)) 5.0 "float (Optim.globalNorm gradient)"
              let a, b = Optim.clip 1.0 gradient
              Expect.near 1e-12 (float a[0]) 0.6 "float a[0]"
              Expect.near 1e-12 (float b[1]) 0.8 "float b[1]"
              let a, _ = Optim.clip 10.0 gradient
              Expect.equal (float a[0]) 3.0 "float a[0]"
              let zero = Optim.clip 1.0 (tensor [ 0.0 ])
              Expect.equal (float zero[0]) 0.0 "float zero[0]")

          testCase "clipValue limits each component" (fun () ->
              let clipped, count = Optim.clipValue 1.5 (tensor [ -3.0; 1.0; 2.0 ], tensor [ 9 ])
              Expect.equal (clipped.ToArray()) [| -1.5; 1.0; 1.5 |] "clipped.ToArray()"
              Expect.equal (count.ToInt64Array()) [| 9L |] "count.ToInt64Array()")

          testCase "options out of range are refused" (fun () ->
              let sgd, adam, rmsProp = SgdOptions.defaults, AdamOptions.defaults, RmsPropOptions.defaults

              for optimiser in
                  [ Adam 0.0
                    GradientDescent nan
                    Sgd { sgd with Momentum = 1.0 }
                    Sgd { sgd with IsNesterov = true; Dampening = 0.1 }
                    Sgd { sgd with IsNesterov = true; Momentum = 0.0 }
                    AdamWith { adam with Beta1 = 1.0 }
                    AdamWith { adam with WeightDecay = -1.0 }
                    RmsPropWith { rmsProp with Share = -0.1 }
                    AdagradWith { AdagradOptions.defaults with Epsilon = 0.0 }
                    Lion infinity
                    Averaged(MovingAverage 1.0, Adam 0.1)
                    Averaged(PlainAverage(-1, 1), Adam 0.1)
                    Averaged(PlainAverage(0, 0), Adam 0.1)
                    Averaged(MovingAverage 0.5, Averaged(MovingAverage 0.5, Adam 0.1)) ] do
                  Expect.stringStarts (refusal optimiser) "Optim: " "refusal optimiser"

              Expect.thrown<InputException>(fun () -> Optim.clip 0.0 (scalar 1.0) |> ignore) |> ignore
              Expect.thrown<InputException>(fun () -> Optim.clipValue nan (scalar 1.0) |> ignore) |> ignore)

          testCase "a gradient or state that does not fit is refused" (fun () ->
              let x = tensor [ 1.0; 2.0 ]
              let state = Optim.init (Adam 0.1) x
              let e = Expect.thrown<TreeException>(fun () -> Optim.step (Adam 0.1) (tensor [ 1.0 ]) state x |> ignore)
              Expect.stringStarts e.Message "Optim.step: the model and the gradient differ: " "e.Message"
              let e =
                  Expect.thrown<TreeException>(fun () ->
                      Optim.step (Lion 0.1) x (Optim.init (Adagrad 0.1) x) x |> ignore)
              Expect.stringStarts e.Message "Optim.step: the state has no 'mean' for the leaf ''" "e.Message"
              let e =
                  Expect.thrown<TreeException>(fun () ->
                      Optim.step (Adam 0.1) x (Optim.init (Adam 0.1) (ones [ 3 ])) x |> ignore)
              Expect.stringStarts
                  e.Message
                  "Optim.step: the state's 'mean' for the leaf '' is float64 [3], expected float64 [2]"
                  "e.Message") ]

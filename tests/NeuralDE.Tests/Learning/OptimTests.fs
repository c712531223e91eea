module NeuralDE.Tests.Learning.OptimTests

open System
open Xunit
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

/// The models and states after each step, from gradients of the weight.
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
    Assert.Equal(expected.Length, got.Length)

    List.zip expected got
    |> List.iteri (fun k (expected, got) ->
        Array.iteri2
            (fun i (e: float) (g: float) ->
                Assert.True(abs (g - e) <= tolerance, $"step {k + 1}, component {i}: got {g}, expected {e}."))
            expected
            got)

let optimisers () = names ()
let publishedNames () = [| for name, _ in published -> [| name :> obj |] |]

[<Theory; MemberData(nameof publishedNames)>]
let ``ten steps are PyTorch's`` (name: string) =
    weights (optimiserNamed name) (tensor (start ())) (gradients ()) |> near 1e-13 (publishedPath name)

[<Fact>]
let ``ten scheduled steps are PyTorch's`` () =
    weights (optimiserNamed "Adam, scheduled") (tensor (start ())) (gradients ())
    |> near 1e-13 (publishedStairs ())

[<Theory; MemberData(nameof optimisers)>]
let ``float32 stays float32 and follows float64; integers and keys stay`` (name: string) =
    let optimiser = optimiserNamed name
    let wide = weights optimiser (tensor (start ())) (gradients ())
    let narrow = path optimiser (cast Float32 (tensor (start ()))) (gradients ())
    near 2e-5 wide (narrow |> List.map (fun (model, _) -> (weight model).ToArray()))

    for model, state in narrow do
        Assert.Equal(Float32, (weight model).Dtype)
        Assert.Equal<int64[]>([| 7L |], model.Count.ToInt64Array())
        Assert.Equal("Key 3", model.Noise.ToString())
        Assert.All(Tree.flatten state.Slots, fun slot -> Assert.Equal(Float32, slot.Dtype))

[<Theory; MemberData(nameof optimisers)>]
let ``a compiled step is the step, bit for bit, and the state keeps its structure`` (name: string) =
    let optimiser = optimiserNamed name
    let step = compile (fun (gradient, state, model) -> Optim.step optimiser gradient state model)
    let mutable model = modelOf (tensor (start ()))
    let mutable state = Optim.init optimiser model
    let structure = Tree.signature state

    for g in List.truncate 3 (gradients ()) do
        let gradient = { Tree.zerosLike model with Layers = [ { Weight = tensor g; Bias = tensor [ -0.3 ] } ] }
        let plain, plainState = Optim.step optimiser gradient state model
        let compiled, compiledState = step (gradient, state, model)

        let bits tree =
            Tree.flatten tree |> Array.map (fun x -> x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits)

        Assert.Equal<int64[][]>(bits plain, bits compiled)
        Assert.Equal<int64[][]>(bits plainState, bits compiledState)
        Assert.Equal(structure, Tree.signature plainState)
        model <- plain
        state <- plainState

    Assert.Equal(3L, int64 state.Step)

[<Theory; MemberData(nameof optimisers)>]
let ``the loss of a bowl falls`` (name: string) =
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
    | Frozen -> Assert.Equal(before, after)
    | _ -> Assert.True(after < 0.9 * before, $"{name}: got {after} after {before}.")

/// The model after three steps down a smooth loss whose curvature is not constant.
let private afterThree optimiser (x: Tensor) =
    let loss (model: Model) = sum (square (square (weight model) - 0.3)) + sum (exp (bias model))

    let step (model, state) _ = Optim.step optimiser (grad loss model) state model
    let start = modelOf x
    List.fold step (start, Optim.init optimiser start) [ 1..3 ] |> fst

[<Theory; MemberData(nameof optimisers)>]
let ``steps for many models at once are the steps for each`` (name: string) =
    let optimiser = optimiserNamed name
    let starts = randn (Key 11) [ 5; 4 ]
    let many = vmap (afterThree optimiser >> weight) starts
    let each = List.init 5 (fun i -> weight (afterThree optimiser starts[i]))
    near 1e-14 [ for x in each -> x.ToArray() ] [ for i in 0..4 -> many[i].ToArray() ]

[<Theory; MemberData(nameof optimisers)>]
let ``the derivative through three steps is that of finite differences`` (name: string) =
    let f (x: Tensor) = sum (weight (afterThree (optimiserNamed name) x) * tensor [ 1.0; -2.0; 0.5; 3.0 ])
    let x = tensor [ 0.4; -1.2; 2.0; 0.9 ]
    let slope = (grad f x).ToArray()

    for i in 0..3 do
        let h = 1e-6
        let unit = tensor [ for k in 0..3 -> if k = i then h else 0.0 ]
        let expected = (float (f (x + unit)) - float (f (x - unit))) / (2.0 * h)
        let room = 1e-6 * (1.0 + abs expected)
        Assert.True(abs (slope[i] - expected) <= room, $"{name}, component {i}: got {slope[i]}, expected {expected}.")

[<Fact>]
let ``groups take their own leaves, the first that holds`` () =
    let g = [ [| 1.0 |] ]
    let byBias = Optim.groups [ Optim.named "Bias", GradientDescent 1.0; Optim.others, GradientDescent 0.1 ]
    let model, _ = (path byBias (tensor [ 2.0 ]) g)[0]
    Assert.Equal(1.9, float (weight model), 1e-15)
    Assert.Equal(-0.5, float (bias model), 1e-15)
    let frozen = Adam 0.1 |> Optim.freeze (Optim.under "Layers[0].Weight")
    let model, state = (path frozen (tensor [ 2.0 ]) g)[0]
    Assert.Equal(2.0, float (weight model))
    Assert.Equal(0.4, float (bias model), 1e-6)
    Assert.Equal<string list>([ "Layers[0].Bias" ], [ for slot in state.Slots -> slot.Key ])

[<Fact>]
let ``under is a path and what lies under it`` () =
    for path, leaf, expected in
        [ "Encoder", "Encoder.Weight", true
          "Encoder", "Encoder[0].Bias", true
          "Encoder", "Encoder", true
          "Encoder", "Encoder2.Weight", false
          "Layers[1]", "Layers[10].Bias", false
          "", "anything", true ] do
        Assert.Equal(expected, Optim.under path leaf)

    Assert.True(Optim.named "Bias" "Layers[0].Bias")
    Assert.True(Optim.named "Bias" "Bias")
    Assert.False(Optim.named "Bias" "Layers[0].NoBias")

let private refusal optimiser =
    Assert.Throws<InputException>(fun () -> Optim.init optimiser (modelOf (ones [ 2 ])) |> ignore).Message

[<Fact>]
let ``a leaf without a group and a group without a leaf are named`` () =
    let alone = refusal (Groups [ Optim.named "Bias", Frozen ])
    Assert.StartsWith("Optim: no group takes the leaf Layers[0].Weight", alone)
    let idle = refusal (Groups [ Optim.under "Layer", Frozen; Optim.others, Adam 0.1 ])
    Assert.StartsWith("Optim: group 0 takes no leaf", idle)
    Assert.Contains("Layers[0].Weight, Layers[0].Bias", idle)

/// Weights and their mean after each step of 1 downwards from 0.
let private means averaging =
    path (GradientDescent 1.0 |> Optim.averaged averaging) (tensor [ 0.0 ]) (List.replicate 6 [| 1.0 |])
    |> List.map (fun (model, state) ->
        match Optim.averageOf state model with
        | Some mean -> float (weight model), float (weight mean)
        | None -> failwith "Got no mean, expected one.")

[<Fact>]
let ``the moving average begins at the first model`` () =
    let a2 = 0.75 * -1.0 + 0.25 * -2.0
    Assert.Equal<(float * float) list>(
        [ -1.0, -1.0; -2.0, a2; -3.0, 0.75 * a2 + 0.25 * -3.0 ],
        List.truncate 3 (means (MovingAverage 0.75))
    )

[<Fact>]
let ``the plain average is the mean of the models from its start on`` () =
    // models −1 … −6; after step 2 every second one: −4, −6
    Assert.Equal<float list>([ -1.0; -2.0; -3.0; -4.0; -4.0; -5.0 ], List.map snd (means (PlainAverage(2, 2))))
    Assert.Equal<float list>([ -1.0; -1.5; -2.0; -2.5; -3.0; -3.5 ], List.map snd (means (PlainAverage(0, 1))))

[<Fact>]
let ``without Averaged there is no average`` () =
    let model = modelOf (ones [ 1 ])
    Assert.True((Optim.averageOf (Optim.init (Adam 0.1) model) model).IsNone)

[<Fact>]
let ``clip shortens a long gradient to the limit and leaves a short one`` () =
    let gradient = tensor [ 3.0 ], tensor [ 0.0; 4.0 ]
    Assert.Equal(5.0, float (Optim.globalNorm gradient), 1e-15)
    let a, b = Optim.clip 1.0 gradient
    Assert.Equal(0.6, float a[0], 1e-12)
    Assert.Equal(0.8, float b[1], 1e-12)
    let a, _ = Optim.clip 10.0 gradient
    Assert.Equal(3.0, float a[0])
    let zero = Optim.clip 1.0 (tensor [ 0.0 ])
    Assert.Equal(0.0, float zero[0])

[<Fact>]
let ``clipValue bounds each component`` () =
    let clipped, count = Optim.clipValue 1.5 (tensor [ -3.0; 1.0; 2.0 ], tensor [ 9 ])
    Assert.Equal<float[]>([| -1.5; 1.0; 1.5 |], clipped.ToArray())
    Assert.Equal<int64[]>([| 9L |], count.ToInt64Array())

[<Fact>]
let ``options out of range are refused`` () =
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
        Assert.StartsWith("Optim: ", refusal optimiser)

    Assert.Throws<InputException>(fun () -> Optim.clip 0.0 (scalar 1.0) |> ignore) |> ignore
    Assert.Throws<InputException>(fun () -> Optim.clipValue nan (scalar 1.0) |> ignore) |> ignore

[<Fact>]
let ``a strange gradient or state is refused`` () =
    let x = tensor [ 1.0; 2.0 ]
    let state = Optim.init (Adam 0.1) x
    let e = Assert.Throws<TreeException>(fun () -> Optim.step (Adam 0.1) (tensor [ 1.0 ]) state x |> ignore)
    Assert.StartsWith("Optim.step: the model and the gradient differ: ", e.Message)
    let e = Assert.Throws<TreeException>(fun () -> Optim.step (Lion 0.1) x (Optim.init (Adagrad 0.1) x) x |> ignore)
    Assert.StartsWith("Optim.step: the state has no 'mean' for the leaf ''", e.Message)
    let e =
        Assert.Throws<TreeException>(fun () -> Optim.step (Adam 0.1) x (Optim.init (Adam 0.1) (ones [ 3 ])) x |> ignore)
    Assert.StartsWith("Optim.step: the state's 'mean' for the leaf '' is float64 [3], expected float64 [2]", e.Message)

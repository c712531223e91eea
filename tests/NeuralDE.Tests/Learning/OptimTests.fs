module NeuralDE.Tests.Learning.OptimTests

open Xunit
open NeuralDE

type Model = { Weight: Tensor; Count: Tensor; Noise: Key }

let private model: Model = { Weight = tensor [ 1.0 ]; Count = tensor [ 7 ]; Noise = Key 3 }

/// The weight after each step, for gradients of 1, −2 and ½.
let private path optimiser (model: Model) =
    let step (model: Model, state) (g: float) =
        let gradient: Model = { Tree.zerosLike model with Weight = cast model.Weight.Dtype (tensor [ g ]) }
        let next = Optim.step optimiser gradient state model
        next, next

    [ 1.0; -2.0; 0.5 ]
    |> List.mapFold step (model, Optim.init optimiser model)
    |> fst
    |> List.map (fun (model: Model, _) -> model.Weight.ToArray()[0])

let private near (expected: float list) (got: float list) =
    List.iter2 (fun (e: float) (g: float) -> Assert.Equal(e, g, 1e-12)) expected got

[<Fact>]
let ``Adam takes the three steps computed by hand`` () =
    path (Adam 0.1) model |> near [ 0.900000001; 0.9366103534720748; 0.9502794196738215 ]

[<Fact>]
let ``Adam's betas and epsilon count`` () =
    let options = { Rate = 0.1; Beta1 = 0.5; Beta2 = 0.75; Epsilon = 0.1 }
    path (AdamWith options) model |> near [ 0.9090909090909091; 0.9663152228503956; 0.9766372920949654 ]

[<Fact>]
let ``gradient descent subtracts rate times gradient`` () = path (GradientDescent 0.1) model |> near [ 0.9; 1.1; 1.05 ]

[<Fact>]
let ``integers and keys stay, float32 stays float32`` () =
    let narrow = Tree.cast Float32 model
    let state = Optim.init (Adam 0.1) narrow
    let next, state = Optim.step (Adam 0.1) { Tree.zerosLike narrow with Weight = narrow.Weight } state narrow
    Assert.Equal(Float32, next.Weight.Dtype)
    Assert.Equal<int64[]>([| 7L |], next.Count.ToInt64Array())
    Assert.Equal(model.Noise.ToString(), next.Noise.ToString())
    Assert.Equal(1L, int64 state.Step)

[<Fact>]
let ``a compiled step is the step`` () =
    let step = compile (fun (gradient, state, model) -> Optim.step (Adam 0.1) gradient state model)
    let gradient = { Tree.zerosLike model with Weight = tensor [ -0.3 ] }
    let state = Optim.init (Adam 0.1) model
    let compiled, _ = step (gradient, state, model)
    let plain, _ = Optim.step (Adam 0.1) gradient state model
    Assert.Equal<float[]>(plain.Weight.ToArray(), compiled.Weight.ToArray())

[<Fact>]
let ``clip shortens a long gradient to the limit and leaves a short one`` () =
    let gradient = tensor [ 3.0 ], tensor [ 0.0; 4.0 ]
    Assert.Equal(5.0, float (Optim.globalNorm gradient), 1e-15)
    let a, b = Optim.clip 1.0 gradient
    Assert.Equal<float[]>([| 0.6 |], a.ToArray() |> Array.map (fun x -> round (x * 1e12) / 1e12))
    Assert.Equal(0.8, float b[1], 1e-12)
    let a, _ = Optim.clip 10.0 gradient
    Assert.Equal(3.0, float a[0])
    let zero = Optim.clip 1.0 (tensor [ 0.0 ])
    Assert.Equal(0.0, float zero[0])

[<Fact>]
let ``a rate that is not positive and a strange gradient are refused`` () =
    Assert.Throws<InputException>(fun () -> Optim.init (Adam 0.0) model |> ignore) |> ignore
    Assert.Throws<InputException>(fun () -> Optim.init (GradientDescent nan) model |> ignore) |> ignore
    let x = tensor [ 1.0; 2.0 ]
    let state = Optim.init (Adam 0.1) x
    let e = Assert.Throws<TreeException>(fun () -> Optim.step (Adam 0.1) (tensor [ 1.0 ]) state x |> ignore)
    Assert.StartsWith("Optim.step: the model and the gradient differ: ", e.Message)

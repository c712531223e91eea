/// A training step leaves nothing for the garbage collector.
module NeuralDE.Tests.Learning.AllocationTests

open System
open Xunit
open NeuralDE

/// Bytes that each of the steps 101 to 1100 allocates beside its loss, which is kept twice.
let private bytesOfAStep (loss: 'M -> Tensor) (model: 'M) : float =
    let bytes steps =
        let training = Train.start model (Adam 1e-4) |> Train.steps steps
        let before = GC.GetAllocatedBytesForCurrentThread()
        let fit = Train.run loss training
        Assert.Equal(steps, fit.Losses.Length)
        GC.GetAllocatedBytesForCurrentThread() - before

    // once for what the first run makes
    bytes 200 |> ignore
    let short = bytes 100
    float (bytes 1100 - short) / 1000.0 - 16.0

let private check (name: string) (bytes: float) =
    Assert.True((abs bytes < 1.0), $"{name}: got {bytes} bytes a step, expected none.")

[<Fact>]
let ``a function of tensors`` () =
    let x = tensor [ 0.1; 0.2; 0.3 ]
    check "tanh" (bytesOfAStep (fun (w: Tensor) -> sum (tanh (w * x))) (tensor [ 1.0; 2.0; 3.0 ]))

let private field (w: Tensor, v: Tensor) (u: Tensor) = matmul (tanh (matmul u w)) v

let private weights seed =
    let random = System.Random seed
    let matrix n m = tensor [| for _ in 1..n -> [| for _ in 1..m -> 0.3 * random.NextDouble() - 0.15 |] |]
    matrix 2 8, matrix 8 2

[<Fact>]
let ``a solve and its gradient`` () =
    let loss model =
        let u = Ode.problem (fun _t u -> field model u) (tensor [ 1.0; 0.5 ]) (0.0, 1.0) |> Ode.solveFinal
        sum (u * u)

    check "a solve" (bytesOfAStep loss (weights 1))

[<Fact>]
let ``many solves at once and the gradient of a saved path`` () =
    let starts = tensor [| for i in 1..4 -> [| 0.1 * float i; 0.3 |] |]
    let times = tensor [ 0.25; 0.5; 1.0 ]

    let loss model =
        let path (u0: Tensor) = Ode.problem (fun _t u -> field model u) u0 (0.0, 1.0) |> Ode.saveAt times |> Ode.solveYs

        sum (vmap path starts)

    check "solves of a batch" (bytesOfAStep loss (weights 2))

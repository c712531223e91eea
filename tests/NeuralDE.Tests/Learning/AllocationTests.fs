/// A training step allocates nothing on the managed heap.
module NeuralDE.Tests.Learning.AllocationTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Engine

/// The bytes that this thread allocates while it runs an action.
let private bytesOf (act: unit -> 'T) : int64 =
    let before = GC.GetAllocatedBytesForCurrentThread()
    act () |> ignore
    GC.GetAllocatedBytesForCurrentThread() - before

/// The bytes that the report of a step allocates, after all caches are filled.
let private reportBytes =
    let report _ =
        bytesOf (fun () ->
            box { Step = 1; Steps = 2; Loss = 1.0; GradientNorm = 1.0; Skipped = 0; Shortened = 0; Seconds = 1.0 })
    List.init 5 report |> List.min

/// The bytes that each step allocates without its report: the minimum over three runs of 500 steps. Allocations that happen
/// once, such as the table of a kernel that is compiled during the training, do not count.
let private bytesOfAStep (optimiser: Optimiser) (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) (model: 'M) : float =
    let looks = [ 100; 600; 1100; 1600 ]
    let allocated = Array.zeroCreate<int64> 1601

    let look (p: TrainProgress) = allocated[p.Step] <- GC.GetAllocatedBytesForCurrentThread()

    let fit = Train.start model optimiser |> Train.steps 1600 |> Train.onStep look |> Train.runOn batches loss
    Expect.equal fit.Losses.Length 1600 "fit.Losses.Length"

    looks
    |> List.pairwise
    |> List.map (fun (from, until) -> float (allocated[until] - allocated[from]) / 500.0 - float reportBytes)
    |> List.minBy abs

/// The reference interpreter allocates every array.
let private checkOn (name: string) optimiser (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) (model: 'M) =
    if not Execute.byReference then
        let bytes = bytesOfAStep optimiser batches loss model
        Expect.isTrue (abs bytes < 1.0) $"{name}: got {bytes} bytes per step, expected none."

let private check name (loss: 'M -> Tensor) model =
    checkOn name (Adam 1e-4) (Batches.keys (Key 0)) (fun _ model -> loss model) model

let private field (w: Tensor, v: Tensor) (u: Tensor) = matmul (tanh (matmul u w)) v

let private weights seed =
    let random = System.Random seed
    let matrix n m = tensor [| for _ in 1..n -> [| for _ in 1..m -> 0.3 * random.NextDouble() - 0.15 |] |]
    matrix 2 8, matrix 8 2

[<Tests>]
let tests =
    testList
        "Learning.Allocation"
        [ testCase "a function of tensors" (fun () ->
              let x = tensor [ 0.1; 0.2; 0.3 ]
              check "tanh" (fun (w: Tensor) -> sum (tanh (w * x))) (tensor [ 1.0; 2.0; 3.0 ]))

          testCase "a solve and its gradient" (fun () ->
              let loss model =
                  let u = Ode.problem (fun _t u -> field model u) (tensor [ 1.0; 0.5 ]) (0.0, 1.0) |> Ode.solveFinal
                  sum (u * u)

              check "a solve" loss (weights 1))

          testCase "many solves at once and the gradient of a saved path" (fun () ->
              let starts = tensor [| for i in 1..4 -> [| 0.1 * float i; 0.3 |] |]
              let times = tensor [ 0.25; 0.5; 1.0 ]

              let loss model =
                  let path (u0: Tensor) =
                      Ode.problem (fun _t u -> field model u) u0 (0.0, 1.0) |> Ode.saveAt times |> Ode.solveYs

                  sum (vmap path starts)

              check "solves of a batch" loss (weights 2))

          testCase "batches with keys, the last one smaller, and an optimiser of many groups" (fun () ->
              let data = randn (Key 1) [ 10; 3 ], randn (Key 2) [ 10 ]
              let batches = Batches.ofTree 3 data |> Batches.withKey (Key 3)

              let loss ((x: Tensor, y: Tensor), key) (w: Tensor, b: Tensor) =
                  mean (square (matmul x w + b + 0.1 * randn key [ y.Length ] - y))

              let optimiser =
                  Optim.groups [ Optim.named "Item2", Lion 1e-4; Optim.others, AdamW 1e-3 ]
                  |> Optim.schedule (Schedule.cosine 1000 0.1)
                  |> Optim.averaged (PlainAverage(100, 10))

              checkOn "batches" optimiser batches loss (zeros [ 3 ], scalar 0.0)) ]

/// What a trace costs in nodes, and a gradient in runs of the field: counted, not timed.
module NeuralDE.Tests.Closure.CountTests

open Xunit
open NeuralDE
open NeuralDE.Compiler

type private Net = { Hidden: Tensor * Tensor; Out: Tensor * Tensor }

let private affine (weight: Tensor, bias: Tensor) (x: Tensor) = matmul x weight + bias
let private field net _t (u: Tensor) = u ** 3.0 |> affine net.Hidden |> tanh |> affine net.Out
let private ts = linspace 0.0 1.5 30
let private y0 = tensor [ 2.0; 0.0 ]

let private net =
    { Hidden = randn (Key 1) [ 2; 50 ] * 0.3, zeros [ 50 ]
      Out = randn (Key 2) [ 50; 2 ] * 0.1, zeros [ 2 ] }

let private predict gradient net =
    Ode.problem (field net) y0 (0.0, 1.5) |> Ode.saveAt ts |> Ode.gradient gradient |> Ode.solveYs

let private target = predict Direct net * 0.9
let private loss gradient net = mean (abs (predict gradient net - target))

/// What one call adds to a counter of this thread.
let private cost (counter: unit -> int64) f =
    let before = counter ()
    f () |> ignore
    counter () - before

[<Fact>]
let ``tracing the spiral's gradient again constructs at most 80 nodes, none of them new`` () =
    let gradient () = grad (loss Checkpointed) net
    gradient () |> ignore
    let recorded = cost (fun () -> Counters.Recorded) gradient
    let created = cost (fun () -> Counters.Created) gradient
    Assert.True(recorded <= 80L, $"constructed {recorded} expressions, expected at most 80")
    Assert.True((created = 0L), $"made {created} new nodes, expected none")

[<Fact>]
let ``a gradient runs the loop's body forward as often as the value`` () =
    let bodies f = cost (fun () -> Counters.Bodies) f
    let value = bodies (fun () -> loss Direct net)
    Assert.True(value > 5L, $"the solve took {value} steps only")
    Assert.Equal(value, bodies (fun () -> grad (loss Direct) net))
    Assert.Equal(value, bodies (fun () -> valueAndGrad (loss Checkpointed) net))
    let compiled = compile (valueAndGrad (loss Direct))
    compiled net |> ignore
    Assert.Equal(value, bodies (fun () -> compiled net))

[<Fact>]
let ``a smaller budget costs runs, not bits`` () =
    let bodies f = cost (fun () -> Counters.Bodies) f
    let direct = bodies (fun () -> grad (loss Direct) net)
    let budget = bodies (fun () -> grad (loss (CheckpointedWithin 200L)) net)
    Assert.True(budget > direct && budget < 4L * direct, $"{budget} runs within a budget, {direct} without")

    let leaves f = Tree.flatten (grad f net) |> Array.collect (fun g -> g.ToArray())
    Assert.Equal<float[]>(leaves (loss Direct), leaves (loss (CheckpointedWithin 200L)))

/// The number of nodes of a trace and of runs of the field for a gradient: counted, not timed.
module NeuralDE.Tests.Closure.CountTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

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

/// The increase of a counter of this thread during one call.
let private cost (counter: unit -> int64) f =
    let before = counter ()
    f () |> ignore
    counter () - before

[<Tests>]
let tests =
    testList
        "Closure.Count"
        [ testCase "tracing the spiral's gradient again constructs at most 80 nodes, none of them new" (fun () ->
              let gradient () = grad (loss Checkpointed) net
              gradient () |> ignore
              let recorded = cost (fun () -> Counters.Recorded) gradient
              let created = cost (fun () -> Counters.Created) gradient
              Expect.isTrue (recorded <= 80L) $"constructed {recorded} expressions, expected at most 80"
              Expect.isTrue (created = 0L) $"made {created} new nodes, expected none")

          testCase "a gradient runs the loop's body forward as often as the value" (fun () ->
              let bodies f = cost (fun () -> Counters.Bodies) f
              let value = bodies (fun () -> loss Direct net)
              Expect.isTrue (value > 5L) $"the solve took {value} steps only"
              Expect.equal (bodies (fun () -> grad (loss Direct) net)) value "bodies of grad"
              Expect.equal (bodies (fun () -> valueAndGrad (loss Checkpointed) net)) value "bodies of valueAndGrad"
              let compiled = compile (valueAndGrad (loss Direct))
              compiled net |> ignore
              Expect.equal (bodies (fun () -> compiled net)) value "bodies (fun () -> compiled net)")

          testList
              "iterations that checkpoints repeat, for a budget of c states on the way forward"
              [ for n, evaluations in [ 16, 1; 17, 2; 100, 2; 128, 2; 200, 3; 512, 3 ] do
                    testCase
                        $"c = 16, {string n} iterations: at most {string evaluations} evaluations of each"
                        (fun () ->
                            // a float64 of state; for two iterations an int32 of control and 7 bytes of flags; half of the
                            // budget for each direction
                            let bytes = 2L * 16L * (8L + 2L * (4L + 7L))

                            let turns (x: Tensor) =
                                ControlFlow.loopOn
                                    "a loop"
                                    [||]
                                    ValueNone
                                    (Budget bytes)
                                    [| x |]
                                    [| Prim.literal Int32 0.0 |]
                                    (fun state registers ->
                                        let count = Prim.plus 1.0 registers[0]
                                        let yes = Prim.literal Bool 1.0
                                        let isLast = Prim.compareTo GreaterEqual count (float n)
                                        [| sin state[0] |], [| count |], [||], yes, yes, isLast)

                            let last (x: Tensor) = (turns x)[0]
                            let forward = cost (fun () -> Counters.Bodies) (fun () -> last (scalar 1.0))
                            Expect.equal forward (int64 n) "forward runs"
                            let all = cost (fun () -> Counters.Bodies) (fun () -> grad last (scalar 1.0))
                            Expect.isTrue
                                (all <= int64 (evaluations * n))
                                $"Got {string all} runs of {string n} iterations, expected at most {string evaluations} of each.") ]

          testCase "a smaller budget costs runs and gives the same bits" (fun () ->
              let bodies f = cost (fun () -> Counters.Bodies) f
              let direct = bodies (fun () -> grad (loss Direct) net)
              let budget = bodies (fun () -> grad (loss (CheckpointedWithin 200L)) net)
              Expect.isTrue
                  (budget > direct && budget < 4L * direct)
                  $"{budget} runs within a budget, {direct} without"

              let leaves f = Tree.flatten (grad f net) |> Array.collect (fun g -> g.ToArray())
              Expect.equal (leaves (loss (CheckpointedWithin 200L))) (leaves (loss Direct)) "gradient within a budget") ]

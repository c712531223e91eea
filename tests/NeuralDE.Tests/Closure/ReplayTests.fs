/// The gradient of a solve within a budget: its bits are those of Direct, and its memory does not grow with the steps.
module NeuralDE.Tests.Closure.ReplayTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Tests.Engine.SameBits

/// As a plan: without lanes, which have a tape of their own.
let private planned (run: unit -> 'T) : 'T = withLanes false run

/// Its steps are rejected again and again, differently in each row.
let private vanDerPol (mu: Tensor) (_: Tensor) (y: Tensor) =
    let x, v = y[0], y[1]
    stack [ v; mu * (1.0 - x * x) * v - x ]

let private problem gradient y0 mu =
    Ode.problem (vanDerPol mu) y0 (0.0, 20.0) |> Ode.tolerance 1e-4 1e-4 |> Ode.gradient gradient

let private ofOne gradient mu = problem gradient (tensor [ 2.0; 0.0 ]) mu |> Ode.solveFinal |> sum

let private ofOutputs gradient mu =
    problem gradient (tensor [ 2.0; 0.0 ]) mu
    |> Ode.saveAt (linspace 0.5 20.0 40)
    |> Ode.solveYs
    |> (fun ys -> ys * ys)
    |> sum

let private starts = tensor [ [ 2.0; 0.0 ]; [ 0.1; 0.0 ]; [ -1.0; 3.0 ] ]

let private ofRows gradient mu =
    problem gradient starts mu
    |> Ode.perSample
    |> Ode.saveAt (linspace 0.5 20.0 40)
    |> Ode.solveYs
    |> (fun ys -> ys * ys)
    |> sum

/// The other rows have no cotangent.
let private ofOneRow gradient mu = problem gradient starts mu |> Ode.perSample |> Ode.solveFinal |> (fun y -> sum y[1])

let private losses =
    [ "one sample", ofOne, scalar 5.0
      "one sample with outputs", ofOutputs, scalar 5.0
      "rows", ofRows, scalar 5.0
      "one of the rows", ofOneRow, scalar 5.0 ]

/// A field that gives NaN from its n-th evaluation on.
let private spoiled n (count: int ref) (_: Tensor) (y: Tensor) =
    y
    |> dynamic y (fun (y: Tensor) ->
        count.Value <- count.Value + 1
        if count.Value > n then nan * y else -y)

let private budget = 100000L

let private held steps =
    let loss (k: Tensor) =
        Ode.problem (fun _ y -> k * flip 0 y) (linspace 0.1 1.0 64) (0.0, 1.0)
        |> Ode.using RK4
        |> Ode.dt (1.0 / float steps)
        |> Ode.gradient (CheckpointedWithin budget)
        |> Ode.solveFinal
        |> sum

    grad loss (scalar 0.5) |> ignore
    Counters.Held

[<Tests>]
let tests =
    testList
        "Closure.Replay"
        [ for name, loss, mu in losses do
              testCase $"{name}: every budget gives the bits of Direct" (fun () ->
                  planned (fun () ->
                      let numbers gradient = (grad (loss gradient) mu).ToArray()
                      let expected = numbers Direct

                      for bytes in [ 1L; 1000L; 3000L; 10000L; 30000L; 100000L ] do
                          Expect.equal (numbers (CheckpointedWithin bytes)) expected $"within {bytes} bytes"))

          testCase "a budget bounds the memory for any number of steps, controls included" (fun () ->
              let most = budget + held 1

              for steps in [ 1000; 10000; 100000 ] do
                  let bytes = held steps
                  Expect.isTrue (bytes <= most) $"{bytes} bytes at {steps} steps, expected {most} at most")

          testCase "a function that gives other values in the replay is an error, not another gradient" (fun () ->
              let count = ref 0
              // 40 steps of 4 evaluations, then the replay
              let loss y0 =
                  Ode.problem (spoiled 160 count) y0 (0.0, 1.0)
                  |> Ode.using RK4
                  |> Ode.dt 0.025
                  |> Ode.gradient (CheckpointedWithin 1000L)
                  |> Ode.solveFinal

              let error = Expect.thrown<GraphException>(fun () -> grad loss (scalar 1.0) |> ignore)
              Expect.stringContains error.Message "other values for the same arguments" "the message") ]

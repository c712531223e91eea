/// The bytes that a gradient of a solve keeps, from the plan's own counters.
module NeuralDE.Tests.Closure.TapeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

let private size = 20000
/// float64
let private stateBytes = int64 size * 8L
let private y0 = randn (Key 1) [ size ]

/// Peak bytes of the gradient of a loss.
let private held (loss: 'T -> Tensor) (at: 'T) : int64 =
    grad loss at |> ignore
    Counters.Held

let private problem gradient (w: Tensor) t1 =
    Ode.problem (fun _t y -> tanh (w * y)) y0 (0.0, t1) |> Ode.gradient gradient

let private ofSteps gradient (steps: int) : int64 =
    let loss w =
        problem gradient w 1.0 |> Ode.using RK4 |> Ode.dt (1.0 / float steps) |> Ode.solveFinal |> square |> sum
    held loss (scalar 0.5)

let private ofTolerance gradient (tolerance: float) : int64 =
    let loss w =
        problem gradient w 10.0
        |> Ode.using Dopri5
        |> Ode.tolerance tolerance tolerance
        |> Ode.solveFinal
        |> square
        |> sum
    held loss (scalar 0.5)

let private images = randn (Key 3) [ 2; 1; 28; 28 ]
let private ofRkNet steps = OdeNet.rkNet steps 4 (Key 2) 1 3 |> held (fun net -> sum (square (OdeNet.apply net images)))
let private ofResNet blocks =
    Network.init (Key 2) (OdeNet.resNet blocks 4 1 3) |> held (fun net -> sum (square (Network.apply net images)))

/// The increase per further element.
let private differences (values: int64 list) = values |> List.pairwise |> List.map (fun (a, b) -> b - a)

[<Tests>]
let tests =
    testList
        "Closure.Tape"
        [ testCase "Direct keeps a state and a few further numbers for each step" (fun () ->
              let steps = [ 10; 20; 30; 40 ]

              for step in differences [ for n in steps -> ofSteps Direct n ] do
                  let further = step / 10L - stateBytes
                  Expect.isTrue
                      (step % 10L = 0L && further >= 0L && further <= 200L)
                      $"ten steps take {string step} bytes")

          testCase
              "an RK-Net keeps a state of 4 × 6 × 6 numbers for each image and step, and two convolutions of each stage"
              (fun () ->
                  for step in differences [ for n in 3..6 -> ofRkNet n ] do
                      let states = step / (2L * 144L * 8L)
                      Expect.isTrue (states >= 1L && states <= 13L) $"a step takes {string step} bytes")

          // the first few blocks share memory with those at the ends, so the first steps differ
          testCase "a ResNet's memory is affine in its blocks" (fun () ->
              let further = differences [ for n in 6..2..12 -> ofResNet n ]
              Expect.isTrue (further[0] > 2L * 2L * 144L * 8L) $"two blocks take {string further[0]} bytes"

              for bytes in further do
                  Expect.equal bytes further[0] "bytes of two more blocks")

          testCase "Backsolve needs the same memory at every tolerance, up to one state" (fun () ->
              let bytes = [ for k in 1..5 -> ofTolerance Backsolve (10.0 ** -float k) ]
              let text = bytes |> List.map string |> String.concat ", "
              Expect.isTrue (List.max bytes - List.min bytes <= stateBytes) $"got {text}"
              // the same solves keep a tape with Direct
              let direct = ofTolerance Direct 1e-5 - ofTolerance Direct 1e-1
              Expect.isTrue (direct > 5L * stateBytes) $"Direct: {string direct} bytes more at 1e-5 than at 1e-1") ]

[<Tests>]
let gates =
    testList
        "gates.Closure.Tape"
        [ testCase "Direct's memory grows with the number of steps, that of a budget does not" (fun () ->
              let short, long = ofSteps Direct 200, ofSteps Direct 800
              Expect.isTrue
                  (float long >= 2.2 * float short)
                  $"Direct: {string short} bytes at 200 steps, {string long} at 800"

              for budget in [ 1L <<< 23; 1L <<< 25 ] do
                  for steps in [ 50; 200; 800 ] do
                      let got = ofSteps (CheckpointedWithin budget) steps
                      let most = budget + 10000000L
                      Expect.isTrue
                          (got <= most)
                          $"{string got} bytes at {string steps} steps within {string budget}, expected {string most} at most") ]

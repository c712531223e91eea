/// Loops on the device: how often the host waits, and what it computes itself.
module NeuralDE.Gpu.Tests.LoopTests

open System
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.LibTorch
open NeuralDE.Gpu.Tests.OnDevice

let private net dtype = Mlp.init (Key 1) [ 2; 16; 2 ] |> Tree.cast dtype
let private field (n: Mlp) (_: Tensor) (y: Tensor) = Mlp.apply n (y ** 3.0)
let private starts dtype = tensor [ [ 2.0; 0.0 ] ] + 0.1 * randn (Key 5) [ 8; 2 ] |> cast dtype

let private fixedSteps (n: Mlp, y0: Tensor) =
    Ode.problem (field n) y0 (0.0, 1.5) |> Ode.using RK4 |> Ode.dt 0.015 |> Ode.solveFinal

let private adaptive (n: Mlp, y0: Tensor) =
    Ode.problem (field n) y0 (0.0, 1.0)
    |> Ode.tolerance 1e-6 1e-8
    |> Ode.saveAt (linspace 0.0 1.0 5)
    |> Ode.solveYs

let private loss solve x = sum (solve x ** 2.0)

/// The second call, which uploads nothing that the first one has sent.
let private counted (f: 'A -> 'B) (x: 'A) : 'B * TorchCounts =
    let f, x = compile f, there x
    f x |> ignore
    Torch.count f x

let private solves =
    testList
        "solves"
        [ testCase "100 fixed steps wait 8 times: once for the first step, then every 16 steps" (fun () ->
              for dtype, tolerance in [ Float64, 1e-12; Float32, 1e-5 ] do
                  let x = net dtype, starts dtype
                  let got, counts = counted fixedSteps x
                  near tolerance (fixedSteps x) got $"{dtype}"
                  Expect.inRange counts.Waits (1L, 8L) "waits"
                  Expect.equal counts.Uploads 0L "uploads")

          testCase "their gradient" (fun () ->
              let x = net Float64, starts Float64
              let got, counts = counted (grad (loss fixedSteps)) x
              near 1e-11 (grad (loss fixedSteps) x) got "gradient"
              Expect.inRange counts.Waits (1L, 9L) "waits")

          testCase "an adaptive solve waits once for each attempt" (fun () ->
              let x = net Float64, starts Float64
              let got, counts = counted adaptive x
              near 1e-10 (adaptive x) got "states"
              let stats =
                  (Ode.problem (field (fst x)) (snd x) (0.0, 1.0) |> Ode.tolerance 1e-6 1e-8 |> Ode.solve).Stats
              let attempts = int64 (stats.Steps + stats.Rejected)
              Expect.inRange counts.Waits (1L, attempts + 1L) $"waits of {attempts} attempts"
              near 1e-10 (grad (loss adaptive) x) (grad (loss adaptive) (there x)) "gradient")

          testCase "a step that is not finite ends the solve where it does on the CPU" (fun () ->
              let run (y0: Tensor) =
                  Ode.problem (fun _ y -> exp (y * y)) y0 (0.0, 3.0) |> Ode.using RK4 |> Ode.dt 0.002 |> Ode.solve

              let message y0 = (Expect.thrownAny<SolveException>(fun () -> run y0 |> ignore)).Message
              let y0 = tensor [ 1.0; 0.5 ]
              Expect.equal (message (there y0)) (message y0) "the time and the number of steps") ]

let private rows =
    testList
        "rows"
        [ testCase "rows with steps of their own stay on the device" (fun () ->
              let solve (n: Mlp, y0: Tensor) =
                  Ode.problem (field n) y0 (0.0, 1.0)
                  |> Ode.perSample
                  |> Ode.tolerance 1e-6 1e-8
                  |> Ode.saveAt (linspace 0.0 1.0 4)
                  |> Ode.solveYs

              let x = net Float64, starts Float64
              let before = Torch.fallbacks ()
              let got, counts = counted solve x
              near 1e-9 (solve x) got "states"
              near 1e-8 (grad (loss solve) x) (grad (loss solve) (there x)) "gradient"
              Expect.equal (Torch.fallbacks ()) before "fallbacks"
              Expect.isTrue (counts.Waits < counts.Launches / 50L) $"got {counts}, expected few waits")

          testCase "a mapped loop whose rows end at different times" (fun () ->
              let shrink (s: Tensor, a: Tensor) =
                  let last, _ = repeatWhile (fun (s, _) -> s .> 1.0) 40 (fun (s: Tensor, a: Tensor) -> s * a, a) (s, a)
                  last

              let x = linspace 1.5 200.0 7, linspace 0.5 0.9 7
              let f x = vmap shrink x
              near 1e-13 (f x) (f (there x)) "states"
              near 1e-12 (grad (f >> sum) x) (grad (f >> sum) (there x)) "gradient") ]

/// A loop whose register, of three elements, becomes one number for its whole shape: a prototype returned one element.
let private uniformRegister (x: Tensor) : Tensor[] =
    let start = [| tensor [ 1.0; 2.0; 3.0 ]; Prim.literal Int32 0.0 |]

    ControlFlow.loopOn "a loop" [||] (ValueSome 4) Everything [| x |] start (fun state registers ->
        let count = Prim.plus 1.0 registers[1]
        let uniform = Prim.fill Float64 [| 3 |] 0.5
        let flag = Prim.compareTo Greater count 0.0
        let finish = Prim.compareTo GreaterEqual count 4.0
        [| state[0] * registers[0] |], [| uniform; count |], [| registers[0] |], flag, flag, finish)

let private others =
    testList
        "others"
        [ testCase "a register that is one number for its shape" (fun () ->
              let x = tensor [ 1.0; -1.0; 2.0 ]
              near 0.0 (uniformRegister x) (compile uniformRegister (there x)) "states and registers")

          testCase "what captured values determine is computed once" (fun () ->
              let scaled (w: Tensor, y: Tensor) =
                  iterate 30 (fun (y: Tensor) -> y + 0.01 * matmul y (tanh (matmul w w))) y

              let x = 0.1 * randn (Key 1) [ 40; 40 ], randn (Key 2) [ 40; 40 ]
              let got, counts = counted scaled x
              near 1e-13 (scaled x) got "result"
              Expect.isTrue (counts.Launches < 130L) $"got {counts} for 30 iterations of 4 operations")

          testCase "the first failure of a check is raised, once the flags are read" (fun () ->
              let run (x: Tensor, i: Tensor) = take 0 i x
              let bad = zeros [ 3 ], tensor [ 0; 7; 1 ] |> cast Int64
              let message f = (Expect.thrownAny<Exception>(fun () -> f () |> ignore)).Message
              let expected = message (fun () -> compile run bad)
              Expect.equal (message (fun () -> compile run (there bad))) expected "message")

          testCase "a cancelled solve ends" (fun () ->
              use source = new CancellationTokenSource()
              source.Cancel()
              let y0 = there (ones [ 3 ])
              let p = Ode.problem (fun _ y -> -y) y0 (0.0, 1.0) |> Ode.using RK4 |> Ode.dt 0.01
              Expect.thrownAny<SolveCancelledException>(fun () -> p |> Ode.cancel source.Token |> Ode.solve |> ignore)
              |> ignore) ]

[<Tests>]
let tests = testList "Loops" [ solves; rows; others ]

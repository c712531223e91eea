/// Edge cases of stochastic equations: jumps of the field, related keys, close times, values that are NaN.
module NeuralDE.Tests.Solvers.SdeEdgeTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private key = Key 7
let private still (_t: Tensor) (y: Tensor) : Tensor = zerosLike y
let private decay (_t: Tensor) (y: Tensor) : Tensor = -y

/// dy = dW: the solution is the path.
let private path dtype n (t0: float, t1: float) =
    let one = ones [ n ] |> cast dtype
    Sde.problem still (Additive(fun _ -> one)) (zerosLike one) (t0, t1)
    |> Sde.noise key
    |> Sde.dt (abs (t1 - t0) / 20.0)

let private correlation (x: Tensor) (y: Tensor) =
    let x, y = x - mean x, y - mean y
    float (mean (x * y)) / sqrt (float (mean (x * x)) * float (mean (y * y)))

let private refuses (parts: string list) f = raises<InputException> parts (fun () -> f () |> ignore) |> ignore

let private jumps =
    let ends = numbers << Sde.solveFinal

    testList
        "A jump of the field"
        [ for dtype in [ Float64; Float32 ] do
              for t0 in [ 0.0; 1000.0; 1e6 ] do
                  testCase $"does not change the path: {dtype} at {t0}" (fun () ->
                      // the field omits two spacings of its floats, 0.125 in float32 at 1e6; the path does not
                      let p = path dtype 50 (t0, t0 + 10.0)
                      let jumps = [ t0; t0 + 5.0; t0 + 7.3; t0 + 10.0 ]
                      within 2e-6 "W(t1)" (ends p) (ends (p |> Sde.jumpAt jumps))
                      within 2e-6 "W(t1) by Heun" (ends p) (ends (p |> Sde.using Heun |> Sde.jumpAt jumps))
                      let heun = p |> Sde.using Heun |> Sde.tolerance 1e-2 1e-2 |> Sde.jumpAt jumps
                      within 2e-6 "W(t1) by adaptive steps" (ends p) (ends heun)
                      let at = p |> Sde.saveAt (tensor [ t0; t0 + 5.0; t0 + 10.0 ])
                      let saved = numbers << Sde.solveYs
                      within 2e-6 "W at the jumps" (saved at) (saved (at |> Sde.jumpAt jumps)))

          testCase "backwards, perSample, and stepped by hand" (fun () ->
              let p = path Float32 3 (10.0, 0.0)
              within 2e-6 "backwards" (ends p) (ends (p |> Sde.jumpAt [ 10.0; 4.0; 0.0 ]))
              let one = ones [ 1 ] |> cast Float32
              let rows = Sde.problem still (Additive(fun _ -> one)) (zeros [ 4; 1 ] |> cast Float32) (0.0, 10.0)
              let rows = rows |> Sde.noise key |> Sde.dt 0.5 |> Sde.perSample
              within 2e-6 "by samples" (ends rows) (ends (rows |> Sde.jumpAt [ 5.0 ]))
              let mutable i = path Float32 3 (0.0, 10.0) |> Sde.jumpAt [ 5.0 ] |> Sde.integrator

              while not i.IsDone do
                  i <- i.Step()
                  i <- i.With i.Y

              within 2e-6 "by hand" (ends (path Float32 3 (0.0, 10.0))) (numbers i.Y))

          testCase "drift and diffusion are evaluated on both sides" (fun () ->
              let drift (t: Tensor) (y: Tensor) = where (t .< 0.5) 1.0 -2.0 + 0.0 * y
              let size (t: Tensor) : Tensor = where (t .< 0.5) 0.0 1.0 * ones [ 4 ]
              let p = Sde.problem drift (Additive size) (zeros [ 4 ]) (0.0, 1.0) |> Sde.noise key |> Sde.dt 0.3
              let w = path Float64 4 (0.0, 1.0) |> Sde.saveAt (tensor [ 0.5; 1.0 ]) |> Sde.solveYs
              // drifts of +½ and −1, and the noise of the second half; the path changes by 1e-8 in a spacing of floats
              within 1e-7 "y(1)" (numbers (w[1] - w[0] - 0.5)) (ends (p |> Sde.jumpAt [ 0.5 ]))) ]

let private keys =
    let n = 2000
    // five deviations of the correlation of independent pairs
    let areFar what x y = isAtMost $"the correlation of {what}" (5.0 / sqrt (float n)) (abs (correlation x y))

    testList
        "Keys"
        [ testCase "random numbers of keys derived from the key of the noise are independent of it" (fun () ->
              let w = path Float64 n (0.0, 1.0) |> Sde.saveAt (tensor [ 0.25; 0.5; 1.0 ]) |> Sde.solveYs

              for i in 0..2 do
                  for k in 0..8 do
                      areFar $"output {i} and fold {k}" w[i] (randn (Key.fold k key) [ n ])

                  areFar $"output {i} and the key" w[i] (randn key [ n ]))

          testCase "the paths of leaves have keys that Key.fold does not make" (fun () ->
              let both _ (a: Tensor, b: Tensor) = 0.0 * a, 0.0 * b
              let p =
                  Sde.problem both (Additive(fun _ -> ones [ n ], ones [ n ])) (zeros [ n ], zeros [ n ]) (0.0, 1.0)
              let a, b = p |> Sde.noise key |> Sde.dt 1.0 |> Sde.solveFinal
              areFar "the leaves" a b

              for k in 0..2 do
                  let single = path Float64 n (0.0, 1.0) |> Sde.noise (Key.fold k key) |> Sde.solveFinal
                  areFar $"the first leaf and fold {k}" a single
                  areFar $"the second leaf and fold {k}" b single)

          testCase "several keys need vmap" (fun () ->
              let p = path Float64 2 (0.0, 1.0)
              let keys = Key.foldWith (tensor [ 0; 1 ]) key
              raises<ShapeException> [ "Sde.noise"; "[2]"; "vmap"; "Sde.perSample" ] (fun () ->
                  p |> Sde.noise keys |> ignore)
              |> ignore
              let all = vmap (fun k -> p |> Sde.noise k |> Sde.solveFinal) keys
              same "row 1" (p |> Sde.noise (Key.fold 1 key) |> Sde.solveFinal |> numbers) (numbers all[1])) ]

let private near =
    let p t1 = path Float64 2000 (0.0, t1)
    let at (ts: float list) p = p |> Sde.saveAt (tensor ts) |> Sde.solveYs

    testList
        "Times that are close relative to [t0, t1]"
        [ testCase "steps and outputs within 2^-24 of the interval are refused" (fun () ->
              let parts = [ "Sde.solve"; "2^-24"; "another key" ]
              refuses ("0.001 and 0.002" :: parts) (fun () -> p 1e6 |> at [ 1e-3; 2e-3 ])
              refuses ("1 and 2" :: parts) (fun () -> p 1e9 |> Sde.stepAt [ 2.0; 1.0 ] |> Sde.solve)
              refuses ("steps of 0.1" :: parts) (fun () -> p 1e7 |> Sde.dt 0.1 |> Sde.solve)
              refuses ("steps of 0.1" :: parts) (fun () -> p 1e7 |> Sde.dtBetween 0.0 0.1 |> Sde.solve)
              refuses [ "Sde.integrator"; "steps of 0.1" ] (fun () -> p 1e7 |> Sde.dt 0.1 |> Sde.integrator)
              let rows = Sde.problem still (Additive(fun _ -> ones [ 1 ])) (zeros [ 2; 1 ]) (0.0, tensor [ 1.0; 1e9 ])
              refuses ("steps of 1" :: "[0, 1000000000]" :: parts) (fun () ->
                  rows |> Sde.noise key |> Sde.dt 1.0 |> Sde.perSample |> Sde.solve))

          testCase
              "adaptive steps have this lower limit: on a very long interval the start of a path is not resolved"
              (fun () ->
                  let relax (t1: Tensor) =
                      Sde.stratonovich decay (Additive(fun _ -> ones [ 1 ])) (zeros [ 2; 1 ]) (0.0, t1)
                      |> Sde.noise key
                      |> Sde.perSample
                  let s = relax (tensor [ 1.0; 1e9 ]) |> Sde.trySolve
                  Expect.equal (s.Failure.Value.Status, s.Failure.Value.Sample) (StepTooSmall, Some 1) "status, sample"
                  // the other sample has its own smallest step
                  let one = relax (tensor [ 1.0; 1.0 ]) |> Sde.solveFinal
                  same "the sample to 1" (numbers one[0]) (numbers s.Y1[0])
                  raises<SolveException> [ "2^-24"; "another key" ] (fun () ->
                      relax (scalar 1e9) |> Sde.solve |> ignore)
                  |> ignore)

          testCase "a single output, equal outputs, and outputs that differ by rounding are accepted" (fun () ->
              let variance (y: Tensor) = float (mean (y * y))
              // 9 deviations of a variance of 2000 are 28 %
              let y = p 1e6 |> at [ 1e-3; 1e-3; 0.3 ]
              within 2.8e-4 "the variance at 0.001" [ 1e-3 ] [ variance y[0] ]
              same "equal times" (numbers y[0]) (numbers y[1])
              within 0.084 "the variance from there" [ 0.299 ] [ variance (y[2] - y[0]) ]
              p 1.0 |> Sde.stepAt [ 0.1 + 0.2 ] |> at [ 0.3 ] |> ignore
              p 1.0 |> Sde.stepAt [ 0.3 ] |> Sde.saveAt (tensor [ 0.3f ]) |> Sde.solve |> ignore) ]

let private wrong =
    let solve g y0 = Sde.problem decay (Diagonal g) y0 (0.0, 1.0) |> Sde.noise key |> Sde.dt 0.125

    let failure p =
        match (Sde.trySolve p).Failure with
        | Some failure -> failure
        | None -> failtest "got no failure"

    testList
        "Failures"
        [ testCase "the message names the component of a diffusion that is NaN" (fun () ->
              let g (t: Tensor) (y: Tensor) = where (t .> 0.3) (tensor [ 1.0; 1.0; nan ]) (ones [ 3 ]) * y
              let raised = solve g (ones [ 3 ])
              raises<SolveException> [ "component 2"; "diffusion" ] (fun () -> Sde.solve raised |> ignore) |> ignore

              for p in [ solve g (ones [ 3 ]); solve g (ones [ 3 ]) |> Sde.using Milstein ] do
                  let f = failure p
                  Expect.equal (f.Status, f.Component, f.Time) (NonFinite, "2", 0.375) "status, component, time"

              let root _ (y: Tensor) = sqrt y
              Expect.equal (failure (solve root (tensor [ 1.0; -1.0 ]))).Component "1" "the root of a negative number"
              let rows = failure (solve root (tensor [ [ 1.0; 1.0 ]; [ 4.0; -1.0 ] ]) |> Sde.perSample)
              Expect.equal (rows.Sample, rows.Component) (Some 1, "1") "sample, component"

              // captured values, and a run inside a transform
              let loss (a: Tensor) = solve (fun _ y -> sqrt (y - a)) (tensor [ 1.0; 0.5 ]) |> Sde.solveFinal |> sum
              raises<SolveException> [ "component 1" ] (fun () -> grad loss (scalar 0.75) |> ignore) |> ignore)

          testCase "advice for a stiff drift does not name methods without noise" (fun () ->
              let stiff _ (y: Tensor) : Tensor = -1e5 * y
              let p = Sde.stratonovich stiff (Additive(fun _ -> 1e-3 * ones [ 1 ])) (ones [ 1 ]) (0.0, 1.0)
              let e =
                  raises<SolveException> [ "MaxStepsReached"; "Sde.maxSteps" ] (fun () ->
                      p |> Sde.noise key |> Sde.maxSteps 500 |> Sde.solve |> ignore)
              Expect.isFalse (e.Message.Contains "Kvaerno3") $"Got the advice: {e.Message}")

          testCase "a matrix of another shape or dtype, and the fix" (fun () ->
              let solve g y0 () =
                  Sde.problem decay (General g) y0 (0.0, 1.0) |> Sde.noise key |> Sde.dt 0.1 |> Sde.solve |> ignore
              let matrix (shape: int list) _ _ = ones shape
              raises<ShapeException>
                  [ "[2; 3]"; "[4; 2]"; "Return [4; 2; channels]" ]
                  (solve (matrix [ 2; 3 ]) (ones [ 4; 2 ]))
              |> ignore
              raises<ShapeException> [ "[1]"; "reshape it to [1]" ] (solve (matrix [ 1 ]) (scalar 1.0)) |> ignore
              raises<DtypeException>
                  [ "float32"; "float64"; "Cast" ]
                  (solve (fun _ _ -> ones [ 2; 3 ] |> cast Float32) (ones [ 2 ]))
              |> ignore
              let ito = Sde.problem decay (General(matrix [ 2; 3 ])) (ones [ 2 ]) (0.0, 1.0) |> Sde.noise key
              let e =
                  raises<InputException> [ "Use EulerMaruyama, or" ] (fun () ->
                      ito |> Sde.using Heun |> Sde.solve |> ignore)
              Expect.isFalse (e.Message.Contains "Milstein") $"Got the advice: {e.Message}")

          testCase "noise in an ordinary problem, whose method does not support it" (fun () ->
              let noise = (path Float64 2 (0.0, 1.0)).Noise
              let p = { Ode.problem decay (ones [ 2 ]) (0.0, 1.0) with Noise = noise }
              refuses [ "Ode.solve"; "Tsit5" ] (fun () -> Ode.solve p)
              refuses [ "Ode.integrator"; "Kvaerno3" ] (fun () -> p |> Ode.using Kvaerno3 |> Ode.integrator))

          testCase "a Stratonovich equation is solved without further options" (fun () ->
              let p = Sde.stratonovich decay (Diagonal(fun _ y -> 0.5 * y)) (ones [ 4 ]) (0.0, 1.0) |> Sde.noise key
              let w = path Float64 4 (0.0, 1.0) |> Sde.solveFinal
              let s = Sde.solve p
              within 2e-3 "exp(W/2 − t)" (numbers (exp (0.5 * w - 1.0))) (numbers s.Y1)
              isAtMost "steps" 2000.0 (float (s.Stats.Steps + s.Stats.Rejected))) ]

[<Tests>]
let tests = testList "Solvers.SdeEdge" [ jumps; keys; near; wrong ]

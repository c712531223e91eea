/// Custom methods: a step, or a tableau.
module NeuralDE.Tests.Solvers.OwnStepTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

/// Heun's method as a custom step.
let private heun () =
    Solver.ofStepWithError "own Heun" 2 (fun s ->
        let k1 = s.Field(s.T0, s.Y)
        let k2 = s.Field(s.T1, s.Y + s.H * k1)
        s.Y + s.H * (0.5 * (k1 + k2)), s.H * (0.5 * (k2 - k1)))

/// y + h f + h² N(f), with a network N.
let private hyper (w: Tensor) =
    Solver.ofStep "hyper" 1 (fun s ->
        let k = s.Field(s.T0, s.Y)
        s.Y + s.H * k + s.H * (s.H * k.Map(fun x -> tanh (matmul w x))))

let private lotkaVolterra (_t: Tensor) (u: Tensor) = stack [ 1.5 * u[0] - u[0] * u[1]; u[0] * u[1] - 3.0 * u[1] ]

let private problem y0 = Ode.problem lotkaVolterra y0 (0.0, 2.0) |> Ode.tolerance 1e-4 1e-6

let private isNear what (bound: float) (got: Tensor) (right: Tensor) =
    let difference = float (amax (abs (got - right)))
    Expect.isTrue (difference <= bound) $"{what}: got {got}, expected {right}"

let private sameAsOurs =
    let y0 = tensor [ 1.0; 1.2 ]

    let options: (string * (OdeProblem<Tensor> -> OdeProblem<Tensor>)) list =
        [ "adaptive", id
          "constant steps", Ode.dt 0.05
          "backwards", (fun p -> { p with T0 = scalar 2.0; T1 = scalar 0.5 })
          "outputs", Ode.saveAt (linspace 0.0 2.0 7)
          "stops and jumps", Ode.stepAt [ 0.3 ] >> Ode.jumpAt [ 0.7 ]
          "an event",
          Ode.on (Event.falling (fun _ (u: Tensor) -> u[0] - 0.6)) (Event.apply (fun _ (u: Tensor) -> 1.1 * u)) ]

    testList
        "A custom step equals the method that it implements"
        [ for name, option in options do
              testCase name (fun () ->
                  let solve m y0 = problem y0 |> option |> Ode.using m |> Ode.solve
                  let own, ours = solve (heun ()) y0, solve Heun y0
                  isNear "y(t1)" 1e-12 own.Y1 ours.Y1
                  Expect.equal (own.Stats.Steps, own.Stats.Rejected) (ours.Stats.Steps, ours.Stats.Rejected) "steps"
                  let slope m = grad (fun y -> sum (solve m y).Y1) y0
                  isNear "gradient" 1e-9 (slope (heun ())) (slope Heun))

          testCase "forward mode, Hessian, Direct and Checkpointed" (fun () ->
              for tape in [ Direct; Checkpointed; CheckpointedWithin 600L ] do
                  let loss m y = problem y |> Ode.using m |> Ode.dt 0.1 |> Ode.gradient tape |> Ode.solveFinal |> sum
                  isNear "Hessian" 1e-9 (hessian (loss (heun ())) y0) (hessian (loss Heun) y0)
                  let push m = snd (jvp (loss m) y0 (tensor [ 0.3; -1.0 ]))
                  isNear "forward" 1e-10 (push (heun ())) (push Heun))

          testCase "perSample has the bits of single solves" (fun () ->
              let rows = 1.0 + rand (Key 2) [ 3; 2 ]
              let m = heun ()
              let all = problem rows |> Ode.perSample |> Ode.using m |> Ode.solveFinal

              for k in 0..2 do
                  Expect.equal
                      (all[k].ToArray())
                      ((problem rows[k] |> Ode.using m |> Ode.solveFinal).ToArray())
                      $"row {k}")

          testCase "trees, float32, a compiled function, stepped by hand" (fun () ->
              let tree = Ode.problem (fun _ (a: Tensor, b: Tensor) -> b, -a) (scalar 1.0, ones [ 2 ]) (0.0, 1.0)
              let refuses = tree |> Ode.using (heun ())
              raises<ShapeException> [ "the field" ] (fun () -> refuses |> Ode.solve |> ignore) |> ignore
              let pair = Ode.problem (fun _ (a: Tensor, b: Tensor) -> -a, -2.0 * b) (scalar 1.0, ones [ 2 ]) (0.0, 1.0)
              let a, b = pair |> Ode.using (heun ()) |> Ode.solveFinal
              isNear "a" 1e-5 a (scalar (exp -1.0))
              isNear "b" 1e-5 b (exp -2.0 * ones [ 2 ])
              let single =
                  Ode.problem (fun _ y -> -y) (tensor [ 1.0f ]) (0.0, 1.0) |> Ode.using (heun ()) |> Ode.dt 0.01
              isNear "float32" 1e-4 (single |> Ode.solveFinal |> cast Float64) (tensor [ exp -1.0 ])
              let final y = problem y |> Ode.using (heun ()) |> Ode.solveFinal
              isNear "compiled" 1e-12 (compile final y0) (final y0)
              let mutable i = Ode.integrator (problem y0 |> Ode.using (heun ()))

              while not i.IsDone do
                  i <- i.Step()

              isNear "by hand" 0.0 i.Y (final y0))

          testCase "dense output is cubic" (fun () ->
              let s = problem y0 |> Ode.using (heun ()) |> Ode.dt 0.01 |> Ode.solve
              let right t = Ode.problem lotkaVolterra y0 (0.0, t) |> Ode.tolerance 1e-10 1e-12 |> Ode.solveFinal
              isNear "y(1.2345)" 2e-3 (s.At 1.2345) (right 1.2345))

          testCase "a derivative at rest is controlled" (fun () ->
              let y p =
                  Ode.problem (fun _ (u: Tensor) -> p - u) (ones [ 1 ]) (0.0, 10.0)
                  |> Ode.using (heun ())
                  |> Ode.solveFinal
                  |> sum
              isNear "∂y/∂p" 1e-4 (grad y (scalar 1.0)) (scalar (1.0 - exp -10.0))) ]

let private captures =
    testList
        "Values that a step captures have derivatives"
        [ testCase "equal to central differences" (fun () ->
              let w = 0.1 * randn (Key 1) [ 2; 2 ]
              let loss w = problem (ones [ 2 ]) |> Ode.using (hyper w) |> Ode.dt 0.1 |> Ode.solveFinal |> sum
              let got, h = grad loss w, 1e-5

              for i in 0..1 do
                  for j in 0..1 do
                      let e = tensor [ for a in 0..1 -> [ for b in 0..1 -> if (a, b) = (i, j) then h else 0.0 ] ]
                      let difference = float (loss (w + e) - loss (w - e)) / (2.0 * h)
                      isNear $"[{i}, {j}]" 1e-7 got[i, j] (scalar difference))

          testCase "training a hypersolver: a tenth of Euler's error in 300 steps" (fun () ->
              let net0 = Mlp.init (Key 3) [ 4; 16; 2 ]
              let starts = 0.5 + rand (Key 4) [ 16; 2 ]
              let swing (_t: Tensor) (u: Tensor) = stack [ u[1]; -sin u[0] ]

              let final m (y0: Tensor) =
                  Ode.problem swing y0 (0.0, 2.0) |> Ode.using m |> Ode.dt 0.2 |> Ode.perSample |> Ode.solveFinal

              // residual of Euler's method over h²: M. Poli et al., Hypersolvers, NeurIPS 2020
              let solver net =
                  Solver.ofStep "hyper-Euler" 1 (fun s ->
                      let k = s.Field(s.T0, s.Y)
                      let correct (y: Tensor) (f: Tensor) = Mlp.apply net (concat [ y; f ])
                      let y, f = s.Y.Leaves.Head, k.Leaves.Head
                      s.Y + s.H * k + s.H * (s.H * s.Y.Map(fun _ -> correct y f)))

              let right y0 = Ode.problem swing y0 (0.0, 2.0) |> Ode.perSample |> Ode.solveFinal
              let target = right starts
              let loss net = mean ((final (solver net) starts - target) ** 2.0)
              let fit = Train.start net0 (Adam 1e-2) |> Train.steps 300 |> Train.run loss
              let unseen = 0.5 + rand (Key 5) [ 16; 2 ]
              let error m = float (sqrt (mean ((final m unseen - right unseen) ** 2.0)))
              let euler, trained = error Euler, error (solver fit.Model)
              Expect.isTrue (trained < 0.1 * euler) $"Got the error {trained} on unseen starts, Euler's is {euler}") ]

let private refusals =
    let solve m = problem (ones [ 2 ]) |> Ode.using m |> Ode.dt 0.1 |> Ode.solve |> ignore

    testList
        "Typed errors"
        [ testCase "adaptive steps with a step that estimates no error" (fun () ->
              raises<InputException> [ "hyper"; "does not estimate its error"; "Ode.dt" ] (fun () ->
                  problem (ones [ 2 ]) |> Ode.using (hyper (zeros [ 2; 2 ])) |> Ode.solve |> ignore)
              |> ignore)
          testCase "Backsolve" (fun () ->
              raises<InputException> [ "Backsolve"; "own Heun"; "Checkpointed" ] (fun () ->
                  problem (ones [ 2 ]) |> Ode.using (heun ()) |> Ode.gradient Backsolve |> Ode.solve |> ignore)
              |> ignore)
          testCase "shapes and dtypes" (fun () ->
              let own step = Solver.ofStep "odd" 1 step
              raises<ShapeException> [ "odd"; "a state of shape []"; "[2]" ] (fun () ->
                  solve (own (fun s -> s.Y.Map(fun x -> x[0]))))
              |> ignore
              raises<DtypeException> [ "odd"; "a state of float32" ] (fun () ->
                  solve (own (fun s -> s.Y.Map(cast Float32))))
              |> ignore
              raises<ShapeException> [ "odd"; "an argument of Field" ] (fun () ->
                  solve (own (fun s -> s.Field(s.T0, s.Y.Map(fun x -> x[0])))))
              |> ignore)
          testCase "an order of 0, a method with noise" (fun () ->
              raises<InputException> [ "Solver.ofStep"; "order 0" ] (fun () ->
                  Solver.ofStep "odd" 0 (fun s -> s.Y) |> ignore)
              |> ignore
              raises<InputException> [ "own Heun" ] (fun () ->
                  Sde.problem lotkaVolterra (Additive(fun _ -> ones [ 2 ])) (ones [ 2 ]) (0.0, 1.0)
                  |> Sde.usingMethod (heun ())
                  |> ignore)
              |> ignore) ]

let private tableaus =
    let ralston3 =
        { Name = "Ralston3"
          Citation = "A. Ralston, Runge-Kutta methods with minimum error bounds, Math. Comp. 16, 1962"
          Order = 3
          EmbeddedOrder = 0
          C = [| 0.0; 0.5; 0.75 |]
          A = [| [||]; [| 0.5 |]; [| 0.0; 0.75 |] |]
          B = [| 2.0 / 9.0; 1.0 / 3.0; 4.0 / 9.0 |]
          Error = [||]
          CoarseOrder = 0
          CoarseError = [||]
          Interpolant = ExplicitTableaus.bosh3.Data.Interpolant }

    testList
        "A custom tableau"
        [ testCase "Ralston's method of order 3 has its order" (fun () ->
              let m = Solver.ofTableau (Tableau ralston3)
              let error n =
                  let y =
                      Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (0.0, 1.0)
                      |> Ode.using m
                      |> Ode.dt (1.0 / float n)
                      |> Ode.solveFinal
                  abs (float y[0] - exp -1.0)
              let order = System.Math.Log2(error 20 / error 40)
              Expect.isTrue (abs (order - 3.0) < 0.1) $"Got the order {order}")
          testCase "coefficients of a wrong method are refused" (fun () ->
              raises<TableauException> [ "Ralston3" ] (fun () ->
                  Tableau { ralston3 with B = [| 0.2; 0.3; 0.5 |] } |> ignore)
              |> ignore) ]

[<Tests>]
let tests = testList "Solvers.OwnStep" [ sameAsOurs; captures; refusals; tableaus ]

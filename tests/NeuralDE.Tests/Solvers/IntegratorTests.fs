/// A solve that is stepped by hand takes the steps of the solve.
module NeuralDE.Tests.Solvers.IntegratorTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private lotkaVolterra (_t: Tensor) (u: Tensor) = stack [ 1.5 * u[0] - u[0] * u[1]; u[0] * u[1] - 3.0 * u[1] ]

let private problem () = Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (0.0, 2.0) |> Ode.tolerance 1e-5 1e-7

/// The integrator after each step, including the start.
let private run (p: Problem<'E, 'S>) =
    let rec go (done': Integrator<'S> list) (i: Integrator<'S>) =
        if i.IsDone then List.rev (i :: done') else go (i :: done') (i.Step())

    go [] (Ode.integrator p)

let private hasStepsOf (p: Problem<'E, Tensor>) =
    let solved = p |> Ode.saveSteps 1 |> Ode.saveStart |> Ode.trySolve
    let steps = run p
    let last = List.last steps
    let times, right = steps |> List.map _.T |> List.distinct, List.ofArray (solved.Ts.ToArray())
    // after a jump a solve continues one spacing of floats after the end of the step
    let isNear (a: float) (b: float) = abs (a - b) <= 1e-15 * abs b
    Expect.isTrue
        (times.Length = right.Length && List.forall2 isNear times right)
        $"Got the times {times}, expected {right}"
    Expect.equal (last.Y.ToArray()) (solved.Y1.ToArray()) "y(t1)"
    Expect.equal last.Stats.Steps solved.Stats.Steps "steps"
    Expect.equal last.Stats.Rejected solved.Stats.Rejected "rejected"
    Expect.equal last.Status (Some solved.Status) "status"

let private options: (string * (OdeProblem<Tensor> -> OdeProblem<Tensor>)) list =
    [ "constant steps", Ode.dt 0.05
      "stops and jumps", Ode.dt 0.05 >> Ode.stepAt [ 0.31 ] >> Ode.jumpAt [ 0.7 ]
      "events",
      Ode.dt 0.05
      >> Ode.on (Event.falling (fun _ (u: Tensor) -> u[0] - 0.5)) (Event.apply (fun _ (u: Tensor) -> 1.1 * u)) ]

[<Tests>]
let tests =
    testList
        "Solvers.Integrator"
        [ testList
              "the steps are those of the solve, bit for bit"
              [ for m in odeSolvers do
                    for name, option in options do
                        testCase $"{m.Name}, {name}" (fun () -> hasStepsOf (problem () |> Ode.using m |> option))

                    if m.IsAdaptive then
                        testCase $"{m.Name}, adaptive" (fun () -> hasStepsOf (problem () |> Ode.using m)) ]

          testCase "backwards, and an interval of length 0" (fun () ->
              hasStepsOf (Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (2.0, 0.5))
              let i = Ode.integrator (Ode.problem lotkaVolterra (tensor [ 1.0; 1.0 ]) (1.0, 1.0))
              let ended = i.Step()
              Expect.equal (ended.T, ended.Status) (1.0, Some Success) "the end")

          testCase "also with noise" (fun () ->
              let p =
                  Sde.stratonovich (fun _ y -> -y) (Diagonal(fun _ y -> 0.3 * y)) (ones [ 3 ]) (0.0, 1.0)
                  |> Sde.noise (Key 4)
                  |> Sde.tolerance 1e-2 1e-2
              hasStepsOf p
              let one = (Sde.integrator p).Step()
              raises<InputException> [ "Integrator.At"; "noise" ] (fun () -> one.At(0.5 * one.T) |> ignore) |> ignore)

          testCase "a step does not change the integrator before it" (fun () ->
              let i = Ode.integrator (problem ())
              let a, b = i.Step(), i.Step()
              Expect.equal (i.T, i.Stats.Steps) (0.0, 0) "the start"
              Expect.equal (a.Y.ToArray()) (b.Y.ToArray()) "the same step taken twice"
              Expect.isTrue (a.T > 0.0 && a.Stats.Steps = 1) $"Got {a}")

          testCase "At is the interpolant of the last step" (fun () ->
              let p = problem () |> Ode.dt 0.25
              let dense = p |> Ode.solve
              let steps = run p

              for before, i in List.pairwise steps do
                  for share in [ 0.0; 0.3; 0.9; 1.0 ] do
                      let t = before.T + share * (i.T - before.T)
                      let difference = float (amax (abs (i.At t - dense.At t)))
                      Expect.isTrue (difference < 1e-14) $"at {t}: got a difference of {difference}")

          testCase
              "With changes the state: the solve continues from there, and the method restarts its history"
              (fun () ->
                  for m in [ Tsit5; Heun; BDF2; Kvaerno3; AsynchronousLeapfrog ] do
                      let p = problem () |> Ode.using m |> Ode.dt 0.1
                      let mutable i = Ode.integrator p

                      for _ in 1..5 do
                          i <- i.Step()

                      let y = tensor [ 2.0; 0.5 ]
                      let changed = i.With y
                      Expect.equal (changed.T, changed.Stats.Steps) (i.T, 5) m.Name
                      let one = changed.Step()

                      let right =
                          Ode.problem lotkaVolterra y (i.T, i.T + 0.1) |> Ode.using m |> Ode.dt 0.1 |> Ode.solveFinal

                      let difference = float (amax (abs (one.Y - right)))
                      // an implicit step starts from the previous Jacobian, and ends its iteration when the residual is
                      // below the tolerance
                      let allowed = if m.Stepper.IsImplicit then 1e-6 else 1e-13
                      Expect.isTrue (difference < allowed) $"{m.Name}: got a difference of {difference}")

          testCase "a control that is constant between its times: a thermostat by hand" (fun () ->
              // x' = u − x with u = 1 below 0.5 and 0 above, read after each step
              let heat u = Ode.problem (fun _t x -> u - x) (tensor [ 0.0 ]) (0.0, 100.0) |> Ode.dt 0.01
              let mutable x, switches, u = tensor [ 0.0 ], 0, 1.0

              for _ in 1..300 do
                  let i = (Ode.integrator (heat (scalar u) |> fun p -> { p with Y0 = x })).Step()
                  x <- i.Y
                  let next = if float x[0] < 0.5 then 1.0 else 0.0
                  if next <> u then switches <- switches + 1
                  u <- next

              Expect.isTrue (switches > 100 && abs (float x[0] - 0.5) < 0.01) $"Got {switches} switches, x = {x}")

          testCase "trees as states" (fun () ->
              let p = Ode.problem (fun _ (a: Tensor, b: Tensor) -> b, -a) (scalar 1.0, scalar 0.0) (0.0, 1.0)
              let i = run p |> List.last
              Expect.isTrue (abs (float (fst i.Y) - cos 1.0) < 1e-5) $"Got {i.Y}")

          testCase "a solve that cannot continue is done, and reports the reason" (fun () ->
              let p = Ode.problem (fun _ y -> y * y) (tensor [ 1.0 ]) (0.0, 2.0)
              let i = run p |> List.last
              Expect.isTrue (i.Status = Some StepTooSmall || i.Status = Some NonFinite) $"Got {i.Status}"
              Expect.isTrue (abs (i.T - 1.0) < 1e-3) $"Got t = {i.T}"
              raises<InputException> [ "Integrator.Step"; "has ended" ] (fun () -> i.Step() |> ignore) |> ignore
              let few = run (problem () |> Ode.maxSteps 3) |> List.last
              Expect.equal (few.Status, few.Stats.Steps) (Some MaxStepsReached, 3) "maxSteps")

          testCase "unsupported options are refused" (fun () ->
              let p = problem ()
              raises<InputException> [ "Ode.integrator"; "perSample" ] (fun () ->
                  Ode.problem lotkaVolterra (ones [ 2; 2 ]) (0.0, 1.0) |> Ode.perSample |> Ode.integrator |> ignore)
              |> ignore
              raises<InputException> [ "Ode.integrator"; "output times" ] (fun () ->
                  p |> Ode.saveAt (tensor [ 1.0 ]) |> Ode.integrator |> ignore)
              |> ignore
              raises<InputException> [ "Ode.integrator"; "Ode.progress" ] (fun () ->
                  p |> Ode.progress ignore |> Ode.integrator |> ignore)
              |> ignore
              raises<TraceException> [ "Ode.integrator"; "Ode.solve" ] (fun () ->
                  grad
                      (fun y -> sum ((Ode.integrator (Ode.problem lotkaVolterra y (0.0, 1.0))).Step().Y))
                      (ones [ 2 ])
                  |> ignore)
              |> ignore
              let i = (Ode.integrator p).Step()
              raises<InputException> [ "Integrator.At"; "last step" ] (fun () -> i.At 1.9 |> ignore) |> ignore
              raises<ShapeException> [ "Integrator.With"; "[3]" ] (fun () -> i.With(ones [ 3 ]) |> ignore) |> ignore
              use source = new System.Threading.CancellationTokenSource()
              let j = Ode.integrator (p |> Ode.cancel source.Token)
              source.Cancel()
              Expect.throwsT<System.OperationCanceledException> (fun () -> j.Step() |> ignore) "cancelled") ]

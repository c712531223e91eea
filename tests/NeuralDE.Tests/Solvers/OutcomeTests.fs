/// The types of states, and the reports of a solve: progress, statistics, failures, samples.
module NeuralDE.Tests.Solvers.OutcomeTests

open System
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private everyMethod () = every odeSolvers

let private eachWay () = methodsAndDirections ()

// ---- states ---------------------------------------------------------------------------------------------------------

type Nested = { Pair: Tensor * Tensor; More: Tensor list; Label: string }

let private shapes: (string * Tensor) list =
    [ "0-d", scalar 2.0
      "vector", tensor [ 1.0; 2.0 ]
      "matrix", reshape [ 2; 3 ] (linspace 1.0 2.0 6)
      "empty axis", zeros [ 0 ]
      "empty inner axis", zeros [ 2; 0; 3 ]
      "float32", tensor [ 1.0f; 2.0f ]
      "float32 0-d", scalar 2.0f ]

let private shapeCases () =
    [ for solver in odeSolvers do
          for name, _ in shapes -> solver.Name, name ]

let private lateCases () =
    [ for solver in odeSolvers do
          for direction in directions -> solver.Name, direction ]

// ---- progress and cancellation --------------------------------------------------------------------------------------

let private progressCases () =
    [ for direction in directions do
          for isBatch in [ false; true ] do
              for isFixed in [ false; true ] -> direction, isBatch, isFixed ]

/// A field that cancels a token at its n-th evaluation.
let private cancelling (source: CancellationTokenSource) n =
    let evaluations = ref 0

    fun (_: Tensor) (u: Tensor) ->
        u
        |> dynamic u (fun (u: Tensor) ->
            evaluations.Value <- evaluations.Value + 1
            if evaluations.Value = n then source.Cancel()
            -0.5 * u)

// ---- statistics -----------------------------------------------------------------------------------------------------

let private ways: (string * (OdeProblem<Tensor> -> OdeProblem<Tensor>)) list =
    [ "the end", id
      "outputs", Ode.saveAt (tensor [ 0.1; 0.11; 1.0; 2.0 ])
      "one output", Ode.saveAt (tensor [ 0.7 ])
      "steps", Ode.saveSteps 1
      "jumps", Ode.jumpAt [ -1.0; 0.0; 0.5; 1.5; 2.0; 7.0 ]
      "stops", Ode.stepAt [ -1.0; 0.5; 1.5 ]
      "a first step", Ode.dt0 0.1
      "a first step too long", Ode.dt0 5.0 ]

/// Methods that know their number of evaluations.
let private countCases () =
    [ for solver in odeSolvers |> List.filter (fun solver -> not solver.Stepper.Counts) do
          for name, _ in ways do
              for isFixed in [ true; false ] do
                  let isFirst = name.StartsWith "a first"
                  if (isFixed && not isFirst) || (not isFixed && solver.IsAdaptive) then solver.Name, name, isFixed ]

// ---- failures -------------------------------------------------------------------------------------------------------

/// The square root is NaN after t = 1.
let private breaking (y0: Tensor) = Ode.problem (fun t y -> -sqrt(1.0 - t) * y) y0 (0.0, 2.0)

let transforms: (string * (Tensor -> float[])) list =
    let final y = Ode.solveFinal (breaking y)

    [ "grad", (fun y -> grad (fun y -> sum (final y)) y |> numbers)
      "valueAndGrad", (fun y -> valueAndGrad (fun y -> sum (final y)) y |> snd |> numbers)
      "jvp", (fun y -> jvp final y y |> snd |> numbers)
      "vjp", (fun y -> vjp final y |> fst |> numbers)
      "vmap", (fun y -> vmap final y |> numbers)
      "jacobian", (fun y -> jacobian final y |> numbers)
      "hessian", (fun y -> hessian (fun y -> sum (square (final y))) y |> numbers)
      "jvp, its tangent only", (fun y -> compile (fun y -> snd (jvp final y y)) y |> numbers)
      "vjp, its pullback only", (fun y -> snd (vjp final y) y |> numbers)
      "vmap of vmap", (fun y -> vmap (vmap final) (stack [ y; y ]) |> numbers)
      "vmap of jacobian", (fun y -> vmap (jacobian final) (stack [ y; y ]) |> numbers)
      "vmap with a parameter",
      (fun y ->
          let k = tensor [ 1.0; 0.5; 0.2 ]
          let p y = Ode.problem (fun t (y: Tensor) -> -sqrt(1.0 - t) * y * sum k) y (0.0, 2.0)
          vmap (fun y -> Ode.solveFinal (p y)) y |> numbers)
      "perSample with a parameter",
      (fun y ->
          let k = tensor [ 1.0; 0.5; 0.2 ]
          let p y = Ode.problem (fun t (y: Tensor) -> -sqrt(1.0 - t) * y * sum k) y (0.0, 2.0) |> Ode.perSample
          grad (fun y -> sum (Ode.solveFinal (p y))) y |> numbers)
      "vmap of perSample",
      (fun y -> vmap (fun y -> breaking y |> Ode.perSample |> Ode.solveFinal) (stack [ y; y ]) |> numbers)
      "compile", (fun y -> compile final y |> numbers)
      "grad of vmap", (fun y -> grad (fun y -> sum (vmap final y)) y |> numbers)
      "vmap of grad", (fun y -> vmap (grad final) y |> numbers)
      "grad of dense output", (fun y -> grad (fun y -> sum ((Ode.solve (breaking y)).At 0.5)) y |> numbers)
      "grad of outputs",
      (fun y -> grad (fun y -> breaking y |> Ode.saveAt (tensor [ 0.5; 1.5 ]) |> Ode.solveYs |> sum) y |> numbers)
      "grad by Backsolve",
      (fun y -> grad (fun y -> breaking y |> Ode.gradient Backsolve |> Ode.solveFinal |> sum) y |> numbers) ]

let private transformCases () = transforms |> List.map (fun (name, _) -> name)

// ---- samples --------------------------------------------------------------------------------------------------------

let private swing (t: Tensor) (y: Tensor) = stack [ y[1]; -9.0 * sin y[0] - 0.1 * y[1] + cos t ]

let private swings = [ [ 0.1; 0.0 ]; [ 3.0; 2.0 ]; [ -1.0; 30.0 ]; [ 0.0; 0.0 ]; [ 2.0; -5.0 ] ]

// ---- the time of a jump as a parameter --------------------------------------------------------------------------------

[<Tests>]
let tests =
    testList
        "Solvers.Outcome"
        [ testList
              "States of any structure give the numbers of their leaves"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let leaf (y0: float) =
                            decay (tensor [ y0 ]) 0.0 2.0
                            |> by solver
                            |> Ode.dt 0.05
                            |> Ode.saveAt (tensor [ 1.0; 2.0 ])
                        let expected =
                            [ 1.0; 2.0; 3.0 ]
                            |> List.collect (fun y0 -> List.ofArray (numbers (Ode.solveYs (leaf y0))))
                        let a, b, c = tensor [ 1.0 ], tensor [ 2.0 ], tensor [ 3.0 ]

                        let check name (field: Tensor -> 'S -> 'S) (y0: 'S) =
                            let p =
                                Ode.problem field y0 (0.0, 2.0)
                                |> by solver
                                |> Ode.dt 0.05
                                |> Ode.saveAt (tensor [ 1.0; 2.0 ])
                            same $"{solver}: {name}" expected (all (Ode.solveYs p))

                        let half (x: Tensor) = -0.5 * x
                        check "tuple" (fun _ (x, y, z) -> half x, half y, half z) (a, b, c)
                        check
                            "struct tuple"
                            (fun _ (struct (x, y, z)) -> struct (half x, half y, half z))
                            (struct (a, b, c))
                        check "list" (fun _ xs -> List.map half xs) [ a; b; c ]
                        check "array" (fun _ xs -> Array.map half xs) [| a; b; c |]
                        check
                            "anonymous record"
                            (fun _ s -> {| X = half s.X; Y = half s.Y; Z = half s.Z |})
                            {| X = a; Y = b; Z = c |}

                        check
                            "nested record"
                            (fun _ (s: Nested) ->
                                { Pair = (half (fst s.Pair), half (snd s.Pair))
                                  More = List.map half s.More
                                  Label = s.Label })
                            { Pair = a, b; More = [ c ]; Label = "kept" }) ]

          testCase "Non-tensor fields of a state are kept" (fun () ->
              let start = { Pair = tensor [ 1.0 ], tensor [ 2.0 ]; More = []; Label = "kept" }
              let s = Ode.problem (fun _ (n: Nested) -> { n with Label = "lost" }) start (0.0, 1.0) |> Ode.solve
              Expect.equal s.Y1.Label "kept" "s.Y1.Label")

          testList
              "States of any shape and float type are solved"
              [ for solver, name in shapeCases () do
                    testCase $"{solver}, {name}" (fun () ->
                        let y0 = shapes |> List.find (fst >> (=) name) |> snd
                        let s = decay y0 0.0 2.0 |> by solver |> Ode.saveAt (tensor [ 0.0; 1.0; 2.0 ]) |> Ode.solve
                        Expect.equal s.Ys.Shape (Array.append [| 3 |] y0.Shape) "s.Ys.Shape"
                        Expect.equal s.Y1.Dtype y0.Dtype "s.Y1.Dtype"
                        Expect.equal s.Ts.Dtype Float64 "s.Ts.Dtype"
                        let bound = if solver = "Euler" then 0.02 else 1e-4
                        within
                            bound
                            $"{solver}, {name}"
                            (numbers y0 |> Array.map (fun y -> y * exp -1.0))
                            (numbers s.Y1)
                        let gradient = grad (fun y -> decay y 0.0 2.0 |> by solver |> Ode.solveFinal |> sum) y0
                        Expect.equal gradient.Shape y0.Shape "gradient.Shape"
                        within
                            bound
                            $"{solver}, {name}: gradient"
                            (numbers y0 |> Array.map (fun _ -> exp -1.0))
                            (numbers gradient)) ]

          testList
              "A state of float32 and float64 keeps both dtypes"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        for isFirst32 in [ true; false ] do
                            let single, double = tensor [ 1.0f ], tensor [ 1.0 ]
                            let y0 = if isFirst32 then [ single; double ] else [ double; single ]
                            let field (t: Tensor) (ys: Tensor list) = ys |> List.map (fun y -> -y * cast y.Dtype t)
                            let s =
                                Ode.problem field y0 (0.0, 1.0)
                                |> by solver
                                |> Ode.saveAt (tensor [ 0.5; 1.0 ])
                                |> Ode.solve
                            Expect.equal (s.Ys |> List.map _.Dtype) (y0 |> List.map _.Dtype) "s.Ys |> List.map _.Dtype"
                            let bound = if solver = "Euler" then 0.03 else 1e-3
                            let expected = [ exp -0.125; exp -0.5 ]
                            for y in s.Ys do
                                within bound $"{solver}" expected (numbers y)) ]

          testList
              "At t = 1e6 the time of a float32 solve is float64"
              [ for solver, direction in lateCases () do
                    testCase $"{solver}, {direction}" (fun () ->
                        // float32 has steps of 0.0625 there
                        let t0, t1 = 1e6, 1e6 + direction
                        let p =
                            Ode.problem (fun _ y -> -direction * y) (tensor [ 1.0f ]) (t0, t1)
                            |> Ode.using (methodNamed solver)
                        let s = p |> Ode.dt 0.01 |> Ode.saveAt (tensor [ 1e6 + 0.503 * direction; t1 ]) |> Ode.solve
                        same "steps" [ 100.0 ] [ float s.Stats.Steps ]
                        same "the time reached" [ t1 ] (numbers s.LastTime)
                        let bound =
                            (match solver with
                             | "Euler" -> 5e-3
                             | "BDF2" -> 5e-5
                             | _ -> 2e-5)
                        within bound $"{solver}" [ exp -0.503; exp -1.0 ] (numbers s.Ys)

                        if p.Solver.IsAdaptive then
                            let s = p |> Ode.tolerance 1e-4 1e-4 |> Ode.solve
                            within 1e-3 $"{solver}, adaptive" [ exp -1.0 ] (numbers s.Y1)) ]

          testList
              "Progress increases and ends at 1"
              [ for direction, isBatch, isFixed in progressCases () do
                    testCase $"{direction}, {isBatch}, {isFixed}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.5, 3.0 else 3.0, 0.5
                        let reports = ResizeArray<SolveProgress>()
                        let p = decay (tensor [ [ 1.0 ]; [ 300.0 ] ]) t0 t1 |> (if isBatch then Ode.perSample else id)
                        let s = p |> (if isFixed then Ode.dt 0.2 else id) |> Ode.progress reports.Add |> Ode.solve
                        let fractions = reports |> Seq.map _.Fraction |> Seq.toArray
                        same "in order" (Array.sort fractions) fractions
                        same "the last" [ 1.0; t1 ] [ Array.last fractions; reports[reports.Count - 1].Time ]
                        same "the first" [ 0.0; t0 ] [ fractions[0]; reports[0].Time ]
                        let last = reports[reports.Count - 1]
                        if not isBatch then
                            Expect.equal
                                (last.Steps, last.Rejected)
                                (s.Stats.Steps, s.Stats.Rejected)
                                "(last.Steps, last.Rejected)"
                        Expect.isTrue
                            (reports.Count >= last.Steps)
                            $"got {reports.Count} reports, expected one per step") ]

          testList
              "Progress of samples is that of the sample with the longest way to go"
              [ for direction in directions do
                    testCase $"{direction}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.5, 3.0 else 3.0, 0.5
                        let reports = ResizeArray<SolveProgress>()

                        // the value and its rate
                        Ode.problem
                            (fun _ (y: Tensor) -> stack [ -direction * y[0] * y[1]; scalar 0.0 ])
                            (tensor [ [ 1.0; 1.0 ]; [ 1.0; 50.0 ] ])
                            (t0, t1)
                        |> Ode.perSample
                        |> Ode.progress reports.Add
                        |> Ode.solve
                        |> ignore

                        // the slow sample is at t1 long before
                        let last = reports[reports.Count - 1]
                        let halfway = reports |> Seq.filter (fun r -> 2 * r.Steps <= last.Steps) |> Seq.last
                        Expect.isTrue
                            (halfway.Fraction < 0.9 && direction * (t1 - halfway.Time) > 0.1)
                            $"got the fraction {string halfway.Fraction} after half of the steps, expected less than 0.9") ]

          testList
              "A cancelled solve returns the results up to there"
              [ for isBatch in [ false; true ] do
                    testCase $"{isBatch}" (fun () ->
                        use source = new CancellationTokenSource()
                        let p = decay (tensor [ [ 1.0 ]; [ 2.0 ] ]) 0.0 10.0 |> (if isBatch then Ode.perSample else id)
                        let p = p |> Ode.using RK4 |> Ode.dt 0.1 |> Ode.saveAt (tensor [ 0.25; 0.45; 5.0 ])
                        let stopAtFive (report: SolveProgress) = if report.Steps = 5 then source.Cancel()
                        let p = p |> Ode.progress stopAtFive |> Ode.cancel source.Token
                        let s = Ode.trySolve p
                        Expect.equal s.Status Cancelled "s.Status"
                        within
                            1e-12
                            "the time reached"
                            (if isBatch then [ 0.5; 0.5 ] else [ 0.5 ])
                            (numbers s.LastTime)
                        within 1e-5 "the state reached" [ exp -0.25; 2.0 * exp -0.25 ] (numbers s.LastState)
                        let y a = exp (-0.5 * a)

                        let expected =
                            if isBatch then
                                [ y 0.25; y 0.45; nan; 2.0 * y 0.25; 2.0 * y 0.45; nan ]
                            else
                                [ y 0.25; 2.0 * y 0.25; y 0.45; 2.0 * y 0.45; nan; nan ]

                        within 1e-5 "outputs" expected (numbers s.Ys)
                        use again = new CancellationTokenSource()
                        let stop (report: SolveProgress) = if report.Steps = 5 then again.Cancel()
                        let p = p |> Ode.progress stop |> Ode.cancel again.Token
                        let error =
                            raises<SolveCancelledException> [ "Cancelled"; "t = 0.5" ] (fun () ->
                                Ode.solve p |> ignore)
                        Expect.equal error.Failure.Status Cancelled "error.Failure.Status"
                        Expect.isTrue (box error :? OperationCanceledException) "the exception type that .NET expects"

                        match error.Ys with
                        | :? Tensor as ys -> same "the outputs up to there" (numbers s.Ys) (numbers ys)
                        | _ -> failtest "got no states, expected those that were reached") ]

          testCase "A solve cancelled before its start ends at once" (fun () ->
              use source = new CancellationTokenSource()
              source.Cancel()
              let s =
                  decay (tensor [ 1.0 ]) 0.0 10.0
                  |> Ode.using RK4
                  |> Ode.dt 0.001
                  |> Ode.cancel source.Token
                  |> Ode.trySolve
              Expect.equal s.Status Cancelled "s.Status"
              Expect.equal s.Stats.Steps 0 "s.Stats.Steps"
              same "the state" [ 1.0 ] (numbers s.LastState))

          testCase "A token applies inside a compiled function, and not to another call of it" (fun () ->
              use source = new CancellationTokenSource()
              let field = cancelling source 20
              let final =
                  compile (fun y0 -> Ode.problem field y0 (0.0, 10.0) |> Ode.using RK4 |> Ode.dt 0.1 |> Ode.solveFinal)
              let run () = Engine.cancellable source.Token (fun () -> final (tensor [ 1.0 ]))
              let error = raises<SolveCancelledException> [ "Cancelled" ] (fun () -> run () |> ignore)
              Expect.equal error.Failure.Status Cancelled "error.Failure.Status"
              Expect.equal error.CancellationToken source.Token "the caller's token"
              // without the token, and on another thread, the call succeeds
              within 1e-4 "the state" [ exp -5.0 ] (numbers (final (tensor [ 1.0 ])))
              raises<SolveCancelledException> [ "Cancelled" ] (fun () -> run () |> ignore) |> ignore)

          testCase "A solve with its own token does not make another graph" (fun () ->
              let solve () =
                  use source = new CancellationTokenSource()

                  decay (tensor [ 1.0 ]) 0.0 1.0
                  |> Ode.progress (fun p -> if p.Steps > 100000 then source.Cancel())
                  |> Ode.cancel source.Token
                  |> Ode.solve
                  |> ignore

              solve ()
              let before = NeuralDE.Internal.Graph.Counters.Created
              solve ()
              Expect.equal NeuralDE.Internal.Graph.Counters.Created before "NeuralDE.Internal.Graph.Counters.Created")

          testList
              "The number of evaluations is exact"
              [ for solver, name, isFixed in countCases () do
                    testCase $"{solver}, {name}, {isFixed}" (fun () ->
                        let recorder = Recorder()
                        let field = recorder.Watch(fun t y -> sin (4.0 * t) - y * y)
                        let way = ways |> List.find (fst >> (=) name) |> snd
                        let p =
                            Ode.problem field (tensor [ [ 1.0 ]; [ 0.2 ] ]) (0.0, 2.0)
                            |> Ode.using (methodNamed solver)
                            |> way
                        let s = (if isFixed then Ode.dt 0.3 p else p) |> Ode.solve
                        same $"{solver}, {name}: evaluations" [ float recorder.Count ] [ float s.Stats.Evaluations ]) ]

          testList
              "With perSample, the evaluations are those of each sample's own solve"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let p (y: Tensor) =
                            Ode.problem (fun t y -> sin (4.0 * t) - y * y) y (0.0, 2.0)
                            |> by solver
                            |> Ode.saveAt (tensor [ 0.3; 1.9 ])

                        let y0 = tensor [ [ 1.0 ]; [ 0.2 ]; [ 5.0 ] ]
                        let own = [ for i in 0..2 -> (Ode.solve (p y0[i])).Stats ]
                        let sums =
                            own
                            |> List.map (fun s -> [ s.Steps; s.Rejected; s.Evaluations ])
                            |> List.transpose
                            |> List.map List.sum
                        let s = (p y0 |> Ode.perSample |> Ode.solve).Stats
                        Expect.equal
                            [ s.Steps; s.Rejected; s.Evaluations ]
                            sums
                            "[ s.Steps; s.Rejected; s.Evaluations ]") ]

          testCase "The exception has status, time and the trajectory up to there" (fun () ->
              let p = breaking (tensor [ 1.0; 2.0 ]) |> Ode.saveAt (tensor [ 0.0; 0.5; 1.5 ])
              let error =
                  raises<SolveException> [ "t = 1"; "NonFinite"; "component 0"; "Check for" ] (fun () ->
                      Ode.solve p |> ignore)
              Expect.equal error.Status NonFinite "error.Status"
              within 1e-6 "time" [ 1.0 ] [ error.Time ]
              same "times" [ 0.0; 0.5; 1.5 ] (numbers error.Ts.Value)

              let ys =
                  match error.Ys with
                  | :? Tensor as ys -> numbers ys
                  | other -> failwith $"got {other}, expected a tensor"

              let at t = exp (2.0 / 3.0 * ((1.0 - t) ** 1.5 - 1.0))
              within 1e-5 "states" [ 1.0; 2.0; at 0.5; 2.0 * at 0.5; nan; nan ] ys
              Expect.isTrue (error.Stats.Steps > 3 && error.Stats.Rejected > 3) $"got {error.Stats}"
              let s = Ode.trySolve p
              Expect.equal s.Failure.Value.Message error.Message "s.Failure.Value.Message"
              same "trySolve returns the same values" ys (numbers s.Ys))

          testCase "Steps saved before a failure are kept" (fun () ->
              let s =
                  breaking (tensor [ 1.0 ])
                  |> Ode.using RK4
                  |> Ode.dt 0.25
                  |> Ode.saveSteps 1
                  |> Ode.saveEnd
                  |> Ode.trySolve
              same "times" [ 0.25; 0.5; 0.75; 1.0; 2.0 ] (numbers s.Ts)
              Expect.isTrue (Double.IsNaN(float s.Ys[-1, 0])) $"got {s.Ys}, expected NaN at the end")

          testList
              "A failure inside a transform is raised at the end of the run"
              [ for name in transformCases () do
                    testCase name (fun () ->
                        let run = transforms |> List.find (fst >> (=) name) |> snd
                        let error =
                            raises<SolveException> [ "NonFinite" ] (fun () -> run (tensor [ 1.0; 2.0 ]) |> ignore)
                        Expect.equal error.Status NonFinite "error.Status"
                        within 1e-4 $"{name}: time" [ 1.0 ] [ error.Time ]) ]

          testCase "A compiled function that failed once runs with other numbers" (fun () ->
              let f =
                  compile (fun (y: Tensor) ->
                      Ode.problem (fun _ y -> y * y) y (0.0, 1.0) |> Ode.tolerance 1e-9 1e-9 |> Ode.solveFinal)
              let at (y0: float) = f (tensor [ y0 ])
              within 1e-6 "before" [ 1.0 ] (numbers (at 0.5))
              let error = Expect.thrown<SolveException>(fun () -> at 2.0 |> ignore)
              within 1e-3 "time of the blow-up" [ 0.5 ] [ error.Time ]
              within 1e-6 "after" [ 1.0 ] (numbers (at 0.5)))

          testList
              "The bits of a sample do not depend on the rest of the batch"
              [ for solver, direction in eachWay () do
                    testCase $"{solver}, {direction}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.0, 1.5 else 1.5, 0.0
                        let times = tensor [ t0; 0.4 + 0.5 * t0; t1 ]
                        let p y = Ode.problem swing y (t0, t1) |> by solver |> Ode.saveAt times
                        let s = p (tensor swings) |> Ode.perSample |> Ode.solve
                        let reordered = p (tensor (List.rev swings)) |> Ode.perSample |> Ode.solve

                        for i, y0 in List.indexed swings do
                            let own = p (tensor y0) |> Ode.solve
                            let alone = p (tensor [ y0 ]) |> Ode.perSample |> Ode.solve
                            let what = $"{solver}, sample {i}"
                            same $"{what} against its own solve" (numbers own.Ys) (numbers s.Ys[i])
                            same $"{what} against a batch of one" (numbers alone.Ys[0]) (numbers s.Ys[i])
                            same
                                $"{what} against another order"
                                (numbers reordered.Ys[swings.Length - 1 - i])
                                (numbers s.Ys[i])
                            let counts (a: Tensor) (b: Tensor) i = [ (numbers a)[i]; (numbers b)[i] ]
                            same
                                $"{what}: steps"
                                (counts own.Steps own.RejectedSteps 0)
                                (counts s.Steps s.RejectedSteps i)) ]

          testList
              "Each sample has its own times"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let y0, t0, t1 =
                            tensor swings, tensor [ 0.0; 1.0; 2.0; 0.5; 1.5 ], tensor [ 1.0; 0.0; 2.0; 1.7; -0.4 ]
                        let shares = tensor [ 0.0; 0.3; 1.0 ]
                        let times = stack [ for a, b in Seq.zip (numbers t0) (numbers t1) -> a + (b - a) * shares ]

                        let s =
                            Ode.problem swing y0 (t0, t1)
                            |> by solver
                            |> Ode.perSample
                            |> Ode.stepAt [ 0.8; 0.2 ]
                            |> Ode.jumpAt [ 0.6 ]
                            |> Ode.saveAt times
                            |> Ode.solve

                        same "output times" (numbers times) (numbers s.Ts)
                        same "times reached" (numbers t1) (numbers s.LastTime)

                        for i, y0 in List.indexed swings do
                            let own =
                                Ode.problem swing (tensor y0) ((numbers t0)[i], (numbers t1)[i])
                                |> by solver
                                |> Ode.stepAt [ 0.8; 0.2 ]
                                |> Ode.jumpAt [ 0.6 ]
                                |> Ode.saveAt times[i]
                                |> Ode.solve

                            same $"{solver}, sample {i}" (numbers own.Ys) (numbers s.Ys[i])
                            same $"{solver}, sample {i}: y(t1)" (numbers own.Y1) (numbers s.Y1[i])) ]

          testList
              "One step size for a batch fits its most difficult sample only"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let p =
                            Ode.problem
                                (fun _ (y: Tensor) -> -0.1 * y ** 3.0)
                                (tensor [ [ 4.0 ]; [ 0.001 ] ])
                                (0.0, 1.0)
                            |> by solver
                        let joint, own = Ode.solve p, p |> Ode.perSample |> Ode.solve
                        Expect.equal joint.Steps.Shape [||] "joint.Steps.Shape"
                        Expect.equal own.Steps.Shape [| 2 |] "own.Steps.Shape"
                        if p.Solver.IsAdaptive then
                            let steps = numbers own.Steps
                            Expect.isTrue
                                (steps[1] < steps[0])
                                $"{solver}: got {text steps} steps, expected fewer for the easy sample") ]

          testList
              "A failing sample does not change the results and gradients of the others"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        // the second sample leaves the domain of the root at t = 0.51, where no constant step ends
                        let field (t: Tensor) (y: Tensor) = stack [ -sqrt(y[1] - t) * y[0]; 0.0 * y[1] ]
                        let p (y: Tensor) = Ode.problem field y (0.0, 1.0) |> by solver
                        let y0 = tensor [ [ 1.0; 2.0 ]; [ 1.0; 0.51 ]; [ 3.0; 4.0 ] ]
                        let s = p y0 |> Ode.perSample |> Ode.trySolve
                        Expect.equal s.Statuses [| Success; NonFinite; Success |] "s.Statuses"
                        Expect.equal s.Failure.Value.Sample (Some 1) "s.Failure.Value.Sample"
                        same "the failed sample" [ nan; nan ] (numbers s.Y1[1])
                        let final y = (p y |> Ode.perSample |> Ode.trySolve).Y1 |> sum
                        let gradient = grad final y0
                        same "the gradient of the failed sample" [ 0.0; 0.0 ] (numbers gradient[1])

                        for i in [ 0; 2 ] do
                            same $"{solver}, sample {i}" (numbers (p y0[i] |> Ode.solve).Y1) (numbers s.Y1[i])
                            let own = grad (fun y -> p y |> Ode.solveFinal |> sum) y0[i]
                            within 1e-13 $"{solver}, gradient of sample {i}" (numbers own) (numbers gradient[i])) ]

          testCase "A failing sample raises an exception with its index and all samples' results" (fun () ->
              let field (t: Tensor) (y: Tensor) = -sqrt(y[1] - t) * stack [ y[0]; 0.0 * y[1] ]
              let p = Ode.problem field (tensor [ [ 1.0; 2.0 ]; [ 1.0; 0.5 ] ]) (0.0, 1.0) |> Ode.perSample
              let error = raises<SolveException> [ "sample 1"; "t = 0.5" ] (fun () -> Ode.solve p |> ignore)
              Expect.equal error.Failure.Sample (Some 1) "error.Failure.Sample"
              within 1e-4 "time" [ 0.5 ] [ error.Time ])

          testList
              "Gradients with perSample are those of each sample's own solve"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let p y = Ode.problem swing y (0.0, 1.5) |> by solver
                        let batch =
                            grad (fun y -> (p y |> Ode.perSample |> Ode.solve).Y1 |> square |> sum) (tensor swings)

                        for i, y0 in List.indexed swings do
                            let own = grad (fun y -> (p y |> Ode.solve).Y1 |> square |> sum) (tensor y0)
                            relative 1e-13 $"{solver}, sample {i}" (numbers own) (numbers batch[i])) ]

          testCase "Derivatives by the time of a jump agree with differences" (fun () ->
              let y1 (tau: Tensor) =
                  let leg (y0: Tensor) (force: float) (t0: Tensor) (t1: Tensor) =
                      Ode.problem (fun _ y -> -y + force) y0 (t0, t1) |> Ode.tolerance 1e-12 1e-12 |> Ode.solveFinal

                  leg (leg (scalar 0.2) 0.0 (scalar 0.0) tau) 1.0 tau (scalar 1.0)

              let h = 1e-4
              let difference = (float (y1 (scalar (0.5 + h))) - float (y1 (scalar (0.5 - h)))) / (2.0 * h)
              within 1e-7 "dy(1)/dτ" [ difference ] (numbers (grad y1 (scalar 0.5)))) ]

/// Every option of a solve: outputs, interval, step sizes and norm.
module NeuralDE.Tests.Solvers.OptionTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private everyMethod () = every odeSolvers

/// The methods that are stable for decaying solutions.
let private damped = List.filter ((<>) "AsynchronousLeapfrog")

let private eachWay () = methodsAndDirections ()

// ---- output times ---------------------------------------------------------------------------------------------------

let private timeLists =
    [ "with both ends", [ 0.0; 0.3; 1.1; 2.0 ]
      "repeated", [ 0.0; 0.0; 0.7; 0.7; 0.7; 2.0; 2.0 ]
      "single", [ 1.3 ]
      "only the start", [ 0.0 ]
      "only the end", [ 2.0 ]
      "none", []
      "many in one step", List.init 50 (fun i -> 0.5 + 0.001 * float i) ]

let private timeCases () =
    [ for solver in odeSolvers do
          for name, _ in timeLists do
              for direction in directions -> solver.Name, name, direction ]

let private startAndEnd () =
    [ for start in [ false; true ] do
          for isEnd in [ false; true ] -> start, isEnd ]

// ---- every n-th step ------------------------------------------------------------------------------------------------

let private stepLists =
    [ 1, [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0; 7.0 ]; 2, [ 2.0; 4.0; 6.0 ]; 3, [ 3.0; 6.0 ]; 7, [ 7.0 ]; 8, [] ]

let private stepCases () =
    [ for n, _ in stepLists do
          for start in [ false; true ] do
              for isEnd in [ false; true ] -> n, start, isEnd ]

// ---- dense output ---------------------------------------------------------------------------------------------------

// ---- intervals ------------------------------------------------------------------------------------------------------

// ---- the size and number of steps -------------------------------------------------------------------------------------

let private adaptiveMethods () = every adaptive

// ---- controllers ----------------------------------------------------------------------------------------------------

/// Accepted and rejected steps of an independent implementation: Tsit5, I control, Hairer's first step, tolerances 1e-8.
let private budgets =
    [ "A1", 52, 0
      "A2", 26, 0
      "A3", 149, 41
      "A4", 31, 4
      "A5", 27, 0
      "B1", 270, 52
      "B2", 60, 0
      "B3", 56, 0
      "B4", 205, 7
      "B5", 145, 21
      "D1", 203, 11
      "D2", 215, 30
      "D3", 243, 50
      "D4", 297, 73
      "D5", 409, 109
      "E1", 130, 2
      "E2", 320, 60
      "E3", 254, 41
      "E4", 19, 1
      "E5", 28, 8 ]

let private budgetCases () = budgets |> List.map (fun (name, steps, rejected) -> name, steps, rejected)

let private orbits () = [ for k in 1..5 -> $"D{k}" ]

let controllers =
    [ "integral", StepController.integral
      "proportionalIntegral", StepController.proportionalIntegral
      "pid .4 .3 0", StepController.pid 0.4 0.3 0.0
      "pid .2 .4 0", StepController.pid 0.2 0.4 0.0
      "pid .25 .25 .25", StepController.pid 0.25 0.25 0.25 ]

let private controllerCases () =
    [ for name, _ in controllers do
          for problem in [ "A3"; "B1"; "E2" ] -> name, problem ]

// ---- norms ----------------------------------------------------------------------------------------------------------

type Split = { Hard: Tensor; Easy: Tensor }

let private hard = caseNamed "E2"
let private split (easy: int) =
    let start = { Hard = tensor hard.Y0; Easy = zeros [ easy ] }
    Ode.problem (fun t s -> { Hard = hard.Field t s.Hard; Easy = 0.0 * s.Easy }) start (hard.T0, hard.T1)

[<Tests>]
let tests =
    testList
        "Solvers.Option"
        [ testList
              "Outputs are the states at the requested times"
              [ for solver, list, direction in timeCases () do
                    testCase $"{solver}, {list}, {direction}" (fun () ->
                        let forward = timeLists |> List.find (fst >> (=) list) |> snd
                        let times = if direction > 0.0 then forward else List.rev forward
                        let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
                        let s =
                            decay (tensor [ 1.0; -3.0 ]) t0 t1 |> by solver |> Ode.saveAt (tensor times) |> Ode.solve
                        Expect.equal s.Ys.Shape [| times.Length; 2 |] "s.Ys.Shape"
                        same "times" times (numbers s.Ts)
                        let expected =
                            times |> List.collect (fun t -> let y = exp (-0.5 * (t - t0)) in [ y; -3.0 * y ])
                        let bound =
                            match solver with
                            | "Euler" -> 0.1
                            | "BDF2"
                            | "Rosenbrock23" -> 1e-3 // order 2, with larger constants than the explicit ones'
                            | _ -> 2e-4
                        within bound $"{solver}, {list}" expected (numbers s.Ys)

                        for i, t in List.indexed times do
                            if t = t0 then same "the row at t0" [ 1.0; -3.0 ] (numbers s.Ys[i])
                            if t = t1 then same "the row at t1" (numbers s.Y1) (numbers s.Ys[i])) ]

          testList
              "Outputs do not change the steps"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let p = decay (tensor [ 1.0 ]) 0.0 2.0 |> by solver
                        let plain, dense = Ode.solve p, p |> Ode.saveAt (linspace 0.0 2.0 30) |> Ode.solve
                        same $"{solver}: y(t1)" (numbers plain.Y1) (numbers dense.Y1)
                        Expect.equal
                            (dense.Stats.Steps, dense.Stats.Rejected)
                            (plain.Stats.Steps, plain.Stats.Rejected)
                            "(dense.Stats.Steps, dense.Stats.Rejected)") ]

          testList
              "Start and end are before and after the times"
              [ for start, isEnd in startAndEnd () do
                    testCase $"{start}, {isEnd}" (fun () ->
                        let p = decay (tensor [ 1.0 ]) 0.0 2.0
                        let marked p =
                            p |> (if start then Ode.saveStart else id) |> (if isEnd then Ode.saveEnd else id)
                        let ends = [ if start then 0.0 ], [ if isEnd then 2.0 ]
                        let s = p |> Ode.saveAt (tensor [ 0.5; 1.0 ]) |> marked |> Ode.solve
                        same "with times" (fst ends @ [ 0.5; 1.0 ] @ snd ends) (numbers s.Ts)
                        let s = p |> marked |> Ode.solve
                        same "alone" (if start || isEnd then fst ends @ snd ends else [ 2.0 ]) (numbers s.Ts)
                        within 1e-5 "states" (numbers s.Ts |> Array.map (fun t -> exp (-0.5 * t))) (numbers s.Ys)) ]

          testList
              "Every n-th step is kept"
              [ for n, start, isEnd in stepCases () do
                    testCase $"{n}, {start}, {isEnd}" (fun () ->
                        let inner = stepLists |> List.find (fst >> (=) n) |> snd
                        let hasEnd = isEnd && not (List.contains 7.0 inner)
                        let expected = [ if start then 0.0 ] @ inner @ [ if hasEnd then 7.0 ]
                        let p =
                            Ode.problem (fun _ y -> -0.5 * y) (tensor [ 1.0; 2.0 ]) (0.0, 7.0)
                            |> Ode.using Euler
                            |> Ode.dt 1.0
                        let p =
                            p
                            |> Ode.saveSteps n
                            |> (if start then Ode.saveStart else id)
                            |> (if isEnd then Ode.saveEnd else id)
                        let s = Ode.solve p
                        same "times" expected (numbers s.Ts)
                        same "states" (expected |> List.collect (fun t -> [ 0.5 ** t; 2.0 * 0.5 ** t ])) (numbers s.Ys)
                        Expect.equal s.Ys.Shape [| expected.Length; 2 |] "s.Ys.Shape") ]

          testCase "Prescribed steps of Euler's method are exact" (fun () ->
              let on (times: float list) =
                  let t0, t1 = List.head times, List.last times

                  Ode.problem (fun _ y -> -y) (tensor [ 1.0 ]) (t0, t1)
                  |> Ode.using Euler
                  |> Ode.dt 100.0
                  |> Ode.stepAt times
                  |> Ode.saveSteps 1
                  |> Ode.saveStart
                  |> Ode.solve

              same "0, 1, 2" [ 1.0; 0.0; 0.0 ] (numbers (on [ 0.0; 1.0; 2.0 ]).Ys)
              same "five" [ 1.0; 0.5; 0.25; 0.125; 0.0625 ] (numbers (on [ 0.0; 0.5; 1.0; 1.5; 2.0 ]).Ys)
              same "backwards" [ 1.0; 1.5; 2.25; 3.375; 5.0625 ] (numbers (on [ 2.0; 1.5; 1.0; 0.5; 0.0 ]).Ys))

          testCase "Every n-th step of samples with unequal steps is padded with NaN" (fun () ->
              let p =
                  Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ]; [ 1.0 ] ]) (0.0, tensor [ 1.0; 2.0 ])
                  |> Ode.using Euler
              let s = p |> Ode.dt 0.5 |> Ode.perSample |> Ode.saveSteps 1 |> Ode.solve
              same "times" [ 0.5; 1.0; nan; nan; 0.5; 1.0; 1.5; 2.0 ] (numbers s.Ts)
              same "states" [ 0.5; 0.25; nan; nan; 0.5; 0.25; 0.125; 0.0625 ] (numbers s.Ys))

          testList
              "Dense output equals the saved states"
              [ for solver, direction in eachWay () do
                    testCase $"{solver}, {direction}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.3, 2.0 else 2.0, 0.3
                        let p = Circle.problem t0 t1 |> by solver
                        let times = List.init 11 (fun i -> t0 + (t1 - t0) * float i / 10.0)
                        let times = times[..9] @ [ t1 ]
                        let saved = numbers (p |> Ode.saveAt (tensor times) |> Ode.solveYs)
                        let s = Ode.solve p
                        same "at several times" saved (numbers (s.At(tensor times)))
                        same
                            "in any order"
                            (saved |> Array.chunkBySize 2 |> Array.rev |> Array.concat)
                            (numbers (s.At(tensor (List.rev times))))
                        same "at one time" saved[6..7] (numbers (s.At times[3]))
                        same "at a 0-d tensor" saved[6..7] (numbers (s.At(scalar times[3])))
                        let block = reshape [ 2; 3 ] (tensor times[1..6])
                        Expect.equal ((s.At block).Shape) [| 2; 3; 2 |] "(s.At block).Shape"
                        same "at a block of times" saved[2..13] (numbers (s.At block))
                        Expect.equal ((s.At(zeros [ 0 ])).Shape) [| 0; 2 |] "(s.At(zeros [ 0 ])).Shape") ]

          testList
              "Dense output in a trace has the field as its derivative"
              [ for solver, direction in eachWay () do
                    testCase $"{solver}, {direction}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
                        let at (k: Tensor) (t: Tensor) =
                            (Ode.problem (fun _ y -> k * y) (scalar 1.5) (t0, t1) |> by solver |> Ode.solve).At t

                        for t in [ 0.9; t0; t1 ] do
                            let k = scalar 0.7
                            // if a tangent controls the steps, a differentiated solve takes other steps than a plain one
                            let y, slope = valueAndGrad (at k) (scalar t)
                            let y = float y
                            relative 1e-9 $"{solver}: dy/dt at {t}" [ 0.7 * y ] (numbers slope)
                            let expected = (t - t0) * y
                            let bound =
                                if solver = "Euler" then 0.5
                                elif (methodNamed solver).Order < 5 then 1e-2
                                else 1e-4
                            within
                                bound
                                $"{solver}: dy/dk at {t}"
                                [ expected ]
                                (numbers (grad (fun k -> at k (scalar t)) k))

                        let several = tensor [ 1.5; 0.2; 0.9 ]
                        let j = jacobian (fun ts -> at (scalar 0.7) ts) several
                        let y = numbers (at (scalar 0.7) several)
                        let expected =
                            [ for i in 0..2 do
                                  for k in 0..2 -> if i = k then 0.7 * y[i] else 0.0 ]
                        within 1e-8 $"{solver}: Jacobian at times out of order" expected (numbers j)) ]

          testList
              "Dense output with perSample is that of each sample's own solve"
              [ for solver, direction in eachWay () do
                    testCase $"{solver}, {direction}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
                        let starts = [ 1.0; 30.0; -4.0 ]
                        let field (t: Tensor) (y: Tensor) = -y * y * 0.01 + cos (3.0 * t)
                        let batch = tensor (starts |> List.map List.singleton)
                        let s = Ode.problem field batch (t0, t1) |> by solver |> Ode.perSample |> Ode.solve
                        let times = tensor [ 0.1; 1.7; 0.8 ]
                        let got = s.At times
                        Expect.equal got.Shape [| 3; 3; 1 |] "got.Shape"

                        for i, y0 in List.indexed starts do
                            let own = Ode.problem field (tensor [ y0 ]) (t0, t1) |> by solver |> Ode.solve
                            same $"{solver}: sample {i}" (numbers (own.At times)) (numbers got[i])) ]

          testCase "Dense output of a solve that stopped ends there" (fun () ->
              let p = Ode.problem (fun t y -> sqrt (1.0 - t) * y) (scalar 1.0) (0.0, 2.0)
              let s = Ode.trySolve p
              Expect.isTrue (Double.IsFinite(float (s.At 0.9))) $"got {s.At 0.9}, expected a number"
              Expect.isTrue (Double.IsNaN(float (s.At 1.5))) $"got {s.At 1.5}, expected NaN")

          testList
              "An interval of length 0 returns the start"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let y0 = tensor [ 1.0; 2.0 ]
                        let p = decay y0 0.7 0.7 |> by solver
                        let s = Ode.solve p
                        same "y(t1)" [ 1.0; 2.0 ] (numbers s.Y1)
                        same "steps" [ 0.0; 0.0 ] [ float s.Stats.Steps; float s.Stats.Rejected ]
                        same "at its time" [ 1.0; 2.0 ] (numbers (s.At 0.7))
                        let ys = p |> Ode.saveAt (tensor [ 0.7; 0.7 ]) |> Ode.solveYs
                        same "outputs" [ 1.0; 2.0; 1.0; 2.0 ] (numbers ys)
                        let steps = p |> Ode.saveSteps 1 |> Ode.solve
                        same "steps kept" [] (numbers steps.Ts)
                        same "both ends" [ 0.7; 0.7 ] (numbers (p |> Ode.saveStart |> Ode.saveEnd |> Ode.solve).Ts)
                        let jumping = p |> Ode.jumpAt [ 0.7; 0.2 ] |> Ode.stepAt [ 0.7 ] |> Ode.solve
                        same "with a jump there" [ 1.0; 2.0 ] (numbers jumping.Y1)
                        let end_ (t1: Tensor) =
                            Ode.problem (fun _ y -> -0.5 * y) y0 (0.7, t1) |> by solver |> Ode.solveFinal |> sum
                        within 1e-14 "d/dt1" [ -1.5 ] (numbers (grad end_ (scalar 0.7)))
                        let j = jacobian (fun y -> decay y 0.7 0.7 |> by solver |> Ode.solveFinal) y0
                        same "d/dy0" [ 1.0; 0.0; 0.0; 1.0 ] (numbers j)) ]

          testList
              "Reversed time equals the negated problem forwards, bit for bit"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let field (t: Tensor) (y: Tensor) = y * cos t - 0.1 * sin y
                        let y0 = tensor [ 0.9; -0.4 ]
                        let times = tensor [ 3.1; 2.0; 0.3 ]
                        let back = Ode.problem field y0 (4.0, 0.3) |> by solver |> Ode.saveAt times |> Ode.solve
                        let mirrored =
                            Ode.problem (fun t y -> -(field (-t) y)) y0 (-4.0, -0.3)
                            |> by solver
                            |> Ode.saveAt (-times)
                        let forth = Ode.solve mirrored
                        same "y(t1)" (numbers forth.Y1) (numbers back.Y1)
                        same "outputs" (numbers forth.Ys) (numbers back.Ys)
                        same
                            "dense"
                            (numbers (forth.At(tensor [ -1.7; -3.9 ])))
                            (numbers (back.At(tensor [ 1.7; 3.9 ])))
                        Expect.equal
                            (back.Stats.Steps, back.Stats.Rejected)
                            (forth.Stats.Steps, forth.Stats.Rejected)
                            "(back.Stats.Steps, back.Stats.Rejected)") ]

          testList
              "The limit on steps counts accepted and rejected ones"
              [ for solver in damped (everyMethod ()) do
                    testCase solver (fun () ->
                        let p = problemOf (caseNamed "E2") |> by solver |> Ode.tolerance 1e-4 1e-4
                        let n = attempts (Ode.solve p)
                        Expect.equal
                            ((p |> Ode.maxSteps n |> Ode.solve).Status)
                            Success
                            "(p |> Ode.maxSteps n |> Ode.solve).Status"
                        let s = p |> Ode.maxSteps (n - 1) |> Ode.trySolve
                        Expect.equal (s.Status, attempts s) (MaxStepsReached, n - 1) "(s.Status, attempts s)"
                        Expect.stringContains s.Failure.Value.Message "Ode.maxSteps" "s.Failure.Value.Message") ]

          testList
              "Fixed steps have the given size, except the last"
              [ for solver in everyMethod () do
                    testCase solver (fun () ->
                        let s =
                            decay (tensor [ 1.0 ]) 0.0 1.0
                            |> Ode.using (methodNamed solver)
                            |> Ode.dt 0.3
                            |> Ode.saveSteps 1
                            |> Ode.solve
                        within 1e-15 "steps" [ 0.3; 0.6; 0.9; 1.0 ] (numbers s.Ts)
                        same "rejected" [ 0.0 ] [ float s.Stats.Rejected ]) ]

          testList
              "The first step is the given one"
              [ for solver in adaptiveMethods () do
                    testCase solver (fun () ->
                        let p =
                            Ode.problem (fun _ y -> -0.7 * y) (tensor [ 1.0 ]) (0.0, 2.0)
                            |> Ode.using (methodNamed solver)
                        let first (s: Solution<Tensor>) = float s.Ts[0]
                        same "a short one" [ 1e-4 ] [ first (p |> Ode.dt0 1e-4 |> Ode.saveSteps 1 |> Ode.solve) ]
                        let long = p |> Ode.dt0 50.0 |> Ode.tolerance 1e-8 1e-8 |> Ode.saveSteps 1 |> Ode.solve
                        Expect.isTrue
                            (first long < 2.0 && long.Stats.Rejected > 0)
                            $"got {first long}, expected less than 2, after a rejection"
                        // the controller increases a step at most tenfold
                        let ts = numbers (p |> Ode.dt0 1e-6 |> Ode.saveSteps 1 |> Ode.solve).Ts
                        within 1e-12 "the second step" [ 1.1e-5 ] [ ts[1] ]) ]

          testList
              "Steps stay within their limits"
              [ for solver in damped (adaptiveMethods ()) do
                    testCase solver (fun () ->
                        let p = problemOf (caseNamed "E2") |> Ode.using (methodNamed solver) |> Ode.tolerance 1e-5 1e-5
                        let s = p |> Ode.dtBetween 0.0 0.01 |> Ode.saveSteps 1 |> Ode.saveStart |> Ode.solve
                        let lengths = numbers s.Ts |> Array.pairwise |> Array.map (fun (a, b) -> b - a)
                        isAtMost "the longest step" (0.01 * (1.0 + 1e-8)) (Array.max lengths)
                        let failed = p |> Ode.tolerance 1e-12 1e-12 |> Ode.dtBetween 0.05 1.0 |> Ode.trySolve
                        Expect.equal failed.Status StepTooSmall "failed.Status"
                        isAtMost "steps tried" 1000.0 (float (attempts failed))) ]

          testList
              "The number of Tsit5's steps is that of the reference"
              [ for name, steps, rejected in budgetCases () do
                    testCase $"{name}, {steps}, {rejected}" (fun () ->
                        let s = problemOf (caseNamed name) |> Ode.tolerance 1e-8 1e-8 |> Ode.solve
                        let got = $"{s.Stats.Steps} + {s.Stats.Rejected}"
                        let isNear = abs (s.Stats.Steps - steps) <= 2 && abs (s.Stats.Rejected - rejected) <= 2
                        Expect.isTrue isNear $"{name}: got {got} steps, expected {steps} + {rejected} within 2 each") ]

          testList
              "PI control rejects fewer steps on orbits"
              [ for name in orbits () do
                    testCase name (fun () ->
                        let c = caseNamed name
                        let p = problemOf c |> Ode.tolerance 1e-8 1e-8
                        let i, pi = Ode.solve p, p |> Ode.controller StepController.proportionalIntegral |> Ode.solve
                        let rejected (s: Solution<Tensor>) = s.Stats.Rejected
                        Expect.isTrue
                            (rejected pi < rejected i / 2)
                            $"{name}: got {rejected pi} rejected, expected under half of {rejected i}"
                        isAtMost
                            $"{name}: all steps, compared with I control"
                            1.3
                            (float (attempts pi) / float (attempts i))
                        let error = Array.map2 (fun (g: float) e -> abs (g - e)) (numbers pi.Y1) c.Y1 |> Array.max
                        isAtMost $"{name}: error" 5e-5 error) ]

          testList
              "Every controller keeps the tolerance"
              [ for name, problem in controllerCases () do
                    testCase $"{name}, {problem}" (fun () ->
                        let c = caseNamed problem
                        let controller = controllers |> List.find (fst >> (=) name) |> snd
                        let s = problemOf c |> Ode.tolerance 1e-8 1e-8 |> Ode.controller controller |> Ode.solve
                        let error =
                            Array.map2 (fun (g: float) e -> abs (g - e) / (1.0 + abs e)) (numbers s.Y1) c.Y1
                            |> Array.max
                        isAtMost $"{problem} by {name}: scaled error" 5e-6 error) ]

          testList
              "Easy components of another leaf do not hide the error"
              [ for easy in [ 1; 5000 ] do
                    testCase $"{easy}" (fun () ->
                        let alone = problemOf hard |> Ode.tolerance 1e-6 1e-6 |> Ode.solve
                        let s = split easy |> Ode.tolerance 1e-6 1e-6 |> Ode.solve
                        same "the hard leaf" (numbers alone.Y1) (numbers s.Y1.Hard)
                        Expect.equal
                            (s.Stats.Steps, s.Stats.Rejected)
                            (alone.Stats.Steps, alone.Stats.Rejected)
                            "(s.Stats.Steps, s.Stats.Rejected)") ]

          testCase "A custom norm controls the steps" (fun () ->
              let p = problemOf hard |> Ode.tolerance 1e-6 1e-6
              let plain = Ode.solve p
              let rms = p |> Ode.norm (fun e -> sqrt (mean (e * e))) |> Ode.solve
              Expect.equal
                  (rms.Stats.Steps, rms.Stats.Rejected)
                  (plain.Stats.Steps, plain.Stats.Rejected)
                  "(rms.Stats.Steps, rms.Stats.Rejected)"
              within 1e-12 "the default is the root mean square" (numbers plain.Y1) (numbers rms.Y1)
              let largest = p |> Ode.norm (fun e -> amax (abs e)) |> Ode.solve
              Expect.isTrue
                  (attempts largest > attempts plain)
                  $"got {attempts largest} steps, expected more than {attempts plain}"
              // in one flat vector, five thousand easy components hide the error
              let flat =
                  split 5000
                  |> Ode.tolerance 1e-6 1e-6
                  |> Ode.norm (fun s -> norm (concat [ s.Hard; s.Easy ]) / sqrt 5002.0)
              let diluted = Ode.solve flat
              Expect.isTrue
                  (2 * attempts diluted <= attempts plain)
                  $"got {attempts diluted} steps, expected at most half of {attempts plain}") ]

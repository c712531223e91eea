/// Defects that were measured in other libraries for differential equations, and are absent here: one section for each.
module NeuralDE.Tests.Solvers.DefectTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private everyMethod () = every odeSolvers
let private adaptiveMethods () = every adaptive
let private directions = [ 1.0; -1.0 ]

let private across (methods: OdeSolver list) (options: 'o list) =
    [ for solver in methods do
          for option in options -> solver.Name, option ]

// ---- the order of every method on a time-dependent equation ----------------------------------------------------------

let private ordersAndDirections () = across odeSolvers directions

/// The largest errors at steps and at outputs between them, with n steps over [0.3, 2.7].
let private fixedErrors (solver: OdeSolver) direction n =
    let t0, t1 = if direction > 0.0 then 0.3, 2.7 else 2.7, 0.3
    let h = 2.4 / float n
    let p = Circle.problem t0 t1 |> Ode.using solver |> Ode.dt h
    let steps = p |> Ode.saveSteps 1 |> Ode.solve
    let between = tensor (List.init n (fun i -> t0 + (t1 - t0) * (float i + 0.4) / float n))
    let outputs = p |> Ode.saveAt between |> Ode.solve
    Circle.error steps.Ts steps.Ys, Circle.error outputs.Ts outputs.Ys

// ---- outputs are as accurate as steps -------------------------------------------------------------------------------

let private dense (solver: OdeSolver) t0 t1 rtol =
    let p = Circle.problem t0 t1 |> Ode.using solver |> Ode.tolerance rtol rtol
    let steps = p |> Ode.saveSteps 1 |> Ode.solve
    let outputs = p |> Ode.saveAt (linspace t0 t1 401) |> Ode.solve
    let at = steps.At(linspace t0 t1 401)
    same $"At and saveAt by {solver.Name}" (numbers outputs.Ys) (numbers at)
    Circle.error steps.Ts steps.Ys, Circle.error outputs.Ts outputs.Ys

let private tolerances =
    [ for solver in adaptive do
          let finest =
              if solver.Order >= 5 then 1e-9
              elif solver.Order = 3 then 1e-7
              else 1e-5
          for rtol in [ 1e-3; finest ] -> solver, rtol ]

let private outputCases () =
    [ for solver, rtol in tolerances do
          for direction in directions -> solver.Name, rtol, direction ]

// ---- the field is evaluated only inside the interval -----------------------------------------------------------------

/// Step settings with which a solver might evaluate the field beyond the ends.
let private temptations: (string * (OdeProblem<Tensor> -> OdeProblem<Tensor>) * bool) list =
    [ "adaptive", id, true
      "a long first step", Ode.dt0 100.0, true
      "a fixed step that does not divide", Ode.dt 0.3, false
      "a fixed step too long", Ode.dt 7.0, false
      "outputs", Ode.saveAt (tensor [ 0.25; 0.5; 0.75 ]), true
      "a jump at either end", Ode.jumpAt [ 0.0; 1.0 ], true
      "a jump beyond either end", Ode.jumpAt [ -0.1; 1.1 ], true
      "a stop at either end", Ode.stepAt [ 0.0; 1.0 ], true
      "a jump inside", Ode.jumpAt [ 0.5 ], true
      "fixed steps and a jump at either end", (Ode.dt 0.3 >> Ode.jumpAt [ 0.0; 1.0 ]), false ]

let private temptationCases () =
    [ for solver in odeSolvers do
          for name, _, needsAdaptive in temptations do
              if solver.IsAdaptive || not needsAdaptive then
                  for direction in directions do
                      // one implicit step over the whole of y' = −y (1 + t) backwards has no solution: 1 − h (1 + t) is 0
                      let isSingular = name = "a fixed step too long" && solver.Stepper.Counts && direction < 0.0
                      if not isSingular || solver.Name = "Rosenbrock23" then solver.Name, name, direction ]

let private tempted solver name direction field (y0: Tensor) =
    let _, option, _ = temptations |> List.find (fun (n, _, _) -> n = name)
    let t0, t1 = if direction > 0.0 then 0.0, 1.0 else 1.0, 0.0
    let p = Ode.problem field y0 (t0, t1) |> Ode.using (methodNamed solver) |> option
    if direction > 0.0 then
        p
    else
        { p with SaveAt = { p.SaveAt with Times = p.SaveAt.Times |> Option.map (flip 0) } }

let private float32Cases () = across odeSolvers directions

// ---- the final time -------------------------------------------------------------------------------------------------

let private finalTimes () =
    [ for t1 in [ 1.0; 0.3; 1.1; Math.PI; -0.7; 1e-9; 1e6 + 0.1 ] do
          for parts in [ 3.0; 10.0; 7.3 ] -> t1, parts ]

// ---- jumps ----------------------------------------------------------------------------------------------------------

/// 1 before 0.5, 2 before 0.8, −3 before 1.3, then 0.5: the solve integrates this function from 0 to 2.
let private staircase (t: Tensor) (_: Tensor) =
    where (t .< 0.5) 1.0 (where (t .< 0.8) 2.0 (where (t .< 1.3) -3.0 (cast Float64 (0.5 * onesLike t))))
    |> reshape [ 1 ]

let private jumps = [ 0.5; 0.8; 1.3 ]
let private staircaseAtEnd = 0.5 + 0.6 - 1.5 + 0.35

let private jumpLists =
    [ "in order", jumps
      "unsorted", [ 1.3; 0.5; 0.8 ]
      "twice", [ 0.5; 0.8; 0.5; 1.3; 1.3 ]
      "with the ends", [ 2.0; 0.5; 0.8; 1.3; 0.0 ]
      "with some outside", [ -1.0; 0.5; 0.8; 1.3; 2.5 ] ]

let private jumpCases () =
    [ for solver in odeSolvers do
          for order, _ in jumpLists do
              for direction in directions do
                  for isFixed in [ true; false ] do
                      if isFixed || solver.IsAdaptive then solver.Name, order, direction, isFixed ]

let private jumping (name: string) order direction isFixed =
    let times = jumpLists |> List.find (fst >> (=) order) |> snd
    let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
    let p = Ode.problem staircase (tensor [ 0.0 ]) (t0, t1) |> Ode.using (methodNamed name)
    (if isFixed then Ode.dt 0.25 p else p), times

let private endJumps () = across odeSolvers directions

let private floatJumps () =
    [ for solver in odeSolvers do
          for jump in [ 1000.5; 1000.1; 999.99 ] do
              for direction in directions -> solver.Name, jump, direction ]

let private orderFive () = every (adaptive |> List.filter (fun solver -> solver.Order >= 5))

// ---- a value that is not finite ends the solve ------------------------------------------------------------------------

type Body = { Position: Tensor; Velocity: Tensor }

let private few (s: Solution<'S>) = isAtMost "attempted steps" 2000.0 (float (s.Stats.Steps + s.Stats.Rejected))

let private stopped name (p: OdeProblem<'S>) =
    let p = p |> Ode.using (methodNamed name)
    (if p.Solver.IsAdaptive then p else Ode.dt 0.01 p) |> Ode.trySolve

let private failureOf name (s: Solution<'S>) =
    Expect.isTrue s.Failure.IsSome $"{name}: got success, expected a failure"
    s.Failure.Value

let private isStatus name (statuses: Status list) (f: Failure) =
    Expect.isTrue (List.contains f.Status statuses) $"{name}: got {f.Status}, expected one of {statuses}"

// ---- gradients in closed form ---------------------------------------------------------------------------------------

/// y' = k y: outputs at four times and at the end, with weights 1, −2, 3, 0.5 and 2.
type Growth = { K: Tensor; Y0: Tensor; T0: Tensor; T1: Tensor; Ts: Tensor }

let private weights = [| 1.0; -2.0; 3.0; 0.5 |]

let private growthAt direction =
    let t0, ts, t1 =
        if direction > 0.0 then
            0.2, [ 0.5; 0.9; 1.4; 1.7 ], 2.0
        else
            2.0, [ 1.7; 1.4; 0.9; 0.5 ], 0.2

    { K = scalar 0.7; Y0 = tensor [ 1.5 ]; T0 = scalar t0; T1 = scalar t1; Ts = tensor ts }

let private ways = [ "Direct"; "Checkpointed"; "CheckpointedWithin"; "Backsolve" ]
let private parts = [ "K"; "Y0"; "T0"; "T1"; "Ts" ]

let private growthCases () =
    [ for way in ways do
          for direction in directions do
              for part in parts -> way, direction, part ]

let private wayNamed way =
    match way with
    | "Direct" -> Direct
    | "Checkpointed" -> Checkpointed
    | "CheckpointedWithin" -> CheckpointedWithin 1000L
    | _ -> Backsolve

let private growth way (g: Growth) =
    let s =
        Ode.problem (fun _ y -> g.K * y) g.Y0 (g.T0, g.T1)
        |> Ode.using DOP853
        |> Ode.tolerance 1e-12 1e-12
        |> Ode.saveAt g.Ts
        |> Ode.gradient (wayNamed way)
        |> Ode.solve

    sum (tensor weights * reshape [ 4 ] s.Ys) + 2.0 * s.Y1[0]

/// The derivative of L by each part, by hand: L = Σ wᵢ y0 exp(k (tᵢ − t0)).
let private growthExact direction part =
    let g = growthAt direction
    let k, y0, t0 = float g.K, float g.Y0, float g.T0
    let w = Array.append weights [| 2.0 |]
    let ts = Array.append (numbers g.Ts) (numbers g.T1)
    let terms = Array.map2 (fun w t -> w * y0 * exp (k * (t - t0))) w ts

    match part with
    | "K" -> [| Array.sum (Array.map2 (fun term t -> term * (t - t0)) terms ts) |]
    | "Y0" -> [| Array.sum terms / y0 |]
    | "T0" -> [| -k * Array.sum terms |]
    | "T1" -> [| k * terms[4] |]
    | _ -> terms[..3] |> Array.map ((*) k)

let private growthPart part (g: Growth) =
    match part with
    | "K" -> g.K
    | "Y0" -> g.Y0
    | "T0" -> g.T0
    | "T1" -> g.T1
    | _ -> g.Ts

let private timeCases () =
    [ for way in ways do
          for direction in directions -> way, direction ]

[<Tests>]
let tests =
    testList
        "Solvers.Defect"
        [ testList
              "Every method has its order on a time-dependent equation"
              [ for name, direction in ordersAndDirections () do
                    testCase $"{name}, {direction}" (fun () ->
                        let solver = methodNamed name
                        let n = if solver.Order >= 7 then 24 else 128
                        let ends, inside = fixedErrors solver direction n
                        let ends2, inside2 = fixedErrors solver direction (2 * n)
                        Expect.isTrue (ends2 > 1e-14) $"{name}: got an error of {ends2}, expected one above rounding"
                        let order = float solver.Order
                        within 0.4 $"order of {name} at steps" [ order ] [ Math.Log2(ends / ends2) ]
                        within 0.4 $"order of {name} at outputs" [ order ] [ Math.Log2(inside / inside2) ]) ]

          testList
              "Every method has its order on a random linear system"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        let solver = methodNamed name
                        let a = 0.5 * randn (Key 7) [ 10; 10 ]
                        let y0 = randn (Key 8) [ 10 ]
                        let exact = numbers (matmul (expm (4.0 * a)) y0)

                        let error dt =
                            let got =
                                Ode.problem (fun _ y -> matmul a y) y0 (0.0, 4.0)
                                |> Ode.using solver
                                |> Ode.dt dt
                                |> Ode.solveFinal
                            Array.map2 (fun (g: float) e -> abs (g - e)) (numbers got) exact |> Array.sum

                        let coarse =
                            if solver.Order >= 7 then 2
                            elif solver.Order >= 3 then 6
                            else 8
                        let steps = [ coarse .. coarse + 1 ] |> List.map (fun k -> Math.Pow(2.0, -float k))
                        let errors = steps |> List.map error
                        let slope = Math.Log2(errors[0] / errors[1])
                        within 0.5 $"order of {name}, errors {text errors}" [ float solver.Order ] [ slope ]) ]

          testList
              "Outputs are as accurate as steps"
              [ for name, rtol, direction in outputCases () do
                    testCase $"{name}, {rtol}, {direction}" (fun () ->
                        let t0, t1 = if direction > 0.0 then 0.0, 10.0 else 10.0, 0.0
                        let steps, outputs = dense (methodNamed name) t0 t1 rtol
                        // the interpolant of DOP853 has one order less, so its error dominates in long steps
                        let bound = if rtol = 1e-3 then 15.0 else 8.0
                        isAtMost
                            $"{name} at {rtol}: error at outputs over that at steps, {outputs} / {steps}"
                            bound
                            (outputs / steps)) ]

          testList
              "The field is never evaluated outside the interval"
              [ for solver, name, direction in temptationCases () do
                    testCase $"{solver}, {name}, {direction}" (fun () ->
                        let recorder = Recorder()
                        let field = recorder.Watch(fun t y -> -y * (1.0 + t))
                        let solution = tempted solver name direction field (tensor [ 1.0; 2.0 ]) |> Ode.solve
                        solution.At(tensor [ 0.1; 0.6 ]) |> ignore
                        let outside = recorder.Times |> Array.filter (fun t -> not (t >= 0.0 && t <= 1.0))
                        same $"{solver}, {name}: times outside [0, 1] of {recorder.Count} evaluations" [] outside
                        let expected = Math.Exp(-1.5 * direction)
                        let bound = if name.Contains "fixed" then 2.0 else 1e-3
                        relative bound $"{solver}, {name}: y(t1)" [ expected; 2.0 * expected ] (numbers solution.Y1)) ]

          testList
              "A field that is NaN outside the interval has no effect"
              [ for solver, name, direction in temptationCases () do
                    testCase $"{solver}, {name}, {direction}" (fun () ->
                        let field (t: Tensor) (y: Tensor) = where (logicalOr (t .< 0.0) (t .> 1.0)) (nan * y) (-y)
                        let solution = tempted solver name direction field (tensor [ 1.0 ]) |> Ode.trySolve
                        Expect.isTrue
                            (solution.Status = Success)
                            $"{solver}, {name}: got {solution.Failure}, expected Success") ]

          testList
              "The field is never evaluated outside the interval in float32"
              [ for solver, direction in float32Cases () do
                    testCase $"{solver}, {direction}" (fun () ->
                        let seen = Recorder()
                        let t0, t1 = if direction > 0.0 then 0.1, 0.7 else 0.7, 0.1
                        let p =
                            Ode.problem (seen.Watch(fun _ y -> -y)) (tensor [ 1.0f ]) (t0, t1)
                            |> Ode.using (methodNamed solver)
                        let p = if p.Solver.IsAdaptive then p else Ode.dt 0.07 p
                        p |> Ode.solve |> ignore
                        // the field gets times in the dtype of the state
                        let low, high = float 0.1f, float 0.7f
                        same $"{solver}: times outside" [] (seen.Times |> Array.filter (fun t -> t < low || t > high))) ]

          testList
              "The final time is reached exactly"
              [ for t1, parts in finalTimes () do
                    testCase $"{t1}, {parts}" (fun () ->
                        let p = Ode.problem (fun _ y -> -y / abs t1) (tensor [ 1.0 ]) (0.0, t1)

                        for name, p in [ "fixed", p |> Ode.using RK4 |> Ode.dt (abs t1 / parts); "adaptive", p ] do
                            let s = p |> Ode.saveSteps 1 |> Ode.solve
                            same $"{name}: the time reached" [ t1 ] (numbers s.LastTime)
                            same $"{name}: the last saved" [ t1 ] [ float s.Ts[-1] ]
                            same $"{name}: the state saved there is that at t1" (numbers s.Y1) (numbers s.Ys[-1])
                            // no very short step at the end: ⌈parts⌉ steps
                            if name = "fixed" then same "steps" [ Math.Ceiling(parts - 1e-9) ] [ float s.Stats.Steps ]) ]

          testList
              "No jump is missed, also if a step ends at it by chance"
              [ for name, order, direction, isFixed in jumpCases () do
                    testCase $"{name}, {order}, {direction}, {isFixed}" (fun () ->
                        let p, times = jumping name order direction isFixed
                        let s = p |> Ode.jumpAt times |> Ode.saveSteps 1 |> Ode.solve
                        let reached = numbers s.Ts

                        let before = if direction > 0.0 then Math.BitDecrement else Math.BitIncrement
                        let missed = jumps |> List.filter (fun t -> not (Array.contains (before t) reached))
                        same
                            $"{name}, {order}: jumps that no step stopped before, of the steps {text reached}"
                            []
                            missed
                        within 1e-14 $"{name}, {order}: y(t1)" [ direction * staircaseAtEnd ] (numbers s.Y1)
                        same $"{name}, {order}: rejected" [ 0.0 ] [ float s.Stats.Rejected ]) ]

          testList
              "No stop is missed, also if a step ends at it by chance"
              [ for name, order, direction, isFixed in jumpCases () do
                    testCase $"{name}, {order}, {direction}, {isFixed}" (fun () ->
                        let p, times = jumping name order direction isFixed
                        let p = { p with Field = fun _ y -> -y + 1.0 }
                        let s = p |> Ode.stepAt times |> Ode.saveSteps 1 |> Ode.solve
                        let reached = numbers s.Ts
                        let missed = jumps |> List.filter (fun t -> not (Array.contains t reached))
                        same $"{name}, {order}: stops that no step ended at, of the steps {text reached}" [] missed
                        same
                            $"{name}, {order}: steps in order"
                            (reached |> Array.sortBy (fun t -> direction * t))
                            reached) ]

          testList
              "At a jump at t0 or t1 the field is evaluated inside"
              [ for name, direction in endJumps () do
                    testCase $"{name}, {direction}" (fun () ->
                        // at the jumps the field has the values from outside, 100, on both sides in turn
                        let field isOpen (t: Tensor) (y: Tensor) =
                            let inside =
                                if isOpen then logicalAnd (t .> 0.0) (t .< 1.0) else logicalAnd (t .>= 0.0) (t .<= 1.0)

                            where inside (onesLike y) (100.0 * onesLike y)

                        let t0, t1 = if direction > 0.0 then 0.0, 1.0 else 1.0, 0.0

                        for isOpen in [ false; true ] do
                            let p =
                                Ode.problem (field isOpen) (tensor [ 0.0 ]) (t0, t1) |> Ode.using (methodNamed name)
                            let p = (if p.Solver.IsAdaptive then p else Ode.dt 0.25 p) |> Ode.jumpAt [ 0.0; 1.0 ]
                            let s = p |> Ode.saveAt (tensor [ t0; 0.5; t1 ]) |> Ode.solve
                            within 1e-12 $"{name}, open {isOpen}: y(t1)" [ direction ] (numbers s.Y1)
                            within
                                1e-12
                                $"{name}, open {isOpen}: y(ts)"
                                [ 0.0; 0.5 * direction; direction ]
                                (numbers s.Ys)
                            same $"{name}, open {isOpen}: the time reached" [ t1 ] (numbers s.LastTime)) ]

          testList
              "A float32 solve approaches a jump near t = 1000 from both sides"
              [ for name, jump, direction in floatJumps () do
                    testCase $"{name}, {jump}, {direction}" (fun () ->
                        // the field compares times in float32; its slope changes from 1 to −1
                        let field (t: Tensor) (y: Tensor) = where (t .< jump) (onesLike y) (-(onesLike y))
                        let t0, t1 = if direction > 0.0 then 999.0, 1002.0 else 1002.0, 999.0
                        let p = Ode.problem field (tensor [ 0.0f ]) (t0, t1) |> Ode.using (methodNamed name)
                        let p = (if p.Solver.IsAdaptive then p else Ode.dt 0.25 p) |> Ode.jumpAt [ jump ]
                        let s = p |> Ode.solve
                        let expected = direction * ((jump - 999.0) - (1002.0 - jump))
                        within 2e-4 $"{name}: y(t1)" [ expected ] (numbers s.Y1)
                        same $"{name}: rejected" [ 0.0 ] [ float s.Stats.Rejected ]) ]

          testList
              "A known jump saves steps"
              [ for name in orderFive () do
                    testCase name (fun () ->
                        let field =
                            byComponent (fun t x ->
                                let push = where (t .< 7.5) 10.0 (-10.0 * onesLike t)
                                [ x[1]; -4.0 * Math.PI * Math.PI * x[0] - 0.2 * Math.PI * x[1] + push ])

                        let p = Ode.problem field (tensor [ 1.5; 0.0 ]) (0.0, 15.0) |> Ode.using (methodNamed name)
                        let p = p |> Ode.tolerance 1e-4 1e-6
                        let blind, told = p |> Ode.solve, p |> Ode.jumpAt [ 7.5 ] |> Ode.solve
                        let cost (s: Solution<Tensor>) = float (s.Stats.Steps + s.Stats.Rejected)
                        Expect.isTrue
                            (cost told < cost blind)
                            $"{name}: got {cost told} steps, expected fewer than {cost blind}") ]

          testList
              "NaN in the start of a sample is reported at once"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        let y0 = tensor [ [ 1.0; nan; 2.0 ]; [ 1.0; 1.0; 2.0 ] ]
                        let s = Ode.problem (fun _ y -> -y) y0 (0.5, 2.0) |> Ode.perSample |> stopped name
                        let f = failureOf name s
                        isStatus name [ NonFinite ] f
                        same name [ 0.5 ] [ f.Time ]
                        Expect.equal f.Component "1" "f.Component"
                        Expect.equal f.Sample (Some 0) "f.Sample"
                        Expect.stringContains f.Message "t = 0.5" "f.Message"
                        few s) ]

          testList
              "NaN from the field is reported with its time and component"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        // the root of 1 − t is NaN after t = 1
                        let field = byComponent (fun t y -> [ -y[0]; y[0]; sqrt (1.0 - t) * y[2] ])

                        let s = Ode.problem field (tensor [ 1.0; 1.0; 1.0 ]) (0.0, 2.0) |> stopped name
                        let f = failureOf name s
                        isStatus name [ NonFinite ] f
                        within 0.02 $"{name}: where it stopped" [ 1.0 ] [ f.Time ]
                        Expect.equal f.Component "2" "f.Component"
                        few s
                        Expect.isTrue
                            (Array.forall Double.IsNaN (numbers s.Y1))
                            $"{name}: got {s.Y1}, expected NaN at t1"
                        Expect.isTrue
                            (Array.forall Double.IsFinite (numbers s.LastState))
                            $"{name}: got {s.LastState}, expected numbers") ]

          testList
              "A solution that blows up ends the solve at its singularity"
              [ for name in adaptiveMethods () do
                    testCase name (fun () ->
                        // y' = y² from 1 is 1 / (1 − t)
                        let field = byComponent (fun _ y -> [ 0.0 * y[0]; y[1] * y[1] ])
                        let s = Ode.problem field (tensor [ 1.0; 1.0 ]) (0.0, 2.0) |> stopped name
                        let f = failureOf name s
                        isStatus name [ NonFinite; StepTooSmall ] f
                        let bound = if name = "BDF2" then 1e-3 else 1e-4
                        within bound $"{name}: where it stopped" [ 1.0 ] [ f.Time ]
                        Expect.equal f.Component "1" "f.Component"
                        isAtMost "attempted steps" 100000.0 (float (s.Stats.Steps + s.Stats.Rejected))) ]

          testCase "Fixed steps end at the step that overflows" (fun () ->
              let p = Ode.problem (fun _ y -> y * y) (tensor [ 1.0 ]) (0.0, 2.0) |> Ode.using RK4 |> Ode.dt 0.01
              let f = failureOf "RK4" (Ode.trySolve p)
              isStatus "RK4" [ NonFinite ] f
              within 0.1 "where it stopped" [ 1.05 ] [ f.Time ])

          testList
              "In a record the message names the path of the component"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        let start = { Position = tensor [ 1.0; 2.0 ]; Velocity = tensor [ 1.0; 4.0; 0.5 ] }

                        let field (t: Tensor) b =
                            { Position = -b.Position; Velocity = b.Velocity * stack [ t; log (1.0 - t); t ] }

                        let f = Ode.problem field start (0.0, 2.0) |> stopped name |> failureOf name
                        isStatus name [ NonFinite; StepTooSmall ] f
                        within 0.02 $"{name}: where it stopped" [ 1.0 ] [ f.Time ]
                        Expect.equal f.Component "Velocity[1]" "f.Component"
                        Expect.stringContains f.Message "Velocity[1]" "f.Message") ]

          testList
              "With perSample the message names the sample"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        // samples end at t = 1, never, and at t = 0.5
                        let field (t: Tensor) (b: Body) =
                            { Position = sqrt (b.Velocity[0] - t) * b.Position; Velocity = 0.0 * b.Velocity }

                        let start =
                            { Position = tensor [ [ 1.0 ]; [ 1.0 ]; [ 1.0 ] ]
                              Velocity = tensor [ [ 1.0 ]; [ 9.0 ]; [ 0.5 ] ] }

                        let s = Ode.problem field start (0.0, 2.0) |> Ode.perSample |> stopped name
                        let f = failureOf name s
                        Expect.equal s.Statuses [| NonFinite; Success; NonFinite |] "s.Statuses"
                        Expect.equal f.Sample (Some 0) "f.Sample"
                        Expect.equal f.Component "Position[0]" "f.Component"
                        within 0.02 $"{name}: where it stopped" [ 1.0 ] [ f.Time ]
                        Expect.stringContains f.Message "sample 0" "f.Message"
                        within 0.02 $"{name}: times reached" [ 1.0; 2.0; 0.5 ] (numbers s.LastTime)
                        // the other samples have results
                        same
                            "the sample that succeeded"
                            [ 0.0; 1.0; 0.0 ]
                            (numbers s.Y1.Position |> Array.map (fun x -> if Double.IsFinite x then 1.0 else 0.0))) ]

          testList
              "A loss of outputs has the exact gradient, in both directions of time"
              [ for way, direction, part in growthCases () do
                    testCase $"{way}, {direction}, {part}" (fun () ->
                        let gradient = grad (growth way) (growthAt direction)
                        relative
                            1e-8
                            $"dL/d{part} by {way}"
                            (growthExact direction part)
                            (numbers (growthPart part gradient))) ]

          testList
              "Forward mode agrees with the closed form, in both directions of time"
              [ for way, direction, part in growthCases () do
                    testCase $"{way}, {direction}, {part}" (fun () ->
                        let at = growthAt direction
                        let still = Tree.zerosLike at
                        let unit n i = tensor (List.init n (fun j -> if i = j then 1.0 else 0.0))

                        let tangents =
                            match part with
                            | "K" -> [ { still with K = scalar 1.0 } ]
                            | "Y0" -> [ { still with Y0 = tensor [ 1.0 ] } ]
                            | "T0" -> [ { still with T0 = scalar 1.0 } ]
                            | "T1" -> [ { still with T1 = scalar 1.0 } ]
                            | _ -> List.init 4 (fun i -> { still with Ts = unit 4 i })

                        let got = tangents |> List.map (fun v -> snd (jvp (growth way) at v) |> float)
                        relative 1e-8 $"dL/d{part} by jvp" (growthExact direction part) got) ]

          // The same with one field for each method and large steps: the derivative of the steps is near that of the
          // solution.
          testList
              "Gradients by every method agree with the closed form"
              [ for name in everyMethod () do
                    testCase name (fun () ->
                        let loss (g: Growth) =
                            let p =
                                Ode.problem (fun _ y -> g.K * y) g.Y0 (g.T0, g.T1)
                                |> Ode.using (methodNamed name)
                                |> Ode.saveAt g.Ts

                            let order = p.Solver.Order
                            let p =
                                Ode.dt
                                    (if order = 1 then 0.001
                                     elif order <= 3 then 0.01
                                     else 0.05)
                                    p
                            let s = Ode.solve p
                            sum (tensor weights * reshape [ 4 ] s.Ys) + 2.0 * s.Y1[0]

                        let gradient = grad loss (growthAt 1.0)

                        for part in parts do
                            relative
                                3e-3
                                $"dL/d{part} by {name}"
                                (growthExact 1.0 part)
                                (numbers (growthPart part gradient))) ]

          testList
              "Second derivatives by the times agree with the closed form"
              [ for way, direction in timeCases () do
                    testCase $"{way}, {direction}" (fun () ->
                        let at = growthAt direction
                        let f (t: Tensor) = growth way { at with T1 = t[0]; T0 = t[1] }
                        let h = hessian f (tensor [ float at.T1; float at.T0 ])
                        let k = float at.K
                        let last = (growthExact direction "T1")[0] // k · term
                        let total = -(growthExact direction "T0")[0]
                        relative 1e-7 $"Hessian by {way}" [ k * last; -k * last; -k * last; k * total ] (numbers h)) ]

          testCase "The derivative by the time of a jump agrees with the closed form" (fun () ->
              // y' = −y + [t ≥ τ] from 1 to t1 = 1: y(1) = e⁻¹ + 1 − e^(τ − 1). The edge of the step function has no
              // derivative, so two solves are joined at τ.
              let y1 (tau: Tensor) =
                  let first =
                      Ode.problem (fun _ y -> -y) (scalar 1.0) (0.0, tau)
                      |> Ode.tolerance 1e-12 1e-12
                      |> Ode.solveFinal
                  Ode.problem (fun _ y -> -y + 1.0) first (tau, 1.0) |> Ode.tolerance 1e-12 1e-12 |> Ode.solveFinal

              relative 1e-9 "dy(1)/dτ" [ -Math.Exp(-0.5) ] (numbers (grad y1 (scalar 0.5))))

          testList
              "Gradients across jumps agree with the closed form, including those by times"
              [ for way, direction in timeCases () do
                    testCase $"{way}, {direction}" (fun () ->
                        // y' = k y before 0.5, 2 k y between 0.5 and 0.8, 3 k y after
                        let field (k: Tensor) (t: Tensor) (y: Tensor) =
                            k * y * where (t .< 0.5) 1.0 (where (t .< 0.8) 2.0 (3.0 * onesLike t))

                        let y1 (x: Tensor) = // k, y0, t0, t1
                            Ode.problem (field x[0]) x[1] (x[2], x[3])
                            |> Ode.tolerance 1e-11 1e-11
                            |> Ode.jumpAt [ 0.8; 0.5 ]
                            |> Ode.gradient (wayNamed way)
                            |> Ode.solveFinal

                        let t0, t1, first, last = if direction > 0.0 then 0.2, 1.0, 1.0, 3.0 else 1.0, 0.2, 3.0, 1.0
                        let exponent = direction * (0.3 + 0.6 + 0.6)
                        let y = 1.5 * exp (0.7 * exponent)
                        let expected = [ exponent * y; y / 1.5; -first * 0.7 * y; last * 0.7 * y ]
                        let value, gradient = valueAndGrad y1 (tensor [ 0.7; 1.5; t0; t1 ])
                        relative 1e-9 $"y(t1) by {way}" [ y ] (numbers value)
                        relative 1e-8 $"gradient by {way}" expected (numbers gradient)) ] ]

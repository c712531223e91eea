/// Every option of a solve: what is kept, how long steps are, which states, and what a solve tells of itself.
module NeuralDE.Tests.Solvers.OptionTests

open System
open System.Threading
open Xunit
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let everyMethod () = every explicitOdeSolvers
let private directions = [ 1.0; -1.0 ]

/// The method with its own steps, or fixed ones where it has none.
let private by name (p: OdeProblem<'S>) =
    let p = p |> Ode.using (methodNamed name)
    if p.Solver.IsAdaptive then p else Ode.dt 0.05 p

let private decay (y0: Tensor) (t0: float) (t1: float) = Ode.problem (fun _ y -> -0.5 * y) y0 (t0, t1)

let private attempts (s: Solution<'S>) = s.Stats.Steps + s.Stats.Rejected

// ---- output times ---------------------------------------------------------------------------------------------------

let private timeLists =
    [ "with both ends", [ 0.0; 0.3; 1.1; 2.0 ]
      "repeated", [ 0.0; 0.0; 0.7; 0.7; 0.7; 2.0; 2.0 ]
      "single", [ 1.3 ]
      "only the start", [ 0.0 ]
      "only the end", [ 2.0 ]
      "none", []
      "many in one step", List.init 50 (fun i -> 0.5 + 0.001 * float i) ]

let timeCases () =
    [ for solver in explicitOdeSolvers do
          for name, _ in timeLists do
              for direction in directions -> [| solver.Name :> obj; name; direction |] ]

[<Theory; MemberData(nameof timeCases)>]
let ``Outputs stand at the times asked for`` (solver: string) (list: string) (direction: float) =
    let forward = timeLists |> List.find (fst >> (=) list) |> snd
    let times = if direction > 0.0 then forward else List.rev forward
    let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
    let s = decay (tensor [ 1.0; -3.0 ]) t0 t1 |> by solver |> Ode.saveAt (tensor times) |> Ode.solve
    Assert.Equal<int[]>([| times.Length; 2 |], s.Ys.Shape)
    same "times" times (numbers s.Ts)
    let expected = times |> List.collect (fun t -> let y = exp (-0.5 * (t - t0)) in [ y; -3.0 * y ])
    let bound = if solver = "Euler" then 0.1 else 2e-4
    within bound $"{solver}, {list}" expected (numbers s.Ys)

    for i, t in List.indexed times do
        if t = t0 then same "the row at t0" [ 1.0; -3.0 ] (numbers s.Ys[i])
        if t = t1 then same "the row at t1" (numbers s.Y1) (numbers s.Ys[i])

[<Theory; MemberData(nameof everyMethod)>]
let ``Outputs change no step`` (solver: string) =
    let p = decay (tensor [ 1.0 ]) 0.0 2.0 |> by solver
    let plain, dense = Ode.solve p, p |> Ode.saveAt (linspace 0.0 2.0 30) |> Ode.solve
    same $"{solver}: y(t1)" (numbers plain.Y1) (numbers dense.Y1)
    Assert.Equal((plain.Stats.Steps, plain.Stats.Rejected), (dense.Stats.Steps, dense.Stats.Rejected))

let startAndEnd () =
    [ for start in [ false; true ] do
          for isEnd in [ false; true ] -> [| start :> obj; isEnd |] ]

[<Theory; MemberData(nameof startAndEnd)>]
let ``Start and end stand before and after the times`` (start: bool) (isEnd: bool) =
    let p = decay (tensor [ 1.0 ]) 0.0 2.0
    let marked p = p |> (if start then Ode.saveStart else id) |> (if isEnd then Ode.saveEnd else id)
    let ends = [ if start then 0.0 ], [ if isEnd then 2.0 ]
    let s = p |> Ode.saveAt (tensor [ 0.5; 1.0 ]) |> marked |> Ode.solve
    same "with times" (fst ends @ [ 0.5; 1.0 ] @ snd ends) (numbers s.Ts)
    let s = p |> marked |> Ode.solve
    same "alone" (if start || isEnd then fst ends @ snd ends else [ 2.0 ]) (numbers s.Ts)
    within 1e-5 "states" (numbers s.Ts |> Array.map (fun t -> exp (-0.5 * t))) (numbers s.Ys)

// ---- every n-th step ------------------------------------------------------------------------------------------------

let private stepLists =
    [ 1, [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0; 7.0 ]; 2, [ 2.0; 4.0; 6.0 ]; 3, [ 3.0; 6.0 ]; 7, [ 7.0 ]; 8, [] ]

let stepCases () =
    [ for n, _ in stepLists do
          for start in [ false; true ] do
              for isEnd in [ false; true ] -> [| n :> obj; start; isEnd |] ]

[<Theory; MemberData(nameof stepCases)>]
let ``Every n-th step is kept`` (n: int) (start: bool) (isEnd: bool) =
    let inner = stepLists |> List.find (fst >> (=) n) |> snd
    let hasEnd = isEnd && not (List.contains 7.0 inner)
    let expected = [ if start then 0.0 ] @ inner @ [ if hasEnd then 7.0 ]
    let p = Ode.problem (fun _ y -> -0.5 * y) (tensor [ 1.0; 2.0 ]) (0.0, 7.0) |> Ode.using Euler |> Ode.dt 1.0
    let p = p |> Ode.saveSteps n |> (if start then Ode.saveStart else id) |> (if isEnd then Ode.saveEnd else id)
    let s = Ode.solve p
    same "times" expected (numbers s.Ts)
    same "states" (expected |> List.collect (fun t -> [ 0.5 ** t; 2.0 * 0.5 ** t ])) (numbers s.Ys)
    Assert.Equal<int[]>([| expected.Length; 2 |], s.Ys.Shape)

[<Fact>]
let ``Prescribed steps of Euler's method are exact`` () =
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
    same "backwards" [ 1.0; 1.5; 2.25; 3.375; 5.0625 ] (numbers (on [ 2.0; 1.5; 1.0; 0.5; 0.0 ]).Ys)

[<Fact>]
let ``Every n-th step of samples with unequal steps is padded with NaN`` () =
    let p = Ode.problem (fun _ y -> -y) (tensor [ [ 1.0 ]; [ 1.0 ] ]) (0.0, tensor [ 1.0; 2.0 ]) |> Ode.using Euler
    let s = p |> Ode.dt 0.5 |> Ode.perSample |> Ode.saveSteps 1 |> Ode.solve
    same "times" [ 0.5; 1.0; nan; nan; 0.5; 1.0; 1.5; 2.0 ] (numbers s.Ts)
    same "states" [ 0.5; 0.25; nan; nan; 0.5; 0.25; 0.125; 0.0625 ] (numbers s.Ys)

// ---- dense output ---------------------------------------------------------------------------------------------------

let methodsAndDirections () =
    [ for solver in explicitOdeSolvers do
          for direction in directions -> [| solver.Name :> obj; direction |] ]

[<Theory; MemberData(nameof methodsAndDirections)>]
let ``Dense output is what saving would have given`` (solver: string) (direction: float) =
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
    Assert.Equal<int[]>([| 2; 3; 2 |], (s.At block).Shape)
    same "at a block of times" saved[2..13] (numbers (s.At block))
    Assert.Equal<int[]>([| 0; 2 |], (s.At(zeros [ 0 ])).Shape)

[<Theory; MemberData(nameof methodsAndDirections)>]
let ``Dense output in a trace has the field as its derivative`` (solver: string) (direction: float) =
    let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
    let at (k: Tensor) (t: Tensor) =
        (Ode.problem (fun _ y -> k * y) (scalar 1.5) (t0, t1) |> by solver |> Ode.solve).At t

    for t in [ 0.9; t0; t1 ] do
        let k = scalar 0.7
        let y = float (at k (scalar t))
        relative 1e-9 $"{solver}: dy/dt at {t}" [ 0.7 * y ] (numbers (grad (at k) (scalar t)))
        let expected = (t - t0) * y
        let bound =
            if solver = "Euler" then 0.5
            elif (methodNamed solver).Order < 5 then 1e-2
            else 1e-4
        within bound $"{solver}: dy/dk at {t}" [ expected ] (numbers (grad (fun k -> at k (scalar t)) k))

    let several = tensor [ 1.5; 0.2; 0.9 ]
    let j = jacobian (fun ts -> at (scalar 0.7) ts) several
    let y = numbers (at (scalar 0.7) several)
    let expected =
        [ for i in 0..2 do
              for k in 0..2 -> if i = k then 0.7 * y[i] else 0.0 ]
    within 1e-8 $"{solver}: Jacobian at times out of order" expected (numbers j)

[<Theory; MemberData(nameof methodsAndDirections)>]
let ``Dense output by sample is that of each sample's own solve`` (solver: string) (direction: float) =
    let t0, t1 = if direction > 0.0 then 0.0, 2.0 else 2.0, 0.0
    let starts = [ 1.0; 30.0; -4.0 ]
    let field (t: Tensor) (y: Tensor) = -y * y * 0.01 + cos (3.0 * t)
    let batch = tensor (starts |> List.map List.singleton)
    let s = Ode.problem field batch (t0, t1) |> by solver |> Ode.perSample |> Ode.solve
    let times = tensor [ 0.1; 1.7; 0.8 ]
    let got = s.At times
    Assert.Equal<int[]>([| 3; 3; 1 |], got.Shape)

    for i, y0 in List.indexed starts do
        let own = Ode.problem field (tensor [ y0 ]) (t0, t1) |> by solver |> Ode.solve
        same $"{solver}: sample {i}" (numbers (own.At times)) (numbers got[i])

[<Fact>]
let ``Dense output stops with the solve that stopped`` () =
    let p = Ode.problem (fun t y -> sqrt (1.0 - t) * y) (scalar 1.0) (0.0, 2.0)
    let s = Ode.trySolve p
    Assert.True(Double.IsFinite(float (s.At 0.9)), $"got {s.At 0.9}, expected a number")
    Assert.True(Double.IsNaN(float (s.At 1.5)), $"got {s.At 1.5}, expected NaN")

// ---- intervals ------------------------------------------------------------------------------------------------------

[<Theory; MemberData(nameof everyMethod)>]
let ``An interval of no length returns the start`` (solver: string) =
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
    let end_ (t1: Tensor) = Ode.problem (fun _ y -> -0.5 * y) y0 (0.7, t1) |> by solver |> Ode.solveFinal |> sum
    within 1e-14 "d/dt1" [ -1.5 ] (numbers (grad end_ (scalar 0.7)))
    let j = jacobian (fun y -> decay y 0.7 0.7 |> by solver |> Ode.solveFinal) y0
    same "d/dy0" [ 1.0; 0.0; 0.0; 1.0 ] (numbers j)

[<Theory; MemberData(nameof everyMethod)>]
let ``Time reversed is the negated problem run forwards, bit for bit`` (solver: string) =
    let field (t: Tensor) (y: Tensor) = y * cos t - 0.1 * sin y
    let y0 = tensor [ 0.9; -0.4 ]
    let times = tensor [ 3.1; 2.0; 0.3 ]
    let back = Ode.problem field y0 (4.0, 0.3) |> by solver |> Ode.saveAt times |> Ode.solve
    let mirrored = Ode.problem (fun t y -> -(field (-t) y)) y0 (-4.0, -0.3) |> by solver |> Ode.saveAt (-times)
    let forth = Ode.solve mirrored
    same "y(t1)" (numbers forth.Y1) (numbers back.Y1)
    same "outputs" (numbers forth.Ys) (numbers back.Ys)
    same "dense" (numbers (forth.At(tensor [ -1.7; -3.9 ]))) (numbers (back.At(tensor [ 1.7; 3.9 ])))
    Assert.Equal((forth.Stats.Steps, forth.Stats.Rejected), (back.Stats.Steps, back.Stats.Rejected))

// ---- the length and number of steps ---------------------------------------------------------------------------------

[<Theory; MemberData(nameof everyMethod)>]
let ``The limit on steps counts accepted and rejected ones`` (solver: string) =
    let p = problemOf (caseNamed "E2") |> by solver |> Ode.tolerance 1e-4 1e-4
    let n = attempts (Ode.solve p)
    Assert.Equal(Success, (p |> Ode.maxSteps n |> Ode.solve).Status)
    let s = p |> Ode.maxSteps (n - 1) |> Ode.trySolve
    Assert.Equal((MaxStepsReached, n - 1), (s.Status, attempts s))
    Assert.Contains("Ode.maxSteps", s.Failure.Value.Message)

[<Theory; MemberData(nameof everyMethod)>]
let ``Fixed steps have the length given, the last what is left`` (solver: string) =
    let s =
        decay (tensor [ 1.0 ]) 0.0 1.0 |> Ode.using (methodNamed solver) |> Ode.dt 0.3 |> Ode.saveSteps 1 |> Ode.solve
    within 1e-15 "steps" [ 0.3; 0.6; 0.9; 1.0 ] (numbers s.Ts)
    same "rejected" [ 0.0 ] [ float s.Stats.Rejected ]

let adaptiveMethods () = every adaptive

[<Theory; MemberData(nameof adaptiveMethods)>]
let ``The first step is the one given`` (solver: string) =
    let p = Ode.problem (fun _ y -> -0.7 * y) (tensor [ 1.0 ]) (0.0, 2.0) |> Ode.using (methodNamed solver)
    let first (s: Solution<Tensor>) = float s.Ts[0]
    same "a short one" [ 1e-4 ] [ first (p |> Ode.dt0 1e-4 |> Ode.saveSteps 1 |> Ode.solve) ]
    let long = p |> Ode.dt0 50.0 |> Ode.tolerance 1e-8 1e-8 |> Ode.saveSteps 1 |> Ode.solve
    Assert.True(
        (first long < 2.0 && long.Stats.Rejected > 0),
        $"got {first long}, expected less than 2, after a rejection"
    )
    // the controller grows a step tenfold at most
    let ts = numbers (p |> Ode.dt0 1e-6 |> Ode.saveSteps 1 |> Ode.solve).Ts
    within 1e-12 "the second step" [ 1.1e-5 ] [ ts[1] ]

[<Theory; MemberData(nameof adaptiveMethods)>]
let ``Steps stay within their bounds`` (solver: string) =
    let p = problemOf (caseNamed "E2") |> Ode.using (methodNamed solver) |> Ode.tolerance 1e-5 1e-5
    let s = p |> Ode.dtBetween 0.0 0.01 |> Ode.saveSteps 1 |> Ode.saveStart |> Ode.solve
    let lengths = numbers s.Ts |> Array.pairwise |> Array.map (fun (a, b) -> b - a)
    isAtMost "the longest step" (0.01 * (1.0 + 1e-8)) (Array.max lengths)
    let failed = p |> Ode.tolerance 1e-12 1e-12 |> Ode.dtBetween 0.05 1.0 |> Ode.trySolve
    Assert.Equal(StepTooSmall, failed.Status)
    isAtMost "steps tried" 1000.0 (float (attempts failed))

// ---- controllers ----------------------------------------------------------------------------------------------------

/// Accepted and rejected steps of an independent implementation: Tsit5, I control, Hairer's first step,
/// tolerances 1e-8.
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

let budgetCases () = budgets |> List.map (fun (name, steps, rejected) -> [| name :> obj; steps; rejected |])

[<Theory; MemberData(nameof budgetCases)>]
let ``The work of Tsit5 is that of the reference`` (name: string) (steps: int) (rejected: int) =
    let s = problemOf (caseNamed name) |> Ode.tolerance 1e-8 1e-8 |> Ode.solve
    let got = $"{s.Stats.Steps} + {s.Stats.Rejected}"
    let isNear = abs (s.Stats.Steps - steps) <= 2 && abs (s.Stats.Rejected - rejected) <= 2
    Assert.True(isNear, $"{name}: got {got} steps, expected {steps} + {rejected} within 2 each")

let orbits () = [ for k in 1..5 -> [| $"D{k}" :> obj |] ]

[<Theory; MemberData(nameof orbits)>]
let ``PI control rejects fewer steps on orbits`` (name: string) =
    let c = caseNamed name
    let p = problemOf c |> Ode.tolerance 1e-8 1e-8
    let i, pi = Ode.solve p, p |> Ode.controller StepController.proportionalIntegral |> Ode.solve
    let rejected (s: Solution<Tensor>) = s.Stats.Rejected
    Assert.True(
        (rejected pi < rejected i / 2),
        $"{name}: got {rejected pi} rejected, expected under half of {rejected i}"
    )
    isAtMost $"{name}: steps in all against I control's" 1.3 (float (attempts pi) / float (attempts i))
    let error = Array.map2 (fun (g: float) e -> abs (g - e)) (numbers pi.Y1) c.Y1 |> Array.max
    isAtMost $"{name}: error" 5e-5 error

let controllers =
    [ "integral", StepController.integral
      "proportionalIntegral", StepController.proportionalIntegral
      "pid .4 .3 0", StepController.pid 0.4 0.3 0.0
      "pid .2 .4 0", StepController.pid 0.2 0.4 0.0
      "pid .25 .25 .25", StepController.pid 0.25 0.25 0.25 ]

let controllerCases () =
    [ for name, _ in controllers do
          for problem in [ "A3"; "B1"; "E2" ] -> [| name :> obj; problem |] ]

[<Theory; MemberData(nameof controllerCases)>]
let ``Every controller keeps to the tolerance`` (name: string) (problem: string) =
    let c = caseNamed problem
    let controller = controllers |> List.find (fst >> (=) name) |> snd
    let s = problemOf c |> Ode.tolerance 1e-8 1e-8 |> Ode.controller controller |> Ode.solve
    let error = Array.map2 (fun (g: float) e -> abs (g - e) / (1.0 + abs e)) (numbers s.Y1) c.Y1 |> Array.max
    isAtMost $"{problem} by {name}: scaled error" 5e-6 error

// ---- norms ----------------------------------------------------------------------------------------------------------

type Split = { Hard: Tensor; Easy: Tensor }

let private hard = caseNamed "E2"
let private split (easy: int) =
    let start = { Hard = tensor hard.Y0; Easy = zeros [ easy ] }
    Ode.problem (fun t s -> { Hard = hard.Field t s.Hard; Easy = 0.0 * s.Easy }) start (hard.T0, hard.T1)

[<Theory; InlineData 1; InlineData 5000>]
let ``Easy components of another leaf do not dilute the error`` (easy: int) =
    let alone = problemOf hard |> Ode.tolerance 1e-6 1e-6 |> Ode.solve
    let s = split easy |> Ode.tolerance 1e-6 1e-6 |> Ode.solve
    same "the hard leaf" (numbers alone.Y1) (numbers s.Y1.Hard)
    Assert.Equal((alone.Stats.Steps, alone.Stats.Rejected), (s.Stats.Steps, s.Stats.Rejected))

[<Fact>]
let ``A norm of one's own steers the steps`` () =
    let p = problemOf hard |> Ode.tolerance 1e-6 1e-6
    let plain = Ode.solve p
    let rms = p |> Ode.norm (fun e -> sqrt (mean (e * e))) |> Ode.solve
    Assert.Equal((plain.Stats.Steps, plain.Stats.Rejected), (rms.Stats.Steps, rms.Stats.Rejected))
    within 1e-12 "the default is the root mean square" (numbers plain.Y1) (numbers rms.Y1)
    let largest = p |> Ode.norm (fun e -> amax (abs e)) |> Ode.solve
    Assert.True(
        (attempts largest > attempts plain),
        $"got {attempts largest} steps, expected more than {attempts plain}"
    )
    // seen as one flat vector, five thousand easy components dilute the error
    let flat =
        split 5000 |> Ode.tolerance 1e-6 1e-6 |> Ode.norm (fun s -> norm (concat [ s.Hard; s.Easy ]) / sqrt 5002.0)
    let diluted = Ode.solve flat
    Assert.True(
        (2 * attempts diluted <= attempts plain),
        $"got {attempts diluted} steps, expected at most half of {attempts plain}"
    )

// ---- states ---------------------------------------------------------------------------------------------------------

type Nested = { Pair: Tensor * Tensor; More: Tensor list; Label: string }

[<Theory; MemberData(nameof everyMethod)>]
let ``States of any structure give the numbers of their leaves`` (solver: string) =
    let leaf (y0: float) = decay (tensor [ y0 ]) 0.0 2.0 |> by solver |> Ode.dt 0.05 |> Ode.saveAt (tensor [ 1.0; 2.0 ])
    let expected = [ 1.0; 2.0; 3.0 ] |> List.collect (fun y0 -> List.ofArray (numbers (Ode.solveYs (leaf y0))))
    let a, b, c = tensor [ 1.0 ], tensor [ 2.0 ], tensor [ 3.0 ]

    let check name (field: Tensor -> 'S -> 'S) (y0: 'S) =
        let p = Ode.problem field y0 (0.0, 2.0) |> by solver |> Ode.dt 0.05 |> Ode.saveAt (tensor [ 1.0; 2.0 ])
        same $"{solver}: {name}" expected (all (Ode.solveYs p))

    let half (x: Tensor) = -0.5 * x
    check "tuple" (fun _ (x, y, z) -> half x, half y, half z) (a, b, c)
    check "struct tuple" (fun _ (struct (x, y, z)) -> struct (half x, half y, half z)) (struct (a, b, c))
    check "list" (fun _ xs -> List.map half xs) [ a; b; c ]
    check "array" (fun _ xs -> Array.map half xs) [| a; b; c |]
    check "anonymous record" (fun _ s -> {| X = half s.X; Y = half s.Y; Z = half s.Z |}) {| X = a; Y = b; Z = c |}

    check
        "nested record"
        (fun _ (s: Nested) ->
            { Pair = (half (fst s.Pair), half (snd s.Pair)); More = List.map half s.More; Label = s.Label })
        { Pair = a, b; More = [ c ]; Label = "kept" }

[<Fact>]
let ``What is not a tensor in a state is kept`` () =
    let start = { Pair = tensor [ 1.0 ], tensor [ 2.0 ]; More = []; Label = "kept" }
    let s = Ode.problem (fun _ (n: Nested) -> { n with Label = "lost" }) start (0.0, 1.0) |> Ode.solve
    Assert.Equal("kept", s.Y1.Label)

let private shapes: (string * Tensor) list =
    [ "0-d", scalar 2.0
      "vector", tensor [ 1.0; 2.0 ]
      "matrix", reshape [ 2; 3 ] (linspace 1.0 2.0 6)
      "empty axis", zeros [ 0 ]
      "empty inner axis", zeros [ 2; 0; 3 ]
      "float32", tensor [ 1.0f; 2.0f ]
      "float32 0-d", scalar 2.0f ]

let shapeCases () =
    [ for solver in explicitOdeSolvers do
          for name, _ in shapes -> [| solver.Name :> obj; name |] ]

[<Theory; MemberData(nameof shapeCases)>]
let ``States of any shape and float type are solved`` (solver: string) (name: string) =
    let y0 = shapes |> List.find (fst >> (=) name) |> snd
    let s = decay y0 0.0 2.0 |> by solver |> Ode.saveAt (tensor [ 0.0; 1.0; 2.0 ]) |> Ode.solve
    Assert.Equal<int[]>(Array.append [| 3 |] y0.Shape, s.Ys.Shape)
    Assert.Equal(y0.Dtype, s.Y1.Dtype)
    Assert.Equal(Float64, s.Ts.Dtype)
    let bound = if solver = "Euler" then 0.02 else 1e-4
    within bound $"{solver}, {name}" (numbers y0 |> Array.map (fun y -> y * exp -1.0)) (numbers s.Y1)
    let gradient = grad (fun y -> decay y 0.0 2.0 |> by solver |> Ode.solveFinal |> sum) y0
    Assert.Equal<int[]>(y0.Shape, gradient.Shape)
    within bound $"{solver}, {name}: gradient" (numbers y0 |> Array.map (fun _ -> exp -1.0)) (numbers gradient)

[<Theory; MemberData(nameof everyMethod)>]
let ``A state of float32 and float64 keeps both`` (solver: string) =
    for isFirst32 in [ true; false ] do
        let single, double = tensor [ 1.0f ], tensor [ 1.0 ]
        let y0 = if isFirst32 then [ single; double ] else [ double; single ]
        let field (t: Tensor) (ys: Tensor list) = ys |> List.map (fun y -> -y * cast y.Dtype t)
        let s = Ode.problem field y0 (0.0, 1.0) |> by solver |> Ode.saveAt (tensor [ 0.5; 1.0 ]) |> Ode.solve
        Assert.Equal<Dtype list>(y0 |> List.map _.Dtype, s.Ys |> List.map _.Dtype)
        let bound = if solver = "Euler" then 0.03 else 1e-3
        let expected = [ exp -0.125; exp -0.5 ]
        for y in s.Ys do
            within bound $"{solver}" expected (numbers y)

let lateCases () =
    [ for solver in explicitOdeSolvers do
          for direction in directions -> [| solver.Name :> obj; direction |] ]

[<Theory; MemberData(nameof lateCases)>]
let ``At t = 1e6 the time of a float32 state is kept in float64`` (solver: string) (direction: float) =
    // float32 has steps of 0.0625 there
    let t0, t1 = 1e6, 1e6 + direction
    let p = Ode.problem (fun _ y -> -direction * y) (tensor [ 1.0f ]) (t0, t1) |> Ode.using (methodNamed solver)
    let s = p |> Ode.dt 0.01 |> Ode.saveAt (tensor [ 1e6 + 0.503 * direction; t1 ]) |> Ode.solve
    same "steps" [ 100.0 ] [ float s.Stats.Steps ]
    same "the time reached" [ t1 ] (numbers s.LastTime)
    let bound = if solver = "Euler" then 5e-3 else 2e-5
    within bound $"{solver}" [ exp -0.503; exp -1.0 ] (numbers s.Ys)

    if p.Solver.IsAdaptive then
        let s = p |> Ode.tolerance 1e-4 1e-4 |> Ode.solve
        within 1e-3 $"{solver}, adaptive" [ exp -1.0 ] (numbers s.Y1)

// ---- progress and cancellation --------------------------------------------------------------------------------------

let progressCases () =
    [ for direction in directions do
          for isBatch in [ false; true ] do
              for isFixed in [ false; true ] -> [| direction :> obj; isBatch; isFixed |] ]

[<Theory; MemberData(nameof progressCases)>]
let ``Progress goes up and ends at 1`` (direction: float) (isBatch: bool) (isFixed: bool) =
    let t0, t1 = if direction > 0.0 then 0.5, 3.0 else 3.0, 0.5
    let reports = ResizeArray<SolveProgress>()
    let p = decay (tensor [ [ 1.0 ]; [ 300.0 ] ]) t0 t1 |> (if isBatch then Ode.perSample else id)
    let s = p |> (if isFixed then Ode.dt 0.2 else id) |> Ode.progress reports.Add |> Ode.solve
    let fractions = reports |> Seq.map _.Fraction |> Seq.toArray
    same "in order" (Array.sort fractions) fractions
    same "the last" [ 1.0; t1 ] [ Array.last fractions; reports[reports.Count - 1].Time ]
    same "the first" [ 0.0; t0 ] [ fractions[0]; reports[0].Time ]
    let last = reports[reports.Count - 1]
    if not isBatch then Assert.Equal((s.Stats.Steps, s.Stats.Rejected), (last.Steps, last.Rejected))
    Assert.True((reports.Count >= last.Steps), $"got {reports.Count} reports, expected one a step")

[<Theory; InlineData false; InlineData true>]
let ``A cancelled solve returns what it had`` (isBatch: bool) =
    use source = new CancellationTokenSource()
    let p = decay (tensor [ [ 1.0 ]; [ 2.0 ] ]) 0.0 10.0 |> (if isBatch then Ode.perSample else id)
    let p = p |> Ode.using RK4 |> Ode.dt 0.1 |> Ode.saveAt (tensor [ 0.25; 0.45; 5.0 ])
    let stopAtFive (report: SolveProgress) = if report.Steps = 5 then source.Cancel()
    let p = p |> Ode.progress stopAtFive |> Ode.cancel source.Token
    let s = Ode.trySolve p
    Assert.Equal(Cancelled, s.Status)
    within 1e-12 "the time reached" (if isBatch then [ 0.5; 0.5 ] else [ 0.5 ]) (numbers s.LastTime)
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
    let error = raises<SolveException> [ "Cancelled"; "t = 0.5" ] (fun () -> Ode.solve p |> ignore)
    Assert.Equal(Cancelled, error.Status)

[<Fact>]
let ``A solve cancelled before its start ends at once`` () =
    use source = new CancellationTokenSource()
    source.Cancel()
    let s =
        decay (tensor [ 1.0 ]) 0.0 10.0 |> Ode.using RK4 |> Ode.dt 0.001 |> Ode.cancel source.Token |> Ode.trySolve
    Assert.Equal(Cancelled, s.Status)
    Assert.Equal(0, s.Stats.Steps)
    same "the state" [ 1.0 ] (numbers s.LastState)

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

let countCases () =
    [ for solver in explicitOdeSolvers do
          for name, _ in ways do
              for isFixed in [ true; false ] do
                  let isFirst = name.StartsWith "a first"
                  if (isFixed && not isFirst) || (not isFixed && solver.IsAdaptive) then
                      [| solver.Name :> obj; name; isFixed |] ]

[<Theory; MemberData(nameof countCases)>]
let ``Evaluations are counted`` (solver: string) (name: string) (isFixed: bool) =
    let recorder = Recorder()
    let field = recorder.Watch(fun t y -> sin (4.0 * t) - y * y)
    let way = ways |> List.find (fst >> (=) name) |> snd
    let p = Ode.problem field (tensor [ [ 1.0 ]; [ 0.2 ] ]) (0.0, 2.0) |> Ode.using (methodNamed solver) |> way
    let s = (if isFixed then Ode.dt 0.3 p else p) |> Ode.solve
    same $"{solver}, {name}: evaluations" [ float recorder.Count ] [ float s.Stats.Evaluations ]

[<Theory; MemberData(nameof everyMethod)>]
let ``By sample, the evaluations are those of each sample's own solve`` (solver: string) =
    let p (y: Tensor) =
        Ode.problem (fun t y -> sin (4.0 * t) - y * y) y (0.0, 2.0) |> by solver |> Ode.saveAt (tensor [ 0.3; 1.9 ])

    let y0 = tensor [ [ 1.0 ]; [ 0.2 ]; [ 5.0 ] ]
    let own = [ for i in 0..2 -> (Ode.solve (p y0[i])).Stats ]
    let sums =
        own |> List.map (fun s -> [ s.Steps; s.Rejected; s.Evaluations ]) |> List.transpose |> List.map List.sum
    let s = (p y0 |> Ode.perSample |> Ode.solve).Stats
    Assert.Equal<int list>(sums, [ s.Steps; s.Rejected; s.Evaluations ])

// ---- failures -------------------------------------------------------------------------------------------------------

/// The square root has no number after t = 1.
let private breaking (y0: Tensor) = Ode.problem (fun t y -> -sqrt(1.0 - t) * y) y0 (0.0, 2.0)

[<Fact>]
let ``The exception holds status, time and the trajectory so far`` () =
    let p = breaking (tensor [ 1.0; 2.0 ]) |> Ode.saveAt (tensor [ 0.0; 0.5; 1.5 ])
    let error =
        raises<SolveException> [ "t = 1"; "NonFinite"; "component 0"; "Look for" ] (fun () -> Ode.solve p |> ignore)
    Assert.Equal(NonFinite, error.Status)
    within 1e-6 "time" [ 1.0 ] [ error.Time ]
    same "times" [ 0.0; 0.5; 1.5 ] (numbers error.Ts.Value)

    let ys =
        match error.Ys with
        | :? Tensor as ys -> numbers ys
        | other -> failwith $"got {other}, expected a tensor"

    let at t = exp (2.0 / 3.0 * ((1.0 - t) ** 1.5 - 1.0))
    within 1e-5 "states" [ 1.0; 2.0; at 0.5; 2.0 * at 0.5; nan; nan ] ys
    Assert.True((error.Stats.Steps > 3 && error.Stats.Rejected > 3), $"got {error.Stats}")
    let s = Ode.trySolve p
    Assert.Equal(error.Message, s.Failure.Value.Message)
    same "trySolve keeps as much" ys (numbers s.Ys)

[<Fact>]
let ``Steps kept before a failure stay`` () =
    let s =
        breaking (tensor [ 1.0 ]) |> Ode.using RK4 |> Ode.dt 0.25 |> Ode.saveSteps 1 |> Ode.saveEnd |> Ode.trySolve
    same "times" [ 0.25; 0.5; 0.75; 1.0; 2.0 ] (numbers s.Ts)
    Assert.True(Double.IsNaN(float s.Ys[-1, 0]), $"got {s.Ys}, expected NaN at the end")

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

let transformCases () = transforms |> List.map (fun (name, _) -> [| name :> obj |])

[<Theory; MemberData(nameof transformCases)>]
let ``A failure inside a transform is raised when it has run`` (name: string) =
    let run = transforms |> List.find (fst >> (=) name) |> snd
    let error = raises<SolveException> [ "NonFinite" ] (fun () -> run (tensor [ 1.0; 2.0 ]) |> ignore)
    Assert.Equal(NonFinite, error.Status)
    within 1e-4 $"{name}: time" [ 1.0 ] [ error.Time ]

[<Fact>]
let ``A compiled function that failed once runs on with other numbers`` () =
    let f =
        compile (fun (y: Tensor) ->
            Ode.problem (fun _ y -> y * y) y (0.0, 1.0) |> Ode.tolerance 1e-9 1e-9 |> Ode.solveFinal)
    let at (y0: float) = f (tensor [ y0 ])
    within 1e-6 "before" [ 1.0 ] (numbers (at 0.5))
    let error = Assert.Throws<SolveException>(Action(fun () -> at 2.0 |> ignore))
    within 1e-3 "time of the blow-up" [ 0.5 ] [ error.Time ]
    within 1e-6 "after" [ 1.0 ] (numbers (at 0.5))

// ---- samples --------------------------------------------------------------------------------------------------------

let private swing (t: Tensor) (y: Tensor) = stack [ y[1]; -9.0 * sin y[0] - 0.1 * y[1] + cos t ]

let private swings = [ [ 0.1; 0.0 ]; [ 3.0; 2.0 ]; [ -1.0; 30.0 ]; [ 0.0; 0.0 ]; [ 2.0; -5.0 ] ]

[<Theory; MemberData(nameof methodsAndDirections)>]
let ``A sample's bits do not depend on its batch mates`` (solver: string) (direction: float) =
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
        same $"{what} against another order" (numbers reordered.Ys[swings.Length - 1 - i]) (numbers s.Ys[i])
        let counts (a: Tensor) (b: Tensor) i = [ (numbers a)[i]; (numbers b)[i] ]
        same $"{what}: steps" (counts own.Steps own.RejectedSteps 0) (counts s.Steps s.RejectedSteps i)

[<Theory; MemberData(nameof everyMethod)>]
let ``Each sample has its own times`` (solver: string) =
    let y0, t0, t1 = tensor swings, tensor [ 0.0; 1.0; 2.0; 0.5; 1.5 ], tensor [ 1.0; 0.0; 2.0; 1.7; -0.4 ]
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
        same $"{solver}, sample {i}: y(t1)" (numbers own.Y1) (numbers s.Y1[i])

[<Theory; MemberData(nameof everyMethod)>]
let ``One step size for a batch serves its hardest sample in part only`` (solver: string) =
    let p = Ode.problem (fun _ (y: Tensor) -> -0.1 * y ** 3.0) (tensor [ [ 4.0 ]; [ 0.001 ] ]) (0.0, 1.0) |> by solver
    let joint, own = Ode.solve p, p |> Ode.perSample |> Ode.solve
    Assert.Equal<int[]>([||], joint.Steps.Shape)
    Assert.Equal<int[]>([| 2 |], own.Steps.Shape)
    if p.Solver.IsAdaptive then
        let steps = numbers own.Steps
        Assert.True((steps[1] < steps[0]), $"{solver}: got {text steps} steps, expected fewer for the easy sample")

[<Theory; MemberData(nameof everyMethod)>]
let ``A failing sample leaves the others' results and gradients`` (solver: string) =
    // the second sample leaves the domain of the root at t = 0.5
    let field (t: Tensor) (y: Tensor) = stack [ -sqrt(y[1] - t) * y[0]; 0.0 * y[1] ]
    let p (y: Tensor) = Ode.problem field y (0.0, 1.0) |> by solver
    let y0 = tensor [ [ 1.0; 2.0 ]; [ 1.0; 0.5 ]; [ 3.0; 4.0 ] ]
    let s = p y0 |> Ode.perSample |> Ode.trySolve
    Assert.Equal<Status[]>([| Success; NonFinite; Success |], s.Statuses)
    Assert.Equal(Some 1, s.Failure.Value.Sample)
    same "the failed sample" [ nan; nan ] (numbers s.Y1[1])
    let final y = (p y |> Ode.perSample |> Ode.trySolve).Y1 |> sum
    let gradient = grad final y0
    same "the gradient of the failed sample" [ 0.0; 0.0 ] (numbers gradient[1])

    for i in [ 0; 2 ] do
        same $"{solver}, sample {i}" (numbers (p y0[i] |> Ode.solve).Y1) (numbers s.Y1[i])
        let own = grad (fun y -> p y |> Ode.solveFinal |> sum) y0[i]
        within 1e-13 $"{solver}, gradient of sample {i}" (numbers own) (numbers gradient[i])

[<Fact>]
let ``A failing sample raises with its number and all samples' results`` () =
    let field (t: Tensor) (y: Tensor) = -sqrt(y[1] - t) * stack [ y[0]; 0.0 * y[1] ]
    let p = Ode.problem field (tensor [ [ 1.0; 2.0 ]; [ 1.0; 0.5 ] ]) (0.0, 1.0) |> Ode.perSample
    let error = raises<SolveException> [ "sample 1"; "t = 0.5" ] (fun () -> Ode.solve p |> ignore)
    Assert.Equal(Some 1, error.Failure.Sample)
    within 1e-4 "time" [ 0.5 ] [ error.Time ]

[<Theory; MemberData(nameof everyMethod)>]
let ``Gradients by sample are those of each sample's own solve`` (solver: string) =
    let p y = Ode.problem swing y (0.0, 1.5) |> by solver
    let batch = grad (fun y -> (p y |> Ode.perSample |> Ode.solve).Y1 |> square |> sum) (tensor swings)

    for i, y0 in List.indexed swings do
        let own = grad (fun y -> (p y |> Ode.solve).Y1 |> square |> sum) (tensor y0)
        relative 1e-13 $"{solver}, sample {i}" (numbers own) (numbers batch[i])

// ---- a jump's time as a parameter -----------------------------------------------------------------------------------

[<Fact>]
let ``Derivatives in the time of a jump agree with differences`` () =
    let y1 (tau: Tensor) =
        let leg (y0: Tensor) (force: float) (t0: Tensor) (t1: Tensor) =
            Ode.problem (fun _ y -> -y + force) y0 (t0, t1) |> Ode.tolerance 1e-12 1e-12 |> Ode.solveFinal

        leg (leg (scalar 0.2) 0.0 (scalar 0.0) tau) 1.0 tau (scalar 1.0)

    let h = 1e-4
    let difference = (float (y1 (scalar (0.5 + h))) - float (y1 (scalar (0.5 - h)))) / (2.0 * h)
    within 1e-7 "dy(1)/dτ" [ difference ] (numbers (grad y1 (scalar 0.5)))

/// Identities between derivatives of solves, and the accuracy of derivatives of high order; the bound of each row
/// states how accurately it holds.
module NeuralDE.Tests.Closure.ClosureTableTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private numbers (x: Tensor) = x.ToArray()

let private check (bound: float) (got: float[]) (expected: float[]) =
    Expect.equal got.Length expected.Length "got.Length"
    let scale = expected |> Array.map abs |> Array.max |> max 1e-3
    let error = (Array.map2 (fun a b -> abs (a - b)) got expected |> Array.max) / scale
    Expect.isTrue (error <= bound) $"got %A{got}, expected %A{expected}: relative error %.2e{error}, at most {bound}"

let private sameBits (got: float[]) (expected: float[]) =
    Expect.equal
        (Array.map BitConverter.DoubleToInt64Bits got)
        (Array.map BitConverter.DoubleToInt64Bits expected)
        "Array.map BitConverter.DoubleToInt64Bits got"

let private differences step (f: float -> float[]) x =
    let at k = f (x + float k * step)
    let difference k = Array.map2 (-) (at k) (at -k)
    Array.map3 (fun a b c -> (45.0 * a - 9.0 * b + c) / (60.0 * step)) (difference 1) (difference 2) (difference 3)

let private at tolerance gradient (p: OdeProblem<'S>) =
    p |> Ode.using Dopri5 |> Ode.tolerance tolerance tolerance |> Ode.gradient gradient

let private direct p = at 1e-10 Direct p
let private vanDerPol (mu: Tensor) _t (y: Tensor) = stack [ y[1]; mu * (1.0 - y[0] * y[0]) * y[1] - y[0] ]
let private measure (y: Tensor) = y[0] * y[1] + y[0]

/// The loss of (μ, t1, y0), packed into one vector [4].
let private loss how (x: Tensor) = Ode.problem (vanDerPol x[0]) x[2..3] (0.0, x[1]) |> how |> Ode.solveFinal |> measure

let private point = tensor [ 1.0; 3.0; 2.0; 0.5 ]
let private rows (m: Tensor) = [| for i in 0 .. m.Length - 1 -> numbers m[i] |]

let private ofMu how (mu: Tensor) =
    Ode.problem (vanDerPol mu) (tensor [ 2.0; 0.5 ]) (0.0, 3.0) |> how |> Ode.solveFinal |> measure

let private derivative order f : Tensor -> Tensor = Seq.fold (fun f _ -> grad f) f (seq { 1..order })

let private starts = tensor [ [ 2.0; 0.5 ]; [ -1.0; 2.5 ]; [ 0.2; -0.1 ] ]
let private ends = tensor [ 3.0; 1.0; 2.0 ]

let private row how mu (t1: Tensor, y0: Tensor) =
    Ode.problem (vanDerPol mu) y0 (0.0, t1) |> how |> Ode.solveFinal |> measure

let private each f = [| for i in 0..2 -> numbers (f (ends[i], starts[i])) |] |> Array.concat

// ── a pendulum from its energy: the field contains a gradient ───────────────────────────────────────────────────────

let private energy (k: Tensor) (z: Tensor) = 0.5 * z[1] * z[1] - cos z[0] + k * z[0] ** 4.0

let private hamiltonian (k: Tensor) _t (z: Tensor) =
    let slope = grad (energy k) z
    stack [ slope[1]; -slope[0] ]

let private explicitly (k: Tensor) _t (z: Tensor) = stack [ z[1]; -(sin z[0] + 4.0 * k * z[0] ** 3.0) ]

let private swing field (how: OdeProblem<Tensor> -> OdeProblem<Tensor>) (x: Tensor) =
    let y: Tensor = Ode.problem (field x[0]) x[1..2] (0.0, 3.0) |> how |> Ode.solveFinal
    y[0] * y[1]

// ── backsolve ───────────────────────────────────────────────────────────────────────────────────────────────────────

// ── outputs at times ────────────────────────────────────────────────────────────────────────────────────────────────

let private outputs how (mu: Tensor) (ts: Tensor) (y0: Tensor) =
    let ys = Ode.problem (vanDerPol mu) y0 (0.0, 3.0) |> how |> Ode.saveAt ts |> Ode.solveYs
    sum (ys * ys * ys)

let private times = tensor [ 0.3; 1.0; 1.1; 2.5; 3.0 ]

// ── a solve inside a root, a cond inside a field, a solve inside a field ────────────────────────────────────────────

/// The time at which y₀ is first 0: a root that contains a solve, found by bisection.
let private crossing (how: OdeProblem<Tensor> -> OdeProblem<Tensor>) (mu: Tensor) =
    let height (t: Tensor) mu =
        let y: Tensor = Ode.problem (vanDerPol mu) (tensor [ 2.0; 0.5 ]) (0.0, t) |> how |> Ode.solveFinal
        y[0]

    let search mu =
        let halve (a: Tensor, b: Tensor) =
            let middle = 0.5 * (a + b)
            let isBefore = height middle mu .> 0.0
            where isBefore middle a, where isBefore b middle

        let a, b = iterate 50 halve (scalar 1.0, scalar 3.0)
        0.5 * (a + b)

    implicitRoot search height mu

/// The second impact of a ball with drag v tanh v, x = (g, restitution, drag, height): two roots that contain solves,
/// with a bounce between.
let private secondImpact how (x: Tensor) =
    let field (x: Tensor) _t (y: Tensor) = stack [ y[1]; -(x[0] + x[2] * y[1] * tanh y[1]) ]

    let fall (x: Tensor) (y: Tensor) (t: Tensor) : Tensor = Ode.problem (field x) y (0.0, t) |> how |> Ode.solveFinal

    /// The time at which the ball hits the ground again, between two times that enclose it.
    let impact x (y: Tensor) (early: float, late: float) =
        let height (t: Tensor) (x, y) = (let (y: Tensor) = fall x y t in y[0])

        let search p =
            let halve (a: Tensor, b: Tensor) =
                let middle = 0.5 * (a + b)
                let isAbove = height middle p .> 0.0
                where isAbove middle a, where isAbove b middle

            let a, b = iterate 50 halve (scalar early, scalar late)
            0.5 * (a + b)

        implicitRoot search height (x, y)

    let start = stack [ x[3]; scalar 0.0 ]
    let first = impact x start (0.5, 3.0)
    let bounced = fall x start first * stack [ scalar 0.0; -x[1] ]
    first + impact x bounced (0.2, 4.0)

// ── the end time ────────────────────────────────────────────────────────────────────────────────────────────────────

[<Tests>]
let tests =
    testList
        "Closure.ClosureTable"
        [ testCase "checkpoints change no bit of gradient or Hessian" (fun () ->
              let budget = at 1e-10 (CheckpointedWithin 700L)
              sameBits (numbers (grad (loss budget) point)) (numbers (grad (loss direct) point))
              sameBits (numbers (hessian (loss budget) point)) (numbers (hessian (loss direct) point)))

          testCase "a Hessian is symmetric" (fun () ->
              let h = hessian (loss direct) point
              check 1e-11 (numbers (transpose h)) (numbers h))

          testCase "jvp of grad, grad of jvp, jvp of jvp and the Hessian agree" (fun () ->
              let v = tensor [ 0.3; 0.2; 1.1; 0.4 ]
              let h = hessian (loss direct) point
              let expected = numbers (matmul h v)
              check 1e-11 (numbers (snd (jvp (grad (loss direct)) point v))) expected
              check 1e-11 (numbers (grad (fun x -> snd (jvp (loss direct) x v)) point)) expected
              let second = snd (jvp (fun x -> snd (jvp (loss direct) x v)) point v)
              check 1e-11 (numbers second) (numbers (dot v (matmul h v))))

          testList
              "the n-th gradient agrees with differences of the (n − 1)-th"
              [ for order, bound in [ 1, 1e-8; 2, 1e-7; 3, 1e-7; 4, 1e-6 ] do
                    testCase $"{order}, {bound}" (fun () ->
                        let below = derivative (order - 1) (ofMu (at 1e-13 Direct))
                        let expected = differences 1e-3 (fun mu -> numbers (below (scalar mu))) 1.0
                        check bound (numbers (derivative order (ofMu direct) (scalar 1.0))) expected) ]

          testCase "three jvps of a gradient are the fourth gradient" (fun () ->
              let along f x = snd (jvp f x (scalar 1.0))
              let mixed = along (along (along (grad (ofMu direct)))) (scalar 1.0)
              check 1e-11 (numbers mixed) (numbers (derivative 4 (ofMu direct) (scalar 1.0))))

          testCase "runs with tangents take the same steps, bit for bit" (fun () ->
              let solve (mu: Tensor) =
                  let s = Ode.problem (vanDerPol mu) (tensor [ 2.0; 0.5 ]) (0.0, 3.0) |> direct |> Ode.trySolve
                  s.Y1, cast Float64 s.Steps, cast Float64 s.RejectedSteps, s.LastTime

              let y, accepted, rejected, time = solve (scalar 1.0)
              let along f x = fst (jvp f x (scalar 1.0))
              let y', accepted', rejected', time' = along (fun mu -> fst (jvp solve mu (scalar 1.0))) (scalar 1.0)
              sameBits (numbers y') (numbers y)
              sameBits (numbers (stack [ accepted'; rejected'; time' ])) (numbers (stack [ accepted; rejected; time ])))

          testCase "forward Jacobian, reverse rows and vmap of vjp agree" (fun () ->
              let y1 (y0: Tensor) = Ode.problem (vanDerPol (scalar 1.0)) y0 (0.0, 3.0) |> direct |> Ode.solveFinal
              let y0 = tensor [ 2.0; 0.5 ]
              let expected = numbers (jacobian y1 y0)
              let reverse = stack [ for i in 0..1 -> grad (fun y -> (y1 y)[i]) y0 ]
              check 1e-13 (numbers reverse) expected
              check 1e-13 (numbers (vmap (snd (vjp y1 y0)) (eye 2))) expected)

          testList
              "rows of a solve under vmap are the separate solves, bit for bit"
              [ for bytes in [ 1000000; 700 ] do
                    testCase $"{bytes}" (fun () ->
                        let how p = at 1e-10 (CheckpointedWithin(int64 bytes)) p
                        let f = row how (scalar 1.0)
                        sameBits (numbers (vmap f (ends, starts))) (each f)
                        let gradient x = (let a, b = grad f x in concat [ reshape [ 1 ] a; b ])
                        sameBits (numbers (vmap gradient (ends, starts))) (each gradient)
                        let ofShared (x: Tensor * Tensor) = grad (fun mu -> row how mu x) (scalar 1.0)
                        sameBits (numbers (vmap ofShared (ends, starts))) (each ofShared)
                        let total mu = sum (vmap (row how mu) (ends, starts))
                        check 1e-13 (numbers (grad total (scalar 1.0))) [| Array.sum (each ofShared) |]
                        let second (x: Tensor * Tensor) = grad (grad (fun mu -> row how mu x)) (scalar 1.0)
                        check 1e-12 (numbers (grad (grad total) (scalar 1.0))) [| Array.sum (each second) |]
                        sameBits (numbers (vmap second (ends, starts))) (each second)) ]

          testCase "vmap nests" (fun () ->
              let total (mus: Tensor) = sum (vmap (fun mu -> sum (vmap (row direct mu) (ends, starts))) mus)
              let one mu = sum (vmap (row direct mu) (ends, starts))
              let expected = [| 1.0; 2.0 |] |> Array.collect (fun mu -> numbers (grad one (scalar mu)))
              check 1e-13 (numbers (grad total (tensor [ 1.0; 2.0 ]))) expected)

          testCase "each row of a solve under vmap has its own steps" (fun () ->
              let steps (t1: Tensor, y0: Tensor) =
                  (Ode.problem (vanDerPol (scalar 1.0)) y0 (0.0, t1) |> direct |> Ode.trySolve).Steps

              Expect.equal (numbers (vmap steps (ends, starts))) (each steps) "numbers (vmap steps (ends, starts))")

          testCase
              "a field with an inner gradient has the derivatives of its explicit form, at first and second order"
              (fun () ->
                  let x = tensor [ 0.2; 1.0; 0.3 ]
                  check 1e-13 (numbers (swing hamiltonian direct x)) (numbers (swing explicitly direct x))
                  check
                      1e-12
                      (numbers (grad (swing hamiltonian direct) x))
                      (numbers (grad (swing explicitly direct) x))
                  check
                      1e-11
                      (numbers (hessian (swing hamiltonian direct) x))
                      (numbers (hessian (swing explicitly direct) x))
                  check
                      1e-7
                      (numbers (grad (swing hamiltonian (at 1e-10 Backsolve)) x))
                      (numbers (grad (swing explicitly direct) x)))

          testCase "backsolve of backsolve is the Hessian" (fun () ->
              let back p = at 1e-11 Backsolve p
              check 1e-7 (numbers (grad (loss back) point)) (numbers (grad (loss direct) point))
              check 1e-6 (numbers (hessian (loss back) point)) (numbers (hessian (loss direct) point))
              let byReverse = stack [ for i in 0..3 -> grad (fun x -> (grad (loss back) x)[i]) point ]
              check 1e-6 (numbers byReverse) (numbers (hessian (loss direct) point)))

          testList
              "every norm of a backward solve gives the gradient"
              [ for name in [ "full"; "seminorm"; "own" ] do
                    testCase name (fun () ->
                        let rms (x: Tensor) = sqrt (mean (x * x))

                        let norm =
                            match name with
                            | "full" -> FullNorm
                            | "seminorm" -> Seminorm
                            | _ -> UserNorm(fun e -> e.State @ e.Adjoint |> List.map rms |> List.reduce maximum)

                        let options = { Rtol = Some 1e-11; Atol = Some 1e-11; Norm = norm }
                        let got = grad (loss (at 1e-11 (BacksolveWith options))) point
                        check 1e-7 (numbers got) (numbers (grad (loss direct) point))) ]

          testCase
              "for an autonomous equation, the derivative by the start time is minus that by the end time"
              (fun () ->
                  let from how t0 =
                      Ode.problem (vanDerPol (scalar 1.0)) (tensor [ 2.0; 0.5 ]) (t0, 3.0)
                      |> how
                      |> Ode.solveFinal
                      |> measure

                  let until how t1 =
                      Ode.problem (vanDerPol (scalar 1.0)) (tensor [ 2.0; 0.5 ]) (0.0, t1)
                      |> how
                      |> Ode.solveFinal
                      |> measure

                  let expected = numbers (-(grad (until direct) (scalar 3.0)))
                  check 1e-9 (numbers (grad (from direct) (scalar 0.0))) expected
                  check 1e-6 (numbers (grad (from (at 1e-10 Backsolve)) (scalar 0.0))) expected)

          testCase "the derivative by the start time of a non-autonomous equation" (fun () ->
              // y' = y sin t²: ∂/∂t0 = −y0 f(t0) · y/y0
              let final how t0 =
                  Ode.problem (fun t (y: Tensor) -> y * sin (t * t)) (tensor [ 2.0; 0.5 ]) (t0, 2.0)
                  |> how
                  |> Ode.solveFinal

              let value t0 = (let y = final direct t0 in sum (y * y))
              let y = numbers (final (at 1e-13 Direct) (scalar 0.3))
              let expected = [| -2.0 * sin 0.09 * Array.sumBy (fun y -> y * y) y |]
              check 1e-9 (numbers (grad value (scalar 0.3))) expected)

          testCase "outputs at times: gradients to third order, also under vmap" (fun () ->
              let start = tensor [ 2.0; 0.5 ]
              let tight p = at 1e-13 Direct p
              let ofMu how mu = outputs how mu times start
              let byDifference f = differences 1e-3 (fun mu -> numbers (f (scalar mu))) 1.0
              check 1e-7 (numbers (grad (ofMu direct) (scalar 1.0))) (byDifference (ofMu tight))
              check 1e-7 (numbers (derivative 2 (ofMu direct) (scalar 1.0))) (byDifference (grad (ofMu tight)))
              let along f x = snd (jvp f x (scalar 1.0))
              check
                  1e-10
                  (numbers (derivative 3 (ofMu direct) (scalar 1.0)))
                  (numbers (along (along (along (ofMu direct))) (scalar 1.0)))
              let mus = tensor [ 1.0; 2.0 ]
              let each = [| 1.0; 2.0 |] |> Array.collect (fun mu -> numbers (grad (ofMu direct) (scalar mu)))
              sameBits (numbers (vmap (grad (ofMu direct)) mus)) each
              check 1e-13 (numbers (grad (fun mus -> sum (vmap (ofMu direct) mus)) mus)) each)

          testCase "the derivative by an output time is the field there" (fun () ->
              let start = tensor [ 2.0; 0.5 ]
              let got = grad (fun ts -> outputs direct (scalar 1.0) ts start) times
              let y =
                  Ode.problem (vanDerPol (scalar 1.0)) start (0.0, 3.0)
                  |> at 1e-13 Direct
                  |> Ode.saveAt times
                  |> Ode.solveYs

              let expected =
                  [| for i in 0..4 -> numbers (sum (3.0 * y[i] * y[i] * vanDerPol (scalar 1.0) () y[i])) |]
                  |> Array.concat

              check 1e-7 (numbers got) expected)

          testCase "the time of an event, to third order" (fun () ->
              let tight p = at 1e-13 Direct p
              let time = crossing direct
              check 1e-9 (numbers (time (scalar 1.0))) (numbers (crossing tight (scalar 1.0)))
              let byDifference f = differences 1e-3 (fun mu -> numbers (f (scalar mu))) 1.0
              check 1e-7 (numbers (grad time (scalar 1.0))) (byDifference (crossing tight))
              check 1e-6 (numbers (grad (grad time) (scalar 1.0))) (byDifference (grad (crossing tight)))
              let along f x = snd (jvp f x (scalar 1.0))
              check 1e-9 (numbers (derivative 3 time (scalar 1.0))) (numbers (along (along (along time)) (scalar 1.0))))

          testCase "the second impact of a ball without drag, in closed form" (fun () ->
              let x = tensor [ 9.8; 0.8; 0.0; 9.8 ]
              let time = sqrt 2.0
              check 1e-9 (numbers (secondImpact direct x)) [| 2.6 * time |]
              let slope = numbers (grad (secondImpact direct) x)
              check 1e-8 [| slope[0]; slope[1]; slope[3] |] [| -1.3 * time / 9.8; 2.0 * time; 1.3 * time / 9.8 |])

          testCase "the second impact of a ball with drag: gradients of first and second order, and of rows" (fun () ->
              let at0 = [| 9.8; 0.8; 0.1; 9.8 |]
              let along f i v = numbers (f (tensor (Array.updateAt i v at0)))
              let tight p = at 1e-13 Direct p
              let expected = [| for i in 0..3 -> (differences 2e-3 (along (secondImpact tight) i) at0[i])[0] |]
              check 1e-8 (numbers (grad (secondImpact direct) (tensor at0))) expected
              let second = grad (fun x -> (grad (secondImpact direct) x)[0]) (tensor at0)
              check 1e-6 (numbers second) (differences 1e-3 (along (grad (secondImpact tight)) 0) at0[0])
              let budget p = at 1e-10 (CheckpointedWithin 200L) p
              sameBits
                  (numbers (grad (secondImpact budget) (tensor at0)))
                  (numbers (grad (secondImpact direct) (tensor at0)))
              let ofGravity g = secondImpact direct (concat [ reshape [ 1 ] g; tensor at0[1..] ])
              let gravities = tensor [ 9.8; 8.0; 11.0 ]
              let each = [| for i in 0..2 -> float (grad ofGravity gravities[i]) |]
              check 1e-11 (numbers (vmap (grad ofGravity) gravities)) each
              check 1e-11 (numbers (grad (fun g -> sum (vmap ofGravity g)) gravities)) each)

          testCase "a fit has the right second derivative at its minimum" (fun () ->
              let best = crossing direct (scalar 1.0)
              let misfit mu = square (crossing direct mu - stopGradient best)
              let slope = float (grad (crossing direct) (scalar 1.0))
              check 1e-8 (numbers (grad (grad misfit) (scalar 1.0))) [| 2.0 * slope * slope |])

          testCase "a cond inside a field has the derivatives of the chosen branch" (fun () ->
              let decay (m: Tensor) _t (y: Tensor) = cond (y[0] .> 0.0) (fun (y: Tensor) -> -(m * y)) (fun y -> -y) y

              let final m =
                  Ode.problem (decay m) (tensor [ 1.0; 2.0 ]) (0.0, 1.0)
                  |> at 1e-10 (CheckpointedWithin 200L)
                  |> Ode.solveFinal
                  |> sum

              let m = scalar 0.7
              let expected = [| -3.0 * exp -0.7; 3.0 * exp -0.7 |]
              check 1e-8 [| float (grad final m); float (grad (grad final) m) |] expected)

          testCase "a solve inside the field of a solve: derivatives to second order" (fun () ->
              let inner (mu: Tensor) (y: Tensor) = Ode.problem (vanDerPol mu) y (0.0, 0.2) |> direct |> Ode.solveFinal

              let outer how mu =
                  Ode.problem (fun _ (y: Tensor) -> -(inner mu y)) (tensor [ 1.0; 0.5 ]) (0.0, 1.0)
                  |> how
                  |> Ode.solveFinal
                  |> sum

              let loose p = at 1e-8 Direct p
              let expected = differences 1e-2 (fun mu -> numbers (grad (outer loose) (scalar mu))) 1.0
              check 1e-6 (numbers (grad (grad (outer loose)) (scalar 1.0))) expected)

          // A step of length zero after the loop carries the derivative by the end time. By Lie derivatives of the
          // exact solution, the first three derivatives are as accurate as the steps.
          testList
              "derivatives by the end time are as accurate as the steps, to third order"
              [ for tolerance, bound in [ 1e-6, 1e-4; 1e-8, 1e-6; 1e-10, 1e-8 ] do
                    testCase $"{tolerance}, {bound}" (fun () ->
                        let field y = vanDerPol (scalar 1.0) () y
                        let lie (l: Tensor -> Tensor) (y: Tensor) = snd (jvp l y (field y))
                        let solve tolerance t1 =
                            Ode.problem (vanDerPol (scalar 1.0)) (tensor [ 2.0; 0.5 ]) (0.0, t1)
                            |> at tolerance Direct
                            |> Ode.solveFinal

                        let y = solve 1e-13 (scalar 3.0)
                        let value t1 = measure (solve tolerance t1)

                        for order in 1..3 do
                            let exact = Seq.fold (fun l _ -> lie l) measure (seq { 1..order }) y
                            check bound (numbers (derivative order value (scalar 3.0))) (numbers exact)) ] ]

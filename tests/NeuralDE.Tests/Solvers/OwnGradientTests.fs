/// Custom gradient methods.
module NeuralDE.Tests.Solvers.OwnGradientTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private tight (p: OdeProblem<'S>) = p |> Ode.tolerance 1e-11 1e-12

/// The adjoint equation with the state from a polynomial through Chebyshev nodes, computed by a second forward solve of the
/// span: T. Daulbaev et al., Interpolation technique to speed up gradients propagation in neural ODEs, NeurIPS 2020.
let private interpolated (nodes: int) =
    { Name = "interpolated"
      Back =
        fun s ->
            let angle j = Math.PI * (float j + 0.5) / float nodes
            // from 0 to 1 along the span, in order
            let places = [ for j in 0 .. nodes - 1 -> 0.5 * (1.0 - cos (angle j)) ]
            let weights = tensor [ for j in 0 .. nodes - 1 -> (if j % 2 = 0 then 1.0 else -1.0) * sin (angle j) ]
            let span = s.T1 - s.T0
            let ts = s.T0 + span * tensor places

            let known = Ode.problem (fun t y -> s.Field(t, y)) s.Y0 (s.T0, s.T1) |> tight |> Ode.saveAt ts |> Ode.solve

            /// Barycentric interpolation (J.-P. Berrut, L. N. Trefethen, SIAM Review 46, 2004).
            let at (t: Tensor) =
                let near = weights / (t - ts + 1e-14 * span)
                let shares = near / sum near

                known.Ys.Map(fun rows ->
                    let flat = reshape [ nodes; -1 ] rows
                    reshape (List.ofArray rows.Shape[1..]) (matmul (cast rows.Dtype shares) flat))

            let back t (a: StateVector, _: StateVector) =
                let da, dp = s.Pull(t, at (cast Float64 t), a)
                -da, -dp

            Ode.problem back (s.Adjoint, s.Zero) (s.T1, s.T0) |> tight |> Ode.solveFinal }

/// The trapezoidal rule over a span, with one step: an error of O(h²).
let private oneStep =
    { Name = "one step"
      Back =
        fun s ->
            let h = s.T1 - s.T0
            let d1, q1 = s.Pull(s.T1, s.Y1, s.Adjoint)
            let d0, q0 = s.Pull(s.T0, s.Y0, s.Adjoint + h * d1)
            s.Adjoint + 0.5 * h * (d0 + d1), 0.5 * h * (q0 + q1) }

let private field (w: Tensor) (t: Tensor) (y: Tensor) = tanh (matmul w y) - 0.1 * sin t * y
let private w0 = 0.8 * randn (Key 1) [ 3; 3 ]
let private y0 = tensor [ 0.4; -0.9; 0.7 ]

let private near (bound: float) what (got: Tensor) (right: Tensor) =
    let difference = float (amax (abs (got - right)))
    Expect.isTrue (difference <= bound) $"{what}: off by {string difference}"

/// A loss with every kind of argument: the state at t1 and outputs, weights, y0, both times and output times.
let private loss method (w: Tensor, y0: Tensor, times: Tensor) =
    let solution =
        Ode.problem (field w) y0 (times[0], times[4])
        |> tight
        |> Ode.saveAt times[1..3]
        |> Ode.gradient method
        |> Ode.solve

    sum (square solution.Y1) + sum (tensor [ [ 1.0 ]; [ -0.5 ]; [ 2.0 ] ] * sin solution.Ys)

let private arguments = w0, y0, tensor [ 0.0; 0.3; 0.9; 1.0; 1.5 ]

let private right =
    testList
        "a custom adjoint"
        [ testCase "by every argument: the gradient of the steps" (fun () ->
              let w, y, t = grad (loss (OwnGradient(interpolated 24))) arguments
              let wr, yr, tr = grad (loss Direct) arguments
              near 1e-8 "weights" w wr
              near 1e-8 "y0" y yr
              near 1e-8 "times" t tr)

          testCase "without outputs, compiled" (fun () ->
              let loss m w = Ode.problem (field w) y0 (0.0, 2.0) |> tight |> Ode.gradient m |> Ode.solveFinal |> sum
              let own = compile (grad (loss (OwnGradient(interpolated 24)))) w0
              near 1e-9 "weights" own (grad (loss Direct) w0))

          testCase "spans of length 0" (fun () ->
              let method = OwnGradient oneStep
              let byY0 (times: float list) =
                  let _, y, _ = grad (loss method) (w0, y0, tensor times)
                  y
              // the error of the method is the same for slightly longer spans
              near 1e-6 "y0" (byY0 [ 0.0; 0.0; 0.5; 0.5; 0.5 ]) (byY0 [ 0.0; 1e-8; 0.5 - 2e-8; 0.5 - 1e-8; 0.5 ])
              let none m y = Ode.problem (field w0) y (1.0, 1.0) |> Ode.gradient m |> Ode.solveFinal |> square |> sum
              near 0.0 "no span" (grad (none method) y0) (2.0 * y0))

          testCase "backwards in time" (fun () ->
              let loss m y = Ode.problem (field w0) y (1.0, -0.5) |> tight |> Ode.gradient m |> Ode.solveFinal |> sum
              near 1e-9 "y0" (grad (loss (OwnGradient(interpolated 24))) y0) (grad (loss Direct) y0))

          testCase "perSample: that of single solves" (fun () ->
              let method = OwnGradient(interpolated 24)
              let rows = y0 + 0.1 * randn (Key 2) [ 4; 3 ]
              let problem y = Ode.problem (field w0) y (0.0, 1.0) |> tight |> Ode.gradient method
              let all = grad (fun y -> problem y |> Ode.perSample |> Ode.solveFinal |> square |> sum) rows

              for k in 0..3 do
                  near 1e-9 $"row {k}" all[k] (grad (fun y -> problem y |> Ode.solveFinal |> square |> sum) rows[k]))

          testCase "second derivatives: forward over reverse, and reverse over reverse" (fun () ->
              let loss m y =
                  Ode.problem (field w0) y (0.0, 1.0) |> tight |> Ode.gradient m |> Ode.solveFinal |> square |> sum
              let method = OwnGradient(interpolated 24)
              let exact = hessian (loss Direct) y0
              near 1e-6 "Hessian" (hessian (loss method) y0) exact
              let twice m = grad (fun y -> sum (tensor [ 1.0; -2.0; 0.5 ] * grad (loss m) y)) y0
              near 1e-6 "reverse over reverse" (twice method) (matmul exact (tensor [ 1.0; -2.0; 0.5 ])))

          testCase "float32, and a state of two leaves" (fun () ->
              let a = tensor [ 0.5f; 1.0f ]

              let many m (a: Tensor) =
                  Ode.problem (fun _ (a: Tensor, b: Tensor) -> b, -sin a) (a, 0.3f * a) (0.0, 1.0)
                  |> Ode.gradient m
                  |> Ode.tolerance 1e-6 1e-6
                  |> Ode.saveAt (linspace 0.0 1.0 101)
                  |> Ode.solve
                  |> _.Y1
                  |> fst
                  |> sum

              near 2e-4 "a" (grad (many (OwnGradient oneStep)) a) (grad (many Direct) a))

          testCase
              "the result of the custom method is used: one step of the trapezoidal rule has an error of O(h²)"
              (fun () ->
                  let gradientWith method n =
                      grad
                          (fun w ->
                              Ode.problem (field w) y0 (0.0, 1.0)
                              |> tight
                              |> Ode.saveAt (linspace 0.0 1.0 (n + 1))
                              |> Ode.gradient method
                              |> Ode.solve
                              |> _.Y1
                              |> sum)
                          w0

                  let exact = gradientWith Direct 1
                  let error n = float (amax (abs (gradientWith (OwnGradient oneStep) n - exact)))
                  let ratio = error 8 / error 16
                  Expect.isTrue (error 8 > 1e-6) $"it is not exact: {string (error 8)}"
                  Expect.isTrue (ratio > 3.5 && ratio < 4.6) $"halving the spans divides the error by {string ratio}")

          testCase "a method that is made once is traced once" (fun () ->
              let mutable traces = 0
              let counting =
                  { oneStep with
                      Back =
                          fun s ->
                              traces <- traces + 1
                              oneStep.Back s }

              let method = OwnGradient counting
              for k in 1..3 do
                  grad
                      (fun y -> Ode.problem (field w0) y (0.0, 1.0) |> Ode.gradient method |> Ode.solveFinal |> sum)
                      (y0 * float k)
                  |> ignore

              Expect.equal traces 1 "traces") ]

let private errors =
    let solve back (change: OdeProblem<Tensor> -> OdeProblem<Tensor>) =
        let method = OwnGradient { Name = "mine"; Back = back }
        grad (fun w -> Ode.problem (field w) y0 (0.0, 1.0) |> Ode.gradient method |> change |> Ode.solveFinal |> sum) w0
        |> ignore

    testList
        "errors"
        [ testCase "results must be like the state, and like the parameters" (fun () ->
              raises<ShapeException> [ "Ode.gradient mine"; "adjoint" ] (fun () ->
                  solve (fun s -> s.Adjoint.Map(fun a -> sum a), s.Zero) id)
              |> ignore

              raises<DtypeException> [ "Ode.gradient mine"; "adjoint"; "float32" ] (fun () ->
                  solve (fun s -> s.Adjoint.Map(cast Float32), s.Zero) id)
              |> ignore

              raises<ShapeException> [ "Ode.gradient mine"; "integrals" ] (fun () ->
                  solve (fun s -> s.Adjoint, s.Adjoint) id)
              |> ignore

              raises<TreeException> [ "Ode.gradient mine"; "Pull" ] (fun () ->
                  solve (fun s -> s.Pull(s.T1, s.Zero, s.Adjoint)) id)
              |> ignore)

          testCase "null, and a time that is not a number" (fun () ->
              let nothing = Unchecked.defaultof<StateVector>

              raises<InputException> [ "Ode.gradient mine"; "null"; "adjoint" ] (fun () ->
                  solve (fun s -> nothing, s.Zero) id)
              |> ignore

              raises<InputException> [ "Ode.gradient mine"; "null"; "integrals" ] (fun () ->
                  solve (fun s -> s.Adjoint, nothing) id)
              |> ignore

              for ask in
                  [ fun (s: AdjointSpan) t -> fst (s.Pull(t, s.Y0, s.Adjoint))
                    fun s t -> s.Field(t, s.Y0) ] do
                  raises<ShapeException> [ "AdjointSpan"; "the time"; "[2]" ] (fun () ->
                      solve (fun s -> ask s (ones [ 2 ]), s.Zero) id)
                  |> ignore)

          testCase "a captured argument of an outer function is refused" (fun () ->
              let scaled (factor: Tensor) =
                  solve (fun s -> factor * s.Adjoint, s.Zero) id
                  factor

              scaled (scalar 2.0) |> ignore

              raises<InputException> [ "Ode.gradient mine"; "captured a float64 []" ] (fun () ->
                  compile scaled (scalar 2.0) |> ignore)
              |> ignore)

          testCase "options that adjoints do not support are refused" (fun () ->
              let event = Event.falling (fun _ (y: Tensor) -> y[0])
              let own = Solver.ofStep "own Euler" 1 (fun s -> s.Y + s.H * s.Field(s.T0, s.Y))

              for change in [ Ode.on event (Event.stop); Ode.using own >> Ode.dt 0.1 ] do
                  raises<InputException> [ "Ode.gradient mine"; "Ode.gradient Checkpointed" ] (fun () ->
                      solve oneStep.Back change)
                  |> ignore)

          testCase "a jump inside of a span is refused; an output there makes a span end at it" (fun () ->
              let jumping (t: Tensor) (y: Tensor) = where (t .< 0.5) (scalar 1.0) (scalar -2.0) * y
              let problem m y = Ode.problem jumping y (0.0, 1.0) |> tight |> Ode.jumpAt [ 0.5 ] |> Ode.gradient m
              let mine = OwnGradient(interpolated 24)

              raises<InputException> [ "a jump at t = 0.5 inside of a span"; "Ode.saveAt" ] (fun () ->
                  grad (fun y -> problem mine y |> Ode.solveFinal |> sum) y0 |> ignore)
              |> ignore

              let end' m = grad (fun y -> (problem m y |> Ode.saveAt (tensor [ 0.5 ]) |> Ode.solve).Y1 |> sum) y0
              near 1e-8 "y0" (end' mine) (end' Direct))

          testCase "a failing solve inside the method is reported" (fun () ->
              let back (s: AdjointSpan) =
                  let blows = Ode.problem (fun _ (a: StateVector) -> a.Map square) s.Adjoint (0.0, 10.0)
                  blows |> Ode.solveFinal, s.Zero

              let method = OwnGradient { Name = "mine"; Back = back }
              let loss y = Ode.problem (field w0) y (0.0, 1.0) |> Ode.gradient method |> Ode.solveFinal |> sum
              Expect.thrownAny<SolveException>(fun () -> grad loss y0 |> ignore) |> ignore) ]

[<Tests>]
let tests = testList "Solvers.OwnGradient" [ right; errors ]

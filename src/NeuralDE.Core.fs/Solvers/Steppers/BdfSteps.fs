namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Backward differentiation with variable steps. The Jacobian is kept over steps, also rejected ones, until it is too old or
/// Newton's method fails.
module internal BdfSteps =
    /// The number of attempts for which a Jacobian is used. CVODE's limit is 50 steps; steps of order 2 are longer.
    let private oldest = 20

    /// The carried values: the previous state, the last derivative, and the last step (0 at a start).
    [<NoEquality; NoComparison>]
    type private History = { Before: Tensor; Slope: Tensor; H: Tensor }

    let private historyOf (a: Attempt) =
        let n = a.Y.Length
        { Before = Flat.pack a.Carried[.. n - 1]
          Slope = Flat.pack a.Carried[n .. 2 * n - 1]
          H = a.Carried[2 * n] }

    /// With ω = h / h₋₁ (0 at a start, which makes it backward Euler):
    ///   y1 = y + ω² / (1 + 2ω) (y − y₋₁) + h (1 + ω) / (1 + 2ω) f(t1, y1).
    /// E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section III.5.
    let private step (terms: Terms) (a: Attempt) : Attempted =
        let y, past = Flat.pack a.Y, historyOf a
        let spread x = RungeKutta.spread x y
        let isFirst = Prim.compareTo Equal past.H 0.0
        let last = Prim.select isFirst (Prim.number 1.0) (abs past.H)
        let omega = Prim.select isFirst (Prim.number 0.0) (abs a.H / last)
        let one, two = Prim.plus 1.0 omega, Prim.plus 1.0 (Prim.times 2.0 omega)
        let c = a.H * one / two
        let known = y + spread (omega * omega / two) * (y - past.Before)
        // y″ from y, y′ and the previous state
        let curve = Prim.select isFirst (Prim.number 0.0) (Prim.number 2.0 / last)
        let sign = Prim.unary Sign a.H
        let second = spread (sign * curve) * (past.Slope - spread (sign / last) * (y - past.Before))
        let predicted = y + spread a.H * past.Slope + spread (Prim.times 0.5 (a.H * a.H)) * second
        let isOld = Prim.compareTo GreaterEqual a.Memory[1] (float oldest)
        let fixedY = a.Y |> Array.map Prim.stop

        let j =
            cond
                isOld
                (fun (t: Tensor) -> Prim.stop (Jacobian.state terms.Field t fixedY))
                (fun _ -> a.Memory[0])
                a.Time

        let factor = Jacobian.factor (Prim.stop c) j
        let scale = Flat.pack (terms.Scale fixedY)
        let z = NewtonSolve.stage terms a.Y factor scale a.TimeNew c known predicted
        let f1 = (z.Z - known) / spread c
        // Milne's device: the predictor errs by (1 + 1/ω)/6 h³ y‴, the corrector by −(1 + ω)²/(6ω (1 + 2ω)) h³ y‴; at a start
        // Euler's methods err by ±h² y″/2
        let share = Prim.select isFirst (Prim.number 0.5) (one / (one + two))
        let age = Prim.select isOld (Prim.integer 1) (Prim.plus 1.0 a.Memory[1])

        { Y1 = Flat.unpack a.Y z.Z
          Carried = Array.concat [ a.Y; Flat.unpack a.Y f1; [| a.H |] ]
          Memory = [| j; Prim.select z.Solved age (Prim.integer oldest) |]
          Errors = fun () -> [| Flat.unpack a.Y (spread share * (z.Z - predicted)) |> Array.map Some |]
          Dense = Ready(fun () -> Flat.hermite a.Y a.H y past.Slope z.Z f1)
          Solved = ValueSome z.Solved
          Work = Work.ofCounts z.Iterations (Prim.cast Int32 isOld) z.Iterations
          Rounding = [||] }

    /// The previous state is extrapolated backwards by slope and curvature, y − h y′ + h² y″/2. With the slope only, the
    /// error of a new tangent would be of order 2, and three times as large after a step or two.
    let private renew (terms: Terms) (a: Attempt) =
        let h = a.Carried[a.Carried.Length - 1]
        let slope = terms.Field a.Time a.Y
        let along (x: Tensor[]) = terms.Field x[0] x[1..]
        let _, curve = jvp along (Array.append [| a.Time |] a.Y) (Array.append [| Prim.number 1.0 |] slope)

        let before =
            Array.map3
                (fun y slope curve ->
                    let h = RungeKutta.spread h y
                    y - h * slope + Prim.times 0.5 (h * h) * curve)
                a.Y
                slope
                curve

        Array.concat [ before; slope; [| h |] ]

    let private unknown (y: Tensor[]) =
        let packed = Flat.pack y
        [| Prim.fill packed.Dtype [| packed.Count; packed.Count |] 0.0; Prim.integer oldest |]

    let bdf2: Stepper =
        { Name = "BDF2"
          Citation = "E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section III.5"
          Order = 2
          ErrorPower = 3
          Degree = 3
          Begin = fun terms t y -> Array.concat [ y; terms.Field t y; [| Prim.number 0.0 |] ]
          Renew = renew
          Remember = fun _ _ y -> unknown y
          Step = step
          Cost = fun _ -> { Start = 1; Attempt = 0; Output = 0; Restart = 1 }
          Counts = true
          Compensates = false
          Integral = Integral.NoNoise
          Bind = ValueNone
          Tableau = ValueNone }

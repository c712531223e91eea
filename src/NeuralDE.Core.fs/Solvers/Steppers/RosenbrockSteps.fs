namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Rosenbrock methods: linearly implicit, without an iteration. The Jacobian is a part of the formula and is differentiated
/// with it.
module internal RosenbrockSteps =
    /// L. F. Shampine, M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997), section 3, equation of ode23s:
    /// W = I − h d J, with T = ∂f/∂t; an L-stable pair of orders 2 and 3.
    let private step (terms: Terms) (a: Attempt) : Attempted =
        let d = 1.0 / (2.0 + sqrt 2.0)
        let e32 = 6.0 + sqrt 2.0
        let f, h = terms.Field, a.H
        let y, f0 = Flat.pack a.Y, Flat.pack a.Carried
        let spread x = RungeKutta.spread x y
        let at t (v: Tensor) = Flat.pack (f t (Flat.unpack a.Y v))
        let w = Jacobian.factor (Prim.times d h) (Jacobian.state f a.Time a.Y)
        let hdT = Prim.times d (spread h * Jacobian.time f a.Time a.Y)
        let k1 = Jacobian.solve w (f0 + hdT)
        let f1 = at (a.Time + Prim.times 0.5 h) (y + Prim.times 0.5 (spread h * k1))
        let k2 = Jacobian.solve w (f1 - k1) + k1
        let unpack = Flat.unpack a.Y
        let y1, rounding = Compensated.add a.Y (unpack (spread h * k2) |> Array.map Some) a.Rounding
        let f2 = Flat.pack (f a.TimeNew y1)
        let k3 = Jacobian.solve w (f2 - Prim.times e32 (k2 - f1) - Prim.times 2.0 (k1 - f0) + hdT)

        let errors () =
            let error = Prim.times (1.0 / 6.0) (spread h * (k1 - Prim.times 2.0 k2 + k3))
            [| unpack error |> Array.map Some |]

        // y + h (θ(1 − θ) k1 + θ(θ − 2d) k2) / (1 − 2d)
        let dense () =
            let c = 1.0 / (1.0 - 2.0 * d)
            let linear = spread h * Prim.times c (k1 - Prim.times (2.0 * d) k2)
            let square = spread h * Prim.times c (k2 - k1)
            [| y; linear; square |] |> Array.map unpack |> Array.transpose |> Array.map (Prim.stack 0)

        { Y1 = y1
          Carried = unpack f2
          Memory = [||]
          Errors = errors
          Dense = Ready dense
          Solved = ValueNone
          Work = Work.ofCounts (Prim.integer 2) (Prim.integer 1) (Prim.integer 3)
          Rounding = rounding }

    let rosenbrock23: Stepper =
        { Name = "Rosenbrock23"
          Citation = "L. F. Shampine, M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18, 1997"
          Order = 2
          ErrorPower = 3
          Degree = 2
          Begin = fun terms t y -> terms.Field t y
          Renew = fun terms a -> terms.Field a.Time a.Y
          Remember = fun _ _ _ -> [||]
          Step = step
          Cost = fun _ -> { Start = 1; Attempt = 0; Output = 0; Restart = 1 }
          Counts = true
          Compensates = true
          Integral = Integral.NoNoise
          Bind = ValueNone
          Tableau = ValueNone }

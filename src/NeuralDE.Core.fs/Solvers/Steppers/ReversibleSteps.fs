namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Algebraically reversible methods, which carry a second state.
module internal ReversibleSteps =
    /// A half step along the carried velocity v, a new velocity 2 f(t + h/2, ·) − v, and a half step along it.
    /// J. Zhuang, N. C. Dvornek, S. Tatikonda, J. S. Duncan, MALI: a memory efficient and reverse accurate integrator for neural
    /// ODEs, ICLR 2021; the method is U. Mutze's.
    let private step (terms: Terms) (a: Attempt) : Attempted =
        let half = Prim.times 0.5 a.H
        let along (y: Tensor[]) (v: Tensor[]) = Array.map2 (fun y v -> y + RungeKutta.spread half v * v) y v
        let middle = along a.Y a.Carried
        let u = terms.Field (a.Time + half) middle
        let v1 = Array.map2 (fun u v -> Prim.times 2.0 u - v) u a.Carried
        let change v v1 = Some(RungeKutta.spread half v * (v + v1))
        let y1, rounding = Compensated.add a.Y (Array.map2 change a.Carried v1) a.Rounding

        let dense () =
            Array.map3
                (fun y v y1 ->
                    let linear = RungeKutta.spread a.H v * v
                    Prim.stack 0 [| y; linear; y1 - y - linear |])
                a.Y
                a.Carried
                y1

        { Y1 = y1
          Carried = v1
          Memory = [||]
          Errors = fun () -> [| Array.map2 (fun u v -> Some(RungeKutta.spread half u * (u - v))) u a.Carried |]
          Dense = Ready dense
          Solved = ValueNone
          Work = [||]
          Rounding = rounding }

    let asynchronousLeapfrog: Stepper =
        { Name = "AsynchronousLeapfrog"
          Citation = "J. Zhuang et al., MALI: a memory efficient and reverse accurate integrator, ICLR 2021"
          Order = 2
          ErrorPower = 2
          Degree = 2
          Begin = fun terms t y -> terms.Field t y
          Renew = fun terms a -> terms.Field a.Time a.Y
          Remember = fun _ _ _ -> [||]
          Step = step
          Cost = fun _ -> { Start = 1; Attempt = 1; Output = 0; Restart = 1 }
          Counts = false
          Compensates = true
          Integral = Integral.NoNoise
          Bind = ValueNone
          Tableau = ValueNone }

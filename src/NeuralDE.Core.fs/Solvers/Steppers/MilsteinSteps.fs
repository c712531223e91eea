namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Milstein's method for commutative noise, where its double integrals are products of increments.
module internal MilsteinSteps =
    /// y + h f + g dW + ½ Σ gᵢ ∂gᵢ/∂yᵢ (dWᵢ² − h), with one derivative of g along g (dW² − h). The increments have one
    /// component for each component of the state, as those of Diagonal and Additive noise do.
    /// G. N. Milstein, Approximate integration of stochastic differential equations, Theory Probab. Appl. 19, 1975.
    let private correction (a: Attempt) (d: Driven) (dw: Tensor[]) : Tensor[] =
        let square (dw: Tensor) = dw * dw - RungeKutta.spread (abs a.H) dw
        let along = d.Along a.Time a.Y (Array.map square dw)
        let ones = dw |> Array.map (fun w -> Prim.fill w.Dtype w.Dims 1.0)
        let _, slope = jvp (fun y -> d.Along a.Time y ones) a.Y along
        slope |> Array.map (Prim.times 0.5)

    let private step (terms: Terms) (a: Attempt) : Attempted =
        let ends, dw = StochasticSteps.increments terms a
        let euler = StochasticSteps.change terms a.H dw a.Time a.Y
        let add sum (d: Driven) dw = Array.map2 (+) sum (correction a d dw)
        let change = Array.fold2 add euler terms.Driven dw
        let y1, rounding = Compensated.add a.Y (Array.map Some change) a.Rounding

        { Y1 = y1
          Carried = ends
          Memory = [||]
          Errors = fun () -> [||]
          Dense = Ready(fun () -> Array.map2 (StochasticSteps.linear 1) a.Y y1)
          Solved = ValueNone
          Work = [||]
          Rounding = rounding }

    let milstein: Stepper =
        { StochasticSteps.eulerMaruyama with
            Name = "Milstein"
            Citation =
                "G. N. Milstein, Approximate integration of stochastic differential equations, Theory Probab. Appl. 19, 1975"
            Degree = 1
            Begin = fun terms t _ -> StochasticSteps.controls terms t
            Renew = fun terms a -> StochasticSteps.controls terms a.Time
            Step = step }

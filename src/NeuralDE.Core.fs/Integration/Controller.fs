namespace NeuralDE

open NeuralDE.Compiler

/// <summary>How an adaptive solve chooses its steps from the error of the last ones.</summary>
/// <remarks>
/// With the scaled error q (accepted when q ≤ 1), k = the power of h in the error estimate and qₙ₋₁, qₙ₋₂ of the accepted steps before,
///     factor = Safety · qₙ^(−(P + I + D)/k) · qₙ₋₁^((P + 2D)/k) · qₙ₋₂^(−D/k).
///
/// Papers and libraries disagree. Hairer's DOPRI5 writes PI control as q^(−α) qₙ₋₁^β (α = 0.7/5, β = 0.4/5 there; here
/// P = kβ, I = k(α − β)); Söderlind writes it in log differences; torchdiffeq has I control only; diffrax keeps the history of
/// rejected steps too. We follow Söderlind's form with the history of accepted steps, since a rejected step says nothing about the error of the
/// accepted one before it, and I control after a rejection, as Hairer does.
/// G. Söderlind, Digital filters in adaptive time-stepping, ACM TOMS 29 (2003).
/// </remarks>
type StepController =
    {
        P: float
        I: float
        D: float
        Safety: float
        /// The least factor after a rejected step.
        MinFactor: float
        MaxFactor: float
        /// The least factor after an accepted step: 1 never shrinks an accepted step (torchdiffeq, diffrax).
        AcceptedMinFactor: float
    }

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module StepController =
    /// I control: each step looks at its own error only. The default, and what torchdiffeq and diffrax do.
    let integral =
        { P = 0.0
          I = 1.0
          D = 0.0
          Safety = 0.9
          MinFactor = 0.2
          MaxFactor = 10.0
          AcceptedMinFactor = 1.0 }

    /// PI control: smoother steps and fewer rejections where the step size follows the solution (orbits) or stability.
    let proportionalIntegral = { integral with P = 0.4; I = 0.3; AcceptedMinFactor = 0.2 }

    /// PID control with weights of your own, as in the factor above; an accepted step may shrink the next.
    let pid p i d = { integral with P = p; I = i; D = d; AcceptedMinFactor = 0.2 }

    /// The factor on the step size, as a tensor: errors 0-d, `accepted` bool.
    let internal factor (c: StepController) power (accepted: Tensor) (q: Tensor) (q1: Tensor) (q2: Tensor) : Tensor =
        let k = float power
        let number x = Prim.literal Float64 x
        let least = number 1e-30

        // as accurate as a step size needs, and a third of the cost of a power
        let raised (x: Tensor) a =
            if a = 0.0 then
                number 1.0
            else
                Prim.unary Exp (number a * Prim.unary Log (Prim.binary Max x least))

        let steady = raised q (-1.0 / k)

        let filtered = raised q (-(c.P + c.I + c.D) / k) * raised q1 ((c.P + 2.0 * c.D) / k) * raised q2 (-c.D / k)

        let clamp lo hi x = Prim.binary Min (Prim.binary Max x (number lo)) (number hi)
        let safe x = number c.Safety * x

        Prim.select
            accepted
            (clamp c.AcceptedMinFactor c.MaxFactor (safe filtered))
            (clamp c.MinFactor c.Safety (safe steady))

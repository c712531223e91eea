namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Integration

/// <summary>The weights of PID control of the step size, and the limits of its factors.</summary>
/// <remarks>
/// With the scaled error q (accepted if q ≤ 1), the power k of h in the error estimate, and the errors qₙ₋₁, qₙ₋₂ of the two
/// accepted steps before,
///     factor = Safety · qₙ^(−(P + I + D)/k) · qₙ₋₁^((P + 2D)/k) · qₙ₋₂^(−D/k).
///
/// Papers and libraries use different forms. Hairer's DOPRI5 writes PI control as q^(−α) qₙ₋₁^β (α = 0.7/5, β = 0.4/5 there;
/// here P = kβ, I = k(α − β)); Söderlind writes it in log differences; torchdiffeq has I control only; diffrax also uses the
/// errors of rejected steps. This controller uses Söderlind's form with the errors of accepted steps, because a rejected
/// step gives no information about the error of the accepted step before it, and I control after a rejection, as Hairer
/// does.
/// G. Söderlind, Digital filters in adaptive time-stepping, ACM TOMS 29 (2003).
/// </remarks>
type PidController =
    {
        /// the proportional weight
        P: float
        /// the integral weight
        I: float
        /// the derivative weight
        D: float
        /// multiplies every factor; 0.9 aims at an error below the tolerance
        Safety: float
        /// the smallest factor after a rejected step
        MinFactor: float
        /// the largest factor
        MaxFactor: float
        /// the smallest factor after an accepted step; with 1 the step size never decreases after one (torchdiffeq, diffrax)
        AcceptedMinFactor: float
    }

    /// I control: P = D = 0, I = 1, Safety 0.9, factors from 0.2 to 10; the step size does not decrease after an accepted
    /// step.
    static member integral =
        { P = 0.0
          I = 1.0
          D = 0.0
          Safety = 0.9
          MinFactor = 0.2
          MaxFactor = 10.0
          AcceptedMinFactor = 1.0 }

/// The arguments of a step controller: the result of an attempt at a step.
[<Sealed>]
type ControllerInput internal (error: Tensor, accepted: Tensor, size: Tensor, power: int, slots: Map<string, Tensor>) =
    /// The scaled error, float64 []: the step is accepted at 1 or less. 1e30 if the attempt is not finite.
    member _.Error = error

    /// Whether the step is accepted, bool [].
    member _.Accepted = accepted

    /// The size of the attempted step, float64 [], positive.
    member _.Size = size

    /// k: the error of a step of size h is O(h^k).
    member _.Power = power

    /// The values that the controller remembers, by name: float64 [].
    member _.Slots = slots

/// <summary>Chooses the step sizes of an adaptive solve from the errors of the last steps.</summary>
/// <remarks>Two controllers are equal if they have the same weights, or the same function object.</remarks>
[<Sealed; Carried>]
type StepController
    internal
    (name: string, key: obj, isOwn: bool, slots: (string * float) list, rule: ControllerInput -> Tensor * Tensor list) =
    member _.Name = name
    member internal _.Key = key

    /// Whether it is a custom rule, whose factor 0 means an invalid factor.
    member internal _.IsOwn = isOwn

    /// The remembered values, with their initial numbers.
    member internal _.Slots = slots

    /// From an attempt to the factor of the step size and the new slots, in their order.
    member internal _.Rule = rule

    override _.Equals other =
        match other with
        | :? StepController as other -> key.Equals other.Key
        | _ -> false

    override _.GetHashCode() = key.GetHashCode()
    override _.ToString() = name

/// Step controllers: how an adaptive solve chooses its step sizes from the errors of the last steps.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module StepController =
    let private number x = Prim.literal Float64 x

    let private check (c: PidController) =
        let weighs = [ c.P; c.I; c.D ] |> List.forall Double.IsFinite && c.P + c.I + c.D > 0.0
        let shrinks = c.MinFactor > 0.0 && c.MinFactor < 1.0 && c.Safety > 0.0 && c.Safety <= 1.0
        let grows = c.MaxFactor > 1.0 && c.AcceptedMinFactor > 0.0 && c.AcceptedMinFactor <= c.MaxFactor

        if not (weighs && shrinks && grows && c.MinFactor <= c.Safety) then
            raise (
                InputException
                    $"StepController: got {c}, expected P + I + D > 0, 0 < MinFactor ≤ Safety ≤ 1, MinFactor < 1 < MaxFactor and 0 < AcceptedMinFactor ≤ MaxFactor."
            )

    /// Bounds the logarithm of an error of 0. Its power, 10^(30/k), is at least the default MaxFactor, 10, for orders up to 30.
    let private leastError = 1e-30

    /// The rule of PID control. `past`: slots for the errors of the previous accepted steps that the weights need.
    let private pidRule (c: PidController) (past: string list) (input: ControllerInput) : Tensor * Tensor list =
        let k = float input.Power
        let least = number leastError
        let q = input.Error

        // accurate enough for a step size, at a third of the cost of a power
        let raised (x: Tensor) a =
            if a = 0.0 then
                number 1.0
            else
                Prim.unary Exp (number a * Prim.unary Log (Prim.binary Max x least))

        let clamp lo hi x = Prim.binary Min (Prim.binary Max x (number lo)) (number hi)
        let safe x = number c.Safety * x
        let steady = raised q (-1.0 / k)
        let remembered = past |> List.map (fun name -> input.Slots[name])
        let weights = [ (c.P + 2.0 * c.D) / k; -c.D / k ] |> List.truncate past.Length
        let filtered = List.fold2 (fun x q a -> x * raised q a) (raised q (-(c.P + c.I + c.D) / k)) remembered weights

        let factor =
            Prim.select
                input.Accepted
                (clamp c.AcceptedMinFactor c.MaxFactor (safe filtered))
                (clamp c.MinFactor c.Safety (safe steady))

        // newest first; the error of a rejected step is not stored
        factor, List.map2 (Prim.select input.Accepted) (List.truncate past.Length (q :: remembered)) remembered

    /// <summary>PID control with custom weights and limits: StepController.ofPid { PidController.integral with Safety = 0.8
    /// }.</summary>
    /// <param name="c">The weights.</param>
    /// <returns>The controller.</returns>
    /// <exception cref="T:NeuralDE.InputException">for weights that do not control the step size.</exception>
    let ofPid (c: PidController) : StepController =
        check c
        let past =
            (if c.D <> 0.0 then 2
             elif c.P <> 0.0 then 1
             else 0)
            |> List.truncate
        let past = past [ "last"; "last but one" ]
        let name = $"PID {string c.P}, {string c.I}, {string c.D}"
        StepController(name, c, false, past |> List.map (fun slot -> slot, 1.0), pidRule c past)

    /// I control: the step size depends on the error of the last attempt only. The default, as in torchdiffeq and diffrax.
    let integral = ofPid PidController.integral

    /// PI control: smoother step sizes and fewer rejections if the solution (orbits) or stability determines the step size.
    let proportionalIntegral = ofPid { PidController.integral with P = 0.4; I = 0.3; AcceptedMinFactor = 0.2 }

    /// <summary>PID control with custom weights: with the scaled errors q of this and the two accepted steps before it, the
    /// step size is multiplied by Safety · qₙ^(−(p + i + d)/k) · qₙ₋₁^((p + 2d)/k) · qₙ₋₂^(−d/k). The step size may decrease
    /// after an accepted step.</summary>
    /// <param name="p">The proportional weight.</param>
    /// <param name="i">The integral weight.</param>
    /// <param name="d">The derivative weight.</param>
    /// <returns>The controller.</returns>
    /// <exception cref="T:NeuralDE.InputException">for weights that do not control the step size.</exception>
    let pid p i d = ofPid { PidController.integral with P = p; I = i; D = d; AcceptedMinFactor = 0.2 }

    /// Checks that a result of a rule is float64 [].
    let private requireNumber name what (x: Tensor) =
        if isNull (x :> obj | null) then
            raise (InputException $"StepController.ofRule {name}: {what} is null, expected float64 [].")

        if x.Rank <> 0 || x.Dtype <> Float64 then
            raise (
                ShapeException
                    $"StepController.ofRule {name}: {what} is {x.Dtype} {Shape.text x.Dims}, expected float64 []. Compute it from Error, Size and Slots."
            )

        x

    /// <summary>A custom controller: a rule that gives the factor of the step size.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="slots">The values that it remembers from attempt to attempt, by name, with their initial
    /// numbers.</param>
    /// <param name="rule">From an attempt to the factor, float64 [], and the new remembered values, with the same
    /// names.</param>
    /// <returns>The controller. Make it once, because it is traced for each solve in which it is new.</returns>
    /// <remarks>
    /// The size of the next attempt is factor · Size, within Ode.dtBetween. A factor that is not positive and finite, or is
    /// at least 1 after a rejected step, ends the solve with StepTooSmall. Step sizes are constants of differentiation, so
    /// the rule has no derivative. The rule may capture numbers, but not an argument of a function that is being
    /// differentiated, batched or compiled.
    /// </remarks>
    /// <exception cref="T:NeuralDE.InputException">for equal names of slots; in a solve, for results with other names and
    /// for captured arguments of a transform.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">in a solve, for results that are not float64 [].</exception>
    let ofRule
        (name: string)
        (slots: (string * float) list)
        (rule: ControllerInput -> Tensor * (string * Tensor) list)
        : StepController =
        if isNull (name :> obj | null) then nullArg (nameof name)
        if isNull (rule :> obj | null) then nullArg (nameof rule)
        if isNull (slots :> obj | null) then nullArg (nameof slots)
        let names = slots |> List.map fst
        if names |> List.exists (fun name -> isNull (name :> obj | null)) then nullArg (nameof slots)
        let listed (names: string list) = "[" + String.concat "; " names + "]"

        if List.length (List.distinct names) <> names.Length then
            raise (
                InputException $"StepController.ofRule {name}: got the slots {listed names}, expected different names."
            )

        let answer (input: ControllerInput) =
            let factor, remembered = rule input

            if isNull (remembered :> obj | null) then
                raise (
                    InputException
                        $"StepController.ofRule {name}: the rule returned null, expected the slots {listed names}."
                )

            let got = remembered |> List.map fst

            if List.sort got <> List.sort names then
                raise (
                    InputException
                        $"StepController.ofRule {name}: the rule returned the slots {listed got}, expected {listed names}."
                )

            let byName = Map.ofList remembered
            let factor = requireNumber name "the factor" factor
            let isStep = Prim.both (Prim.compareTo Greater factor 0.0) (Prim.compareTo Less factor infinity)
            let isShorter = Prim.either input.Accepted (Prim.compareTo Less factor 1.0)
            // the loop ends with StepTooSmall at a factor of 0
            let factor = Prim.select (Prim.both isStep isShorter) factor (number 0.0)
            factor, names |> List.map (fun slot -> requireNumber name $"the slot '{slot}'" byName[slot])

        // a separate trace finds the values that the rule captured
        let run (input: ControllerInput) =
            let seen =
                Array.ofList (
                    input.Error :: input.Accepted :: input.Size :: (names |> List.map (fun n -> input.Slots[n]))
                )

            let result =
                OwnPart.traced $"StepController.ofRule {name}" "the rule" seen (fun x ->
                    let slots = names |> List.mapi (fun k name -> name, x[k + 3]) |> Map.ofList
                    let factor, remembered = answer (ControllerInput(x[0], x[1], x[2], input.Power, slots))
                    Array.ofList (factor :: remembered))

            result[0], List.ofArray result[1..]

        StepController(name, (rule :> obj), true, slots, run)

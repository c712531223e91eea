namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// An attempt at a step from Time to TimeNew = Time + H, as the loop hands it to a stepper. Times are float64 constants of
/// differentiation.
[<NoEquality; NoComparison>]
type internal Attempt =
    {
        Time: Tensor
        TimeNew: Tensor
        H: Tensor
        Y: Tensor[]
        /// What belongs to the last accepted point: rolled back with the state when a step is rejected, differentiable. The
        /// derivative at the end of the last step, a history, the second state of a reversible pair.
        Carried: Tensor[]
        /// What survives a rejection and has no derivative: a Jacobian and its age.
        Memory: Tensor[]
        /// By leaf, the rounding error of the sums that led to Y, where the solve carries it.
        Rounding: Tensor option[]
    }

/// The polynomials of a step: coefficients in θ = (t − Time) / H for each leaf, along a new first axis of Degree + 1.
[<NoEquality; NoComparison>]
type internal Dense =
    /// from what the step has computed
    | Ready of (unit -> Tensor[])
    /// by further evaluations, for steps that are looked into only
    | OnDemand of (unit -> Tensor[])

/// What a stepper makes of an attempt. What is not asked for is not computed.
[<NoEquality; NoComparison>]
type internal Attempted =
    {
        Y1: Tensor[]
        /// beside Y1
        Carried: Tensor[]
        Memory: Tensor[]
        /// By leaf, y1 minus an embedded solution; a second entry is the difference to a coarser one. None: zero. Unscaled.
        Errors: unit -> Tensor option[][]
        Dense: Dense
        /// bool: false where an inner solve failed. The step is rejected and the next one is shorter.
        Solved: Tensor voption
        /// what the attempt cost, where it is known only when it is done: see Work
        Work: Tensor[]
        /// of the leaves whose rounding error came in
        Rounding: Tensor[]
    }

/// Evaluations of the field that are known beforehand.
type internal Cost =
    {
        /// at the start of a solve
        Start: int
        Attempt: int
        /// beside, of a step whose polynomial is looked at
        Output: int
        /// of a new start after a jump
        Restart: int
    }

/// What a method converges to against noise. The two integrals differ where g depends on the state, so a method of the one gives a
/// wrong solution of the other's equation.
[<RequireQualifiedAccess>]
type internal Integral =
    | Ito
    | Stratonovich
    /// it takes no driven terms
    | NoNoise

/// A method: how one step is taken. Equal only to itself, and made once, since a solve is remembered by it.
[<ReferenceEquality>]
type internal Stepper =
    {
        Name: string
        Citation: string
        Order: int
        /// The error estimate is O(h^ErrorPower); 0: there is none.
        ErrorPower: int
        /// of the polynomials of Dense
        Degree: int
        /// What is carried from a time and a state on: at the start, and after whatever moved the state from outside.
        Begin: Terms -> Tensor -> Tensor[] -> Tensor[]
        /// What would be carried had the flow led to the state of an attempt. Its tangent is what a fresh tangent of the state
        /// makes of Carried: where derivatives are watched, the tangents of a history have to agree.
        Renew: Terms -> Attempt -> Tensor[]
        /// What is remembered at the start.
        Remember: Terms -> Tensor -> Tensor[] -> Tensor[]
        Step: Terms -> Attempt -> Attempted
        /// whether steps are adaptive → cost
        Cost: bool -> Cost
        /// whether attempts tell their Work
        Counts: bool
        /// whether it adds up the rounding errors that come in
        Compensates: bool
        Integral: Integral
        /// Of a step that its user wrote: verb, the field's graph, leaves of the state → the method over that field.
        Bind: (string -> Graph -> int -> BoundStepper) voption
        /// of an explicit Runge–Kutta method
        Tableau: Tableau voption
    }

    /// The explicit method of the steps of no length that carry the derivatives of times: its own, or the classic one of order 4.
    /// Its order bounds the order of derivatives in time.
    member s.Mover = ValueOption.defaultValue ExplicitTableaus.rk4 s.Tableau

    member s.IsAdaptive = s.ErrorPower > 0

    /// Only methods that solve equations learn their cost from their attempts.
    member s.IsImplicit = s.Counts

/// A step of a user's over a field: what it captured is captured by the field's graph, too, after the field's own.
and [<NoEquality; NoComparison>] internal BoundStepper = { Stepper: Stepper; Field: Graph; Captured: Tensor[] }

/// The work of an attempt, int32: evaluations of the field, Jacobians, linear solves.
module internal Work =
    let count = 3
    let none () = Array.init count (fun _ -> Prim.integer 0)
    let ofCounts (evaluations: Tensor) (jacobians: Tensor) (solves: Tensor) = [| evaluations; jacobians; solves |]

namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The arguments of an attempt at a step from Time to TimeNew = Time + H. Times are float64 [], constants of
/// differentiation.
[<NoEquality; NoComparison>]
type internal Attempt =
    {
        Time: Tensor
        TimeNew: Tensor
        H: Tensor
        Y: Tensor[]
        /// Differentiable values of the last accepted point, rolled back with the state if a step is rejected: the
        /// derivative at the end of the last step, a history, or the second state of a reversible pair.
        Carried: Tensor[]
        /// Values without a derivative that survive a rejection, such as a Jacobian and its age.
        Memory: Tensor[]
        /// For each leaf the rounding error of the sums that led to Y; None if the solve does not carry it.
        Rounding: Tensor option[]
    }

/// The polynomials of a step: coefficients in θ = (t − Time) / H for each leaf, along a new first axis of Degree + 1.
[<NoEquality; NoComparison>]
type internal Dense =
    /// computed from the stages of the step
    | Ready of (unit -> Tensor[])
    /// computed with further evaluations, only for steps that are interpolated
    | OnDemand of (unit -> Tensor[])

/// The results of an attempt. Functions are called only if their result is needed.
[<NoEquality; NoComparison>]
type internal Attempted =
    {
        Y1: Tensor[]
        /// the carried values at the end of the step
        Carried: Tensor[]
        Memory: Tensor[]
        /// For each leaf y1 minus an embedded solution, unscaled; None: zero. A second entry is the difference from a
        /// coarser solution.
        Errors: unit -> Tensor option[][]
        Dense: Dense
        /// bool: false if an inner solve failed. The step is then rejected, and the next one is shorter.
        Solved: Tensor voption
        /// the cost of the attempt, if it is only known afterwards: see Work
        Work: Tensor[]
        /// the new rounding errors, for the leaves whose rounding error is carried
        Rounding: Tensor[]
    }

/// Numbers of field evaluations that are known beforehand.
type internal Cost =
    {
        /// at the start of a solve
        Start: int
        Attempt: int
        /// additional evaluations of a step that is interpolated
        Output: int
        /// at a restart after a jump
        Restart: int
    }

/// The stochastic integral that a method converges to. The integrals differ if g depends on the state, so a method for one
/// gives a wrong solution of an equation for the other.
[<RequireQualifiedAccess>]
type internal Integral =
    | Ito
    | Stratonovich
    /// the method does not support driven terms
    | NoNoise

/// A method: functions that start it and take a step. Equal only to itself, and made once, because compiled solves are
/// cached by it.
[<ReferenceEquality>]
type internal Stepper =
    {
        Name: string
        Citation: string
        Order: int
        /// The error estimate is O(h^ErrorPower); 0: there is none.
        ErrorPower: int
        /// the degree of the polynomials of Dense
        Degree: int
        /// Computes Carried from a time and a state: at the start, and after a change of the state by a jump or an event.
        Begin: Terms -> Tensor -> Tensor[] -> Tensor[]
        /// Computes Carried as if the flow had led to the state of an attempt. Its tangent is the tangent of Carried that
        /// belongs to a new tangent of the state: if derivatives are watched, the tangents of a history must be consistent.
        Renew: Terms -> Attempt -> Tensor[]
        /// The Memory at the start.
        Remember: Terms -> Tensor -> Tensor[] -> Tensor[]
        Step: Terms -> Attempt -> Attempted
        /// whether steps are adaptive → cost
        Cost: bool -> Cost
        /// whether attempts report their Work
        Counts: bool
        /// whether the method supports compensated sums: it uses and updates Rounding
        Compensates: bool
        Integral: Integral
        /// For a custom step: verb, the field's graph, number of leaves → the method bound to that field.
        Bind: (string -> Graph -> int -> BoundStepper) voption
        /// the tableau of an explicit Runge–Kutta method
        Tableau: Tableau voption
    }

    /// The explicit method of the steps of length 0 that carry the derivatives of times: the method itself, or the classical
    /// one of order 4. Its order bounds the order of derivatives by time.
    member s.Mover = ValueOption.defaultValue ExplicitTableaus.rk4 s.Tableau

    member s.IsAdaptive = s.ErrorPower > 0

    /// Only implicit methods count their work.
    member s.IsImplicit = s.Counts

/// A custom step bound to a field. Values that the step captured are also captured by the field's graph, after those of the
/// field.
and [<NoEquality; NoComparison>] internal BoundStepper = { Stepper: Stepper; Field: Graph; Captured: Tensor[] }

/// The work of an attempt, int32: evaluations of the field, Jacobians, linear solves.
module internal Work =
    let count = 3
    let none () = Array.init count (fun _ -> Prim.integer 0)
    let ofCounts (evaluations: Tensor) (jacobians: Tensor) (solves: Tensor) = [| evaluations; jacobians; solves |]

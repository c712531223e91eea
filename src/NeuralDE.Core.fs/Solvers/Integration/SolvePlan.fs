namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// A custom error norm: from the scaled errors of the leaves to one number; a step is accepted at 1 or less.
[<ReferenceEquality>]
type internal UserNorm = { Measure: Tensor[] -> Tensor }

type internal ErrorNorm =
    /// The largest of the root mean squares of the marked leaves. With one root mean square over all elements, many small
    /// leaves would hide the error of a large one.
    | LargestRms of leaves: bool[]
    | OwnNorm of UserNorm

[<RequireQualifiedAccess>]
type internal StepSizes =
    | Constant
    /// Starts with Hairer's estimate, or with the given step.
    | Adaptive of StepController * estimateFirst: bool

type internal Saving =
    | Nothing
    /// the states at given times
    | AtTimes
    /// the state after every n-th accepted step
    | EverySteps of int
    /// the interpolant of every step
    | EveryPolynomial

/// All settings of a solve that determine its graph; numbers are inputs of the graph. Solves are cached by field and plan.
type internal SolvePlan =
    {
        Stepper: Stepper
        Steps: StepSizes
        Norm: ErrorNorm
        /// StateOnly unless a derivative is taken
        ErrorControl: ErrorControl
        /// whether atol is 0, so that a component at 0 has no tolerance
        IsRelative: bool
        Saving: Saving
        /// the lengths of the inputs `ts` and `stops`
        Times: int
        Stops: int
        /// whether the field jumps at stops, so its value is not carried over them
        Jumps: bool
        /// whether t0, t1 and ts have derivatives
        MovesStart: bool
        MovesEnd: bool
        MovesTimes: bool
        /// whether times of jumps have derivatives
        MovesStops: bool
        /// the number of leaves of the state
        Leaves: int
        /// driven terms; the values that they captured follow those of the field
        Driven: DrivenGraph[]
        /// events; the values that they captured follow those of the driven terms
        Events: EventPart[]
        MaxEvents: int
        /// the number of rows of the event log; ValueNone: as many as needed, for a solve on numbers
        EventRoom: int voption
        Tape: Tape
        Watch: Watch
    }

    /// Whether a leaf of the state carries the rounding error of its sum (Kahan 1965). Constant steps of float32 need it:
    /// after 10⁵ steps a plain sum has an error of 7e-4. The rounding error of an adaptive step is below its tolerance, and
    /// that of float64 is too small to be visible after 10⁵ steps.
    member p.IsCompensated(leaf: Signature) =
        match p.Steps with
        | StepSizes.Constant -> p.Stepper.Compensates && leaf.Dtype = Float32
        | StepSizes.Adaptive _ -> false

/// The status codes that the loop of a solve writes. A solve with `running` at its end was cancelled.
module internal StatusCode =
    let running, success, maxSteps, tooSmall, nonFinite, unsolved = 0, 1, 2, 3, 4, 5
    let eventOccurred, eventsAccumulate, tooManyEvents = 6, 7, 8

    /// Whether the solve has a result: it reached its end, or an event ended it.
    let isWell (p: SolvePlan) (status: Tensor) =
        let isDone = Prim.compareTo Equal status (float success)

        if p.Events.Length = 0 then
            isDone
        else
            Prim.either isDone (Prim.compareTo Equal status (float eventOccurred))

/// The registers that determine the next step of a solve: float64 unless noted.
[<NoEquality; NoComparison>]
type internal Steering<'T> =
    {
        Time: 'T
        Step: 'T
        /// int32, as all below except Past
        Accepted: 'T
        Rejected: 'T
        Status: 'T
        /// the index of the next output, that of the next stop, the number of written rows
        Output: 'T
        Stop: 'T
        Written: 'T
        /// float64. Adaptive steps: the slots of the controller. Constant steps: the time of the last stop (t0 at first) and
        /// the number of steps accepted until then.
        Past: 'T[]
    }

module internal Steering =
    let toArray s =
        Array.append [| s.Time; s.Step; s.Accepted; s.Rejected; s.Status; s.Output; s.Stop; s.Written |] s.Past

    let ofArray (a: 'T[]) =
        { Time = a[0]
          Step = a[1]
          Accepted = a[2]
          Rejected = a[3]
          Status = a[4]
          Output = a[5]
          Stop = a[6]
          Written = a[7]
          Past = a[8..] }

/// The inputs of a solve's graph, in this order, before the leaves of the state and the captured values.
[<NoEquality; NoComparison>]
type internal SolveInputs =
    {
        T0: Tensor
        T1: Tensor
        Rtol: Tensor
        Atol: Tensor
        /// the constant or first step; 0 if it is estimated
        Dt: Tensor
        DtMin: Tensor
        DtMax: Tensor
        MaxSteps: Tensor
        /// times at which steps end, and times at which the next steps start (equal except at jumps): [stops]
        Stops: Tensor
        Resumes: Tensor
        /// zeros with the derivatives of the times of jumps: [stops]
        Shifts: Tensor
        /// [times]
        Ts: Tensor
    }

module internal SolveInputs =
    let toArray i =
        [| i.T0; i.T1; i.Rtol; i.Atol; i.Dt; i.DtMin; i.DtMax; i.MaxSteps; i.Stops; i.Resumes; i.Shifts; i.Ts |]

    let ofArray (a: Tensor[]) =
        { T0 = a[0]
          T1 = a[1]
          Rtol = a[2]
          Atol = a[3]
          Dt = a[4]
          DtMin = a[5]
          DtMax = a[6]
          MaxSteps = a[7]
          Stops = a[8]
          Resumes = a[9]
          Shifts = a[10]
          Ts = a[11] }

    let count = 12

    let signatures times stops : Signature[] =
        let number = { Signature.Dtype = Float64; Shape = [||] }
        let vector n = { number with Shape = [| n |] }

        [| number
           number
           number
           number
           number
           number
           number
           { number with Dtype = Int32 }
           vector stops
           vector stops
           vector stops
           vector times |]

/// The outputs of a solve's graph, in this order.
[<NoEquality; NoComparison>]
type internal SolveOutputs =
    {
        /// the state at t1; NaN unless the solve reached it
        Final: Tensor[]
        /// the last state reached
        Last: Tensor[]
        /// float64 [8 or 11]: see SolveReport
        Report: Tensor
        /// At times: states with a leading axis. By steps: their times, then states. Polynomials: starts, steps,
        /// polynomials, ends.
        Saved: Tensor[]
        /// With events: the time of the last one, their number, then the log: times, and flags of the events that happened.
        Events: Tensor[]
    }

module internal SolveOutputs =
    let toArray o = Array.concat [ o.Final; o.Last; [| o.Report |]; o.Saved; o.Events ]
    let private ofEvents (p: SolvePlan) = if p.Events.Length = 0 then 0 else 4

    let ofArray (p: SolvePlan) (a: Tensor[]) : SolveOutputs =
        let n, last = p.Leaves, a.Length - ofEvents p

        { Final = a[.. n - 1]
          Last = a[n .. 2 * n - 1]
          Report = a[2 * n]
          Saved = a[2 * n + 1 .. last - 1]
          Events = a[last..] }

/// Solver statistics, as one vector, so that a solve has few outputs.
[<NoEquality; NoComparison>]
type internal SolveReport =
    {
        /// ±1
        Direction: Tensor
        Time: Tensor
        /// the size of the next step
        Step: Tensor
        Status: Tensor
        Accepted: Tensor
        Rejected: Tensor
        Stop: Tensor
        Written: Tensor
        /// see Work; empty if the stepper does not count it
        Work: Tensor[]
    }

module internal SolveReport =
    let pack (dir: Tensor) (s: Steering<Tensor>) (work: Tensor[]) : Tensor =
        Array.append [| dir; s.Time; s.Step; s.Status; s.Accepted; s.Rejected; s.Stop; s.Written |] work
        |> Array.map (Prim.cast Float64)
        |> Prim.stack 0

    /// From [8 or 11], or from [batch; 8 or 11] with perSample.
    let unpack (report: Tensor) : SolveReport =
        let axis = report.Rank - 1
        let item k = Prim.pick axis k report

        { Direction = item 0
          Time = item 1
          Step = item 2
          Status = item 3
          Accepted = item 4
          Rejected = item 5
          Stop = item 6
          Written = item 7
          Work = Array.init (report.Dims[axis] - 8) (fun k -> item (8 + k)) }

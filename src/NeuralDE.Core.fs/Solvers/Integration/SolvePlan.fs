namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// What the error of a step is measured by: scaled errors by leaf → one number; a step is accepted at 1 or less.
[<ReferenceEquality>]
type internal UserNorm = { Measure: Tensor[] -> Tensor }

type internal ErrorNorm =
    /// The largest of the leaves' root mean squares, over the leaves marked. One RMS over a flattened state would let
    /// many small leaves dilute the error of a large one.
    | LargestRms of leaves: bool[]
    | OwnNorm of UserNorm

[<RequireQualifiedAccess>]
type internal StepSizes =
    | Constant
    /// Starts from Hairer's estimate, or from the step given.
    | Adaptive of StepController * estimateFirst: bool

type internal Saving =
    | Nothing
    /// at given times
    | AtTimes
    /// every n-th accepted step
    | EverySteps of int
    /// the interpolant of every step
    | EveryPolynomial

/// Everything about a solve that shapes its graph; numbers are inputs. The field's graph remembers the solve by it.
type internal SolvePlan =
    {
        Stepper: Stepper
        Steps: StepSizes
        Norm: ErrorNorm
        /// StateOnly where no derivative is taken
        Control: ErrorControl
        /// atol is 0: a component at 0 has no tolerance
        IsRelative: bool
        Saving: Saving
        /// rows of the inputs `ts` and `stops`
        Times: int
        Stops: int
        /// a stop where the field jumps: its value is not carried over
        Jumps: bool
        /// which of t0, t1, ts carry derivatives
        MovesStart: bool
        MovesEnd: bool
        MovesTimes: bool
        /// whether times of jumps do
        MovesStops: bool
        /// leaves of the state
        Leaves: int
        /// what they captured follows what the field captured
        Driven: DrivenGraph[]
        /// what they captured follows that
        Events: EventPart[]
        MaxEvents: int
        /// rows of the events' log; ValueNone: as many as there are, for a solve on numbers
        EventRoom: int voption
        Tape: Tape
        Watch: Watch
    }

    /// Whether a leaf of the state carries the rounding error of its sum (Kahan 1965). Constant steps of float32 need it: at
    /// 10⁵ steps a plain sum is off by 7e-4. An adaptive step's rounding error is below its tolerance, and float64's below
    /// what 10⁵ steps could show.
    member p.IsCompensated(leaf: Signature) =
        match p.Steps with
        | StepSizes.Constant -> p.Stepper.Compensates && leaf.Dtype = Float32
        | StepSizes.Adaptive _ -> false

/// The status codes that a solve's loop writes. Running at the end means that it was stopped from outside.
module internal StatusCode =
    let running, success, maxSteps, tooSmall, nonFinite, unsolved = 0, 1, 2, 3, 4, 5
    let eventOccurred, eventsAccumulate, tooManyEvents = 6, 7, 8

    /// Whether the solve has a result: it got to its end, or an event ended it.
    let isWell (p: SolvePlan) (status: Tensor) =
        let isDone = Prim.compareTo Equal status (float success)

        if p.Events.Length = 0 then
            isDone
        else
            Prim.either isDone (Prim.compareTo Equal status (float eventOccurred))

/// The numbers that steer a solve, as the loop carries them: float64 but where noted.
[<NoEquality; NoComparison>]
type internal Steering<'T> =
    {
        Time: 'T
        Step: 'T
        /// int32, as all below
        Accepted: 'T
        Rejected: 'T
        Status: 'T
        /// the next output, the next stop, rows written
        Output: 'T
        Stop: 'T
        Written: 'T
        /// Adaptive steps: what the controller remembers. Constant steps: the time of the last stop (t0 at first) and the number of
        /// steps accepted until then. float64
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

/// The inputs of a solve's graph, in this order, before the state's leaves and what the field captured.
[<NoEquality; NoComparison>]
type internal SolveInputs =
    {
        T0: Tensor
        T1: Tensor
        Rtol: Tensor
        Atol: Tensor
        /// the constant or first step; 0 where it is estimated
        Dt: Tensor
        DtMin: Tensor
        DtMax: Tensor
        MaxSteps: Tensor
        /// times to step to, and the times to go on from (the same but at jumps): [stops]
        Stops: Tensor
        Resumes: Tensor
        /// 0, with the derivatives of the times of jumps: [stops]
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

/// What a solve's graph returns, in this order.
[<NoEquality; NoComparison>]
type internal SolveOutputs =
    {
        /// the state at t1; NaN unless the solve got there
        Final: Tensor[]
        /// the last state reached
        Last: Tensor[]
        /// float64 [8 or 11]: see SolveReport
        Report: Tensor
        /// At times: states with a leading axis. By steps: their times, then states. Polynomials: starts, steps, polynomials, ends.
        Saved: Tensor[]
        /// With events: when the last one was, how many there were, then the log: times, and which happened.
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

/// The numbers a solve tells of itself, as one vector: so that a solve has few outputs.
[<NoEquality; NoComparison>]
type internal SolveReport =
    {
        /// ±1
        Direction: Tensor
        Time: Tensor
        /// the step it would take next
        Step: Tensor
        Status: Tensor
        Accepted: Tensor
        Rejected: Tensor
        Stop: Tensor
        Written: Tensor
        /// see Work; none where the stepper does not count it
        Work: Tensor[]
    }

module internal SolveReport =
    let pack (dir: Tensor) (s: Steering<Tensor>) (work: Tensor[]) : Tensor =
        Array.append [| dir; s.Time; s.Step; s.Status; s.Accepted; s.Rejected; s.Stop; s.Written |] work
        |> Array.map (Prim.cast Float64)
        |> Prim.stack 0

    /// Of [8 or 11], or by sample of [batch; 8 or 11].
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

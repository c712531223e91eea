namespace NeuralDE

open System
open System.Globalization
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Integration

/// How a solve ended.
type Status =
    | Success
    | EventOccurred
    | MaxStepsReached
    | StepTooSmall
    | NonFinite
    | NonlinearSolveFailed
    | EventsAccumulate
    | TooManyEvents
    | Cancelled

    /// What it means, and what to try with the verbs of a family.
    member internal s.Advise family =
        match s with
        | Success -> "The solve reached its end."
        | EventOccurred -> "An event stopped the solve."
        | MaxStepsReached ->
            $"The number of steps reached its limit. Raise it with {family}.maxSteps, or loosen the tolerance."
        | StepTooSmall when family = "Sde" ->
            "No step is small enough for the tolerance, of those that the noise is known for: 2^-24 of [t0, t1] and more. Loosen the tolerance, or solve in parts: to a nearer t1, and on from there with another key."
        | StepTooSmall ->
            $"No step is small enough for the tolerance. Loosen it, give an atol above 0 where a component is near 0, look for a jump or a singularity there, or give the jump's time with {family}.jumpAt."
        | NonFinite ->
            let functions = if family = "Sde" then "drift, the diffusion" else "field"
            $"The {functions} or the state became NaN or infinite. Look for a division by zero, a logarithm or root of a negative number, or a solution that blows up."
        | EventsAccumulate ->
            "Events follow each other faster than the solve can tell: a ball that comes to rest, a relay that chatters, or a change that leaves its event's value at 0. Stop there (Event.stop), or let the change lead away from the event."
        | TooManyEvents -> $"There were more events than there is room for. Raise it with {family}.maxEvents."
        | NonlinearSolveFailed -> "The equations of an implicit step were not solved. Try smaller steps."
        | Cancelled -> "The solve was cancelled."

    /// What it means, and what to try.
    member s.Sentence = s.Advise "Ode"

    static member internal OfCode code =
        if code = StatusCode.success then Success
        elif code = StatusCode.maxSteps then MaxStepsReached
        elif code = StatusCode.tooSmall then StepTooSmall
        elif code = StatusCode.nonFinite then NonFinite
        elif code = StatusCode.unsolved then NonlinearSolveFailed
        elif code = StatusCode.eventOccurred then EventOccurred
        elif code = StatusCode.eventsAccumulate then EventsAccumulate
        elif code = StatusCode.tooManyEvents then TooManyEvents
        else Cancelled // still running: stopped from outside

/// What a solve cost; over all samples when each has its own steps.
type Stats =
    {
        /// accepted steps
        Steps: int
        Rejected: int
        /// evaluations of the field, those of dense output and of the first step's estimate included
        Evaluations: int
        /// Jacobians made and systems of linear equations solved, by implicit methods
        Jacobians: int
        LinearSolves: int
    }

/// Where a solve stopped short.
type Failure =
    {
        /// whose verb solved: Ode
        Family: string
        Status: Status
        Time: float
        /// the sample, where each has its own steps
        Sample: int option
        /// the component that is not finite, or whose error is the largest: its path in the state, and its index; or "the value of
        /// event 0"
        Component: string
        Steps: int
        /// what to try, where the state and the field say more than the status
        Advice: string option
    }

    member f.Message =
        let sample =
            match f.Sample with
            | Some i -> $" in sample {string i}"
            | None -> ""

        let subject =
            if f.Component.StartsWith("the ", StringComparison.Ordinal) then
                f.Component
            else
                $"component {f.Component}"

        let what =
            match f.Status with
            | NonFinite -> $"; {subject} is not finite"
            | StepTooSmall -> $"; the error is dominated by component {f.Component}"
            | Success
            | EventOccurred
            | MaxStepsReached
            | NonlinearSolveFailed
            | EventsAccumulate
            | TooManyEvents
            | Cancelled -> ""

        let time = f.Time.ToString("G6", CultureInfo.InvariantCulture)
        let advice = Option.defaultValue (f.Status.Advise f.Family) f.Advice
        $"{f.Family}.solve: stopped at t = {time}{sample} ({f.Status}) after {string f.Steps} steps{what}. {advice}"

/// A solve that did not reach its end, with what it had until then.
type SolveException(failure: Failure, stats: Stats, ts: Tensor option, ys: obj | null) =
    inherit Exception(failure.Message)
    member _.Failure = failure
    member _.Status = failure.Status
    member _.Time = failure.Time
    member _.Stats = stats

    /// The output times, where the solve ran on numbers.
    member _.Ts = ts

    /// The saved states, of the state's type with a time axis; rows that were not reached are NaN. Null for a solve inside a transform.
    member _.Ys = ys

/// A solve that was cancelled, by the token of Ode.cancel or of Engine.cancellable, with what it had until then. It is no
/// SolveException: who catches failures does not catch the caller's wish to end.
type SolveCancelledException(failure: Failure, stats: Stats, ts: Tensor option, ys: obj | null) =
    inherit OperationCanceledException(failure.Message)
    member _.Failure = failure
    member _.Time = failure.Time
    member _.Stats = stats

    /// The output times, where the solve ran on numbers.
    member _.Ts = ts

    /// The saved states, of the state's type with a time axis; rows that were not reached are NaN. Null for a solve inside a transform.
    member _.Ys = ys

module internal SolveFailures =
    /// What a solve that stopped short raises.
    let toException (failure: Failure) (stats: Stats) (ts: Tensor option) (ys: obj | null) : exn =
        match failure.Status with
        | Cancelled -> SolveCancelledException(failure, stats, ts, ys)
        | Success
        | EventOccurred
        | MaxStepsReached
        | StepTooSmall
        | NonFinite
        | NonlinearSolveFailed
        | EventsAccumulate
        | TooManyEvents -> SolveException(failure, stats, ts, ys)

/// What a running solve tells of itself.
type SolveProgress =
    {
        Time: float
        /// of the interval, 0 to 1
        Fraction: float
        Steps: int
        Rejected: int
    }

/// <summary>What a solve returns.</summary>
[<Sealed>]
type Solution<'S>
    internal
    (
        ts: Tensor,
        ys: Lazy<'S>,
        y1: Lazy<'S>,
        last: 'S,
        report: Tensor,
        stats: unit -> Stats,
        failure: unit -> Failure option,
        at: Tensor -> 'S,
        t1: Lazy<Tensor>,
        events: Lazy<EventTimes>
    ) =
    /// Output times [time]; with times by sample [batch; time].
    member _.Ts = ts

    /// Saved states: every leaf with a time axis first ([time; …]), after the batch axis when samples have their own steps ([batch; time; …]).
    member _.Ys: 'S = ys.Value

    /// Where the solve ended: t1, or the time of the event that ended it, differentiable; where it stopped short, the time reached.
    /// By sample [batch].
    member _.T1 = t1.Value

    /// The events that happened, in order.
    member _.Events: EventTimes = events.Value

    /// The state at T1, just before the event that ended the solve; NaN if it did not get there.
    member _.Y1: 'S = y1.Value

    /// The last state reached: that at t1, or where the solve stopped.
    member _.LastState = last

    /// The time reached; by sample [batch].
    member _.LastTime = (SolveReport.unpack report).Time

    /// How each sample's solve ended; one entry unless samples have their own steps.
    member _.Statuses: Status[] =
        (SolveReport.unpack report).Status.Numbers.Integers |> Array.map (fun code -> Status.OfCode(int code))

    /// How the solve ended: that of the first sample that failed; else EventOccurred if an event ended any; else Success.
    member s.Status: Status =
        let statuses = s.Statuses
        let isWell status = (status = Success || status = EventOccurred)

        match statuses |> Array.tryFind (isWell >> not) with
        | Some failed -> failed
        | None -> if Array.contains EventOccurred statuses then EventOccurred else Success

    /// Accepted and rejected steps of each sample.
    member _.Steps = Prim.cast Dtype.Int32 (SolveReport.unpack report).Accepted

    member _.RejectedSteps = Prim.cast Dtype.Int32 (SolveReport.unpack report).Rejected
    member _.Stats: Stats = stats ()

    /// Where and why it stopped short; None after a success.
    member _.Failure: Failure option = failure ()

    /// Dense output at one time, within the interval.
    member _.At(t: float) : 'S = at (scalar t)

    /// Dense output at one time ([] → a state) or at several ([n] → states with a leading axis), differentiable in the times.
    member _.At(t: Tensor) : 'S =
        if isNull (box t) then nullArg (nameof t)
        at t

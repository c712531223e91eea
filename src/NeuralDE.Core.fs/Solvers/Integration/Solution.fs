namespace NeuralDE

open System
open System.Globalization
open System.Threading
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Integration

/// The status of a solve at its end.
type Status =
    /// The solve reached t1.
    | Success
    /// An event with Event.stop ended the solve.
    | EventOccurred
    /// The solve needs more steps than maxSteps.
    | MaxStepsReached
    /// No step size satisfies the tolerance.
    | StepTooSmall
    /// The field or the state became NaN or infinite.
    | NonFinite
    /// Newton's method did not converge in an implicit step.
    | NonlinearSolveFailed
    /// Events follow each other in ever shorter time.
    | EventsAccumulate
    /// There were more events than maxEvents.
    | TooManyEvents
    /// The solve was cancelled.
    | Cancelled
    /// The meaning, and advice with the verbs of a family.
    member internal s.Advise family =
        match s with
        | Success -> "The solve reached its end."
        | EventOccurred -> "An event stopped the solve."
        | MaxStepsReached ->
            $"The number of steps reached its limit. Raise it with {family}.maxSteps, or loosen the tolerance."
        | StepTooSmall when family = "Sde" ->
            "No step of at least 2^-24 of [t0, t1], the resolution of the noise, is small enough for the tolerance. Loosen the tolerance, or solve in parts: to a nearer t1, and from there with another key."
        | StepTooSmall ->
            $"No step is small enough for the tolerance. Loosen it, set an atol above 0 if a component is near 0, check the field for a jump or a singularity there, or set the time of the jump with {family}.jumpAt."
        | NonFinite ->
            let functions = if family = "Sde" then "drift, the diffusion" else "field"
            $"The {functions} or the state became NaN or infinite. Check for a division by zero, a logarithm or root of a negative number, or a solution that blows up."
        | EventsAccumulate ->
            "Events follow each other in less time than the solve can resolve, as for a ball that comes to rest, a relay that chatters, or a change after which the value of its event is 0. Stop there (Event.stop), or make the change move the value away from 0."
        | TooManyEvents -> $"The number of events exceeded its limit. Raise it with {family}.maxEvents."
        | NonlinearSolveFailed -> "The equations of an implicit step were not solved. Try smaller steps."
        | Cancelled -> "The solve was cancelled."

    /// The meaning of the status, and advice.
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

/// The solver statistics of a solve, summed over all samples with perSample.
type Stats =
    {
        /// accepted steps
        Steps: int
        /// rejected steps
        Rejected: int
        /// evaluations of the field, including those of dense output and of the estimate of the first step
        Evaluations: int
        /// Jacobians that implicit methods computed
        Jacobians: int
        /// linear systems that implicit methods solved
        LinearSolves: int
    }

/// The time and the cause of a failure.
type Failure =
    {
        /// the family of the problem: Ode or Sde
        Family: string
        /// the cause
        Status: Status
        /// the time reached
        Time: float
        /// the index of the sample that failed, with perSample
        Sample: int option
        /// the component that is not finite or has the largest error, as path and index in the state; or "the value of event
        /// 0"
        Component: string
        /// the number of steps, accepted and rejected
        Steps: int
        /// advice from the state and the field, if they say more than the status
        Advice: string option
    }

    /// The message of the exception.
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

/// A solve did not reach its end. Holds the results up to there.
type SolveException(failure: Failure, stats: Stats, ts: Tensor option, ys: obj | null) =
    inherit Exception(failure.Message)
    /// The time and cause of the failure.
    member _.Failure = failure

    /// The status of the solve.
    member _.Status = failure.Status

    /// The time reached.
    member _.Time = failure.Time

    /// The solver statistics up to there.
    member _.Stats = stats

    /// The output times; None for a solve inside a transform.
    member _.Ts = ts

    /// The saved states, of the type of the state, with a time axis; rows that were not reached are NaN. Null for a solve
    /// inside a transform.
    member _.Ys = ys

/// A solve was cancelled, by the token of Ode.cancel or of Engine.cancellable. Holds the results up to there. It is not a
/// SolveException, so that code which handles failures does not handle a cancellation.
type SolveCancelledException
    internal (failure: Failure, stats: Stats, ts: Tensor option, ys: obj | null, token: CancellationToken) =
    inherit OperationCanceledException(failure.Message, token)

    new(failure, stats, ts, ys) = SolveCancelledException(failure, stats, ts, ys, CancellationToken.None)

    /// The time and cause of the failure.
    member _.Failure = failure

    /// The time reached.
    member _.Time = failure.Time

    /// The solver statistics up to there.
    member _.Stats = stats

    /// The output times; None for a solve inside a transform.
    member _.Ts = ts

    /// The saved states, of the type of the state, with a time axis; rows that were not reached are NaN. Null for a solve
    /// inside a transform.
    member _.Ys = ys

module internal SolveFailures =
    /// The exception of a solve that did not reach its end; `own`: the token of the solve itself.
    let toException
        (own: CancellationToken)
        (failure: Failure)
        (stats: Stats)
        (ts: Tensor option)
        (ys: obj | null)
        : exn =
        match failure.Status with
        | Cancelled ->
            let token = if own.IsCancellationRequested then own else Watching.CancelledToken
            SolveCancelledException(failure, stats, ts, ys, token)
        | Success
        | EventOccurred
        | MaxStepsReached
        | StepTooSmall
        | NonFinite
        | NonlinearSolveFailed
        | EventsAccumulate
        | TooManyEvents -> SolveException(failure, stats, ts, ys)

    /// The same inside a transform, where a solve has no results to show.
    let insideTransform (failure: Failure) (stats: Stats) : exn =
        toException CancellationToken.None failure stats None null

/// The progress of a running solve.
type SolveProgress =
    {
        /// the time reached
        Time: float
        /// the fraction of the time span, from 0 to 1
        Fraction: float
        /// accepted steps
        Steps: int
        /// rejected steps
        Rejected: int
    }

/// The solution of a problem.
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
    /// The output times: [time]; with times for each sample [batch; time].
    member _.Ts = ts

    /// The saved states: every leaf with a leading time axis, [time; …], or [batch; time; …] with perSample.
    member _.Ys: 'S = ys.Value

    /// The end of the solve: t1, or the time of the event that ended it, which is differentiable; the time reached if the
    /// solve failed. [], or [batch] with perSample.
    member _.T1 = t1.Value

    /// The events that happened, in order.
    member _.Events: EventTimes = events.Value

    /// The state at T1, before the event that ended the solve; NaN if the solve failed.
    member _.Y1: 'S = y1.Value

    /// The last state reached: at t1, or where the solve stopped.
    member _.LastState = last

    /// The time reached: [], or [batch] with perSample.
    member _.LastTime = (SolveReport.unpack report).Time

    /// The status of each sample; one entry without perSample.
    member _.Statuses: Status[] =
        (SolveReport.unpack report).Status.Numbers.Integers |> Array.map (fun code -> Status.OfCode(int code))

    /// The status of the solve: that of the first sample that failed; otherwise EventOccurred if an event ended the solve of
    /// a sample; otherwise Success.
    member s.Status: Status =
        let statuses = s.Statuses
        let isWell status = (status = Success || status = EventOccurred)

        match statuses |> Array.tryFind (isWell >> not) with
        | Some failed -> failed
        | None -> if Array.contains EventOccurred statuses then EventOccurred else Success

    /// The number of accepted steps, int32: [], or [batch] with perSample.
    member _.Steps = Prim.cast Dtype.Int32 (SolveReport.unpack report).Accepted

    /// The number of rejected steps, int32: [], or [batch] with perSample.
    member _.RejectedSteps = Prim.cast Dtype.Int32 (SolveReport.unpack report).Rejected
    /// The solver statistics.
    member _.Stats: Stats = stats ()

    /// The time and cause of a failure; None after a success.
    member _.Failure: Failure option = failure ()

    /// <summary>Dense output at one time.</summary>
    /// <param name="t">A time within the solve.</param>
    /// <returns>A state like y0.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a time outside of the solve, and with noise.</exception>
    member _.At(t: float) : 'S = at (scalar t)

    /// <summary>Dense output at one time or at several, differentiable by the times.</summary>
    /// <param name="t">[] or [n], within the solve.</param>
    /// <returns>For [] a state like y0; for [n] every leaf with a time axis, [n; …], or [batch; n; …] with
    /// perSample.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a time outside of the solve, and with noise.</exception>
    member _.At(t: Tensor) : 'S =
        if isNull (box t) then nullArg (nameof t)
        at t

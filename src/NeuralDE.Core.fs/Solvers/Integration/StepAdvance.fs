namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The end of an attempt: the current time plus the step size, limited by the next stop.
[<NoEquality; NoComparison>]
type internal Advance =
    {
        /// ±1
        Direction: Tensor
        /// the step size of the controller, and the size of the attempt; both positive
        Step: Tensor
        Size: Tensor
        /// the end of the step for the field, and the signed length to it
        TimeNew: Tensor
        H: Tensor
        /// the end of the step for other purposes, and the length to it; they differ at a jump at t1, where the field is
        /// evaluated before the jump
        Edge: Tensor
        Span: Tensor
        /// bool: whether the attempt reaches the next stop, whether that is t1, and whether the solve ends there
        Reaches: Tensor
        OnLast: Tensor
        Ends: Tensor
        /// the next stop, and the start of the step after it
        Stop: Tensor
        Resume: Tensor
    }

module internal StepAdvance =
    /// The distance from 1 to the next float64.
    let spacing = Float64.Epsilon

    /// A step that ends within this part of its length before a stop ends at the stop. It is far above the rounding error of
    /// times, so that no step of a few roundings follows, and far below any tolerance on the error of a step.
    let private nearStop = 1e-9

    /// xs[i] of a vector, clamped at its ends.
    let at (xs: Tensor) (index: Tensor) = Prim.reshape [||] (Prim.gather 0 xs (Prim.reshape [| 1 |] index))

    /// The length of an attempt, whether it reaches the next stop, and its end.
    [<NoEquality; NoComparison>]
    type private Reach = { Step: Tensor; Reaches: Tensor; Size: Tensor; End: Tensor }

    let private adaptiveReach (s: Steering<Tensor>) (i: SolveInputs) dir (stop: Tensor) : Reach =
        let remaining = dir * (stop - s.Time)
        let step = Prim.binary Max (Prim.binary Min s.Step i.DtMax) i.DtMin
        let reaches = Prim.compare GreaterEqual (Prim.times (1.0 + nearStop) step) remaining
        let size = Prim.select reaches remaining step
        { Step = step
          Reaches = reaches
          Size = size
          End = Prim.select reaches stop (s.Time + dir * size) }

    /// Step k after a stop ends at stop + (k + 1) dt, rounded once; a running sum of dt would drift. A step whose end
    /// differs from the next stop by at most the rounding of these times, or 1e-9 of its length, ends at the stop.
    let private constantReach (s: Steering<Tensor>) (i: SolveInputs) dir (stop: Tensor) : Reach =
        let step = Prim.binary Min s.Step i.DtMax
        let count = Prim.plus 1.0 (Prim.cast Float64 s.Accepted - s.Past[1])
        let gridEnd = s.Past[0] + dir * (count * step)
        let rounding = Prim.times (4.0 * spacing) (Prim.binary Max (abs stop) (abs s.Past[0]))
        let near = Prim.binary Min (Prim.times 0.25 step) (Prim.binary Max (Prim.times nearStop step) rounding)
        let reaches = Prim.compare LessEqual (dir * (stop - gridEnd)) near
        let size = Prim.select reaches (dir * (stop - s.Time)) step
        { Step = step; Reaches = reaches; Size = size; End = Prim.select reaches stop gridEnd }

    /// Whether the next stop is the last, its time, and the start of the step after it.
    let private nextStop (p: SolvePlan) (s: Steering<Tensor>) (i: SolveInputs) dir =
        if p.Stops = 0 then
            Prim.literal Bool 1.0, i.T1, i.T1
        else
            let next = at i.Stops s.Stop
            let isPast = Prim.compare GreaterEqual (dir * next) (dir * i.T1)
            let onLast = Prim.either (Prim.compare GreaterEqual s.Stop (Prim.integer p.Stops)) isPast
            onLast, Prim.select onLast i.T1 next, at i.Resumes s.Stop

    let from (p: SolvePlan) (s: Steering<Tensor>) (i: SolveInputs) : Advance =
        let dir = Prim.direction i.T0 i.T1
        let onLast, stop, resume = nextStop p s i dir

        // the solve ends before a jump at t1: the field is evaluated before the jump only
        let ends =
            if p.Jumps then
                Prim.either onLast (Prim.compare GreaterEqual (dir * resume) (dir * i.T1))
            else
                onLast

        let reach =
            match p.Steps with
            | StepSizes.Constant -> constantReach s i dir stop
            | StepSizes.Adaptive _ -> adaptiveReach s i dir stop

        let h = dir * reach.Size

        let edge, span =
            if p.Jumps then
                let atEnd = Prim.both reach.Reaches ends
                Prim.select atEnd i.T1 reach.End, Prim.select atEnd (i.T1 - s.Time) h
            else
                reach.End, h
        // with a path, the edge is the time of the jump: the middle between the end for the field and the start of the next
        // step
        let edge =
            if p.Jumps && p.Driven.Length > 0 then
                let isInside = Prim.both reach.Reaches (Prim.isNot ends)
                Prim.select isInside (Prim.times 0.5 (stop + resume)) edge
            else
                edge
        // a constant step ends exactly at the start of the next one, also for the lookup of outputs
        let span =
            match p.Steps with
            | StepSizes.Adaptive _ when p.Driven.Length = 0 -> span
            | StepSizes.Constant
            | StepSizes.Adaptive _ -> edge - s.Time

        { Direction = dir
          Step = reach.Step
          Size = reach.Size
          TimeNew = reach.End
          H = h
          Edge = edge
          Span = span
          Reaches = reach.Reaches
          OnLast = onLast
          Ends = ends
          Stop = stop
          Resume = resume }

    /// The start of the grid of constant steps: the time of the last stop or event, and the number of steps accepted until
    /// then.
    let gridAfter (p: SolvePlan) (s: Steering<Tensor>) stopped time accepted =
        if p.Stops = 0 && p.Events.Length = 0 then
            s.Past
        else
            [| Prim.select stopped time s.Past[0]; Prim.select stopped (Prim.cast Float64 accepted) s.Past[1] |]

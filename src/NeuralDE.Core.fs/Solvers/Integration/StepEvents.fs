namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// The registers of events.
[<NoEquality; NoComparison>]
type internal EventRegisters =
    {
        /// float64 [events]: ±1, the sign of each value at the last checked time; 0: not known yet
        Sides: Tensor
        /// int32: the number of events so far
        Count: Tensor
        /// int32: the number of consecutive events without time between them
        Crowd: Tensor
    }

/// The end of a step after the search for events.
[<NoEquality; NoComparison>]
type internal Ending =
    {
        /// bool: whether an event ends the step, and whether it ends the solve
        Crossed: Tensor
        Stops: Tensor
        /// bool: whether events accumulate, whether their number exceeds the maximum, whether the step to the event failed
        Crowds: Tensor
        IsFull: Tensor
        Failed: Tensor
        /// the end of the step, a constant of differentiation
        Time: Tensor
        /// the time of the last event, differentiable
        EventTime: Tensor
        /// the state at Time before the event, and the state at the start of the next step
        Before: Tensor[]
        Y: Tensor[]
        Carried: Tensor[]
        /// float64 [events]: 1 for events that happen
        Happens: Tensor
        Registers: EventRegisters
    }

/// The first event of a step.
[<NoEquality; NoComparison>]
type internal EventMoment =
    {
        Theta: Tensor
        /// int32: its index, and the side that its value reaches
        Event: Tensor
        Side: Tensor
        /// bool: whether the value jumps to that side
        Jumps: Tensor
        /// the end of the step to it, a constant of differentiation, and the state there
        At: Tensor
        Y: Tensor[]
        IsWell: Tensor
        /// its time, differentiable, and the state at that time
        Time: Tensor
        Before: Tensor[]
    }

/// Events of an accepted step: the changes of the state, and how the solve continues.
module internal StepEvents =
    /// Two events at a distance below this fraction of a step are simultaneous. A value counts as 0 if it is smaller than
    /// its change within that distance, or between two neighbouring times.
    let private instant = 1e-10
    /// The rounding error of a value, relative to its size in the step.
    let private noise = 1e-13
    /// The largest correction of an event time by Newton's method, relative to the step. The search ends within roundings of a
    /// simple root, so a larger correction means that the root is not simple.
    let private farthest = 1e-6
    /// The number of consecutive events without time between them that counts as an accumulation.
    let private crowd = 10

    let private number = Prim.number
    let private any = Array.reduce Prim.either
    let private yes = Prim.literal Bool 1.0
    let private no = Prim.literal Bool 0.0

    let private choose condition =
        Array.map2 (fun (a: Tensor) b -> Prim.select (Prim.broadcast a.Dims [||] condition) a b)

    let private move (s: EventStep) from till y = RungeKutta.step s.Plan.Stepper.Mover s.Terms.Field from till y

    /// A step of constant length to the event, and the root of a very short step from there, which carries the derivative of
    /// the event's time.
    let private moment (s: EventStep) (brackets: Bracket[]) : EventMoment =
        let theta, event, side, jumps = EventSearch.first s brackets
        let h = s.Attempt.H
        let isAtEnd = Prim.compareTo Equal theta 1.0
        let at = Prim.stop (Prim.select isAtEnd s.Attempt.TimeNew (s.Attempt.Time + theta * h))
        let y, isWell = EventSearch.advance s at

        let value time y =
            s.Events
            |> Array.mapi (fun k e -> k, e.Value time y)
            |> Array.reduce (fun (_, v) (k, w) -> k, Prim.select (Prim.isNumber event k) w v)
            |> snd

        let residual (tau: Tensor) (p: Tensor[]) = value (at + tau) (move s at (at + tau) p)

        let search (p: Tensor[]) =
            let r, slope = jvp (fun tau -> residual tau p) (number 0.0) (number 1.0)
            let isFlat = Prim.compareTo Equal slope 0.0
            let tau = -(r / Prim.select isFlat (number 1.0) slope)
            // a larger correction means that the value has no simple root
            let isSmall = Prim.compare LessEqual (abs tau) (Prim.times farthest (abs h))
            Prim.select (Prim.both isSmall (Prim.isNot isFlat)) tau (number 0.0)

        // the time of a jump is a constant, because the slope of the value does not determine it
        let time = Prim.select jumps at (at + implicitRoot search residual y)

        { Theta = theta
          Event = event
          Side = side
          Jumps = jumps
          At = at
          Y = y
          IsWell = isWell
          Time = time
          Before = move s at time y }

    /// Value, rate and rounding error of every event at the moment, for a state.
    let private looked (s: EventStep) (m: EventMoment) (y: Tensor[]) =
        s.Events |> Array.map (fun e -> EventSearch.rate s.Terms e (Prim.stop m.Time) (Array.map Prim.stop y))

    let private motion (s: EventStep) r = Prim.unary Sign (r * Prim.unary Sign s.Attempt.H)

    /// Whether a value counts as 0.
    let private isNothing (s: EventStep) (b: Bracket) v rounding r =
        let spacing = Prim.times (2.0 * StepAdvance.spacing) (abs s.Attempt.TimeNew)
        let reach = Prim.binary Max (Prim.times instant (abs s.Attempt.H)) spacing
        let isSmall = Prim.compare LessEqual (abs v) (abs r * reach + Prim.times noise b.Size + rounding)
        Prim.either isSmall (Prim.compareTo Equal v 0.0) // its slope may be NaN

    /// For each event whether it happens: the first event, and those that are at 0 or beyond at the same time.
    let private happening (s: EventStep) (m: EventMoment) brackets ofBefore : Tensor[] =
        (Array.indexed s.Events, brackets, ofBefore)
        |||> Array.map3 (fun (k, e) b (v, r, rounding) ->
            let side = EventSearch.sideBefore m.Theta b
            let isDue = Prim.both (isNothing s b v rounding r) (EventSearch.counts e side (motion s r))
            Prim.stop (Prim.either (Prim.isNumber m.Event k) (Prim.either (EventSearch.counts e side v) isDue)))

    /// Whether the value of the first event only touches 0, or returns before the resolution of rounding and method: it
    /// moves in the other direction there, or is not 0, and did not jump over 0.
    let private touches (s: EventStep) (m: EventMoment) brackets ofBefore : Tensor =
        (brackets, ofBefore)
        ||> Array.mapi2 (fun k b (v, r, rounding) ->
            let isOff = Prim.both (Prim.isNot (isNothing s b v rounding r)) (Prim.compareTo NotEqual r 0.0)
            let isBack = Prim.compareTo Less (m.Side * motion s r) 0.0
            let isOver = Prim.both m.Jumps (Prim.compareTo Greater (m.Side * v) 0.0)
            Prim.both (Prim.isNumber m.Event k) (Prim.both (Prim.either isOff isBack) (Prim.isNot isOver)))
        |> any

    /// Applies the changes in the order of the events, up to one that ends the solve: whether one does, and the state after
    /// them.
    let private change (s: EventStep) (m: EventMoment) (happens: Tensor[]) : Tensor * Tensor[] =
        (Array.zip s.Events happens)
        |> Array.fold
            (fun (isEnd, y: Tensor[]) (e, happens) ->
                match e.Change with
                | ValueNone -> Prim.either isEnd happens, y
                | ValueSome change -> isEnd, choose (Prim.both happens (Prim.isNot isEnd)) (change m.Time y) y)
            (no, m.Before)

    /// The sides after the changes, and whether a change leaves its event's value at rest at 0. The side of a value at 0 is
    /// that to which it moves; if it moves in the direction of another event, that event happens next.
    let private settle (s: EventStep) (m: EventMoment) (brackets: Bracket[]) ofBefore happens after =
        let sides, rests =
            (Array.zip (Array.indexed s.Events) happens, Array.zip brackets ofBefore, looked s m after)
            |||> Array.map3 (fun ((k, e), happens) (b, (_, r0, _)) (v, r, rounding) ->
                let hasJumped = Prim.both m.Jumps (Prim.isNumber m.Event k)
                let isNothing = isNothing s b v rounding (Prim.binary Max (abs r0) (abs r))
                let isNothing = Prim.both isNothing (Prim.isNot hasJumped)
                let motion = motion s r
                let isNext = Prim.both (Prim.isNot happens) (EventSearch.counts e (-motion) motion)
                let atZero = Prim.select isNext (-motion) motion
                let side = Prim.select isNothing atZero (EventSearch.sideOf (number 0.0) v)
                let isSlow r = Prim.compare LessEqual (abs r * abs s.Attempt.H) (Prim.times noise b.Size)
                // a value that passes 0 with slope 0, such as t³, continues
                let isStopped = Prim.both (isSlow r) (Prim.isNot (isSlow r0))
                side, (if e.Change.IsSome then Prim.both (Prim.both happens isNothing) isStopped else no))
            |> Array.unzip

        Prim.stop (Prim.stack 0 sides), any rests

    /// The number of consecutive events, including this one, without time between them.
    let private crowded (s: EventStep) (i: SolveInputs) (last: Tensor) (registers: EventRegisters) (m: EventMoment) =
        let largest = Prim.binary Max (abs s.Attempt.Time) (abs (i.T1 - i.T0))
        let isNear =
            Prim.compare LessEqual (abs (Prim.stop (m.Time - last))) (Prim.times (10.0 * StepAdvance.spacing) largest)
        let isAtOnce = Prim.both (Prim.compareTo Greater registers.Count 0.0) isNear
        Prim.select isAtOnce (Prim.plus 1.0 registers.Crowd) (Prim.integer 0)

    /// The state of the solve after the first event of a step.
    let private happen (s: EventStep) (i: SolveInputs) brackets (last: Tensor) (registers: EventRegisters) : Tensor[] =
        let m = moment s brackets
        let ofBefore = looked s m m.Before
        let happens = happening s m brackets ofBefore
        let isEnd, after = change s m happens
        let sides, rests = settle s m brackets ofBefore happens after
        let crowded = crowded s i last registers m
        let isCrowd = Prim.compareTo GreaterEqual crowded (float crowd)
        let crowds = Prim.either isCrowd (Prim.either rests (touches s m brackets ofBefore))
        let flags = happens |> Array.map (Prim.cast Float64) |> Prim.stack 0
        // time continues as a constant: a step of length 0 backwards carries −dτ with the field after the event
        let next = choose isEnd after (move s m.Time m.At after)

        Array.concat
            [ [| m.At; m.Time; flags; sides; crowded; isEnd; crowds; m.IsWell |]
              m.Y
              next
              s.Plan.Stepper.Begin s.Terms m.At next ]

    /// The end of a step that is accepted if `keep`, and ends at `timeNew` without events; the last event was at `last`.
    let find
        (s: EventStep)
        (i: SolveInputs)
        (last: Tensor)
        (registers: EventRegisters)
        (keep: Tensor)
        timeNew
        : Ending =
        let n = s.Attempt.Y.Length
        let brackets = EventSearch.brackets s registers.Sides
        let crossed = Prim.both keep (brackets |> Array.map (fun b -> b.Found) |> any)

        let goOn (_: Tensor[]) =
            let sides = brackets |> Array.map (fun b -> List.last b.Sides) |> Prim.stack 0
            let sides = Prim.select (Prim.broadcast sides.Dims [||] keep) sides registers.Sides
            let flags = Prim.fill Float64 [| s.Events.Length |] 0.0

            Array.concat
                [ [| timeNew; last; flags; sides; registers.Crowd; no; no; yes |]
                  s.Step.Y1
                  s.Step.Y1
                  s.Step.Carried ]

        let r = cond crossed (fun _ -> happen s i brackets last registers) goOn [| s.Attempt.H |]
        let count = registers.Count + Prim.cast Int32 (Prim.stop (Prim.sum r[2]))

        { Crossed = crossed
          Stops = r[5]
          Crowds = r[6]
          IsFull = Prim.compareTo Greater count (float s.Plan.MaxEvents)
          Failed = Prim.isNot r[7]
          Time = r[0]
          EventTime = r[1]
          Happens = r[2]
          Before = r[8 .. 7 + n]
          Y = r[8 + n .. 7 + 2 * n]
          Carried = r[8 + 2 * n ..]
          Registers = { Sides = r[3]; Count = count; Crowd = r[4] } }

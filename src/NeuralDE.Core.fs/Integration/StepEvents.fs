namespace NeuralDE.Compiler

open NeuralDE

/// What the loop carries for events without a derivative.
[<NoEquality; NoComparison>]
type internal EventControl =
    {
        /// float64 [events]: ±1, the sign of each value where it was looked at last; 0: not known yet
        Sides: Tensor
        /// int32: events so far
        Count: Tensor
        /// int32: events that followed the one before them without time between
        Crowd: Tensor
    }

/// Where a step ends once events have been looked for.
[<NoEquality; NoComparison>]
type internal Ending =
    {
        /// bool: an event ends the step; one that ends the solve
        Crossed: Tensor
        Stops: Tensor
        /// bool: events follow each other without end; there are more than there is room for; the step to the event failed
        Crowds: Tensor
        IsFull: Tensor
        Failed: Tensor
        /// where the step ends, a constant of differentiation
        Time: Tensor
        /// when the last event was, differentiable
        EventTime: Tensor
        /// the state at Time before the event, and from where the next step starts
        Before: Tensor[]
        Y: Tensor[]
        Carried: Tensor[]
        /// float64 [events]: 1 for those that happen
        Happens: Tensor
        Control: EventControl
    }

/// Events of a kept step. Each value's sign is compared at three points inside it and at its end, and where a parabola through
/// three neighbours turns before or beyond 0: there two sign changes may lie between them.
module internal StepEvents =
    let private inner = [ 0.25; 0.5; 0.75 ]
    /// 2⁻⁶⁰ of a quarter of a step is beyond the resolution of time
    let private bisections = 60
    /// Newton's method on steps to the event, from the interpolant's answer: three digits and more become all in three.
    let private refinements = 4
    /// Two events nearer than this part of a step are one time, and a value as small as its change within it is 0.
    let private instant = 1e-10
    /// What rounding may leave of a value, relative to its size in the step.
    let private noise = 1e-13
    /// So many events in a row without time between them are an accumulation.
    let private crowd = 10

    let private number = Prim.number
    let private all = Array.reduce Prim.both
    let private any = Array.reduce Prim.either
    let private isAbove x = Prim.compareTo Greater x 0.0
    let private isBelow x = Prim.compareTo Less x 0.0
    let private over condition (y: Tensor) = Prim.broadcast y.Dims [||] condition
    let private choose condition = Array.map2 (fun (a: Tensor) b -> Prim.select (over condition a) a b)
    let private sideOf old v = Prim.select (isAbove v) (number 1.0) (Prim.select (isBelow v) (number -1.0) old)

    /// Whether going from one side to another is the event.
    let private counts (e: EventTerm) side now =
        let up = lazy (Prim.both (isBelow side) (isAbove now))
        let down = lazy (Prim.both (isAbove side) (isBelow now))

        match e.Rising, e.Falling with
        | true, true -> Prim.either up.Value down.Value
        | true, false -> up.Value
        | _, _ -> down.Value

    /// An event in a step: whether it happens, between which θ, the sides at all points looked at, the largest value.
    [<NoEquality; NoComparison>]
    type private Bracket = { Found: Tensor; Low: Tensor; High: Tensor; Sides: Tensor list; Size: Tensor }

    let private bracket (e: EventTerm) (side: Tensor) (values: (float * Tensor) list) : Bracket =
        let start =
            { Found = Prim.literal Bool 0.0
              Low = number 0.0
              High = number 1.0
              Sides = [ side ]
              Size = number 0.0 }

        (start, List.pairwise ((0.0, side) :: values))
        ||> List.fold (fun b ((before, _), (theta, v)) ->
            let side = b.Sides.Head
            let now = sideOf side v
            let here = counts e side now
            let first = Prim.both here (Prim.isNot b.Found)

            { Found = Prim.either b.Found here
              Low = Prim.select first (number before) b.Low
              High = Prim.select first (number theta) b.High
              Sides = now :: b.Sides
              Size = Prim.binary Max b.Size (abs v) })
        |> fun b -> { b with Sides = List.rev b.Sides }

    /// Where between points of one side a parabola through a value at three of them comes near the other side: bool, θ.
    let private turn (sides: Tensor list) (values: Tensor list) : Tensor * Tensor =
        let spacing = inner.Head

        let candidate k =
            let s, v = sides[k .. k + 2], values[k .. k + 2]
            let isOneSide = Prim.both (isAbove (s[0] * s[1])) (isAbove (s[1] * s[2]))
            let slope, bend = Prim.times 0.5 (v[2] - v[0]), v[0] + v[2] - Prim.times 2.0 v[1]
            let isBent = isAbove (s[1] * bend)
            let offset = -(slope / Prim.select isBent bend (number infinity))
            // Taylor's next term may lower it: a turn that comes down to a quarter is looked at
            let lowest = s[1] * (v[1] + Prim.times 0.5 (slope * offset))
            let isNear = Prim.compare LessEqual lowest (Prim.times 0.25 (abs v[1]))
            let isInside = Prim.compareTo Less (abs offset) 1.0
            let isTurn = Prim.both (Prim.both isOneSide isBent) (Prim.both isNear isInside)
            isTurn, Prim.times spacing (Prim.plus (float (k + 1)) offset)

        [ 0 .. sides.Length - 3 ]
        |> List.map candidate
        |> List.reduce (fun (a, x) (b, y) -> Prim.either a b, Prim.select a x y)
        |> fun (isTurn, theta) -> isTurn, Prim.select isTurn theta (number 0.5)

    /// A bracket around the first of two sign changes between neighbouring points, where the value at a turn tells of them.
    let private atTurn (e: EventTerm) (isTurn: Tensor, theta: Tensor) (value: Tensor) (b: Bracket) : Bracket =
        let spacing = inner.Head
        let before = Prim.times spacing (Prim.unary Floor (Prim.times (1.0 / spacing) theta))

        let side =
            List.zip (0.0 :: inner) (List.take (1 + inner.Length) b.Sides)
            |> List.reduce (fun (_, old) (x, s) -> x, Prim.select (Prim.compareTo Less theta x) old s)
            |> snd

        let enters, leaves = counts e side value, counts e value side
        let isFirst = Prim.either (Prim.isNot b.Found) (Prim.compare Less theta b.High)
        let here = Prim.both (Prim.both isTurn isFirst) (Prim.either enters leaves)
        let low, high = Prim.select enters before theta, Prim.select enters theta (Prim.plus spacing before)

        { b with
            Found = Prim.either b.Found here
            Low = Prim.select here low b.Low
            High = Prim.select here high b.High
            Size = Prim.binary Max b.Size (abs value) }

    /// The sides at a time, those before it being known or 0.
    let sidesAt (events: EventTerm[]) t y : Tensor =
        events |> Array.map (fun e -> sideOf (number 0.0) (e.Value t y)) |> Prim.stack 0 |> Prim.stop

    /// A value and how fast it changes along the field.
    let private rate (terms: Terms) (e: EventTerm) (t: Tensor) (y: Tensor[]) : Tensor * Tensor =
        let slope = terms.Field t y
        let along (s: Tensor) = e.Value (t + s) (Array.map2 (fun y d -> y + RungeKutta.spread s y * d) y slope)
        jvp along (number 0.0) (number 1.0)

    /// Polynomials good enough to see signs: the step's own, or Hermite's cubic where those cost further evaluations.
    let private sketch (terms: Terms) (attempt: Attempt) (step: Attempted) : Tensor[] =
        match step.Dense with
        | Ready f -> f ()
        | OnDemand _ ->
            // methods with such polynomials carry the derivative, or nothing
            let slope (carried: Tensor[]) t y = if carried.Length > 0 then carried else terms.Field t y
            let first = slope attempt.Carried attempt.Time attempt.Y
            let last = slope step.Carried attempt.TimeNew step.Y1

            Array.init attempt.Y.Length (fun k ->
                let y, y1 = attempt.Y[k], step.Y1[k]
                let d0, d1 = RungeKutta.spread attempt.H y * first[k], RungeKutta.spread attempt.H y * last[k]
                let rise = y1 - y
                Prim.stack 0 [| y; d0; Prim.times 3.0 rise - Prim.times 2.0 d0 - d1; d0 + d1 - Prim.times 2.0 rise |])

    /// When the first of the events found happens, and which it is; nothing of the search has a derivative.
    let private first (terms: Terms) (events: EventTerm[]) (attempt: Attempt) (step: Attempted) brackets advance =
        let t, h = attempt.Time, attempt.H

        let search (x: Tensor[]) =
            let t, h = x[0], x[1]

            let polynomials =
                match step.Dense with
                | Ready f
                | OnDemand f -> f ()

            let value (e: EventTerm) (theta: Tensor) =
                polynomials
                |> Array.mapi (fun k c -> RungeKutta.evaluate 0 c (RungeKutta.spread theta attempt.Y[k]))
                |> e.Value(t + theta * h)

            let theta (e: EventTerm) (b: Bracket) =
                let far = value e b.High

                let narrow (low: Tensor, high: Tensor) =
                    let middle = Prim.times 0.5 (low + high)
                    let isPast = Prim.compareTo GreaterEqual (value e middle * far) 0.0
                    Prim.select isPast low middle, Prim.select isPast middle high

                let isWide (low: Tensor, high: Tensor) =
                    Prim.both b.Found (Prim.compare Greater (high - low) (Prim.times 1e-15 high))

                let _, high = repeatWhile isWide bisections narrow (b.Low, b.High)
                Prim.select b.Found high (number 2.0)

            let thetas = Array.map2 theta events brackets |> Prim.stack 0
            let which = Prim.pick 0 0 (Tensor.Apply(ArgSort 0, [| thetas |]))
            let theta = Prim.binary Min (StepAdvance.at thetas which) (number 1.0)
            let kind = Prim.cast Int32 which

            let ofKind (pairs: (Tensor * Tensor)[]) =
                pairs
                |> Array.mapi (fun k pair -> k, pair)
                |> Array.reduce (fun (_, (v, r)) (k, (w, s)) ->
                    let isKind = Prim.isNumber kind k
                    k, (Prim.select isKind w v, Prim.select isKind s r))
                |> snd

            // steps to about the event, each from the start of the step
            let refine (theta: Tensor, count: Tensor) =
                let at = t + theta * h
                let y, _ = advance at
                let v, r = events |> Array.map (fun e -> rate terms e at y) |> ofKind
                let change = v / (Prim.select (Prim.compareTo Equal r 0.0) (number infinity) r * h)
                let change = Prim.select (Prim.compare LessEqual (abs change) (number 0.25)) change (number 0.0)
                let next = Prim.binary Max (number 0.0) (Prim.binary Min (theta - change) (number 1.0))
                next, Prim.select (Prim.compare Equal (t + next * h) at) (number infinity) (Prim.plus 1.0 count)

            let isRough (_, count) = Prim.compareTo Less count (float refinements)
            let theta, _ = repeatWhile isRough refinements refine (theta, number 0.0)
            [| number 0.0; theta; which |]

        let found = FunctionNodes.rootWith "an event" search (fun z _ -> z) [| t; h |]
        Prim.stop found[1], Prim.cast Int32 (Prim.stop found[2])

    /// What happens in a step of `p` that is kept where `keep`.
    let find
        (p: SolvePlan)
        (i: SolveInputs)
        (terms: Terms)
        (events: EventTerm[])
        (last: Tensor)
        (control: EventControl)
        (attempt: Attempt)
        (step: Attempted)
        (keep: Tensor)
        (timeNew: Tensor)
        : Ending =
        let n, kinds = attempt.Y.Length, events.Length
        let t, h = attempt.Time, attempt.H

        let brackets =
            let ps = lazy (sketch terms attempt step |> Array.map Prim.stop)
            let inside theta =
                ps.Value
                |> Array.mapi (fun k c -> RungeKutta.evaluate 0 c (RungeKutta.spread theta attempt.Y[k]))

            let points = inner |> List.map (fun x -> x, t + Prim.times x h, inside (number x))
            let points = points @ [ 1.0, attempt.TimeNew, Array.map Prim.stop step.Y1 ]

            events
            |> Array.mapi (fun k e ->
                let value time y = Prim.stop (e.Value time y)
                let values = points |> List.map (fun (theta, time, y) -> theta, value time y)
                let b = bracket e (Prim.pick 0 k control.Sides) values
                let start = value t (Array.map Prim.stop attempt.Y)
                let isTurn, theta = turn b.Sides (start :: List.map snd values)
                b |> atTurn e (isTurn, theta) (value (t + theta * h) (inside theta)))

        let crossed = Prim.both keep (brackets |> Array.map (fun b -> b.Found) |> any)
        let direction = Prim.unary Sign h
        let yes, no = Prim.literal Bool 1.0, Prim.literal Bool 0.0

        /// The state of a constant step of the same method, and whether it went well. One of no length is none.
        let advance (at: Tensor) =
            let isHere = Prim.compare Equal at t
            let till = Prim.select isHere attempt.TimeNew at
            let s = p.Stepper.Step terms { attempt with TimeNew = till; H = till - t }
            let isWell = StepError.isFinite s.Y1
            choose isHere attempt.Y s.Y1, ValueOption.fold (fun _ solved -> Prim.both isWell solved) isWell s.Solved

        let happen (_: Tensor[]) =
            let theta, kind = first terms events attempt step brackets advance
            let isKind k = Prim.isNumber kind k
            let isAtEnd = Prim.compareTo Equal theta 1.0
            let at = Prim.stop (Prim.select isAtEnd attempt.TimeNew (t + theta * h))
            let y, isWell = advance at
            let move from till y = RungeKutta.step p.Stepper.Mover terms.Field from till y

            let value time y =
                let mutable v = events[0].Value time y
                for k in 1 .. kinds - 1 do
                    v <- Prim.select (isKind k) (events[k].Value time y) v
                v

            // a root of almost no length carries the derivative of the event's time
            let residual (tau: Tensor) (p: Tensor[]) = value (at + tau) (move at (at + tau) p)

            let search (p: Tensor[]) =
                let r, slope = jvp (fun tau -> residual tau p) (number 0.0) (number 1.0)
                let isFlat = Prim.compareTo Equal slope 0.0
                let tau = -(r / Prim.select isFlat (number 1.0) slope)
                // where the search left more than an instant the value has no simple root
                let isSmall = Prim.compare LessEqual (abs tau) (Prim.times 1e-6 (abs h))
                Prim.select (Prim.both isSmall (Prim.isNot isFlat)) tau (number 0.0)

            let tau = implicitRoot search residual y
            let time = at + tau
            let before = move at time y
            let moment, reach = Prim.stop time, Prim.times instant (abs h)
            let looked (y: Tensor[]) = events |> Array.map (fun e -> rate terms e moment (Array.map Prim.stop y))

            /// By event, whether a value is nothing, and the direction that it moves in.
            let stance (b: Bracket) (v: Tensor, r: Tensor) =
                let isNothing = Prim.compare LessEqual (abs v) (abs r * reach + Prim.times noise b.Size)
                isNothing, Prim.unary Sign (r * direction)

            let isHappening =
                (Array.indexed events, brackets, looked before)
                |||> Array.map3 (fun (k, e) b (v, r) ->
                    // the side at the last point before the event
                    let points = 0.0 :: inner
                    let side =
                        List.zip points b.Sides[.. points.Length - 1]
                        |> List.tail
                        |> List.fold (fun side (x, s) -> Prim.select (Prim.compareTo Less theta x) side s) b.Sides.Head

                    let isNothing, motion = stance b (v, r)
                    let passes = Prim.either (counts e side v) (Prim.both isNothing (counts e side motion))
                    Prim.stop (Prim.either (isKind k) passes))

            let isEnd, after =
                (Array.zip events isHappening)
                |> Array.fold
                    (fun (isEnd, y: Tensor[]) (e, happens) ->
                        match e.Change with
                        | ValueNone -> Prim.either isEnd happens, y
                        | ValueSome change -> isEnd, choose (Prim.both happens (Prim.isNot isEnd)) (change time y) y)
                    (no, before)

            // A value at 0 is on the side to which it moves; another event's that moves in its direction happens next.
            let sides, rests =
                (Array.zip events isHappening, brackets, looked after)
                |||> Array.map3 (fun (e, happens) b (v, r) ->
                    let isNothing, motion = stance b (v, r)
                    let isNext = Prim.both (Prim.isNot happens) (counts e (-motion) motion)
                    let side = Prim.select isNothing (Prim.select isNext (-motion) motion) (sideOf (number 0.0) v)
                    let isSlow = Prim.compare LessEqual (abs r * abs h) (Prim.times noise b.Size)
                    let rests = Prim.both (Prim.both happens isNothing) isSlow
                    side, (if e.Change.IsSome then rests else no))
                |> Array.unzip

            let least = Prim.times (10.0 * StepAdvance.spacing) (Prim.binary Max (abs t) (abs (i.T1 - i.T0)))
            let isAtOnce =
                Prim.both
                    (Prim.compareTo Greater control.Count 0.0)
                    (Prim.compare LessEqual (abs (moment - Prim.stop last)) least)

            let crowded = Prim.select isAtOnce (Prim.plus 1.0 control.Crowd) (Prim.integer 0)
            let crowds = Prim.either (any rests) (Prim.compareTo GreaterEqual crowded (float crowd))
            let flags = isHappening |> Array.map (Prim.cast Float64) |> Prim.stack 0
            // time goes on as a constant: a step back of no length carries −dτ under the field after the event
            let next = choose isEnd after (move time at after)

            Array.concat
                [ [| at; time; flags; Prim.stop (Prim.stack 0 sides); crowded; isEnd; crowds; isWell |]
                  y
                  next
                  p.Stepper.Begin terms at next ]

        let goOn (_: Tensor[]) =
            let sides = brackets |> Array.map (fun b -> List.last b.Sides) |> Prim.stack 0
            let sides = Prim.select (Prim.broadcast sides.Dims [||] keep) sides control.Sides
            let flags = Prim.fill Float64 [| kinds |] 0.0

            Array.concat
                [ [| timeNew; last; flags; sides; control.Crowd; no; no; yes |]; step.Y1; step.Y1; step.Carried ]

        let r = cond crossed happen goOn [| h |]
        let count = control.Count + Prim.cast Int32 (Prim.stop (Prim.sum r[2]))
        let isFull = Prim.compareTo Greater count (float p.MaxEvents)

        { Crossed = crossed
          Stops = r[5]
          Crowds = r[6]
          IsFull = isFull
          Failed = Prim.isNot r[7]
          Time = r[0]
          EventTime = r[1]
          Happens = r[2]
          Before = r[8 .. 7 + n]
          Y = r[8 + n .. 7 + 2 * n]
          Carried = r[8 + 2 * n ..]
          Control = { Sides = r[3]; Count = count; Crowd = r[4] } }

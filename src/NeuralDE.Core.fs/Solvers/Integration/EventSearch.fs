namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// A step in which events are searched.
[<NoEquality; NoComparison>]
type internal EventStep = { Plan: SolvePlan; Terms: Terms; Events: EventTerm[]; Attempt: Attempt; Step: Attempted }

/// An event in a step: whether it happens, an interval of θ that contains it, and the side that its value reaches; the sides
/// at all checked points; the largest value.
[<NoEquality; NoComparison>]
type internal Bracket = { Found: Tensor; Low: Tensor; High: Tensor; Far: Tensor; Sides: Tensor list; Size: Tensor }

/// Searches the events of a step. The sign of each value is compared at three points inside the step and at its end. Between
/// three neighbours of one sign, the value is also checked at the vertex of their parabola if it comes near 0: two sign
/// changes may lie there.
module internal EventSearch =
    let private inner = [ 0.25; 0.5; 0.75 ]
    /// 2⁻⁶⁰ of a quarter of a step is below the resolution of time
    let private bisections = 60
    /// The relative width at which a bracket is an event time: 4.5 roundings of float64.
    let private narrowest = 1e-15
    /// The maximum number of Newton iterations with steps to the event, starting from the root of the interpolant. A few are
    /// enough unless the value is as small as the tolerance.
    let private refinements = 20
    /// The rounding error of time and state, as a multiple of their spacing.
    let private roundings = 16.0
    /// A value jumps if it changes by this fraction of its size between neighbouring times.
    let private leap = 1e-6
    /// The distance in θ from the root of the interpolant within which a jump is searched with steps.
    let private beside = 1.0 / 64.0

    let private number = Prim.number
    let private isAbove x = Prim.compareTo Greater x 0.0
    let private isBelow x = Prim.compareTo Less x 0.0

    let sideOf old v = Prim.select (isAbove v) (number 1.0) (Prim.select (isBelow v) (number -1.0) old)

    /// Whether a change from one side to another is the event.
    let counts (e: EventTerm) side now =
        let up = lazy (Prim.both (isBelow side) (isAbove now))
        let down = lazy (Prim.both (isAbove side) (isBelow now))

        match e.Rising, e.Falling with
        | true, true -> Prim.either up.Value down.Value
        | true, false -> up.Value
        | _, _ -> down.Value

    let private bracket (e: EventTerm) (side: Tensor) (values: (float * Tensor) list) : Bracket =
        let start =
            { Found = Prim.literal Bool 0.0
              Low = number 0.0
              High = number 1.0
              Far = side
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
              Far = Prim.select first now b.Far
              Sides = now :: b.Sides
              Size = Prim.binary Max b.Size (abs v) })
        |> fun b -> { b with Sides = List.rev b.Sides }

    /// The vertex of a parabola through three neighbouring points of one side, if it comes near 0: bool, θ.
    let private turn (sides: Tensor list) (values: Tensor list) : Tensor * Tensor =
        let spacing = inner.Head

        let candidate k =
            let s, v = sides[k .. k + 2], values[k .. k + 2]
            let isOneSide = Prim.both (isAbove (s[0] * s[1])) (isAbove (s[1] * s[2]))
            let slope, bend = Prim.times 0.5 (v[2] - v[0]), v[0] + v[2] - Prim.times 2.0 v[1]
            let isBent = isAbove (s[1] * bend)
            let offset = -(slope / Prim.select isBent bend (number infinity))
            // the next Taylor term may lower it, so a vertex with at most a quarter of the value is checked
            let lowest = s[1] * (v[1] + Prim.times 0.5 (slope * offset))
            let isNear = Prim.compare LessEqual lowest (Prim.times 0.25 (abs v[1]))
            let isInside = Prim.compareTo Less (abs offset) 1.0
            let isTurn = Prim.both (Prim.both isOneSide isBent) (Prim.both isNear isInside)
            isTurn, Prim.times spacing (Prim.plus (float (k + 1)) offset)

        [ 0 .. sides.Length - 3 ]
        |> List.map candidate
        |> List.reduce (fun (a, x) (b, y) -> Prim.either a b, Prim.select a x y)
        |> fun (isTurn, theta) -> isTurn, Prim.select isTurn theta (number 0.5)

    /// The side at the last point before θ.
    let sideBefore (theta: Tensor) (b: Bracket) : Tensor =
        List.zip (0.0 :: inner) (List.take (1 + inner.Length) b.Sides)
        |> List.reduce (fun (_, old) (x, s) -> x, Prim.select (Prim.compareTo Less theta x) old s)
        |> snd

    /// A bracket around the first of two sign changes between neighbouring points, if the value at a vertex has the other
    /// sign.
    let private atTurn (e: EventTerm) (isTurn: Tensor, theta: Tensor) (value: Tensor) (b: Bracket) : Bracket =
        let spacing = inner.Head
        let before = Prim.times spacing (Prim.unary Floor (Prim.times (1.0 / spacing) theta))

        let side = sideBefore theta b
        let enters, leaves = counts e side value, counts e value side
        let isFirst = Prim.either (Prim.isNot b.Found) (Prim.compare Less theta b.High)
        let here = Prim.both (Prim.both isTurn isFirst) (Prim.either enters leaves)
        let low, high = Prim.select enters before theta, Prim.select enters theta (Prim.plus spacing before)

        { b with
            Found = Prim.either b.Found here
            Low = Prim.select here low b.Low
            High = Prim.select here high b.High
            Far = Prim.select here (Prim.select enters (Prim.unary Sign value) side) b.Far
            Size = Prim.binary Max b.Size (abs value) }

    /// The sides at a time; 0 for a value that is 0.
    let sidesAt (events: EventTerm[]) t y : Tensor =
        events |> Array.map (fun e -> sideOf (number 0.0) (e.Value t y)) |> Prim.stack 0 |> Prim.stop

    /// A value, its rate of change along the field, and the bound of its error from the rounding of time and state.
    let rate (terms: Terms) (e: EventTerm) (t: Tensor) (y: Tensor[]) : Tensor * Tensor * Tensor =
        let slope = terms.Field t y
        let along (s: Tensor) = e.Value (t + s) (Array.map2 (fun y d -> y + RungeKutta.spread s y * d) y slope)
        let larger (s: Tensor) = e.Value (t + s * t) (Array.map (fun y -> y + RungeKutta.spread s y * y) y)
        let v, r = jvp along (number 0.0) (number 1.0)
        let _, whole = jvp larger (number 0.0) (number 1.0)
        let isSingle = y |> Array.exists (fun y -> y.Dtype = Float32)
        let spacing = if isSingle then Float32.Epsilon else Float64.Epsilon
        v, r, Prim.times (roundings * spacing) (abs whole)

    /// Polynomials that are accurate enough for signs: those of the step, or Hermite's cubic if the step's need further
    /// evaluations.
    let private sketch (terms: Terms) (attempt: Attempt) (step: Attempted) : Tensor[] =
        match step.Dense with
        | Ready f -> f ()
        | OnDemand _ ->
            // methods with OnDemand polynomials carry the derivative, or nothing
            let slope (carried: Tensor[]) t y = if carried.Length > 0 then carried else terms.Field t y
            let first = slope attempt.Carried attempt.Time attempt.Y
            let last = slope step.Carried attempt.TimeNew step.Y1

            Array.init attempt.Y.Length (fun k ->
                RungeKutta.hermite attempt.H attempt.Y[k] first[k] step.Y1[k] last[k] |> Prim.stack 0)

    let private inside (polynomials: Tensor[]) (y: Tensor[]) (theta: Tensor) =
        Array.map2 (fun c y -> RungeKutta.evaluate 0 c (RungeKutta.spread theta y)) polynomials y

    /// The points at which values are checked: θ, time, state.
    let private points (s: EventStep) (polynomials: Tensor[]) =
        let t, h, y = s.Attempt.Time, s.Attempt.H, s.Attempt.Y
        let within = inner |> List.map (fun x -> x, t + Prim.times x h, inside polynomials y (number x))
        within @ [ 1.0, s.Attempt.TimeNew, Array.map Prim.stop s.Step.Y1 ]

    /// Whether every value is not NaN at every point. Otherwise the step is rejected, because its events are not known.
    let areNumbers (s: EventStep) : Tensor =
        let polynomials = sketch s.Terms s.Attempt s.Step |> Array.map Prim.stop

        [ for _, time, y in points s polynomials do
              for e in s.Events do
                  let v = Prim.stop (e.Value time y)
                  Prim.compare Equal v v ]
        |> List.reduce Prim.both

    /// A bracket for each event, from the sides at the start of the step.
    let brackets (s: EventStep) (sides: Tensor) : Bracket[] =
        let t, h, y = s.Attempt.Time, s.Attempt.H, s.Attempt.Y
        let polynomials = sketch s.Terms s.Attempt s.Step |> Array.map Prim.stop
        let points = points s polynomials

        s.Events
        |> Array.mapi (fun k e ->
            let value time y = Prim.stop (e.Value time y)
            let values = points |> List.map (fun (theta, time, y) -> theta, value time y)
            let b = bracket e (Prim.pick 0 k sides) values
            let start = value t (Array.map Prim.stop y)
            let isTurn, theta = turn b.Sides (start :: List.map snd values)
            b |> atTurn e (isTurn, theta) (value (t + theta * h) (inside polynomials y theta)))

    /// The state after a step of the same method to the time `at`, and whether the step succeeded. A step of length 0
    /// returns the state.
    let advance (s: EventStep) (at: Tensor) : Tensor[] * Tensor =
        let isHere = Prim.compare Equal at s.Attempt.Time
        let till = Prim.select isHere s.Attempt.TimeNew at
        let step = s.Plan.Stepper.Step s.Terms { s.Attempt with TimeNew = till; H = till - s.Attempt.Time }
        let isWell = StepError.isFinite step.Y1
        let choose (y: Tensor) y1 = Prim.select (Prim.broadcast y.Dims [||] isHere) y y1

        Array.map2 choose s.Attempt.Y step.Y1,
        ValueOption.fold (fun _ solved -> Prim.both isWell solved) isWell step.Solved

    /// The root on the interpolant: θ, or 2 if the event does not happen, and the change of the value there.
    let private bisect (s: EventStep) (polynomials: Tensor[]) (t: Tensor) (h: Tensor) (e: EventTerm) (b: Bracket) =
        let narrow (low: Tensor, high: Tensor, ofLow: Tensor, ofHigh: Tensor) =
            let middle = Prim.times 0.5 (low + high)
            let value = e.Value (t + middle * h) (inside polynomials s.Attempt.Y middle)
            let isPast = Prim.compareTo GreaterEqual (value * b.Far) 0.0
            let choose = Prim.select isPast
            choose low middle, choose middle high, choose ofLow value, choose value ofHigh

        let isWide (low: Tensor, high: Tensor, _: Tensor, _: Tensor) =
            Prim.both b.Found (Prim.compare Greater (high - low) (Prim.times narrowest high))

        let zero = number 0.0
        let _, high, ofLow, ofHigh = repeatWhile isWide bisections narrow (b.Low, b.High, zero, zero)
        Prim.select b.Found high (number 2.0), abs (ofHigh - ofLow)

    let private ofEvent (event: Tensor) (xs: Tensor[]) = StepAdvance.at (Prim.stack 0 xs) event

    /// The first event on the interpolant, and whether its value jumps to the other side.
    [<NoEquality; NoComparison>]
    type private Guess = { Event: Tensor; Theta: Tensor; Side: Tensor; Jumps: Tensor }

    let private guess (s: EventStep) (brackets: Bracket[]) (t: Tensor) (h: Tensor) : Guess =
        let polynomials = sketch s.Terms s.Attempt s.Step
        let thetas, gaps = Array.map2 (bisect s polynomials t h) s.Events brackets |> Array.unzip
        let event = Prim.pick 0 0 (Tensor.Apply(ArgSort 0, [| Prim.stack 0 thetas |])) |> Prim.cast Int32
        let theta = Prim.binary Min (ofEvent event thetas) (number 1.0)
        // at the start of the step, because a value may be infinite at its sign change
        let rounding = s.Events |> Array.map (fun e -> (let _, _, n = rate s.Terms e t s.Attempt.Y in n))
        let size = brackets |> Array.map (fun b -> b.Size) |> ofEvent event

        { Event = event
          Theta = theta
          Side = brackets |> Array.map (fun b -> b.Far) |> ofEvent event
          Jumps = Prim.compare Greater (ofEvent event gaps) (Prim.times leap size + ofEvent event rounding) }

    /// A search with steps: θ, the interval that contains a jump, and the number of iterations.
    [<NoEquality; NoComparison>]
    type private Refinement = { Theta: Tensor; Low: Tensor; High: Tensor; Count: Tensor }

    /// Refines θ with steps from the start of the step to near the event: by Newton's method, or by bisection if the value
    /// jumps.
    let private refine (s: EventStep) (t: Tensor) (h: Tensor) (g: Guess) : Tensor =
        let better (x: Refinement) =
            let at = t + x.Theta * h
            let y, _ = advance s at
            let vs, rs = s.Events |> Array.map (fun e -> (let v, r, _ = rate s.Terms e at y in v, r)) |> Array.unzip
            let v, r = ofEvent g.Event vs, ofEvent g.Event rs
            let change = v / (Prim.select (Prim.compareTo Equal r 0.0) (number infinity) r * h)
            let isSmall = Prim.compareTo LessEqual (abs change) 0.25
            // if the value moves in the other direction, this is another root
            let isThere = Prim.both isSmall (isAbove (g.Side * r * h))
            let change = Prim.select isThere change (number 0.0)
            let newton = Prim.binary Max (number 0.0) (Prim.binary Min (x.Theta - change) (number 1.0))

            let isPast = Prim.compareTo GreaterEqual (v * g.Side) 0.0
            let low, high = Prim.select isPast x.Low x.Theta, Prim.select isPast x.Theta x.High
            let next = Prim.select g.Jumps (Prim.times 0.5 (low + high)) newton
            let isAt theta = Prim.compare Equal (t + next * h) (t + theta * h)
            let isHalved = Prim.either (isAt low) (isAt high)
            let isDone = Prim.either (Prim.both g.Jumps isHalved) (Prim.both (Prim.isNot g.Jumps) (isAt x.Theta))
            // after a jump the value has the new sign at the upper end of the interval
            { Theta = Prim.select (Prim.both g.Jumps isHalved) high next
              Low = low
              High = high
              Count = Prim.select isDone (number infinity) (Prim.plus 1.0 x.Count) }

        let most = Prim.select g.Jumps (number (float bisections)) (number (float refinements))
        let isRough (x: Refinement) = Prim.compare Less x.Count most

        let start =
            { Theta = g.Theta
              Low = Prim.binary Max (number 0.0) (Prim.plus -beside g.Theta)
              High = Prim.binary Min (number 1.0) (Prim.plus beside g.Theta)
              Count = number 0.0 }

        (repeatWhile isRough bisections better start).Theta

    /// The first event: θ, its index, the side that its value reaches, and whether the value jumps. None of these has a
    /// derivative.
    let first (s: EventStep) (brackets: Bracket[]) : Tensor * Tensor * Tensor * Tensor =
        let search (x: Tensor[]) =
            let g = guess s brackets x[0] x[1]
            [| refine s x[0] x[1] g; g.Event; g.Side; g.Jumps |]

        // a root with a constant residual, so that the search has no derivative
        let found = ImplicitRoots.rootWith "an event" search (fun z _ -> z) [| s.Attempt.Time; s.Attempt.H |]
        Prim.stop found[0], found[1], Prim.stop found[2], found[3]

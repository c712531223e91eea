namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// The body of a solve's loop: one attempt at a step.
module internal StepLoop =
    /// The values captured by the functions of a solve: the field, the driven terms, the events.
    let captured (p: SolvePlan) (g: Graph) : Signature[] =
        Array.concat
            [ g.Inputs[p.Leaves + 1 ..]
              DrivenGraphs.captured p.Leaves p.Driven
              EventParts.captured p.Leaves p.Events ]

    /// The values captured by the field, of those captured by all functions of a solve.
    let ofField (p: SolvePlan) (g: Graph) (captured: Tensor[]) = captured[.. g.Inputs.Length - 2 - p.Leaves]

    /// The equation with these driven terms, closed over the values that its field captured.
    let private equation (p: SolvePlan) (g: Graph) driven (i: SolveInputs) (captured: Tensor[]) : Terms =
        { Field = RungeKutta.fieldOf g captured
          Driven = driven
          Captured = captured
          Scale = StepError.scaleAt i
          // E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, section IV.8: 7 to 10, after which a shorter step
          // is cheaper. A constant step cannot become shorter.
          MostIterations =
            (match p.Steps with
             | StepSizes.Adaptive _ -> 10
             | StepSizes.Constant -> 100) }

    /// The functions of a solve, closed over the values that they captured.
    let terms (p: SolvePlan) (g: Graph) (i: SolveInputs) (captured: Tensor[]) : Terms * EventTerm[] =
        let own = ofField p g captured
        let ofDriven, ofEvents =
            captured[own.Length ..] |> Array.splitAt (DrivenGraphs.captured p.Leaves p.Driven).Length
        equation p g (DrivenGraphs.close p.Leaves p.Driven ofDriven) i own, EventParts.close p.Leaves p.Events ofEvents

    /// Carried after a stop, at which the field may jump. Control paths are not restarted: the next increment starts at the end
    /// of the last one. Otherwise the path would lose its change across the jump, √(2e-7) for a float32 step.
    let private resume (p: SolvePlan) (terms: Terms) stopped time (y: Tensor[]) (carried: Tensor[]) =
        if p.Jumps && p.Driven.Length = 0 && carried.Length > 0 then
            cond
                stopped
                (fun (a: Tensor[]) -> p.Stepper.Begin terms a[0] a[1..])
                (fun _ -> carried)
                (Array.append [| time |] y)
        else
            carried

    /// The state after a jump of the field whose time has a derivative: a step of length 0 to the time with the field before
    /// the jump, and one back with the field after it.
    let private acrossJump
        (p: SolvePlan)
        (terms: Terms)
        (s: Steering<Tensor>)
        (i: SolveInputs)
        (a: Advance)
        stopped
        (y: Tensor[])
        =
        if not p.MovesStops then
            y
        else
            let shift = StepAdvance.at i.Shifts s.Stop

            let cross (x: Tensor[]) =
                let shift, y = x[0], x[1..]
                let move from till y = RungeKutta.step p.Stepper.Mover terms.Field from till y
                move a.Stop (a.Stop + shift) y |> move (a.Resume + shift) a.Resume

            cond stopped cross (fun x -> x[1..]) (Array.append [| shift |] y)

    /// The state after the gap between the times just before and just after a jump, half of it with the field of either
    /// side. In float64 the gap is negligible; in float32 at t = 1e6 it is an eighth.
    let private overGap (p: SolvePlan) (terms: Terms) (a: Advance) stopped (y: Tensor[]) =
        if p.Jumps && y |> Array.exists (fun y -> y.Dtype = Float32) then
            let half = Prim.times 0.5 (a.Resume - a.Stop)
            let along at y = Array.map2 (fun (y: Tensor) k -> y + RungeKutta.spread half y * k) y (terms.Field at y)
            cond stopped (fun y -> along a.Stop y |> along a.Resume) id y
        else
            y

    /// The status of a solve that has not reached its end, after a step with events.
    let private eventStatus (ending: Ending voption) (status: Tensor) =
        match ending with
        | ValueNone -> status
        | ValueSome e ->
            let code = Prim.integer
            let status = Prim.select e.Crowds (code StatusCode.eventsAccumulate) status
            let status = Prim.select e.Stops (code StatusCode.eventOccurred) status
            let status = Prim.select e.IsFull (code StatusCode.tooManyEvents) status
            Prim.select e.Failed (code StatusCode.unsolved) status

    /// The error that decides about a step: that of the state, or that of a watched tangent if it is larger.
    let private answer
        (p: SolvePlan)
        (g: Graph)
        (s: Steering<Tensor>)
        i
        captured
        (watch: WatchValues)
        (a: Advance)
        attempt
        step
        own
        accepts
        =
        if not (DerivativeControl.isOn p) then
            { Answer.Error = own; Tangent = [||]; Watch = [||] }
        else
            let isFirst =
                match p.Steps with
                | StepSizes.Adaptive(_, true) -> Prim.both (Prim.isNumber s.Accepted 0) (Prim.isNot a.Reaches)
                | StepSizes.Adaptive(_, false)
                | StepSizes.Constant -> Prim.literal Bool 0.0

            DerivativeControl.answer
                p
                g
                (equation p g [||]) // derivatives are not watched with driven terms
                i
                (ofField p g captured)
                watch
                a.Size
                attempt
                step
                isFirst
                own
                accepts

    /// The watch over derivatives after a jump of the field or an event.
    let private watchAfter (p: SolvePlan) stopped (ending: Ending voption) (watch: Tensor[]) =
        let watch = if p.Jumps then DerivativeControl.begunAnew p stopped watch else watch

        match ending with
        | ValueNone -> watch
        | ValueSome e -> DerivativeControl.afterEvent p e.Crossed watch

    /// One iteration of the loop: the equation, the end of the attempt, and its result.
    [<NoEquality; NoComparison>]
    type private Iteration =
        {
            Frame: LoopFrame<Tensor>
            Steering: Steering<Tensor>
            Inputs: SolveInputs
            Terms: Terms
            Advance: Advance
            Attempt: Attempt
            Step: Attempted
            Judged: Judgement
            /// bool: whether the step is accepted
            Keep: Tensor
            /// bool: whether the interval has length 0, so that no step is taken
            IsEmpty: Tensor
            /// with events
            Ending: Ending voption
            /// bool: whether the step ends at the stop that limited it, and at the end of the solve
            Reaches: Tensor
            Reached: Tensor
        }

        /// bool: whether the step ends at a stop after which the solve continues
        member t.Stopped = Prim.both (Prim.both t.Keep t.Reaches) (Prim.isNot t.Advance.Ends)

    let private watchOf (f: LoopFrame<Tensor>) : WatchValues =
        { Tangent = f.Tangent; Watch = f.Watch; Directions = f.Directions; Noise = f.Noise; Ray = f.Ray }

    /// The step, for the search of events.
    let private scene p terms (events: EventTerm[]) attempt step : EventStep voption =
        if events.Length = 0 then
            ValueNone
        else
            ValueSome { Plan = p; Terms = terms; Events = events; Attempt = attempt; Step = step }

    /// The terms for a step, with increments up to its edge: the path has no jumps.
    let private upTo (p: SolvePlan) (a: Advance) (terms: Terms) : Terms =
        let toEdge (d: Driven) = { d with Control = fun _ -> d.Control a.Edge }
        if p.Jumps then { terms with Driven = Array.map toEdge terms.Driven } else terms

    let private take (p: SolvePlan) (g: Graph) (f: LoopFrame<Tensor>) : Iteration =
        let s, i = Steering.ofArray f.Steering, SolveInputs.ofArray f.Inputs
        let terms, events = terms p g i f.Captured
        let a = StepAdvance.from p s i

        let attempt =
            { Time = s.Time
              TimeNew = a.TimeNew
              H = a.H
              Y = f.Y
              Carried = f.Carried
              Memory = f.Memory
              Rounding = Masks.spreadBy (g.Inputs[1 .. p.Leaves] |> Array.map p.IsCompensated) f.Rounding }

        let step = p.Stepper.Step (upTo p a terms) attempt
        let scene = scene p terms events attempt step
        // a step in which the value of an event is NaN is rejected
        let isKnown = scene |> ValueOption.map EventSearch.areNumbers
        let judged = StepControl.judge p s i a f.Y step isKnown (answer p g s i f.Captured (watchOf f) a attempt step)
        let isEmpty = Prim.both a.OnLast (Prim.compare Equal a.Stop s.Time)
        let keep = Prim.both judged.Keep (Prim.isNot isEmpty)

        let ending =
            scene
            |> ValueOption.map (fun scene ->
                let seen = { Sides = f.Seen[0]; Count = f.Seen[1]; Crowd = f.Seen[2] }
                StepEvents.find scene i f.LastEvent[0] seen keep a.TimeNew)

        // an event at a stop also reaches the stop; an event before it does not
        let reaches =
            match ending with
            | ValueNone -> a.Reaches
            | ValueSome e ->
                let isThere = Prim.compare Equal e.Time a.TimeNew
                Prim.both a.Reaches (Prim.either (Prim.isNot e.Crossed) isThere)

        { Frame = f
          Steering = s
          Inputs = i
          Terms = terms
          Advance = a
          Attempt = attempt
          Step = step
          Judged = judged
          Keep = keep
          IsEmpty = isEmpty
          Ending = ending
          Reaches = reaches
          Reached = Prim.both a.Ends (Prim.either isEmpty (Prim.both keep reaches)) }

    /// The start of the next step, and whether the grid of constant steps restarts there.
    let private timeAfter (p: SolvePlan) (t: Iteration) =
        let edge, isAnew =
            match t.Ending with
            | ValueNone -> t.Advance.Edge, t.Stopped
            | ValueSome e -> Prim.select e.Crossed e.Time t.Advance.Edge, Prim.either t.Stopped e.Crossed

        let time =
            match t.Ending with
            | ValueSome _ when not p.Jumps -> edge
            | _ -> if p.Jumps then Prim.select t.Stopped t.Advance.Resume edge else t.Advance.TimeNew

        time, isAnew

    let private steeringAfter (p: SolvePlan) (t: Iteration) accepted (saved: Saved) time isAnew : Steering<Tensor> =
        let s, judged = t.Steering, t.Judged
        let rejected = s.Rejected + Prim.cast Int32 (Prim.isNot (Prim.either t.Keep t.IsEmpty))
        let exhausted = Prim.compare GreaterEqual (accepted + rejected) t.Inputs.MaxSteps

        let status =
            let code = Prim.integer
            let limit = Prim.select exhausted (code StatusCode.maxSteps) (code StatusCode.running)
            Prim.select t.Reached (code StatusCode.success) (Prim.select judged.TooSmall judged.Reason limit)
            |> eventStatus t.Ending

        let past =
            match p.Steps with
            | StepSizes.Adaptive _ -> judged.Past
            | StepSizes.Constant -> StepAdvance.gridAfter p s isAnew time accepted

        { Time = Prim.select t.Keep time s.Time
          Step = judged.Next
          Accepted = accepted
          Rejected = rejected
          Status = status
          Output = saved.Output
          Stop = if p.Stops = 0 then s.Stop else s.Stop + Prim.cast Int32 t.Stopped
          Written = s.Written + Prim.cast Int32 saved.Write
          Past = past }

    /// The rounding errors of the sums; zero after a change of the state by an event.
    let private roundingAfter (t: Iteration) =
        match t.Ending with
        | ValueNone -> t.Step.Rounding
        | ValueSome e ->
            t.Step.Rounding
            |> Array.map (fun r -> Prim.select (Prim.broadcast r.Dims [||] e.Crossed) (Prim.zerosLike r) r)

    /// The frame of the next iteration.
    let private frameAfter (p: SolvePlan) (t: Iteration) (steering: Steering<Tensor>) time : LoopFrame<Tensor> =
        let y1, carried =
            match t.Ending with
            | ValueNone -> t.Step.Y1, t.Step.Carried
            | ValueSome e -> e.Y, e.Carried

        let y1 = acrossJump p t.Terms t.Steering t.Inputs t.Advance t.Stopped y1
        let y1 = overGap p t.Terms t.Advance t.Stopped y1

        let lastEvent, seen =
            match t.Ending with
            | ValueNone -> [||], [||]
            | ValueSome e -> [| e.EventTime |], [| e.Registers.Sides; e.Registers.Count; e.Registers.Crowd |]

        { t.Frame with
            Y = y1
            Carried = resume p t.Terms t.Stopped time y1 carried
            Rounding = roundingAfter t
            LastEvent = lastEvent
            Tangent = t.Judged.Tangent
            Steering = Steering.toArray steering
            Memory = t.Step.Memory
            Watch = watchAfter p t.Stopped t.Ending t.Judged.Watch
            Work = Array.map2 (+) t.Frame.Work t.Step.Work
            Seen = seen }

    /// The row of the event log, and whether it is written.
    let private logOf (t: Iteration) : Tensor[] * Tensor[] =
        match t.Ending with
        | ValueNone -> [||], [||]
        | ValueSome e -> [| e.EventTime; e.Happens |], [| Prim.both e.Crossed (Prim.isNot e.IsFull) |]

    /// LoopFrame → IterationOutputs.
    let body (p: SolvePlan) (g: Graph) (signatures: LoopFrame<Signature>) : Graph =
        Tracing.closed (LoopFrame.toArray signatures) (fun x ->
            let frame = LoopFrame.read signatures x
            let turn = take p g frame
            let accepted = turn.Steering.Accepted + Prim.cast Int32 turn.Keep

            let saved =
                StepSave.rows p turn.Steering turn.Inputs turn.Advance turn.Keep accepted frame.Y turn.Step turn.Ending

            let time, isAnew = timeAfter p turn
            let steering = steeringAfter p turn accepted saved time isAnew
            let next = frameAfter p turn steering time
            let log, logs = logOf turn
            let isDone = Prim.isNot (Prim.isNumber steering.Status StatusCode.running)

            IterationOutputs.toArray
                { State = LoopFrame.state next
                  Registers = LoopFrame.registers next
                  Saved = saved.Emit
                  Log = log
                  Keep = turn.Keep
                  Write = saved.Write
                  Logs = logs
                  IsDone = isDone })

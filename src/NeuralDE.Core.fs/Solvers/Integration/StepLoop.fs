namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// The body of a solve's loop: one attempt at a step.
module internal StepLoop =
    /// What the functions of a solve captured: the field, the driven terms, the events.
    let captured (p: SolvePlan) (g: Graph) : Signature[] =
        Array.concat
            [ g.Inputs[p.Leaves + 1 ..]
              DrivenGraphs.captured p.Leaves p.Driven
              EventParts.captured p.Leaves p.Events ]

    /// What the field captured, of what all functions of a solve captured.
    let ofField (p: SolvePlan) (g: Graph) (captured: Tensor[]) = captured[.. g.Inputs.Length - 2 - p.Leaves]

    /// The equation, closed over what its field captured, with these driven terms.
    let private equation (p: SolvePlan) (g: Graph) driven (i: SolveInputs) (captured: Tensor[]) : Terms =
        { Field = RungeKutta.fieldOf g captured
          Driven = driven
          Captured = captured
          Scale = StepError.scaleAt i
          // E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, section IV.8: 7 to 10, after which a shorter step
          // is cheaper. A step of constant length cannot be shorter.
          MostIterations =
            (match p.Steps with
             | StepSizes.Adaptive _ -> 10
             | StepSizes.Constant -> 100) }

    /// The functions of a solve, closed over what they captured.
    let terms (p: SolvePlan) (g: Graph) (i: SolveInputs) (captured: Tensor[]) : Terms * EventTerm[] =
        let own = ofField p g captured
        let ofDriven, ofEvents =
            captured[own.Length ..] |> Array.splitAt (DrivenGraphs.captured p.Leaves p.Driven).Length
        equation p g (DrivenGraphs.close p.Leaves p.Driven ofDriven) i own, EventParts.close p.Leaves p.Events ofEvents

    /// What the stepper carries on after a stop, at which the field may jump. Registers do not: from where the last increment
    /// ended the next one begins, or the path would lose what it does across the jump, √(2e-7) of a float32 step.
    let private resume (p: SolvePlan) (terms: Terms) stopped time (y: Tensor[]) (carried: Tensor[]) =
        if p.Jumps && p.Driven.Length = 0 && carried.Length > 0 then
            cond
                stopped
                (fun (a: Tensor[]) -> p.Stepper.Begin terms a[0] a[1..])
                (fun _ -> carried)
                (Array.append [| time |] y)
        else
            carried

    /// The state across a jump of the field whose time has a derivative: a step of no length to the time itself under the field
    /// before, and one back under the field after.
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

    /// The state beyond the gap between the times just before and just after a jump, half of it under the field of either side. In
    /// float64 it is nothing; in float32 at t = 1e6 it is an eighth.
    let private overGap (p: SolvePlan) (terms: Terms) (a: Advance) stopped (y: Tensor[]) =
        if p.Jumps && y |> Array.exists (fun y -> y.Dtype = Float32) then
            let half = Prim.times 0.5 (a.Resume - a.Stop)
            let along at y = Array.map2 (fun (y: Tensor) k -> y + RungeKutta.spread half y * k) y (terms.Field at y)
            cond stopped (fun y -> along a.Stop y |> along a.Resume) id y
        else
            y

    /// How a solve that has not got to its end stands after a step with events.
    let private eventStatus (ending: Ending voption) (status: Tensor) =
        match ending with
        | ValueNone -> status
        | ValueSome e ->
            let code = Prim.integer
            let status = Prim.select e.Crowds (code StatusCode.eventsAccumulate) status
            let status = Prim.select e.Stops (code StatusCode.eventOccurred) status
            let status = Prim.select e.IsFull (code StatusCode.tooManyEvents) status
            Prim.select e.Failed (code StatusCode.unsolved) status

    /// The error that decides on a step: the state's, or that of a watched tangent where it is larger.
    let private answer
        (p: SolvePlan)
        (g: Graph)
        (s: Steering<Tensor>)
        i
        captured
        (watch: WatchCargo)
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
                (equation p g [||]) // where there are driven terms no derivative is watched
                i
                (ofField p g captured)
                watch
                a.Size
                attempt
                step
                isFirst
                own
                accepts

    /// What the watch over derivatives carries on after a jump of the field or an event.
    let private watchAfter (p: SolvePlan) stopped (ending: Ending voption) (watch: Tensor[]) =
        let watch = if p.Jumps then DerivativeControl.begunAnew p stopped watch else watch

        match ending with
        | ValueNone -> watch
        | ValueSome e -> DerivativeControl.afterEvent p e.Crossed watch

    /// A turn of the loop: what the equation is, where the attempt goes, and what came of it.
    [<NoEquality; NoComparison>]
    type private Turn =
        {
            Frame: LoopFrame<Tensor>
            Steering: Steering<Tensor>
            Inputs: SolveInputs
            Terms: Terms
            Advance: Advance
            Attempt: Attempt
            Step: Attempted
            Judged: Judgement
            /// bool: the step is kept
            Keep: Tensor
            /// bool: of an interval of no length, which takes no step
            IsEmpty: Tensor
            /// with events
            Ending: Ending voption
            /// bool: it ends at the stop it was made for, and at the end of the solve
            Reaches: Tensor
            Reached: Tensor
        }

        /// bool: at a stop the solve goes on from
        member t.Stopped = Prim.both (Prim.both t.Keep t.Reaches) (Prim.isNot t.Advance.Ends)

    let private watchOf (f: LoopFrame<Tensor>) : WatchCargo =
        { Tangent = f.Tangent; Watch = f.Watch; Directions = f.Directions; Noise = f.Noise; Ray = f.Ray }

    /// The step as events look at it.
    let private scene p terms (events: EventTerm[]) attempt step : EventStep voption =
        if events.Length = 0 then
            ValueNone
        else
            ValueSome { Plan = p; Terms = terms; Events = events; Attempt = attempt; Step = step }

    /// The terms for a step, whose increments go on to its edge: a path does not know of the field's jumps.
    let private upTo (p: SolvePlan) (a: Advance) (terms: Terms) : Terms =
        let toEdge (d: Driven) = { d with Control = fun _ -> d.Control a.Edge }
        if p.Jumps then { terms with Driven = Array.map toEdge terms.Driven } else terms

    let private take (p: SolvePlan) (g: Graph) (f: LoopFrame<Tensor>) : Turn =
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
        // of a step with an event's value that is no number no event is known: it is rejected
        let isKnown = scene |> ValueOption.map EventSearch.areNumbers
        let judged = StepControl.judge p s i a f.Y step isKnown (answer p g s i f.Captured (watchOf f) a attempt step)
        let isEmpty = Prim.both a.OnLast (Prim.compare Equal a.Stop s.Time)
        let keep = Prim.both judged.Keep (Prim.isNot isEmpty)

        let ending =
            scene
            |> ValueOption.map (fun scene ->
                let seen = { Sides = f.Seen[0]; Count = f.Seen[1]; Crowd = f.Seen[2] }
                StepEvents.find scene i f.LastEvent[0] seen keep a.TimeNew)

        // an event at a stop is followed by the stop, one before it is not
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

    /// The time that the next step starts from, and whether the grid of constant steps begins anew there.
    let private timeAfter (p: SolvePlan) (t: Turn) =
        let edge, isAnew =
            match t.Ending with
            | ValueNone -> t.Advance.Edge, t.Stopped
            | ValueSome e -> Prim.select e.Crossed e.Time t.Advance.Edge, Prim.either t.Stopped e.Crossed

        let time =
            match t.Ending with
            | ValueSome _ when not p.Jumps -> edge
            | _ -> if p.Jumps then Prim.select t.Stopped t.Advance.Resume edge else t.Advance.TimeNew

        time, isAnew

    let private steeringAfter (p: SolvePlan) (t: Turn) accepted (saved: Saved) time isAnew : Steering<Tensor> =
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

    /// The sums' rounding errors. A sum that an event changes has none yet.
    let private roundingAfter (t: Turn) =
        match t.Ending with
        | ValueNone -> t.Step.Rounding
        | ValueSome e ->
            t.Step.Rounding
            |> Array.map (fun r -> Prim.select (Prim.broadcast r.Dims [||] e.Crossed) (Prim.zerosLike r) r)

    /// The next turn's frame.
    let private frameAfter (p: SolvePlan) (t: Turn) (steering: Steering<Tensor>) time : LoopFrame<Tensor> =
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

    /// What the events' log gets, and whether.
    let private logOf (t: Turn) : Tensor[] * Tensor[] =
        match t.Ending with
        | ValueNone -> [||], [||]
        | ValueSome e -> [| e.EventTime; e.Happens |], [| Prim.both e.Crossed (Prim.isNot e.IsFull) |]

    /// LoopFrame → TurnOutputs.
    let body (p: SolvePlan) (g: Graph) (cargo: LoopFrame<Signature>) : Graph =
        Tracing.closed (LoopFrame.toArray cargo) (fun x ->
            let frame = LoopFrame.read cargo x
            let turn = take p g frame
            let accepted = turn.Steering.Accepted + Prim.cast Int32 turn.Keep

            let saved =
                StepSave.rows p turn.Steering turn.Inputs turn.Advance turn.Keep accepted frame.Y turn.Step turn.Ending

            let time, isAnew = timeAfter p turn
            let steering = steeringAfter p turn accepted saved time isAnew
            let next = frameAfter p turn steering time
            let log, logs = logOf turn
            let isDone = Prim.isNot (Prim.isNumber steering.Status StatusCode.running)

            TurnOutputs.toArray
                { State = LoopFrame.state next
                  Registers = LoopFrame.registers next
                  Saved = saved.Emit
                  Log = log
                  Keep = turn.Keep
                  Write = saved.Write
                  Logs = logs
                  IsDone = isDone })

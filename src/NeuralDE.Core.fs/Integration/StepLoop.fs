namespace NeuralDE.Compiler

open NeuralDE

/// What the loop of a solve carries beside the state's leaves, by signature: known when the solve starts.
type internal Cargo =
    {
        Carried: Signature[]
        Memory: Signature[]
        /// of the watch over derivatives
        Tangent: Signature[]
        Watch: Signature[]
        /// what it captures after the field's
        Directions: Signature[]
        Noise: Signature[]
        Ray: Signature[]
    }

/// Reads an array part by part.
[<Sealed>]
type internal Cutter<'T>(items: 'T[]) =
    let mutable at = 0

    member _.Take count =
        at <- at + count
        items[at - count .. at - 1]

    member c.Rest = c.Take(items.Length - at)

/// The body of a solve's loop: one attempt at a step.
module internal StepLoop =
    let private float0 = { Signature.Dtype = Float64; Shape = [||] }
    let private int0 = { float0 with Dtype = Int32 }
    let private steering = Array.append (Array.create 4 float0) (Array.create 6 int0)

    /// What the loop carries without a derivative, at the start.
    let controls (p: SolvePlan) (cargo: Cargo) : Signature[] =
        let work = if p.Stepper.Counts then Array.create Work.count int0 else [||]
        let sides = { float0 with Shape = [| p.Events.Length |] }
        let events = if p.Events.Length = 0 then [||] else [| sides; int0; int0 |]
        Array.concat [ steering; cargo.Memory; cargo.Watch; work; events ]

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
          Scale = StepError.scaleAt i
          // E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, section IV.8: 7 to 10, after which a shorter step
          // is cheaper. A step of constant length cannot be shorter.
          MostIterations =
            (match p.Steps with
             | Adaptive _ -> 10
             | Constant -> 100) }

    /// The functions of a solve, closed over what they captured.
    let terms (p: SolvePlan) (g: Graph) (i: SolveInputs) (captured: Tensor[]) : Terms * EventTerm[] =
        let own = ofField p g captured
        let ofDriven, ofEvents =
            captured[own.Length ..] |> Array.splitAt (DrivenGraphs.captured p.Leaves p.Driven).Length
        equation p g (DrivenGraphs.close p.Leaves p.Driven ofDriven) i own, EventParts.close p.Leaves p.Events ofEvents

    /// What the stepper carries on after a stop, at which the field may jump.
    let private resume (p: SolvePlan) (terms: Terms) stopped time (y: Tensor[]) (carried: Tensor[]) =
        if p.Jumps && carried.Length > 0 then
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
                | Adaptive(_, true) -> Prim.both (Prim.isNumber s.Accepted 0) (Prim.isNot a.Reaches)
                | Adaptive(_, false)
                | Constant -> Prim.literal Bool 0.0

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

    /// State, control, inputs of the solve, captured → what a loop's body returns.
    let body (p: SolvePlan) (g: Graph) (cargo: Cargo) : Graph =
        let leaves = g.Inputs[1 .. p.Leaves]
        let compensated = leaves |> Array.map p.IsCompensated
        let sums = leaves |> Masks.pickBy compensated

        let last = if p.Events.Length = 0 then [||] else [| float0 |]

        let inputs =
            Array.concat
                [ leaves
                  cargo.Carried
                  sums
                  last
                  cargo.Tangent
                  controls p cargo
                  SolveInputs.signatures p.Times p.Stops
                  captured p g
                  cargo.Directions
                  cargo.Noise
                  cargo.Ray ]

        Tracing.closed inputs (fun x ->
            let x = Cutter x
            let y, carried = x.Take p.Leaves, x.Take cargo.Carried.Length
            let rounding = Masks.spreadBy compensated (x.Take sums.Length)
            let last = x.Take last.Length
            let tangent = x.Take cargo.Tangent.Length
            let s = Steering.ofArray (x.Take Steering.count)
            let memory, watch = x.Take cargo.Memory.Length, x.Take cargo.Watch.Length
            let work = x.Take(if p.Stepper.Counts then Work.count else 0)
            let seen = x.Take(if p.Events.Length = 0 then 0 else 3)
            let i = SolveInputs.ofArray (x.Take SolveInputs.count)
            let captured = x.Take (captured p g).Length
            let directions, noise = x.Take cargo.Directions.Length, x.Take cargo.Noise.Length
            let terms, events = terms p g i captured
            let a = StepAdvance.from p s i

            let attempt =
                { Time = s.Time
                  TimeNew = a.TimeNew
                  H = a.H
                  Y = y
                  Carried = carried
                  Memory = memory
                  Rounding = rounding }

            let step = p.Stepper.Step terms attempt
            let watch = { Tangent = tangent; Watch = watch; Directions = directions; Noise = noise; Ray = x.Rest }
            let judged = StepControl.judge p s i a y step (answer p g s i captured watch a attempt step)
            // an interval of no length takes no step
            let isEmpty = Prim.both a.OnLast (Prim.compare Equal a.Stop s.Time)
            let keep = Prim.both judged.Keep (Prim.isNot isEmpty)

            let ending =
                if events.Length = 0 then
                    ValueNone
                else
                    let seen = { Sides = seen[0]; Count = seen[1]; Crowd = seen[2] }
                    let s = { Plan = p; Terms = terms; Events = events; Attempt = attempt; Step = step }
                    ValueSome(StepEvents.find s i last[0] seen keep a.TimeNew)

            // an event at a stop is followed by the stop, one before it is not
            let reaches =
                match ending with
                | ValueNone -> a.Reaches
                | ValueSome e ->
                    let isThere = Prim.compare Equal e.Time a.TimeNew
                    Prim.both a.Reaches (Prim.either (Prim.isNot e.Crossed) isThere)

            let reached = Prim.both a.Ends (Prim.either isEmpty (Prim.both keep reaches))
            let accepted = s.Accepted + Prim.cast Int32 keep
            let rejected = s.Rejected + Prim.cast Int32 (Prim.isNot (Prim.either keep isEmpty))
            let exhausted = Prim.compare GreaterEqual (accepted + rejected) i.MaxSteps

            let status =
                let code = Prim.integer
                let limit = Prim.select exhausted (code StatusCode.maxSteps) (code StatusCode.running)
                Prim.select reached (code StatusCode.success) (Prim.select judged.TooSmall judged.Reason limit)
                |> eventStatus ending

            let saved = StepSave.rows p s i a keep accepted y step ending
            let stopped = Prim.both (Prim.both keep reaches) (Prim.isNot a.Ends)

            let edge, atEvent, y1, carried =
                match ending with
                | ValueNone -> a.Edge, stopped, step.Y1, step.Carried
                | ValueSome e -> Prim.select e.Crossed e.Time a.Edge, Prim.either stopped e.Crossed, e.Y, e.Carried

            let time =
                match ending with
                | ValueSome _ when not p.Jumps -> edge
                | _ -> if p.Jumps then Prim.select stopped a.Resume edge else a.TimeNew

            let y1 = acrossJump p terms s i a stopped y1

            let past1, past2 =
                match p.Steps with
                | Adaptive _ -> Prim.select keep judged.Error s.Past1, Prim.select keep s.Past1 s.Past2
                | Constant -> StepAdvance.gridAfter p s atEvent time accepted

            let steering =
                { Time = Prim.select keep time s.Time
                  Step = judged.Next
                  Past1 = past1
                  Past2 = past2
                  Accepted = accepted
                  Rejected = rejected
                  Status = status
                  Output = saved.Output
                  Stop = if p.Stops = 0 then s.Stop else s.Stop + Prim.cast Int32 stopped
                  Written = s.Written + Prim.cast Int32 saved.Write }

            // the sum that an event changes has no rounding error yet
            let roundingOf (e: Ending) (r: Tensor) =
                Prim.select (Prim.broadcast r.Dims [||] e.Crossed) (Prim.zerosLike r) r

            let rounding, logged, log, logs =
                match ending with
                | ValueNone -> step.Rounding, [||], [||], [||]
                | ValueSome e ->
                    Array.map (roundingOf e) step.Rounding,
                    [| e.Control.Sides; e.Control.Count; e.Control.Crowd |],
                    [| e.EventTime; e.Happens |],
                    [| Prim.both e.Crossed (Prim.isNot e.IsFull) |]

            Array.concat
                [ y1
                  resume p terms stopped time y1 carried
                  rounding
                  Array.truncate last.Length log
                  judged.Tangent
                  Steering.toArray steering
                  step.Memory
                  watchAfter p stopped ending judged.Watch
                  Array.map2 (+) work step.Work
                  logged
                  saved.Emit
                  log
                  [| keep; saved.Write |]
                  logs
                  [| Prim.isNot (Prim.isNumber status StatusCode.running) |] ])

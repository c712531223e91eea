namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// A solve as a graph: one loop over steps, for any executor.
module internal Integrate =
    /// The end of a step, start + h, can round to either side of an output time at which the step was made to end. The slack is
    /// relative to h, and covers times up to 4000 h.
    let private endSlack = 1e-12

    /// θ = (t − start) / h within this distance of 1 is the end of the step, whose state is exact: 45 roundings.
    let private thetaSlack = 1e-14

    /// States at given times, in any order, from the rows that a loop wrote: starts, lengths, polynomials and ends of its
    /// steps. The state is y0 at or before t0, and NaN where no step was written.
    let valuesAt (t0: Tensor) (dir: Tensor) (y0: Tensor[]) (written: Tensor) (rows: Tensor[]) (ts: Tensor) : Tensor[] =
        let n, times, room = y0.Length, ts.Count, rows[0].Count
        let ahead (x: Tensor) = x * RungeKutta.spread dir x
        let all count (x: Tensor) = Prim.broadcast [| count |] [||] x
        let isStart = Prim.compare LessEqual (ahead ts) (ahead (all times t0))
        let over (y: Tensor) (x: Tensor) = Prim.broadcast (Array.append [| times |] y.Dims) [| 0 |] x
        let unknown (y: Tensor) = Prim.fill y.Dtype (Array.append [| times |] y.Dims) nan

        let known: int -> Tensor -> Tensor =
            if room = 0 then
                fun _ y -> unknown y
            else
                let starts, hs = rows[0], rows[1]
                let isRow = Prim.compare Less (Prim.iota Int32 [| room |] 0) (all room written)
                // the end of a step that stops at an output may round to either side of it
                let ends = ahead (starts + hs) + Prim.times endSlack (abs hs)
                let ends = Prim.select isRow ends (Prim.fill Float64 [| room |] infinity)
                let slot = Prim.cast Int32 (Tensor.Apply(SearchSorted false, [| ends; ahead ts |]))
                let isKnown = Prim.compare Less slot (all times written)
                let pick (x: Tensor) = Prim.gather 0 x slot
                let theta = (ts - pick starts) / Prim.select isKnown (pick hs) (Prim.fill Float64 [| times |] 1.0)
                let isEnd = Prim.compareTo GreaterEqual theta (1.0 - thetaSlack)

                fun k y ->
                    let inside = RungeKutta.evaluate 1 (pick rows[2 + k]) (over y (Prim.cast y.Dtype theta))
                    let value = Prim.select (over y isEnd) (pick rows[2 + n + k]) inside
                    Prim.select (over y isKnown) value (unknown y)

        y0 |> Array.mapi (fun k y -> Prim.select (over y isStart) (Prim.rows times y) (known k y))

    /// States at the output times.
    let private interpolate
        (p: SolvePlan)
        i
        (f: RungeKutta.Field)
        dir
        (y0: Tensor[])
        (written: Tensor)
        (rows: Tensor[])
        : Tensor[] =
        let stopped = Prim.stop i.Ts
        let ys = valuesAt i.T0 dir y0 written rows stopped

        if not p.MovesTimes then
            ys
        else // a step of length ts − ts = 0 carries the derivative of the output times
            let move (args: Tensor[]) = RungeKutta.step p.Stepper.Mover f args[0] args[1] args[2..]

            vmap move (Array.concat [ [| stopped; i.Ts |]; ys ])

    /// The stream of saved rows.
    let private rowsOf (p: SolvePlan) emits : EmissionStream =
        let capacity =
            match p.Saving with
            | Nothing
            | AtTimes -> ValueSome p.Times
            | EverySteps _
            | EveryPolynomial -> ValueNone

        { Emits = emits; Capacity = capacity }

    /// The number of times at or before the start: outputs there are y0, and stops there have passed.
    let private passed dir (t0: Tensor) (times: Tensor) =
        if times.Count = 0 then
            Prim.integer 0
        else
            let ahead = times * RungeKutta.spread dir times
            let start = Prim.reshape [| 1 |] (dir * t0)
            Prim.cast Int32 (Prim.reshape [||] (Tensor.Apply(SearchSorted true, [| ahead; start |])))

    /// The inputs as constants of differentiation, with stops in the order of the solve. A jump has the time just before it
    /// and the time just after it. Stops are given in ascending order.
    let private still (p: SolvePlan) (given: SolveInputs) dir : SolveInputs =
        let i = SolveInputs.toArray given |> Array.map Prim.stop |> SolveInputs.ofArray

        if p.Stops = 0 then
            i
        else
            let isForward = Prim.compareTo Greater (RungeKutta.spread dir i.Stops) 0.0
            let inOrder (x: Tensor) (backwards: Tensor) = Prim.select isForward x (Prim.reverse [| 0 |] backwards)

            { i with
                Stops = inOrder i.Stops i.Resumes
                Resumes = inOrder i.Resumes i.Stops
                Shifts = if p.MovesStops then inOrder given.Shifts given.Shifts else i.Shifts }

    /// A solve before its first iteration.
    [<NoEquality; NoComparison>]
    type private Beginning =
        { Given: SolveInputs
          Inputs: SolveInputs
          Direction: Tensor
          Field: RungeKutta.Field
          Y: Tensor[]
          StopsPassed: Tensor
          Frame: LoopFrame<Tensor> }

    /// The start of the first step. A jump at t0 has passed: the field is evaluated just after it.
    let private beginning (p: SolvePlan) (i: SolveInputs) dir (stopsPassed: Tensor) =
        if p.Jumps then
            let resume = Prim.binary Min (dir * StepAdvance.at i.Resumes (Prim.plus -1.0 stopsPassed)) (dir * i.T1)
            let isBehind = Prim.compareTo Greater stopsPassed 0.0
            Prim.select isBehind (dir * Prim.binary Max resume (dir * i.T0)) i.T0
        else
            i.T0

    /// The registers before the first step.
    let private steeringAt (p: SolvePlan) (i: SolveInputs) (f: RungeKutta.Field) dir t0 (y: Tensor[]) stopsPassed =
        let first =
            match p.Steps with
            | StepSizes.Adaptive(_, true) ->
                let slope = f t0 y |> Array.map Prim.stop
                Prim.stop (StepError.firstStep p { i with T0 = t0 } f dir (Array.map Prim.stop y) slope)
            | StepSizes.Adaptive(_, false)
            | StepSizes.Constant -> i.Dt

        let past =
            match p.Steps with
            | StepSizes.Constant -> [| t0; Prim.number 0.0 |]
            | StepSizes.Adaptive(controller, _) -> [| for _, start in controller.Slots -> Prim.number start |]

        let zero = Prim.integer 0

        { Time = t0
          Step = first
          Accepted = zero
          Rejected = zero
          Status = zero
          Output = passed dir i.T0 i.Ts
          Stop = stopsPassed
          Written = zero
          Past = past }

    let private start (p: SolvePlan) (g: Graph) (x: Tensor[]) : Beginning =
        let n = p.Leaves
        let given = SolveInputs.ofArray x[.. SolveInputs.count - 1]
        let y0 = x[SolveInputs.count .. SolveInputs.count + n - 1]
        let captured = x[SolveInputs.count + n ..]
        let dir = Prim.direction (Prim.stop given.T0) (Prim.stop given.T1)
        let i = still p given dir
        let terms, events = StepLoop.terms p g i captured
        let f = terms.Field
        // a step of length t0 − t0 = 0 carries the derivative of t0, and one at the end that of t1; the other steps have constant
        // times
        let y = if p.MovesStart then RungeKutta.step p.Stepper.Mover f given.T0 i.T0 y0 else y0

        let zero = Prim.integer 0
        let stopsPassed = passed dir i.T0 i.Stops
        let t0 = beginning p i dir stopsPassed
        // a control path starts at t0 itself; only the field has jumps
        let begun = p.Stepper.Begin terms (if p.Driven.Length > 0 then i.T0 else t0) y
        let memory = p.Stepper.Remember terms t0 y |> Array.map Prim.stop

        let steering = steeringAt p i f dir t0 y stopsPassed
        let watch = DerivativeControl.start p y begun (StepLoop.ofField p g captured)
        let hasEvents = events.Length > 0

        let frame: LoopFrame<Tensor> =
            { Y = y
              Carried = begun
              Rounding = y |> Array.filter (fun y -> p.IsCompensated y.Signature) |> Array.map Prim.zerosLike
              LastEvent = if hasEvents then [| t0 |] else [||]
              Tangent = watch.Tangent
              Steering = Steering.toArray steering
              Memory = memory
              Watch = watch.Watch
              Work = if p.Stepper.Counts then Work.none () else [||]
              Seen =
                if hasEvents then
                    [| EventSearch.sidesAt events t0 (Array.map Prim.stop y); zero; zero |]
                else
                    [||]
              Inputs = SolveInputs.toArray i
              Captured = captured
              Directions = watch.Directions
              Noise = watch.Noise
              Ray = watch.Ray }

        { Given = given
          Inputs = i
          Direction = dir
          Field = f
          Y = y
          StopsPassed = stopsPassed
          Frame = frame }

    /// The body of the loop, for frames with these signatures.
    let body (p: SolvePlan) (g: Graph) (signatures: LoopFrame<Signature>) : Graph =
        g.Memo((p, "body"), (fun () -> StepLoop.body p g signatures))

    /// The outputs of the loop: the last state and registers, the saved rows, the event log.
    let private loop (p: SolvePlan) (g: Graph) (frame: LoopFrame<Tensor>) =
        let signatures = LoopFrame.signatures frame
        let body = body p g signatures
        let turn = IterationOutputs.read signatures body.Outputs
        let log = turn.Logs |> Array.map (fun _ -> { Emits = turn.Log.Length; Capacity = p.EventRoom })

        let loop =
            { Batch = [||]
              States = turn.State.Length
              Registers = turn.Registers.Length
              Streams = Array.append [| rowsOf p turn.Saved.Length |] log
              Tape = p.Tape
              Watch = ValueSome p.Watch
              Body = body }

        let out = Prim.apply (Loop loop) (LoopFrame.toArray frame)
        let last =
            LoopFrame.read
                { frame with Inputs = [||]; Captured = [||]; Directions = [||]; Noise = [||]; Ray = [||] }
                out
        let rows = out[turn.State.Length + turn.Registers.Length .. out.Length - 1 - 2 * log.Length]
        last, rows, out[out.Length - 2 * log.Length ..]

    /// The state at t1, with its derivative. A failed solve has no value there, and no gradient.
    let private final (p: SolvePlan) (b: Beginning) (status: Tensor) (y1: Tensor[]) =
        let moved =
            if p.MovesEnd then
                RungeKutta.step p.Stepper.Mover b.Field b.Inputs.T1 b.Given.T1 y1
            else
                y1

        // if an event ended the solve, t1 was not reached
        let moved =
            if p.MovesEnd && p.Events.Length > 0 then
                let isEvent = Prim.isNumber status StatusCode.eventOccurred
                Array.map2 (fun (y: Tensor) m -> Prim.select (Prim.broadcast y.Dims [||] isEvent) y m) y1 moved
            else
                moved

        let isWhole = StatusCode.isWell p status

        moved
        |> Array.map (fun y -> Prim.select (Prim.broadcast y.Dims [||] isWhole) y (Prim.fill y.Dtype y.Dims nan))

    let private solve (p: SolvePlan) (g: Graph) (x: Tensor[]) : Tensor[] =
        let b = start p g x
        let last, rows, log = loop p g b.Frame
        let s = Steering.ofArray last.Steering
        let s = { s with Stop = s.Stop - b.StopsPassed } // the stops within the solve

        let saved =
            match p.Saving with
            | Nothing -> [||]
            | AtTimes -> interpolate p { b.Inputs with Ts = b.Given.Ts } b.Field b.Direction b.Y s.Written rows
            | EverySteps _
            | EveryPolynomial -> rows

        let told =
            if p.Events.Length > 0 then
                Array.concat [ last.LastEvent; [| last.Seen[1] |]; log ]
            else
                [||]

        SolveOutputs.toArray
            { Final = final p b s.Status last.Y
              Last = last.Y
              Report = SolveReport.pack b.Direction s last.Work
              Saved = saved
              Events = told }

    /// Raises GraphException for combinations with driven terms that would give wrong results without an error: steps of
    /// length 0 move along the field only, and dense output for events is linear.
    let private refuse (p: SolvePlan) =
        let movesTimes = p.MovesStart || p.MovesEnd || p.MovesTimes || p.MovesStops

        let wrong =
            if p.Stepper.Integral = Integral.NoNoise then $"the method {p.Stepper.Name}"
            elif movesTimes then "derivatives of times"
            elif p.Events.Length > 0 then "events"
            else ""

        if p.Driven.Length > 0 && wrong.Length > 0 then
            raise (GraphException $"a solve with driven terms cannot have {wrong}")

    let private inputs (p: SolvePlan) (g: Graph) =
        Array.concat [ SolveInputs.signatures p.Times p.Stops; g.Inputs[1 .. p.Leaves]; StepLoop.captured p g ]

    /// SolveInputs, y0, captured → SolveOutputs.
    let graph (p: SolvePlan) (g: Graph) : Graph =
        refuse p
        g.Memo((p, "solve"), (fun () -> Tracing.closed (inputs p g) (solve p g)))

    /// SolveInputs, y0, captured → the frame before the first iteration of the loop, and its signatures.
    let firstFrame (p: SolvePlan) (g: Graph) : Graph * LoopFrame<Signature> =
        refuse p

        let make () =
            let mutable signatures = ValueNone

            let graph =
                Tracing.closed (inputs p g) (fun x ->
                    let frame = (start p g x).Frame
                    signatures <- ValueSome(LoopFrame.signatures frame)
                    LoopFrame.toArray frame)

            graph, signatures.Value

        g.Memo((p, "first frame"), make)

    /// From a frame with a changed state to the frame from which the solve continues.
    let anew (p: SolvePlan) (g: Graph) (signatures: LoopFrame<Signature>) : Graph =
        let begun (x: Tensor[]) =
            let f = LoopFrame.read signatures x
            let terms, events = StepLoop.terms p g (SolveInputs.ofArray f.Inputs) f.Captured
            let time = (Steering.ofArray f.Steering).Time

            let seen =
                if events.Length = 0 then
                    [||]
                else
                    [| EventSearch.sidesAt events time f.Y; f.Seen[1]; Prim.integer 0 |]

            LoopFrame.toArray
                { f with
                    // the controls at the end of the last increment do not depend on the state
                    Carried = if p.Driven.Length > 0 then f.Carried else p.Stepper.Begin terms time f.Y
                    Rounding = f.Rounding |> Array.map Prim.zerosLike
                    Seen = seen }

        g.Memo((p, "anew"), (fun () -> Tracing.closed (LoopFrame.toArray signatures) begun))

    /// The graph of the solve. Where a derivative is taken, a graph whose steps also control the error of derivatives
    /// replaces it.
    let underDerivative (control: ErrorControl) (p: SolvePlan) (g: Graph) : Graph =
        let plain = graph p g

        match p.Steps, control with
        | StepSizes.Constant, _ -> plain
        // The watch decides by h ρ of the field and by the order of the method that a step is safe. With noise neither is
        // valid: a tangent is as rough as the state, and the short steps of the state resolve it too.
        | StepSizes.Adaptive _, _ when p.Driven.Length > 0 -> plain
        | StepSizes.Adaptive _, StateAndDerivatives ->
            let watched =
                lazy
                    // a function without a forward derivative, such as a host function with only a reverse rule, cannot be watched
                    (try
                        graph { p with ErrorControl = StateAndDerivatives } g
                     with :? DerivativeException ->
                         plain)

            UnderDerivative.stand plain watched
            plain
        | StepSizes.Adaptive _, StateOnly ->
            // a separate graph with the same steps, which is not replaced
            g.Memo(
                (p, "state only"),
                fun () ->
                    let alone = Tracing.closed plain.Inputs (Prim.call plain)
                    UnderDerivative.stand alone (lazy alone)
                    alone
            )

namespace NeuralDE.Compiler

open NeuralDE

/// A solve as a graph: one loop over steps, whatever executes it.
module internal Integrate =
    /// States at given times, in any order, from what a loop wrote: starts, steps, polynomials and ends of its steps.
    /// y0 at or before t0, NaN where no step was written.
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
                // a step's end may round to either side of an output that it was made to hit
                let ends = ahead (starts + hs) + Prim.times 1e-12 (abs hs)
                let ends = Prim.select isRow ends (Prim.fill Float64 [| room |] infinity)
                let slot = Prim.cast Int32 (Tensor.Apply(SearchSorted false, [| ends; ahead ts |]))
                let isKnown = Prim.compare Less slot (all times written)
                let pick (x: Tensor) = Prim.gather 0 x slot
                let theta = (ts - pick starts) / Prim.select isKnown (pick hs) (Prim.fill Float64 [| times |] 1.0)
                let isEnd = Prim.compareTo GreaterEqual theta (1.0 - 1e-14)

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

    /// The stream of what a solve saves.
    let private rowsOf (p: SolvePlan) emits : EmissionStream =
        let capacity =
            match p.Saving with
            | Nothing
            | AtTimes -> ValueSome p.Times
            | EverySteps _
            | EveryPolynomial -> ValueNone

        { Emits = emits; Capacity = capacity }

    let private solve (p: SolvePlan) (g: Graph) (x: Tensor[]) : Tensor[] =
        let n = p.Leaves
        let given = SolveInputs.ofArray x[.. SolveInputs.count - 1]
        let y0 = x[SolveInputs.count .. SolveInputs.count + n - 1]
        let captured = x[SolveInputs.count + n ..]
        let i = SolveInputs.toArray given |> Array.map Prim.stop |> SolveInputs.ofArray
        let terms, events = StepLoop.terms p g i captured
        let f = terms.Field
        let dir = Prim.direction i.T0 i.T1
        // stops come in ascending order, each with the time just before a jump and that just after
        let i =
            if p.Stops = 0 then
                i
            else
                let isForward = Prim.compareTo Greater (RungeKutta.spread dir i.Stops) 0.0
                { i with
                    Stops = Prim.select isForward i.Stops (Prim.reverse [| 0 |] i.Resumes)
                    Resumes = Prim.select isForward i.Resumes (Prim.reverse [| 0 |] i.Stops)
                    Shifts =
                        if p.MovesStops then
                            Prim.select isForward given.Shifts (Prim.reverse [| 0 |] given.Shifts)
                        else
                            i.Shifts }
        // a step of length t0 − t0 = 0 carries the derivative of the start, and one at the end that of t1:
        // every step between is a constant of differentiation
        let y = if p.MovesStart then RungeKutta.step p.Stepper.Mover f given.T0 i.T0 y0 else y0

        let estimates =
            match p.Steps with
            | Adaptive(_, true) -> true
            | Adaptive(_, false)
            | Constant -> false

        let zero = Prim.integer 0

        // times that the start has passed: outputs there are y0, stops there are behind
        let passed (times: Tensor) =
            if times.Count = 0 then
                zero
            else
                let ahead = times * RungeKutta.spread dir times
                Prim.cast
                    Int32
                    (Prim.reshape [||] (Tensor.Apply(SearchSorted true, [| ahead; Prim.reshape [| 1 |] (dir * i.T0) |])))

        let stopsPassed = passed i.Stops

        // a jump at t0 is behind: the field is seen from just after it
        let t0 =
            if p.Jumps then
                let resume = Prim.binary Min (dir * StepAdvance.at i.Resumes (Prim.plus -1.0 stopsPassed)) (dir * i.T1)
                let isBehind = Prim.compareTo Greater stopsPassed 0.0
                Prim.select isBehind (dir * Prim.binary Max resume (dir * i.T0)) i.T0
            else
                i.T0

        let begun = p.Stepper.Begin terms t0 y
        let memory = p.Stepper.Remember terms t0 y |> Array.map Prim.stop

        let first =
            if estimates then
                let slope = f t0 y |> Array.map Prim.stop
                Prim.stop (StepError.firstStep p { i with T0 = t0 } f dir (Array.map Prim.stop y) slope)
            else
                i.Dt

        let past1, past2 =
            match p.Steps with
            | Constant -> t0, Prim.number 0.0
            | Adaptive _ -> Prim.number 1.0, Prim.number 1.0

        let start =
            { Time = t0
              Step = first
              Past1 = past1
              Past2 = past2
              Accepted = zero
              Rejected = zero
              Status = zero
              Output = passed i.Ts
              Stop = stopsPassed
              Written = zero }

        let rounding = y |> Array.filter (fun y -> p.IsCompensated y.Signature) |> Array.map Prim.zerosLike
        let hasEvents = events.Length > 0
        let watch = DerivativeControl.start p y begun (StepLoop.ofField p g captured)
        let state = Array.concat [ y; begun; rounding; (if hasEvents then [| t0 |] else [||]); watch.Tangent ]
        let work = if p.Stepper.Counts then Work.none () else [||]
        let seen =
            if hasEvents then
                [| EventSearch.sidesAt events t0 (Array.map Prim.stop y); zero; zero |]
            else
                [||]
        let control = Array.concat [ Steering.toArray start; memory; watch.Watch; work; seen ]

        let cargo =
            { Carried = Tracing.signatures begun
              Memory = Tracing.signatures memory
              Tangent = Tracing.signatures watch.Tangent
              Watch = Tracing.signatures watch.Watch
              Directions = Tracing.signatures watch.Directions
              Noise = Tracing.signatures watch.Noise
              Ray = Tracing.signatures watch.Ray }

        let graph = g.Memo((p, "body"), fun () -> StepLoop.body p g cargo)
        let carried = state.Length + control.Length
        let log = if hasEvents then [| { Emits = 2; Capacity = p.EventRoom } |] else [||]
        let logged = 3 * log.Length // its emissions and its flag

        let loop =
            { Batch = [||]
              States = state.Length
              Controls = control.Length
              Streams = Array.append [| rowsOf p (graph.Outputs.Length - carried - 3 - logged) |] log
              Tape = p.Tape
              Watch = ValueSome p.Watch
              Body = graph }

        let arguments =
            Array.concat [ state; control; SolveInputs.toArray i; captured; watch.Directions; watch.Noise; watch.Ray ]

        let out = Prim.apply (Loop loop) arguments

        let s = Steering.ofArray out[state.Length .. state.Length + Steering.count - 1]
        let work = out[carried - seen.Length - work.Length .. carried - seen.Length - 1]
        let s = { s with Stop = s.Stop - stopsPassed } // those crossed
        let rows = out[carried .. out.Length - 1 - 2 * log.Length]

        let isWhole = StatusCode.isWell p s.Status

        let final =
            let y1 = out[.. n - 1]
            let moved = if p.MovesEnd then RungeKutta.step p.Stepper.Mover f i.T1 given.T1 y1 else y1

            // where an event ended the solve t1 was not reached
            let moved =
                if p.MovesEnd && hasEvents then
                    let isEvent = Prim.isNumber s.Status StatusCode.eventOccurred
                    Array.map2 (fun (y: Tensor) m -> Prim.select (Prim.broadcast y.Dims [||] isEvent) y m) y1 moved
                else
                    moved

            // a failed solve has no value at t1, and no gradient
            moved
            |> Array.map (fun y -> Prim.select (Prim.broadcast y.Dims [||] isWhole) y (Prim.fill y.Dtype y.Dims nan))

        let saved =
            match p.Saving with
            | Nothing -> [||]
            | AtTimes -> interpolate p { i with Ts = given.Ts } f dir y s.Written rows
            | EverySteps _
            | EveryPolynomial -> rows

        let told =
            if hasEvents then
                let timeOfLast = out[state.Length - watch.Tangent.Length - 1]
                Array.append [| timeOfLast; out[carried - 2] |] out[out.Length - 2 ..]
            else
                [||]

        SolveOutputs.toArray
            { Final = final
              Last = out[.. n - 1]
              Report = SolveReport.pack dir s work
              Saved = saved
              Events = told }

    /// What a solve with driven terms would get wrong without a word: steps of no length move along the field alone, and an event
    /// is looked for on a straight line.
    let private refuse (p: SolvePlan) =
        let movesTimes = p.MovesStart || p.MovesEnd || p.MovesTimes || p.MovesStops

        let wrong =
            if p.Stepper.Integral = Integral.NoNoise then $"the method {p.Stepper.Name}"
            elif movesTimes then "derivatives of times"
            elif p.Events.Length > 0 then "events"
            else ""

        if p.Driven.Length > 0 && wrong.Length > 0 then
            raise (GraphException $"a solve with driven terms cannot have {wrong}")

    /// SolveInputs, y0, captured → SolveOutputs.
    let graph (p: SolvePlan) (g: Graph) : Graph =
        refuse p
        let inputs =
            Array.concat [ SolveInputs.signatures p.Times p.Stops; g.Inputs[1 .. p.Leaves]; StepLoop.captured p g ]

        g.Memo((p, "solve"), (fun () -> Tracing.closed inputs (solve p g)))

    /// The solve's graph, for which one stands whose steps answer for derivatives, too, wherever a derivative is taken.
    let underDerivative (control: ErrorControl) (p: SolvePlan) (g: Graph) : Graph =
        let plain = graph p g

        match p.Steps, control with
        | Constant, _ -> plain
        // A watched tangent is smooth like the state, so that its embedded error says how well it is resolved. Noise drives both:
        // there is no length of step up to which h ρ explains the error, and the state's own steps are as short as its roughness asks.
        | Adaptive _, _ when p.Driven.Length > 0 -> plain
        | Adaptive _, StateAndDerivatives ->
            let watched =
                lazy
                    // what has no forward derivative, as a host function with a reverse rule alone, cannot be watched
                    (try
                        graph { p with Control = StateAndDerivatives } g
                     with :? DerivativeException ->
                         plain)

            UnderDerivative.stand plain watched
            plain
        | Adaptive _, StateOnly ->
            // the same steps as an object of its own, so that nothing stands for it
            g.Memo(
                (p, "state only"),
                fun () ->
                    let alone = Tracing.closed plain.Inputs (Prim.call plain)
                    UnderDerivative.stand alone (lazy alone)
                    alone
            )

namespace NeuralDE.Compiler

open NeuralDE

/// The body of a solve's loop.
module internal StepLoop =
    /// The distance from 1 to the next float64.
    let private spacing = 2.220446049250313e-16

    /// xs[i] of a vector, clamped at its ends.
    let at (xs: Tensor) (index: Tensor) = Prim.reshape [||] (Prim.gather 0 xs (Prim.reshape [| 1 |] index))

    /// How far an attempt goes: its length, whether it reaches the next stop, and where it ends.
    [<NoEquality; NoComparison>]
    type private Reach = { Step: Tensor; Reaches: Tensor; Size: Tensor; End: Tensor }

    let private adaptiveReach (s: Steering<Tensor>) (i: SolveInputs) dir (stop: Tensor) : Reach =
        let remaining = dir * (stop - s.Time)
        let step = Prim.binary Max (Prim.binary Min s.Step i.DtMax) i.DtMin
        let reaches = Prim.compare GreaterEqual (Prim.times (1.0 + 1e-9) step) remaining
        let size = Prim.select reaches remaining step
        { Step = step
          Reaches = reaches
          Size = size
          End = Prim.select reaches stop (s.Time + dir * size) }

    /// Step k after a stop ends at stop + (k + 1) dt, rounded once: a running sum of dt would drift. A step that ends as near
    /// to the next stop as the rounding of these times, or 1e-9 of its length, ends there.
    let private constantReach (s: Steering<Tensor>) (i: SolveInputs) dir (stop: Tensor) : Reach =
        let step = Prim.binary Min s.Step i.DtMax
        let count = Prim.plus 1.0 (Prim.cast Float64 s.Accepted - s.Past2)
        let gridEnd = s.Past1 + dir * (count * step)
        let rounding = Prim.times (4.0 * spacing) (Prim.binary Max (abs stop) (abs s.Past1))
        let near = Prim.binary Min (Prim.times 0.25 step) (Prim.binary Max (Prim.times 1e-9 step) rounding)
        let reaches = Prim.compare LessEqual (dir * (stop - gridEnd)) near
        let size = Prim.select reaches (dir * (stop - s.Time)) step
        { Step = step; Reaches = reaches; Size = size; End = Prim.select reaches stop gridEnd }

    /// y + h Σ wᵢ kᵢ. A leaf that carries the rounding error e of its sum adds d = h Σ wᵢ kᵢ + e instead, and
    /// e' = d − (y1 − y), a constant of differentiation. W. Kahan, Further remarks on reducing truncation errors, 1965.
    let private advance (p: SolvePlan) (y: Tensor[]) (h: Tensor) weights ks (rounding: Tensor[]) : Tensor[] * Tensor[] =
        let errors = Masks.spreadBy (y |> Array.map (fun y -> p.IsCompensated y.Signature)) rounding

        let advanced =
            Array.init y.Length (fun leaf ->
                let y = y[leaf]

                match errors[leaf], RungeKutta.combine weights ks leaf with
                | None, None -> y, None
                | None, Some sum -> y + RungeKutta.spread h y * sum, None
                | Some error, None -> y, Some error
                | Some error, Some sum ->
                    let change = RungeKutta.spread h y * sum + error
                    let y1 = y + change
                    y1, Some(Prim.stop (change - (y1 - y))))

        Array.map fst advanced, Array.choose snd advanced

    /// State, steering, inputs of the solve, captured → what a loop's body returns: one attempt at a step.
    let body (p: SolvePlan) (g: Graph) : Graph =
        let n = p.Leaves
        let leaves = g.Inputs[1..n]
        let compensated = leaves |> Array.filter p.IsCompensated
        let carried = Array.concat [ leaves; (if p.Tableau.Fsal then leaves else [||]); compensated ]
        let states = carried.Length
        let float0 = { Signature.Dtype = Float64; Shape = [||] }
        let int0 = { float0 with Dtype = Int32 }
        let steering = Array.append (Array.create 4 float0) (Array.create 6 int0)

        let inputs = Array.concat [ carried; steering; SolveInputs.signatures p.Times p.Stops; g.Inputs[n + 1 ..] ]

        Tracing.closed inputs (fun x ->
            let y = x[.. n - 1]
            let s = Steering.ofArray x[states .. states + Steering.count - 1]
            let first = states + Steering.count
            let i = SolveInputs.ofArray x[first .. first + SolveInputs.count - 1]
            let f = RungeKutta.fieldOf g x[first + SolveInputs.count ..]
            let dir = Prim.direction i.T0 i.T1
            // the step ends at the next stop at the latest, exactly there if it comes near
            let onLast, stop, resume =
                if p.Stops = 0 then
                    Prim.literal Bool 1.0, i.T1, i.T1
                else
                    let next = at i.Stops s.Stop
                    let isPast = Prim.compare GreaterEqual (dir * next) (dir * i.T1)
                    let onLast = Prim.either (Prim.compare GreaterEqual s.Stop (Prim.integer p.Stops)) isPast
                    onLast, Prim.select onLast i.T1 next, at i.Resumes s.Stop

            // before a jump at t1 the solve ends: the field is seen from inside only
            let ends =
                if p.Jumps then
                    Prim.either onLast (Prim.compare GreaterEqual (dir * resume) (dir * i.T1))
                else
                    onLast

            let reach =
                match p.Steps with
                | Constant -> constantReach s i dir stop
                | Adaptive _ -> adaptiveReach s i dir stop

            let step, reaches, size, tNew = reach.Step, reach.Reaches, reach.Size, reach.End
            let h = dir * size
            // where the step ends for all but the field, and its length to there
            let edge, span =
                if p.Jumps then
                    let atEnd = Prim.both reaches ends
                    Prim.select atEnd i.T1 tNew, Prim.select atEnd (i.T1 - s.Time) h
                else
                    tNew, h
            // a step of the grid ends where the next one starts, for what looks up outputs too
            let span =
                match p.Steps with
                | Constant -> edge - s.Time
                | Adaptive _ -> span

            let known = if p.Tableau.Fsal then [| x[n .. 2 * n - 1] |] else [||]
            let ks = RungeKutta.stages p.Tableau.C p.Tableau.A f s.Time tNew y h known
            let weights = if p.Tableau.Fsal then Array.truncate (ks.Length - 1) p.Tableau.B else p.Tableau.B
            let y1, rounding = advance p y h weights ks x[states - compensated.Length .. states - 1]
            let finite = StepError.isFinite y1

            let good, error, keep, next, tooSmall =
                match p.Steps with
                | Constant -> finite, Prim.number 0.0, finite, s.Step, Prim.isNot finite
                | Adaptive(controller, _) ->
                    // an estimate may use f(t1, y1), which methods without FSAL have not evaluated yet
                    let ks =
                        if max p.Tableau.Error.Length p.Tableau.CoarseError.Length > ks.Length then
                            Array.append ks [| f tNew y1 |]
                        else
                            ks

                    let error = StepError.ofStep p i y y1 h ks
                    let good = Prim.both finite (Prim.compareTo Less error infinity)
                    let keep = Prim.both good (Prim.compareTo LessEqual error 1.0)
                    let judged = Prim.select good error (Prim.number 1e30)
                    let factor = StepController.factor controller p.Tableau.ErrorPower keep judged s.Past1 s.Past2
                    let next = size * factor
                    // a step cut short by a stop says little against the step the controller had chosen
                    let next = Prim.select (Prim.both keep reaches) (Prim.binary Max step next) next
                    let least = Prim.binary Max i.DtMin (Prim.times (10.0 * spacing) (abs s.Time))
                    // without an atol an error is infinite where a component leaves 0: no step is small enough then
                    let isNumber = if p.IsRelative then Prim.both finite (StepError.isFiniteUnscaled p y ks) else good

                    isNumber, error, keep, next, Prim.both (Prim.isNot keep) (Prim.compare LessEqual size least)
            // an interval of no length takes no step
            let isEmpty = Prim.both onLast (Prim.compare Equal stop s.Time)
            let keep = Prim.both keep (Prim.isNot isEmpty)
            let reached = Prim.both ends (Prim.either isEmpty (Prim.both keep reaches))
            let accepted = s.Accepted + Prim.cast Int32 keep
            let rejected = s.Rejected + Prim.cast Int32 (Prim.isNot (Prim.either keep isEmpty))
            let exhausted = Prim.compare GreaterEqual (accepted + rejected) i.MaxSteps

            let status =
                let code = Prim.integer
                let failure =
                    Prim.select tooSmall (Prim.select good (code StatusCode.tooSmall) (code StatusCode.nonFinite))
                let limit = Prim.select exhausted (code StatusCode.maxSteps) (code StatusCode.running)
                Prim.select reached (code StatusCode.success) (failure limit)

            let output, write, emit =
                let ts = i.Ts * RungeKutta.spread dir i.Ts
                let passed () = // outputs at or before the step's end
                    let now = Prim.reshape [| 1 |] (dir * edge)
                    Prim.cast Int32 (Prim.reshape [||] (Tensor.Apply(SearchSorted true, [| ts; now |])))

                let pieces write =
                    let compute (args: Tensor[]) =
                        RungeKutta.polynomial p.Tableau f s.Time tNew y h ks |> fun ps -> Array.append ps args[..0]

                    let polynomials =
                        if p.Tableau.DenseC.Length = ks.Length then
                            compute [| h |] |> Array.truncate n
                        else // further stages, for steps that are looked into only
                            let skip (args: Tensor[]) =
                                let degree = p.Tableau.Interpolant.Weights[0].Length
                                let empty (y: Tensor) =
                                    Prim.zeros { y.Signature with Shape = Array.append [| degree + 1 |] y.Dims }
                                Array.append (Array.map empty y) args[..0]

                            cond write compute skip [| h |] |> Array.truncate n

                    Array.concat [ [| s.Time; span |]; polynomials; y1 ]

                match p.Saving with
                | Nothing -> s.Output, Prim.literal Bool 0.0, [||]
                | AtTimes ->
                    let last = passed ()
                    let write = Prim.both keep (Prim.compare Greater last s.Output)
                    Prim.select keep last s.Output, write, pieces write
                | EveryPolynomial -> s.Output, keep, pieces keep
                | EverySteps every ->
                    let onTurn = Prim.isNumber (Prim.binary Mod accepted (Prim.integer every)) 0
                    s.Output, Prim.both keep onTurn, Array.append [| edge |] y1

            let stopped = Prim.both (Prim.both keep reaches) (Prim.isNot ends)
            let time = if p.Jumps then Prim.select stopped resume edge else tNew

            let derivative =
                if not p.Tableau.Fsal then
                    [||]
                elif p.Jumps then
                    cond
                        stopped
                        (fun (a: Tensor[]) -> f a[0] a[1..])
                        (fun _ -> ks[ks.Length - 1])
                        (Array.append [| time |] y1)
                else
                    ks[ks.Length - 1]

            let past1, past2 =
                match p.Steps with
                | Adaptive _ -> Prim.select keep error s.Past1, Prim.select keep s.Past1 s.Past2
                | Constant when p.Stops = 0 -> s.Past1, s.Past2
                | Constant ->
                    Prim.select stopped time s.Past1, Prim.select stopped (Prim.cast Float64 accepted) s.Past2

            let steering =
                { Time = Prim.select keep time s.Time
                  Step = next
                  Past1 = past1
                  Past2 = past2
                  Accepted = accepted
                  Rejected = rejected
                  Status = status
                  Output = output
                  Stop = if p.Stops = 0 then s.Stop else s.Stop + Prim.cast Int32 stopped
                  Written = s.Written + Prim.cast Int32 write }

            Array.concat
                [ y1
                  derivative
                  rounding
                  Steering.toArray steering
                  emit
                  [| keep; write; Prim.isNot (Prim.isNumber status StatusCode.running) |] ])

namespace NeuralDE.Compiler

open NeuralDE

/// What the error of a step is measured by: scaled errors by leaf → one number; a step is accepted at 1 or less.
[<ReferenceEquality>]
type internal UserNorm = { Measure: Tensor[] -> Tensor }

type internal ErrorNorm =
    /// The largest of the leaves' root mean squares, over the leaves marked. One RMS over a flattened state would let
    /// many small leaves dilute the error of a large one.
    | LargestRms of leaves: bool[]
    | OwnNorm of UserNorm

type internal StepSizes =
    | Constant
    /// Starts from Hairer's estimate, or from the step given.
    | Adaptive of StepController * estimateFirst: bool

type internal Saving =
    | Nothing
    /// at given times
    | AtTimes
    /// every n-th accepted step
    | EverySteps of int
    /// the interpolant of every step
    | EveryPolynomial

/// Everything about a solve that shapes its graph; numbers are inputs. The field's graph remembers the solve by it.
type internal Plan =
    {
        Tableau: Tableau
        Steps: StepSizes
        Norm: ErrorNorm
        Saving: Saving
        /// rows of the inputs `ts` and `stops`
        Times: int
        Stops: int
        /// a stop where the field jumps: its value is not carried over
        Jumps: bool
        /// which of t0, t1, ts carry derivatives
        MovesStart: bool
        MovesEnd: bool
        MovesTimes: bool
        /// leaves of the state
        Leaves: int
        Tape: Tape
        Watch: Watch voption
    }

/// The status codes that a solve's loop writes. Running at the end means that it was stopped from outside.
module internal StatusCode =
    let running, success, maxSteps, tooSmall, nonFinite = 0, 1, 2, 3, 4

/// The numbers that steer a solve, as the loop carries them: float64 but where noted.
[<NoEquality; NoComparison>]
type internal Steering<'T> =
    {
        Time: 'T
        Step: 'T
        /// scaled errors of the last two accepted steps
        Error1: 'T
        Error2: 'T
        /// int32, as all below
        Accepted: 'T
        Rejected: 'T
        Status: 'T
        /// the next output, the next stop, rows written
        Output: 'T
        Stop: 'T
        Written: 'T
    }

module internal Steering =
    let toArray s =
        [| s.Time; s.Step; s.Error1; s.Error2; s.Accepted; s.Rejected; s.Status; s.Output; s.Stop; s.Written |]

    let ofArray (a: 'T[]) =
        { Time = a[0]
          Step = a[1]
          Error1 = a[2]
          Error2 = a[3]
          Accepted = a[4]
          Rejected = a[5]
          Status = a[6]
          Output = a[7]
          Stop = a[8]
          Written = a[9] }

    let count = 10

/// The inputs of a solve's graph, in this order, before the state's leaves and what the field captured.
[<NoEquality; NoComparison>]
type internal SolveInputs =
    {
        T0: Tensor
        T1: Tensor
        Rtol: Tensor
        Atol: Tensor
        /// the constant or first step; 0 where it is estimated
        Dt: Tensor
        DtMin: Tensor
        DtMax: Tensor
        MaxSteps: Tensor
        /// times to step to, and the times to go on from (the same but at jumps): [stops]
        Stops: Tensor
        Resumes: Tensor
        /// [times]
        Ts: Tensor
    }

module internal SolveInputs =
    let toArray i = [| i.T0; i.T1; i.Rtol; i.Atol; i.Dt; i.DtMin; i.DtMax; i.MaxSteps; i.Stops; i.Resumes; i.Ts |]

    let ofArray (a: Tensor[]) =
        { T0 = a[0]
          T1 = a[1]
          Rtol = a[2]
          Atol = a[3]
          Dt = a[4]
          DtMin = a[5]
          DtMax = a[6]
          MaxSteps = a[7]
          Stops = a[8]
          Resumes = a[9]
          Ts = a[10] }

    let count = 11

    let signatures times stops : Signature[] =
        let number = { Signature.Dtype = Float64; Shape = [||] }
        let vector n = { number with Shape = [| n |] }

        [| number
           number
           number
           number
           number
           number
           number
           { number with Dtype = Int32 }
           vector stops
           vector stops
           vector times |]

/// A solve as a graph: one loop over steps, whatever executes it.
module internal Integrate =
    let private number x = Prim.literal Float64 x
    let private integer (n: int) = Prim.literal Int32 (float n)
    let private choose c a b = Prim.select c a b
    let private both a b = Prim.both a b
    let private isAtLeast a b = Prim.compare GreaterEqual a b
    let private equals (x: Tensor) (n: int) = Prim.compareTo Equal x (float n)
    let private asCount (c: Tensor) = Prim.cast Int32 c

    /// The distance from 1 to the next float64.
    let private spacing = 2.220446049250313e-16

    /// xs[i] of a vector, clamped at its ends.
    let private at (xs: Tensor) (index: Tensor) = Prim.reshape [||] (Prim.gather 0 xs (Prim.reshape [| 1 |] index))

    /// +1 forwards in time, −1 backwards.
    let direction (t0: Tensor) (t1: Tensor) =
        let one = Prim.onesLike t0
        choose (isAtLeast t1 t0) one (-one)

    let private largest (xs: Tensor[]) = xs |> Array.reduce (Prim.binary Max)
    let private meanSquare (x: Tensor) =
        if x.Count = 0 then
            number 0.0
        else
            Prim.times (1.0 / float x.Count) (Prim.cast Float64 (Prim.sum (x * x)))

    let private rms x = sqrt (meanSquare x)

    let private measure norm (scaled: Tensor[]) =
        match norm with
        | LargestRms leaves -> Derive.pickBy leaves scaled |> Array.map rms |> largest
        | OwnNorm own -> Prim.cast Float64 (own.Measure scaled)

    /// atol + rtol max(|a|, |b|)
    let private scale (i: SolveInputs) (a: Tensor) (b: Tensor) =
        let size = Prim.binary Max (abs a) (abs b)
        RungeKutta.spread i.Atol a + RungeKutta.spread i.Rtol a * size

    /// The scaled error of a step from y to y1.
    let private stepError (p: Plan) i (y: Tensor[]) (y1: Tensor[]) (h: Tensor) (ks: Tensor[][]) =
        let scaled weights =
            y
            |> Array.mapi (fun leaf y ->
                match RungeKutta.combine weights ks leaf with
                | Some e -> RungeKutta.spread h y * e / scale i y y1[leaf]
                | None -> Prim.zerosLike y)

        let fine = scaled p.Tableau.Error

        if p.Tableau.CoarseOrder = 0 then
            measure p.Norm fine
        else // e² / √(e² + c² / 100)
            let combined e c =
                let total = sqrt (e + Prim.times 0.01 c)
                choose
                    (Prim.compareTo Greater total 0.0)
                    (e / choose (Prim.compareTo Greater total 0.0) total (number 1.0))
                    (number 0.0)

            let coarse = scaled p.Tableau.CoarseError

            match p.Norm with
            | LargestRms leaves ->
                Array.map2 (fun e c -> combined (meanSquare e) (meanSquare c)) fine coarse
                |> Derive.pickBy leaves
                |> largest
            | OwnNorm _ ->
                let square x = x * x
                combined (square (measure p.Norm fine)) (square (measure p.Norm coarse))

    /// Whether every element is finite: 0 · x sums to 0.
    let private isFinite (xs: Tensor[]) =
        let zero x = Prim.cast Float64 (Prim.sum (Prim.times 0.0 x))
        Prim.compareTo Equal (xs |> Array.map zero |> Array.reduce (+)) 0.0

    /// E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section II.4. Its probe stays inside the interval.
    let private firstStep (p: Plan) i (f: RungeKutta.Field) dir (y: Tensor[]) (f0: Tensor[]) =
        let span = abs (i.T1 - i.T0)
        let size (x: Tensor[]) = Array.map2 (fun x y -> x / scale i y y) x y |> measure p.Norm
        let d0, d1 = size y, size f0
        let isTiny = Prim.either (Prim.compareTo Less d0 1e-5) (Prim.compareTo Less d1 1e-5)
        let nonZero x = choose (Prim.compareTo Greater x 0.0) x (number 1.0)
        let h0 = choose isTiny (number 1e-6) (Prim.times 0.01 (d0 / nonZero d1))
        let h0 = Prim.binary Min h0 span
        let t = i.T0 + dir * h0
        let f1 = f t (Array.map2 (fun (y: Tensor) d -> y + RungeKutta.spread (dir * h0) y * d) y f0)
        let d2 = size (Array.map2 (-) f1 f0) / nonZero h0
        let most = Prim.binary Max d1 d2
        let power = 1.0 / float p.Tableau.ErrorPower
        let curved = Prim.unary (Power power) (number 0.01 / nonZero most)
        let flat = Prim.binary Max (number 1e-6) (Prim.times 1e-3 h0)
        let h1 = choose (Prim.compareTo LessEqual most 1e-15) flat curved
        let h = Prim.binary Min (Prim.times 100.0 h0) h1
        // a field that is not finite at the start is the first step's to report
        choose (Prim.compareTo Greater h 0.0) h (number 1e-6)

    /// What the loop's body returns.
    let private body (p: Plan) (g: Graph) : Graph =
        let n = p.Leaves
        let states = if p.Tableau.Fsal then 2 * n else n
        let leaves = g.Inputs[1..n]
        let carried = Array.append leaves (if p.Tableau.Fsal then leaves else [||])
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
            let dir = direction i.T0 i.T1
            // the step ends at the next stop at the latest, exactly there if it comes near
            let onLast, stop =
                if p.Stops = 0 then
                    Prim.literal Bool 1.0, i.T1
                else
                    let next = at i.Stops s.Stop
                    let isPast = isAtLeast (dir * next) (dir * i.T1)
                    let onLast = Prim.either (isAtLeast s.Stop (integer p.Stops)) isPast
                    onLast, choose onLast i.T1 next

            let remaining = dir * (stop - s.Time)
            let step = Prim.binary Min s.Step i.DtMax
            let reaches = isAtLeast (Prim.times (1.0 + 1e-9) step) remaining
            let size = choose reaches remaining step
            let tNew = choose reaches stop (s.Time + dir * size)
            let h = dir * size
            let known = if p.Tableau.Fsal then [| x[n .. 2 * n - 1] |] else [||]
            let ks = RungeKutta.stages p.Tableau.C p.Tableau.A f s.Time tNew y h known
            let weights = if p.Tableau.Fsal then Array.truncate (ks.Length - 1) p.Tableau.B else p.Tableau.B
            let y1 = RungeKutta.advance y h weights ks
            let finite = isFinite y1

            let good, error, keep, next, tooSmall =
                match p.Steps with
                | Constant -> finite, number 0.0, finite, s.Step, Prim.isNot finite
                | Adaptive(controller, _) ->
                    // an estimate may use f(t1, y1), which methods without FSAL have not evaluated yet
                    let ks =
                        if max p.Tableau.Error.Length p.Tableau.CoarseError.Length > ks.Length then
                            Array.append ks [| f tNew y1 |]
                        else
                            ks

                    let error = stepError p i y y1 h ks
                    let good = both finite (Prim.compareTo Less error infinity)
                    let keep = both good (Prim.compareTo LessEqual error 1.0)
                    let judged = choose good error (number 1e30)
                    let factor = StepController.factor controller p.Tableau.ErrorPower keep judged s.Error1 s.Error2
                    let next = size * factor
                    // a step cut short by a stop says little against the step the controller had chosen
                    let next = choose (both keep reaches) (Prim.binary Max step next) next
                    let least = Prim.binary Max i.DtMin (Prim.times (10.0 * spacing) (abs s.Time))
                    good, error, keep, next, both (Prim.isNot keep) (Prim.compare LessEqual next least)
            // an interval of no length takes no step
            let isEmpty = both onLast (Prim.compareTo Equal remaining 0.0)
            let keep = both keep (Prim.isNot isEmpty)
            let reached = both onLast (Prim.either isEmpty (both keep reaches))
            let accepted = s.Accepted + asCount keep
            let rejected = s.Rejected + asCount (Prim.isNot (Prim.either keep isEmpty))
            let exhausted = isAtLeast (accepted + rejected) i.MaxSteps

            let status =
                let code = integer
                let failure = choose tooSmall (choose good (code StatusCode.tooSmall) (code StatusCode.nonFinite))
                let limit = choose exhausted (code StatusCode.maxSteps) (code StatusCode.running)
                choose reached (code StatusCode.success) (failure limit)

            let output, write, emit =
                let ts = i.Ts * RungeKutta.spread dir i.Ts
                let passed () = // outputs at or before tNew
                    let now = Prim.reshape [| 1 |] (dir * tNew)
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

                    Array.concat [ [| s.Time; h |]; polynomials; y1 ]

                match p.Saving with
                | Nothing -> s.Output, Prim.literal Bool 0.0, [||]
                | AtTimes ->
                    let last = passed ()
                    let write = both keep (Prim.compare Greater last s.Output)
                    choose keep last s.Output, write, pieces write
                | EveryPolynomial -> s.Output, keep, pieces keep
                | EverySteps every ->
                    let onTurn = equals (Prim.binary Mod accepted (integer every)) 0
                    s.Output, both keep onTurn, Array.append [| tNew |] y1

            let stopped = both keep reaches

            let time =
                if p.Jumps then
                    choose (both stopped (Prim.isNot onLast)) (at i.Resumes s.Stop) tNew
                else
                    tNew

            let derivative =
                if not p.Tableau.Fsal then
                    [||]
                elif p.Jumps then
                    let across = both stopped (Prim.isNot onLast)
                    cond
                        across
                        (fun (a: Tensor[]) -> f a[0] a[1..])
                        (fun _ -> ks[ks.Length - 1])
                        (Array.append [| time |] y1)
                else
                    ks[ks.Length - 1]

            let steering =
                { Time = choose keep time s.Time
                  Step = next
                  Error1 = choose keep error s.Error1
                  Error2 = choose keep s.Error1 s.Error2
                  Accepted = accepted
                  Rejected = rejected
                  Status = status
                  Output = output
                  Stop = if p.Stops = 0 then s.Stop else s.Stop + asCount (both stopped (Prim.isNot onLast))
                  Written = s.Written + asCount write }

            Array.concat
                [ y1
                  derivative
                  Steering.toArray steering
                  emit
                  [| keep; write; Prim.isNot (equals status StatusCode.running) |] ])

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
                let ends = choose isRow ends (Prim.fill Float64 [| room |] infinity)
                let slot = Prim.cast Int32 (Tensor.Apply(SearchSorted false, [| ends; ahead ts |]))
                let isKnown = Prim.compare Less slot (all times written)
                let pick (x: Tensor) = Prim.gather 0 x slot
                let theta = (ts - pick starts) / choose isKnown (pick hs) (Prim.fill Float64 [| times |] 1.0)
                let isEnd = Prim.compareTo GreaterEqual theta (1.0 - 1e-14)

                fun k y ->
                    let inside = RungeKutta.evaluate 1 (pick rows[2 + k]) (over y (Prim.cast y.Dtype theta))
                    let value = choose (over y isEnd) (pick rows[2 + n + k]) inside
                    choose (over y isKnown) value (unknown y)

        y0 |> Array.mapi (fun k y -> choose (over y isStart) (Prim.rows times y) (known k y))

    /// States at the output times.
    let private interpolate
        (p: Plan)
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
            let move (args: Tensor[]) = RungeKutta.step p.Tableau f args[0] args[1] args[2..]

            vmap move (Array.concat [ [| stopped; i.Ts |]; ys ])

    let private solve (p: Plan) (g: Graph) (x: Tensor[]) : Tensor[] =
        let n = p.Leaves
        let given = SolveInputs.ofArray x[.. SolveInputs.count - 1]
        let y0 = x[SolveInputs.count .. SolveInputs.count + n - 1]
        let captured = x[SolveInputs.count + n ..]
        let f = RungeKutta.fieldOf g captured
        let i = SolveInputs.toArray given |> Array.map Prim.stop |> SolveInputs.ofArray
        let dir = direction i.T0 i.T1
        // a step of length t0 − t0 = 0 carries the derivative of the start, and one at the end that of t1:
        // every step between is a constant of differentiation
        let y = if p.MovesStart then RungeKutta.step p.Tableau f given.T0 i.T0 y0 else y0

        let estimates =
            match p.Steps with
            | Adaptive(_, true) -> true
            | Adaptive(_, false)
            | Constant -> false

        let f0 = if p.Tableau.Fsal || estimates then f i.T0 y else [||]

        let first =
            if estimates then
                Prim.stop (firstStep p i f dir (Array.map Prim.stop y) (Array.map Prim.stop f0))
            else
                i.Dt

        let zero = integer 0

        // times that the start has passed: outputs there are y0, stops there are behind
        let passed (times: Tensor) =
            if times.Count = 0 then
                zero
            else
                let ahead = times * RungeKutta.spread dir times
                Prim.cast
                    Int32
                    (Prim.reshape [||] (Tensor.Apply(SearchSorted true, [| ahead; Prim.reshape [| 1 |] (dir * i.T0) |])))

        let start =
            { Time = i.T0
              Step = first
              Error1 = number 1.0
              Error2 = number 1.0
              Accepted = zero
              Rejected = zero
              Status = zero
              Output = passed i.Ts
              Stop = passed i.Stops
              Written = zero }

        let state = Array.append y (if p.Tableau.Fsal then f0 else [||])
        let graph = g.Memo((p, "body"), fun () -> body p g)
        let carried = state.Length + Steering.count

        let loop =
            { Batch = [||]
              States = state.Length
              Controls = Steering.count
              Emits = graph.Outputs.Length - carried - 3
              Capacity =
                (match p.Saving with
                 | Nothing
                 | AtTimes -> ValueSome p.Times
                 | EverySteps _
                 | EveryPolynomial -> ValueNone)
              Tape = p.Tape
              Watch = p.Watch
              Body = graph }

        let out =
            Prim.apply (Loop loop) (Array.concat [ state; Steering.toArray start; SolveInputs.toArray i; captured ])

        let s = Steering.ofArray out[state.Length .. carried - 1]
        let rows = out[carried..]

        let isWhole = equals s.Status StatusCode.success

        let final =
            let y1 = out[.. n - 1]
            let moved = if p.MovesEnd then RungeKutta.step p.Tableau f i.T1 given.T1 y1 else y1
            // a failed solve has no value at t1, and no gradient
            moved |> Array.map (fun y -> choose (Prim.broadcast y.Dims [||] isWhole) y (Prim.fill y.Dtype y.Dims nan))

        let saved =
            match p.Saving with
            | Nothing -> [||]
            | AtTimes -> interpolate p { i with Ts = given.Ts } f dir y s.Written rows
            | EverySteps _
            | EveryPolynomial -> rows

        Array.concat [ final; out[.. n - 1]; Steering.toArray s; saved ]

    /// t0, t1, …, y0, captured → the state at t1 (NaN unless whole), the last state reached, the steering, what was saved.
    let graph (p: Plan) (g: Graph) : Graph =
        let inputs =
            Array.concat [ SolveInputs.signatures p.Times p.Stops; g.Inputs[1 .. p.Leaves]; g.Inputs[p.Leaves + 1 ..] ]

        let make () = Tracing.closed inputs (solve p g)
        // a watched solve belongs to one caller
        if p.Watch.IsSome then make () else g.Memo((p, "solve"), make)

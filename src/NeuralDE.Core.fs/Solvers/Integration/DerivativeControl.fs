namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// The registers of the watch over derivatives, in addition to its tangent.
[<NoEquality; NoComparison>]
type internal DerivativeWatch =
    {
        /// float64: steps up to this size, and up to this h ρ, were safe in the last probe; for the first step SafeRate is a
        /// rate
        Safe: Tensor
        SafeRate: Tensor
        /// int32: accepted steps since the last probe
        Since: Tensor
        /// int32: 0: the watch only probes; 1 and 2: its error controls the steps (2: the tangent has a value)
        Steers: Tensor
    }

/// The values that the loop of a watched solve carries and captures for the watch.
[<NoEquality; NoComparison>]
type internal WatchValues =
    {
        /// the tangent of the state and of Carried, rolled back with them
        Tangent: Tensor[]
        /// a DerivativeWatch
        Watch: Tensor[]
        /// directions of the captured floats; the noise in the direction of the state; the direction for the estimate ρ of
        /// |f_y|
        Directions: Tensor[]
        Noise: Tensor[]
        Ray: Tensor[]
    }

/// The error that decides about a step, and the values of the watch after it.
[<NoEquality; NoComparison>]
type internal Answer = { Error: Tensor; Tangent: Tensor[]; Watch: Tensor[] }

/// Steps that also control the error of derivatives. A tangent u' = f_y u + f_p v along a random direction takes the same
/// step as the state: it is the jvp of the attempt, for any method, and the tangent of the embedded error estimates the
/// error of the solve's derivative. From time to time a probe checks a new tangent. After the first probe that fails, its
/// tangent stays and controls the steps to the end.
/// Similar to error control of duals (SciMLSensitivity #273, DiffEqBase PR 529), with one random direction instead of all.
/// Alternatives that were tried and not used: a tangent that is always carried (1.4 to 2.2 times the time on ordinary
/// problems); a probe every few steps without ρ (it misses amplification in the steps between); only a limit of h ρ (5300
/// instead of 710 steps on Van der Pol's equation with μ = 50).
module internal DerivativeControl =
    /// The tolerance of the tangent divided by that of the state. With 1, ordinary problems take 17 to 67 % more steps.
    let slack = 10.0
    /// The error, relative to that tolerance, at which a tangent starts to control the steps. With 3 it would do so
    /// unnecessarily on Van der Pol's equation with μ = 2.
    let trigger = 10.0

    /// The maximum number of accepted steps between probes.
    let private every = 16.0
    /// A tangent's error above this multiple of the error of a smooth response is caused by a kink of the field, as of relu,
    /// and is ignored, because it would shorten steps without end; unless the error of the state is below `idle`, as for a
    /// forcing at rest.
    let private excessOfKink, idle = 30.0, 1e-3
    /// The ratio of the largest step without a probe to the probed step: as the error allows, within these limits. With 5, a
    /// probe at a zero of the embedded error (Bosh3's at h λ = −1, where an error of 1e-6 grows by factors of ten) would
    /// allow the next step to be 4 times as long.
    let private leastReach, mostReach, safety = 1.05, 2.0, 0.8
    /// Steps with h ρ up to this multiple of rtol^(1/k) are not stiffer than any error of order k at the trigger allows: its
    /// constants are 1e-3 to 0.1, so 9 and more would be enough.
    let private harmless = 5.0
    /// The largest ratio of response and rate of change of an ordinary state, for a first step; a state at rest does not
    /// change at all.
    let private ordinaryResponse = 20.0
    /// The smallest step, relative to the time, that a tangent may cause, so that derivatives never make a solve fail. It is
    /// a thousand times the step at which the error of the state ends a solve.
    let private leastStep = 2e-12

    /// Keeps the quotient finite where a smooth response explains no error; far below the rounding error of a ratio of states.
    let private leastExplained = 1e-30
    /// Bounds the logarithm of an error of 0. With it the reach is mostReach for every order up to 50.
    let private leastRatio = 1e-21

    /// The numbers of the keys of random tangents: one range for leaves of the state, one for captured values.
    let private firstNoise, firstDirection = 7919, 8919

    let private number, isPositive = Prim.number, Probe.isPositive
    let private floats (s: Signature[]) = s |> Array.map (fun s -> s.Dtype.IsFloat)
    let private still = Array.map Prim.stop

    let private watchOf (a: Tensor[]) = { Safe = a[0]; SafeRate = a[1]; Since = a[2]; Steers = a[3] }
    let private ofWatch w = [| w.Safe; w.SafeRate; w.Since; w.Steers |]

    let isOn (p: SolvePlan) = (p.ErrorControl = StateAndDerivatives)

    /// Whether the stepper has a tableau: then Carried is f at the state, whose tangent need not be carried, and the
    /// embedded error is a known polynomial.
    let private isTableau (p: SolvePlan) = p.Stepper.Tableau.IsSome

    /// The values at the start of a solve; empty if derivatives are not watched.
    let start (p: SolvePlan) (y: Tensor[]) (carried: Tensor[]) (captured: Tensor[]) : WatchValues =
        if not (isOn p) then
            { Tangent = [||]; Watch = [||]; Directions = [||]; Noise = [||]; Ray = [||] }
        else
            let noise first k (x: Tensor) = Probe.noise (int64 (first + k)) x.Signature
            let noises = y |> Array.mapi (noise firstNoise)

            // of root mean square 1, in units of the initial state; computed once, because it needs reductions
            let ray noise y =
                let u = noise * Probe.sizeOf y
                u / RungeKutta.spread (Probe.rms u) u

            let pace =
                if isTableau p && carried.Length = y.Length then
                    let ofLeaf (y: Tensor) f = Probe.over (Probe.rms f) (Probe.rms y)
                    let slowest = Array.map2 ofLeaf (still y) (still carried) |> Array.reduce (Prim.binary Min)
                    Prim.times ordinaryResponse slowest
                else
                    number 0.0

            let ofCaptured = Masks.pickBy (floats (Tracing.signatures captured)) captured |> still

            { Tangent = (if isTableau p then y else Array.append y carried) |> Array.map Prim.zerosLike
              Watch = [| number 0.0; pace; Prim.integer 0; Prim.integer 0 |]
              Directions = ofCaptured |> Array.mapi (fun k c -> noise firstDirection k c * Probe.sizeOf c)
              Noise = noises
              Ray = Array.map2 ray noises (still y) }

    /// The inputs of the field's graph that have a direction.
    let private marks (p: SolvePlan) (g: Graph) withCaptured =
        let captured = floats g.Inputs[p.Leaves + 1 ..] |> Array.map ((&&) withCaptured)
        Array.concat [ [| false |]; Array.create p.Leaves true; captured ]

    /// f_y u, plus f_p v if directions v are given.
    let private slope (p: SolvePlan) (g: Graph) (captured: Tensor[]) (v: Tensor[] voption) t (y: Tensor[]) u =
        let time = Prim.cast g.Inputs[0].Dtype t
        let directions = ValueOption.defaultValue [||] v
        Probe.tangentOf g (marks p g v.IsSome) (Array.concat [ [| time |]; y; captured ]) (Array.append u directions)

    /// The rate of response ρ of the field at the end of the step: one tangent, whose primal value is the first stage of the
    /// next step.
    let private rate p g captured (ray: Tensor[]) (t: Tensor) (y1: Tensor[]) =
        let rate = slope p g captured ValueNone t y1 ray |> Array.map Probe.largestOf |> Array.reduce (Prim.binary Max)
        // ignores a slope that is not finite, as of sqrt at 0
        Prim.select (Prim.compareTo Less rate infinity) rate (number 0.0)

    /// The common arguments of the parts of a watched attempt.
    [<NoEquality; NoComparison>]
    type private Parts =
        { Plan: SolvePlan
          Field: Graph
          Terms: SolveInputs -> Tensor[] -> Terms
          Inputs: SolveInputs
          Captured: Tensor[]
          Directions: Tensor[] }

    /// The tangent of a function of an attempt, as a function of the tangents of Y and Carried.
    let private tangentOfAttempt (q: Parts) key (a: Attempt) (f: Terms -> Attempt -> Tensor[]) : Tensor[] -> Tensor[] =
        let n, carried, memory = a.Y.Length, a.Carried.Length, a.Memory.Length
        let p, g = q.Plan, q.Field
        let numbers = SolveInputs.signatures p.Times p.Stops

        let inputs =
            Array.concat
                [ Tracing.signatures [| a.Time; a.TimeNew; a.H |]
                  g.Inputs[1..n]
                  Tracing.signatures a.Carried
                  Tracing.signatures a.Memory
                  numbers
                  g.Inputs[n + 1 ..] ]

        let attempt (x: Tensor[]) =
            let afterMemory = 3 + n + carried + memory
            let i = SolveInputs.ofArray x[afterMemory .. afterMemory + numbers.Length - 1]

            f
                (q.Terms i x[afterMemory + numbers.Length ..])
                { Time = x[0]
                  TimeNew = x[1]
                  H = x[2]
                  Y = x[3 .. 2 + n]
                  Carried = x[3 + n .. 2 + n + carried]
                  Memory = x[3 + n + carried .. afterMemory - 1]
                  Rounding = Array.create n None }

        let graph = g.Memo((p, key), (fun () -> Tracing.closed inputs attempt))

        let on =
            Array.concat
                [ Masks.no 3
                  Array.create (n + carried) true
                  Masks.no (memory + numbers.Length)
                  floats g.Inputs[n + 1 ..] ]

        let x =
            Array.concat
                [ [| a.Time; a.TimeNew; a.H |]; a.Y; a.Carried; a.Memory; SolveInputs.toArray q.Inputs; q.Captured ]
        let along = Probe.linearised graph on x
        fun du -> along (Array.append du q.Directions)

    /// The tangent of Carried that belongs to a new tangent of the state.
    let private renewed (q: Parts) (a: Attempt) (u: Tensor[]) =
        if a.Carried.Length = 0 then
            [||]
        else
            tangentOfAttempt q "renewed" a q.Plan.Stepper.Renew (Array.append u (a.Carried |> Array.map Prim.zerosLike))

    /// The tangents of y1, Carried and the errors.
    let private stepped (q: Parts) (a: Attempt) =
        let outputs terms a =
            let step = q.Plan.Stepper.Step terms a
            let error (y: Tensor) e = Option.defaultWith (fun () -> Prim.zerosLike y) e
            Array.concat [ step.Y1; step.Carried; step.Errors() |> Array.collect (Array.map2 error a.Y) ]

        tangentOfAttempt q "attempt" a outputs

    /// The error of a tangent divided by that of a smooth response, the maximum over the leaves: far above 1 at a kink of
    /// the field. Only for tableaus, whose embedded error is a polynomial in z = h λ.
    let private excess
        (q: Parts)
        (a: Attempt)
        (u: Tensor[])
        (c: Tensor[])
        (y1: Tensor[])
        (u1: Tensor[])
        (c1: Tensor[])
        (errors: Tensor[])
        =
        let t = q.Plan.Stepper.Mover
        let ends at y u carried =
            if t.Fsal then
                carried
            else
                slope q.Plan q.Field q.Captured (ValueSome q.Directions) at y u
        let first, last = ends a.Time a.Y u c, ends a.TimeNew y1 u1 c1

        let ofLeaf k =
            let h = RungeKutta.spread a.H u[k]
            let relative = Probe.over (Probe.rms errors[k]) (Prim.binary Max (Probe.rms u[k]) (Probe.rms u1[k]))
            let z = Probe.over (Probe.rms (h * (last[k] - first[k]))) (Probe.rms (u1[k] - u[k]))
            let explained =
                Probe.errorPolynomial t
                |> Array.rev
                |> Array.fold (fun (sum: Tensor) c -> Prim.plus c sum * z) (number 0.0)
            relative / Prim.plus leastExplained explained

        Array.init a.Y.Length ofLeaf |> Array.reduce (Prim.binary Max)

    /// Carries a tangent over the attempt: its scaled error (0 if it is to be ignored), and the tangents at the end.
    let private carry (q: Parts) along (a: Attempt) (y1: Tensor[]) (own: Tensor) (u: Tensor[]) (c: Tensor[]) =
        let n, carried = a.Y.Length, a.Carried.Length

        let d: Tensor[] = along (Array.append u c)
        let u1, c1 = d[.. n - 1], d[n .. n + carried - 1]
        let errors = d[n + carried ..] |> Array.chunkBySize n
        let scaled = StepError.ofStep q.Plan q.Inputs u u1 (errors |> Array.map (Array.map Some))
        let scaled = Prim.times (1.0 / slack) scaled
        let isFinite = Prim.compareTo Less scaled infinity

        let says =
            if not (isTableau q.Plan) then
                isFinite
            else
                let asks = Prim.both (Prim.compareTo Greater scaled 1.0) (Prim.compareTo GreaterEqual own idle)
                let isSmooth (_: Tensor) = Prim.compareTo Less (excess q a u c y1 u1 c1 errors[0]) excessOfKink
                Prim.both isFinite (cond asks isSmooth (fun _ -> Prim.literal Bool 1.0) own)

        Prim.select says scaled (number 0.0), u1, c1

    /// A probe: the error, the ratio of the largest step without a probe to this one, and the tangent after the step.
    let private probe (q: Parts) along (a: Attempt) y1 own (noise: Tensor[]) isFresh (tangent: Tensor[]) =
        let n = a.Y.Length

        let size = Probe.sizeUnder q.Inputs.Rtol q.Inputs.Atol
        let fresh () = Array.map2 (fun w y -> w * size y) noise a.Y

        let u, c =
            if isTableau q.Plan then
                let u =
                    Array.map2
                        (fun (f: Tensor) u -> Prim.select (Prim.broadcast f.Dims [||] isFresh) f u)
                        (fresh ())
                        tangent
                u, renewed q a u
            else
                let begun =
                    cond isFresh (fun (_: Tensor[]) -> (let u = fresh () in Array.append u (renewed q a u))) id tangent

                begun[.. n - 1], begun[n..]

        let error, u1, c1 = carry q along a y1 own u c
        // the ratio that the order of the method allows, within limits
        let ratio = Prim.binary Max (Prim.times (1.0 / trigger) error) (number leastRatio)
        let power = Prim.times (-1.0 / float q.Plan.Stepper.ErrorPower) (Prim.unary Log ratio)
        let reach = Prim.times safety (Prim.unary Exp power)
        let reach = Prim.binary Max (number leastReach) (Prim.binary Min (number mostReach) reach)
        error, reach, (if isTableau q.Plan then u1 else Array.append u1 c1)

    /// A controlling tangent must start anew where `isAnew`, so its value is dropped.
    let private freshWhere (isAnew: Tensor) (watch: Tensor[]) =
        let w = watchOf watch
        ofWatch { w with Steers = Prim.select isAnew (Prim.binary Min w.Steers (Prim.integer 1)) w.Steers }

    /// The watch after a restart of the stepper by a jump: Carried has a new tangent. With a tableau nothing changes,
    /// because the tangent of Carried is not carried.
    let begunAnew (p: SolvePlan) (isAnew: Tensor) (watch: Tensor[]) : Tensor[] =
        if not (isOn p) || isTableau p then watch else freshWhere isAnew watch

    /// The watch after an event, which replaces the state.
    let afterEvent (p: SolvePlan) (isAnew: Tensor) (watch: Tensor[]) : Tensor[] =
        if isOn p then freshWhere isAnew watch else watch

    /// The error that decides about a step with the state's error `own`, and the watch after it. `accepts`: whether the step
    /// is finite and solved; `isFirst`: whether it is a first step of estimated size, which is usually too short for a
    /// probe.
    let answer
        p
        g
        terms
        i
        captured
        (signatures: WatchValues)
        (size: Tensor)
        (a: Attempt)
        (step: Attempted)
        isFirst
        (own: Tensor)
        accepts
        : Answer =
        let w, captured = watchOf signatures.Watch, still captured
        let a = { a with Y = still a.Y; Carried = still a.Carried; Memory = still a.Memory }
        let y1, own = still step.Y1, Prim.stop own
        let q =
            { Plan = p
              Field = g
              Terms = terms
              Inputs = i
              Captured = captured
              Directions = still signatures.Directions }
        let tangent, noise = still signatures.Tangent, still signatures.Noise
        let steers = isPositive w.Steers
        let hRate = size * rate p g captured (still signatures.Ray) a.TimeNew y1
        let floor = Prim.times harmless (Prim.unary (Power(1.0 / float p.Stepper.ErrorPower)) i.Rtol)
        let safeRate = Prim.select isFirst (size * w.SafeRate) w.SafeRate
        let isStiffer = Prim.compare Greater hRate (Prim.binary Max floor safeRate)
        let isLonger = Prim.compare Greater size w.Safe
        let isLate = Prim.either isLonger (Prim.compareTo GreaterEqual w.Since every)
        // No probe for the size of the first step: at rest the field consists of rounding errors, so that step is long.
        let isDue = Prim.either isStiffer (Prim.both isLate (Prim.isNot isFirst))
        let needed = Prim.both (Prim.both accepts (Prim.compareTo LessEqual own 1.0)) (Prim.either steers isDue)

        let along = stepped q a

        let compute (x: Tensor[]) =
            let isFresh = Prim.isNot (Prim.isNumber w.Steers 2)
            let error, reach, tangent = probe q along a y1 own noise isFresh x[3..]
            still (Array.append [| error; size * reach; hRate * reach |] tangent)

        let skip (x: Tensor[]) = Array.append [| number 0.0 |] x[1..]
        let r = cond needed compute skip (Array.append [| own; w.Safe; w.SafeRate |] tangent)
        let now = Prim.either steers (Prim.both needed (Prim.compareTo Greater r[0] trigger))
        let least = Prim.binary Max i.DtMin (Prim.times leastStep (abs a.Time))
        let counts = Prim.both (Prim.both now needed) (Prim.compare Greater size least)
        let error = Prim.select counts (Prim.binary Max own r[0]) own
        let keeps = Prim.compareTo LessEqual error 1.0
        let begun = Prim.select (Prim.both keeps needed) (Prim.integer 2) (Prim.binary Max w.Steers (Prim.integer 1))

        { Error = error
          Tangent = still r[3..]
          Watch =
            ofWatch
                { Safe = r[1]
                  SafeRate = r[2]
                  Since = Prim.select needed (Prim.integer 0) (w.Since + Prim.cast Int32 keeps)
                  Steers = Prim.select now begun w.Steers } }

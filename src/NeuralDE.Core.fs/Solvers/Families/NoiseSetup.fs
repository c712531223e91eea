namespace NeuralDE.Internal.Families

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration

/// The driven term of a stochastic problem, traced, with the values that it captured.
[<NoEquality; NoComparison>]
type internal TracedNoise =
    {
        Graph: DrivenGraph
        /// values captured by the diffusion, then by the path
        Captured: Tensor[]
        /// values captured by the diffusion
        OfDiffusion: Tensor[]
        /// which captured values have a row for each sample: the keys, and t0 and t1 if they are [batch]
        ByRow: bool[]
    }

/// From the noise of a problem to a driven term. Checks the options that noise does not support.
module internal NoiseSetup =
    let private refuse verb got mend = raise (InputException $"{verb}: got {got}, which noise does not support. {mend}")

    /// (t0, t1) of each sample, or one pair for all samples.
    let private ends (p: Problem<'E, 'S>) =
        let t0s, t1s = p.T0.ToArray(), p.T1.ToArray()
        let ofRow (ts: float[]) k = ts[min k (ts.Length - 1)]
        Array.init (max t0s.Length t1s.Length) (fun k -> ofRow t0s k, ofRow t1s k)

    /// The resolution of a path: 2^-24 of its interval.
    let private finest (t0: float, t1: float) = abs (t1 - t0) * 2.0 ** -float Brownian.depth

    /// The smallest adaptive step, a number or one for each sample. A smaller one ends the solve with StepTooSmall.
    let leastStep (p: Problem<'E, 'S>) : Tensor =
        match p.Noise, p.Step with
        | Some _, (AdaptiveStep _ | AdaptiveStepFrom _) ->
            let least = ends p |> Array.map (finest >> max p.DtMin)
            if p.T0.Rank + p.T1.Rank = 0 then scalar least[0] else tensor least
        | _ -> scalar p.DtMin

    /// Checks that two outputs, or the ends of a step, do not lie within one finest interval of the path: there the values
    /// are not a Brownian motion, and the result would be wrong without an error.
    let private resolved verb (p: Problem<'E, 'S>) =
        let isSingle =
            Tree.flatten p.Y0
            |> Array.append (Option.toArray p.SaveAt.Times)
            |> Array.exists (fun x -> x.Dtype = Float32)
        let rounding = if isSingle then 1.1920928955078125e-7 else 8.881784197001252e-16
        let times = p.StepAt |> List.distinct |> List.toArray

        for t0, t1 in ends p do
            let least = finest (t0, t1)

            let refuse got =
                raise (
                    InputException
                        $"{verb}: got {got} on [{string t0}, {string t1}], where the noise has a resolution of 2^-{string Brownian.depth} of the interval, {string least}. Solve in parts: to a nearer t1, and from there with another key."
                )

            let longest =
                match p.Step with
                | ConstantStep dt -> min dt p.DtMax
                | AdaptiveStep _
                | AdaptiveStepFrom _ -> p.DtMax

            if longest < least then refuse $"steps of {string longest}"

            let cells =
                times
                |> Array.filter (fun t -> (t - t0) * (t - t1) < 0.0)
                |> Array.map (fun t -> t, (t - t0) / (t1 - t0) * 2.0 ** float Brownian.depth)
                |> Array.sortBy snd

            for (a, x), (b, y) in Array.pairwise cells do
                // a time at an end of the finest interval has the exact law
                let isWithin = floor x <> x && floor x = floor y

                if isWithin && abs (b - a) > rounding * max (abs a) (abs b) then
                    refuse $"the times {string a} and {string b}"

    /// Checks that the method and the options of a problem fit its noise.
    let private check verb (p: Problem<'E, 'S>) (noise: ProblemNoise<'S>) =
        let converges = p.Solver.Stepper.Integral

        let wanted, name, other =
            match noise.Integral with
            | StochasticIntegral.Ito -> Integral.Ito, "Itô", "Sde.stratonovich"
            | StochasticIntegral.Stratonovich -> Integral.Stratonovich, "Stratonovich", "Sde.problem"

        // the two integrals of additive noise are equal, so a method for either converges
        if converges = Integral.NoNoise || (converges <> wanted && not noise.Term.IsAdditive) then
            let methods =
                match wanted, noise.Term.Kind with
                | Integral.Ito, NoiseKind.ByMatrix -> "EulerMaruyama"
                | Integral.Ito, NoiseKind.ByComponent -> "EulerMaruyama or Milstein"
                | _ -> "Heun, Midpoint or Ralston"

            raise (
                InputException
                    $"{verb}: got {p.Solver.Name}, which does not converge to the {name} integral of this equation. Use {methods}, or state the equation for the other integral with {other}."
            )

        if Time.moves p.T0 || Time.moves p.T1 || p.JumpAt |> List.exists Time.moves then
            refuse verb "a time that is an argument of a transform" "Noise has no derivative by time: use numbers."

        if not p.Events.IsEmpty then
            refuse
                verb
                "events"
                "Zeros on rough paths are not supported: solve without events, and check the saved states."

        match p.Gradient with
        | Backsolve
        | BacksolveWith _
        | OwnGradient _ ->
            refuse
                verb
                $"{p.Family}.gradient {p.Gradient.Name}"
                $"Write {p.Family}.gradient Checkpointed, the exact derivative of the steps."
        | Direct
        | Checkpointed
        | CheckpointedWithin _ -> ()

        match p.SaveAt.Times with
        | Some ts when ts.IsPlaceholder || ts.Rank > 1 ->
            refuse
                verb
                "output times that are not a vector of numbers"
                "Steps end at output times: use [time], outside the transform."
        | Some _
        | None -> ()

        resolved verb p

        if noise.Key.IsNone then
            raise (
                InputException
                    $"{verb}: got no key of the noise, expected one. Use {p.Family}.noise (Key 0): equal keys give equal paths."
            )

    /// With noise, the state between two steps is not known, so steps end at output times.
    let stopping (p: Problem<'E, 'S>) : Problem<'E, 'S> =
        match p.Noise, p.SaveAt.Times with
        | Some _, Some ts when not ts.IsPlaceholder -> { p with StepAt = p.StepAt @ List.ofArray (ts.ToArray()) }
        | _ -> p

    /// The signature of W for a matrix [batch…; d; channels]: [batch…; channels].
    let private channels (matrix: Signature) : Signature =
        let rank = matrix.Shape.Length
        { matrix with Shape = Array.append matrix.Shape[.. rank - 3] matrix.Shape[rank - 1 ..] }

    /// Checks the matrix that the diffusion returned, for a state that is one tensor.
    let private requireMatrix verb (state: Signature[]) (found: Tensor[]) =
        let dims, rank = found[0].Dims, state[0].Shape.Length
        let isMatrix = dims.Length = rank + 1 && rank > 0 && dims[.. rank - 1] = state[0].Shape

        if not isMatrix then
            let axes = Array.append (Array.map string state[0].Shape) [| "channels" |] |> String.concat "; "

            let mend =
                if rank = 0 then
                    "A state [] has no axis for channels: reshape it to [1], or use Diagonal."
                else
                    $"Return [{axes}]; one number per state component is Diagonal."

            raise (
                ShapeException
                    $"{verb}: the diffusion returned shape {Shape.text dims} for a state of shape {Shape.text state[0].Shape}, expected the state's shape with a further axis of channels. {mend}"
            )

        if found[0].Dtype <> state[0].Dtype then
            raise (
                DtypeException
                    $"{verb}: the diffusion returned {found[0].Dtype} for a state of {state[0].Dtype}. Cast one of them."
            )

    /// The product g(t, y) dW as a graph: t, y, dW, values captured by g → leaves like the state.
    let private along kind leaves (g: Graph) (increments: Signature[]) : Graph =
        let inputs = Array.concat [ g.Inputs[..leaves]; increments; g.Inputs[leaves + 1 ..] ]

        let product (x: Tensor[]) =
            let first = leaves + 1 + increments.Length
            let found = Prim.call g (Array.append x[..leaves] x[first..])
            let dw = x[leaves + 1 .. first - 1]

            match kind with
            | NoiseKind.ByComponent -> Array.map2 (*) found dw
            | NoiseKind.ByMatrix ->
                let rank = found[0].Rank
                let spread = Prim.broadcast found[0].Dims (Array.append [| 0 .. rank - 3 |] [| rank - 1 |]) dw[0]
                [| Prim.sumOver [| rank - 1 |] (found[0] * spread) |]

        g.Memo(("noise along", kind, leaves), (fun () -> Tracing.closed inputs product))

    /// `inputs`: signatures of the time and of one sample's state.
    let trace verb (p: Problem<'E, 'S>) names (inputs: Signature[]) (noise: ProblemNoise<'S>) : TracedNoise =
        check verb p noise
        let state = inputs[1..]
        let term = noise.Term

        let g, captured =
            Tracing.trace verb Hoisted inputs (fun x ->
                let found = term.Diffusion x[0] (Tree.unflatten p.Y0 x[1..]) |> Tree.flatten

                match term.Kind with
                | NoiseKind.ByComponent ->
                    StateChecks.requireLike
                        verb
                        "the diffusion returned"
                        "Return one number per state component; a matrix is General."
                        names
                        state
                        found
                | NoiseKind.ByMatrix -> requireMatrix verb state found

                found)

        let increments =
            match term.Kind with
            | NoiseKind.ByComponent -> state
            | NoiseKind.ByMatrix -> [| channels g.Outputs[0].Signature |]

        let leaves = Tree.flatten p.Y0
        let rows = if p.PerSample then ValueSome leaves[0].Dims[0] else ValueNone

        // the path of a sample depends on its index only, not on the number of samples
        let key =
            match rows, noise.Key with
            | ValueSome n, Some key -> Key.foldWith (Prim.iota Int64 [| n |] 0) key
            | _, Some key -> key
            | _, None -> Key 0 // check has raised an exception

        { Graph = { Along = along term.Kind state.Length g increments; Control = Brownian.control increments }
          Captured = Array.append captured [| key.Tensor; p.T0; p.T1 |]
          OfDiffusion = captured
          ByRow = Array.append (captured |> Array.map (fun _ -> false)) [| p.PerSample; p.T0.Rank > 0; p.T1.Rank > 0 |] }

namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// The continuous adjoint: backwards in time
///   y' = f,   a' = −(∂f/∂y)ᵀ a,   q' = −(∂f/∂p)ᵀ a.
/// The backward solves are custom in the same way, so derivatives of any order are again solves.
module internal BacksolveRule =
    let defaults = { Rtol = None; Atol = None; Norm = FullNorm }

    /// state, adjoint, parameter integrals → their derivatives by time; captured: the parameters.
    let private adjointField (g: Graph) n (smooth: bool[]) : Graph =
        let parameters = g.Inputs[n + 1 ..]
        let state = g.Inputs[1..n]
        let integrals = Masks.pickBy smooth parameters
        let wanted = Array.concat [ [| false |]; Array.create n true; smooth ]
        let seen = UnderDerivative.graph g wanted

        Tracing.closed (Array.concat [ [| g.Inputs[0] |]; state; state; integrals; parameters ]) (fun x ->
            let t, y, a = x[0], x[1..n], x[n + 1 .. 2 * n]
            let p = x[2 * n + integrals.Length + 1 ..]
            let arguments = Array.concat [ [| t |]; y; p ]
            let pulled = Prim.call (Derive.vjpGraph seen wanted (Array.create n true)) (Array.append arguments a)
            Array.append (Prim.call g arguments) (pulled |> Array.map (~-)))

    let private norm (options: BacksolveOptions) n parameters =
        match options.Norm with
        | FullNorm -> LargestRms(Array.create (2 * n + parameters) true)
        | Seminorm -> LargestRms(Array.init (2 * n + parameters) (fun i -> i < 2 * n))
        | UserNorm measure ->
            OwnNorm
                { Measure =
                    fun errors ->
                        measure
                            { State = List.ofArray errors[.. n - 1]
                              Adjoint = List.ofArray errors[n .. 2 * n - 1]
                              Parameters = List.ofArray errors[2 * n ..] } }

    /// The inputs of a backward solve over a span.
    let private inputsOver (options: BacksolveOptions) (i: SolveInputs) (span: SpanEnds) : SolveInputs =
        let choice (own: float option) given =
            match own with
            | Some v -> Prim.literal Float64 v
            | None -> given

        { i with
            T0 = span.Late
            T1 = span.Early
            Rtol = choice options.Rtol i.Rtol
            Atol = choice options.Atol i.Atol
            Ts = Prim.zeros { Dtype = Float64; Shape = [| 0 |] } }

    /// The plan of the backward solves.
    let private planOf (p: SolvePlan) (options: BacksolveOptions) integrals : SolvePlan =
        let movesTime = p.MovesStart || p.MovesEnd || p.MovesTimes

        { p with
            Leaves = 2 * p.Leaves + integrals
            Norm = norm options p.Leaves integrals
            Saving = Nothing
            Times = 0
            MovesStart = movesTime
            MovesEnd = movesTime
            MovesTimes = false
            Watch = Cancellable }

    /// The graph of the solve as a custom function. `seal` checks the result of the backward solve and reports a failure.
    let rec custom
        (seal: SolvePlan -> SolveOutputs -> Tensor[])
        (p: SolvePlan)
        (options: BacksolveOptions)
        (g: Graph)
        : Custom =
        let n = p.Leaves

        let goBack () : GoBack =
            let smooth = AdjointRule.smooth n g
            let integrals = smooth |> Array.filter id |> Array.length
            let plan = planOf p options integrals

            // a custom norm does not include the adjoint of the adjoint
            let next =
                match options.Norm with
                | UserNorm _ -> { options with Norm = FullNorm }
                | FullNorm
                | Seminorm -> options

            let again = custom seal plan next (adjointField g n smooth)

            fun i captured span ->
                let numbers = SolveInputs.toArray (inputsOver options i span)
                let state = Array.concat [ span.YLate; span.Adjoint; span.Integrals ]
                let out = Prim.apply (Custom again) (Array.concat [ numbers; state; captured ])
                let state = seal plan (SolveOutputs.ofArray plan out)
                state[n .. 2 * n - 1], state[2 * n ..]

        let make () = AdjointRule.custom p g goBack

        match options.Norm with
        | UserNorm _ -> make () // functions cannot be compared, so it is not cached
        | FullNorm -> g.Memo((p, options.Rtol, options.Atol, "full"), make)
        | Seminorm -> g.Memo((p, options.Rtol, options.Atol, "semi"), make)

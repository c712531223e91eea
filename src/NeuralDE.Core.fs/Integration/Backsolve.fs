namespace NeuralDE

open NeuralDE.Compiler

/// The scaled errors of a backward solve, for a norm of your own: one tensor for each leaf.
type BacksolveError = { State: Tensor list; Adjoint: Tensor list; Parameters: Tensor list }

/// What steers the steps of a backward solve. Norms of your own are equal if they are the same function object.
[<CustomEquality; NoComparison>]
type BacksolveNorm =
    /// The largest root mean square over the leaves of state, adjoint and parameters.
    | FullNorm
    /// State and adjoint only: the parameters' integrals feed back on nothing. Fewer steps.
    /// P. Kidger, R. T. Q. Chen, T. Lyons, "Hey, that's not an ODE": faster ODE adjoints via seminorms, ICML 2021.
    | Seminorm
    | UserNorm of (BacksolveError -> Tensor)

    override a.Equals other =
        match a, other with
        | FullNorm, (:? BacksolveNorm as FullNorm)
        | Seminorm, (:? BacksolveNorm as Seminorm) -> true
        | UserNorm f, (:? BacksolveNorm as UserNorm g) -> obj.ReferenceEquals(f, g)
        | (FullNorm | Seminorm | UserNorm _), _ -> false

    override a.GetHashCode() =
        match a with
        | FullNorm -> 0
        | Seminorm -> 1
        | UserNorm f -> LanguagePrimitives.PhysicalHash f

[<NoComparison>]
type BacksolveOptions =
    {
        /// None: as the forward solve
        Rtol: float option
        Atol: float option
        Norm: BacksolveNorm
    }

/// How a solve is differentiated in reverse. Forward mode always differentiates the steps.
[<NoComparison>]
type Gradient =
    /// Exact derivative of the steps taken, in the state at t0 and all that the field captures (in times it is f there); keeps every
    /// state. The memory grows with the number of steps.
    | Direct
    /// The same numbers; keeps states within 256 MiB and computes again what lies between. The default.
    | Checkpointed
    /// The same numbers, within so many bytes.
    | CheckpointedWithin of bytes: int64
    /// The continuous adjoint: solves state, adjoint and parameter integrals backwards. Constant memory; inexact, and unstable where the
    /// backward equation is (contracting nonlinear flows). R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018.
    | Backsolve
    | BacksolveWith of BacksolveOptions

    /// 256 MiB.
    static member DefaultBudget = 268435456L

/// The continuous adjoint as a custom derivative of a solve: with a = ∂L/∂y, backwards in time from output to output,
///   y' = f,   a' = −(∂f/∂y)ᵀ a,   q' = −(∂f/∂p)ᵀ a,   a += ∂L/∂y(ts) at outputs, where y is set to the stored value;
///   ∂L/∂p = q(t0),  ∂L/∂y0 = a(t0),  ∂L/∂t0 = −a(t0) · f(t0, y0),  ∂L/∂ts = ∂L/∂y(ts) · f(ts, y(ts)).
/// The backward solves are custom in the same way, so derivatives of any order are again solves.
module internal BacksolveRule =
    let defaults = { Rtol = None; Atol = None; Norm = FullNorm }

    /// state, adjoint, parameter integrals → their derivatives in time; captured: the parameters.
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

    /// The solve's graph as a custom function. `seal` guards the backward solve's result: it reports a failure.
    let rec custom
        (seal: SolvePlan -> SolveOutputs -> Tensor[])
        (p: SolvePlan)
        (options: BacksolveOptions)
        (g: Graph)
        : Custom =
        if p.Driven.Length > 0 then
            raise (GraphException "the continuous adjoint does not know driven terms")

        let n = p.Leaves
        let primal = Integrate.graph p g
        let parameters = g.Inputs[n + 1 ..]
        let smooth = parameters |> Array.map (fun s -> s.Dtype.IsFloat)

        let make () =
            { Primal = primal
              Forward = OfPrimal
              Rule =
                lazy
                    (let backward = adjointField g n smooth
                     let integrals = Masks.pickBy smooth parameters
                     let leaves = 2 * n + integrals.Length

                     let movesTime = p.MovesStart || p.MovesEnd || p.MovesTimes

                     let plan =
                         { p with
                             Leaves = leaves
                             Norm = norm options n integrals.Length
                             Saving = Nothing
                             Times = 0
                             MovesStart = movesTime
                             MovesEnd = movesTime
                             MovesTimes = false
                             Watch = Cancellable }

                     let again =
                         custom
                             seal
                             plan
                             { options with
                                 Norm =
                                     (match options.Norm with
                                      | UserNorm _ -> FullNorm
                                      | norm -> norm) }
                             backward

                     Tracing.closed (Array.append primal.Inputs (Masks.outputSignatures primal)) (fun x ->
                         let inputs = primal.Inputs.Length
                         let i = SolveInputs.ofArray x[.. SolveInputs.count - 1]
                         let y0 = x[SolveInputs.count .. SolveInputs.count + n - 1]
                         let captured = x[SolveInputs.count + n .. inputs - 1]
                         let f t y = RungeKutta.fieldOf g captured t y
                         let out = SolveOutputs.ofArray p (Prim.call primal x[.. inputs - 1])
                         let w = SolveOutputs.ofArray p x[inputs..]
                         let final, finalW = out.Final, w.Final
                         let saved, savedW = out.Saved, w.Saved

                         /// From adjoint and integrals at one time to those at an earlier one.
                         let back (fromT: Tensor) (toT: Tensor) (y: Tensor[]) (state: Tensor[]) =
                             let choice (own: float option) given =
                                 match own with
                                 | Some v -> Prim.literal Float64 v
                                 | None -> given

                             let numbers =
                                 { i with
                                     T0 = fromT
                                     T1 = toT
                                     Rtol = choice options.Rtol i.Rtol
                                     Atol = choice options.Atol i.Atol
                                     Ts = Prim.zeros { Dtype = Float64; Shape = [| 0 |] } }

                             let arguments = Array.concat [ SolveInputs.toArray numbers; y; state; captured ]
                             let r = Prim.apply (Custom again) arguments
                             (seal plan (SolveOutputs.ofArray plan r))[n .. leaves - 1]

                         let along (t: Tensor) y (a: Tensor[]) =
                             Array.map2 (fun (d: Tensor) a -> Prim.cast Float64 (Prim.sum (d * a))) (f t y) a
                             |> Array.reduce (+)

                         let zeroIntegrals = integrals |> Array.map Prim.zeros
                         let times = p.Times
                         let lastT = i.T1

                         let state, byTime =
                             if times = 0 then
                                 back lastT i.T0 final (Array.append finalW zeroIntegrals), None
                             else
                                 let rowAt (v: Tensor) (k: Tensor) =
                                     Prim.reshape v.Dims[1..] (Prim.gather 0 v (Prim.reshape [| 1 |] k))

                                 let start =
                                     back
                                         lastT
                                         (Prim.pick 0 (times - 1) i.Ts)
                                         final
                                         (Array.append finalW zeroIntegrals)
                                 let first = Prim.literal Int32 (float (times - 1))

                                 let result =
                                     FunctionNodes.loopOn
                                         "Backsolve"
                                         [||]
                                         (ValueSome times)
                                         p.Tape
                                         start
                                         [| first |]
                                         (fun s c ->
                                             let k = c[0]
                                             let t = rowAt i.Ts k
                                             let y = saved |> Array.map (fun v -> rowAt v k)
                                             let wk = savedW |> Array.map (fun v -> rowAt v k)
                                             let isFirst = Prim.compareTo Equal k 0.0
                                             let before = Prim.binary Max (Prim.plus -1.0 k) (Prim.zerosLike k)
                                             let earlier = Prim.select isFirst i.T0 (rowAt i.Ts before)
                                             let a = Array.map2 (+) s[.. n - 1] wk
                                             let next = back t earlier y (Array.append a s[n..])
                                             let truth = Prim.literal Bool 1.0
                                             next, [| Prim.plus -1.0 k |], [| along t y wk |], truth, truth, isFirst)

                                 let rates = result[start.Length + 1]
                                 result[.. start.Length - 1], Some(Prim.reverse [| 0 |] rates)

                         let a, q = state[.. n - 1], state[n..]
                         let none (s: Signature) = Prim.zeros s
                         let cotangents = SolveInputs.toArray i |> Array.map (fun v -> none v.Signature)

                         let times =
                             { SolveInputs.ofArray cotangents with
                                 T0 = -(along i.T0 y0 a)
                                 T1 = along i.T1 final finalW
                                 Ts = byTime |> Option.defaultWith (fun () -> Prim.zerosLike i.Ts) }

                         let q = Masks.spreadBy smooth q
                         Array.concat [ SolveInputs.toArray times; a; Array.map2 Masks.orZeros parameters q ])) }

        match options.Norm with
        | UserNorm _ -> make () // a function has no identity to remember it by
        | FullNorm -> g.Memo((p, options.Rtol, options.Atol, "full"), make)
        | Seminorm -> g.Memo((p, options.Rtol, options.Atol, "semi"), make)

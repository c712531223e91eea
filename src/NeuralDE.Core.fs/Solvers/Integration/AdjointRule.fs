namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// The ends of a span of a solve, with the adjoint and the integrals of the parameters at the later end.
[<NoEquality; NoComparison>]
type internal SpanEnds =
    { Early: Tensor
      Late: Tensor
      YEarly: Tensor[]
      YLate: Tensor[]
      Adjoint: Tensor[]
      Integrals: Tensor[] }

/// A gradient method for a span: from the inputs of the solve, the captured values of the field and the span, to adjoint and
/// integrals at its early end.
type internal GoBack = SolveInputs -> Tensor[] -> SpanEnds -> Tensor[] * Tensor[]

/// A solve whose reverse derivative is computed span by span, from output to output: a += ∂L/∂y(ts) at outputs, where y is
/// set to the stored value;
///   ∂L/∂p = q(t0),  ∂L/∂y0 = a(t0),  ∂L/∂t0 = −a(t0) · f(t0, y0),  ∂L/∂ts = ∂L/∂y(ts) · f(ts, y(ts)).
module internal AdjointRule =
    /// Which of the captured tensors of the field are floats, so they have integrals.
    let smooth n (g: Graph) : bool[] = g.Inputs[n + 1 ..] |> Array.map (fun s -> s.Dtype.IsFloat)

    let private rowAt (k: Tensor) (v: Tensor) = Prim.reshape v.Dims[1..] (Prim.gather 0 v (Prim.reshape [| 1 |] k))

    /// dL/dt of a state on the solution with the adjoint a.
    let private rate (f: RungeKutta.Field) (t: Tensor) y (a: Tensor[]) =
        Array.map2 (fun (d: Tensor) a -> Prim.cast Float64 (Prim.sum (d * a))) (f t y) a |> Array.reduce (+)

    /// Integrates backwards over the spans between outputs, last first; also returns the derivatives by the output times.
    let private overOutputs
        (p: SolvePlan)
        (back: SpanEnds -> Tensor[] * Tensor[])
        f
        (i: SolveInputs)
        y0
        saved
        savedW
        start
        =
        let n, last = p.Leaves, p.Times - 1
        let first = Prim.literal Int32 (float last)

        let turn (s: Tensor[]) (c: Tensor[]) =
            let k = c[0]
            let t = rowAt k i.Ts
            let isFirst = Prim.compareTo Equal k 0.0
            let before = Prim.binary Max (Prim.plus -1.0 k) (Prim.zerosLike k)
            let y, cotangent = Array.map (rowAt k) saved, Array.map (rowAt k) savedW
            let a = Array.map2 (+) s[.. n - 1] cotangent

            let earlier (y0: Tensor) (rows: Tensor) =
                Prim.select (Prim.broadcast y0.Dims [||] isFirst) y0 (rowAt before rows)

            let next, integrals =
                back
                    { Early = Prim.select isFirst i.T0 (rowAt before i.Ts)
                      Late = t
                      YEarly = Array.map2 earlier y0 saved
                      YLate = y
                      Adjoint = a
                      Integrals = s[n..] }

            let truth = Prim.literal Bool 1.0
            Array.append next integrals, [| Prim.plus -1.0 k |], [| rate f t y cotangent |], truth, truth, isFirst

        let result = ControlFlow.loopOn "Backsolve" [||] (ValueSome p.Times) p.Tape start [| first |] turn
        result[.. start.Length - 1], Prim.reverse [| 0 |] result[start.Length + 1]

    let private pullback (p: SolvePlan) (g: Graph) (primal: Graph) (goBack: GoBack) (x: Tensor[]) : Tensor[] =
        let n, inputs = p.Leaves, primal.Inputs.Length
        let i = SolveInputs.ofArray x[.. SolveInputs.count - 1]
        let y0 = x[SolveInputs.count .. SolveInputs.count + n - 1]
        let captured = x[SolveInputs.count + n .. inputs - 1]
        let f = RungeKutta.fieldOf g captured
        let out = SolveOutputs.ofArray p (Prim.call primal x[.. inputs - 1])
        let w = SolveOutputs.ofArray p x[inputs..]
        let isSmooth = smooth n g
        let zero = Masks.pickBy isSmooth g.Inputs[n + 1 ..] |> Array.map Prim.zeros
        let back = goBack i captured

        let lastT, lastY =
            if p.Times = 0 then
                i.T0, y0
            else
                Prim.pick 0 (p.Times - 1) i.Ts, out.Saved |> Array.map (Prim.pick 0 (p.Times - 1))

        let a, q =
            back
                { Early = lastT
                  Late = i.T1
                  YEarly = lastY
                  YLate = out.Final
                  Adjoint = w.Final
                  Integrals = zero }

        let state, byTime =
            if p.Times = 0 then
                Array.append a q, Prim.zerosLike i.Ts
            else
                overOutputs p back f i y0 out.Saved w.Saved (Array.append a q)

        let a, q = state[.. n - 1], state[n..]

        let times =
            { (SolveInputs.toArray i |> Array.map Prim.zerosLike |> SolveInputs.ofArray) with
                T0 = -(rate f i.T0 y0 a)
                T1 = rate f i.T1 out.Final w.Final
                Ts = byTime }

        let q = Masks.spreadBy isSmooth q
        Array.concat [ SolveInputs.toArray times; a; Array.map2 Masks.orZeros g.Inputs[n + 1 ..] q ]

    /// The graph of the solve as a custom function. `goBack` is called when a derivative is taken.
    let custom (p: SolvePlan) (g: Graph) (goBack: unit -> GoBack) : Custom =
        if p.Driven.Length > 0 then
            raise (GraphException "the adjoint of a solve does not support driven terms")

        let primal = Integrate.graph p g
        let arguments = Array.append primal.Inputs (Masks.outputSignatures primal)

        { Primal = primal
          Forward = OfPrimal
          Rule = lazy (Tracing.closed arguments (pullback p g primal (goBack ()))) }

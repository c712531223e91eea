namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// <summary>Vector fields from vector fields: a field is a function of time (0-d) and state to derivative.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Field =
    /// <summary>x'' = a(t, x, x') as a field of pairs: (x, v)' = (v, a(t, x, v)).</summary>
    /// <remarks>A. Norcliffe et al., On second order behaviour in augmented neural ODEs, NeurIPS 2020: as a coupled system of
    /// first order its gradient is cheaper than a second-order adjoint.</remarks>
    let secondOrder (acceleration: Tensor -> 'S -> 'S -> 'S) (t: Tensor) (x: 'S, v: 'S) : 'S * 'S =
        v, acceleration t x v

    /// As higherOrder, with the parts along the axis before so many last ones.
    let internal higherOrderBefore spatial (order: int) (f: Tensor -> Tensor -> Tensor) (t: Tensor) (state: Tensor) =
        Expect.positive "Field.higherOrder" "order" order
        Expect.rankAtLeast "Field.higherOrder" (spatial + 1) state
        let axis = state.Rank - 1 - spatial
        let n = state.Dims[axis]

        if n % order <> 0 then
            Expect.misfit
                $"Field.higherOrder: {string n} components do not divide into {string order} parts. Augment the state."

        let rest = Prim.range axis (n / order) n state
        if order = 1 then f t state else Prim.concat axis [| rest; f t state |]

    /// <summary>x⁽ⁿ⁾ = f(t, [x; x'; …]) on a state of n parts side by side along the last axis: [batch…; n d].</summary>
    /// <param name="order">n, 1 or more; 1 is f itself.</param>
    /// <param name="f">Sees the whole state and returns the highest derivative, [batch…; d].</param>
    /// <param name="t">The time.</param>
    /// <param name="state">The parts, x first. ShapeException if its last axis does not divide into n.</param>
    let higherOrder (order: int) (f: Tensor -> Tensor -> Tensor) (t: Tensor) (state: Tensor) : Tensor =
        higherOrderBefore 0 order f t state

    /// <summary>x' = f([t; x]): the time as one more feature, before the others of the last axis.</summary>
    let timeDependent (f: Tensor -> Tensor) (t: Tensor) (x: Tensor) : Tensor =
        Expect.rankAtLeast "Field.timeDependent" 1 x
        let shape = Array.copy x.Dims
        shape[x.Rank - 1] <- 1
        f (Prim.concat (x.Rank - 1) [| Prim.broadcast shape [||] (Prim.cast x.Dtype t); x |])

    /// <summary>x' = f(t, [x; context]): what is known beforehand, such as x(0), seen at all times: data control.</summary>
    /// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. The context has the shape of x but along the last
    /// axis.</remarks>
    let conditioned (context: Tensor) (f: Tensor -> Tensor -> Tensor) (t: Tensor) (x: Tensor) : Tensor =
        Expect.rankAtLeast "Field.conditioned" 1 x
        let before (x: Tensor) = x.Dims[.. x.Rank - 2]

        if context.Rank <> x.Rank || not (Shape.same (before context) (before x)) then
            Expect.misfit (
                $"Field.conditioned: got a context {Expect.text context} for a state {Expect.text x}, expected them equal "
                + "but for the last axis."
            )

        f t (Prim.concat (x.Rank - 1) [| x; context |])

    /// <summary>dx = g(t, x) dX(t): a controlled differential equation, x' = g(t, x) X'(t).</summary>
    /// <param name="control">X, of [channels] or [batch; channels].</param>
    /// <param name="g">To [state; channels] of a state [state], or [batch; state; channels] of [batch; state].</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The state.</param>
    /// <remarks>P. Kidger, J. Morrill, J. Foster, T. Lyons, Neural controlled differential equations for irregular time series, NeurIPS
    /// 2020. Give the path's kinks to Ode.jumpAt. ShapeException where g does not fit the state and the path.</remarks>
    let controlled (control: Control) (g: Tensor -> Tensor -> Tensor) (t: Tensor) (x: Tensor) : Tensor =
        let matrix, slope = g t x, cast x.Dtype (control.Derivative t)
        let channels = if slope.Rank = 0 then 0 else slope.Dims[slope.Rank - 1]
        let shape = Array.append x.Dims [| channels |]
        let batch = slope.Dims[.. slope.Rank - 2]

        if
            slope.Rank = 0
            || not (Shape.same matrix.Dims shape)
            || (slope.Rank > 1 && not (Shape.same batch x.Dims[.. x.Rank - 2]))
        then
            Expect.misfit
                $"Field.controlled: got a matrix {Expect.text matrix} for a state {Expect.text x} and a path {Expect.text slope}, expected [state; channels] for [state] and [channels], or all three with a batch axis before, which a path may leave out."

        squeeze -1 (matmul matrix (expandDims -1 slope))

    /// <summary>x' = f(w, t, x) while w' = q(t, w): weights that are a state of their own. (x, w)' = (f(w, t, x), q(t, w)).</summary>
    /// <remarks>T. Zhang et al., ANODEV2: a coupled neural ODE framework, NeurIPS 2019.</remarks>
    let evolvingWeights
        (flow: Tensor -> 'W -> 'W)
        (f: 'W -> Tensor -> 'S -> 'S)
        (t: Tensor)
        (x: 'S, weights: 'W)
        : 'S * 'W =
        f weights t x, flow t weights

    /// <summary>The flow of f backwards: x' = −f(t0 + t1 − t, x) leads from x(t1) to x(t0) as t goes from t0 to t1.</summary>
    let reverseTime (t0: float) (t1: float) (f: Tensor -> 'S -> 'S) (t: Tensor) (x: 'S) : 'S =
        f (t0 + t1 - t) x |> Tree.map (fun dx -> -dx)

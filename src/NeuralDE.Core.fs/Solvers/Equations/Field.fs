namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Functions from vector fields to vector fields. A field is a function of time ([]) and state to derivative.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Field =
    /// <summary>x'' = a(t, x, x') as a field of pairs: (x, v)' = (v, a(t, x, v)).</summary>
    /// <param name="acceleration">a, from t, x and v to a tree like x.</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The position.</param>
    /// <param name="v">The velocity, a tree like x.</param>
    /// <returns>The derivatives of x and v.</returns>
    /// <remarks>A. Norcliffe et al., On second order behaviour in augmented neural ODEs, NeurIPS 2020: as a coupled system
    /// of first order its gradient is cheaper than a second-order adjoint.</remarks>
    let secondOrder (acceleration: Tensor -> 'S -> 'S -> 'S) (t: Tensor) (x: 'S, v: 'S) : 'S * 'S =
        v, acceleration t x v

    /// As higherOrder, with the parts along the axis before `spatial` last axes.
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

    /// <summary>The equation x⁽ⁿ⁾ = f(t, [x; x'; …]), for a state of n parts concatenated along the last axis.</summary>
    /// <param name="order">n, at least 1; for 1 the field is f.</param>
    /// <param name="f">From the time and the whole state to the highest derivative, [batch…; d].</param>
    /// <param name="t">The time.</param>
    /// <param name="state">The parts, x first: [batch…; n d].</param>
    /// <returns>The derivative of the state, [batch…; n d].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the last axis of the state is not divisible by n.</exception>
    let higherOrder (order: int) (f: Tensor -> Tensor -> Tensor) (t: Tensor) (state: Tensor) : Tensor =
        higherOrderBefore 0 order f t state

    /// <summary>The equation x' = f([t; x]): the time is a further feature, before the others on the last axis.</summary>
    /// <param name="f">From [batch…; 1 + d] to [batch…; d].</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The state [batch…; d].</param>
    /// <returns>The derivative of the state, [batch…; d].</returns>
    let timeDependent (f: Tensor -> Tensor) (t: Tensor) (x: Tensor) : Tensor =
        Expect.rankAtLeast "Field.timeDependent" 1 x
        let shape = Array.copy x.Dims
        shape[x.Rank - 1] <- 1
        f (Prim.concat (x.Rank - 1) [| Prim.broadcast shape [||] (Prim.cast x.Dtype t); x |])

    /// <summary>The equation x' = f(t, [x; context]): data control by a context that is known beforehand, such as x(0), and
    /// constant in time.</summary>
    /// <param name="context">A tensor with the shape of x except along the last axis.</param>
    /// <param name="f">From the time and [batch…; d + c] to [batch…; d].</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The state [batch…; d].</param>
    /// <returns>The derivative of the state, [batch…; d].</returns>
    /// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">if context and state differ on another axis than the last.</exception>
    let conditioned (context: Tensor) (f: Tensor -> Tensor -> Tensor) (t: Tensor) (x: Tensor) : Tensor =
        Expect.rankAtLeast "Field.conditioned" 1 x
        let before (x: Tensor) = x.Dims[.. x.Rank - 2]

        if context.Rank <> x.Rank || not (Shape.same (before context) (before x)) then
            Expect.misfit (
                $"Field.conditioned: got a context {Expect.text context} for a state {Expect.text x}, expected equal shapes "
                + "except for the last axis."
            )

        f t (Prim.concat (x.Rank - 1) [| x; context |])

    /// <summary>The controlled differential equation dx = g(t, x) dX(t), which is x' = g(t, x) X'(t).</summary>
    /// <param name="control">X, of [channels] or [batch; channels].</param>
    /// <param name="g">From a state [state] to [state; channels], or from [batch; state] to [batch; state;
    /// channels].</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The state.</param>
    /// <returns>The derivative, like the state.</returns>
    /// <remarks>Set the kinks of the path by Ode.jumpAt. P. Kidger, J. Morrill, J. Foster, T. Lyons, Neural controlled
    /// differential equations for irregular time series, NeurIPS 2020.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">if g does not fit the state and the path.</exception>
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
                $"Field.controlled: got a matrix {Expect.text matrix} for a state {Expect.text x} and a path {Expect.text slope}, expected [state; channels] for [state] and [channels], or all three with a leading batch axis, which is optional for the path."

        squeeze -1 (matmul matrix (expandDims -1 slope))

    /// <summary>The equation x' = f(w, t, x) with weights that follow w' = q(t, w): (x, w)' = (f(w, t, x), q(t,
    /// w)).</summary>
    /// <param name="flow">q, from the time and the weights to a tree like the weights.</param>
    /// <param name="f">From the weights, the time and x to a tree like x.</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The state.</param>
    /// <param name="weights">The weights at t.</param>
    /// <returns>The derivatives of x and the weights.</returns>
    /// <remarks>T. Zhang et al., ANODEV2: a coupled neural ODE framework, NeurIPS 2019.</remarks>
    let evolvingWeights
        (flow: Tensor -> 'W -> 'W)
        (f: 'W -> Tensor -> 'S -> 'S)
        (t: Tensor)
        (x: 'S, weights: 'W)
        : 'S * 'W =
        f weights t x, flow t weights

    /// <summary>The flow of f backwards in time: x' = −f(t0 + t1 − t, x) leads from x(t1) to x(t0) as t goes from t0 to
    /// t1.</summary>
    /// <param name="t0">The start of the span.</param>
    /// <param name="t1">The end of the span.</param>
    /// <param name="f">The field.</param>
    /// <param name="t">The time.</param>
    /// <param name="x">The state.</param>
    /// <returns>The derivative, a tree like x.</returns>
    let reverseTime (t0: float) (t1: float) (f: Tensor -> 'S -> 'S) (t: Tensor) (x: 'S) : 'S =
        f (t0 + t1 - t) x |> Tree.map (fun dx -> -dx)

namespace NeuralDE;

// Fields whose states are pairs.
public static partial class Field
{
    /// <summary>x'' = a(t, x, x') as a field of pairs: (x, v)' = (v, a(t, x, v)).</summary>
    /// <remarks>
    /// A. Norcliffe et al., On second order behaviour in augmented neural ODEs, NeurIPS 2020: as a coupled system of first
    /// order its gradient is cheaper than a second-order adjoint.
    /// </remarks>
    public static Func<Tensor, (S X, S V), (S X, S V)> SecondOrder<S>(Func<Tensor, S, S, S> acceleration)
    {
        ArgumentNullException.ThrowIfNull(acceleration);
        return (t, state) => FieldModule.secondOrder(FSharp.Function(acceleration), t, state.X, state.V).ToValueTuple();
    }

    /// <summary>
    /// The equation x' = f(w, t, x) with weights that follow w' = q(t, w): (x, w)' = (f(w, t, x), q(t, w)).
    /// </summary>
    /// <remarks>T. Zhang et al., ANODEV2: a coupled neural ODE framework, NeurIPS 2019.</remarks>
    public static Func<Tensor, (S X, W Weights), (S X, W Weights)> EvolvingWeights<W, S>(
        Func<Tensor, W, W> flow,
        Func<W, Tensor, S, S> f
    )
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(f);
        return (t, state) =>
            FieldModule
                .evolvingWeights(FSharp.Function(flow), FSharp.Function(f), t, state.X, state.Weights)
                .ToValueTuple();
    }
}

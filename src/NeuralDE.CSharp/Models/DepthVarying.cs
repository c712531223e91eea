namespace NeuralDE;

/// <summary>Models that are constant between times, one for each piece of a span.</summary>
public static class Piecewise
{
    /// <summary>n models of their own, each made from a key of its own.</summary>
    public static Piecewise<M> Init<M>(int pieces, double start, double stop, Func<Key, M> make, Key key) =>
        PiecewiseModule.init(pieces, start, stop, FSharp.Function(make), Given(key));

    /// <summary>The field of a model in pieces: <c>Piecewise.Field((net, x) =&gt; net.Apply(x), p)</c>.</summary>
    public static Func<Tensor, Tensor, Tensor> Field<M>(Func<M, Tensor, Tensor> apply, Piecewise<M> p)
    {
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(p);
        return (t, x) => PiecewiseModule.field(FSharp.Function(apply), p, t, x);
    }
}

/// <summary>What a model in pieces is at a time.</summary>
public static class PiecewiseExtensions
{
    extension<M>(Piecewise<M> piecewise)
    {
        /// <summary>The times between pieces, for JumpAt of a problem.</summary>
        public double[] Jumps() => PiecewiseModule.jumps(Given(piecewise)).ToArray();

        /// <summary>
        /// The model at time t, a tensor []; before the first piece the first, after the last the last.
        /// </summary>
        public M At(Tensor t) => PiecewiseModule.at(Given(t), Given(piecewise));
    }
}

/// <summary>Models whose numbers are sums of functions of depth.</summary>
public static class Galerkin
{
    /// <summary>
    /// The model made from the key, constant in depth at first: the other coefficients are 0, and learned.
    /// </summary>
    public static Galerkin<M> Init<M>(Basis basis, double start, double stop, Func<Key, M> make, Key key) =>
        GalerkinModule.init(Given(basis), start, stop, FSharp.Function(make), Given(key));

    /// <summary>
    /// The field of a model that varies in depth: <c>Galerkin.Field((net, x) =&gt; net.Apply(x), g)</c>.
    /// </summary>
    public static Func<Tensor, Tensor, Tensor> Field<M>(Func<M, Tensor, Tensor> apply, Galerkin<M> g)
    {
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(g);
        return (t, x) => GalerkinModule.field(FSharp.Function(apply), g, t, x);
    }
}

/// <summary>What a model that varies in depth is at a time.</summary>
public static class GalerkinExtensions
{
    extension<M>(Galerkin<M> galerkin)
    {
        /// <summary>The model at time t: a tensor [].</summary>
        public M At(Tensor t) => GalerkinModule.at(Given(t), Given(galerkin));
    }
}

/// <summary>Functions of depth s, 0 to 1 from the start of a solve to its end, the first of them 1.</summary>
public static class BasisExtensions
{
    extension(Basis)
    {
        /// <summary>One of each. Basis.NewFourier(2), Basis.NewPolynomial(3), … are single ones.</summary>
        public static IReadOnlyList<Basis> All => Basis.all;
    }

    extension(Basis basis)
    {
        /// <summary>How many functions there are.</summary>
        public int Count() => Basis.count(Given(basis));

        /// <summary>All functions at s, a float tensor []: [count], in the dtype of s.</summary>
        public Tensor Values(Tensor s) => Basis.values(Given(basis), Given(s));
    }
}

/// <summary>
/// How weights evolve: θ' = τ Δθ + υ ∇θ + ρ θ over their last two axes (diffusion, advection, reaction), with τ, υ,
/// ρ learned for each leaf.
/// </summary>
public static class WeightFlowExtensions
{
    extension(WeightFlow)
    {
        /// <summary>At rest: all rates 0.</summary>
        public static WeightFlow AtRest<W>(W weights) => WeightFlow.atRest(weights);

        /// <summary>Normal rates of a deviation.</summary>
        public static WeightFlow Init<W>(double deviation, Key key, W weights) =>
            WeightFlow.init(deviation, Given(key), weights);
    }

    extension(WeightFlow flow)
    {
        /// <summary>θ' of weights θ, a tree of the same structure.</summary>
        public W Apply<W>(W weights) => WeightFlow.apply(Given(flow), weights);
    }
}

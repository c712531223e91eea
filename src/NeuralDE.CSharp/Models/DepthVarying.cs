namespace NeuralDE;

/// <summary>Models whose weights are constant on each of n equal pieces of the time span.</summary>
public static class Piecewise
{
    /// <summary>Makes <paramref name="pieces"/> models, each from its own key.</summary>
    /// <remarks>
    /// InputException unless <paramref name="pieces"/> is positive and the times of the span are finite and differ.
    /// </remarks>
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

/// <summary>The pieces of a piecewise model.</summary>
public static class PiecewiseExtensions
{
    extension<M>(Piecewise<M> piecewise)
    {
        /// <summary>The times between the pieces, for JumpAt of a problem.</summary>
        public double[] Jumps() => PiecewiseModule.jumps(Given(piecewise)).ToArray();

        /// <summary>
        /// The model at time t, a tensor []. Before the span it is the first piece, after the span the last.
        /// </summary>
        public M At(Tensor t) => PiecewiseModule.at(Given(t), Given(piecewise));
    }
}

/// <summary>Models whose weights vary in depth by a spectral expansion.</summary>
public static class Galerkin
{
    /// <summary>
    /// Makes an expansion that is constant in depth at first: the first coefficients are the model made from the key,
    /// the others are 0. All are trained.
    /// </summary>
    /// <remarks>InputException unless the times of the span are finite and differ.</remarks>
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

/// <summary>The values of a model that varies in depth.</summary>
public static class GalerkinExtensions
{
    extension<M>(Galerkin<M> galerkin)
    {
        /// <summary>The model at time t, a tensor [].</summary>
        public M At(Tensor t) => GalerkinModule.at(Given(t), Given(galerkin));
    }
}

/// <summary>
/// Functions of the depth s, which goes from 0 at the start of a solve to 1 at its end. The first function is the
/// constant 1.
/// </summary>
public static class BasisExtensions
{
    extension(Basis)
    {
        /// <summary>
        /// One basis of each kind. Use Basis.NewFourier(2), Basis.NewPolynomial(3), … to make a single basis.
        /// </summary>
        public static IReadOnlyList<Basis> All => Basis.all;
    }

    extension(Basis basis)
    {
        /// <summary>The number of functions.</summary>
        public int Count() => Basis.count(Given(basis));

        /// <summary>The values of all functions at s, a float tensor []: [count], in the dtype of s.</summary>
        /// <remarks>ShapeException unless s has the shape []; DtypeException unless s is a float tensor.</remarks>
        public Tensor Values(Tensor s) => Basis.values(Given(basis), Given(s));
    }
}

/// <summary>
/// A differential equation for weights: θ' = τ Δθ + υ ∇θ + ρ θ over their last two axes (diffusion, advection,
/// reaction). Each leaf has trainable rates τ, υ, ρ.
/// </summary>
/// <remarks>
/// Derivatives are index differences, mirrored at the ends. Without advection and reaction, the sum of a kernel is
/// constant; with all rates 0 the weights are constant. T. Zhang et al., ANODEV2: a coupled neural ODE framework,
/// NeurIPS 2019.
/// </remarks>
public static class WeightFlowExtensions
{
    extension(WeightFlow)
    {
        /// <summary>A flow with all rates 0, so the weights are constant at first.</summary>
        public static WeightFlow AtRest<W>(W weights) => WeightFlow.atRest(weights);

        /// <summary>
        /// A flow with normally distributed rates of standard deviation <paramref name="deviation"/>.
        /// </summary>
        public static WeightFlow Init<W>(double deviation, Key key, W weights) =>
            WeightFlow.init(deviation, Given(key), weights);
    }

    extension(WeightFlow flow)
    {
        /// <summary>The derivative θ' of weights θ: a tree of the same structure.</summary>
        /// <remarks>TreeException for weights with another number of leaves.</remarks>
        public W Apply<W>(W weights) => WeightFlow.apply(Given(flow), weights);
    }
}

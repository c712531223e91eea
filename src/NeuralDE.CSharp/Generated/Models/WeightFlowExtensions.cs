// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// A differential equation for weights: θ' = τ Δθ + υ ∇θ + ρ θ over their last two axes (diffusion, advection,
/// reaction). Each leaf has trainable rates τ, υ, ρ.
/// </summary>
/// <remarks>
/// Derivatives are index differences, mirrored at the ends. Without advection and reaction, the sum of a kernel is
/// constant; with all rates 0 the weights are constant. T. Zhang et al., ANODEV2: a coupled neural ODE framework,
/// NeurIPS 2019.
/// </remarks>
public static partial class WeightFlowExtensions
{
    extension(WeightFlow)
    {
        /// <summary>A flow with all rates 0, so the weights are constant at first.</summary>
        /// <param name="weights">The weights, a tree of tensors.</param>
        /// <returns>The flow.</returns>
        public static WeightFlow AtRest<W>(W weights) => WeightFlow.atRest(weights);

        /// <summary>
        /// A flow with normally distributed rates of standard deviation <paramref name="deviation"/>.
        /// </summary>
        /// <param name="deviation">The standard deviation.</param>
        /// <param name="key">The source of the random numbers.</param>
        /// <param name="weights">The weights, a tree of tensors.</param>
        /// <returns>The flow.</returns>
        public static WeightFlow Init<W>(double deviation, Key key, W weights) =>
            WeightFlow.init(deviation, Given(key), weights);
    }

    extension(WeightFlow flow)
    {
        /// <summary>The derivative θ' of weights θ: a tree of the same structure.</summary>
        /// <param name="weights">The weights, a tree of tensors.</param>
        /// <returns>A tree like the weights.</returns>
        /// <remarks>TreeException for weights with another number of leaves.</remarks>
        public W Apply<W>(W weights) => WeightFlow.apply(Given(flow), weights);
    }
}

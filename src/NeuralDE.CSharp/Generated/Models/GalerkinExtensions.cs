// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>A model of any type whose weights vary in depth by a spectral expansion, θ(s) = Σ_j ψ_j(s) a_j.</summary>
/// <remarks>
/// S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. With one basis function it equals the constant model, bit
/// for bit. The cost per evaluation of the field is one product of the weights' size times the number of functions.
/// </remarks>
public static partial class GalerkinExtensions
{
    extension<M>(Galerkin<M> galerkin)
    {
        /// <summary>The model at time t, a tensor [].</summary>
        /// <param name="t">The time [].</param>
        /// <returns>The model.</returns>
        public M At(Tensor t) => GalerkinModule.at(Given(t), Given(galerkin));
    }
}

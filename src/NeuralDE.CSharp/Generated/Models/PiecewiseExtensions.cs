// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// A model whose weights are constant on n equal pieces of the time span: a sequence of n models, each integrated over
/// its piece.
/// </summary>
/// <remarks>
/// S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. A step should end at each boundary: pass Jumps to
/// Problem.JumpAt.
/// </remarks>
public static partial class PiecewiseExtensions
{
    extension<M>(Piecewise<M> piecewise)
    {
        /// <summary>The times between the pieces, for Problem.JumpAt.</summary>
        /// <returns>One time less than there are pieces, in the order of the span.</returns>
        public double[] Jumps() => PiecewiseModule.jumps(Given(piecewise)).ToArray();

        /// <summary>
        /// The model at time t, a tensor []. Before the span it is the first piece, after the span the last.
        /// </summary>
        /// <param name="t">The time [].</param>
        /// <returns>The model.</returns>
        public M At(Tensor t) => PiecewiseModule.at(Given(t), Given(piecewise));
    }
}

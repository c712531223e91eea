// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// x ↦ [cos 2π x B; sin 2π x B] with random frequencies B. They help a network to represent fine detail in few
/// coordinates.
/// </summary>
/// <remarks>
/// The frequencies are constants: they have no derivative. M. Tancik et al., Fourier features let networks learn high
/// frequency functions in low dimensional domains, 2020.
/// </remarks>
public static partial class FourierFeaturesExtensions
{
    extension(FourierFeatures)
    {
        /// <summary>Normally distributed frequencies.</summary>
        /// <param name="deviation">Their standard deviation, in periods per unit of x.</param>
        /// <param name="key">The source of the numbers.</param>
        /// <param name="inputs">The number of input features.</param>
        /// <param name="frequencies">The number of frequencies.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">unless both numbers are positive.</exception>
        public static FourierFeatures Init(double deviation, Key key, int inputs, int frequencies) =>
            FourierFeatures.init(deviation, Given(key), inputs, frequencies);
    }

    extension(FourierFeatures layer)
    {
        /// <summary>The cosines and sines of x.</summary>
        /// <param name="x">[batch…; inputs].</param>
        /// <returns>[batch…; 2 frequencies].</returns>
        /// <exception cref="ShapeException">for another number of features.</exception>
        public Tensor Apply(Tensor x) => FourierFeatures.apply(Given(layer), Given(x));
    }
}

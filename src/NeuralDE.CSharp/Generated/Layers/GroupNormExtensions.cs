// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// (x − mean) / √(variance + ε) over each group of channels of each sample, then a scale and a shift for each channel.
/// PyTorch's GroupNorm.
/// </summary>
/// <remarks>Y. Wu, K. He, Group normalization, 2018.</remarks>
public static partial class GroupNormExtensions
{
    extension(GroupNorm)
    {
        /// <summary>Scale 1 and shift 0.</summary>
        /// <param name="groups">The number of groups.</param>
        /// <param name="channels">The number of channels, divisible by groups.</param>
        /// <returns>The layer.</returns>
        /// <exception cref="InputException">
        /// unless both are positive and the channels divide into the groups.
        /// </exception>
        public static GroupNorm Init(int groups, int channels) => GroupNorm.init(groups, channels);
    }

    extension(GroupNorm layer)
    {
        /// <summary>Normalises each group of channels of each sample.</summary>
        /// <param name="x">[batch; channels; …].</param>
        /// <returns>A tensor of the same shape.</returns>
        /// <exception cref="ShapeException">for another number of channels.</exception>
        public Tensor Apply(Tensor x) => GroupNorm.apply(Given(layer), Given(x));
    }
}

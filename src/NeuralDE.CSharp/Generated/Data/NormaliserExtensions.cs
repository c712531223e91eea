// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Normalisation of data, channel by channel: x ↦ (x − shift) / scale.</summary>
/// <remarks>
/// A normaliser is a tree, so it is saved with its model. Its tensors are then trained with the model, unless you keep
/// them out of the model or apply StopGradient to them. Fit it to the training data only, because information about the
/// test data would make test results too good.
/// </remarks>
public static partial class NormaliserExtensions
{
    extension(Normaliser)
    {
        /// <summary>Fits a normaliser to data [batch…; channels], using the values that a mask marks.</summary>
        /// <param name="kind">Standard, MinMax or Robust.</param>
        /// <param name="mask">bool, with the shape of the data. NaN always counts as missing.</param>
        /// <param name="x">The training data, float32 or float64.</param>
        /// <returns>The normaliser.</returns>
        /// <remarks>
        /// A constant channel gets the scale 1, so it is mapped to 0. InputException for a channel without values or
        /// with infinite values. ShapeException for a mask of another shape.
        /// </remarks>
        public static Normaliser FitMasked(Normalisation kind, Tensor mask, Tensor x) =>
            Normaliser.fitMasked(Given(kind), Given(mask), Given(x));

        /// <summary>Fits a normaliser to data [batch…; channels]. NaN counts as missing.</summary>
        /// <param name="kind">Standard, MinMax or Robust.</param>
        /// <param name="x">The training data, float32 or float64.</param>
        /// <returns>The normaliser.</returns>
        /// <remarks>
        /// A constant channel gets the scale 1, so it is mapped to 0. InputException for a channel without values or
        /// with infinite values.
        /// </remarks>
        public static Normaliser Fit(Normalisation kind, Tensor x) => Normaliser.fit(Given(kind), Given(x));
    }

    extension(Normaliser normaliser)
    {
        /// <summary>Normalises data: (x − shift) / scale, [batch…; channels] → [batch…; channels].</summary>
        /// <param name="x">[batch…; channels].</param>
        /// <returns>[batch…; channels].</returns>
        /// <remarks>ShapeException for another number of channels.</remarks>
        public Tensor Apply(Tensor x) => Normaliser.apply(Given(normaliser), Given(x));

        /// <summary>Inverts Apply: x · scale + shift.</summary>
        /// <param name="x">Normalised data [batch…; channels].</param>
        /// <returns>[batch…; channels].</returns>
        /// <remarks>ShapeException for another number of channels.</remarks>
        public Tensor Invert(Tensor x) => Normaliser.invert(Given(normaliser), Given(x));
    }
}

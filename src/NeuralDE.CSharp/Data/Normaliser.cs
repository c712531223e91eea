namespace NeuralDE;

/// <summary>x ↦ (x − shift) / scale, channel by channel.</summary>
public static class NormaliserExtensions
{
    extension(Normaliser)
    {
        /// <summary>The normaliser of data [batch…; channels], from the values that a mask marks.</summary>
        /// <param name="kind">Standard, MinMax or Robust.</param>
        /// <param name="mask">bool, of the data's shape. NaN counts as missing whatever it says.</param>
        /// <param name="x">The training data, float32 or float64.</param>
        /// <remarks>
        /// A channel that is constant gets the scale 1, so that it becomes 0. InputException for a channel without
        /// values or with infinite ones.
        /// </remarks>
        public static Normaliser FitMasked(Normalisation kind, Tensor mask, Tensor x) =>
            Normaliser.fitMasked(Given(kind), Given(mask), Given(x));

        /// <summary>The normaliser of data [batch…; channels]; NaN counts as missing.</summary>
        public static Normaliser Fit(Normalisation kind, Tensor x) => Normaliser.fit(Given(kind), Given(x));
    }

    extension(Normaliser normaliser)
    {
        /// <summary>(x − shift) / scale: [batch…; channels] → [batch…; channels].</summary>
        public Tensor Apply(Tensor x) => Normaliser.apply(Given(normaliser), Given(x));

        /// <summary>x · scale + shift, which undoes Apply.</summary>
        public Tensor Invert(Tensor x) => Normaliser.invert(Given(normaliser), Given(x));
    }
}

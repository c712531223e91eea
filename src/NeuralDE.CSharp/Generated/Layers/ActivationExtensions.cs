// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>An element-wise function as data, so that its model can be compared, printed and saved.</summary>
public static partial class ActivationExtensions
{
    extension(Activation)
    {
        /// <summary>One activation of each kind, with PyTorch's default slopes.</summary>
        /// <remarks>Use Activation.Tanh, Activation.NewLeakyRelu(0.1), … for a single activation.</remarks>
        public static IReadOnlyList<Activation> All => Activation.all;
    }

    extension(Activation activation)
    {
        /// <summary>Applies the function to each element.</summary>
        /// <param name="x">Floats of any shape.</param>
        /// <returns>A tensor of the same shape.</returns>
        public Tensor Apply(Tensor x) => Activation.apply(Given(activation), Given(x));
    }
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Functions of the depth s, which goes from 0 at the start of a solve to 1 at its end. The first function is the
/// constant 1.
/// </summary>
public static partial class BasisExtensions
{
    extension(Basis)
    {
        /// <summary>
        /// One basis of each kind, for tests of laws that hold for all of them. Use <c>Basis.NewFourier(2)</c>,
        /// <c>Basis.NewPolynomial(3)</c>, … for a single basis.
        /// </summary>
        public static IReadOnlyList<Basis> All => Basis.all;
    }

    extension(Basis basis)
    {
        /// <summary>The number of functions.</summary>
        /// <returns>A number, at least 1.</returns>
        public int Count() => Basis.count(Given(basis));

        /// <summary>The values of all functions at s, a float tensor []: [count], in the dtype of s.</summary>
        /// <param name="s">A float tensor [].</param>
        /// <returns>[count], in the dtype of s.</returns>
        /// <remarks>ShapeException unless s has the shape []; DtypeException unless s is a float tensor.</remarks>
        public Tensor Values(Tensor s) => Basis.values(Given(basis), Given(s));
    }
}

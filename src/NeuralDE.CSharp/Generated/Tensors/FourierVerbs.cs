// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>The discrete Fourier transform of [batch…; n]: Xₖ = Σⱼ xⱼ exp(−2πi jk/n).</summary>
    /// <param name="x">Re and Im [batch…; n], floats.</param>
    /// <returns>Re and Im [batch…; n].</returns>
    /// <exception cref="ShapeException">
    /// Re and Im have different shapes, or no elements along the last axis.
    /// </exception>
    /// <exception cref="DtypeException">Re and Im are not of one float dtype.</exception>
    public static ComplexTensor Fft(ComplexTensor x) => FourierVerbsModule.fft(Given(x));

    /// <summary>The inverse of Fft: xⱼ = 1/n Σₖ Xₖ exp(2πi jk/n).</summary>
    /// <param name="x">Re and Im [batch…; n], floats.</param>
    /// <returns>Re and Im [batch…; n].</returns>
    /// <exception cref="ShapeException">
    /// Re and Im have different shapes, or no elements along the last axis.
    /// </exception>
    /// <exception cref="DtypeException">Re and Im are not of one float dtype.</exception>
    public static ComplexTensor Ifft(ComplexTensor x) => FourierVerbsModule.ifft(Given(x));

    /// <summary>
    /// The discrete Fourier transform of n real numbers: its first n/2 + 1 elements, [batch…; n] → [batch…; n/2 + 1].
    /// The other elements are their conjugates.
    /// </summary>
    /// <param name="x">[batch…; n], floats.</param>
    /// <returns>Re and Im [batch…; n/2 + 1], of the dtype of x.</returns>
    /// <exception cref="ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static ComplexTensor Rfft(Tensor x) => FourierVerbsModule.rfft(Given(x));

    /// <summary>
    /// The n real numbers whose Rfft is x [batch…; n/2 + 1]. Imaginary parts that must be 0 are ignored.
    /// </summary>
    /// <param name="x">Re and Im [batch…; n/2 + 1], floats.</param>
    /// <param name="n">The number of real numbers, 1 or more.</param>
    /// <returns>[batch…; n], of the dtype of x.</returns>
    /// <exception cref="ShapeException">
    /// Re and Im have different shapes, or not n/2 + 1 elements along the last axis.
    /// </exception>
    /// <exception cref="InputException">n is less than 1.</exception>
    /// <exception cref="DtypeException">Re and Im are not of one float dtype.</exception>
    public static Tensor Irfft(ComplexTensor x, int n) => FourierVerbsModule.irfft(n, Given(x));

    /// <summary>
    /// The cosine transform of type 2: yₖ = 2 Σⱼ xⱼ cos(π k (2j + 1) / 2n). If orthonormal, y₀ is multiplied by 1/√4n
    /// and the others by 1/√2n.
    /// </summary>
    /// <param name="x">[batch…; n], floats.</param>
    /// <param name="isOrthonormal">Whether the transform is scaled to an orthogonal matrix.</param>
    /// <returns>[batch…; n].</returns>
    /// <exception cref="ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Dct(Tensor x, bool isOrthonormal) => FourierVerbsModule.dct(isOrthonormal, Given(x));

    /// <summary>
    /// The inverse of Dct with the same option. If orthonormal, it is the cosine transform of type 3.
    /// </summary>
    /// <param name="x">[batch…; n], floats.</param>
    /// <param name="isOrthonormal">Whether the transform is scaled to an orthogonal matrix.</param>
    /// <returns>[batch…; n].</returns>
    /// <exception cref="ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Idct(Tensor x, bool isOrthonormal) => FourierVerbsModule.idct(isOrthonormal, Given(x));

    /// <summary>
    /// The cosine transform of type 3: yₖ = x₀ + 2 Σⱼ xⱼ cos(π j (2k + 1) / 2n) over j ≥ 1, which is 2n times the
    /// inverse of type 2. If orthonormal, it is Idct.
    /// </summary>
    /// <param name="x">[batch…; n], floats.</param>
    /// <param name="isOrthonormal">Whether the transform is scaled to an orthogonal matrix.</param>
    /// <returns>[batch…; n].</returns>
    /// <exception cref="ShapeException">x has no last axis, or no elements along it.</exception>
    /// <exception cref="DtypeException">x is not a float.</exception>
    public static Tensor Dct3(Tensor x, bool isOrthonormal) => FourierVerbsModule.dct3(isOrthonormal, Given(x));
}

using System.Numerics;

namespace NeuralDE.Kernels;

/// <summary>The discrete Fourier transform of complex rows of any length.</summary>
internal static class Fourier
{
    /// <summary>
    /// target[b, k] ← Σⱼ source[b, j] e^(∓2πi jk / n): minus forward, plus inverse; unscaled in both directions. The
    /// arrays are [batches; n; 2], real and imaginary part, and may be the same.
    /// </summary>
    public static void Run(ElementType type, bool inverse, long batches, long n, nint source, nint target) =>
        Widest.Run(type, new Work(inverse, batches, n, source, target));

    private readonly struct Work(bool inverse, long batches, long n, nint source, nint target) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> => FourierRows<T, S>.Run(inverse, batches, n, source, target);
    }
}

using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>The discrete Fourier transform of complex rows of any length.</summary>
internal static class Fourier
{
    /// <summary>
    /// target[b, k] ← Σⱼ source[b, j] e^(∓2πi jk / n): minus forward, plus inverse; unscaled in both directions. The
    /// arrays are [batches; n; 2], real and imaginary part, and may be the same.
    /// </summary>
    public static void Run(ElementType type, bool inverse, long batches, long n, nint source, nint target)
    {
        if (type == ElementType.Float32)
            Run<float>(inverse, batches, n, source, target);
        else
            Run<double>(inverse, batches, n, source, target);
    }

    private static void Run<T>(bool inverse, long batches, long n, nint source, nint target)
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
            FourierRows<T, Lanes512<T>>.Run(inverse, batches, n, source, target);
        else if (Vector256.IsHardwareAccelerated)
            FourierRows<T, Lanes256<T>>.Run(inverse, batches, n, source, target);
        else
            FourierRows<T, Lane<T>>.Run(inverse, batches, n, source, target);
    }
}

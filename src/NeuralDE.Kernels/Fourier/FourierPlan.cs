using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>One pass over the data. `Length` is the product of this radix and those of the later stages.</summary>
/// <param name="Factors">e^(−2πi p k / Length) for 0 ≤ p &lt; Length / Radix, 0 &lt; k &lt; Radix</param>
/// <param name="Roots">e^(−2πi j / Radix), 0 ≤ j &lt; Radix</param>
internal readonly record struct FourierStage(int Radix, long Length, nint Factors, nint Roots);

/// <summary>The constants of transforms of one length, cached.</summary>
internal sealed unsafe class FourierPlan<T>
    where T : unmanaged
{
    /// <summary>A length with a larger prime factor is transformed as a convolution.</summary>
    private const int LargestRadix = 31;

    private static readonly ConcurrentDictionary<long, FourierPlan<T>> Plans = new();

    private readonly List<T[]> tables = [];

    private FourierPlan(long length)
    {
        Length = length;
        var radices = Radices(length);

        if (radices is null)
        {
            Convolution = Of(ConvolutionLength(length));
            Chirp = Table(length, ChirpAt);
            Filter = Table(Convolution.Length, FilterSpectrum());
            Stages = [];
            return;
        }

        Stages = new FourierStage[radices.Count];
        long rest = length;

        for (int i = 0; i < Stages.Length; i++)
        {
            long whole = rest;
            int radix = radices[i];
            rest /= radix;
            var factors = Table(rest * (radix - 1), at => Root(at / (radix - 1) * (at % (radix - 1) + 1), whole));
            Stages[i] = new(radix, whole, factors, Table(radix, j => Root(j, radix)));
        }
    }

    /// <summary>The plan for a length ≥ 1.</summary>
    public static FourierPlan<T> Of(long length) => Plans.GetOrAdd(length, static n => new(n));

    public long Length { get; }

    public FourierStage[] Stages { get; }

    /// <summary>
    /// For a length with a large prime factor (Bluestein, A linear filtering approach to the computation of the
    /// discrete Fourier transform, 1970): with the chirp w[j] = e^(−πi j² / n),
    ///   X[k] = w[k] Σⱼ (x[j] w[j]) / w[k − j],
    /// a convolution of this longer length.
    /// </summary>
    public FourierPlan<T>? Convolution { get; }

    /// <summary>w[j], alternating real and imaginary parts.</summary>
    public nint Chirp { get; }

    /// <summary>The transform of 1 / w, divided by its length.</summary>
    public nint Filter { get; }

    /// <summary>The number of complex intermediate values of the transform of one row.</summary>
    public long Working => Convolution?.Length ?? Length;

    /// <summary>e^(−2πi j / n)</summary>
    private static (double, double) Root(long j, long n)
    {
        var (cosine, sine) = Turns.Of(j % n, n);
        return (cosine, -sine);
    }

    private (double, double) ChirpAt(long j) => Root(j * j % (2 * Length), 2 * Length);

    /// <summary>
    /// The radices of a length, larger ones first and 4 for pairs of 2; null if a prime factor is too large.
    /// </summary>
    private static List<int>? Radices(long length)
    {
        List<int> radices = [];

        for (int radix = LargestRadix; radix >= 2; radix--)
            if (radix <= 5 || IsPrime(radix))
                for (; length % radix == 0; length /= radix)
                    radices.Add(radix);

        return length == 1 ? radices : null;
    }

    private static bool IsPrime(int n)
    {
        for (int d = 2; d * d <= n; d++)
            if (n % d == 0)
                return false;
        return true;
    }

    /// <summary>The smallest 2ᵃ, 3 2ᵃ or 5 2ᵃ that is at least 2 n − 1.</summary>
    private static long ConvolutionLength(long n)
    {
        long best = long.MaxValue;

        foreach (long odd in (ReadOnlySpan<long>)[1, 3, 5])
        {
            long length = odd;

            while (length < 2 * n - 1)
                length *= 2;
            best = Math.Min(best, length);
        }

        return best;
    }

    /// <summary>Computed in float64 for both types.</summary>
    private Func<long, (double, double)> FilterSpectrum()
    {
        long length = Convolution!.Length;
        var filter = new double[2 * length];

        for (long j = 0; j < Length; j++)
        {
            var (re, im) = ChirpAt(j);

            foreach (long at in (ReadOnlySpan<long>)[j, (length - j) % length])
            {
                filter[2 * at] = re / length;
                filter[2 * at + 1] = -im / length;
            }
        }

        fixed (double* numbers = filter)
            Fourier.Run(ElementType.Float64, false, 1, length, (nint)numbers, (nint)numbers);
        return at => (filter[2 * at], filter[2 * at + 1]);
    }

    /// <summary>Complex numbers at a fixed address that lives as long as the plan.</summary>
    private nint Table(long count, Func<long, (double Re, double Im)> value)
    {
        var table = GC.AllocateUninitializedArray<T>((int)Math.Max(1, 2 * count), pinned: true);
        tables.Add(table);
        var start = (T*)Unsafe.AsPointer(ref table[0]);

        for (long i = 0; i < count; i++)
        {
            var (re, im) = value(i);
            Lane<T>.Store(Lane<T>.Of(re), start + 2 * i);
            Lane<T>.Store(Lane<T>.Of(im), start + 2 * i + 1);
        }

        return (nint)start;
    }
}

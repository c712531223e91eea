using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

internal enum RandomKind
{
    /// <summary>Uniform in [0, 1): float64 from the upper 53 bits, float32 from the upper 24.</summary>
    Uniform,

    /// <summary>
    /// Standard normal: the quantile of (b + ½) 2⁻⁵² for the upper 52 bits b, rounded to float32 at the end.
    /// </summary>
    Normal,

    /// <summary>64 random bits as int64.</summary>
    Bits,
}

/// <summary>Arrays of random numbers: a number depends only on its key and its index in the row.</summary>
internal static unsafe class RandomNumbers
{
    /// <summary>Fills row b of the target [rows; width] with the elements 0, 1, … of keys[b] (int64).</summary>
    public static void Fill(RandomKind kind, ElementType type, nint keys, long rows, long width, nint target)
    {
        if (Words512.IsSupported)
            RandomRows<Words512, Lanes512<double>>.Fill(kind, type, keys, rows, width, target);
        else if (Words256.IsSupported)
            RandomRows<Words256, Lanes256<double>>.Fill(kind, type, keys, rows, width, target);
        else
            RandomRows<Word, Lane<double>>.Fill(kind, type, keys, rows, width, target);
    }

    /// <summary>Fills the target with the elements first, first + 1, … of a key.</summary>
    public static void FillPart(RandomKind kind, ElementType type, long key, long first, long count, nint target)
    {
        if (Words512.IsSupported)
            RandomRows<Words512, Lanes512<double>>.FillPart(kind, type, key, first, count, target);
        else if (Words256.IsSupported)
            RandomRows<Words256, Lanes256<double>>.FillPart(kind, type, key, first, count, target);
        else
            RandomRows<Word, Lane<double>>.FillPart(kind, type, key, first, count, target);
    }
}

/// <summary>The same for one vector width.</summary>
internal static unsafe class RandomRows<W, S>
    where W : struct, IWords<W>
    where S : struct, IVector<S>
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Elements computed together: first their bits, then their values.</summary>
    private const int Chunk = 256;

    /// <summary>The number of elements per step is a multiple of this.</summary>
    private const int Step = 16;

    public static void Fill(RandomKind kind, ElementType type, nint keys, long rows, long width, nint target)
    {
        nint bytes = (nint)(width * type.Size());

        for (long row = 0; row < rows; row++, target += bytes)
            FillPart(kind, type, ((long*)keys)[row], 0, width, target);
    }

    [MethodImpl(Hot)]
    [SkipLocalsInit]
    public static void FillPart(RandomKind kind, ElementType type, long key, long first, long count, nint target)
    {
        ulong* bits = stackalloc ulong[Chunk];
        double* roots = stackalloc double[Chunk];
        int* outside = stackalloc int[Chunk];
        int size = type.Size();
        long last = first + count;
        // elements are computed in pairs
        int skipped = (int)(first & 1);

        for (first -= skipped; first < last; first += Chunk, skipped = 0)
        {
            int made = (int)Math.Min(Chunk, last - first);
            int whole = (made + Step - 1) / Step * Step;
            Philox<W>.Bits(key, first / 2, bits, whole);

            if (kind == RandomKind.Uniform && type == ElementType.Float32)
                Uniform(bits, whole, 40, 0, 5.9604644775390625e-8);
            else if (kind == RandomKind.Uniform)
                Uniform(bits, whole, 11, 0, 1.1102230246251565e-16);
            else if (kind == RandomKind.Normal)
            {
                Uniform(bits, whole, 12, 0.5, 2.220446049250313e-16);
                NormalQuantile<S>.Run((nint)bits, whole, (nint)outside, (nint)roots);
            }

            if (type == ElementType.Float32)
                Narrow((double*)bits, whole);
            int wanted = (made - skipped) * size;
            Runs.Copy((byte*)bits + skipped * size, (byte*)target, wanted);
            target += wanted;
        }
    }

    /// <summary>Replaces bits by (⌊bits / 2^shift⌋ + offset) scale in float64, in place.</summary>
    [MethodImpl(Hot)]
    private static void Uniform(ulong* bits, int count, int shift, double offset, double scale)
    {
        for (int i = 0; i < count; i += Vector256<ulong>.Count)
        {
            var upper = Vector256.Load(bits + i) >> shift;
            var number = Vector256.ConvertToDouble(upper.AsInt64());
            Vector256.Store((number + Vector256.Create(offset)) * Vector256.Create(scale), (double*)bits + i);
        }
    }

    /// <summary>Rounds float64 to float32, in place.</summary>
    [MethodImpl(Hot)]
    private static void Narrow(double* values, int count)
    {
        for (int i = 0; i < count; i += Vector256<float>.Count)
        {
            var lower = Vector256.Load(values + i);
            var upper = Vector256.Load(values + i + Vector256<double>.Count);
            Vector256.Store(Vector256.Narrow(lower, upper), (float*)values + i);
        }
    }
}

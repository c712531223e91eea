using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

internal enum RandomKind
{
    /// <summary>In [0, 1): float64 from the upper 53 bits, float32 from the upper 24.</summary>
    Uniform,

    /// <summary>Standard normal: the quantile of (b + ½) 2⁻⁵² with the upper 52 bits b, rounded to float32 at the end.</summary>
    Normal,

    /// <summary>64 random bits as int64.</summary>
    Bits,
}

/// <summary>Arrays of random numbers: a number depends on its key and on its index in the row only.</summary>
internal static unsafe class RandomNumbers
{
    /// <summary>Row b of the target [rows; width] holds the elements 0, 1, … of keys[b] (int64).</summary>
    public static void Fill(RandomKind kind, ElementType type, nint keys, long rows, long width, nint target)
    {
        if (Words512.IsSupported)
            RandomRows<Words512, Lanes512<double>>.Fill(kind, type, keys, rows, width, target);
        else if (Words256.IsSupported)
            RandomRows<Words256, Lanes256<double>>.Fill(kind, type, keys, rows, width, target);
        else
            RandomRows<Word, Lane<double>>.Fill(kind, type, keys, rows, width, target);
    }

    /// <summary>The target holds the elements first, first + 1, … of a key.</summary>
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

/// <summary>The same at one width.</summary>
internal static unsafe class RandomRows<W, S>
    where W : struct, IWords<W>
    where S : struct, IVector<S>
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Elements that are made together: bits, then what becomes of them.</summary>
    private const int Chunk = 256;

    /// <summary>Of so many elements every step makes a multiple.</summary>
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
        // elements are made two at a time
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

    /// <summary>(⌊bits / 2^shift⌋ + offset) scale as float64, in place.</summary>
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

    /// <summary>float64 becomes float32, in place.</summary>
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

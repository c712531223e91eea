using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NeuralDE.Kernels;

/// <summary>Transposes by blocks of 8 × 8 elements in vectors.</summary>
internal static unsafe class Transposition
{
    private const int Block = 8;

    /// <summary>With fewer rows, a simple loop over them is as fast.</summary>
    public const int Fewest = 4;

    /// <summary>target[r targetStep + c] ← source[c sourceStep + r]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(long rows, long columns, T* source, long sourceStep, T* target, long targetStep)
        where T : unmanaged
    {
        // the number of columns of the target that read the same 64 bytes of the source
        int together = sizeof(T) == 4 ? 2 * Block : Block;
        long wholeColumns = columns - columns % Block;
        long r = 0;

        if (Avx.IsSupported && sizeof(T) >= 4)
            while (rows - r >= Block)
            {
                long height = rows - r >= together ? together : Block;

                for (long c = 0; c < wholeColumns; c += Block)
                for (long above = 0; above < height; above += Block)
                {
                    T* from = source + c * sourceStep + r + above;
                    T* to = target + (r + above) * targetStep + c;

                    if (sizeof(T) == 4)
                        Block4((float*)from, sourceStep, (float*)to, targetStep);
                    else
                        Block8((double*)from, sourceStep, (double*)to, targetStep);
                }

                Plain(height, columns, wholeColumns, source + r, sourceStep, target + r * targetStep, targetStep);
                r += height;
            }

        Plain(rows - r, columns, 0, source + r, sourceStep, target + r * targetStep, targetStep);
    }

    /// <summary>The columns from firstColumn on, one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Plain<T>(
        long rows,
        long columns,
        long firstColumn,
        T* source,
        long sourceStep,
        T* target,
        long targetStep
    )
        where T : unmanaged
    {
        for (long c = firstColumn; c < columns; c++)
            Runs.Spread(source + c * sourceStep, target + c, targetStep, rows);
    }

    /// <summary>A block of 8 × 8 elements of four bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block4(float* source, long sourceStep, float* target, long targetStep)
    {
        // rows c and c + 4 of the source become the halves of one vector
        var a = Halves(source, sourceStep, 0);
        var b = Halves(source, sourceStep, 1);
        var c = Halves(source, sourceStep, 2);
        var d = Halves(source, sourceStep, 3);
        Quarter(a.Low, b.Low, c.Low, d.Low, target, targetStep);
        Quarter(a.High, b.High, c.High, d.High, target + 4 * targetStep, targetStep);
    }

    private readonly ref struct Pair(Vector256<float> low, Vector256<float> high)
    {
        public readonly Vector256<float> Low = low;
        public readonly Vector256<float> High = high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Pair Halves(float* source, long step, long row)
    {
        float* upper = source + row * step;
        float* lower = upper + 4 * step;
        return new(
            Vector256.Create(Vector128.Load(upper), Vector128.Load(lower)),
            Vector256.Create(Vector128.Load(upper + 4), Vector128.Load(lower + 4))
        );
    }

    /// <summary>Four rows of the target: two 4 × 4 blocks in the halves of the vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector256<float> a,
        Vector256<float> b,
        Vector256<float> c,
        Vector256<float> d,
        float* target,
        long step
    )
    {
        var ab = Avx.UnpackLow(a, b).AsDouble();
        var cd = Avx.UnpackLow(c, d).AsDouble();
        Vector256.Store(Avx.UnpackLow(ab, cd).AsSingle(), target);
        Vector256.Store(Avx.UnpackHigh(ab, cd).AsSingle(), target + step);
        ab = Avx.UnpackHigh(a, b).AsDouble();
        cd = Avx.UnpackHigh(c, d).AsDouble();
        Vector256.Store(Avx.UnpackLow(ab, cd).AsSingle(), target + 2 * step);
        Vector256.Store(Avx.UnpackHigh(ab, cd).AsSingle(), target + 3 * step);
    }

    /// <summary>A block of 8 × 8 elements of eight bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block8(double* source, long sourceStep, double* target, long targetStep)
    {
        for (int r = 0; r < Block; r += 2)
        {
            double* even = target + r * targetStep;
            double* odd = even + targetStep;

            for (int c = 0; c < Block; c += 4)
            {
                // columns c and c + 2 of the target are the halves of one vector
                double* from = source + c * sourceStep + r;
                var a = Vector256.Create(Vector128.Load(from), Vector128.Load(from + 2 * sourceStep));
                from += sourceStep;
                var b = Vector256.Create(Vector128.Load(from), Vector128.Load(from + 2 * sourceStep));
                Vector256.Store(Avx.UnpackLow(a, b), even + c);
                Vector256.Store(Avx.UnpackHigh(a, b), odd + c);
            }
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NeuralDE.Kernels;

/// <summary>
/// Transposes: target[k, j] = source[j, k], with adjacent k in the source and adjacent j in the target.
/// </summary>
internal static unsafe class GemmTurn
{
    /// <summary>The target has <paramref name="rows"/> rows, the source <paramref name="columns"/>.</summary>
    public static void Run<S>(byte* source, nint sourceStep, int rows, int columns, byte* target, nint targetStep)
        where S : struct, IVector<S>
    {
        if (S.ElementSize == 4)
        {
            if (Avx512F.IsSupported)
                Run<TurnFloats512, TurnFloats128, int>(source, sourceStep, rows, columns, target, targetStep);
            else if (Avx.IsSupported)
                Run<TurnFloats256, TurnFloats128, int>(source, sourceStep, rows, columns, target, targetStep);
            else
                Each<int>(source, sizeof(int), sourceStep, rows, columns, target, targetStep);
        }
        else
        {
            if (Avx512F.IsSupported)
                Run<TurnDoubles512, TurnDoubles128, long>(source, sourceStep, rows, columns, target, targetStep);
            else if (Avx.IsSupported)
                Run<TurnDoubles256, TurnDoubles128, long>(source, sourceStep, rows, columns, target, targetStep);
            else
                Each<long>(source, sizeof(long), sourceStep, rows, columns, target, targetStep);
        }
    }

    private static void Run<Wide, Narrow, T>(
        byte* source,
        nint sourceStep,
        int rows,
        int columns,
        byte* target,
        nint targetStep
    )
        where Wide : struct, ITurnSquares
        where Narrow : struct, ITurnSquares
        where T : unmanaged
    {
        if (rows < Narrow.Side || columns < Narrow.Columns)
        {
            Each<T>(source, sizeof(T), sourceStep, rows, columns, target, targetStep);
            return;
        }

        long j = 0;

        for (; j <= columns - Wide.Columns; j += Wide.Columns)
            Stripe<Wide>(source + (nint)j * sourceStep, sourceStep, rows, target + (nint)(j * sizeof(T)), targetStep);

        for (; j < columns; j += Narrow.Columns)
        {
            // the last square is moved back to stay within the edge; elements transposed twice get the same value
            nint first = (nint)long.Min(j, columns - Narrow.Columns);
            Stripe<Narrow>(source + first * sourceStep, sourceStep, rows, target + first * sizeof(T), targetStep);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Stripe<Squares>(byte* source, nint sourceStep, int rows, byte* target, nint targetStep)
        where Squares : struct, ITurnSquares
    {
        for (; rows >= Squares.Side; rows -= Squares.Side)
        {
            Squares.Turn(source, sourceStep, target, targetStep);
            source += 16;
            target += Squares.Side * targetStep;
        }

        if (rows > 0)
        {
            int back = Squares.Side - rows;
            Squares.Turn(source - back * (16 / Squares.Side), sourceStep, target - back * targetStep, targetStep);
        }
    }

    /// <summary>target[k, j] = source at k rowStep + j columnStep, element by element.</summary>
    public static void Gather<S>(
        byte* source,
        nint rowStep,
        nint columnStep,
        int rows,
        int columns,
        byte* target,
        nint targetStep
    )
        where S : struct, IVector<S>
    {
        if (S.ElementSize == 4)
            Each<int>(source, rowStep, columnStep, rows, columns, target, targetStep);
        else
            Each<long>(source, rowStep, columnStep, rows, columns, target, targetStep);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Each<T>(
        byte* source,
        nint rowStep,
        nint columnStep,
        int rows,
        int columns,
        byte* target,
        nint targetStep
    )
        where T : unmanaged
    {
        for (int k = 0; k < rows; k++)
        {
            byte* from = source + k * rowStep;
            var to = (T*)(target + k * targetStep);

            for (int j = 0; j < columns; j++)
            {
                to[j] = *(T*)from;
                from += columnStep;
            }
        }
    }
}

using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Copies of a matrix with adjacent columns in whole vectors, padded with zeros.</summary>
internal static unsafe class GemmPack
{
    /// <summary>
    /// panel[k, j] = source[k, j] for <paramref name="rows"/> rows; a row of the panel is <paramref name="width"/> bytes.
    /// </summary>
    public static void Run<S>(
        byte* source,
        nint rowStep,
        nint columnStep,
        int rows,
        int columns,
        byte* panel,
        nint width
    )
        where S : struct, IVector<S>
    {
        if (columnStep == S.ElementSize)
        {
            Copy<S>(source, rowStep, rows, columns, panel, width);
            return;
        }

        if (columns * S.ElementSize < width)
            Unsafe.InitBlockUnaligned(panel, 0, (uint)(rows * width));

        if (rowStep == S.ElementSize)
            GemmTurn.Run<S>(source, columnStep, rows, columns, panel, width);
        else
            GemmTurn.Gather<S>(source, rowStep, columnStep, rows, columns, panel, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<S>(byte* source, nint rowStep, int rows, int columns, byte* panel, nint width)
        where S : struct, IVector<S>
    {
        int last = columns & (S.Count - 1);
        nint whole = (nint)(columns - last) * S.ElementSize;

        for (; rows > 0; rows--)
        {
            for (nint j = 0; j < whole; j += S.Count * S.ElementSize)
                S.Store(S.Load(source + j), panel + j);

            if (last > 0)
                S.Store(S.LoadFirst(source + whole, last), panel + whole);
            source += rowStep;
            panel += width;
        }
    }
}

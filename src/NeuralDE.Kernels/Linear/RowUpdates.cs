using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Subtracts multiples of rows from a row, one after another and each rounded once: the bits of an element do not
/// depend on the number of rows processed together.
/// </summary>
internal static unsafe class RowUpdates<T, S>
    where T : unmanaged
    where S : struct, IVector<S>
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The number of rows that <see cref="SubtractBlock"/> processes together.</summary>
    public const int Block = 8;

    /// <summary>target[c] ← target[c] − factor row[c], 0 ≤ c &lt; width</summary>
    [MethodImpl(Hot)]
    public static void Subtract(T* target, long width, T* row, T* factor)
    {
        var f = -S.Broadcast(factor);
        long c = 0;

        for (; c <= width - S.Count; c += S.Count)
            S.Store(S.Fma(f, S.Load(row + c), S.Load(target + c)), target + c);

        if (c < width)
        {
            int rest = (int)(width - c);
            S.StoreFirst(S.Fma(f, S.LoadFirst(row + c, rest), S.LoadFirst(target + c, rest)), target + c, rest);
        }
    }

    /// <summary>target[c] ← target[c] − Σ factors[b factorStep] rows[b rowStep + c] over the block's rows b</summary>
    [MethodImpl(Hot)]
    public static void SubtractBlock(T* target, long width, T* rows, long rowStep, T* factors, long factorStep)
    {
        var f0 = -S.Broadcast(factors);
        var f1 = -S.Broadcast(factors + factorStep);
        var f2 = -S.Broadcast(factors + 2 * factorStep);
        var f3 = -S.Broadcast(factors + 3 * factorStep);
        var f4 = -S.Broadcast(factors + 4 * factorStep);
        var f5 = -S.Broadcast(factors + 5 * factorStep);
        var f6 = -S.Broadcast(factors + 6 * factorStep);
        var f7 = -S.Broadcast(factors + 7 * factorStep);
        T* middle = rows + 4 * rowStep;
        long c = 0;

        for (; c <= width - S.Count; c += S.Count)
        {
            T* row = rows + c;
            var x = S.Fma(f0, S.Load(row), S.Load(target + c));
            x = S.Fma(f1, S.Load(row + rowStep), x);
            x = S.Fma(f2, S.Load(row + 2 * rowStep), x);
            x = S.Fma(f3, S.Load(row + 3 * rowStep), x);
            row = middle + c;
            x = S.Fma(f4, S.Load(row), x);
            x = S.Fma(f5, S.Load(row + rowStep), x);
            x = S.Fma(f6, S.Load(row + 2 * rowStep), x);
            x = S.Fma(f7, S.Load(row + 3 * rowStep), x);
            S.Store(x, target + c);
        }

        if (c < width)
        {
            int rest = (int)(width - c);
            T* row = rows + c;
            var x = S.Fma(f0, S.LoadFirst(row, rest), S.LoadFirst(target + c, rest));
            x = S.Fma(f1, S.LoadFirst(row + rowStep, rest), x);
            x = S.Fma(f2, S.LoadFirst(row + 2 * rowStep, rest), x);
            x = S.Fma(f3, S.LoadFirst(row + 3 * rowStep, rest), x);
            row = middle + c;
            x = S.Fma(f4, S.LoadFirst(row, rest), x);
            x = S.Fma(f5, S.LoadFirst(row + rowStep, rest), x);
            x = S.Fma(f6, S.LoadFirst(row + 2 * rowStep, rest), x);
            x = S.Fma(f7, S.LoadFirst(row + 3 * rowStep, rest), x);
            S.StoreFirst(x, target + c, rest);
        }
    }

    /// <summary>target[c] ← target[c] / divisor</summary>
    [MethodImpl(Inline)]
    public static void Divide(T* target, long width, T* divisor)
    {
        var d = S.Broadcast(divisor);
        long c = 0;

        for (; c <= width - S.Count; c += S.Count)
            S.Store(S.Load(target + c) / d, target + c);

        if (c < width)
            S.StoreFirst(S.LoadFirst(target + c, (int)(width - c)) / d, target + c, (int)(width - c));
    }
}

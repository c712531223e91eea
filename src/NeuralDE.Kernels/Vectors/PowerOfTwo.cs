using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Powers of two by their exponent bits.</summary>
internal static class PowerOfTwo
{
    /// <summary>2ⁿ for an integral n with a normal result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Normal<S>(S n)
        where S : struct, IVector<S>
    {
        // puts n + bias into the lowest bits of a number whose ulp is 1
        if (S.ElementSize == 4)
            return S.ShiftLeft(n + S.Of(12582912.0 + 127), 23);
        return S.ShiftLeft(n + S.Of(6755399441055744.0 + 1023), 52);
    }

    /// <summary>a 2ⁿ as a product of three factors, so that the largest and the denormal results are reached.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static S Scale<S>(S a, S n)
        where S : struct, IVector<S>
    {
        // beyond this limit, every finite number except 0 overflows or underflows
        var limit = S.Of(S.ElementSize == 4 ? 300 : 2100);
        n = S.MinNative(S.MaxNative(n, -limit), limit);
        var third = S.Round(n * S.Of(1.0 / 3));
        var p = Normal(third);
        return a * p * p * Normal(n - third - third);
    }
}

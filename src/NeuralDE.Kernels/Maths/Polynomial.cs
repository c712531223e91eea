using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Polynomials by Horner's rule, rounded once per step.</summary>
internal static class Polynomial
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>A constant that differs between the two lane types.</summary>
    [MethodImpl(Inline)]
    public static S Constant<S>(double forFloat, double forDouble)
        where S : struct, IVector<S> => S.ElementSize == 4 ? S.Of(forFloat) : S.Of(forDouble);

    /// <summary>sum x + a.</summary>
    [MethodImpl(Inline)]
    public static S Horner<S>(S sum, S x, double a)
        where S : struct, IVector<S> => S.Fma(sum, x, S.Of(a));

    /// <summary>(sum x + a) x + b.</summary>
    [MethodImpl(Inline)]
    public static S Horner<S>(S sum, S x, double a, double b)
        where S : struct, IVector<S> => S.Fma(S.Fma(sum, x, S.Of(a)), x, S.Of(b));

    /// <summary>((sum x + a) x + b) x + c.</summary>
    [MethodImpl(Inline)]
    public static S Horner<S>(S sum, S x, double a, double b, double c)
        where S : struct, IVector<S> => S.Fma(S.Fma(S.Fma(sum, x, S.Of(a)), x, S.Of(b)), x, S.Of(c));

    /// <summary>(((sum x + a) x + b) x + c) x + d.</summary>
    [MethodImpl(Inline)]
    public static S Horner<S>(S sum, S x, double a, double b, double c, double d)
        where S : struct, IVector<S> => S.Fma(S.Fma(S.Fma(S.Fma(sum, x, S.Of(a)), x, S.Of(b)), x, S.Of(c)), x, S.Of(d));
}

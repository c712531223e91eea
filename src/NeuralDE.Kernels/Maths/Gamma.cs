using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

internal static partial class Maths
{
    /// <summary>log |Γ(x)|: +∞ at 0, at negative integers and at ±∞.</summary>
    [MethodImpl(Inline)]
    public static S Lgamma<S>(S x)
        where S : struct, IVector<S> => LaneByLane.Of<S, Special.LgammaFunction>(x);

    /// <summary>ψ⁽ⁿ⁾: the digamma function (n = 0) and its derivatives.</summary>
    [MethodImpl(Inline)]
    public static S Polygamma<S>(S x, double order)
        where S : struct, IVector<S> => LaneByLane.WithParameter<S, Special.PolygammaFunction>(x, order);
}

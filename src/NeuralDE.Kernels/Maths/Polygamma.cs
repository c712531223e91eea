using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

internal static unsafe partial class Maths
{
    /// <summary>ψ⁽ⁿ⁾: the digamma function (n = 0) and its derivatives.</summary>
    [MethodImpl(Inline)]
    public static S Polygamma<S>(S x, double order)
        where S : struct, IVector<S> => LaneByLane.WithParameter(x, order, &Special.Polygamma);
}

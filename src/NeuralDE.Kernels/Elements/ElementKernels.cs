using System;
using System.Numerics;

namespace NeuralDE.Kernels;

/// <summary>One operation over the elements of contiguous memory.</summary>
internal static class ElementKernels
{
    /// <summary>
    /// target[i] = op (a[i], b[i], c[i]) for i &lt; count, with the number of operands of the operation; a single
    /// operand is one element, used for all i. The type is that of the operands: comparisons write bools; the first
    /// operand of Select is bools and the type is that of the others. The parameter is the exponent of Power or the
    /// order of Polygamma. The target may have the address of an operand; otherwise they must not overlap.
    /// </summary>
    public static void Run(
        ElementOp op,
        ElementType type,
        double parameter,
        nint a,
        bool aSingle,
        nint b,
        bool bSingle,
        nint c,
        bool cSingle,
        nint target,
        long count
    )
    {
        if (count <= 0)
            return;

        // Select only moves elements
        bool isSelect = op == ElementOp.Select;
        var floats = new Floats(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);

        if (type == ElementType.Float32 || (isSelect && type == ElementType.Int32))
            Widest.Run(ElementType.Float32, floats);
        else if (type == ElementType.Float64 || (isSelect && type == ElementType.Int64))
            Widest.Run(ElementType.Float64, floats);
        else if (isSelect)
            IntegerElements.Select(a, aSingle, b, bSingle, c, cSingle, target, count);
        else if (type == ElementType.Int32)
            IntegerElements.Run<int>(op, type, a, aSingle, b, bSingle, target, count);
        else if (type == ElementType.Int64)
            IntegerElements.Run<long>(op, type, a, aSingle, b, bSingle, target, count);
        else
            IntegerElements.Run<byte>(op, type, a, aSingle, b, bSingle, target, count);
    }

    private readonly struct Floats(
        ElementOp op,
        double parameter,
        nint a,
        bool aSingle,
        nint b,
        bool bSingle,
        nint c,
        bool cSingle,
        nint target,
        long count
    ) : IVectorWork
    {
        public void Run<T, S>()
            where T : unmanaged, INumber<T>
            where S : struct, IVector<S> =>
            FloatElements.Run<S>(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);
    }

    /// <summary>
    /// target[i] = a[i] cast to the other type. Float → integer truncates, saturates outside the range of the type, NaN
    /// → 0; integer → integer wraps; number → float rounds once; number → bool is ≠ 0 (true for NaN); bool → number is
    /// 0 or 1. A target at the address of the operand requires elements that are not larger.
    /// </summary>
    public static void Cast(ElementType from, ElementType to, nint a, bool aSingle, nint target, long count)
    {
        if (count > 0)
            ElementCast.Run(from, to, a, aSingle, target, count);
    }

    internal static NotSupportedException Unsupported(ElementOp op, ElementType type) =>
        new($"{op} of {type} has no kernel, expected an operation that this type supports.");
}

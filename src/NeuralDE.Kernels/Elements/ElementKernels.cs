using System;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>One operation over the elements of contiguous memory.</summary>
internal static class ElementKernels
{
    /// <summary>
    /// target[i] = op (a[i], b[i], c[i]) for i &lt; count, with as many operands as the operation has; an operand that is
    /// single is one element used for all. The type is that of the operands: comparisons write bools; the first operand of
    /// Select is bools and the type that of the others. The parameter is Power's exponent or Polygamma's order. The target
    /// may be an operand's address; otherwise they do not overlap.
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

        if (type == ElementType.Float32 || (op == ElementOp.Select && type == ElementType.Int32))
            Floats<float>(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);
        else if (type == ElementType.Float64 || (op == ElementOp.Select && type == ElementType.Int64))
            Floats<double>(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);
        else if (op == ElementOp.Select)
            IntegerElements.Select(a, aSingle, b, bSingle, c, cSingle, target, count);
        else if (type == ElementType.Int32)
            IntegerElements.Run<int>(op, type, a, aSingle, b, bSingle, target, count);
        else if (type == ElementType.Int64)
            IntegerElements.Run<long>(op, type, a, aSingle, b, bSingle, target, count);
        else
            IntegerElements.Run<byte>(op, type, a, aSingle, b, bSingle, target, count);
    }

    /// <summary>At the widest vectors that the machine has.</summary>
    private static void Floats<T>(
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
    )
        where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated)
            FloatElements.Run<Lanes512<T>>(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);
        else if (Vector256.IsHardwareAccelerated)
            FloatElements.Run<Lanes256<T>>(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);
        else
            FloatElements.Run<Lane<T>>(op, parameter, a, aSingle, b, bSingle, c, cSingle, target, count);
    }

    /// <summary>
    /// target[i] = a[i] as the other type. Float → integer towards 0, to the nearest integer of the type where it is outside,
    /// NaN → 0; integer → integer wraps; number → float rounds once; number → bool is ≠ 0 (NaN is); bool → number is 0 or 1.
    /// A target at the operand's address needs elements that are not larger.
    /// </summary>
    public static void Cast(ElementType from, ElementType to, nint a, bool aSingle, nint target, long count)
    {
        if (count > 0)
            ElementCast.Run(from, to, a, aSingle, target, count);
    }

    internal static NotSupportedException Unsupported(ElementOp op, ElementType type) =>
        new($"{op} of {type} has no kernel, expected an operation that the type has.");
}

using System;
using System.Globalization;
using F = NeuralDE.Kernels.ElementFunctions;

namespace NeuralDE.Kernels;

/// <summary>Selects the loop of an operation on floats for one vector width.</summary>
internal static unsafe class FloatElements
{
    /// <summary>See <see cref="ElementKernels.Run"/>; count > 0.</summary>
    public static void Run<S>(
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
        where S : struct, IVector<S>
    {
        byte* x = (byte*)a;
        byte* y = (byte*)b;
        byte* z = (byte*)c;
        byte* result = (byte*)target;

        if (Loops<S>.OfOne[(int)op] is var unary && unary != null)
            unary(x, aSingle, result, count);
        else if (Loops<S>.OfTwo[(int)op] is var binary && binary != null)
            binary(x, aSingle, y, bSingle, result, count);
        else if (op == ElementOp.Select)
            FloatLoops.Select<S>(x, aSingle, y, bSingle, z, cSingle, result, count);
        else if (op == ElementOp.Fma)
            FloatLoops.Fma<S>(x, aSingle, y, bSingle, z, cSingle, result, count);
        else if (op == ElementOp.Power)
            Power<S>(parameter, x, aSingle, result, count);
        else if (op == ElementOp.Polygamma)
            FloatLoops.Unary<S, F.Polygamma>(new(Order(parameter)), x, aSingle, result, count);
        else
            throw ElementKernels.Unsupported(op, S.ElementSize == 4 ? ElementType.Float32 : ElementType.Float64);
    }

    /// <summary>The loops of one width for the operations in <see cref="ElementTable"/>; null for others.</summary>
    private static class Loops<S>
        where S : struct, IVector<S>
    {
        public static readonly delegate* <byte*, bool, byte*, long, void>[] OfOne;
        public static readonly delegate* <byte*, bool, byte*, bool, byte*, long, void>[] OfTwo;

        static Loops()
        {
            OfOne = new delegate* <byte*, bool, byte*, long, void>[ElementTable.Size];
            OfTwo = new delegate* <byte*, bool, byte*, bool, byte*, long, void>[ElementTable.Size];
            ElementTable.Fill(new LoopTable<S>());
        }
    }

    private readonly struct LoopTable<S> : IElementTable
        where S : struct, IVector<S>
    {
        public void Unary<TFunction>(ElementOp op)
            where TFunction : struct, IUnary => Loops<S>.OfOne[(int)op] = &OfOne<S, TFunction>;

        public void Binary<TFunction>(ElementOp op)
            where TFunction : struct, IBinary => Loops<S>.OfTwo[(int)op] = &OfTwo<S, TFunction>;

        public void Compare<TFunction>(ElementOp op)
            where TFunction : struct, IBinary => Loops<S>.OfTwo[(int)op] = &FloatLoops.Compare<S, TFunction>;
    }

    private static void OfOne<S, TFunction>(byte* a, bool aSingle, byte* target, long count)
        where S : struct, IVector<S>
        where TFunction : struct, IUnary => FloatLoops.Unary<S, TFunction>(default, a, aSingle, target, count);

    private static void OfTwo<S, TFunction>(byte* a, bool aSingle, byte* b, bool bSingle, byte* target, long count)
        where S : struct, IVector<S>
        where TFunction : struct, IBinary
    {
        if (count == 1)
            FloatLoops.BinaryRest<S, TFunction>(a, b, target, 1);
        else
            FloatLoops.Binary<S, TFunction>(a, aSingle, b, bSingle, target, count);
    }

    private static double Order(double order) =>
        order >= 0 && order == Math.Floor(order)
            ? order
            : throw new ArgumentOutOfRangeException(
                nameof(order),
                $"polygamma of order {order.ToString(CultureInfo.InvariantCulture)}, expected 0, 1, 2, …"
            );

    private static void Power<S>(double exponent, byte* a, bool aSingle, byte* target, long count)
        where S : struct, IVector<S>
    {
        delegate* <byte*, bool, byte*, long, void> loop = exponent switch
        {
            0 => &OfOne<S, F.One>,
            1 => &OfOne<S, F.Itself>,
            2 => &OfOne<S, F.Square>,
            3 => &OfOne<S, F.Cube>,
            4 => &OfOne<S, F.FourthPower>,
            -1 => &OfOne<S, F.Reciprocal>,
            -2 => &OfOne<S, F.ReciprocalSquare>,
            0.5 => &OfOne<S, F.RootPower>,
            -0.5 => &OfOne<S, F.ReciprocalRootPower>,
            _ => null,
        };

        if (loop != null)
            loop(a, aSingle, target, count);
        else
            FloatLoops.Unary<S, F.GeneralPower>(new(exponent), a, aSingle, target, count);
    }
}

using System;
using System.Globalization;
using F = NeuralDE.Kernels.ElementFunctions;
using P = NeuralDE.Kernels.ElementPairs;

namespace NeuralDE.Kernels;

/// <summary>Which loop an operation on floats of one width is.</summary>
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

        if (op == ElementOp.Power)
            Power<S>(parameter, x, aSingle, result, count);
        else if (op == ElementOp.Polygamma)
            FloatLoops.Unary<S, F.Polygamma>(new(Order(parameter)), x, aSingle, result, count);
        else if (op < ElementOp.Not)
            Unary<S>(op, x, aSingle, result, count);
        else if (op == ElementOp.Select)
            FloatLoops.Select<S>(x, aSingle, y, bSingle, z, cSingle, result, count);
        else if (op == ElementOp.Fma)
            FloatLoops.Fma<S>(x, aSingle, y, bSingle, z, cSingle, result, count);
        else
            Binary<S>(op, x, aSingle, y, bSingle, result, count);
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
        switch (exponent)
        {
            case 0:
                FloatLoops.Unary<S, F.One>(default, a, aSingle, target, count);
                break;
            case 1:
                FloatLoops.Unary<S, F.Itself>(default, a, aSingle, target, count);
                break;
            case 2:
                FloatLoops.Unary<S, F.Square>(default, a, aSingle, target, count);
                break;
            case 3:
                FloatLoops.Unary<S, F.Cube>(default, a, aSingle, target, count);
                break;
            case 4:
                FloatLoops.Unary<S, F.FourthPower>(default, a, aSingle, target, count);
                break;
            case -1:
                FloatLoops.Unary<S, F.Reciprocal>(default, a, aSingle, target, count);
                break;
            case -2:
                FloatLoops.Unary<S, F.ReciprocalSquare>(default, a, aSingle, target, count);
                break;
            case 0.5:
                FloatLoops.Unary<S, F.RootPower>(default, a, aSingle, target, count);
                break;
            case -0.5:
                FloatLoops.Unary<S, F.ReciprocalRootPower>(default, a, aSingle, target, count);
                break;
            default:
                FloatLoops.Unary<S, F.Power>(new(exponent), a, aSingle, target, count);
                break;
        }
    }

    private static void Unary<S>(ElementOp op, byte* a, bool aSingle, byte* target, long count)
        where S : struct, IVector<S>
    {
        switch (op)
        {
            case ElementOp.Neg:
                FloatLoops.Unary<S, F.Neg>(default, a, aSingle, target, count);
                break;
            case ElementOp.Abs:
                FloatLoops.Unary<S, F.Abs>(default, a, aSingle, target, count);
                break;
            case ElementOp.Sign:
                FloatLoops.Unary<S, F.Sign>(default, a, aSingle, target, count);
                break;
            case ElementOp.Sqrt:
                FloatLoops.Unary<S, F.Sqrt>(default, a, aSingle, target, count);
                break;
            case ElementOp.Exp:
                FloatLoops.Unary<S, F.Exp>(default, a, aSingle, target, count);
                break;
            case ElementOp.Expm1:
                FloatLoops.Unary<S, F.Expm1>(default, a, aSingle, target, count);
                break;
            case ElementOp.Log:
                FloatLoops.Unary<S, F.Log>(default, a, aSingle, target, count);
                break;
            case ElementOp.Log1p:
                FloatLoops.Unary<S, F.Log1p>(default, a, aSingle, target, count);
                break;
            case ElementOp.Sin:
                FloatLoops.Unary<S, F.Sin>(default, a, aSingle, target, count);
                break;
            case ElementOp.Cos:
                FloatLoops.Unary<S, F.Cos>(default, a, aSingle, target, count);
                break;
            case ElementOp.Tan:
                FloatLoops.Unary<S, F.Tan>(default, a, aSingle, target, count);
                break;
            case ElementOp.Asin:
                FloatLoops.Unary<S, F.Asin>(default, a, aSingle, target, count);
                break;
            case ElementOp.Acos:
                FloatLoops.Unary<S, F.Acos>(default, a, aSingle, target, count);
                break;
            case ElementOp.Atan:
                FloatLoops.Unary<S, F.Atan>(default, a, aSingle, target, count);
                break;
            case ElementOp.Sinh:
                FloatLoops.Unary<S, F.Sinh>(default, a, aSingle, target, count);
                break;
            case ElementOp.Cosh:
                FloatLoops.Unary<S, F.Cosh>(default, a, aSingle, target, count);
                break;
            case ElementOp.Tanh:
                FloatLoops.Unary<S, F.Tanh>(default, a, aSingle, target, count);
                break;
            case ElementOp.Asinh:
                FloatLoops.Unary<S, F.Asinh>(default, a, aSingle, target, count);
                break;
            case ElementOp.Acosh:
                FloatLoops.Unary<S, F.Acosh>(default, a, aSingle, target, count);
                break;
            case ElementOp.Atanh:
                FloatLoops.Unary<S, F.Atanh>(default, a, aSingle, target, count);
                break;
            case ElementOp.Sigmoid:
                FloatLoops.Unary<S, F.Sigmoid>(default, a, aSingle, target, count);
                break;
            case ElementOp.Softplus:
                FloatLoops.Unary<S, F.Softplus>(default, a, aSingle, target, count);
                break;
            case ElementOp.Erf:
                FloatLoops.Unary<S, F.Erf>(default, a, aSingle, target, count);
                break;
            case ElementOp.Erfinv:
                FloatLoops.Unary<S, F.Erfinv>(default, a, aSingle, target, count);
                break;
            case ElementOp.Lgamma:
                FloatLoops.Unary<S, F.Lgamma>(default, a, aSingle, target, count);
                break;
            case ElementOp.Floor:
                FloatLoops.Unary<S, F.Floor>(default, a, aSingle, target, count);
                break;
            case ElementOp.Ceil:
                FloatLoops.Unary<S, F.Ceil>(default, a, aSingle, target, count);
                break;
            case ElementOp.Round:
                FloatLoops.Unary<S, F.Round>(default, a, aSingle, target, count);
                break;
            default:
                throw ElementKernels.Unsupported(op, S.ElementSize == 4 ? ElementType.Float32 : ElementType.Float64);
        }
    }

    private static void Binary<S>(ElementOp op, byte* a, bool aSingle, byte* b, bool bSingle, byte* target, long count)
        where S : struct, IVector<S>
    {
        switch (op)
        {
            case ElementOp.Add:
                FloatLoops.Binary<S, P.Add>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Sub:
                FloatLoops.Binary<S, P.Sub>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Mul:
                FloatLoops.Binary<S, P.Mul>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Div:
                FloatLoops.Binary<S, P.Div>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Pow:
                FloatLoops.Binary<S, P.Pow>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Max:
                FloatLoops.Binary<S, P.Max>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Min:
                FloatLoops.Binary<S, P.Min>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Atan2:
                FloatLoops.Binary<S, P.Atan2>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Mod:
                FloatLoops.Binary<S, P.Mod>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Equal:
                FloatLoops.Compare<S, P.Equal>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.NotEqual:
                FloatLoops.Compare<S, P.NotEqual>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Less:
                FloatLoops.Compare<S, P.Less>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.LessEqual:
                FloatLoops.Compare<S, P.LessEqual>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.Greater:
                FloatLoops.Compare<S, P.Greater>(a, aSingle, b, bSingle, target, count);
                break;
            case ElementOp.GreaterEqual:
                FloatLoops.Compare<S, P.GreaterEqual>(a, aSingle, b, bSingle, target, count);
                break;
            default:
                throw ElementKernels.Unsupported(op, S.ElementSize == 4 ? ElementType.Float32 : ElementType.Float64);
        }
    }
}

using System;
using F = NeuralDE.Kernels.ElementFunctions;
using P = NeuralDE.Kernels.ElementPairs;

namespace NeuralDE.Kernels;

/// <summary>A visitor of the float functions, one by one.</summary>
internal interface IElementTable
{
    void Unary<TFunction>(ElementOp op)
        where TFunction : struct, IUnary;

    void Binary<TFunction>(ElementOp op)
        where TFunction : struct, IBinary;

    /// <summary>A function that returns a mask.</summary>
    void Compare<TFunction>(ElementOp op)
        where TFunction : struct, IBinary;
}

/// <summary>
/// The float function of each operation. Loops and compiled code are made from this one list. An operation and its type
/// have the same name. Power, Polygamma, Select and Fma, which have a parameter or three operands, are in <see
/// cref="FloatElements"/>.
/// </summary>
internal static class ElementTable
{
    /// <summary>The number of operations.</summary>
    public static readonly int Size = Enum.GetValues<ElementOp>().Length;

    public static void Fill<T>(T table)
        where T : IElementTable
    {
        table.Unary<F.Neg>(ElementOp.Neg);
        table.Unary<F.Abs>(ElementOp.Abs);
        table.Unary<F.Sign>(ElementOp.Sign);
        table.Unary<F.Sqrt>(ElementOp.Sqrt);
        table.Unary<F.Exp>(ElementOp.Exp);
        table.Unary<F.Expm1>(ElementOp.Expm1);
        table.Unary<F.Log>(ElementOp.Log);
        table.Unary<F.Log1p>(ElementOp.Log1p);
        table.Unary<F.Sin>(ElementOp.Sin);
        table.Unary<F.Cos>(ElementOp.Cos);
        table.Unary<F.Tan>(ElementOp.Tan);
        table.Unary<F.Asin>(ElementOp.Asin);
        table.Unary<F.Acos>(ElementOp.Acos);
        table.Unary<F.Atan>(ElementOp.Atan);
        table.Unary<F.Sinh>(ElementOp.Sinh);
        table.Unary<F.Cosh>(ElementOp.Cosh);
        table.Unary<F.Tanh>(ElementOp.Tanh);
        table.Unary<F.Asinh>(ElementOp.Asinh);
        table.Unary<F.Acosh>(ElementOp.Acosh);
        table.Unary<F.Atanh>(ElementOp.Atanh);
        table.Unary<F.Sigmoid>(ElementOp.Sigmoid);
        table.Unary<F.Softplus>(ElementOp.Softplus);
        table.Unary<F.Erf>(ElementOp.Erf);
        table.Unary<F.Erfinv>(ElementOp.Erfinv);
        table.Unary<F.Lgamma>(ElementOp.Lgamma);
        table.Unary<F.Floor>(ElementOp.Floor);
        table.Unary<F.Ceil>(ElementOp.Ceil);
        table.Unary<F.Round>(ElementOp.Round);

        table.Binary<P.Add>(ElementOp.Add);
        table.Binary<P.Sub>(ElementOp.Sub);
        table.Binary<P.Mul>(ElementOp.Mul);
        table.Binary<P.Div>(ElementOp.Div);
        table.Binary<P.Pow>(ElementOp.Pow);
        table.Binary<P.Max>(ElementOp.Max);
        table.Binary<P.Min>(ElementOp.Min);
        table.Binary<P.Atan2>(ElementOp.Atan2);
        table.Binary<P.Mod>(ElementOp.Mod);

        table.Compare<P.Equal>(ElementOp.Equal);
        table.Compare<P.NotEqual>(ElementOp.NotEqual);
        table.Compare<P.Less>(ElementOp.Less);
        table.Compare<P.LessEqual>(ElementOp.LessEqual);
        table.Compare<P.Greater>(ElementOp.Greater);
        table.Compare<P.GreaterEqual>(ElementOp.GreaterEqual);
    }

    /// <summary>The types of the functions, by operation; null for operations outside the list.</summary>
    private static readonly Type?[] types = TypesOf();

    private static Type?[] TypesOf()
    {
        var types = new Type?[Size];
        Fill(new TypeTable(types));
        return types;
    }

    /// <summary>The type of an operation's function, an <see cref="IUnary"/> or <see cref="IBinary"/>, or null.</summary>
    public static Type? FunctionOf(ElementOp op) => types[(int)op];

    private readonly struct TypeTable(Type?[] types) : IElementTable
    {
        public void Unary<TFunction>(ElementOp op)
            where TFunction : struct, IUnary => types[(int)op] = typeof(TFunction);

        public void Binary<TFunction>(ElementOp op)
            where TFunction : struct, IBinary => types[(int)op] = typeof(TFunction);

        public void Compare<TFunction>(ElementOp op)
            where TFunction : struct, IBinary => types[(int)op] = typeof(TFunction);
    }
}

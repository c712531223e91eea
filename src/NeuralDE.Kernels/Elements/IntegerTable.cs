using System;
using I = NeuralDE.Kernels.IntegerFunctions;

namespace NeuralDE.Kernels;

/// <summary>The integer types and bool that support an operation.</summary>
[Flags]
internal enum IntegerTypes
{
    None = 0,
    Int32 = 1,
    Int64 = 2,
    Bool = 4,

    Integers = Int32 | Int64,
    All = Integers | Bool,
}

/// <summary>A visitor of the functions of integers and bools, one by one.</summary>
internal interface IIntegerTable
{
    void Unary<TFunction>(ElementOp op, IntegerTypes types)
        where TFunction : struct, IIntegerUnary;

    void Binary<TFunction>(ElementOp op, IntegerTypes types)
        where TFunction : struct, IIntegerBinary;

    /// <summary>A function that returns a bool.</summary>
    void Compare<TFunction>(ElementOp op, IntegerTypes types)
        where TFunction : struct, IIntegerCompare;
}

/// <summary>
/// The functions of integers and bools, by operation and type; <see cref="ElementTable"/> lists those of floats. An
/// operation and its type in <see cref="IntegerFunctions"/> have the same name.
/// </summary>
internal static class IntegerTable
{
    public static void Fill<T>(T table)
        where T : IIntegerTable
    {
        table.Unary<I.Neg>(ElementOp.Neg, IntegerTypes.Integers);
        table.Unary<I.Abs>(ElementOp.Abs, IntegerTypes.Integers);
        table.Unary<I.Sign>(ElementOp.Sign, IntegerTypes.Integers);
        table.Unary<I.Not>(ElementOp.Not, IntegerTypes.Bool);

        table.Binary<I.Add>(ElementOp.Add, IntegerTypes.Integers);
        table.Binary<I.Sub>(ElementOp.Sub, IntegerTypes.Integers);
        table.Binary<I.Mul>(ElementOp.Mul, IntegerTypes.Integers);
        table.Binary<I.Max>(ElementOp.Max, IntegerTypes.Integers);
        table.Binary<I.Min>(ElementOp.Min, IntegerTypes.Integers);
        table.Binary<I.Mod>(ElementOp.Mod, IntegerTypes.Integers);
        table.Binary<I.And>(ElementOp.And, IntegerTypes.All);
        table.Binary<I.Or>(ElementOp.Or, IntegerTypes.All);
        table.Binary<I.Xor>(ElementOp.Xor, IntegerTypes.All);
        table.Binary<I.FoldKey>(ElementOp.FoldKey, IntegerTypes.Int64);

        table.Compare<I.Equal>(ElementOp.Equal, IntegerTypes.All);
        table.Compare<I.NotEqual>(ElementOp.NotEqual, IntegerTypes.All);
        table.Compare<I.Less>(ElementOp.Less, IntegerTypes.All);
        table.Compare<I.LessEqual>(ElementOp.LessEqual, IntegerTypes.All);
        table.Compare<I.Greater>(ElementOp.Greater, IntegerTypes.All);
        table.Compare<I.GreaterEqual>(ElementOp.GreaterEqual, IntegerTypes.All);
    }
}

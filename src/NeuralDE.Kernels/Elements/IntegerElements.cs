using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Operations on int32 (T int), int64 (T long) and bool (T byte), one element at a time.</summary>
internal static unsafe class IntegerElements
{
    private const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    [MethodImpl(Loop)]
    private static void Unary<T, F>(T* a, bool aSingle, T* target, long count)
        where T : unmanaged, IBinaryInteger<T>
        where F : struct, IIntegerUnary
    {
        var x = *a;

        for (long i = 0; i < count; i++)
        {
            if (!aSingle)
                x = a[i];
            target[i] = F.Of(x);
        }
    }

    [MethodImpl(Loop)]
    private static void Binary<T, F>(T* a, bool aSingle, T* b, bool bSingle, T* target, long count)
        where T : unmanaged, IBinaryInteger<T>
        where F : struct, IIntegerBinary
    {
        var x = *a;
        var y = *b;

        for (long i = 0; i < count; i++)
        {
            // read single elements once, because the target may overwrite them
            if (!aSingle)
                x = a[i];
            if (!bSingle)
                y = b[i];
            target[i] = F.Of(x, y);
        }
    }

    [MethodImpl(Loop)]
    private static void Compare<T, F>(T* a, bool aSingle, T* b, bool bSingle, byte* target, long count)
        where T : unmanaged, IBinaryInteger<T>
        where F : struct, IIntegerCompare
    {
        var x = *a;
        var y = *b;

        for (long i = 0; i < count; i++)
        {
            if (!aSingle)
                x = a[i];
            if (!bSingle)
                y = b[i];
            target[i] = F.Of(x, y) ? (byte)1 : (byte)0;
        }
    }

    /// <summary>b if the condition is true, otherwise c, for bools.</summary>
    [MethodImpl(Loop)]
    public static void Select(
        nint condition,
        bool conditionSingle,
        nint b,
        bool bSingle,
        nint c,
        bool cSingle,
        nint target,
        long count
    )
    {
        byte* flags = (byte*)condition;
        byte* whenTrue = (byte*)b;
        byte* whenFalse = (byte*)c;
        byte flag = *flags;
        byte x = *whenTrue;
        byte y = *whenFalse;

        for (long i = 0; i < count; i++)
        {
            if (!conditionSingle)
                flag = flags[i];
            if (!bSingle)
                x = whenTrue[i];
            if (!cSingle)
                y = whenFalse[i];
            ((byte*)target)[i] = flag != 0 ? x : y;
        }
    }

    /// <summary>See <see cref="ElementKernels.Run"/>; count > 0.</summary>
    public static void Run<T>(
        ElementOp op,
        ElementType type,
        nint a,
        bool aSingle,
        nint b,
        bool bSingle,
        nint target,
        long count
    )
        where T : unmanaged, IBinaryInteger<T>
    {
        if (Loops<T>.OfOne[(int)op] is var unary && unary != null)
            unary((T*)a, aSingle, (T*)target, count);
        else if (Loops<T>.OfTwo[(int)op] is var binary && binary != null)
            binary((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
        else if (Loops<T>.Comparing[(int)op] is var compare && compare != null)
            compare((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
        else
            throw ElementKernels.Unsupported(op, type);
    }

    /// <summary>The loops of one type for the operations in <see cref="IntegerTable"/>; null for others.</summary>
    private static class Loops<T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static readonly delegate* <T*, bool, T*, long, void>[] OfOne;
        public static readonly delegate* <T*, bool, T*, bool, T*, long, void>[] OfTwo;
        public static readonly delegate* <T*, bool, T*, bool, byte*, long, void>[] Comparing;

        static Loops()
        {
            OfOne = new delegate* <T*, bool, T*, long, void>[ElementTable.Size];
            OfTwo = new delegate* <T*, bool, T*, bool, T*, long, void>[ElementTable.Size];
            Comparing = new delegate* <T*, bool, T*, bool, byte*, long, void>[ElementTable.Size];
            IntegerTable.Fill(new LoopTable<T>());
        }
    }

    private readonly struct LoopTable<T> : IIntegerTable
        where T : unmanaged, IBinaryInteger<T>
    {
        private static bool Has(IntegerTypes types) =>
            types.HasFlag(
                typeof(T) == typeof(byte) ? IntegerTypes.Bool
                : typeof(T) == typeof(int) ? IntegerTypes.Int32
                : IntegerTypes.Int64
            );

        public void Unary<TFunction>(ElementOp op, IntegerTypes types)
            where TFunction : struct, IIntegerUnary
        {
            if (Has(types))
                Loops<T>.OfOne[(int)op] = &IntegerElements.Unary<T, TFunction>;
        }

        public void Binary<TFunction>(ElementOp op, IntegerTypes types)
            where TFunction : struct, IIntegerBinary
        {
            if (Has(types))
                Loops<T>.OfTwo[(int)op] = &IntegerElements.Binary<T, TFunction>;
        }

        public void Compare<TFunction>(ElementOp op, IntegerTypes types)
            where TFunction : struct, IIntegerCompare
        {
            if (Has(types))
                Loops<T>.Comparing[(int)op] = &IntegerElements.Compare<T, TFunction>;
        }
    }
}

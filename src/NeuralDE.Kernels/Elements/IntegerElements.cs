using System.Numerics;
using System.Runtime.CompilerServices;
using I = NeuralDE.Kernels.IntegerFunctions;

namespace NeuralDE.Kernels;

/// <summary>Operations on int32 (T int), int64 (T long) and bool (T byte), one element after the other.</summary>
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
            // an element used for all is read once: the target may lie over it
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

    /// <summary>b where the condition is true, else c, of bools.</summary>
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

    private static void RunUnary<T>(ElementOp op, ElementType type, nint a, bool aSingle, nint target, long count)
        where T : unmanaged, IBinaryInteger<T>
    {
        bool isBool = type == ElementType.Bool;

        switch (op)
        {
            case ElementOp.Neg when !isBool:
                Unary<T, I.Neg>((T*)a, aSingle, (T*)target, count);
                break;
            case ElementOp.Abs when !isBool:
                Unary<T, I.Abs>((T*)a, aSingle, (T*)target, count);
                break;
            case ElementOp.Sign when !isBool:
                Unary<T, I.Sign>((T*)a, aSingle, (T*)target, count);
                break;
            case ElementOp.Not when isBool:
                Unary<T, I.Not>((T*)a, aSingle, (T*)target, count);
                break;
            default:
                throw ElementKernels.Unsupported(op, type);
        }
    }

    private static void RunCompare<T>(
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
        switch (op)
        {
            case ElementOp.Equal:
                Compare<T, I.Equal>((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
                break;
            case ElementOp.NotEqual:
                Compare<T, I.NotEqual>((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
                break;
            case ElementOp.Less:
                Compare<T, I.Less>((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
                break;
            case ElementOp.LessEqual:
                Compare<T, I.LessEqual>((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
                break;
            case ElementOp.Greater:
                Compare<T, I.Greater>((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
                break;
            case ElementOp.GreaterEqual:
                Compare<T, I.GreaterEqual>((T*)a, aSingle, (T*)b, bSingle, (byte*)target, count);
                break;
            default:
                throw ElementKernels.Unsupported(op, type);
        }
    }

    private static void RunBinary<T>(
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
        bool isBool = type == ElementType.Bool;

        switch (op)
        {
            case ElementOp.Add when !isBool:
                Binary<T, I.Add>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Sub when !isBool:
                Binary<T, I.Sub>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Mul when !isBool:
                Binary<T, I.Mul>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Max when !isBool:
                Binary<T, I.Max>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Min when !isBool:
                Binary<T, I.Min>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Mod when !isBool:
                Binary<T, I.Mod>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.And:
                Binary<T, I.And>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Or:
                Binary<T, I.Or>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.Xor:
                Binary<T, I.Xor>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            case ElementOp.FoldKey when type == ElementType.Int64:
                Binary<T, I.FoldKey>((T*)a, aSingle, (T*)b, bSingle, (T*)target, count);
                break;
            default:
                throw ElementKernels.Unsupported(op, type);
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
        switch (op)
        {
            case ElementOp.Neg:
            case ElementOp.Abs:
            case ElementOp.Sign:
            case ElementOp.Not:
                RunUnary<T>(op, type, a, aSingle, target, count);
                break;
            case ElementOp.Equal:
            case ElementOp.NotEqual:
            case ElementOp.Less:
            case ElementOp.LessEqual:
            case ElementOp.Greater:
            case ElementOp.GreaterEqual:
                RunCompare<T>(op, type, a, aSingle, b, bSingle, target, count);
                break;
            default:
                RunBinary<T>(op, type, a, aSingle, b, bSingle, target, count);
                break;
        }
    }
}

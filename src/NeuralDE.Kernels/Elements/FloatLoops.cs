using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// One pass over memory for each function and width: full vectors, then the rest without access behind it. A single
/// element is broadcast to a vector once, which is then read in every iteration.
/// </summary>
/// <remarks>
/// A function of one number is inlined once, because the long ones take up to 30 ms to compile: the rest is copied to a
/// vector of its own and passes the same loop again. That costs some nanoseconds, which short functions of two numbers
/// avoid: they have a method for the rest, and one number alone needs only that.
/// </remarks>
internal static unsafe class FloatLoops
{
    private const MethodImplOptions Loop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    /// <summary>Bytes of a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bytes<S>()
        where S : struct, IVector<S> => S.Count * S.ElementSize;

    /// <summary>
    /// The distance between vectors of an operand. A single element is broadcast to the block, which then replaces the
    /// operand, with distance 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Step<S>(ref byte* operand, bool isSingle, ref S block)
        where S : struct, IVector<S>
    {
        if (!isSingle)
            return Bytes<S>();

        block = S.Broadcast(operand);
        operand = (byte*)Unsafe.AsPointer(ref block);
        return 0;
    }

    [MethodImpl(Loop)]
    public static void Unary<S, F>(F function, byte* a, bool aSingle, byte* target, long count)
        where S : struct, IVector<S>
        where F : struct, IUnary
    {
        S aBlock = default;
        int aStep = Step(ref a, aSingle, ref aBlock);

        for (; count >= S.Count; count -= S.Count)
        {
            S.Store(function.Apply(S.Load(a)), target);
            a += aStep;
            target += Bytes<S>();
        }

        if (count > 0)
        {
            var rest = S.LoadFirst(a, (int)count);
            Unary<S, F>(function, (byte*)Unsafe.AsPointer(ref rest), false, (byte*)Unsafe.AsPointer(ref rest), S.Count);
            S.StoreFirst(rest, target, (int)count);
        }
    }

    [MethodImpl(Loop)]
    public static void Binary<S, F>(byte* a, bool aSingle, byte* b, bool bSingle, byte* target, long count)
        where S : struct, IVector<S>
        where F : struct, IBinary
    {
        F function = default;
        S aBlock = default;
        S bBlock = default;
        int aStep = Step(ref a, aSingle, ref aBlock);
        int bStep = Step(ref b, bSingle, ref bBlock);

        for (; count >= S.Count; count -= S.Count)
        {
            S.Store(function.Apply(S.Load(a), S.Load(b)), target);
            a += aStep;
            b += bStep;
            target += Bytes<S>();
        }

        if (count > 0)
            BinaryRest<S, F>(a, b, target, (int)count);
    }

    [MethodImpl(Loop)]
    public static void BinaryRest<S, F>(byte* a, byte* b, byte* target, int count)
        where S : struct, IVector<S>
        where F : struct, IBinary =>
        S.StoreFirst(default(F).Apply(S.LoadFirst(a, count), S.LoadFirst(b, count)), target, count);

    /// <summary>F returns masks, which are stored as bools.</summary>
    [MethodImpl(Loop)]
    public static void Compare<S, F>(byte* a, bool aSingle, byte* b, bool bSingle, byte* target, long count)
        where S : struct, IVector<S>
        where F : struct, IBinary
    {
        F function = default;
        S aBlock = default;
        S bBlock = default;
        int aStep = Step(ref a, aSingle, ref aBlock);
        int bStep = Step(ref b, bSingle, ref bBlock);

        for (; count >= S.Count; count -= S.Count)
        {
            S.StoreMask(function.Apply(S.Load(a), S.Load(b)), target);
            a += aStep;
            b += bStep;
            target += S.Count;
        }

        if (count > 0)
        {
            long* flags = stackalloc long[8];
            S.StoreMask(function.Apply(S.LoadFirst(a, (int)count), S.LoadFirst(b, (int)count)), (byte*)flags);
            Unsafe.CopyBlockUnaligned(target, flags, (uint)count);
        }
    }

    /// <summary>b if the condition is true, otherwise c; for elements of any type with the size of a lane.</summary>
    [MethodImpl(Loop)]
    public static void Select<S>(
        byte* condition,
        bool conditionSingle,
        byte* b,
        bool bSingle,
        byte* c,
        bool cSingle,
        byte* target,
        long count
    )
        where S : struct, IVector<S>
    {
        long* flags = stackalloc long[8];
        S bBlock = default;
        S cBlock = default;
        int step = S.Count;
        int bStep = Step(ref b, bSingle, ref bBlock);
        int cStep = Step(ref c, cSingle, ref cBlock);

        if (conditionSingle)
        {
            new System.Span<byte>(flags, 64).Fill(*condition);
            condition = (byte*)flags;
            step = 0;
        }

        for (; count >= S.Count; count -= S.Count)
        {
            S.Store(S.Select(S.LoadMask(condition), S.Load(b), S.Load(c)), target);
            condition += step;
            b += bStep;
            c += cStep;
            target += Bytes<S>();
        }

        if (count > 0)
        {
            Unsafe.CopyBlockUnaligned(flags, condition, (uint)count);
            var mask = S.LoadMask((byte*)flags);
            S.StoreFirst(S.Select(mask, S.LoadFirst(b, (int)count), S.LoadFirst(c, (int)count)), target, (int)count);
        }
    }

    [MethodImpl(Loop)]
    public static void Fma<S>(
        byte* a,
        bool aSingle,
        byte* b,
        bool bSingle,
        byte* c,
        bool cSingle,
        byte* target,
        long count
    )
        where S : struct, IVector<S>
    {
        S aBlock = default;
        S bBlock = default;
        S cBlock = default;
        int aStep = Step(ref a, aSingle, ref aBlock);
        int bStep = Step(ref b, bSingle, ref bBlock);
        int cStep = Step(ref c, cSingle, ref cBlock);

        for (; count >= S.Count; count -= S.Count)
        {
            S.Store(S.Fma(S.Load(a), S.Load(b), S.Load(c)), target);
            a += aStep;
            b += bStep;
            c += cStep;
            target += Bytes<S>();
        }

        if (count > 0)
        {
            var product = S.Fma(S.LoadFirst(a, (int)count), S.LoadFirst(b, (int)count), S.LoadFirst(c, (int)count));
            S.StoreFirst(product, target, (int)count);
        }
    }
}

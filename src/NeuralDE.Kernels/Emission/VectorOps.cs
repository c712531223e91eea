using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Functions called by compiled groups of vectors, in addition to <see cref="ElementTable"/>; addresses are integers.
/// </summary>
internal static unsafe class VectorOps
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The address given by the i-th entry of a table of offsets.</summary>
    [MethodImpl(Inline)]
    public static long Address(long memory, long offsets, int i) => memory + ((long*)offsets)[i];

    [MethodImpl(Inline)]
    public static S Load<S>(long address)
        where S : struct, IVector<S> => S.Load((void*)address);

    [MethodImpl(Inline)]
    public static S Broadcast<S>(long address)
        where S : struct, IVector<S> => S.Broadcast((void*)address);

    [MethodImpl(Inline)]
    public static void Store<S>(S value, long address)
        where S : struct, IVector<S> => S.Store(value, (void*)address);

    [MethodImpl(Inline)]
    public static S LoadMask<S>(long address)
        where S : struct, IVector<S> => S.LoadMask((byte*)address);

    [MethodImpl(Inline)]
    public static S BroadcastMask<S>(long address)
        where S : struct, IVector<S> => S.OfBits(*(byte*)address != 0 ? -1 : 0);

    [MethodImpl(Inline)]
    public static void StoreMask<S>(S value, long address)
        where S : struct, IVector<S> => S.StoreMask(value, (byte*)address);

    [MethodImpl(Inline)]
    public static S Fma<S>(S a, S b, S c)
        where S : struct, IVector<S> => S.Fma(a, b, c);

    [MethodImpl(Inline)]
    public static S And<S>(S a, S b)
        where S : struct, IVector<S> => S.And(a, b);

    [MethodImpl(Inline)]
    public static S Or<S>(S a, S b)
        where S : struct, IVector<S> => S.Or(a, b);

    [MethodImpl(Inline)]
    public static S Xor<S>(S a, S b)
        where S : struct, IVector<S> => S.Xor(a, b);

    [MethodImpl(Inline)]
    public static S Not<S>(S a)
        where S : struct, IVector<S> => S.Xor(a, S.OfBits(-1));

    [MethodImpl(Inline)]
    public static S Select<S>(S mask, S a, S b)
        where S : struct, IVector<S> => S.Select(mask, a, b);
}

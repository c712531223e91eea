using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>What a lane draws from a key.</summary>
internal enum LaneDraw
{
    /// <summary>64 random bits as int64.</summary>
    Bits,

    /// <summary>Uniform in [0, 1) from the upper 53 bits.</summary>
    Uniform,

    /// <summary>Uniform in [0, 1) from the upper 24 bits, in float64: a float32 without rounding.</summary>
    UniformSingle,

    /// <summary>Standard normal, in float64.</summary>
    Normal,
}

/// <summary>
/// Random numbers of lanes, each of which has its own key, with the bits of <see cref="RandomNumbers"/> and of folded keys.
/// </summary>
internal static unsafe class LaneRandom
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The counter of a folded key has a 1 in its upper word.</summary>
    private const ulong FoldTop = 1;

    /// <summary>The bits are shifted, and a number is (bits + offset) scale.</summary>
    [MethodImpl(Inline)]
    private static int Shift(LaneDraw kind) =>
        kind switch
        {
            LaneDraw.Uniform => 11,
            LaneDraw.UniformSingle => 40,
            _ => 12,
        };

    [MethodImpl(Inline)]
    private static double Offset(LaneDraw kind) => kind == LaneDraw.Normal ? 0.5 : 0;

    [MethodImpl(Inline)]
    private static double Scale(LaneDraw kind) =>
        kind switch
        {
            LaneDraw.Uniform => 1.1102230246251565e-16,
            LaneDraw.UniformSingle => 5.9604644775390625e-8,
            _ => 2.220446049250313e-16,
        };

    // ── the widest vectors ───────────────────────────────────────────────────────────────────────────────────────
    [MethodImpl(Inline)]
    private static Vector512<long> Words(Vector512<long> key, Vector512<long> number, ulong top, long half) =>
        Unsafe.BitCast<Words512, Vector512<long>>(
            Philox<Words512>.OfKeys(
                Unsafe.BitCast<Vector512<long>, Words512>(key),
                Unsafe.BitCast<Vector512<long>, Words512>(number),
                top,
                half
            )
        );

    /// <summary>New keys from keys and numbers.</summary>
    [MethodImpl(Inline)]
    public static Vector512<long> Fold(Vector512<long> key, Vector512<long> number) => Words(key, number, FoldTop, 0);

    /// <summary>The bits of one element of a draw.</summary>
    [MethodImpl(Inline)]
    public static Vector512<long> Bits(Vector512<long> key, long element) =>
        Words(key, Vector512.Create(element >> 1), 0, element & 1);

    /// <summary>The numbers of one element of a draw.</summary>
    [MethodImpl(Inline)]
    public static Vector512<double> Draw(Vector512<long> key, long element, LaneDraw kind)
    {
        var bits = Bits(key, element) >>> Shift(kind);
        var number = (Vector512.ConvertToDouble(bits) + Vector512.Create(Offset(kind))) * Vector512.Create(Scale(kind));
        return kind == LaneDraw.Normal ? Quantile(number) : number;
    }

    [MethodImpl(Inline)]
    private static Vector512<double> Quantile(Vector512<double> p) =>
        Unsafe.BitCast<Lanes512<double>, Vector512<double>>(
            NormalQuantile<Lanes512<double>>.Of(Unsafe.BitCast<Vector512<double>, Lanes512<double>>(p))
        );

    // ── half of them ─────────────────────────────────────────────────────────────────────────────────────────────
    [MethodImpl(Inline)]
    private static Vector256<long> Words(Vector256<long> key, Vector256<long> number, ulong top, long half) =>
        Unsafe.BitCast<Words256, Vector256<long>>(
            Philox<Words256>.OfKeys(
                Unsafe.BitCast<Vector256<long>, Words256>(key),
                Unsafe.BitCast<Vector256<long>, Words256>(number),
                top,
                half
            )
        );

    /// <summary>New keys from keys and numbers.</summary>
    [MethodImpl(Inline)]
    public static Vector256<long> Fold(Vector256<long> key, Vector256<long> number) => Words(key, number, FoldTop, 0);

    /// <summary>The bits of one element of a draw.</summary>
    [MethodImpl(Inline)]
    public static Vector256<long> Bits(Vector256<long> key, long element) =>
        Words(key, Vector256.Create(element >> 1), 0, element & 1);

    /// <summary>The numbers of one element of a draw.</summary>
    [MethodImpl(Inline)]
    public static Vector256<double> Draw(Vector256<long> key, long element, LaneDraw kind)
    {
        var bits = Bits(key, element) >>> Shift(kind);
        var number = (Vector256.ConvertToDouble(bits) + Vector256.Create(Offset(kind))) * Vector256.Create(Scale(kind));
        return kind == LaneDraw.Normal ? Quantile(number) : number;
    }

    [MethodImpl(Inline)]
    private static Vector256<double> Quantile(Vector256<double> p) =>
        Unsafe.BitCast<Lanes256<double>, Vector256<double>>(
            NormalQuantile<Lanes256<double>>.Of(Unsafe.BitCast<Vector256<double>, Lanes256<double>>(p))
        );

    // ── one number at a time ─────────────────────────────────────────────────────────────────────────────────────
    private static long Word(long key, long number, ulong top, long half) =>
        Unsafe.BitCast<Word, long>(
            Philox<Word>.OfKeys(
                NeuralDE.Kernels.Word.Of((ulong)key),
                NeuralDE.Kernels.Word.Of((ulong)number),
                top,
                half
            )
        );

    private static long Bits(long key, long element) => Word(key, element >> 1, 0, element & 1);

    private static double Draw(long key, long element, LaneDraw kind)
    {
        double number = ((Bits(key, element) >>> Shift(kind)) + Offset(kind)) * Scale(kind);

        return kind == LaneDraw.Normal
            ? Unsafe.BitCast<Lane<double>, double>(
                NormalQuantile<Lane<double>>.Of(Unsafe.BitCast<double, Lane<double>>(number))
            )
            : number;
    }

    // ── the narrowest vectors: both halves of wider ones take the time of one ────────────────────────────────────
    /// <summary>New keys from keys and numbers.</summary>
    [MethodImpl(Inline)]
    public static Vector128<long> Fold(Vector128<long> key, Vector128<long> number) =>
        Vector256.IsHardwareAccelerated
            ? Fold(Vector256.Create(key, key), Vector256.Create(number, number)).GetLower()
            : Vector128.Create(Word(key[0], number[0], FoldTop, 0), Word(key[1], number[1], FoldTop, 0));

    /// <summary>The bits of one element of a draw.</summary>
    [MethodImpl(Inline)]
    public static Vector128<long> Bits(Vector128<long> key, long element) =>
        Vector256.IsHardwareAccelerated
            ? Bits(Vector256.Create(key, key), element).GetLower()
            : Vector128.Create(Bits(key[0], element), Bits(key[1], element));

    /// <summary>The numbers of one element of a draw.</summary>
    [MethodImpl(Inline)]
    public static Vector128<double> Draw(Vector128<long> key, long element, LaneDraw kind) =>
        Vector256.IsHardwareAccelerated
            ? Draw(Vector256.Create(key, key), element, kind).GetLower()
            : Vector128.Create(Draw(key[0], element, kind), Draw(key[1], element, kind));

    /// <summary>One element of a draw from each of `count` keys: int64 for bits, otherwise float64.</summary>
    public static void Fill(LaneDraw kind, long element, nint keys, nint target, int count)
    {
        for (int i = 0; i < count; i++)
            if (kind == LaneDraw.Bits)
                ((long*)target)[i] = Bits(((long*)keys)[i], element);
            else
                ((double*)target)[i] = Draw(((long*)keys)[i], element, kind);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NeuralDE.Kernels;

/// <summary>
/// Transposes squares of numbers in registers, 128 bits per side, as many side by side as a vector holds: target[k, j]
/// = source[j, k] for k &lt; Side and j &lt; Columns, with adjacent k in the source and adjacent j in the target.
/// </summary>
internal unsafe interface ITurnSquares
{
    static abstract int Side { get; }
    static abstract int Columns { get; }
    static abstract void Turn(byte* source, nint sourceStep, byte* target, nint targetStep);
}

internal readonly unsafe struct TurnFloats128 : ITurnSquares
{
    public static int Side => 4;
    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(byte* source, nint sourceStep, byte* target, nint targetStep)
    {
        var a = Vector128.Load((float*)source);
        var b = Vector128.Load((float*)(source + sourceStep));
        var c = Vector128.Load((float*)(source + 2 * sourceStep));
        var d = Vector128.Load((float*)(source + 3 * sourceStep));
        var abLow = Sse.UnpackLow(a, b).AsDouble();
        var abHigh = Sse.UnpackHigh(a, b).AsDouble();
        var cdLow = Sse.UnpackLow(c, d).AsDouble();
        var cdHigh = Sse.UnpackHigh(c, d).AsDouble();
        Vector128.Store(Sse2.UnpackLow(abLow, cdLow), (double*)target);
        Vector128.Store(Sse2.UnpackHigh(abLow, cdLow), (double*)(target + targetStep));
        Vector128.Store(Sse2.UnpackLow(abHigh, cdHigh), (double*)(target + 2 * targetStep));
        Vector128.Store(Sse2.UnpackHigh(abHigh, cdHigh), (double*)(target + 3 * targetStep));
    }
}

internal readonly unsafe struct TurnFloats256 : ITurnSquares
{
    public static int Side => 4;
    public static int Columns => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(byte* source, nint sourceStep, byte* target, nint targetStep)
    {
        nint next = 4 * sourceStep;
        var a = TurnDoubles256.Rows(source, next).AsSingle();
        var b = TurnDoubles256.Rows(source + sourceStep, next).AsSingle();
        var c = TurnDoubles256.Rows(source + 2 * sourceStep, next).AsSingle();
        var d = TurnDoubles256.Rows(source + 3 * sourceStep, next).AsSingle();
        var abLow = Avx.UnpackLow(a, b).AsDouble();
        var abHigh = Avx.UnpackHigh(a, b).AsDouble();
        var cdLow = Avx.UnpackLow(c, d).AsDouble();
        var cdHigh = Avx.UnpackHigh(c, d).AsDouble();
        Vector256.Store(Avx.UnpackLow(abLow, cdLow), (double*)target);
        Vector256.Store(Avx.UnpackHigh(abLow, cdLow), (double*)(target + targetStep));
        Vector256.Store(Avx.UnpackLow(abHigh, cdHigh), (double*)(target + 2 * targetStep));
        Vector256.Store(Avx.UnpackHigh(abHigh, cdHigh), (double*)(target + 3 * targetStep));
    }
}

internal readonly unsafe struct TurnFloats512 : ITurnSquares
{
    public static int Side => 4;
    public static int Columns => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(byte* source, nint sourceStep, byte* target, nint targetStep)
    {
        nint next = 4 * sourceStep;
        var a = TurnDoubles512.Rows(source, next).AsSingle();
        var b = TurnDoubles512.Rows(source + sourceStep, next).AsSingle();
        var c = TurnDoubles512.Rows(source + 2 * sourceStep, next).AsSingle();
        var d = TurnDoubles512.Rows(source + 3 * sourceStep, next).AsSingle();
        var abLow = Avx512F.UnpackLow(a, b).AsDouble();
        var abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
        var cdLow = Avx512F.UnpackLow(c, d).AsDouble();
        var cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
        Vector512.Store(Avx512F.UnpackLow(abLow, cdLow), (double*)target);
        Vector512.Store(Avx512F.UnpackHigh(abLow, cdLow), (double*)(target + targetStep));
        Vector512.Store(Avx512F.UnpackLow(abHigh, cdHigh), (double*)(target + 2 * targetStep));
        Vector512.Store(Avx512F.UnpackHigh(abHigh, cdHigh), (double*)(target + 3 * targetStep));
    }
}

internal readonly unsafe struct TurnDoubles128 : ITurnSquares
{
    public static int Side => 2;
    public static int Columns => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(byte* source, nint sourceStep, byte* target, nint targetStep)
    {
        var a = Vector128.Load((double*)source);
        var b = Vector128.Load((double*)(source + sourceStep));
        Vector128.Store(Sse2.UnpackLow(a, b), (double*)target);
        Vector128.Store(Sse2.UnpackHigh(a, b), (double*)(target + targetStep));
    }
}

internal readonly unsafe struct TurnDoubles256 : ITurnSquares
{
    public static int Side => 2;
    public static int Columns => 4;

    /// <summary>Loads 128 bits from each of two addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Rows(byte* source, nint step) =>
        Avx.InsertVector128(
            Vector128.Load((double*)source).ToVector256Unsafe(),
            Vector128.Load((double*)(source + step)),
            1
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(byte* source, nint sourceStep, byte* target, nint targetStep)
    {
        var a = Rows(source, 2 * sourceStep);
        var b = Rows(source + sourceStep, 2 * sourceStep);
        Vector256.Store(Avx.UnpackLow(a, b), (double*)target);
        Vector256.Store(Avx.UnpackHigh(a, b), (double*)(target + targetStep));
    }
}

internal readonly unsafe struct TurnDoubles512 : ITurnSquares
{
    public static int Side => 2;
    public static int Columns => 8;

    /// <summary>Loads 128 bits from each of four addresses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Rows(byte* source, nint step) =>
        Avx512F.InsertVector256(
            TurnDoubles256.Rows(source, step).ToVector512Unsafe(),
            TurnDoubles256.Rows(source + 2 * step, step),
            1
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(byte* source, nint sourceStep, byte* target, nint targetStep)
    {
        var a = Rows(source, 2 * sourceStep);
        var b = Rows(source + sourceStep, 2 * sourceStep);
        Vector512.Store(Avx512F.UnpackLow(a, b), (double*)target);
        Vector512.Store(Avx512F.UnpackHigh(a, b), (double*)(target + targetStep));
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Functions called by compiled groups of single elements, in addition to <see cref="IntegerFunctions"/> and <see
/// cref="ScalarMaths"/>.
/// </summary>
internal static unsafe class ScalarOps
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    [MethodImpl(Inline)]
    public static T Read<T>(long memory, long offsets, int i)
        where T : unmanaged => *(T*)(memory + ((long*)offsets)[i]);

    [MethodImpl(Inline)]
    public static void Write<T>(T value, long memory, long offsets, int i)
        where T : unmanaged => *(T*)(memory + ((long*)offsets)[i]) = value;

    [MethodImpl(Inline)]
    public static T Abs<T>(T a)
        where T : INumber<T> => T.Abs(a);

    [MethodImpl(Inline)]
    public static T Sign<T>(T a)
        where T : INumber<T> =>
        a > T.Zero ? T.One
        : a < T.Zero ? -T.One
        : a + T.Zero;

    [MethodImpl(Inline)]
    public static T Sqrt<T>(T a)
        where T : IRootFunctions<T> => T.Sqrt(a);

    [MethodImpl(Inline)]
    public static T Floor<T>(T a)
        where T : IFloatingPoint<T> => T.Floor(a);

    [MethodImpl(Inline)]
    public static T Ceil<T>(T a)
        where T : IFloatingPoint<T> => T.Ceiling(a);

    [MethodImpl(Inline)]
    public static T Round<T>(T a)
        where T : IFloatingPoint<T> => T.Round(a);

    [MethodImpl(Inline)]
    public static T Max<T>(T a, T b)
        where T : INumber<T> => T.Max(a, b);

    [MethodImpl(Inline)]
    public static T Min<T>(T a, T b)
        where T : INumber<T> => T.Min(a, b);

    [MethodImpl(Inline)]
    public static T Fma<T>(T a, T b, T c)
        where T : IFloatingPointIeee754<T> => T.FusedMultiplyAdd(a, b, c);

    /// <summary>Float to integer truncates and saturates, NaN gives 0; integers wrap.</summary>
    [MethodImpl(Inline)]
    public static TTo Convert<TFrom, TTo>(TFrom a)
        where TFrom : INumber<TFrom>
        where TTo : INumber<TTo> =>
        typeof(TFrom) == typeof(double) || typeof(TFrom) == typeof(float)
            ? TTo.CreateSaturating(a)
            : TTo.CreateTruncating(a);

    [MethodImpl(Inline)]
    public static T OfBool<T>(bool a)
        where T : INumber<T> => a ? T.One : T.Zero;
}

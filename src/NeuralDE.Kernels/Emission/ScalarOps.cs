using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>Functions called by compiled groups of single elements, in addition to <see cref="ScalarMaths"/>.</summary>
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
    public static T Neg<T>(T a)
        where T : INumber<T> => -a;

    [MethodImpl(Inline)]
    public static double Abs(double a) => double.Abs(a);

    [MethodImpl(Inline)]
    public static float Abs(float a) => float.Abs(a);

    [MethodImpl(Inline)]
    public static long Abs(long a) => a < 0 ? -a : a;

    [MethodImpl(Inline)]
    public static int Abs(int a) => a < 0 ? -a : a;

    [MethodImpl(Inline)]
    public static double Sign(double a) =>
        a > 0 ? 1
        : a < 0 ? -1
        : a + 0;

    [MethodImpl(Inline)]
    public static float Sign(float a) =>
        a > 0 ? 1
        : a < 0 ? -1
        : a + 0;

    [MethodImpl(Inline)]
    public static long Sign(long a) =>
        a < 0 ? -1
        : a > 0 ? 1
        : 0;

    [MethodImpl(Inline)]
    public static int Sign(int a) =>
        a < 0 ? -1
        : a > 0 ? 1
        : 0;

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
    public static bool Not(bool a) => !a;

    [MethodImpl(Inline)]
    public static T Add<T>(T a, T b)
        where T : INumber<T> => a + b;

    [MethodImpl(Inline)]
    public static T Sub<T>(T a, T b)
        where T : INumber<T> => a - b;

    [MethodImpl(Inline)]
    public static T Mul<T>(T a, T b)
        where T : INumber<T> => a * b;

    [MethodImpl(Inline)]
    public static T Div<T>(T a, T b)
        where T : INumber<T> => a / b;

    [MethodImpl(Inline)]
    public static T Max<T>(T a, T b)
        where T : INumber<T> => T.Max(a, b);

    [MethodImpl(Inline)]
    public static T Min<T>(T a, T b)
        where T : INumber<T> => T.Min(a, b);

    [MethodImpl(Inline)]
    public static T Fma<T>(T a, T b, T c)
        where T : IFloatingPointIeee754<T> => T.FusedMultiplyAdd(a, b, c);

    /// <summary>The remainder with the sign of the divisor; 0 for division by 0.</summary>
    public static long Mod(long a, long b)
    {
        if (b is 0 or -1)
            return 0;
        var r = a % b;
        return r != 0 && (r < 0) != (b < 0) ? r + b : r;
    }

    /// <summary>The remainder with the sign of the divisor; 0 for division by 0.</summary>
    public static int Mod(int a, int b) => (int)Mod((long)a, b);

    public static long FoldKey(long key, long number) => IntegerFunctions.FoldKey.Of(key, number);

    [MethodImpl(Inline)]
    public static T And<T>(T a, T b)
        where T : IBitwiseOperators<T, T, T> => a & b;

    [MethodImpl(Inline)]
    public static T Or<T>(T a, T b)
        where T : IBitwiseOperators<T, T, T> => a | b;

    [MethodImpl(Inline)]
    public static T Xor<T>(T a, T b)
        where T : IBitwiseOperators<T, T, T> => a ^ b;

    [MethodImpl(Inline)]
    public static bool And(bool a, bool b) => a & b;

    [MethodImpl(Inline)]
    public static bool Or(bool a, bool b) => a | b;

    [MethodImpl(Inline)]
    public static bool Xor(bool a, bool b) => a ^ b;

    [MethodImpl(Inline)]
    public static bool Equal<T>(T a, T b)
        where T : INumber<T> => a == b;

    [MethodImpl(Inline)]
    public static bool NotEqual<T>(T a, T b)
        where T : INumber<T> => a != b;

    [MethodImpl(Inline)]
    public static bool Less<T>(T a, T b)
        where T : INumber<T> => a < b;

    [MethodImpl(Inline)]
    public static bool LessEqual<T>(T a, T b)
        where T : INumber<T> => a <= b;

    [MethodImpl(Inline)]
    public static bool Greater<T>(T a, T b)
        where T : INumber<T> => a > b;

    [MethodImpl(Inline)]
    public static bool GreaterEqual<T>(T a, T b)
        where T : INumber<T> => a >= b;

    [MethodImpl(Inline)]
    public static bool Equal(bool a, bool b) => a == b;

    [MethodImpl(Inline)]
    public static bool NotEqual(bool a, bool b) => a != b;

    [MethodImpl(Inline)]
    public static bool Less(bool a, bool b) => !a & b;

    [MethodImpl(Inline)]
    public static bool LessEqual(bool a, bool b) => !a | b;

    [MethodImpl(Inline)]
    public static bool Greater(bool a, bool b) => a & !b;

    [MethodImpl(Inline)]
    public static bool GreaterEqual(bool a, bool b) => a | !b;

    [MethodImpl(Inline)]
    public static T Select<T>(bool condition, T a, T b) => condition ? a : b;

    /// <summary>Float to integer truncates and saturates, NaN gives 0; integers wrap; number to bool is ≠ 0.</summary>
    [MethodImpl(Inline)]
    public static TTo Convert<TFrom, TTo>(TFrom a)
        where TFrom : INumber<TFrom>
        where TTo : INumber<TTo> =>
        typeof(TFrom) == typeof(double) || typeof(TFrom) == typeof(float)
            ? TTo.CreateSaturating(a)
            : TTo.CreateTruncating(a);

    [MethodImpl(Inline)]
    public static bool ToBool<T>(T a)
        where T : INumber<T> => a != T.Zero;

    [MethodImpl(Inline)]
    public static T OfBool<T>(bool a)
        where T : INumber<T> => a ? T.One : T.Zero;
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>A function of one integer.</summary>
internal interface IIntegerUnary
{
    static abstract T Of<T>(T x)
        where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>A function of two integers.</summary>
internal interface IIntegerBinary
{
    static abstract T Of<T>(T x, T y)
        where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>A comparison of two integers.</summary>
internal interface IIntegerCompare
{
    static abstract bool Of<T>(T x, T y)
        where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Functions of integers, with wraparound; bools are the bytes 0 and 1.</summary>
internal static class IntegerFunctions
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Neg : IIntegerUnary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x)
            where T : unmanaged, IBinaryInteger<T> => unchecked(-x);
    }

    internal readonly struct Abs : IIntegerUnary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x)
            where T : unmanaged, IBinaryInteger<T> => unchecked(x < T.Zero ? -x : x);
    }

    internal readonly struct Sign : IIntegerUnary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x)
            where T : unmanaged, IBinaryInteger<T> =>
            x > T.Zero ? T.One
            : x < T.Zero ? T.Zero - T.One
            : T.Zero;
    }

    /// <summary>The negation of a bool.</summary>
    internal readonly struct Not : IIntegerUnary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x)
            where T : unmanaged, IBinaryInteger<T> => x ^ T.One;
    }

    internal readonly struct Add : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => unchecked(x + y);
    }

    internal readonly struct Sub : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => unchecked(x - y);
    }

    internal readonly struct Mul : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => unchecked(x * y);
    }

    internal readonly struct Max : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x < y ? y : x;
    }

    internal readonly struct Min : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => y < x ? y : x;
    }

    /// <summary>The remainder with the sign of the divisor; 0 for division by 0.</summary>
    internal readonly struct Mod : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T>
        {
            // division of the smallest integer by −1 overflows
            if (y == T.Zero || y == T.Zero - T.One)
                return T.Zero;

            var rest = x % y;
            return rest != T.Zero && rest < T.Zero != y < T.Zero ? rest + y : rest;
        }
    }

    internal readonly struct And : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x & y;
    }

    internal readonly struct Or : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x | y;
    }

    internal readonly struct Xor : IIntegerBinary
    {
        [MethodImpl(Inline)]
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x ^ y;
    }

    /// <summary>
    /// A new random key from a key and a number (both of 64 bits): the first two words of Philox4x32-10 (Salmon, Moraes,
    /// Dror and Shaw; SC 2011) with the counter number (two words), 0, 1.
    /// </summary>
    internal readonly struct FoldKey : IIntegerBinary
    {
        public static T Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> =>
            T.CreateTruncating(Fold(long.CreateTruncating(x), long.CreateTruncating(y)));

        private static long Fold(long key, long number)
        {
            uint key0 = (uint)key;
            uint key1 = (uint)((ulong)key >> 32);
            uint c0 = (uint)number;
            uint c1 = (uint)((ulong)number >> 32);
            uint c2 = 0;
            uint c3 = 1;

            for (int round = 0; round < 10; round++)
            {
                ulong a = 0xD2511F53UL * c0;
                ulong b = 0xCD9E8D57UL * c2;
                c0 = (uint)(b >> 32) ^ c1 ^ key0;
                c1 = (uint)b;
                c2 = (uint)(a >> 32) ^ c3 ^ key1;
                c3 = (uint)a;
                key0 = unchecked(key0 + 0x9E3779B9u);
                key1 = unchecked(key1 + 0xBB67AE85u);
            }

            return (long)(c0 | (ulong)c1 << 32);
        }
    }

    internal readonly struct Equal : IIntegerCompare
    {
        [MethodImpl(Inline)]
        public static bool Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x == y;
    }

    internal readonly struct NotEqual : IIntegerCompare
    {
        [MethodImpl(Inline)]
        public static bool Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x != y;
    }

    internal readonly struct Less : IIntegerCompare
    {
        [MethodImpl(Inline)]
        public static bool Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x < y;
    }

    internal readonly struct LessEqual : IIntegerCompare
    {
        [MethodImpl(Inline)]
        public static bool Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x <= y;
    }

    internal readonly struct Greater : IIntegerCompare
    {
        [MethodImpl(Inline)]
        public static bool Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x > y;
    }

    internal readonly struct GreaterEqual : IIntegerCompare
    {
        [MethodImpl(Inline)]
        public static bool Of<T>(T x, T y)
            where T : unmanaged, IBinaryInteger<T> => x >= y;
    }
}

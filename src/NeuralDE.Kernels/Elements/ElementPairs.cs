using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>A function applied to every lane of two vectors.</summary>
internal interface IBinary
{
    S Apply<S>(S x, S y)
        where S : struct, IVector<S>;
}

/// <summary>The functions of two arguments, and comparisons, which return masks.</summary>
internal static unsafe class ElementPairs
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Add : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => x + y;
    }

    internal readonly struct Sub : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => x - y;
    }

    internal readonly struct Mul : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => x * y;
    }

    internal readonly struct Div : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => x / y;
    }

    internal readonly struct Pow : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => Maths.Pow(x, y);
    }

    internal readonly struct Max : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.Max(x, y);
    }

    internal readonly struct Min : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.Min(x, y);
    }

    internal readonly struct Atan2 : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => LaneByLane.Of(x, y, &Math.Atan2);
    }

    internal readonly struct Mod : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => Maths.Mod(x, y);
    }

    internal readonly struct Equal : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.Equal(x, y);
    }

    internal readonly struct NotEqual : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.Xor(S.Equal(x, y), S.OfBits(-1));
    }

    internal readonly struct Less : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.Less(x, y);
    }

    internal readonly struct LessEqual : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.LessEqual(x, y);
    }

    internal readonly struct Greater : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.Less(y, x);
    }

    internal readonly struct GreaterEqual : IBinary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x, S y)
            where S : struct, IVector<S> => S.LessEqual(y, x);
    }
}

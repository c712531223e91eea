using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>A function applied to every lane; an instance may hold a parameter.</summary>
internal interface IUnary
{
    S Apply<S>(S x)
        where S : struct, IVector<S>;
}

/// <summary>
/// The functions of one argument as types; a loop is compiled for each. Those longer than a line are in <see
/// cref="Maths"/>.
/// </summary>
internal static unsafe class ElementFunctions
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Neg : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => -x;
    }

    internal readonly struct Abs : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => S.Abs(x);
    }

    internal readonly struct Sign : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Sign(x);
    }

    internal readonly struct Sqrt : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => S.Sqrt(x);
    }

    internal readonly struct Exp : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Exp(x);
    }

    internal readonly struct Expm1 : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Expm1(x);
    }

    internal readonly struct Log : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Log(x);
    }

    internal readonly struct Log1p : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Log1p(x);
    }

    internal readonly struct Sin : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Sin(x);
    }

    internal readonly struct Cos : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Cos(x);
    }

    internal readonly struct Tan : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Tan(x);
    }

    internal readonly struct Asin : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Asin);
    }

    internal readonly struct Acos : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Acos);
    }

    internal readonly struct Atan : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Atan);
    }

    internal readonly struct Sinh : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Sinh);
    }

    internal readonly struct Cosh : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Cosh);
    }

    internal readonly struct Tanh : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Tanh(x);
    }

    internal readonly struct Asinh : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Asinh);
    }

    internal readonly struct Acosh : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Acosh);
    }

    internal readonly struct Atanh : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Math.Atanh);
    }

    internal readonly struct Sigmoid : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Sigmoid(x);
    }

    internal readonly struct Softplus : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Softplus(x);
    }

    internal readonly struct Erf : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Erf(x);
    }

    internal readonly struct Erfinv : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Special.Erfinv);
    }

    internal readonly struct Lgamma : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => LaneByLane.Of(x, &Special.Lgamma);
    }

    internal readonly struct Floor : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => S.Floor(x);
    }

    internal readonly struct Ceil : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => S.Ceiling(x);
    }

    internal readonly struct Round : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => S.Round(x);
    }

    /// <summary>x⁰.</summary>
    internal readonly struct One : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => S.Of(1);
    }

    /// <summary>x¹.</summary>
    internal readonly struct Itself : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => x;
    }

    internal readonly struct Square : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, 2);
    }

    internal readonly struct Cube : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, 3);
    }

    internal readonly struct FourthPower : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, 4);
    }

    internal readonly struct Reciprocal : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, -1);
    }

    internal readonly struct ReciprocalSquare : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, -2);
    }

    internal readonly struct RootPower : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, 0.5);
    }

    internal readonly struct ReciprocalRootPower : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, -0.5);
    }

    /// <summary>xᵃ by the shortest way for a.</summary>
    internal readonly struct Power(double exponent) : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Power(x, exponent);
    }

    /// <summary>xᵃ without a choice between ways, for a loop.</summary>
    internal readonly struct GeneralPower(double exponent) : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.GeneralPower(x, exponent);
    }

    internal readonly struct Polygamma(double order) : IUnary
    {
        [MethodImpl(Inline)]
        public S Apply<S>(S x)
            where S : struct, IVector<S> => Maths.Polygamma(x, order);
    }
}

using System;
using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// One float or double: runs the kernels on a machine without vectors, and is the slow twin in tests.
/// </summary>
internal readonly unsafe struct Lane<T> : IVector<Lane<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private readonly T value;

    [MethodImpl(Inline)]
    private Lane(T value) => this.value = value;

    [MethodImpl(Inline)]
    private Lane(float x) => value = Unsafe.BitCast<float, T>(x);

    [MethodImpl(Inline)]
    private Lane(double x) => value = Unsafe.BitCast<double, T>(x);

    private static bool IsFloat
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(float);
    }

    private float F
    {
        [MethodImpl(Inline)]
        get => Unsafe.BitCast<T, float>(value);
    }

    private double D
    {
        [MethodImpl(Inline)]
        get => Unsafe.BitCast<T, double>(value);
    }

    private int FloatBits
    {
        [MethodImpl(Inline)]
        get => Unsafe.BitCast<T, int>(value);
    }

    private long DoubleBits
    {
        [MethodImpl(Inline)]
        get => Unsafe.BitCast<T, long>(value);
    }

    [MethodImpl(Inline)]
    private static Lane<T> OfMask(bool set) => OfBits(set ? -1 : 0);

    public static int Count
    {
        [MethodImpl(Inline)]
        get => 1;
    }

    public static int ElementSize
    {
        [MethodImpl(Inline)]
        get => sizeof(T);
    }

    [MethodImpl(Inline)]
    public static Lane<T> Of(double x) => IsFloat ? new((float)x) : new(x);

    [MethodImpl(Inline)]
    public static Lane<T> OfBits(long bits) =>
        IsFloat ? new(BitConverter.Int32BitsToSingle((int)bits)) : new(BitConverter.Int64BitsToDouble(bits));

    [MethodImpl(Inline)]
    public static Lane<T> Load(void* source) => new(Unsafe.ReadUnaligned<T>(source));

    [MethodImpl(Inline)]
    public static Lane<T> LoadFirst(void* source, int n) => n > 0 ? Load(source) : Of(0);

    [MethodImpl(Inline)]
    public static Lane<T> Broadcast(void* source) => Load(source);

    [MethodImpl(Inline)]
    public static void Store(Lane<T> a, void* target) => Unsafe.WriteUnaligned(target, a.value);

    [MethodImpl(Inline)]
    public static void StoreFirst(Lane<T> a, void* target, int n)
    {
        if (n > 0)
            Store(a, target);
    }

    [MethodImpl(Inline)]
    public static Lane<T> LoadMask(byte* source) => OfMask(*source != 0);

    [MethodImpl(Inline)]
    public static void StoreMask(Lane<T> mask, byte* target) => *target = Any(mask) ? (byte)1 : (byte)0;

    [MethodImpl(Inline)]
    public static double First(Lane<T> a) => IsFloat ? a.F : a.D;

    [MethodImpl(Inline)]
    public static Lane<T> operator +(Lane<T> a, Lane<T> b) => IsFloat ? new(a.F + b.F) : new(a.D + b.D);

    [MethodImpl(Inline)]
    public static Lane<T> operator -(Lane<T> a, Lane<T> b) => IsFloat ? new(a.F - b.F) : new(a.D - b.D);

    [MethodImpl(Inline)]
    public static Lane<T> operator *(Lane<T> a, Lane<T> b) => IsFloat ? new(a.F * b.F) : new(a.D * b.D);

    [MethodImpl(Inline)]
    public static Lane<T> operator /(Lane<T> a, Lane<T> b) => IsFloat ? new(a.F / b.F) : new(a.D / b.D);

    [MethodImpl(Inline)]
    public static Lane<T> operator -(Lane<T> a) => IsFloat ? new(-a.F) : new(-a.D);

    [MethodImpl(Inline)]
    public static Lane<T> Fma(Lane<T> a, Lane<T> b, Lane<T> c) =>
        IsFloat ? new(MathF.FusedMultiplyAdd(a.F, b.F, c.F)) : new(Math.FusedMultiplyAdd(a.D, b.D, c.D));

    [MethodImpl(Inline)]
    public static Lane<T> Sqrt(Lane<T> a) => IsFloat ? new(MathF.Sqrt(a.F)) : new(Math.Sqrt(a.D));

    [MethodImpl(Inline)]
    public static Lane<T> Abs(Lane<T> a) => IsFloat ? new(MathF.Abs(a.F)) : new(Math.Abs(a.D));

    [MethodImpl(Inline)]
    public static Lane<T> Floor(Lane<T> a) => IsFloat ? new(MathF.Floor(a.F)) : new(Math.Floor(a.D));

    [MethodImpl(Inline)]
    public static Lane<T> Ceiling(Lane<T> a) => IsFloat ? new(MathF.Ceiling(a.F)) : new(Math.Ceiling(a.D));

    [MethodImpl(Inline)]
    public static Lane<T> Round(Lane<T> a) => IsFloat ? new(MathF.Round(a.F)) : new(Math.Round(a.D));

    [MethodImpl(Inline)]
    public static Lane<T> Max(Lane<T> a, Lane<T> b) => IsFloat ? new(MathF.Max(a.F, b.F)) : new(Math.Max(a.D, b.D));

    [MethodImpl(Inline)]
    public static Lane<T> Min(Lane<T> a, Lane<T> b) => IsFloat ? new(MathF.Min(a.F, b.F)) : new(Math.Min(a.D, b.D));

    [MethodImpl(Inline)]
    public static Lane<T> MaxNative(Lane<T> a, Lane<T> b) =>
        IsFloat ? new(a.F > b.F ? a.F : b.F) : new(a.D > b.D ? a.D : b.D);

    [MethodImpl(Inline)]
    public static Lane<T> MinNative(Lane<T> a, Lane<T> b) =>
        IsFloat ? new(a.F < b.F ? a.F : b.F) : new(a.D < b.D ? a.D : b.D);

    [MethodImpl(Inline)]
    public static Lane<T> Equal(Lane<T> a, Lane<T> b) => OfMask(IsFloat ? a.F == b.F : a.D == b.D);

    [MethodImpl(Inline)]
    public static Lane<T> Less(Lane<T> a, Lane<T> b) => OfMask(IsFloat ? a.F < b.F : a.D < b.D);

    [MethodImpl(Inline)]
    public static Lane<T> LessEqual(Lane<T> a, Lane<T> b) => OfMask(IsFloat ? a.F <= b.F : a.D <= b.D);

    [MethodImpl(Inline)]
    public static Lane<T> And(Lane<T> a, Lane<T> b) =>
        OfBits(IsFloat ? a.FloatBits & b.FloatBits : a.DoubleBits & b.DoubleBits);

    [MethodImpl(Inline)]
    public static Lane<T> Or(Lane<T> a, Lane<T> b) =>
        OfBits(IsFloat ? a.FloatBits | b.FloatBits : a.DoubleBits | b.DoubleBits);

    [MethodImpl(Inline)]
    public static Lane<T> Xor(Lane<T> a, Lane<T> b) =>
        OfBits(IsFloat ? a.FloatBits ^ b.FloatBits : a.DoubleBits ^ b.DoubleBits);

    [MethodImpl(Inline)]
    public static Lane<T> AndNot(Lane<T> a, Lane<T> b) =>
        OfBits(IsFloat ? a.FloatBits & ~b.FloatBits : a.DoubleBits & ~b.DoubleBits);

    [MethodImpl(Inline)]
    public static Lane<T> Select(Lane<T> mask, Lane<T> a, Lane<T> b) => Any(mask) ? a : b;

    [MethodImpl(Inline)]
    public static bool Any(Lane<T> mask) => IsFloat ? mask.FloatBits != 0 : mask.DoubleBits != 0;

    [MethodImpl(Inline)]
    public static Lane<T> AddBits(Lane<T> a, Lane<T> b) =>
        OfBits(IsFloat ? a.FloatBits + b.FloatBits : a.DoubleBits + b.DoubleBits);

    [MethodImpl(Inline)]
    public static Lane<T> SubBits(Lane<T> a, Lane<T> b) =>
        OfBits(IsFloat ? a.FloatBits - b.FloatBits : a.DoubleBits - b.DoubleBits);

    [MethodImpl(Inline)]
    public static Lane<T> ShiftLeft(Lane<T> a, int bits) =>
        OfBits(IsFloat ? a.FloatBits << bits : a.DoubleBits << bits);

    [MethodImpl(Inline)]
    public static Lane<T> ShiftRight(Lane<T> a, int bits) =>
        OfBits(IsFloat ? a.FloatBits >>> bits : a.DoubleBits >>> bits);

    [MethodImpl(Inline)]
    public static Lane<T> Scale(Lane<T> a, Lane<T> n) => PowerOfTwo.Scale(a, n);

    [MethodImpl(Inline)]
    public static double Sum(Lane<T> a) => First(a);
}

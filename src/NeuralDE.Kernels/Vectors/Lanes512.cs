using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NeuralDE.Kernels;

/// <summary>512 bits of float or double.</summary>
internal readonly unsafe struct Lanes512<T> : IVector<Lanes512<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private readonly Vector512<T> value;

    [MethodImpl(Inline)]
    private Lanes512(Vector512<T> value) => this.value = value;

    // The methods that functions are made of ask for the type themselves: a property within each of their inlined calls
    // makes a kernel a tenth slower to compile.
    private static bool IsFloat
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(float);
    }

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector512<T>.Count;
    }

    public static int ElementSize
    {
        [MethodImpl(Inline)]
        get => sizeof(T);
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> Of(double x) =>
        typeof(T) == typeof(float)
            ? new(Vector512.Create((float)x).As<float, T>())
            : new(Vector512.Create(x).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> OfBits(long bits) =>
        typeof(T) == typeof(float)
            ? new(Vector512.Create((int)bits).As<int, T>())
            : new(Vector512.Create(bits).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> Load(void* source) => new(Vector512.Load((T*)source));

    [MethodImpl(Inline)]
    public static Lanes512<T> Broadcast(void* source) => new(Vector512.Create(*(T*)source));

    [MethodImpl(Inline)]
    public static void Store(Lanes512<T> a, void* target) => Vector512.Store(a.value, (T*)target);

    // numbers in full, because CreateSequence is long code, compiled again at every place that inlines it
    [MethodImpl(Inline)]
    private static Vector512<T> FirstLanes(int n) =>
        typeof(T) == typeof(float)
            ? Vector512
                .LessThan(Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), Vector512.Create(n))
                .As<int, T>()
            : Vector512.LessThan(Vector512.Create(0L, 1, 2, 3, 4, 5, 6, 7), Vector512.Create((long)n)).As<long, T>();

    [MethodImpl(Inline)]
    public static Lanes512<T> LoadFirst(void* source, int n)
    {
        if (Avx512F.IsSupported)
        {
            var lanes = FirstLanes(n);
            return IsFloat
                ? new(Avx512F.MaskLoad((float*)source, lanes.AsSingle(), Vector512<float>.Zero).As<float, T>())
                : new(Avx512F.MaskLoad((double*)source, lanes.AsDouble(), Vector512<double>.Zero).As<double, T>());
        }

        var copy = Vector512<T>.Zero;
        Unsafe.CopyBlockUnaligned(&copy, source, (uint)(n * sizeof(T)));
        return new(copy);
    }

    [MethodImpl(Inline)]
    public static void StoreFirst(Lanes512<T> a, void* target, int n)
    {
        if (Avx512F.IsSupported)
        {
            var lanes = FirstLanes(n);

            if (IsFloat)
                Avx512F.MaskStore((float*)target, lanes.AsSingle(), a.value.AsSingle());
            else
                Avx512F.MaskStore((double*)target, lanes.AsDouble(), a.value.AsDouble());
            return;
        }

        var copy = a.value;
        Unsafe.CopyBlockUnaligned(target, &copy, (uint)(n * sizeof(T)));
    }

    [MethodImpl(Inline)]
    public static Lanes512<T> LoadMask(byte* source)
    {
        if (Avx512F.IsSupported)
            return IsFloat
                ? new(
                    ~Vector512
                        .Equals(Avx512F.ConvertToVector512Int32(Vector128.Load(source)), Vector512<int>.Zero)
                        .As<int, T>()
                )
                : new(
                    ~Vector512
                        .Equals(
                            Avx512F.ConvertToVector512Int64(Vector128.CreateScalar(*(long*)source).AsByte()),
                            Vector512<long>.Zero
                        )
                        .As<long, T>()
                );

        var copy = Vector512<T>.Zero;

        for (int i = 0; i < Count; i++)
            if (source[i] != 0)
                copy = copy.WithElement(i, OfBits(-1).value[0]);
        return new(copy);
    }

    [MethodImpl(Inline)]
    public static void StoreMask(Lanes512<T> mask, byte* target)
    {
        if (Avx512F.IsSupported)
        {
            if (IsFloat)
                Vector128.Store(
                    Avx512F.ConvertToVector128Byte(mask.value.AsInt32()) & Vector128.Create((byte)1),
                    target
                );
            else
                *(long*)target = (Avx512F.ConvertToVector128Byte(mask.value.AsInt64()) & Vector128.Create((byte)1))
                    .AsInt64()
                    .ToScalar();
            return;
        }

        var bits = mask.value.ExtractMostSignificantBits();

        for (int i = 0; i < Count; i++)
            target[i] = (byte)((bits >> i) & 1);
    }

    [MethodImpl(Inline)]
    public static double First(Lanes512<T> a) =>
        IsFloat ? a.value.AsSingle().ToScalar() : a.value.AsDouble().ToScalar();

    [MethodImpl(Inline)]
    public static Lanes512<T> operator +(Lanes512<T> a, Lanes512<T> b) => new(a.value + b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> operator -(Lanes512<T> a, Lanes512<T> b) => new(a.value - b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> operator *(Lanes512<T> a, Lanes512<T> b) => new(a.value * b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> operator /(Lanes512<T> a, Lanes512<T> b) => new(a.value / b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> operator -(Lanes512<T> a) => Xor(a, OfBits(IsFloat ? int.MinValue : long.MinValue));

    [MethodImpl(Inline)]
    public static Lanes512<T> Fma(Lanes512<T> a, Lanes512<T> b, Lanes512<T> c) =>
        typeof(T) == typeof(float)
            ? new(Vector512.FusedMultiplyAdd(a.value.AsSingle(), b.value.AsSingle(), c.value.AsSingle()).As<float, T>())
            : new(
                Vector512.FusedMultiplyAdd(a.value.AsDouble(), b.value.AsDouble(), c.value.AsDouble()).As<double, T>()
            );

    [MethodImpl(Inline)]
    public static Lanes512<T> Sqrt(Lanes512<T> a) => new(Vector512.Sqrt(a.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> Abs(Lanes512<T> a) => And(a, OfBits(IsFloat ? int.MaxValue : long.MaxValue));

    [MethodImpl(Inline)]
    public static Lanes512<T> Floor(Lanes512<T> a) =>
        IsFloat
            ? new(Vector512.Floor(a.value.AsSingle()).As<float, T>())
            : new(Vector512.Floor(a.value.AsDouble()).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> Ceiling(Lanes512<T> a) =>
        IsFloat
            ? new(Vector512.Ceiling(a.value.AsSingle()).As<float, T>())
            : new(Vector512.Ceiling(a.value.AsDouble()).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> Round(Lanes512<T> a) =>
        IsFloat
            ? new(Vector512.Round(a.value.AsSingle()).As<float, T>())
            : new(Vector512.Round(a.value.AsDouble()).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> Max(Lanes512<T> a, Lanes512<T> b) => new(Vector512.Max(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> Min(Lanes512<T> a, Lanes512<T> b) => new(Vector512.Min(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> MaxNative(Lanes512<T> a, Lanes512<T> b) => new(Vector512.MaxNative(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> MinNative(Lanes512<T> a, Lanes512<T> b) => new(Vector512.MinNative(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> Equal(Lanes512<T> a, Lanes512<T> b) => new(Vector512.Equals(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> Less(Lanes512<T> a, Lanes512<T> b) => new(Vector512.LessThan(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> LessEqual(Lanes512<T> a, Lanes512<T> b) =>
        new(Vector512.LessThanOrEqual(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> And(Lanes512<T> a, Lanes512<T> b) => new(a.value & b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> Or(Lanes512<T> a, Lanes512<T> b) => new(a.value | b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> Xor(Lanes512<T> a, Lanes512<T> b) => new(a.value ^ b.value);

    [MethodImpl(Inline)]
    public static Lanes512<T> AndNot(Lanes512<T> a, Lanes512<T> b) => new(Vector512.AndNot(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes512<T> Select(Lanes512<T> mask, Lanes512<T> a, Lanes512<T> b) =>
        new(Vector512.ConditionalSelect(mask.value, a.value, b.value));

    [MethodImpl(Inline)]
    public static bool Any(Lanes512<T> mask) => mask.value.AsByte() != Vector512<byte>.Zero;

    [MethodImpl(Inline)]
    public static Lanes512<T> AddBits(Lanes512<T> a, Lanes512<T> b) =>
        IsFloat
            ? new((a.value.AsInt32() + b.value.AsInt32()).As<int, T>())
            : new((a.value.AsInt64() + b.value.AsInt64()).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> SubBits(Lanes512<T> a, Lanes512<T> b) =>
        IsFloat
            ? new((a.value.AsInt32() - b.value.AsInt32()).As<int, T>())
            : new((a.value.AsInt64() - b.value.AsInt64()).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> ShiftLeft(Lanes512<T> a, int bits) =>
        IsFloat ? new((a.value.AsInt32() << bits).As<int, T>()) : new((a.value.AsInt64() << bits).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> ShiftRight(Lanes512<T> a, int bits) =>
        IsFloat ? new((a.value.AsUInt32() >> bits).As<uint, T>()) : new((a.value.AsUInt64() >> bits).As<ulong, T>());

    [MethodImpl(Inline)]
    public static Lanes512<T> Scale(Lanes512<T> a, Lanes512<T> n)
    {
        if (Avx512F.IsSupported)
            return IsFloat
                ? new(Avx512F.Scale(a.value.AsSingle(), n.value.AsSingle()).As<float, T>())
                : new(Avx512F.Scale(a.value.AsDouble(), n.value.AsDouble()).As<double, T>());
        return PowerOfTwo.Scale(a, n);
    }

    [MethodImpl(Inline)]
    public static double Sum(Lanes512<T> a) =>
        IsFloat ? Vector512.Sum(a.value.AsSingle()) : Vector512.Sum(a.value.AsDouble());
}

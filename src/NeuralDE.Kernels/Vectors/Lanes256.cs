using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NeuralDE.Kernels;

/// <summary>256 bits of float or double.</summary>
internal readonly unsafe struct Lanes256<T> : IVector<Lanes256<T>>
    where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private readonly Vector256<T> value;

    [MethodImpl(Inline)]
    private Lanes256(Vector256<T> value) => this.value = value;

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
        get => Vector256<T>.Count;
    }

    public static int ElementSize
    {
        [MethodImpl(Inline)]
        get => sizeof(T);
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> Of(double x) =>
        typeof(T) == typeof(float)
            ? new(Vector256.Create((float)x).As<float, T>())
            : new(Vector256.Create(x).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> OfBits(long bits) =>
        typeof(T) == typeof(float)
            ? new(Vector256.Create((int)bits).As<int, T>())
            : new(Vector256.Create(bits).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> Load(void* source) => new(Vector256.Load((T*)source));

    [MethodImpl(Inline)]
    public static Lanes256<T> Broadcast(void* source) => new(Vector256.Create(*(T*)source));

    [MethodImpl(Inline)]
    public static void Store(Lanes256<T> a, void* target) => Vector256.Store(a.value, (T*)target);

    // numbers in full, because CreateSequence is long code, compiled again at every place that inlines it
    [MethodImpl(Inline)]
    private static Vector256<T> FirstLanes(int n) =>
        typeof(T) == typeof(float)
            ? Vector256.LessThan(Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7), Vector256.Create(n)).As<int, T>()
            : Vector256.LessThan(Vector256.Create(0L, 1, 2, 3), Vector256.Create((long)n)).As<long, T>();

    [MethodImpl(Inline)]
    public static Lanes256<T> LoadFirst(void* source, int n)
    {
        if (Avx.IsSupported)
        {
            var lanes = FirstLanes(n);
            return IsFloat
                ? new(Avx.MaskLoad((float*)source, lanes.AsSingle()).As<float, T>())
                : new(Avx.MaskLoad((double*)source, lanes.AsDouble()).As<double, T>());
        }

        var copy = Vector256<T>.Zero;
        Unsafe.CopyBlockUnaligned(&copy, source, (uint)(n * sizeof(T)));
        return new(copy);
    }

    [MethodImpl(Inline)]
    public static void StoreFirst(Lanes256<T> a, void* target, int n)
    {
        if (Avx.IsSupported)
        {
            var lanes = FirstLanes(n);

            if (IsFloat)
                Avx.MaskStore((float*)target, lanes.AsSingle(), a.value.AsSingle());
            else
                Avx.MaskStore((double*)target, lanes.AsDouble(), a.value.AsDouble());
            return;
        }

        var copy = a.value;
        Unsafe.CopyBlockUnaligned(target, &copy, (uint)(n * sizeof(T)));
    }

    [MethodImpl(Inline)]
    public static Lanes256<T> LoadMask(byte* source)
    {
        if (Avx2.IsSupported)
            return IsFloat
                ? new(
                    ~Vector256
                        .Equals(
                            Avx2.ConvertToVector256Int32(Vector128.CreateScalar(*(long*)source).AsByte()),
                            Vector256<int>.Zero
                        )
                        .As<int, T>()
                )
                : new(
                    ~Vector256
                        .Equals(
                            Avx2.ConvertToVector256Int64(Vector128.CreateScalar(*(int*)source).AsByte()),
                            Vector256<long>.Zero
                        )
                        .As<long, T>()
                );

        var copy = Vector256<T>.Zero;

        for (int i = 0; i < Count; i++)
            if (source[i] != 0)
                copy = copy.WithElement(i, OfBits(-1).value[0]);
        return new(copy);
    }

    [MethodImpl(Inline)]
    public static void StoreMask(Lanes256<T> mask, byte* target)
    {
        // convert one bit per lane to one byte per lane
        var bits = mask.value.ExtractMostSignificantBits();

        if (IsFloat)
            *(ulong*)target =
                ((bits & 0x7F) * 0x0002_0408_1020_4081UL & 0x0001_0101_0101_0101UL) | (ulong)(bits >> 7) << 56;
        else
            *(uint*)target = bits * 0x0020_4081u & 0x0101_0101u;
    }

    [MethodImpl(Inline)]
    public static double First(Lanes256<T> a) =>
        IsFloat ? a.value.AsSingle().ToScalar() : a.value.AsDouble().ToScalar();

    [MethodImpl(Inline)]
    public static Lanes256<T> operator +(Lanes256<T> a, Lanes256<T> b) => new(a.value + b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> operator -(Lanes256<T> a, Lanes256<T> b) => new(a.value - b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> operator *(Lanes256<T> a, Lanes256<T> b) => new(a.value * b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> operator /(Lanes256<T> a, Lanes256<T> b) => new(a.value / b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> operator -(Lanes256<T> a) => Xor(a, OfBits(IsFloat ? int.MinValue : long.MinValue));

    [MethodImpl(Inline)]
    public static Lanes256<T> Fma(Lanes256<T> a, Lanes256<T> b, Lanes256<T> c) =>
        typeof(T) == typeof(float)
            ? new(Vector256.FusedMultiplyAdd(a.value.AsSingle(), b.value.AsSingle(), c.value.AsSingle()).As<float, T>())
            : new(
                Vector256.FusedMultiplyAdd(a.value.AsDouble(), b.value.AsDouble(), c.value.AsDouble()).As<double, T>()
            );

    [MethodImpl(Inline)]
    public static Lanes256<T> Sqrt(Lanes256<T> a) => new(Vector256.Sqrt(a.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> Abs(Lanes256<T> a) => And(a, OfBits(IsFloat ? int.MaxValue : long.MaxValue));

    [MethodImpl(Inline)]
    public static Lanes256<T> Floor(Lanes256<T> a) =>
        IsFloat
            ? new(Vector256.Floor(a.value.AsSingle()).As<float, T>())
            : new(Vector256.Floor(a.value.AsDouble()).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> Ceiling(Lanes256<T> a) =>
        IsFloat
            ? new(Vector256.Ceiling(a.value.AsSingle()).As<float, T>())
            : new(Vector256.Ceiling(a.value.AsDouble()).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> Round(Lanes256<T> a) =>
        IsFloat
            ? new(Vector256.Round(a.value.AsSingle()).As<float, T>())
            : new(Vector256.Round(a.value.AsDouble()).As<double, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> Max(Lanes256<T> a, Lanes256<T> b) => new(Vector256.Max(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> Min(Lanes256<T> a, Lanes256<T> b) => new(Vector256.Min(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> MaxNative(Lanes256<T> a, Lanes256<T> b) => new(Vector256.MaxNative(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> MinNative(Lanes256<T> a, Lanes256<T> b) => new(Vector256.MinNative(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> Equal(Lanes256<T> a, Lanes256<T> b) => new(Vector256.Equals(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> Less(Lanes256<T> a, Lanes256<T> b) => new(Vector256.LessThan(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> LessEqual(Lanes256<T> a, Lanes256<T> b) =>
        new(Vector256.LessThanOrEqual(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> And(Lanes256<T> a, Lanes256<T> b) => new(a.value & b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> Or(Lanes256<T> a, Lanes256<T> b) => new(a.value | b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> Xor(Lanes256<T> a, Lanes256<T> b) => new(a.value ^ b.value);

    [MethodImpl(Inline)]
    public static Lanes256<T> AndNot(Lanes256<T> a, Lanes256<T> b) => new(Vector256.AndNot(a.value, b.value));

    [MethodImpl(Inline)]
    public static Lanes256<T> Select(Lanes256<T> mask, Lanes256<T> a, Lanes256<T> b) =>
        new(Vector256.ConditionalSelect(mask.value, a.value, b.value));

    [MethodImpl(Inline)]
    public static bool Any(Lanes256<T> mask) => mask.value.AsByte() != Vector256<byte>.Zero;

    [MethodImpl(Inline)]
    public static Lanes256<T> AddBits(Lanes256<T> a, Lanes256<T> b) =>
        IsFloat
            ? new((a.value.AsInt32() + b.value.AsInt32()).As<int, T>())
            : new((a.value.AsInt64() + b.value.AsInt64()).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> SubBits(Lanes256<T> a, Lanes256<T> b) =>
        IsFloat
            ? new((a.value.AsInt32() - b.value.AsInt32()).As<int, T>())
            : new((a.value.AsInt64() - b.value.AsInt64()).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> ShiftLeft(Lanes256<T> a, int bits) =>
        IsFloat ? new((a.value.AsInt32() << bits).As<int, T>()) : new((a.value.AsInt64() << bits).As<long, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> ShiftRight(Lanes256<T> a, int bits) =>
        IsFloat ? new((a.value.AsUInt32() >> bits).As<uint, T>()) : new((a.value.AsUInt64() >> bits).As<ulong, T>());

    [MethodImpl(Inline)]
    public static Lanes256<T> Scale(Lanes256<T> a, Lanes256<T> n) => PowerOfTwo.Scale(a, n);

    [MethodImpl(Inline)]
    public static double Sum(Lanes256<T> a) =>
        IsFloat ? Vector256.Sum(a.value.AsSingle()) : Vector256.Sum(a.value.AsDouble());
}

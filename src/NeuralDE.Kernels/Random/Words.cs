using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NeuralDE.Kernels;

/// <summary>A few adjacent 64-bit words, with the arithmetic of a random generator's counters.</summary>
internal unsafe interface IWords<W>
    where W : struct, IWords<W>
{
    static abstract int Count { get; }

    static abstract W Of(ulong value);

    /// <summary>first, first + 1, …</summary>
    static abstract W Sequence(ulong first);

    static abstract W Add(W a, W b);
    static abstract W Xor(W a, W b);
    static abstract W Or(W a, W b);
    static abstract W ShiftLeft(W a, int bits);

    /// <summary>A logical shift: zeros enter from above.</summary>
    static abstract W ShiftRight(W a, int bits);

    /// <summary>The product of the lower 32 bits of each.</summary>
    static abstract W MultiplyLower(W a, W b);

    /// <summary>a₀ b₀ a₁ b₁ …</summary>
    static abstract void StoreInTurn(W a, W b, ulong* target);
}

/// <summary>Eight words; requires AVX-512.</summary>
internal readonly unsafe struct Words512(Vector512<ulong> value) : IWords<Words512>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private readonly Vector512<ulong> value = value;

    public static bool IsSupported
    {
        [MethodImpl(Inline)]
        get => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;
    }

    public static int Count
    {
        [MethodImpl(Inline)]
        get => 8;
    }

    [MethodImpl(Inline)]
    public static Words512 Of(ulong value) => new(Vector512.Create(value));

    [MethodImpl(Inline)]
    public static Words512 Sequence(ulong first) => new(Vector512.CreateSequence(first, 1UL));

    [MethodImpl(Inline)]
    public static Words512 Add(Words512 a, Words512 b) => new(a.value + b.value);

    [MethodImpl(Inline)]
    public static Words512 Xor(Words512 a, Words512 b) => new(a.value ^ b.value);

    [MethodImpl(Inline)]
    public static Words512 Or(Words512 a, Words512 b) => new(a.value | b.value);

    [MethodImpl(Inline)]
    public static Words512 ShiftLeft(Words512 a, int bits) => new(a.value << bits);

    [MethodImpl(Inline)]
    public static Words512 ShiftRight(Words512 a, int bits) => new(a.value >> bits);

    [MethodImpl(Inline)]
    public static Words512 MultiplyLower(Words512 a, Words512 b) =>
        new(Avx512F.Multiply(a.value.AsUInt32(), b.value.AsUInt32()));

    [MethodImpl(Inline)]
    public static void StoreInTurn(Words512 a, Words512 b, ulong* target)
    {
        var first = Vector512.Create(0UL, 8, 1, 9, 2, 10, 3, 11);
        var second = Vector512.Create(4UL, 12, 5, 13, 6, 14, 7, 15);
        Vector512.Store(Avx512F.PermuteVar8x64x2(a.value, first, b.value), target);
        Vector512.Store(Avx512F.PermuteVar8x64x2(a.value, second, b.value), target + 8);
    }
}

/// <summary>Four words; requires AVX2.</summary>
internal readonly unsafe struct Words256(Vector256<ulong> value) : IWords<Words256>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private readonly Vector256<ulong> value = value;

    public static bool IsSupported
    {
        [MethodImpl(Inline)]
        get => Avx2.IsSupported;
    }

    public static int Count
    {
        [MethodImpl(Inline)]
        get => 4;
    }

    [MethodImpl(Inline)]
    public static Words256 Of(ulong value) => new(Vector256.Create(value));

    [MethodImpl(Inline)]
    public static Words256 Sequence(ulong first) => new(Vector256.CreateSequence(first, 1UL));

    [MethodImpl(Inline)]
    public static Words256 Add(Words256 a, Words256 b) => new(a.value + b.value);

    [MethodImpl(Inline)]
    public static Words256 Xor(Words256 a, Words256 b) => new(a.value ^ b.value);

    [MethodImpl(Inline)]
    public static Words256 Or(Words256 a, Words256 b) => new(a.value | b.value);

    [MethodImpl(Inline)]
    public static Words256 ShiftLeft(Words256 a, int bits) => new(a.value << bits);

    [MethodImpl(Inline)]
    public static Words256 ShiftRight(Words256 a, int bits) => new(a.value >> bits);

    [MethodImpl(Inline)]
    public static Words256 MultiplyLower(Words256 a, Words256 b) =>
        new(Avx2.Multiply(a.value.AsUInt32(), b.value.AsUInt32()));

    [MethodImpl(Inline)]
    public static void StoreInTurn(Words256 a, Words256 b, ulong* target)
    {
        var even = Avx2.UnpackLow(a.value, b.value);
        var odd = Avx2.UnpackHigh(a.value, b.value);
        Vector256.Store(Avx2.Permute2x128(even, odd, 0x20), target);
        Vector256.Store(Avx2.Permute2x128(even, odd, 0x31), target + 4);
    }
}

/// <summary>One word, on any machine.</summary>
internal readonly unsafe struct Word(ulong value) : IWords<Word>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private readonly ulong value = value;

    public static int Count
    {
        [MethodImpl(Inline)]
        get => 1;
    }

    [MethodImpl(Inline)]
    public static Word Of(ulong value) => new(value);

    [MethodImpl(Inline)]
    public static Word Sequence(ulong first) => new(first);

    [MethodImpl(Inline)]
    public static Word Add(Word a, Word b) => new(a.value + b.value);

    [MethodImpl(Inline)]
    public static Word Xor(Word a, Word b) => new(a.value ^ b.value);

    [MethodImpl(Inline)]
    public static Word Or(Word a, Word b) => new(a.value | b.value);

    [MethodImpl(Inline)]
    public static Word ShiftLeft(Word a, int bits) => new(a.value << bits);

    [MethodImpl(Inline)]
    public static Word ShiftRight(Word a, int bits) => new(a.value >> bits);

    [MethodImpl(Inline)]
    public static Word MultiplyLower(Word a, Word b) => new((ulong)(uint)a.value * (uint)b.value);

    [MethodImpl(Inline)]
    public static void StoreInTurn(Word a, Word b, ulong* target)
    {
        target[0] = a.value;
        target[1] = b.value;
    }
}

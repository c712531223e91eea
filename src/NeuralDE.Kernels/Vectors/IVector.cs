namespace NeuralDE.Kernels;

/// <summary>
/// A few floats of one type side by side. Kernels are written once against this interface and run at every width:
/// <see cref="Lanes512{T}"/> (AVX-512), <see cref="Lanes256{T}"/> (AVX2) and <see cref="Lane{T}"/> (any machine), T float or
/// double. A lane never sees its neighbours, so what an element becomes does not depend on where it stands.
/// </summary>
/// <remarks>A mask is a vector whose lanes have all bits set or none.</remarks>
internal unsafe interface IVector<S>
    where S : struct, IVector<S>
{
    /// <summary>How many lanes there are: a power of two.</summary>
    static abstract int Count { get; }

    /// <summary>Bytes of one lane: 4 (float) or 8 (double).</summary>
    static abstract int ElementSize { get; }

    /// <summary>The number in every lane, rounded to the lane's type.</summary>
    static abstract S Of(double value);

    /// <summary>The bits in every lane; the lower 32 for float.</summary>
    static abstract S OfBits(long bits);

    /// <summary>Count elements from memory of any alignment.</summary>
    static abstract S Load(void* source);

    /// <summary>The first n elements, 0 &lt;= n &lt;= Count, and zeros; memory behind them is not touched.</summary>
    static abstract S LoadFirst(void* source, int n);

    /// <summary>One element in every lane.</summary>
    static abstract S Broadcast(void* source);

    static abstract void Store(S value, void* target);

    /// <summary>The first n lanes, 0 &lt;= n &lt;= Count; memory behind them is not touched.</summary>
    static abstract void StoreFirst(S value, void* target, int n);

    /// <summary>A mask from Count bools of one byte each.</summary>
    static abstract S LoadMask(byte* source);

    /// <summary>Count bools, one byte each, from a mask.</summary>
    static abstract void StoreMask(S mask, byte* target);

    /// <summary>The first lane.</summary>
    static abstract double First(S value);

    static abstract S operator +(S a, S b);

    static abstract S operator -(S a, S b);

    static abstract S operator *(S a, S b);

    static abstract S operator /(S a, S b);

    static abstract S operator -(S a);

    /// <summary>a b + c, rounded once.</summary>
    static abstract S Fma(S a, S b, S c);

    static abstract S Sqrt(S a);
    static abstract S Abs(S a);
    static abstract S Floor(S a);
    static abstract S Ceiling(S a);

    /// <summary>The nearest integer, the even one of two.</summary>
    static abstract S Round(S a);

    /// <summary>NaN where either is; max(−0, 0) = 0.</summary>
    static abstract S Max(S a, S b);

    /// <summary>NaN where either is; min(−0, 0) = −0.</summary>
    static abstract S Min(S a, S b);

    /// <summary>One instruction; which of the two it gives for NaN or zeros is the machine's choice.</summary>
    static abstract S MaxNative(S a, S b);

    /// <summary>One instruction; which of the two it gives for NaN or zeros is the machine's choice.</summary>
    static abstract S MinNative(S a, S b);

    /// <summary>Masks as IEEE 754 compares: false beside NaN, −0 = 0.</summary>
    static abstract S Equal(S a, S b);
    static abstract S Less(S a, S b);
    static abstract S LessEqual(S a, S b);

    /// <summary>Bit by bit.</summary>
    static abstract S And(S a, S b);
    static abstract S Or(S a, S b);
    static abstract S Xor(S a, S b);

    /// <summary>a and not b.</summary>
    static abstract S AndNot(S a, S b);

    /// <summary>a where the mask is set, else b.</summary>
    static abstract S Select(S mask, S a, S b);

    /// <summary>Whether the mask is set anywhere.</summary>
    static abstract bool Any(S mask);

    /// <summary>The lanes' bits as integers of their size.</summary>
    static abstract S AddBits(S a, S b);
    static abstract S SubBits(S a, S b);
    static abstract S ShiftLeft(S a, int bits);

    /// <summary>Zeros come in from above.</summary>
    static abstract S ShiftRight(S a, int bits);

    /// <summary>a 2ⁿ for an integral n of any size, 0, ∞ and NaN included; a denormal result may be rounded twice.</summary>
    static abstract S Scale(S a, S n);

    /// <summary>The sum of all lanes: neighbours' halves first, in one fixed order.</summary>
    static abstract double Sum(S a);
}

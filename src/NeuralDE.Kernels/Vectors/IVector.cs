namespace NeuralDE.Kernels;

/// <summary>
/// A vector of floats of one type. Kernels are written once against this interface and run at every width: <see
/// cref="Lanes512{T}"/> (AVX-512), <see cref="Lanes256{T}"/> (AVX2) and <see cref="Lane{T}"/> (any machine), T float or
/// double. Lanes are independent, so the result of an element does not depend on its position.
/// </summary>
/// <remarks>A mask is a vector in which all bits of each lane are equal.</remarks>
internal unsafe interface IVector<S>
    where S : struct, IVector<S>
{
    /// <summary>The number of lanes: a power of two.</summary>
    static abstract int Count { get; }

    /// <summary>Bytes of one lane: 4 (float) or 8 (double).</summary>
    static abstract int ElementSize { get; }

    /// <summary>The number in every lane, rounded to the lane type.</summary>
    static abstract S Of(double value);

    /// <summary>The bits in every lane; the lower 32 for float.</summary>
    static abstract S OfBits(long bits);

    /// <summary>Loads Count elements from memory of any alignment.</summary>
    static abstract S Load(void* source);

    /// <summary>
    /// Loads the first n elements, 0 &lt;= n &lt;= Count, followed by zeros; does not access memory behind them.
    /// </summary>
    static abstract S LoadFirst(void* source, int n);

    /// <summary>Loads one element into every lane.</summary>
    static abstract S Broadcast(void* source);

    static abstract void Store(S value, void* target);

    /// <summary>Stores the first n lanes, 0 &lt;= n &lt;= Count; does not access memory behind them.</summary>
    static abstract void StoreFirst(S value, void* target, int n);

    /// <summary>Loads a mask from Count bools of one byte each.</summary>
    static abstract S LoadMask(byte* source);

    /// <summary>Stores a mask as Count bools of one byte each.</summary>
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

    /// <summary>Rounds to the nearest integer, ties to even.</summary>
    static abstract S Round(S a);

    /// <summary>NaN if either argument is NaN; max(−0, 0) = 0.</summary>
    static abstract S Max(S a, S b);

    /// <summary>NaN if either argument is NaN; min(−0, 0) = −0.</summary>
    static abstract S Min(S a, S b);

    /// <summary>One instruction; the result for NaN or zeros depends on the machine.</summary>
    static abstract S MaxNative(S a, S b);

    /// <summary>One instruction; the result for NaN or zeros depends on the machine.</summary>
    static abstract S MinNative(S a, S b);

    /// <summary>Masks of IEEE 754 comparisons: false for NaN, −0 = 0.</summary>
    static abstract S Equal(S a, S b);
    static abstract S Less(S a, S b);
    static abstract S LessEqual(S a, S b);

    /// <summary>Bitwise.</summary>
    static abstract S And(S a, S b);
    static abstract S Or(S a, S b);
    static abstract S Xor(S a, S b);

    /// <summary>a and not b.</summary>
    static abstract S AndNot(S a, S b);

    /// <summary>a if the mask is set, otherwise b.</summary>
    static abstract S Select(S mask, S a, S b);

    /// <summary>Whether any lane of the mask is set.</summary>
    static abstract bool Any(S mask);

    /// <summary>Adds the bits of the lanes as integers of their size.</summary>
    static abstract S AddBits(S a, S b);
    static abstract S SubBits(S a, S b);
    static abstract S ShiftLeft(S a, int bits);

    /// <summary>A logical shift: zeros enter from above.</summary>
    static abstract S ShiftRight(S a, int bits);

    /// <summary>
    /// a 2ⁿ for an integral n of any size, including results 0, ∞ and NaN; a denormal result may be rounded twice.
    /// </summary>
    static abstract S Scale(S a, S n);

    /// <summary>The sum of all lanes, in a fixed order: neighbouring halves first.</summary>
    static abstract double Sum(S a);
}

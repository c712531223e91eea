namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// <summary>A seed of random numbers: the same key gives the same numbers, whenever and wherever it is used.</summary>
/// <remarks>
/// A key is never used up, so use each for one purpose and make new ones from it with <c>Key.split</c> or
/// <c>Key.fold</c>.
/// Under <c>vmap</c> a key stands for one of a batch of keys.
/// </remarks>
[<Sealed; StructuredFormatDisplay("{Text}")>]
type Key internal (tensor: Tensor) =
    /// <summary>One key from a number.</summary>
    /// <param name="seed">Any number: each gives another key.</param>
    new(seed: int64) = Key(Tensor.OfArray(NdArray.OfIntegers(Int64, [||], [| seed |])))

    /// <summary>One key from a number.</summary>
    /// <param name="seed">Any number: each gives another key.</param>
    new(seed: int) = Key(int64 seed)

    /// int64 [batch…]: one number per key.
    member internal _.Tensor = tensor

    static member private Folded(key: Key, index: int64) =
        let index =
            Prim.broadcast key.Tensor.Dims [||] (Tensor.Apply(Constant { Literal.Dtype = Int64; Bits = index }, [||]))
        Key(Tensor.Binary(FoldKey, key.Tensor, index))

    /// <summary>Two independent keys from one.</summary>
    /// <param name="key">A key, or a batch of keys.</param>
    /// <returns>Two keys, or two batches of keys.</returns>
    static member split(key: Key) : Key * Key = Key.Folded(key, 0L), Key.Folded(key, 1L)

    /// <summary>The given number of independent keys from one; a longer list begins with the keys of a shorter
    /// one.</summary>
    /// <param name="count">The number of keys, 0 or more.</param>
    /// <param name="key">A key, or a batch of keys.</param>
    /// <returns>A list of `count` keys, or batches of keys.</returns>
    /// <exception cref="T:NeuralDE.InputException">count is negative.</exception>
    static member splitN (count: int) (key: Key) : Key list =
        Expect.count "Key.splitN" "count" count
        List.init count (fun i -> Key.Folded(key, int64 i))

    /// <summary>The key of step, sample or layer `index`, made from one key.</summary>
    /// <param name="index">The number of the step, sample or layer.</param>
    /// <param name="key">A key, or a batch of keys.</param>
    /// <returns>A key, or a batch of keys.</returns>
    static member fold (index: int) (key: Key) : Key = Key.Folded(key, int64 index)

    /// <summary>The key of a step whose number is an integer tensor, such as a loop's counter; a vector of numbers
    /// gives a batch of keys.</summary>
    /// <param name="index">An int32 or int64 tensor: [] for one key, [n] for a batch.</param>
    /// <param name="key">A key, or a batch of keys whose shape broadcasts with that of the index.</param>
    /// <returns>A batch of keys of the broadcast shape; one key for [].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The index is not an integer.</exception>
    static member foldWith (index: Tensor) (key: Key) : Key =
        Expect.integers "Key.foldWith" index
        Key(Tensor.Binary(FoldKey, key.Tensor, Prim.cast Int64 index))

    member internal key.Text = key.ToString()

    override _.ToString() =
        if tensor.IsPlaceholder then $"Key (placeholder) {Shape.text tensor.Dims}"
        elif tensor.Rank = 0 then $"Key {string tensor.Numbers.Integers[0]}"
        else $"Key {string (Shape.text tensor.Dims)}"

namespace NeuralDE;

// Verbs: of collections, where several arguments are written one by one
public static partial class Verbs
{
    /// <summary>As Einsum of several, for any collection.</summary>
    public static Tensor Einsum(string rule, IEnumerable<Tensor> operands) => Einsum(rule, [.. Given(operands)]);

    /// <summary>As Bernoulli of several, for any collection.</summary>
    public static Tensor Bernoulli(Key key, double p, IEnumerable<int> shape) => Bernoulli(key, p, [.. Given(shape)]);

    /// <summary>As Ones of several, for any collection.</summary>
    public static Tensor Ones(IEnumerable<int> shape) => Ones([.. Given(shape)]);

    /// <summary>As Rand of several, for any collection.</summary>
    public static Tensor Rand(Key key, IEnumerable<int> shape) => Rand(key, [.. Given(shape)]);

    /// <summary>As Randint of several, for any collection.</summary>
    public static Tensor Randint(Key key, int low, int high, IEnumerable<int> shape) =>
        Randint(key, low, high, [.. Given(shape)]);

    /// <summary>As Randn of several, for any collection.</summary>
    public static Tensor Randn(Key key, IEnumerable<int> shape) => Randn(key, [.. Given(shape)]);

    /// <summary>As Zeros of several, for any collection.</summary>
    public static Tensor Zeros(IEnumerable<int> shape) => Zeros([.. Given(shape)]);

    /// <summary>As Full of several, for any collection.</summary>
    public static Tensor Full(double value, IEnumerable<int> shape) => Full(value, [.. Given(shape)]);

    /// <summary>As BroadcastTo of several, for any collection.</summary>
    public static Tensor BroadcastTo(Tensor x, IEnumerable<int> shape) => BroadcastTo(x, [.. Given(shape)]);

    /// <summary>As Concat of several, for any collection.</summary>
    public static Tensor Concat(IEnumerable<Tensor> xs) => Concat([.. Given(xs)]);

    /// <summary>As ConcatAlong of several, for any collection.</summary>
    public static Tensor ConcatAlong(int axis, IEnumerable<Tensor> xs) => ConcatAlong(axis, [.. Given(xs)]);

    /// <summary>As Meshgrid of several, for any collection.</summary>
    public static Tensor[] Meshgrid(IEnumerable<Tensor> axes) => Meshgrid([.. Given(axes)]);

    /// <summary>As Pad of several, for any collection.</summary>
    public static Tensor Pad(Tensor x, IEnumerable<(int Before, int After)> widths) => Pad(x, [.. Given(widths)]);

    /// <summary>As PadWith of several, for any collection.</summary>
    public static Tensor PadWith(Tensor x, double value, IEnumerable<(int Before, int After)> widths) =>
        PadWith(x, value, [.. Given(widths)]);

    /// <summary>As Permute of several, for any collection.</summary>
    public static Tensor Permute(Tensor x, IEnumerable<int> order) => Permute(x, [.. Given(order)]);

    /// <summary>As Reshape of several, for any collection.</summary>
    public static Tensor Reshape(Tensor x, IEnumerable<int> shape) => Reshape(x, [.. Given(shape)]);

    /// <summary>As SplitRows of several, for any collection.</summary>
    public static Tensor[] SplitRows(Tensor x, IEnumerable<int> sizes) => SplitRows(x, [.. Given(sizes)]);

    /// <summary>As SplitAlong of several, for any collection.</summary>
    public static Tensor[] SplitAlong(Tensor x, int axis, IEnumerable<int> sizes) =>
        SplitAlong(x, axis, [.. Given(sizes)]);

    /// <summary>As Stack of several, for any collection.</summary>
    public static Tensor Stack(IEnumerable<Tensor> xs) => Stack([.. Given(xs)]);

    /// <summary>As StackAlong of several, for any collection.</summary>
    public static Tensor StackAlong(int axis, IEnumerable<Tensor> xs) => StackAlong(axis, [.. Given(xs)]);

    /// <summary>As Tile of several, for any collection.</summary>
    public static Tensor Tile(Tensor x, IEnumerable<int> counts) => Tile(x, [.. Given(counts)]);
}

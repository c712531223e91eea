namespace NeuralDE;

// Verbs: tensors from shapes, ranges and keys
public static partial class Verbs
{
    /// <summary>start, start + step, … before stop.</summary>
    public static Tensor Arange(double start, double stop, double step) => MakersModule.arange(start, stop, step);

    /// <summary>true with probability p, in [0, 1].</summary>
    public static Tensor Bernoulli(Key key, double p, params ReadOnlySpan<int> shape) =>
        MakersModule.bernoulli(Given(key), p, FSharp.List(shape));

    /// <summary>The identity matrix [n; n].</summary>
    public static Tensor Eye(int n) => MakersModule.eye(n);

    /// <summary>
    /// n points from first to last, evenly spaced, both included: the last is exactly <c>last</c>. One point is
    /// <c>first</c>.
    /// </summary>
    public static Tensor Linspace(double first, double last, int n) => MakersModule.linspace(first, last, n);

    /// <summary>n points from 10^first to 10^last, evenly spaced in the exponent.</summary>
    public static Tensor Logspace(double first, double last, int n) => MakersModule.logspace(first, last, n);

    /// <summary>Ones of a shape.</summary>
    public static Tensor Ones(params ReadOnlySpan<int> shape) => MakersModule.ones(FSharp.List(shape));

    /// <summary>Ones of the shape and dtype of x.</summary>
    public static Tensor OnesLike(Tensor x) => MakersModule.onesLike(Given(x));

    /// <summary>The numbers 0 to n − 1 (int64) in random order.</summary>
    public static Tensor Permutation(Key key, int n) => MakersModule.permutation(Given(key), n);

    /// <summary>Uniform numbers in [0, 1).</summary>
    public static Tensor Rand(Key key, params ReadOnlySpan<int> shape) =>
        MakersModule.rand(Given(key), FSharp.List(shape));

    /// <summary>Uniform integers (int64) from low to high − 1.</summary>
    public static Tensor Randint(Key key, int low, int high, params ReadOnlySpan<int> shape) =>
        MakersModule.randint(Given(key), low, high, FSharp.List(shape));

    /// <summary>Standard normal numbers.</summary>
    public static Tensor Randn(Key key, params ReadOnlySpan<int> shape) =>
        MakersModule.randn(Given(key), FSharp.List(shape));

    /// <summary>The rows of x (along its first axis) in random order.</summary>
    public static Tensor Shuffle(Key key, Tensor x) => MakersModule.shuffle(Given(key), Given(x));

    /// <summary>Zeros of a shape.</summary>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => MakersModule.zeros(FSharp.List(shape));

    /// <summary>Zeros of the shape and dtype of x.</summary>
    public static Tensor ZerosLike(Tensor x) => MakersModule.zerosLike(Given(x));

    /// <summary>A shape filled with one value.</summary>
    public static Tensor Full(double value, params ReadOnlySpan<int> shape) =>
        MakersModule.full(FSharp.List(shape), value);
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>Zeros of a shape.</summary>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => MakersModule.zeros(FSharp.List(shape));

    /// <summary>Ones of a shape.</summary>
    public static Tensor Ones(params ReadOnlySpan<int> shape) => MakersModule.ones(FSharp.List(shape));

    /// <summary>A tensor of a shape filled with one value.</summary>
    public static Tensor Full(double value, params ReadOnlySpan<int> shape) =>
        MakersModule.full(FSharp.List(shape), value);

    /// <summary>Zeros with the shape and dtype of x.</summary>
    public static Tensor ZerosLike(Tensor x) => MakersModule.zerosLike(Given(x));

    /// <summary>Ones with the shape and dtype of x.</summary>
    public static Tensor OnesLike(Tensor x) => MakersModule.onesLike(Given(x));

    /// <summary>
    /// n evenly spaced points from <paramref name="first"/> to <paramref name="last"/>, both included: [n]. The last
    /// point is exactly <paramref name="last"/>; a single point is <paramref name="first"/>.
    /// </summary>
    public static Tensor Linspace(double first, double last, int n) => MakersModule.linspace(first, last, n);

    /// <summary>n points from 10^first to 10^last with evenly spaced exponents: [n].</summary>
    public static Tensor Logspace(double first, double last, int n) => MakersModule.logspace(first, last, n);

    /// <summary>
    /// The numbers start, start + step, … before stop. InputException unless all are finite and step is not 0.
    /// </summary>
    public static Tensor Arange(double start, double stop, double step) => MakersModule.arange(start, stop, step);

    /// <summary>The identity matrix [n; n].</summary>
    public static Tensor Eye(int n) => MakersModule.eye(n);

    /// <summary>
    /// Uniform random numbers in [0, 1). Equal keys give equal numbers; a batch of keys [batch…] gives [batch…;
    /// shape…].
    /// </summary>
    public static Tensor Rand(Key key, params ReadOnlySpan<int> shape) =>
        MakersModule.rand(Given(key), FSharp.List(shape));

    /// <summary>
    /// Standard normal random numbers. Equal keys give equal numbers; a batch of keys [batch…] gives [batch…; shape…].
    /// </summary>
    public static Tensor Randn(Key key, params ReadOnlySpan<int> shape) =>
        MakersModule.randn(Given(key), FSharp.List(shape));

    /// <summary>
    /// Uniform random integers (int64) from low to high − 1. InputException unless low is less than high.
    /// </summary>
    public static Tensor Randint(Key key, int low, int high, params ReadOnlySpan<int> shape) =>
        MakersModule.randint(Given(key), low, high, FSharp.List(shape));

    /// <summary>Random bools, true with probability p. InputException unless p is in [0, 1].</summary>
    public static Tensor Bernoulli(Key key, double p, params ReadOnlySpan<int> shape) =>
        MakersModule.bernoulli(Given(key), p, FSharp.List(shape));

    /// <summary>The numbers 0 to n − 1 (int64) in random order: [n].</summary>
    public static Tensor Permutation(Key key, int n) => MakersModule.permutation(Given(key), n);

    /// <summary>The rows of x (along its first axis) in random order.</summary>
    public static Tensor Shuffle(Key key, Tensor x) => MakersModule.shuffle(Given(key), Given(x));
}

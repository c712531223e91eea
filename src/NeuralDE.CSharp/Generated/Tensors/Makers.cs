// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>Zeros of a shape.</summary>
    /// <param name="shape">The extents, 0 or more; [] for a single number.</param>
    /// <returns>float64, of this shape.</returns>
    /// <exception cref="ShapeException">An extent is negative, or the tensor does not fit in memory.</exception>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => MakersModule.zeros(FSharp.List(shape));

    /// <summary>Ones of a shape.</summary>
    /// <param name="shape">The extents, 0 or more; [] for a single number.</param>
    /// <returns>float64, of this shape.</returns>
    /// <exception cref="ShapeException">An extent is negative, or the tensor does not fit in memory.</exception>
    public static Tensor Ones(params ReadOnlySpan<int> shape) => MakersModule.ones(FSharp.List(shape));

    /// <summary>A tensor of a shape filled with one value.</summary>
    /// <param name="value">The value of every element.</param>
    /// <param name="shape">The extents, 0 or more; [] for a single number.</param>
    /// <returns>float64, of this shape.</returns>
    /// <exception cref="ShapeException">An extent is negative, or the tensor does not fit in memory.</exception>
    public static Tensor Full(double value, params ReadOnlySpan<int> shape) =>
        MakersModule.full(FSharp.List(shape), value);

    /// <summary>Zeros with the shape and dtype of x.</summary>
    /// <param name="x">A tensor of any shape and dtype; its numbers are not read.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x is a placeholder whose shape does not fit in memory.</exception>
    public static Tensor ZerosLike(Tensor x) => MakersModule.zerosLike(Given(x));

    /// <summary>Ones with the shape and dtype of x.</summary>
    /// <param name="x">A tensor of any shape and dtype; its numbers are not read.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x is a placeholder whose shape does not fit in memory.</exception>
    public static Tensor OnesLike(Tensor x) => MakersModule.onesLike(Given(x));

    /// <summary>
    /// n evenly spaced points from <paramref name="first"/> to <paramref name="last"/>, both included: [n]. The last
    /// point is exactly <paramref name="last"/>; a single point is <paramref name="first"/>.
    /// </summary>
    /// <param name="first">The first point.</param>
    /// <param name="last">The last point.</param>
    /// <param name="n">The number of points, 0 or more.</param>
    /// <returns>float64 [n].</returns>
    /// <exception cref="InputException">n is negative.</exception>
    /// <exception cref="ShapeException">The points do not fit in memory.</exception>
    public static Tensor Linspace(double first, double last, int n) => MakersModule.linspace(first, last, n);

    /// <summary>n points from 10^first to 10^last with evenly spaced exponents: [n].</summary>
    /// <param name="first">The decimal exponent of the first point.</param>
    /// <param name="last">The decimal exponent of the last point.</param>
    /// <param name="n">The number of points, 0 or more.</param>
    /// <returns>float64 [n].</returns>
    /// <exception cref="InputException">n is negative.</exception>
    /// <exception cref="ShapeException">The points do not fit in memory.</exception>
    public static Tensor Logspace(double first, double last, int n) => MakersModule.logspace(first, last, n);

    /// <summary>The numbers start, start + step, … before stop.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="stop">The end, which is excluded.</param>
    /// <param name="step">The difference of two numbers, not 0; negative steps count down.</param>
    /// <returns>float64 [n]; [0] if stop is not beyond start in the direction of the step.</returns>
    /// <exception cref="InputException">
    /// start or stop is not finite, step is 0 or NaN, or (stop − start) / step overflows.
    /// </exception>
    /// <exception cref="ShapeException">The numbers do not fit in memory.</exception>
    public static Tensor Arange(double start, double stop, double step) => MakersModule.arange(start, stop, step);

    /// <summary>The identity matrix [n; n].</summary>
    /// <param name="n">The number of rows, 0 or more.</param>
    /// <returns>float64 [n; n].</returns>
    /// <exception cref="InputException">n is negative.</exception>
    /// <exception cref="ShapeException">The matrix does not fit in memory.</exception>
    public static Tensor Eye(int n) => MakersModule.eye(n);

    /// <summary>
    /// Uniform random numbers in [0, 1). Equal keys give equal numbers; a batch of keys [batch…] gives [batch…;
    /// shape…].
    /// </summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="shape">The shape of the numbers of one key.</param>
    /// <returns>float64, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="ShapeException">An extent is negative, or the result does not fit in memory.</exception>
    public static Tensor Rand(Key key, params ReadOnlySpan<int> shape) =>
        MakersModule.rand(Given(key), FSharp.List(shape));

    /// <summary>
    /// Standard normal random numbers. Equal keys give equal numbers; a batch of keys [batch…] gives [batch…; shape…].
    /// </summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="shape">The shape of the numbers of one key.</param>
    /// <returns>float64, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="ShapeException">An extent is negative, or the result does not fit in memory.</exception>
    public static Tensor Randn(Key key, params ReadOnlySpan<int> shape) =>
        MakersModule.randn(Given(key), FSharp.List(shape));

    /// <summary>Uniform random integers (int64) from low to high − 1.</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="low">The smallest integer.</param>
    /// <param name="high">The end, which is excluded: larger than low.</param>
    /// <param name="shape">The shape of the numbers of one key.</param>
    /// <returns>int64, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="InputException">high is not larger than low.</exception>
    /// <exception cref="ShapeException">An extent is negative, or the result does not fit in memory.</exception>
    public static Tensor Randint(Key key, int low, int high, params ReadOnlySpan<int> shape) =>
        MakersModule.randint(Given(key), low, high, FSharp.List(shape));

    /// <summary>Random bools, true with probability p.</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="p">The probability, 0 to 1.</param>
    /// <param name="shape">The shape of the bools of one key.</param>
    /// <returns>bool, of this shape; [batch…; shape…] for a batch of keys.</returns>
    /// <exception cref="InputException">p is outside 0 to 1.</exception>
    /// <exception cref="ShapeException">An extent is negative, or the result does not fit in memory.</exception>
    public static Tensor Bernoulli(Key key, double p, params ReadOnlySpan<int> shape) =>
        MakersModule.bernoulli(Given(key), p, FSharp.List(shape));

    /// <summary>The numbers 0 to n − 1 (int64) in random order: [n].</summary>
    /// <param name="key">The key, or a batch of keys [batch…].</param>
    /// <param name="n">The number of integers, 0 or more.</param>
    /// <returns>int64 [n]; [batch…; n] for a batch of keys.</returns>
    /// <exception cref="InputException">n is negative.</exception>
    /// <exception cref="ShapeException">The result does not fit in memory.</exception>
    public static Tensor Permutation(Key key, int n) => MakersModule.permutation(Given(key), n);

    /// <summary>The rows of x (along its first axis) in random order.</summary>
    /// <param name="key">One key, not a batch of keys.</param>
    /// <param name="x">[n; …], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="ShapeException">x is a single number, or there are several keys.</exception>
    public static Tensor Shuffle(Key key, Tensor x) => MakersModule.shuffle(Given(key), Given(x));
}

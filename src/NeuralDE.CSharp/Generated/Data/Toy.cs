// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Small data sets of points: float64 points [n; dimension] and, for sets with classes, int64 labels [n]. The labels
/// cycle through 0, 1, …, 0, 1, …, so all classes have the same size. Equal keys give equal sets.
/// </summary>
/// <remarks>
/// The points of a class are independent draws from one distribution: another key gives held-out points of the same
/// distribution. <c>noise</c> is the standard deviation of normal noise. InputException if n or a dimension is below 1,
/// or a deviation is negative or not finite. torchdyn's ToyDataset and FFJORD's toy data use the same names for sets of
/// other sizes and scales.
/// </remarks>
public static partial class Toy
{
    /// <summary>
    /// Two interleaved half circles: (cos a, sin a) with label 0 and (1 − cos a, ½ − sin a) with label 1, a uniform in
    /// [0, π], with normal noise.
    /// </summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    public static (Tensor Points, Tensor Labels) Moons(double noise, int n, Key key) =>
        ToyModule.moons(noise, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Two spiral arms of one and a half turns: ±r (cos 3πr, sin 3πr), r = √u for u uniform in [0, 1], with normal
    /// noise.
    /// </summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    public static (Tensor Points, Tensor Labels) Spirals(double noise, int n, Key key) =>
        ToyModule.spirals(noise, n, Given(key)).ToValueTuple();

    /// <summary>Two circles of radius ½ (label 0) and 1 (label 1), with uniform angles and normal noise.</summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    public static (Tensor Points, Tensor Labels) Circles(double noise, int n, Key key) =>
        ToyModule.circles(noise, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Two spheres of radius ½ (label 0) and 1 (label 1) in any dimension, uniform on each, with normal noise.
    /// </summary>
    /// <param name="dimension">Dimension of the space.</param>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; dimension] and labels [n].</returns>
    public static (Tensor Points, Tensor Labels) Spheres(int dimension, double noise, int n, Key key) =>
        ToyModule.spheres(dimension, noise, n, Given(key)).ToValueTuple();

    /// <summary>
    /// A ball (label 0) inside a shell (label 1): uniform directions, radii uniform in [0, ½] and in [1, 3⁄2]. Every
    /// third point belongs to the ball, so in one dimension each of the three pieces has a third of the points.
    /// </summary>
    /// <param name="dimension">Dimension of the space.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; dimension] and labels [n].</returns>
    /// <remarks>
    /// E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019: no flow of the same dimension moves the
    /// ball out of the shell.
    /// </remarks>
    public static (Tensor Points, Tensor Labels) Rings(int dimension, int n, Key key) =>
        ToyModule.rings(dimension, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Normal distributions with the same deviation: <paramref name="count"/> means on the circle of radius 1, at equal
    /// angles, the first at (1, 0).
    /// </summary>
    /// <param name="count">Number of distributions.</param>
    /// <param name="deviation">Standard deviation of each distribution.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    public static (Tensor Points, Tensor Labels) Gaussians(int count, double deviation, int n, Key key) =>
        ToyModule.gaussians(count, deviation, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Eight normal distributions of deviation ½ with means on a circle of radius 4; all coordinates are divided by √2.
    /// </summary>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    /// <remarks>The common test set of density models: W. Grathwohl et al., FFJORD, ICLR 2019.</remarks>
    public static (Tensor Points, Tensor Labels) EightGaussians(int n, Key key) =>
        ToyModule.eightGaussians(n, Given(key)).ToValueTuple();

    /// <summary>
    /// Uniform on the 8 dark squares of a 4 by 4 board over [−4, 4]²: the squares whose row and column numbers, from 0,
    /// have an even sum.
    /// </summary>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2].</returns>
    public static Tensor Checkerboard(int n, Key key) => ToyModule.checkerboard(n, Given(key));

    /// <summary>
    /// Arms of a wheel: (1 + 0.3 a, 0.1 b) with normal a, b, rotated by the angle of the arm, 2π label / arms, and by ¼
    /// exp(1 + 0.3 a).
    /// </summary>
    /// <param name="arms">Number of arms.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2] and labels [n].</returns>
    /// <remarks>M. J. Johnson et al., Composing graphical models with neural networks, NeurIPS 2016.</remarks>
    public static (Tensor Points, Tensor Labels) Pinwheel(int arms, int n, Key key) =>
        ToyModule.pinwheel(arms, n, Given(key)).ToValueTuple();

    /// <summary>A rolled strip: r (cos 3πr, sin 3πr), r uniform in [½, 3⁄2], with normal noise.</summary>
    /// <param name="noise">Standard deviation of the noise.</param>
    /// <param name="n">Number of points.</param>
    /// <param name="key">Determines the points.</param>
    /// <returns>Points [n; 2].</returns>
    public static Tensor SwissRoll(double noise, int n, Key key) => ToyModule.swissRoll(noise, n, Given(key));
}

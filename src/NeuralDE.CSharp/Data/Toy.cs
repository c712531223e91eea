namespace NeuralDE;

/// <summary>
/// Small sets of points, the same for the same key: float64 points [n; dimension], and int64 labels [n] where there are
/// classes. Labels go round (0, 1, …, 0, 1, …), so that classes have equal numbers.
/// </summary>
public static class Toy
{
    /// <summary>
    /// Two half circles that reach into each other: (cos a, sin a) and (1 − cos a, ½ − sin a), a uniform in [0, π],
    /// with normal noise.
    /// </summary>
    public static (Tensor Points, Tensor Labels) Moons(double noise, int n, Key key) =>
        ToyModule.moons(noise, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Two arms of one and a half turns: ±r (cos 3πr, sin 3πr), r = √u for u uniform in [0, 1], with normal noise.
    /// </summary>
    public static (Tensor Points, Tensor Labels) Spirals(double noise, int n, Key key) =>
        ToyModule.spirals(noise, n, Given(key)).ToValueTuple();

    /// <summary>Two circles of radius ½ (label 0) and 1, angles uniform, with normal noise.</summary>
    public static (Tensor Points, Tensor Labels) Circles(double noise, int n, Key key) =>
        ToyModule.circles(noise, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Two spheres of radius ½ (label 0) and 1 in any dimension, uniform on each, with normal noise.
    /// </summary>
    public static (Tensor Points, Tensor Labels) Spheres(int dimension, double noise, int n, Key key) =>
        ToyModule.spheres(dimension, noise, n, Given(key)).ToValueTuple();

    /// <summary>
    /// A ball (label 0) inside a shell: directions uniform, radii uniform in [0, ½] and in [1, 3⁄2]. Every third point
    /// is of the ball.
    /// </summary>
    public static (Tensor Points, Tensor Labels) Rings(int dimension, int n, Key key) =>
        ToyModule.rings(dimension, n, Given(key)).ToValueTuple();

    /// <summary>
    /// Normal distributions with the same deviation: `count` means on the circle of radius 1, at equal angles, the first at (1, 0).
    /// </summary>
    public static (Tensor Points, Tensor Labels) Gaussians(int count, double deviation, int n, Key key) =>
        ToyModule.gaussians(count, deviation, n, Given(key)).ToValueTuple();

    /// <summary>Eight normal laws of deviation ½ around a circle of radius 4, all over √2.</summary>
    public static (Tensor Points, Tensor Labels) EightGaussians(int n, Key key) =>
        ToyModule.eightGaussians(n, Given(key)).ToValueTuple();

    /// <summary>Uniform on the 8 dark squares of a board of 4 by 4 over [−4, 4]².</summary>
    public static Tensor Checkerboard(int n, Key key) => ToyModule.checkerboard(n, Given(key));

    /// <summary>
    /// Arms of a wheel: (1 + 0.3 a, 0.1 b) with normal a, b, turned by its arm's angle 2π label / arms and by
    /// ¼ exp(1 + 0.3 a).
    /// </summary>
    public static (Tensor Points, Tensor Labels) Pinwheel(int arms, int n, Key key) =>
        ToyModule.pinwheel(arms, n, Given(key)).ToValueTuple();

    /// <summary>
    /// A rolled strip seen from its edge: r (cos 3πr, sin 3πr), r uniform in [½, 3⁄2], with normal noise.
    /// </summary>
    public static Tensor SwissRoll(double noise, int n, Key key) => ToyModule.swissRoll(noise, n, Given(key));
}

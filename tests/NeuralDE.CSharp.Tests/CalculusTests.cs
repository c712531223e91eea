namespace FaceTests;

using static NeuralDE.Calculus;

public class CalculusTests
{
    private static readonly Tensor X = Tensor.Of(0.5, 1.0, 2.0);

    private static Tensor F(Tensor x) => Sum(Sin(x) * x);

    private static readonly double[] Gradient = [.. X.ToArray().Select(x => Math.Sin(x) + x * Math.Cos(x))];

    [Fact]
    public void Derivatives_of_a_function_of_a_tensor()
    {
        Near.Equal(Grad(F, X), Gradient, 1e-14);
        Near.Equal(Grad<Tensor>(F)(X), Gradient, 1e-14);
        var (value, gradient) = ValueAndGrad(F, X);
        Near.Equal(value, F(X), 0.0);
        Near.Equal(gradient, Gradient, 1e-14);
        double[] second = [.. X.ToArray().Select(x => 2.0 * Math.Cos(x) - x * Math.Sin(x))];
        Near.Equal(Diagonal(Hessian(F, X)), second, 1e-13);
        Near.Equal(Laplacian(F, X), second.Sum(), 1e-13);
        Near.Equal(Hvp(F, X, OnesLike(X)), second, 1e-13);
        Near.Equal(Jacobian(x => x * x, X), Diag(2.0 * X), 1e-15);
        Near.Equal(Divergence(x => x * x, X), 7.0, 1e-14);
        Near.Equal(Curl(x => Stack(-x[1], x[0], x[2]), X), [0.0, 0.0, 2.0], 1e-15);
        var (square, pull) = Vjp(x => x * x, X);
        Near.Equal(square, X * X, 0.0);
        Near.Equal(pull(Ones(3)), 2.0 * X, 0.0);
        var (_, tangent) = Jvp(x => x * x, X, Ones(3));
        Near.Equal(tangent, 2.0 * X, 0.0);
    }

    [Fact]
    public void Functions_of_several_trees_have_a_gradient_for_each()
    {
        var (a, b) = Grad((a, b) => Sum(a * b), X, 2.0 * X);
        Near.Equal(a, 2.0 * X, 0.0);
        Near.Equal(b, X, 0.0);
        var (value, (p, q, r)) = ValueAndGrad((p, q, r) => Sum(p * q * r), X, X, Ones(3));
        Near.Equal(value, Sum(X * X), 1e-15);
        Near.Equal(p, X, 0.0);
        Near.Equal(q, X, 0.0);
        Near.Equal(r, X * X, 0.0);
    }

    [Fact]
    public void Further_results_are_returned_with_the_gradient()
    {
        var (gradient, further) = GradWith(x => (Sum(x * x), Exp(x)), X);
        Near.Equal(gradient, 2.0 * X, 0.0);
        Near.Equal(further, Exp(X), 0.0);
        var ((value, exponential), slope) = ValueAndGradWith(x => (Sum(x * x), Exp(x)), X);
        Near.Equal(value, 5.25, 1e-15);
        Near.Equal(exponential, Exp(X), 0.0);
        Near.Equal(slope, 2.0 * X, 0.0);
    }

    [Fact]
    public void Vmap_passes_one_row()
    {
        var rows = Reshape(Arange(0.0, 6.0, 1.0), 2, 3);
        Near.Equal(Vmap(F, rows), Stack(F(rows[0]), F(rows[1])), 1e-14);
        Near.Equal(Vmap(Grad<Tensor>(F))(rows), Stack(Grad(F, rows[0]), Grad(F, rows[1])), 1e-14);
        Near.Equal(Vmap((a, b) => Dot(a, b), rows, rows), SumAlong(rows * rows, 1), 1e-14);
    }

    [Fact]
    public void A_compiled_function_is_traced_once()
    {
        var traces = 0;
        var compiled = Compile(
            (Tensor x, Tensor y) =>
            {
                traces++;
                return Sum(x * y);
            }
        );
        Near.Equal(compiled(X, X), 5.25, 1e-15);
        Near.Equal(compiled(X, 2.0 * X), 10.5, 1e-15);
        Assert.Equal(1, traces);
    }

    [Fact]
    public void Choices_and_loops()
    {
        var doubled = Compile((Tensor x) => Cond(Sum(x) > 0.0, y => 2.0 * y, y => -y, x));
        Near.Equal(doubled(X), 2.0 * X, 0.0);
        Near.Equal(doubled(-X), X, 0.0);
        Near.Equal(Iterate(3, x => 2.0 * x, X), 8.0 * X, 0.0);
        Near.Equal(RepeatWhile(x => x < 100.0, 50, x => 2.0 * x, Tensor.Scalar(1.0)), 128.0, 0.0);
        var (last, sums) = Scan((Tensor total, Tensor x) => (total + x, total + x), Tensor.Scalar(0.0), X);
        Near.Equal(last, 3.5, 0.0);
        Near.Equal(sums, [0.5, 1.5, 3.5], 0.0);
    }

    [Fact]
    public void Custom_derivatives()
    {
        var clipped = Grad(x => Sum(CustomGradient(y => 3.0 * y, (_, _, w) => Clip(w, -1.0, 1.0), x)), X);
        Near.Equal(clipped, Ones(3), 0.0);
        Near.Equal(Grad(x => Sum(StopGradient(x) * x), X), X, 0.0);
        Near.Equal(Grad(x => Checkpoint(F, x), X), Gradient, 1e-14);
        var root = Grad(p => ImplicitRoot(q => StopGradient(Sqrt(q)), (z, q) => z * z - q, p), Tensor.Scalar(4.0));
        Near.Equal(root, 0.25, 1e-14);
        var read = Grad(x => Dynamic(Tensor.Scalar(0.0), y => (double)y > 1.0 ? y * y : y, x), Tensor.Scalar(3.0));
        Near.Equal(read, 6.0, 0.0);
    }

    private sealed record Pair(Tensor Outer, Tensor Inner);

    [Fact]
    public void Roots_of_any_shape()
    {
        static Pair Map(Pair z, Tensor p) =>
            new(0.3 * Sin(z.Outer * ExpandDims(z.Inner, -1)) + ExpandDims(p, -1), 0.4 * Cos(z.Inner) + p);
        static Pair Search(Tensor p) => Iterate(200, z => Map(z, p), new Pair(0.0 * ExpandDims(p, -1), 0.0 * p));
        static Pair Residual(Pair z, Tensor p) => Tree.Map2(z, Map(z, p), (a, b) => a - b);
        static Tensor Loss(Pair z) => Sum(z.Outer * z.Outer) + Sum(z.Inner);

        var at = Tensor.Of(0.3, -0.2);
        var expected = Grad(p => Loss(Search(p)), at);
        Near.Equal(Grad(p => Loss(ImplicitRoot<Tensor, Pair>(Search, Residual, p)), at), expected, 1e-12);
        RootSolve<Pair>[] solves =
        [
            RootSolves.Dense<Pair>(),
            RootSolves.Gmres<Pair>(new() { Rtol = 1e-12 }),
            RootSolves.SameIteration<Pair>(new() { Rtol = 1e-12 }),
            RootSolves.Own<Pair>(1e-10, (apply, b) => Iterate(200, w => Add(w, Minus(b, apply(w))), b)),
        ];
        static Pair Add(Pair a, Pair b) => Tree.Map2(a, b, (x, y) => x + y);
        static Pair Minus(Pair a, Pair b) => Tree.Map2(a, b, (x, y) => x - y);

        foreach (var solve in solves)
        foreach (var coupling in new[] { RootCoupling.Joint, RootCoupling.PerSample })
        {
            var settings = new RootSettings<Pair> { Coupling = coupling, Solve = solve };
            Near.Equal(Grad(p => Loss(ImplicitRootWith(settings, Search, Residual, p)), at), expected, 1e-10);
        }

        var hasty = new RootSettings<Pair> { Solve = RootSolves.Gmres<Pair>(new() { MaxIterations = 1 }) };
        var error = Assert.Throws<DerivativeException>(() =>
            Grad(p => Loss(ImplicitRootWith(hasty, Search, Residual, p)), at)
        );
        Assert.Contains("after 1 iterations", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>("solver", () => RootSolves.Own<Pair>(1e-10, null!));
    }

    [Fact]
    public void Verbs_nest()
    {
        var third = Grad(x => Grad(y => Grad(z => z * z * z * z, y), x), Tensor.Scalar(2.0));
        Near.Equal(third, 48.0, 1e-14);
    }

    [Fact]
    public void Explain_lists_the_stages() => Assert.Contains("reverse derivative", Engine.Explain(F, X));
}

namespace FaceTests;

using static NeuralDE.Calculus;

/// <summary>Exceptions are those of the core: the same types and messages, not wrapped.</summary>
public class ErrorTests
{
    private static readonly Tensor X = Tensor.Of(1.0, 2.0, 3.0);

    private static void Raises<E>(string sentence, Action action)
        where E : Exception => Assert.Equal(sentence, Assert.Throws<E>(action).Message);

    [Fact]
    public void Shapes() =>
        Raises<ShapeException>(
            "Linear.apply: input has 3 features, the layer was made for 2.",
            () => Linear.Init(new Key(0), 2, 4).Apply(X)
        );

    [Fact]
    public void Shapes_inside_a_field() =>
        Raises<ShapeException>(
            "Ode.solve: the field returned shape [4] for a state of shape [3]. Return one derivative per state component.",
            () => Ode.Problem((_, u) => Concat(u, Ones(1)), X, 0, 1).Solve()
        );

    [Fact]
    public void Shapes_inside_a_gradient() =>
        Raises<ShapeException>(
            "Linear.apply: input has 3 features, the layer was made for 2.",
            () => Grad(x => Sum(Linear.Init(new Key(0), 2, 4).Apply(x)), X)
        );

    [Fact]
    public void Times() =>
        Raises<InputException>(
            "Ode.saveAt: times must lie in [t0, t1] = [0, 10] and go from t0 to t1; got 12.5 at position 1.",
            () => Ode.Problem((_, u) => -u, X, 0, 10).SaveAt(1.0, 12.5).Solve()
        );

    [Fact]
    public void Dtypes() =>
        Raises<DtypeException>(
            "+: got float64 [2] and float32 [2]. Cast one of them, as in cast Float64 x.",
            () => _ = Tensor.Of(1.0, 2.0) + Tensor.Of(1f, 2f)
        );

    [Fact]
    public void Values_of_placeholders() =>
        Assert.StartsWith(
            "a placeholder of grad has no numbers yet.",
            Assert.Throws<TraceException>(() => Grad(x => (double)Sum(x) > 0.0 ? Sum(x) : -Sum(x), X)).Message
        );

    [Fact]
    public void Options() =>
        Assert.StartsWith(
            "Optim: the rate is -1, expected",
            Assert.Throws<InputException>(() => Optim.Init(Optimisers.AdamWith(new() { Rate = -1.0 }), X)).Message
        );

    [Fact]
    public void Exceptions_of_user_functions_are_not_changed()
    {
        var own = new InvalidTimeZoneException("mine");
        Tensor Fails(Tensor x) => throw own;
        Action[] calls =
        [
            () => Grad(Fails, X),
            () => Vmap<Tensor, Tensor>(Fails, X),
            () => Compile<Tensor, Tensor>(Fails)(X),
            () => Ode.Problem((_, u) => Fails(u), X, 0, 1).Solve(),
            () => Ode.Problem((_, u) => -u, X, 0, 1).Progress(_ => throw own).Solve(),
            () => Train.Start(X, Optimisers.Adam(0.1)).Run(Fails),
            () => Train.Start(X, Optimisers.Adam(0.1)).OnStep(_ => throw own).Run(x => Sum(x * x)),
            () => Lbfgs.Minimise(Fails, X),
            () => Linear.InitWith((_, _) => throw own, new Key(0), 2, 2),
        ];
        foreach (var call in calls)
            Assert.Same(own, Assert.ThrowsAny<Exception>(call));
    }

    [Fact]
    public void A_function_that_is_null_is_refused_at_the_call()
    {
        Assert.Throws<ArgumentNullException>("f", () => Grad(null!, X));
        Assert.Throws<ArgumentNullException>("f", () => Ode.Problem(null!, X, 0, 1));
    }
}

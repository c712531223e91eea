namespace NeuralDE;

/// <summary>
/// A builder of neural ODEs. It is immutable: each method returns a new builder. Build initialises the weights.
/// </summary>
public sealed class NeuralOdeBuilder
{
    private readonly int inputs;
    private readonly Func<Blueprint, Blueprint>? field;
    private readonly Func<NeuralOde, NeuralOde> change;

    internal NeuralOdeBuilder(int dim)
        : this(dim, null, model => model) { }

    private NeuralOdeBuilder(int inputs, Func<Blueprint, Blueprint>? field, Func<NeuralOde, NeuralOde> change)
    {
        this.inputs = inputs;
        this.field = field;
        this.change = change;
    }

    private NeuralOdeBuilder Then(Func<NeuralOde, NeuralOde> next) => new(inputs, field, model => next(change(model)));

    /// <summary>
    /// Sets the network f of x' = f(t, x), layer by layer: <c>f =&gt; f.Power(3).Linear(50).Tanh().Linear(2)</c>.
    /// </summary>
    public NeuralOdeBuilder Field(Func<Blueprint, Blueprint> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new(inputs, field, change);
    }

    /// <summary>
    /// Adds <paramref name="dimensions"/> components to the state, which start at 0. The network takes them, and must
    /// return them.
    /// </summary>
    public NeuralOdeBuilder Augment(int dimensions) =>
        new(inputs + dimensions, field, model => change(model).Augment(dimensions));

    /// <summary>Sets the method; default: Tsit5.</summary>
    public NeuralOdeBuilder Using(Solver<AnyOde> solver) => UsingMethod(Given(solver));

    /// <summary>
    /// Sets a method that is chosen at run time. InputException for a method that is not for ordinary equations.
    /// </summary>
    public NeuralOdeBuilder UsingMethod(Method method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Then(model => model.UsingMethod(method));
    }

    /// <summary>
    /// Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|; default: 1e-6 and 1e-9.
    /// InputException for negative tolerances.
    /// </summary>
    public NeuralOdeBuilder Tolerance(double rtol, double atol) => Then(model => model.Tolerance(rtol, atol));

    /// <summary>Sets constant steps of size dt. InputException unless dt is positive.</summary>
    public NeuralOdeBuilder Dt(double dt) => Then(model => model.Dt(dt));

    /// <summary>Sets the gradient method of reverse mode; default: Gradients.Checkpointed.</summary>
    public NeuralOdeBuilder Gradient(Gradient method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Then(model => model.Gradient(method));
    }

    /// <summary>Gives each sample of a batch [batch; d] its own steps.</summary>
    public NeuralOdeBuilder PerSample() => Then(model => model.PerSample());

    /// <summary>Builds the model. The seed determines its initial weights.</summary>
    /// <exception cref="InputException">
    /// if no field was given, or a layer does not fit the layer before it.
    /// </exception>
    public NeuralOde Build(int seed) => Build(new Key(seed));

    /// <summary>Builds the model. The key determines its initial weights.</summary>
    /// <exception cref="InputException">
    /// if no field was given, or a layer does not fit the layer before it.
    /// </exception>
    public NeuralOde Build(Key key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return field is null
            ? throw new InputException(
                "NeuralOde.Build: got no field, expected a network, as in Field(f => f.Linear(50).Tanh().Linear(2))."
            )
            : change(NeuralOdeModule.init(key, field(BlueprintModule.features(inputs))));
    }
}

namespace NeuralDE;

/// <summary>
/// A neural ODE in the making. Each method gives another builder and leaves this one as it is; Build draws the weights.
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
    /// The network f of x' = f(t, x), layer by layer: <c>f =&gt; f.Power(3).Linear(50).Tanh().Linear(2)</c>.
    /// </summary>
    public NeuralOdeBuilder Field(Func<Blueprint, Blueprint> field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new(inputs, field, change);
    }

    /// <summary>
    /// So many more components of the state, 0 at the start; the network takes and must give them, too.
    /// </summary>
    public NeuralOdeBuilder Augment(int dimensions) =>
        new(inputs + dimensions, field, model => change(model).Augment(dimensions));

    /// <summary>The method; Tsit5 unless said otherwise.</summary>
    public NeuralOdeBuilder Using(Solver<AnyOde> solver) => UsingMethod(Given(solver));

    /// <summary>
    /// A method chosen when the program runs. InputException for one that is not for ordinary equations.
    /// </summary>
    public NeuralOdeBuilder UsingMethod(Method method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Then(model => model.UsingMethod(method));
    }

    /// <summary>
    /// A step is accepted when its error is at most atol + rtol |y|; 1e-6 and 1e-9 unless said otherwise.
    /// </summary>
    public NeuralOdeBuilder Tolerance(double rtol, double atol) => Then(model => model.Tolerance(rtol, atol));

    /// <summary>Steps of constant length.</summary>
    public NeuralOdeBuilder Dt(double dt) => Then(model => model.Dt(dt));

    /// <summary>How reverse mode goes through the solve; Gradients.Checkpointed unless said otherwise.</summary>
    public NeuralOdeBuilder Gradient(Gradient method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Then(model => model.Gradient(method));
    }

    /// <summary>Each sample of a batch [batch; d] has its own steps.</summary>
    public NeuralOdeBuilder PerSample() => Then(model => model.PerSample());

    /// <summary>The model, with weights drawn from a seed.</summary>
    /// <exception cref="InputException">
    /// if no field was given, or a layer does not fit what comes before it.
    /// </exception>
    public NeuralOde Build(int seed) => Build(new Key(seed));

    /// <summary>The model, with weights drawn from a key.</summary>
    /// <exception cref="InputException">
    /// if no field was given, or a layer does not fit what comes before it.
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

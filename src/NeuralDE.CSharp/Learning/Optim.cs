namespace NeuralDE;

/// <summary>
/// Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside Compile, too.
/// </summary>
public static class Optim
{
    /// <summary>
    /// An optimiser for each group of leaves: the first whose predicate holds for a leaf's path takes it.
    /// </summary>
    public static Optimiser Groups(params ReadOnlySpan<(Func<string, bool> Holds, Optimiser Optimiser)> groups) =>
        OptimModule.groups(FSharp.Groups(groups));

    /// <summary>
    /// For groups: the leaf of this path, and all leaves under it. "Encoder" holds of Encoder.Weight and Encoder[0].Bias, not
    /// of Encoder2.
    /// </summary>
    public static Func<string, bool> Under(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return leaf => OptimModule.under(path, leaf);
    }

    /// <summary>For groups: leaves whose last part is this name, such as all that end in Bias.</summary>
    public static Func<string, bool> Named(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return leaf => OptimModule.named(name, leaf);
    }

    /// <summary>For groups, last: all leaves that no group before has taken.</summary>
    public static Func<string, bool> Others => OptimModule.others;

    /// <summary>The state before the first step.</summary>
    /// <remarks>
    /// InputException for a rate or option out of range, a float leaf that no group takes, a group without a leaf.
    /// </remarks>
    public static OptimState Init<M>(Optimiser optimiser, M model) => OptimModule.init(Given(optimiser), model);

    /// <summary>One step.</summary>
    /// <param name="optimiser">As it was given to Init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">What the optimiser remembers.</param>
    /// <param name="model">Float leaves move; integers, bools and keys stay.</param>
    /// <returns>The next model and state. TreeException if the trees differ.</returns>
    public static (M Model, OptimState State) Step<M>(Optimiser optimiser, M gradient, OptimState state, M model) =>
        OptimModule.step(Given(optimiser), gradient, Given(state), model).ToValueTuple();

    /// <summary>
    /// The mean of models that Averaged keeps: the model, with the mean in the leaves that have one; null without
    /// Averaged.
    /// </summary>
    public static M? AverageOf<M>(OptimState state, M model)
        where M : class => FSharp.OrNull(OptimModule.averageOf(Given(state), model));

    /// <summary>The gradient with every component from −limit to limit.</summary>
    public static M ClipValue<M>(double limit, M gradient) => OptimModule.clipValue(limit, gradient);

    /// <summary>√Σ g² over all float leaves of a tree: one number, float64.</summary>
    public static Tensor GlobalNorm<M>(M tree) => OptimModule.globalNorm(tree);

    /// <summary>The gradient times min(1, limit / GlobalNorm): of length <paramref name="limit"/> at most.</summary>
    public static M Clip<M>(double limit, M gradient) => OptimModule.clip(limit, gradient);
}

/// <summary>What an optimiser may be asked beside its rule.</summary>
public static class OptimiserExtensions
{
    extension(Optimiser optimiser)
    {
        /// <summary>
        /// The optimiser at a rate that changes: its own times the schedule's factor. Schedules multiply.
        /// </summary>
        /// <param name="factors">
        /// From the steps taken so far (float64 [], 0 at the first) to a factor; Schedule has some.
        /// </param>
        public Optimiser Schedule(Func<Tensor, Tensor> factors) =>
            OptimModule.schedule(FSharp.Function(factors), Given(optimiser));

        /// <summary>
        /// The optimiser with a mean of its models beside it: AveragedOrNull of a fit, or Optim.AverageOf of a
        /// state.
        /// </summary>
        public Optimiser Averaged(Averaging averaging) => OptimModule.averaged(Given(averaging), Given(optimiser));

        /// <summary>
        /// The optimiser, but leaves of this kind stay:
        /// <c>Optimisers.Adam(1e-3).Freeze(Optim.Under("Encoder"))</c>.
        /// </summary>
        public Optimiser Freeze(Func<string, bool> isFrozen) =>
            OptimModule.freeze(FSharp.Function(isFrozen), Given(optimiser));
    }
}

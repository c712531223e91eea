namespace NeuralDE;

/// <summary>
/// Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside Compile, too.
/// </summary>
public static class Optim
{
    /// <summary>
    /// Combines optimisers: each leaf is updated by the optimiser of the first group whose predicate holds for the
    /// leaf's path.
    /// </summary>
    public static Optimiser Groups(params ReadOnlySpan<(Func<string, bool> Holds, Optimiser Optimiser)> groups) =>
        OptimModule.groups(FSharp.Groups(groups));

    /// <summary>
    /// A predicate for groups: the leaf with this path, and all leaves under it. "Encoder" holds for Encoder.Weight
    /// and Encoder[0].Bias, but not for Encoder2.
    /// </summary>
    public static Func<string, bool> Under(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return leaf => OptimModule.under(path, leaf);
    }

    /// <summary>A predicate for groups: leaves whose last part has this name, such as all that end in Bias.</summary>
    public static Func<string, bool> Named(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return leaf => OptimModule.named(name, leaf);
    }

    /// <summary>A predicate for the last group: all leaves that no earlier group contains.</summary>
    public static Func<string, bool> Others => OptimModule.others;

    /// <summary>The state before the first step.</summary>
    /// <remarks>
    /// InputException for a learning rate or option out of range, a float leaf without a group, and a group without a
    /// leaf.
    /// </remarks>
    public static OptimState Init<M>(Optimiser optimiser, M model) => OptimModule.init(Given(optimiser), model);

    /// <summary>Computes one step.</summary>
    /// <param name="optimiser">The optimiser given to Init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">The state of the optimiser.</param>
    /// <param name="model">Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The next model and state. TreeException if the trees differ.</returns>
    public static (M Model, OptimState State) Step<M>(Optimiser optimiser, M gradient, OptimState state, M model) =>
        OptimModule.step(Given(optimiser), gradient, Given(state), model).ToValueTuple();

    /// <summary>
    /// The model with the means that Averaged keeps, in the leaves that have one; null without Averaged.
    /// </summary>
    public static M? AverageOf<M>(OptimState state, M model)
        where M : class => FSharp.OrNull(OptimModule.averageOf(Given(state), model));

    /// <summary>Limits each component of the gradient to the range from −limit to limit.</summary>
    public static M ClipValue<M>(double limit, M gradient) => OptimModule.clipValue(limit, gradient);

    /// <summary>The norm √Σ g² over all float leaves of a tree: one number, float64.</summary>
    public static Tensor GlobalNorm<M>(M tree) => OptimModule.globalNorm(tree);

    /// <summary>
    /// Limits the norm of the gradient to <paramref name="limit"/>: the gradient times min(1, limit / GlobalNorm).
    /// </summary>
    public static M Clip<M>(double limit, M gradient) => OptimModule.clip(limit, gradient);
}

/// <summary>Options of an optimiser.</summary>
public static class OptimiserExtensions
{
    extension(Optimiser optimiser)
    {
        /// <summary>
        /// Multiplies the learning rate by a factor that depends on the step. Several schedules multiply.
        /// </summary>
        /// <param name="factors">
        /// From the number of steps taken (float64 [], 0 at the first step) to a factor; see Schedule.
        /// </param>
        public Optimiser Schedule(Func<Tensor, Tensor> factors) =>
            OptimModule.schedule(FSharp.Function(factors), Given(optimiser));

        /// <summary>
        /// Also keeps a mean of the models: AveragedOrNull of a fit, or Optim.AverageOf of a state.
        /// </summary>
        public Optimiser Averaged(Averaging averaging) => OptimModule.averaged(Given(averaging), Given(optimiser));

        /// <summary>
        /// Keeps the leaves for which the predicate holds constant:
        /// <c>Optimisers.Adam(1e-3).Freeze(Optim.Under("Encoder"))</c>.
        /// </summary>
        public Optimiser Freeze(Func<string, bool> isFrozen) =>
            OptimModule.freeze(FSharp.Function(isFrozen), Given(optimiser));
    }
}

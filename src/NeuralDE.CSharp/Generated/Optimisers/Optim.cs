// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside Compile, too.
/// </summary>
public static partial class Optim
{
    /// <summary>
    /// Combines optimisers: each leaf is updated by the optimiser of the first group whose predicate holds for the
    /// leaf's path.
    /// </summary>
    /// <param name="groups">Predicates of paths, such as Optim.Under("Encoder"), with optimisers.</param>
    /// <returns>The combined optimiser.</returns>
    public static Optimiser Groups(params ReadOnlySpan<(Func<string, bool> Holds, Optimiser Optimiser)> groups) =>
        OptimModule.groups(FSharp.Groups(groups));

    /// <summary>
    /// A predicate for groups: the leaf with this path, and all leaves under it. "Encoder" holds for Encoder.Weight and
    /// Encoder[0].Bias, but not for Encoder2.
    /// </summary>
    /// <param name="path">The path; "" holds for all leaves.</param>
    /// <returns>A function of leaf: whether the leaf is the one with this path, or under it.</returns>
    public static Func<string, bool> Under(string path)
    {
        Given(path);
        return leaf => OptimModule.under(Given(path), Given(leaf));
    }

    /// <summary>A predicate for groups: leaves whose last part has this name, such as all that end in Bias.</summary>
    /// <param name="name">The name.</param>
    /// <returns>A function of leaf: whether the last part of the path is the name.</returns>
    public static Func<string, bool> Named(string name)
    {
        Given(name);
        return leaf => OptimModule.named(Given(name), Given(leaf));
    }

    /// <summary>The state before the first step.</summary>
    /// <param name="optimiser">The optimiser.</param>
    /// <param name="model">The model. Float leaves are parameters.</param>
    /// <returns>The state.</returns>
    /// <exception cref="InputException">
    /// for a learning rate or option out of range, a float leaf without a group, and a group without a leaf.
    /// </exception>
    /// <exception cref="TreeException">for a model without float leaves.</exception>
    public static OptimState Init<M>(Optimiser optimiser, M model) => OptimModule.init(Given(optimiser), model);

    /// <summary>Computes one step.</summary>
    /// <param name="optimiser">The optimiser given to Init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">The state of the optimiser.</param>
    /// <param name="model">Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The next model and state.</returns>
    /// <exception cref="TreeException">if the trees differ, and for the state of another optimiser.</exception>
    public static (M Model, OptimState State) Step<M>(Optimiser optimiser, M gradient, OptimState state, M model) =>
        OptimModule.step(Given(optimiser), gradient, Given(state), model).ToValueTuple();

    /// <summary>Limits each component of the gradient to the range from −limit to limit.</summary>
    /// <param name="limit">The limit, positive.</param>
    /// <param name="gradient">A tree; only its float leaves change.</param>
    /// <returns>The limited gradient.</returns>
    /// <exception cref="InputException">unless limit is positive and finite.</exception>
    public static M ClipValue<M>(double limit, M gradient) => OptimModule.clipValue(limit, gradient);

    /// <summary>The norm √Σ g² over all float leaves of a tree.</summary>
    /// <param name="tree">A tree.</param>
    /// <returns>One number, float64 [].</returns>
    public static Tensor GlobalNorm<M>(M tree) => OptimModule.globalNorm(tree);

    /// <summary>Limits the norm of the gradient: the gradient times min(1, limit / GlobalNorm).</summary>
    /// <param name="limit">The limit, positive.</param>
    /// <param name="gradient">A tree; only its float leaves change.</param>
    /// <returns>The limited gradient.</returns>
    /// <exception cref="InputException">unless limit is positive and finite.</exception>
    public static M Clip<M>(double limit, M gradient) => OptimModule.clip(limit, gradient);
}

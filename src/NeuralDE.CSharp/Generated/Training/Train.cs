// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Training of a model, any tree, by gradients of a loss.</summary>
/// <remarks>
/// A training is a value: Start, then its options, then Run, RunOn or RunUpdating. The loss is traced at the start,
/// twice, to check that both traces are equal, and once more if the training uses a file; values that it captures are
/// constants. Equal models, keys and data give equal bits.
/// </remarks>
public static partial class Train
{
    /// <summary>A training of 1000 steps. Further methods set its options.</summary>
    /// <param name="model">
    /// The initial model. Float leaves are parameters; integers, bools and keys are constants.
    /// </param>
    /// <param name="optimiser">The optimiser, such as Adam 1e-3.</param>
    /// <returns>The training.</returns>
    public static Training<M> Start<M>(M model, Optimiser optimiser) => TrainModule.start(model, Given(optimiser));
}

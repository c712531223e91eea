// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Minimises a smooth loss of any tree by the limited-memory BFGS method.</summary>
/// <remarks>
/// Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5, with their line search for the strong
/// Wolfe conditions. The loss is traced once. If it is not finite, or its solve fails, steps become shorter.
/// </remarks>
public static partial class Lbfgs
{
    /// <summary>Like Minimise, with settings, and a call after each iteration.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="report">Called after each iteration.</param>
    /// <param name="loss">
    /// From the model to one number. It is traced once; values that it captures are constants.
    /// </param>
    /// <param name="model">
    /// The initial model. Float leaves are parameters; integers, bools and keys are constants.
    /// </param>
    /// <returns>The model with the lowest loss found, and the status.</returns>
    /// <exception cref="InputException">
    /// for settings out of range, and for a loss that does not depend on the model.
    /// </exception>
    /// <exception cref="TreeException">for a model without float leaves.</exception>
    /// <exception cref="FitCancelledException{F}">once the token is cancelled, with the fit so far.</exception>
    public static LbfgsFit<M> MinimiseWith<M>(
        LbfgsSettings settings,
        Action<LbfgsProgress<M>> report,
        Func<M, Tensor> loss,
        M model
    ) =>
        Cancelling.OrThrow(
            LbfgsModule.minimiseWith(Given(settings).Core(), FSharp.Function(report), FSharp.Function(loss), model),
            settings.Cancellation
        );

    /// <summary>Minimises a loss, starting from a model.</summary>
    /// <param name="loss">
    /// From the model to one number, smooth. It is traced once; values that it captures are constants.
    /// </param>
    /// <param name="model">
    /// The initial model. Float leaves are parameters; integers, bools and keys are constants.
    /// </param>
    /// <returns>
    /// The model with the lowest loss found, and the status: a failure is a status, not an exception.
    /// </returns>
    /// <exception cref="InputException">for a loss that does not depend on the model.</exception>
    /// <exception cref="TreeException">for a model without float leaves.</exception>
    public static LbfgsFit<M> Minimise<M>(Func<M, Tensor> loss, M model) =>
        LbfgsModule.minimise(FSharp.Function(loss), model);
}

namespace NeuralDE;

/// <summary>A training, minimisation or fit was cancelled. Holds the results up to there.</summary>
/// <typeparam name="F">The type of the fit, such as Fit&lt;Mlp&gt;.</typeparam>
public sealed class FitCancelledException<F> : OperationCanceledException
{
    internal FitCancelledException(F fit, string message, CancellationToken token)
        : base(message, token) => Fit = fit;

    /// <summary>The results: the best model and the losses; its Status is Cancelled.</summary>
    public F Fit { get; }
}

/// <summary>Exceptions for cancelled fits: the core returns a status.</summary>
internal static class Cancelling
{
    /// <summary>The fit, unless it was cancelled.</summary>
    public static F OrThrow<F>(F fit, bool isCancelled, string message, CancellationToken token) =>
        isCancelled ? throw new FitCancelledException<F>(fit, message, token) : fit;

    public static Fit<M> OrThrow<M>(Fit<M> fit, Training<M> training) =>
        OrThrow(fit, fit.Status.IsCancelled, fit.Status.Sentence, training.Cancellation);

    public static LbfgsFit<M> OrThrow<M>(LbfgsFit<M> fit, CancellationToken token) =>
        OrThrow(fit, fit.Status.IsCancelled, fit.Status.Sentence, token);

    public static LevenbergMarquardtFit<M> OrThrow<M>(LevenbergMarquardtFit<M> fit, CancellationToken token) =>
        OrThrow(fit, fit.Status.IsCancelled, fit.Status.Sentence, token);
}

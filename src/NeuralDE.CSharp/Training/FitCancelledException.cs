namespace NeuralDE;

/// <summary>A training, minimisation or fit that was cancelled, with what it had come to.</summary>
/// <typeparam name="F">Such as Fit&lt;Mlp&gt;.</typeparam>
public sealed class FitCancelledException<F> : OperationCanceledException
{
    internal FitCancelledException(F fit, string message, CancellationToken token)
        : base(message, token) => Fit = fit;

    /// <summary>What there was: the best model, the losses; its Status is Cancelled.</summary>
    public F Fit { get; }
}

/// <summary>F# has a status where .NET's callers expect an exception.</summary>
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

namespace NeuralDE;

/// <summary>Losses of predictions: means over all their numbers, or over all samples.</summary>
public static class Loss
{
    /// <summary>The mean of (prediction − target)². Shapes are the same, any.</summary>
    public static Tensor MeanSquaredError(Tensor target, Tensor prediction) =>
        LossModule.meanSquaredError(Given(target), Given(prediction));

    /// <summary>The mean of |prediction − target|; its derivative at 0 is 0.</summary>
    public static Tensor MeanAbsoluteError(Tensor target, Tensor prediction) =>
        LossModule.meanAbsoluteError(Given(target), Given(prediction));

    /// <summary>
    /// The mean of r² / 2 where |r| ≤ delta and delta (|r| − delta / 2) beyond, r = prediction − target: PyTorch's HuberLoss.
    /// P. J. Huber, Robust estimation of a location parameter, 1964.
    /// </summary>
    /// <exception cref="InputException">unless delta is positive.</exception>
    public static Tensor Huber(double delta, Tensor target, Tensor prediction) =>
        LossModule.huber(delta, Given(target), Given(prediction));

    /// <summary>The mean of log Σ exp(scores) − score of the label: the negative log-likelihood of softmax.</summary>
    /// <param name="labels">[batch…], int32 or int64, from 0.</param>
    /// <param name="scores">[batch…; classes], before any softmax.</param>
    /// <exception cref="ShapeException">where they do not fit.</exception>
    /// <exception cref="InputException">for a label outside 0 … classes − 1, inside a transform when it runs.</exception>
    public static Tensor CrossEntropy(Tensor labels, Tensor scores) =>
        LossModule.crossEntropy(Given(labels), Given(scores));

    /// <summary>
    /// The mean of softplus(x) − y x: the negative log-likelihood of a label y, 0 or 1 or between, by the probability σ(x).
    /// PyTorch's BCEWithLogitsLoss; it overflows for no score.
    /// </summary>
    public static Tensor BinaryCrossEntropy(Tensor labels, Tensor scores) =>
        LossModule.binaryCrossEntropy(Given(labels), Given(scores));
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Losses of predictions: means over all elements, or over all samples.</summary>
/// <remarks></remarks>
public static partial class Loss
{
    /// <summary>The mean of (prediction − target)².</summary>
    /// <param name="target">Floats of any shape.</param>
    /// <param name="prediction">Floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="ShapeException">if the shapes differ.</exception>
    public static Tensor MeanSquaredError(Tensor target, Tensor prediction) =>
        LossModule.meanSquaredError(Given(target), Given(prediction));

    /// <summary>The mean of |prediction − target|; its derivative at 0 is 0.</summary>
    /// <param name="target">Floats of any shape.</param>
    /// <param name="prediction">Floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="ShapeException">if the shapes differ.</exception>
    public static Tensor MeanAbsoluteError(Tensor target, Tensor prediction) =>
        LossModule.meanAbsoluteError(Given(target), Given(prediction));

    /// <summary>
    /// The mean of r² / 2 if |r| ≤ delta, otherwise delta (|r| − delta / 2), with r = prediction − target: PyTorch's
    /// HuberLoss. P. J. Huber, Robust estimation of a location parameter, 1964.
    /// </summary>
    /// <param name="delta">The limit between the two cases, positive.</param>
    /// <param name="target">Floats of any shape.</param>
    /// <param name="prediction">Floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="InputException">unless delta is positive.</exception>
    /// <exception cref="ShapeException">if the shapes differ.</exception>
    public static Tensor Huber(double delta, Tensor target, Tensor prediction) =>
        LossModule.huber(delta, Given(target), Given(prediction));

    /// <summary>The mean of log Σ exp(scores) − score of the label: the negative log-likelihood of softmax.</summary>
    /// <param name="labels">[batch…], int32 or int64, from 0.</param>
    /// <param name="scores">[batch…; classes], before any softmax. A score of −∞ is a class with probability 0.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="ShapeException">if the shapes do not fit.</exception>
    /// <exception cref="DtypeException">for labels that are floats.</exception>
    /// <exception cref="InputException">
    /// for a label outside 0 to classes − 1; inside a transform at run time.
    /// </exception>
    public static Tensor CrossEntropy(Tensor labels, Tensor scores) =>
        LossModule.crossEntropy(Given(labels), Given(scores));

    /// <summary>
    /// The mean of softplus(x) − y x: the negative log-likelihood of a label y from 0 to 1 for the probability σ(x).
    /// PyTorch's BCEWithLogitsLoss; no score overflows.
    /// </summary>
    /// <param name="labels">y, of any shape and dtype.</param>
    /// <param name="scores">x, floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="ShapeException">if the shapes differ.</exception>
    public static Tensor BinaryCrossEntropy(Tensor labels, Tensor scores) =>
        LossModule.binaryCrossEntropy(Given(labels), Given(scores));
}

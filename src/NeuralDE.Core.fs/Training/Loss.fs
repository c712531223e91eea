namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// <summary>Losses of predictions: means over all elements, or over all samples.</summary>
/// <remarks>The target is the first argument, so that a loss ends a pipeline: Mlp.apply net x |> Loss.crossEntropy
/// labels.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Loss =
    /// Shapes must be equal: broadcasting would compare a target with predictions of other samples.
    let private alike verb (target: Tensor) (prediction: Tensor) =
        if not (Shape.same target.Dims prediction.Dims) then
            Expect.misfit (
                $"{verb}: got a prediction of shape {Expect.text prediction} for a target of shape {Expect.text target}, "
                + "expected the same. Reshape one of them."
            )

    /// <summary>The mean of (prediction − target)².</summary>
    /// <param name="target">Floats of any shape.</param>
    /// <param name="prediction">Floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes differ.</exception>
    let meanSquaredError (target: Tensor) (prediction: Tensor) : Tensor =
        alike "Loss.meanSquaredError" target prediction
        mean (square (prediction - target))

    /// <summary>The mean of |prediction − target|; its derivative at 0 is 0.</summary>
    /// <param name="target">Floats of any shape.</param>
    /// <param name="prediction">Floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes differ.</exception>
    let meanAbsoluteError (target: Tensor) (prediction: Tensor) : Tensor =
        alike "Loss.meanAbsoluteError" target prediction
        mean (abs (prediction - target))

    /// <summary>
    /// The mean of r² / 2 if |r| ≤ delta, otherwise delta (|r| − delta / 2), with r = prediction − target: PyTorch's
    /// HuberLoss. P. J. Huber, Robust estimation of a location parameter, 1964.
    /// </summary>
    /// <param name="delta">The limit between the two cases, positive.</param>
    /// <param name="target">Floats of any shape.</param>
    /// <param name="prediction">Floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="T:NeuralDE.InputException">unless delta is positive.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes differ.</exception>
    let huber (delta: float) (target: Tensor) (prediction: Tensor) : Tensor =
        if not (delta > 0.0 && System.Double.IsFinite delta) then
            raise (InputException $"Loss.huber: got delta = {string delta}, expected a positive number.")

        alike "Loss.huber" target prediction
        let size = abs (prediction - target)
        let near = minimum size delta
        mean (near * (size - 0.5 * near))

    /// <summary>The mean of log Σ exp(scores) − score of the label: the negative log-likelihood of softmax.</summary>
    /// <param name="labels">[batch…], int32 or int64, from 0.</param>
    /// <param name="scores">[batch…; classes], before any softmax. A score of −∞ is a class with probability 0.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes do not fit.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">for labels that are floats.</exception>
    /// <exception cref="T:NeuralDE.InputException">for a label outside 0 to classes − 1; inside a transform at run
    /// time.</exception>
    let crossEntropy (labels: Tensor) (scores: Tensor) : Tensor =
        if scores.Rank = 0 || not (Shape.same labels.Dims scores.Dims[.. scores.Rank - 2]) then
            Expect.misfit (
                $"Loss.crossEntropy: got scores of shape {Expect.text scores} for labels of shape {Expect.text labels}, "
                + "expected [batch…; classes] for [batch…]."
            )

        if scores.Dims[scores.Rank - 1] = 0 then
            Expect.misfit $"Loss.crossEntropy: got scores of shape {Expect.text scores}, which has no classes."

        if labels.Dtype.IsFloat then
            raise (
                DtypeException
                    $"Loss.crossEntropy: got labels of {labels.Dtype}, expected int32 or int64. Cast them, as in cast Int64 labels."
            )

        Expect.floats "Loss.crossEntropy" scores
        let last = scores.Rank - 1
        let isLabel = Indices.oneHot "Loss.crossEntropy" "label" scores.Dims[last] labels
        // both relative to the largest score, because the difference of two large numbers would lose digits
        let relative = logSumExpParts last scores
        let ofLabel = Prim.sumOver [| last |] (Prim.select isLabel relative.Shifted (Prim.zerosLike scores))
        mean (relative.LogSum - ofLabel)

    /// <summary>
    /// The mean of softplus(x) − y x: the negative log-likelihood of a label y from 0 to 1 for the probability σ(x).
    /// PyTorch's BCEWithLogitsLoss; no score overflows.
    /// </summary>
    /// <param name="labels">y, of any shape and dtype.</param>
    /// <param name="scores">x, floats of the same shape.</param>
    /// <returns>One number, [].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">if the shapes differ.</exception>
    let binaryCrossEntropy (labels: Tensor) (scores: Tensor) : Tensor =
        alike "Loss.binaryCrossEntropy" labels scores
        let y = cast scores.Dtype labels
        let between = softplus scores - y * scores
        // for labels 0 and 1 without a difference: exact, and 0 for an infinite score with the sign of the label
        mean (where (y .= 0.0) (softplus scores) (where (y .= 1.0) (softplus -scores) between))

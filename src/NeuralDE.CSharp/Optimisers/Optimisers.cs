namespace NeuralDE;

public static partial class Optimisers
{
    /// <summary>A custom rule: the equations for one leaf.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="slots">
    /// From a leaf to the values remembered for it before the first step, by name: tensors like the leaf.
    /// </param>
    /// <param name="step">To the leaf after a step and the new remembered values, with the same names.</param>
    public static Optimiser OwnRule(
        string name,
        Func<Tensor, IEnumerable<(string Name, Tensor Slot)>> slots,
        Func<LeafStep, (Tensor X, IEnumerable<(string Name, Tensor Slot)> Slots)> step
    )
    {
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(step);
        return Optimiser.NewOwnRule(
            new OptimiserRule(
                Given(name),
                FSharp.Function((Tensor x) => FSharp.Pairs(slots(x))),
                FSharp.Function(
                    (LeafStep leaf) =>
                    {
                        var (x, remembered) = step(leaf);
                        return Tuple.Create(x, FSharp.Pairs(remembered));
                    }
                )
            )
        );
    }
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Batches for Training.RunOn, made from a tree of samples.</summary>
public static partial class Batches
{
    /// <summary>
    /// Batches of <paramref name="size"/> samples, in the order of the samples. The last batch of an epoch may be
    /// smaller.
    /// </summary>
    /// <param name="size">The number of samples of a batch; at most the number of all samples.</param>
    /// <param name="data">A tree of tensors [samples; …], such as (inputs, targets). A batch is a tree like it.</param>
    /// <returns>The batches.</returns>
    /// <exception cref="InputException">for a size out of range.</exception>
    /// <exception cref="ShapeException">for leaves with different numbers of samples.</exception>
    /// <exception cref="TreeException">for data without tensors.</exception>
    public static Batches<D> OfTree<D>(int size, D data) => BatchesModule.ofTree(size, data);

    /// <summary>
    /// A separate key for each step instead of samples, for losses that draw random samples themselves.
    /// </summary>
    /// <param name="key">The key of step k is <c>key.Fold(k)</c>.</param>
    /// <returns>Batches with one step per epoch.</returns>
    public static Batches<Key> Keys(Key key) => BatchesModule.keys(Given(key));
}

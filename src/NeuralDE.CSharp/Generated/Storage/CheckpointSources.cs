// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The source of a leaf's numbers in a file that another program wrote.</summary>
public static partial class CheckpointSources
{
    /// <summary>The tensor of this name.</summary>
    public static CheckpointSource Named(string name) => CheckpointSource.NewNamed(Given(name));

    /// <summary>
    /// The tensor of this name with its last two axes swapped: PyTorch's Linear has weights [outputs; inputs].
    /// </summary>
    public static CheckpointSource Transposed(string name) => CheckpointSource.NewTransposed(Given(name));

    /// <summary>A function of the tensor with this name, for example to select one of several gates.</summary>
    public static CheckpointSource Computed(string name, Func<Tensor, Tensor> f) =>
        CheckpointSource.NewComputed(Given(name), FSharp.Function(f));

    /// <summary>No source: the leaf keeps its numbers.</summary>
    public static CheckpointSource Kept => CheckpointSource.Kept;
}

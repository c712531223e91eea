namespace NeuralDE;

/// <summary>Models in safetensors files: any tree, its leaves named by their paths.</summary>
public static class Checkpoint
{
    /// <summary>
    /// Writes a tree to a file, in place of one that may be there; an interrupted write leaves that as it was.
    /// </summary>
    /// <remarks>InputException if two leaves have one path, which takes a field named like a path.</remarks>
    public static void Save<T>(string path, T tree) => CheckpointModule.save(Given(path), tree);

    /// <summary>
    /// The tree <paramref name="like"/> with the numbers of a file; FileException names by path whatever does not
    /// fit.
    /// </summary>
    /// <param name="settings">What to overlook.</param>
    /// <param name="path">
    /// A file that Checkpoint.Save wrote, or another whose tensors are named by the paths of the tree; such a file
    /// tells nothing of static fields.
    /// </param>
    /// <param name="like">A tree of the same structure, such as Mlp.Init gives for the same sizes.</param>
    public static T LoadWith<T>(CheckpointSettings settings, string path, T like) =>
        CheckpointModule.loadWith(Given(settings).Core(), Given(path), like);

    /// <summary>
    /// The tree <paramref name="like"/> with the numbers of a file; everything else of the two must be equal.
    /// </summary>
    public static T Load<T>(string path, T like) => CheckpointModule.load(Given(path), like);

    /// <summary>As LoadMapped, but overlooking some of what does not fit.</summary>
    public static T LoadMappedWith<T>(
        CheckpointSettings settings,
        string path,
        Func<string, CheckpointSource> map,
        T like
    ) => CheckpointModule.loadMappedWith(Given(settings).Core(), Given(path), FSharp.Function(map), like);

    /// <summary>
    /// The tree <paramref name="like"/> with numbers that another program wrote, such as PyTorch with
    /// safetensors.torch.
    /// </summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="map">
    /// From the path of a leaf to where it comes from, as in "Out.Weight" to
    /// CheckpointSources.Transposed("2.weight").
    /// </param>
    /// <param name="like">
    /// The tree; its shapes and dtypes must be those of the file's tensors, each of which must be asked for.
    /// PyTorch writes float32: load into <c>Tree.Cast(model, Dtype.Float32)</c>, or with CastFloats.
    /// </param>
    public static T LoadMapped<T>(string path, Func<string, CheckpointSource> map, T like) =>
        CheckpointModule.loadMapped(Given(path), FSharp.Function(map), like);
}

/// <summary>What a load may overlook; nothing unless said otherwise.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Static fields, cases and lengths that differ: those of the tree given stay.</summary>
    public bool IgnoreStatics { get; init; } = CheckpointOptions.defaults.IgnoreStatics;

    /// <summary>float32 for float64 or the other way: numbers are cast to the dtypes of the tree given.</summary>
    public bool CastFloats { get; init; } = CheckpointOptions.defaults.CastFloats;

    /// <summary>Leaves that the file lacks keep their numbers, and tensors that nobody asks for are left.</summary>
    public bool Partial { get; init; } = CheckpointOptions.defaults.Partial;

    internal CheckpointOptions Core() => new(IgnoreStatics, CastFloats, Partial);

    /// <summary>Its fields; numbers read the same in every culture.</summary>
    public override string ToString() => Printed.Record(nameof(CheckpointSettings), PrintMembers);
}

/// <summary>Where the numbers of a leaf come from in a file that another program wrote.</summary>
public static class CheckpointSources
{
    /// <summary>The tensor of this name.</summary>
    public static CheckpointSource Named(string name) => CheckpointSource.NewNamed(Given(name));

    /// <summary>
    /// The tensor of this name, its last two axes exchanged: PyTorch's Linear has weights [outputs; inputs].
    /// </summary>
    public static CheckpointSource Transposed(string name) => CheckpointSource.NewTransposed(Given(name));

    /// <summary>A function of the tensor of this name, such as one of several gates.</summary>
    public static CheckpointSource Computed(string name, Func<Tensor, Tensor> f) =>
        CheckpointSource.NewComputed(Given(name), FSharp.Function(f));

    /// <summary>Nothing in the file: the leaf keeps its numbers.</summary>
    public static CheckpointSource Kept => CheckpointSource.Kept;
}

namespace NeuralDE;

/// <summary>Models in safetensors files: any tree, its leaves named by their paths.</summary>
public static class Checkpoint
{
    /// <summary>
    /// Saves a tree in a file. Atomically replaces an existing file: an interrupted write keeps it.
    /// </summary>
    /// <remarks>InputException if two leaves have the same path, which needs a field named like a path.</remarks>
    public static void Save<T>(string path, T tree) => CheckpointModule.save(Given(path), tree);

    /// <summary>
    /// Returns the tree <paramref name="like"/> with the numbers of a file, on the devices where that tree is.
    /// FileException, with the paths, for leaves that do not fit.
    /// </summary>
    /// <param name="settings">Differences to ignore.</param>
    /// <param name="path">
    /// A file that Checkpoint.Save wrote, or another file whose tensors are named by the paths of the tree; such a
    /// file has no static fields.
    /// </param>
    /// <param name="like">A tree of the same structure, such as Mlp.Init returns for the same sizes.</param>
    public static T LoadWith<T>(CheckpointSettings settings, string path, T like) =>
        CheckpointModule.loadWith(Given(settings).Core(), Given(path), like);

    /// <summary>
    /// Returns the tree <paramref name="like"/> with the numbers of a file. Everything else must be equal.
    /// </summary>
    public static T Load<T>(string path, T like) => CheckpointModule.load(Given(path), like);

    /// <summary>Like LoadMapped, with settings for differences to ignore.</summary>
    public static T LoadMappedWith<T>(
        CheckpointSettings settings,
        string path,
        Func<string, CheckpointSource> map,
        T like
    ) => CheckpointModule.loadMappedWith(Given(settings).Core(), Given(path), FSharp.Function(map), like);

    /// <summary>
    /// Returns the tree <paramref name="like"/> with numbers that another program wrote, such as PyTorch with
    /// safetensors.torch.
    /// </summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="map">
    /// From the path of a leaf to its source, as in "Out.Weight" to CheckpointSources.Transposed("2.weight").
    /// </param>
    /// <param name="like">
    /// The tree. Its shapes and dtypes must be those of the tensors of the file, and every tensor of the file must be
    /// used. PyTorch writes float32: load into Tree.Cast(model, Dtype.Float32), or with CastFloats.
    /// </param>
    public static T LoadMapped<T>(string path, Func<string, CheckpointSource> map, T like) =>
        CheckpointModule.loadMapped(Given(path), FSharp.Function(map), like);
}

/// <summary>Differences that a load ignores; default: none.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Ignores differences of static fields, cases and lengths; those of the given tree stay.</summary>
    public bool IgnoreStatics { get; init; } = CheckpointOptions.defaults.IgnoreStatics;

    /// <summary>Converts between float32 and float64: numbers get the dtypes of the given tree.</summary>
    public bool CastFloats { get; init; } = CheckpointOptions.defaults.CastFloats;

    /// <summary>
    /// Keeps the numbers of leaves that the file lacks, and ignores tensors of the file that are not used.
    /// </summary>
    public bool Partial { get; init; } = CheckpointOptions.defaults.Partial;

    internal CheckpointOptions Core() => new(IgnoreStatics, CastFloats, Partial);

    /// <summary>The fields, with numbers in the invariant culture.</summary>
    public override string ToString() => Printed.Record(nameof(CheckpointSettings), PrintMembers);
}

/// <summary>The source of a leaf's numbers in a file that another program wrote.</summary>
public static class CheckpointSources
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

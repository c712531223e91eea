// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Models in safetensors files: any tree, its leaves named by their paths.</summary>
/// <remarks>
/// The file's metadata contain the rest of the tree: static fields, cases of unions, lengths of lists, keys of maps;
/// functions are not distinguished. A load compares all of it with the given tree, which must have the same structure.
/// The names of types are not compared, so a record can be renamed. Python reads the tensors with
/// safetensors.numpy.load_file or similar functions.
/// </remarks>
public static partial class Checkpoint
{
    /// <summary>Saves a tree in a file. Atomically replaces an existing file: an interrupted write keeps it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tree">Any tree of tensors.</param>
    /// <exception cref="InputException">
    /// if two leaves have the same path, which needs a field named like a path.
    /// </exception>
    /// <exception cref="FileException">for a file that cannot be written.</exception>
    public static void Save<T>(string path, T tree) => CheckpointModule.save(Given(path), tree);

    /// <summary>
    /// The tree <paramref name="like"/> with the numbers of a file, on the devices where that tree is.
    /// </summary>
    /// <param name="settings">Differences to ignore.</param>
    /// <param name="path">
    /// A file that Save wrote, or another file whose tensors are named by the paths of the tree; such a file has no
    /// static fields.
    /// </param>
    /// <param name="like">A tree of the same structure, such as Mlp.Init returns for the same sizes.</param>
    /// <returns>A tree like <paramref name="like"/>.</returns>
    /// <exception cref="FileException">
    /// for a file that cannot be read, and, with the paths, for leaves that do not fit.
    /// </exception>
    public static T LoadWith<T>(CheckpointSettings settings, string path, T like) =>
        CheckpointModule.loadWith(Given(settings).Core(), Given(path), like);

    /// <summary>The tree <paramref name="like"/> with the numbers of a file. Everything else must be equal.</summary>
    /// <param name="path">A file that Save wrote.</param>
    /// <param name="like">A tree of the same structure, such as Mlp.Init returns for the same sizes.</param>
    /// <returns>A tree like <paramref name="like"/>.</returns>
    /// <exception cref="FileException">
    /// for a file that cannot be read, and, with the paths, for leaves that do not fit.
    /// </exception>
    public static T Load<T>(string path, T like) => CheckpointModule.load(Given(path), like);

    /// <summary>Like LoadMapped, with settings for differences to ignore.</summary>
    /// <param name="settings">Differences to ignore.</param>
    /// <param name="path">A safetensors file.</param>
    /// <param name="map">From the path of a leaf to its source.</param>
    /// <param name="like">The tree.</param>
    /// <returns>A tree like <paramref name="like"/>.</returns>
    /// <exception cref="FileException">
    /// for a file that cannot be read, and, with the paths, for leaves that do not fit.
    /// </exception>
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
    /// From the path of a leaf to its source, as in "Out.Weight" to CheckpointSources.Transposed("2.weight").
    /// </param>
    /// <param name="like">
    /// The tree. Its shapes and dtypes must be those of the tensors of the file, and every tensor of the file must be
    /// used. PyTorch writes float32: load into Tree.Cast(model, Dtype.Float32), or with CastFloats.
    /// </param>
    /// <returns>A tree like <paramref name="like"/>.</returns>
    /// <exception cref="FileException">
    /// for a file that cannot be read, and, with the paths, for leaves that do not fit.
    /// </exception>
    public static T LoadMapped<T>(string path, Func<string, CheckpointSource> map, T like) =>
        CheckpointModule.loadMapped(Given(path), FSharp.Function(map), like);
}

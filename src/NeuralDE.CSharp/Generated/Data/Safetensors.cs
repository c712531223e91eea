// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Files of named tensors in the format of Hugging Face: github.com/huggingface/safetensors.</summary>
/// <remarks>
/// A file has eight bytes with the length of the header; the header, JSON with dtype, shape and position of each
/// tensor; and the numbers, little-endian. A file is never executed, and nothing in it is trusted: tensors that
/// overlap, leave gaps, lie outside of the file, occur twice or have inconsistent sizes raise a FileException, before
/// memory is allocated for them.
/// </remarks>
public static partial class Safetensors
{
    /// <summary>
    /// Saves tensors and texts in a file. Atomically replaces an existing file: an interrupted write keeps it.
    /// </summary>
    /// <param name="path">The file. Its folder is created if it does not exist.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="tensors">Tensors of any dtype, stored as F64, F32, I64, I32 or BOOL.</param>
    /// <exception cref="InputException">for equal names.</exception>
    /// <exception cref="FileException">for a file that cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<(string Name, string Text)> metadata,
        params ReadOnlySpan<(string Name, Tensor Values)> tensors
    ) => SafetensorsModule.write(Given(path), FSharp.Pairs(metadata), FSharp.List(tensors));

    /// <summary>Reads a whole file. It takes the memory of its numbers.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The tensors and the metadata.</returns>
    /// <remarks>
    /// F64, F32, I64, I32 and BOOL keep their type; F16 and BF16 become float32; I8, U8, I16 and U16 become int32; U32
    /// becomes int64. All values are exact.
    /// </remarks>
    /// <exception cref="FileException">for a file that is missing, truncated, damaged or of another dtype.</exception>
    public static SafetensorsFile Read(string path) => SafetensorsModule.read(Given(path));
}

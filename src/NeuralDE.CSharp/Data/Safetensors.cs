namespace NeuralDE;

/// <summary>Files of named tensors in the safetensors format: github.com/huggingface/safetensors.</summary>
public static class Safetensors
{
    /// <summary>
    /// Writes tensors and texts to a file. Atomically replaces an existing file: an interrupted write keeps it.
    /// </summary>
    /// <param name="path">The path of the file. Its folder is created if it does not exist.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="tensors">
    /// Tensors of any dtype: F64, F32, I64, I32 or BOOL in the file. InputException for a repeated name.
    /// </param>
    public static void Write(
        string path,
        IReadOnlyList<(string Name, string Text)> metadata,
        params ReadOnlySpan<(string Name, Tensor Values)> tensors
    ) => SafetensorsModule.write(Given(path), FSharp.Pairs(metadata), FSharp.List(tensors));

    /// <summary>Reads a whole file. The memory is that of its numbers.</summary>
    /// <remarks>
    /// F64, F32, I64, I32 and BOOL keep their type; F16 and BF16 become float32; I8, U8, I16 and U16 become int32; U32
    /// becomes int64; every conversion is exact. FileException for a file that is missing, truncated, damaged or of another
    /// dtype.
    /// </remarks>
    public static SafetensorsFile Read(string path) => SafetensorsModule.read(Given(path));
}

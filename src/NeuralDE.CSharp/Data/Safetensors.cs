namespace NeuralDE;

/// <summary>Files of named tensors, as Hugging Face published the format: github.com/huggingface/safetensors.</summary>
public static class Safetensors
{
    /// <summary>
    /// Writes tensors and texts, in place of a file that may be there; an interrupted write leaves that as it was.
    /// </summary>
    /// <param name="path">The file's name; its folder is made where there is none.</param>
    /// <param name="metadata">Texts by name.</param>
    /// <param name="tensors">
    /// Of any dtype: F64, F32, I64, I32 or BOOL in the file. InputException for a name given twice.
    /// </param>
    public static void Write(
        string path,
        IReadOnlyList<(string Name, string Text)> metadata,
        params ReadOnlySpan<(string Name, Tensor Values)> tensors
    ) => SafetensorsModule.write(Given(path), FSharp.Pairs(metadata), FSharp.List(tensors));

    /// <summary>Reads a whole file; it takes the memory of its numbers.</summary>
    /// <remarks>
    /// F64, F32, I64, I32 and BOOL are read as they are, F16 and BF16 as float32, I8, U8, I16 and U16 as int32, U32
    /// as int64; none of them loses anything. FileException for what is missing, cut short, damaged or of another
    /// dtype.
    /// </remarks>
    public static SafetensorsFile Read(string path) => SafetensorsModule.read(Given(path));
}

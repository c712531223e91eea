namespace NeuralDE.Kernels;

/// <summary>The element type of an array. A bool is one byte, 0 or 1.</summary>
internal enum ElementType
{
    Float32,
    Float64,
    Int32,
    Int64,
    Bool,
}

internal static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) =>
        type switch
        {
            ElementType.Float32 or ElementType.Int32 => 4,
            ElementType.Float64 or ElementType.Int64 => 8,
            _ => 1,
        };
}

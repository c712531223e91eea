namespace NeuralDE.Kernels;

/// <summary>The initial values of the sums of a matrix product.</summary>
internal enum GemmStart
{
    /// <summary>0.</summary>
    Zero,

    /// <summary>
    /// 0; at the end one row is added to every row of the result, with the bits of a separate addition.
    /// </summary>
    Bias,

    /// <summary>The content of the result.</summary>
    Own,
}

/// <summary>
/// C[i, j] = (start[i, j] + Σₖ A[i, k] B[k, j]) + bias[i, j] with M rows and N columns. Strides are in bytes; the
/// column stride of C, start and bias is the size of an element.
/// </summary>
internal unsafe struct GemmOperands
{
    public int M;
    public int N;
    public int K;
    public byte* A;
    public nint ARow;
    public nint AColumn;
    public byte* B;
    public nint BRow;
    public nint BColumn;
    public byte* C;
    public nint CRow;

    /// <summary>null: the sums start at 0.</summary>
    public byte* Start;

    /// <summary>0: the same row for all.</summary>
    public nint StartRow;

    /// <summary>null: nothing is added at the end.</summary>
    public byte* Bias;

    /// <summary>0: the same row for all.</summary>
    public nint BiasRow;

    /// <summary>The offsets of the K columns of A and rows of B, for tiles with irregular steps.</summary>
    public GemmPlace* Places;

    /// <summary>The number of used lanes in the last vector of a row.</summary>
    public int LastLanes;

    /// <summary>Whether every element is one chain, however few the columns: those of a part of a wider product.</summary>
    public bool IsChained;

    /// <summary>Whether the sum is part of a longer one: it is then not divided into groups.</summary>
    public bool IsGroup;
}

/// <summary>The offsets in bytes of one column of A and one row of B.</summary>
internal struct GemmPlace
{
    public nint A;
    public nint B;
}

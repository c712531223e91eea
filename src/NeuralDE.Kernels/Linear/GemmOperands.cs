namespace NeuralDE.Kernels;

/// <summary>Where the sums of a matrix product start.</summary>
internal enum GemmStart
{
    /// <summary>At 0.</summary>
    Zero,

    /// <summary>At 0; at the end one row is added, the same for every row of the result: the bits of a separate addition.</summary>
    Bias,

    /// <summary>At what the result holds.</summary>
    Own,
}

/// <summary>C[i, j] = (start[i, j] + Σₖ A[i, k] B[k, j]) + bias[i, j] with M rows and N columns: strides in bytes, those of
/// a column of C, of the start and of the bias the size of an element.</summary>
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

    /// <summary>0: one row for all.</summary>
    public nint StartRow;

    /// <summary>null: nothing is added at the end.</summary>
    public byte* Bias;

    /// <summary>0: one row for all.</summary>
    public nint BiasRow;

    /// <summary>Where the K columns of A and rows of B are, for tiles that do not step evenly.</summary>
    public GemmPlace* Places;

    /// <summary>How many lanes of the last vector of a row stand for columns.</summary>
    public int LastLanes;
}

/// <summary>Bytes from the start of A and of B to one column of A and one row of B.</summary>
internal struct GemmPlace
{
    public nint A;
    public nint B;
}

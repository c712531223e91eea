using System.Runtime.CompilerServices;

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

/// <summary>A matrix in memory: its address, and its strides in elements, of any sign or 0.</summary>
internal readonly struct Matrix(nint at, long row, long column)
{
    public nint At { get; } = at;
    public long Row { get; } = row;
    public long Column { get; } = column;
}

/// <summary>
/// C[i, j] = (start[i, j] + Σₖ A[i, k] B[k, j]) + bias[i, j] with M rows and N columns. Strides are in bytes; the
/// column stride of C, start and bias is the size of an element.
/// </summary>
internal unsafe struct GemmOperands
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

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

    /// <summary>
    /// C[m, n] = A[m, k] B[k, n]; C has unit column stride. The sums start at 0 or at the content of C, depending on
    /// <paramref name="how"/>; <paramref name="bias"/> is a row of n that is added at the end if <paramref name="how"/>
    /// says so.
    /// </summary>
    [MethodImpl(Inline)]
    public GemmOperands(ElementType type, int m, int n, int k, Matrix a, Matrix b, Matrix c, nint bias, GemmStart how)
    {
        int shift = type == ElementType.Float32 ? 2 : 3;
        M = m;
        N = n;
        K = k;
        A = (byte*)a.At;
        ARow = (nint)a.Row << shift;
        AColumn = (nint)a.Column << shift;
        B = (byte*)b.At;
        BRow = (nint)b.Row << shift;
        BColumn = (nint)b.Column << shift;
        C = (byte*)c.At;
        CRow = (nint)c.Row << shift;
        Start = how == GemmStart.Own ? C : null;
        StartRow = CRow;
        Bias = how == GemmStart.Bias ? (byte*)bias : null;
    }

    /// <summary>Moves on to the rows behind the first ones.</summary>
    [MethodImpl(Inline)]
    public void SkipRows(int rows)
    {
        A += rows * ARow;
        C += rows * CRow;

        if (Start != null)
            Start += rows * StartRow;
        if (Bias != null)
            Bias += rows * BiasRow;
    }

    /// <summary>Moves on to the columns behind the first ones; an element has this size.</summary>
    [MethodImpl(Inline)]
    public void SkipColumns(int columns, int size)
    {
        nint bytes = (nint)columns * size;
        B += columns * BColumn;
        C += bytes;

        if (Start != null)
            Start += bytes;
        if (Bias != null)
            Bias += bytes;
    }

    /// <summary>Moves on to the products behind the K computed ones, whose sums are in C.</summary>
    [MethodImpl(Inline)]
    public void SkipDepth()
    {
        A += K * AColumn;
        B += K * BRow;
        Start = C;
        StartRow = CRow;
    }
}

/// <summary>The offsets in bytes of one column of A and one row of B.</summary>
internal struct GemmPlace
{
    public nint A;
    public nint B;
}

namespace NeuralDE.Kernels;

/// <summary>Matrix products in parts: rows or columns of the result.</summary>
internal static unsafe class GemmTeam
{
    private struct Job
    {
        public ElementType Type;
        public GemmOperands Operands;

        /// <summary>How many rows, or else columns, are one part.</summary>
        public int Rows;
        public int Columns;
    }

    /// <summary>Multiply-adds of float32 that a thread does in a nanosecond, roughly.</summary>
    private const int Speed = 64;

    /// <summary>A part is whole tiles but for the last.</summary>
    private const int RowUnit = 24;
    private const int ColumnUnit = 64;

    /// <summary>Whether it was worth it: else nothing is done.</summary>
    public static bool Run(ElementType type, GemmOperands* operands)
    {
        long nanoseconds = (long)operands->M * operands->N * operands->K / Speed * (type.Size() / 4);
        int parts = ThreadTeam.Parts(nanoseconds);

        if (parts < 2)
            return false;
        Job job;
        job.Type = type;
        job.Operands = *operands;
        // each part packs its own strips of B, so columns of it go to one part only
        bool packed = operands->BColumn != type.Size();
        bool byRows = operands->M >= parts * RowUnit && !(packed && operands->N >= parts * ColumnUnit);
        int extent = byRows || operands->M > operands->N ? operands->M : operands->N;
        byRows = extent == operands->M;
        int unit = byRows ? RowUnit : ColumnUnit;
        int most = (extent + unit - 1) / unit;
        parts = int.Min(parts, most);

        if (parts < 2)
            return false;
        int size = (most + parts - 1) / parts * unit;
        parts = (extent + size - 1) / size;
        job.Rows = byRows ? size : operands->M;
        job.Columns = byRows ? operands->N : size;
        ThreadTeam.Run(parts, &Part, (nint)(&job), nanoseconds);
        return true;
    }

    private static void Part(nint address, int part)
    {
        var job = (Job*)address;
        var operands = job->Operands;
        int size = job->Type.Size();
        int firstRow = job->Rows == operands.M ? 0 : part * job->Rows;
        int firstColumn = job->Columns == operands.N ? 0 : part * job->Columns;
        operands.M = int.Min(job->Rows, operands.M - firstRow);
        operands.N = int.Min(job->Columns, operands.N - firstColumn);
        operands.A += firstRow * operands.ARow;
        operands.B += firstColumn * operands.BColumn;
        operands.C += firstRow * operands.CRow + (nint)firstColumn * size;

        if (operands.Start != null)
            operands.Start += firstRow * operands.StartRow + (nint)firstColumn * size;
        Gemm.Run(job->Type, &operands);
    }
}

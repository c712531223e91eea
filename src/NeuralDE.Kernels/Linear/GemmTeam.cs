namespace NeuralDE.Kernels;

/// <summary>Divides matrix products into parts: rows or columns of the result, or groups of a long sum.</summary>
internal static unsafe class GemmTeam
{
    private struct Job : ITeamJob
    {
        public ElementType Type;
        public GemmOperands Operands;

        /// <summary>The number of rows, or else of columns, of one part.</summary>
        public int Rows;
        public int Columns;

        public readonly void Run(int part)
        {
            var operands = Operands;
            int size = Type.Size();
            int firstRow = Rows == operands.M ? 0 : part * Rows;
            int firstColumn = Columns == operands.N ? 0 : part * Columns;
            operands.M = int.Min(Rows, operands.M - firstRow);
            operands.N = int.Min(Columns, operands.N - firstColumn);
            operands.A += firstRow * operands.ARow;
            operands.B += firstColumn * operands.BColumn;
            operands.C += firstRow * operands.CRow + (nint)firstColumn * size;

            if (operands.Start != null)
                operands.Start += firstRow * operands.StartRow + (nint)firstColumn * size;
            if (operands.Bias != null)
                operands.Bias += firstRow * operands.BiasRow + (nint)firstColumn * size;
            // a part of few columns has the bits that it has in the whole product
            operands.IsChained = !GemmThin.Is(Operands.N, Operands.K);
            Gemm.Run(Type, &operands);
        }
    }

    /// <summary>Approximate float32 multiply-adds of one thread per nanosecond.</summary>
    private const int Speed = 64;

    /// <summary>A part consists of whole tiles, except the last one.</summary>
    public const int RowUnit = 24;
    private const int ColumnUnit = 64;

    /// <summary>Runs the product in parts if that pays. Returns false otherwise, without computing anything.</summary>
    public static bool Run(ElementType type, GemmOperands* operands)
    {
        long nanoseconds = (long)operands->M * operands->N * operands->K / Speed * (type.Size() / 4);
        int parts = ThreadTeam.Parts(nanoseconds);

        if (parts < 2)
            return false;

        if (GemmDeep.PaysForThreads(type, operands, parts))
        {
            GemmDeep.RunOnTeam(type, operands, nanoseconds);
            return true;
        }

        Job job;
        job.Type = type;
        job.Operands = *operands;
        // each part packs its own strips of B, so a strip should belong to one part
        bool packed = operands->BColumn != type.Size();
        bool byColumns =
            (packed && operands->N >= parts * ColumnUnit)
            || (operands->M < parts * RowUnit && operands->N > operands->M);
        int extent = byColumns ? operands->N : operands->M;
        int unit = byColumns ? ColumnUnit : RowUnit;
        int most = (extent - 1) / unit + 1;
        parts = int.Min(parts, most);

        if (parts < 2)
            return false;
        int size = ((most - 1) / parts + 1) * unit;
        parts = (extent - 1) / size + 1;
        job.Rows = byColumns ? operands->M : size;
        job.Columns = byColumns ? size : operands->N;
        ThreadTeam.Run(parts, job, nanoseconds);
        return true;
    }
}

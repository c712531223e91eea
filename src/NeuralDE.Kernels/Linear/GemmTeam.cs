namespace NeuralDE.Kernels;

/// <summary>Divides matrix products into parts: rows or columns of the result, or groups of a long sum.</summary>
internal static unsafe class GemmTeam
{
    /// <summary>Some columns of the result, or else some rows.</summary>
    private readonly struct Job(ElementType type, GemmOperands operands, bool byColumns) : IRangeJob
    {
        public void Run(long first, long last)
        {
            var part = operands;

            if (byColumns)
            {
                part.SkipColumns((int)first, type.Size());
                part.N = (int)(last - first);
            }
            else
            {
                part.SkipRows((int)first);
                part.M = (int)(last - first);
            }

            // a part of few columns has the bits that it has in the whole product
            part.IsChained = !GemmThin.Is(operands.N, operands.K);
            Gemm.Run(type, &part);
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

        // each part packs its own strips of B, so a strip should belong to one part
        bool packed = operands->BColumn != type.Size();
        bool byColumns =
            (packed && operands->N >= parts * ColumnUnit)
            || (operands->M < parts * RowUnit && operands->N > operands->M);
        int extent = byColumns ? operands->N : operands->M;
        int unit = byColumns ? ColumnUnit : RowUnit;

        if (extent <= unit)
            return false;
        RangeTeam.Run(extent, parts, unit, new Job(type, *operands, byColumns), nanoseconds);
        return true;
    }
}

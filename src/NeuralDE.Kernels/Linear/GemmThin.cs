using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Matrix products with few columns and a long sum, such as the last layer of a small network. A single chain of
/// multiply-adds per element would be bound by the latency of each, so each element is the sum of four chains, (s₀ +
/// s₁) + (s₂ + s₃), where sᵣ runs over k = r, r + 4, r + 8, … in order; s₀ begins at the initial value. Whether a
/// product is thin depends only on its columns and depth, so the bits of an element still depend only on its own row
/// and column.
/// </summary>
internal static unsafe class GemmThin
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public const int MostColumns = 4;
    public const int LeastDepth = 8;

    [MethodImpl(Inline)]
    public static bool Is(GemmOperands* operands) => !operands->IsChained && Is(operands->N, operands->K);

    [MethodImpl(Inline)]
    public static bool Is(int columns, int depth) => columns <= MostColumns && depth >= LeastDepth;

    /// <summary>The four chains of a row, with the columns in the lanes.</summary>
    private struct Chains<S>
        where S : struct, IVector<S>
    {
        public S First;
        public S Second;
        public S Third;
        public S Fourth;

        [MethodImpl(Inline)]
        public void Start(byte* start, int columns)
        {
            First = start == null ? S.Of(0) : S.LoadFirst(start, columns);
            Second = S.Of(0);
            Third = S.Of(0);
            Fourth = S.Of(0);
        }

        [MethodImpl(Inline)]
        public void Add(byte* a, nint column, S b0, S b1, S b2, S b3)
        {
            First = S.Fma(S.Broadcast(a), b0, First);
            Second = S.Fma(S.Broadcast(a + column), b1, Second);
            Third = S.Fma(S.Broadcast(a + 2 * column), b2, Third);
            Fourth = S.Fma(S.Broadcast(a + 3 * column), b3, Fourth);
        }

        /// <summary>The last steps, at most three.</summary>
        [MethodImpl(Inline)]
        public void AddLast(int steps, byte* a, nint column, S b0, S b1, S b2)
        {
            if (steps > 0)
                First = S.Fma(S.Broadcast(a), b0, First);
            if (steps > 1)
                Second = S.Fma(S.Broadcast(a + column), b1, Second);
            if (steps > 2)
                Third = S.Fma(S.Broadcast(a + 2 * column), b2, Third);
        }

        [MethodImpl(Inline)]
        public readonly void Store(byte* bias, byte* c, int columns)
        {
            var sum = (First + Second) + (Third + Fourth);

            if (bias != null)
                sum += S.LoadFirst(bias, columns);

            // one by one, because a masked store costs more than the rest of the loop
            var copy = sum;
            byte* lanes = (byte*)Unsafe.AsPointer(ref copy);

            for (int j = 0; j < columns; j++)
            {
                if (S.ElementSize == 4)
                    ((int*)c)[j] = ((int*)lanes)[j];
                else
                    ((long*)c)[j] = ((long*)lanes)[j];
            }
        }
    }

    /// <summary>
    /// Uses the narrowest vectors that hold the columns, because rows of B are closer together than a wide vector.
    /// </summary>
    [MethodImpl(Inline)]
    public static void RunNarrow<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        if (typeof(S) == typeof(Lanes512<float>))
            Run<Lanes256<float>>(operands);
        else if (typeof(S) == typeof(Lanes512<double>))
            Run<Lanes256<double>>(operands);
        else
            Run<S>(operands);
    }

    public static void Run<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        if (operands->N > S.Count)
        {
            // more columns than lanes: one column after another
            var column = *operands;
            column.N = 1;

            for (int j = 0; j < operands->N; j++)
            {
                Run<S>(&column);
                column.SkipColumns(1, S.ElementSize);
            }

            return;
        }

        // for several rows it pays to pack the rows of B into whole vectors
        if ((operands->N > 1 && operands->BColumn != S.ElementSize) || operands->BRow <= 0 || operands->M >= 4)
        {
            var packed = *operands;
            Pack<S>(&packed);
            Rows<S>(&packed);
        }
        else
            Rows<S>(operands);
    }

    /// <summary>
    /// The number of steps, a multiple of four, whose rows of B can be read as whole vectors within B.
    /// </summary>
    [MethodImpl(Inline)]
    private static int Whole<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        nint beyond = (nint)(S.Count - operands->N) * S.ElementSize;
        int whole = operands->K;

        for (; beyond > 0 && whole > 0; beyond -= operands->BRow)
            whole--;
        return whole & ~3;
    }

    private static void Rows<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        int whole = Whole<S>(operands);

        if (operands->M == 1)
        {
            OneRow<S>(operands, whole);
            return;
        }

        var product = *operands;

        for (; product.M >= 4; product.M -= 4)
        {
            FourRows<S>(&product);
            product.SkipRows(4);
        }

        for (; product.M > 0; product.M--)
        {
            OneRow<S>(&product, whole);
            product.SkipRows(1);
        }
    }

    /// <summary>Packs the few columns of B: one vector per row, with spare room after the last.</summary>
    private static void Pack<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        int size = S.ElementSize;
        nint row = S.Count * size;
        byte* packed = ThreadScratch.Get(ThreadScratch.Use.GemmPanel, ((long)operands->K + 3) * row);

        // lanes without a column are multiplied too: what lies there may be denormal, which takes 150 cycles
        if (operands->N < S.Count)
            Unsafe.InitBlockUnaligned(packed, 0, (uint)((operands->K + 3) * row));

        for (int j = 0; j < operands->N; j++)
        {
            byte* source = operands->B + j * operands->BColumn;
            byte* target = packed + j * size;

            if (size == 4)
                for (int k = 0; k < operands->K; k++, source += operands->BRow, target += row)
                    *(int*)target = *(int*)source;
            else
                for (int k = 0; k < operands->K; k++, source += operands->BRow, target += row)
                    *(long*)target = *(long*)source;
        }

        operands->B = packed;
        operands->BRow = row;
        operands->BColumn = size;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow<S>(GemmOperands* operands, int whole)
        where S : struct, IVector<S>
    {
        int columns = operands->N;
        nint column = operands->AColumn;
        nint bRow = operands->BRow;
        byte* a = operands->A;
        byte* b = operands->B;
        Unsafe.SkipInit(out Chains<S> sums);
        sums.Start(operands->Start, columns);
        int k = 0;

        for (; k < whole; k += 4)
        {
            sums.Add(a, column, S.Load(b), S.Load(b + bRow), S.Load(b + 2 * bRow), S.Load(b + 3 * bRow));
            a += 4 * column;
            b += 4 * bRow;
        }

        for (; k <= operands->K - 4; k += 4)
        {
            sums.Add(
                a,
                column,
                S.LoadFirst(b, columns),
                S.LoadFirst(b + bRow, columns),
                S.LoadFirst(b + 2 * bRow, columns),
                S.LoadFirst(b + 3 * bRow, columns)
            );
            a += 4 * column;
            b += 4 * bRow;
        }

        int last = operands->K - k;

        if (last > 0)
        {
            var b0 = S.LoadFirst(b, columns);
            var b1 = last > 1 ? S.LoadFirst(b + bRow, columns) : b0;
            var b2 = last > 2 ? S.LoadFirst(b + 2 * bRow, columns) : b0;
            sums.AddLast(last, a, column, b0, b1, b2);
        }

        sums.Store(operands->Bias, operands->C, columns);
    }

    /// <summary>Four rows of A times the packed B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<S>(GemmOperands* operands)
        where S : struct, IVector<S>
    {
        int columns = operands->N;
        nint column = operands->AColumn;
        nint aRow = operands->ARow;
        nint bRow = operands->BRow;
        byte* a = operands->A;
        byte* b = operands->B;
        byte* start = operands->Start;
        nint step = operands->StartRow;
        Unsafe.SkipInit(out Chains<S> first);
        Unsafe.SkipInit(out Chains<S> second);
        Unsafe.SkipInit(out Chains<S> third);
        Unsafe.SkipInit(out Chains<S> fourth);
        first.Start(start, columns);
        second.Start(start == null ? null : start + step, columns);
        third.Start(start == null ? null : start + 2 * step, columns);
        fourth.Start(start == null ? null : start + 3 * step, columns);
        int k = 0;

        for (; k <= operands->K - 4; k += 4)
        {
            var b0 = S.Load(b);
            var b1 = S.Load(b + bRow);
            var b2 = S.Load(b + 2 * bRow);
            var b3 = S.Load(b + 3 * bRow);
            first.Add(a, column, b0, b1, b2, b3);
            second.Add(a + aRow, column, b0, b1, b2, b3);
            third.Add(a + 2 * aRow, column, b0, b1, b2, b3);
            fourth.Add(a + 3 * aRow, column, b0, b1, b2, b3);
            a += 4 * column;
            b += 4 * bRow;
        }

        int last = operands->K - k;

        if (last > 0)
        {
            // values behind the last row are read but not used
            var b0 = S.Load(b);
            var b1 = S.Load(b + bRow);
            var b2 = S.Load(b + 2 * bRow);
            first.AddLast(last, a, column, b0, b1, b2);
            second.AddLast(last, a + aRow, column, b0, b1, b2);
            third.AddLast(last, a + 2 * aRow, column, b0, b1, b2);
            fourth.AddLast(last, a + 3 * aRow, column, b0, b1, b2);
        }

        byte* c = operands->C;
        nint cRow = operands->CRow;
        first.Store(operands->Bias, c, columns);
        second.Store(operands->Bias, c + cRow, columns);
        third.Store(operands->Bias, c + 2 * cRow, columns);
        fourth.Store(operands->Bias, c + 3 * cRow, columns);
    }
}

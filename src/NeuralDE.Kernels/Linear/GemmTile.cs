using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// The innermost part of a matrix product: a few rows of C and a few vectors of columns in registers.
/// </summary>
internal static unsafe class GemmTile
{
    /// <summary>
    /// C[i, :] = (start[i, :] + Σₖ A[i, k] B[k, :]) + bias[i, :] for <c>sizeof(Rows)</c> ≤ 12 rows and
    /// <c>sizeof(Vectors)</c> ≤ 4 vectors of columns: fused multiply-adds in the order of k. <c>sizeof(Partial)</c> is
    /// 2 if the last vector is not full, <c>sizeof(Steps)</c> is 2 if A and B have irregular steps.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<S, Rows, Vectors, Partial, Steps>(GemmOperands* operands)
        where S : struct, IVector<S>
        where Rows : unmanaged
        where Vectors : unmanaged
        where Partial : unmanaged
        where Steps : unmanaged
    {
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> first);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> second);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> third);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> fourth);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> fifth);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> sixth);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> seventh);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> eighth);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> ninth);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> tenth);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> eleventh);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> twelfth);
        int lastLanes = operands->LastLanes;
        byte* row = operands->Start;
        nint step = operands->StartRow;

        if (row == null)
        {
            first.Clear();

            if (sizeof(Rows) > 1)
                second.Clear();
            if (sizeof(Rows) > 2)
                third.Clear();
            if (sizeof(Rows) > 3)
                fourth.Clear();
            if (sizeof(Rows) > 4)
                fifth.Clear();
            if (sizeof(Rows) > 5)
                sixth.Clear();
            if (sizeof(Rows) > 6)
                seventh.Clear();
            if (sizeof(Rows) > 7)
                eighth.Clear();
            if (sizeof(Rows) > 8)
                ninth.Clear();
            if (sizeof(Rows) > 9)
                tenth.Clear();
            if (sizeof(Rows) > 10)
                eleventh.Clear();
            if (sizeof(Rows) > 11)
                twelfth.Clear();
        }
        else
        {
            first.Load(row, lastLanes);

            if (sizeof(Rows) > 1)
                second.Load(row + step, lastLanes);
            if (sizeof(Rows) > 2)
                third.Load(row + 2 * step, lastLanes);
            if (sizeof(Rows) > 3)
                fourth.Load(row + 3 * step, lastLanes);
            if (sizeof(Rows) > 4)
                fifth.Load(row + 4 * step, lastLanes);
            if (sizeof(Rows) > 5)
                sixth.Load(row + 5 * step, lastLanes);
            if (sizeof(Rows) > 6)
                seventh.Load(row + 6 * step, lastLanes);
            if (sizeof(Rows) > 7)
                eighth.Load(row + 7 * step, lastLanes);
            if (sizeof(Rows) > 8)
                ninth.Load(row + 8 * step, lastLanes);
            if (sizeof(Rows) > 9)
                tenth.Load(row + 9 * step, lastLanes);
            if (sizeof(Rows) > 10)
                eleventh.Load(row + 10 * step, lastLanes);
            if (sizeof(Rows) > 11)
                twelfth.Load(row + 11 * step, lastLanes);
        }

        nint aColumn = operands->AColumn;
        nint bRow = operands->BRow;
        nint aRow = operands->ARow;
        nint threeRows = 3 * aRow;
        byte* a = operands->A;
        nint fourRows = 4 * aRow;
        byte* fromFifth = a + fourRows;
        byte* fromNinth = fromFifth + fourRows;
        byte* b = operands->B;
        var place = operands->Places;
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> factors);

        for (int k = operands->K; k > 0; k--)
        {
            if (sizeof(Steps) == 2)
            {
                a = operands->A + place->A;
                fromFifth = a + fourRows;
                fromNinth = fromFifth + fourRows;
                b = operands->B + place->B;
                place++;
            }

            factors.Load(b, lastLanes);
            first.Add(a, factors);

            if (sizeof(Rows) > 1)
                second.Add(a + aRow, factors);
            if (sizeof(Rows) > 2)
                third.Add(a + 2 * aRow, factors);
            if (sizeof(Rows) > 3)
                fourth.Add(a + threeRows, factors);
            if (sizeof(Rows) > 4)
                fifth.Add(fromFifth, factors);
            if (sizeof(Rows) > 5)
                sixth.Add(fromFifth + aRow, factors);
            if (sizeof(Rows) > 6)
                seventh.Add(fromFifth + 2 * aRow, factors);
            if (sizeof(Rows) > 7)
                eighth.Add(fromFifth + threeRows, factors);
            if (sizeof(Rows) > 8)
                ninth.Add(fromNinth, factors);
            if (sizeof(Rows) > 9)
                tenth.Add(fromNinth + aRow, factors);
            if (sizeof(Rows) > 10)
                eleventh.Add(fromNinth + 2 * aRow, factors);
            if (sizeof(Rows) > 11)
                twelfth.Add(fromNinth + threeRows, factors);

            if (sizeof(Steps) == 1)
            {
                a += aColumn;
                fromFifth += aColumn;
                fromNinth += aColumn;
                b += bRow;
            }
        }

        byte* bias = operands->Bias;

        if (bias != null)
        {
            step = operands->BiasRow;
            first.Plus(bias, lastLanes);

            if (sizeof(Rows) > 1)
                second.Plus(bias + step, lastLanes);
            if (sizeof(Rows) > 2)
                third.Plus(bias + 2 * step, lastLanes);
            if (sizeof(Rows) > 3)
                fourth.Plus(bias + 3 * step, lastLanes);
            if (sizeof(Rows) > 4)
                fifth.Plus(bias + 4 * step, lastLanes);
            if (sizeof(Rows) > 5)
                sixth.Plus(bias + 5 * step, lastLanes);
            if (sizeof(Rows) > 6)
                seventh.Plus(bias + 6 * step, lastLanes);
            if (sizeof(Rows) > 7)
                eighth.Plus(bias + 7 * step, lastLanes);
            if (sizeof(Rows) > 8)
                ninth.Plus(bias + 8 * step, lastLanes);
            if (sizeof(Rows) > 9)
                tenth.Plus(bias + 9 * step, lastLanes);
            if (sizeof(Rows) > 10)
                eleventh.Plus(bias + 10 * step, lastLanes);
            if (sizeof(Rows) > 11)
                twelfth.Plus(bias + 11 * step, lastLanes);
        }

        row = operands->C;
        step = operands->CRow;
        first.Store(row, lastLanes);

        if (sizeof(Rows) > 1)
            second.Store(row + step, lastLanes);
        if (sizeof(Rows) > 2)
            third.Store(row + 2 * step, lastLanes);
        if (sizeof(Rows) > 3)
            fourth.Store(row + 3 * step, lastLanes);
        if (sizeof(Rows) > 4)
            fifth.Store(row + 4 * step, lastLanes);
        if (sizeof(Rows) > 5)
            sixth.Store(row + 5 * step, lastLanes);
        if (sizeof(Rows) > 6)
            seventh.Store(row + 6 * step, lastLanes);
        if (sizeof(Rows) > 7)
            eighth.Store(row + 7 * step, lastLanes);
        if (sizeof(Rows) > 8)
            ninth.Store(row + 8 * step, lastLanes);
        if (sizeof(Rows) > 9)
            tenth.Store(row + 9 * step, lastLanes);
        if (sizeof(Rows) > 10)
            eleventh.Store(row + 10 * step, lastLanes);
        if (sizeof(Rows) > 11)
            twelfth.Store(row + 11 * step, lastLanes);
    }

    /// <summary>The same for one row and 4 + <c>sizeof(Vectors)</c> vectors of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunRow<S, Vectors, Partial>(GemmOperands* operands)
        where S : struct, IVector<S>
        where Vectors : unmanaged
        where Partial : unmanaged
    {
        int lastLanes = operands->LastLanes;
        int four = 4 * S.Count * S.ElementSize;
        Unsafe.SkipInit(out GemmSums<S, Constant.Four, Constant.One> left);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> right);
        byte* start = operands->Start;

        if (start == null)
        {
            left.Clear();
            right.Clear();
        }
        else
        {
            left.Load(start, 0);
            right.Load(start + four, lastLanes);
        }

        nint aColumn = operands->AColumn;
        nint bRow = operands->BRow;
        byte* a = operands->A;
        byte* b = operands->B;
        Unsafe.SkipInit(out GemmSums<S, Constant.Four, Constant.One> leftFactors);
        Unsafe.SkipInit(out GemmSums<S, Vectors, Partial> rightFactors);

        for (int k = operands->K; k > 0; k--)
        {
            leftFactors.Load(b, 0);
            rightFactors.Load(b + four, lastLanes);
            left.Add(a, leftFactors);
            right.Add(a, rightFactors);
            a += aColumn;
            b += bRow;
        }

        byte* bias = operands->Bias;

        if (bias != null)
        {
            left.Plus(bias, 0);
            right.Plus(bias + four, lastLanes);
        }

        left.Store(operands->C, 0);
        right.Store(operands->C + four, lastLanes);
    }
}

namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Kernels

/// Triangular factors of small matrices and solutions with them, one number at a time, with the operations of the kernels in
/// their order (Elimination, TriangularSolve): the same bits. A matrix is an array of its rows.
module internal LaneFactors =
    /// Larger matrices are left to the kernels: pivoting costs n² (n − 1) selections.
    let most = 8

    let private element (p: LaneProgram) op dtype args = p.Element(op, 0.0, dtype, args)

    /// from − factor · x, rounded once
    let private subtract (p: LaneProgram) dtype factor x from =
        element p ElementOp.Fma dtype [| element p ElementOp.Neg dtype [| factor |]; x; from |]

    /// entry / pivot, where 0 / 0 is 0
    let private quotient (p: LaneProgram) (dtype: Dtype) entry pivot =
        let zero = p.Number(dtype, 0.0)
        let isZero x = element p ElementOp.Equal Bool [| x; zero |]
        let areZero = element p ElementOp.And Bool [| isZero pivot; isZero entry |]
        element p ElementOp.Select dtype [| areZero; zero; element p ElementOp.Div dtype [| entry; pivot |] |]

    /// Replaces a matrix by its factors, column by column; `exchange k` may swap row k with a later one before the factors of
    /// column k are formed.
    let private eliminate (p: LaneProgram) dtype (rows: int[][]) (exchange: int -> unit) =
        for k in 0 .. rows.Length - 1 do
            for c in 0 .. k - 1 do
                for i in c + 1 .. rows.Length - 1 do
                    rows[i][k] <- subtract p dtype (rows[c][k]) (rows[i][c]) (rows[i][k])

            exchange k

            for i in k + 1 .. rows.Length - 1 do
                rows[i][k] <- quotient p dtype (rows[i][k]) (rows[k][k])

    /// By row behind row k: whether it has the largest |entry| of column k, the first of equals.
    let private areLargest (p: LaneProgram) dtype (rows: int[][]) (k: int) : int[] =
        let size i = element p ElementOp.Abs dtype [| rows[i][k] |]
        let mutable largest = size k

        let areLarger =
            [| for i in k + 1 .. rows.Length - 1 do
                   let isLarger = element p ElementOp.Greater Bool [| size i; largest |]
                   largest <- element p ElementOp.Select dtype [| isLarger; size i; largest |]
                   isLarger |]

        // the last one that is larger than those before it
        let mutable isLast = p.Bits(Bool, 1L)

        for i in areLarger.Length - 1 .. -1 .. 0 do
            let isLarger = areLarger[i]
            areLarger[i] <- element p ElementOp.And Bool [| isLast; isLarger |]
            isLast <- element p ElementOp.And Bool [| isLast; element p ElementOp.Not Bool [| isLarger |] |]

        areLarger

    /// Swaps entry k of a column with the later one that is marked.
    let private swap (p: LaneProgram) dtype (marks: int[]) (k: int) (get: int -> int) (set: int -> int -> unit) =
        let old = get k
        let mutable first = old

        for i in 0 .. marks.Length - 1 do
            let other = get (k + 1 + i)
            first <- element p ElementOp.Select dtype [| marks[i]; other; first |]
            set (k + 1 + i) (element p ElementOp.Select dtype [| marks[i]; old; other |])

        set k first

    let private copy (rows: int[][]) = Array.map Array.copy rows

    /// L (unit diagonal, below) and U, without pivoting.
    let lu (p: LaneProgram) (dtype: Dtype) (rows: int[][]) : int[][] =
        let rows = copy rows
        eliminate p dtype rows ignore
        rows

    /// The row order of partial pivoting (int64), and the factors of the matrix in this order.
    let pivots (p: LaneProgram) (dtype: Dtype) (rows: int[][]) : struct (int[] * int[][]) =
        let rows = copy rows
        let order = Array.init rows.Length (fun i -> p.Bits(Int64, int64 i))

        let exchange k =
            let marks = areLargest p dtype rows k
            swap p Int64 marks k (fun i -> order[i]) (fun i x -> order[i] <- x)

            for j in 0 .. rows.Length - 1 do
                swap p dtype marks k (fun i -> rows[i][j]) (fun i x -> rows[i][j] <- x)

        eliminate p dtype rows exchange
        struct (order, rows)

    /// The unknowns x with T x = b, or Tᵀ x = b, of one right-hand side.
    let solve (p: LaneProgram) (dtype: Dtype) lower transpose unit (triangle: int[][]) (b: int[]) : int[] =
        let entry i j = if transpose then triangle[j][i] else triangle[i][j]
        let n = b.Length
        // downwards, or from the last row upwards
        let order = if lower <> transpose then [| 0 .. n - 1 |] else [| n - 1 .. -1 .. 0 |]
        let x = Array.copy b

        for k in 0 .. n - 1 do
            let i = order[k]

            for j in order[.. k - 1] do
                x[i] <- subtract p dtype (entry i j) (x[j]) (x[i])

            if not unit then x[i] <- element p ElementOp.Div dtype [| x[i]; entry i i |]

        x

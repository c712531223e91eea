namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// Matrices by strides in elements, one for every index of the leading axes.
[<NoEquality; NoComparison>]
type internal Matrices = { At: int64; Batch: int64[]; Row: int64; Column: int64 }

/// Matrix products [batch…; rows; depth] × [batch…; depth; columns] of which one factor is not stored.
[<NoEquality; NoComparison>]
type internal DotShape = { Type: ElementType; Batch: int64[]; Rows: int; Depth: int; Columns: int }

module internal DotShape =
    let batches (d: DotShape) : int64 = Array.fold (*) 1L d.Batch
    let size (d: DotShape) : int64 = int64 (ElementTypes.Size d.Type)

    /// The matrix at an index of the leading axes, from an element on.
    let matrix (d: DotShape) (m: Matrices) (memory: nativeint) (index: int64) (skipped: int64) : Matrix =
        let place = View.placeOf d.Batch m.Batch index + skipped
        Matrix(memory + nativeint (m.At + place * size d), m.Row, m.Column)

/// Computes a product [batch…; rows; columns] some rows or a part of a row at a time. An element has the same bits as
/// in the whole product; see Gemm.
[<Sealed>]
type internal DotSource(d: DotShape, a: Matrices, b: Matrices) =
    inherit StreamSource(ElementTypes.Size d.Type)
    let size = DotShape.size d
    let rows, columns = d.Rows, d.Columns

    /// Products of fewer columns are summed in another order (GemmThin), so a part has at least this many columns.
    let fewest = min columns 8

    /// Computes rows of one matrix, for some columns.
    let product (memory: nativeint) (row: int64) (count: int) (column: int) (width: int) (into: nativeint) =
        let index, first = row / int64 rows, row % int64 rows

        let a = DotShape.matrix d a memory index (first * a.Row)
        let b = DotShape.matrix d b memory index (int64 column * b.Column)
        let result = Matrix(into, int64 width, 1L)
        let mutable product = GemmOperands(d.Type, count, width, d.Depth, a, b, result, 0n, GemmStart.Zero)
        Gemm.RunAlone(d.Type, &product)

    /// Computes whole rows, which may belong to several matrices.
    let whole (memory: nativeint) (first: int64) (last: int64) (into: nativeint) =
        let mutable row = first

        while row < last do
            let count = min (last - row) (int64 rows - row % int64 rows)
            product memory row (int count) 0 columns (into + nativeint ((row - first) * int64 columns * size))
            row <- row + count

    override _.Cost = float d.Depth / 30.0 * float size / 4.0 + 0.2

    /// One more row on either side, or the extra columns of a part that was widened to `fewest`.
    override _.Spare tile = 2 * max fewest (min columns tile)

    override _.Line(memory, room, _, first, count) =
        let row = first / int64 columns

        if columns <= count then
            let last = (first + int64 count + int64 columns - 1L) / int64 columns
            whole memory row last room
            room + nativeint ((first - row * int64 columns) * size)
        else
            let column = int (first % int64 columns)
            let here = min count (columns - column)
            // the part of this row ends at its end, and may begin earlier to have enough columns
            let width = max here fewest
            let from = min column (columns - width)
            product memory row 1 from width room
            let found = room + nativeint (int64 (column - from) * size)
            let rest = count - here

            if rest > 0 then
                // then the part of the next row
                let behind = found + nativeint (int64 here * size)
                product memory (row + 1L) 1 0 (max rest fewest) behind

            found

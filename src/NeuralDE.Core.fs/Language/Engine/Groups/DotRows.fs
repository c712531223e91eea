namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// A matrix in a chain of rows: where it lies, and its strides in elements.
[<Struct>]
type internal RowMatrix = { Place: RowPlace; Row: int64; Column: int64 }

/// Computes some rows of a product; rows of a and of the result that are stored in a tile are indexed relative to the
/// tile.
[<Sealed>]
type internal DotRows
    (
        elementType: ElementType,
        columns: int,
        depth: int,
        a: RowMatrix,
        b: RowMatrix,
        target: RowMatrix,
        bias: RowPlace,
        how: GemmStart
    ) =
    inherit RowInstruction()
    let size = int64 (ElementTypes.Size elementType)

    /// The matrix from a row on.
    let matrix (m: RowMatrix) (memory: nativeint) (tile: nativeint) (first: int) : Matrix =
        Matrix(m.Place.Address(memory, tile, int64 first * m.Row * size), m.Row, m.Column)

    override _.Run(memory, tile, first, last) =
        let left, right = matrix a memory tile first, matrix b memory tile 0
        let result, bias = matrix target memory tile first, bias.Address(memory, tile, 0L)
        let mutable product = GemmOperands(elementType, last - first, columns, depth, left, right, result, bias, how)
        Gemm.RunAlone(elementType, &product)

namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// Computes some rows of a product; rows of a and of the result that are stored in a tile are indexed relative to the
/// tile.
[<Sealed>]
type internal DotRows
    (
        elementType: ElementType,
        columns: int,
        depth: int,
        a: RowPlace,
        aRow: int64,
        aColumn: int64,
        b: RowPlace,
        bRow: int64,
        bColumn: int64,
        target: RowPlace,
        bias: RowPlace,
        how: GemmStart
    ) =
    inherit RowInstruction()
    let size = int64 (ElementTypes.Size elementType)

    let address (memory: nativeint) (tile: nativeint) (place: RowPlace) (skipped: int64) =
        match place with
        | InMemory offset -> memory + nativeint (offset + skipped * size)
        | InTile offset -> tile + nativeint offset

    override _.Run(memory, tile, first, last) =
        Gemm.RunAlone(
            elementType,
            last - first,
            columns,
            depth,
            address memory tile a (int64 first * aRow),
            aRow,
            aColumn,
            address memory tile b 0L,
            bRow,
            bColumn,
            address memory tile target (int64 first * int64 columns),
            int64 columns,
            address memory tile bias 0L,
            how
        )

namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// Copies some rows of a view in row-major order. Broadcasts and permutations that a group reads are then stored for
/// only one tile at a time.
[<Sealed>]
type internal CopyRows
    (size: int, rank: int, extents: PinnedTable, strides: PinnedTable, source: RowPlace, target: RowPlace, width: int64)
    =
    inherit RowInstruction()

    override _.Run(memory, tile, first, last) =
        let from = int64 first * width

        let view = source.Address(memory, tile, 0L)
        let into = target.Address(memory, tile, from * int64 size)
        Movement.Copy(size, rank, extents.Address, strides.Address, view, into, from, int64 (last - first) * width)

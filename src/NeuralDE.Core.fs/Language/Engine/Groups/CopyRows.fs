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

        let view =
            match source with
            | InMemory offset -> memory + nativeint offset
            | InTile offset -> tile + nativeint offset

        let into =
            match target with
            | InMemory offset -> memory + nativeint (offset + from * int64 size)
            | InTile offset -> tile + nativeint offset

        Movement.Copy(size, rank, extents.Address, strides.Address, view, into, from, int64 (last - first) * width)

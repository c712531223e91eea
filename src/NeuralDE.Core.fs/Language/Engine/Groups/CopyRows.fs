namespace NeuralDE.Internal.Engine

/// Copies some rows of a view in row-major order. Broadcasts and permutations that a group reads are then stored for
/// only one tile at a time.
[<Sealed>]
type internal CopyRows(size: int, axes: PinnedAxes, source: RowPlace, target: RowPlace, width: int64) =
    inherit RowInstruction()

    override _.Run(memory, tile, first, last) =
        let from = int64 first * width
        let view, into = source.Address(memory, tile, 0L), target.Address(memory, tile, from * int64 size)
        axes.Copy(size, view, into, from, int64 (last - first) * width)

namespace NeuralDE.Internal.Engine

open NeuralDE.Kernels

/// A small reduction of an unstored array [outer; count; inner], computed for the requested elements.
[<Sealed>]
type internal ReduceSource
    (program: StreamProgram, elementType: ElementType, kind: ReductionKind, count: int, inner: int64, tile: int) =
    inherit StreamSource(ElementTypes.Size elementType)

    /// The number of result elements per tile of the array.
    let most = max 1 (tile / count)

    override _.Cost = float count * (program.Cost + 0.2)
    override _.Desk = program.Bytes

    override x.Line(memory, room, desk, first, wanted) =
        let mutable at, left, into = first, wanted, room

        while left > 0 do
            let made =
                if inner = 1L then
                    let n = min left most
                    let rows = { First = at * int64 count; Rows = 1; Width = n * count; Step = 0L }
                    let made = program.Run(memory, desk, rows)
                    Reduction.Run(elementType, kind, int64 n, int64 count, 1L, made, into)
                    n
                else
                    let o, c = at / inner, at % inner
                    let n = int (min (int64 (min left most)) (inner - c))

                    let columns = { First = o * int64 count * inner + c; Rows = count; Width = n; Step = inner }

                    let made = program.Run(memory, desk, columns)
                    Reduction.Run(elementType, kind, 1L, int64 count, int64 n, made, into)
                    n

            at <- at + int64 made
            left <- left - made
            into <- into + nativeint (made * x.Size)

        room

/// A broadcast to further axes, computed for the requested elements. The strides are those of a contiguous array's
/// broadcast, with last stride 1.
[<Sealed>]
type internal SpreadSource(program: StreamProgram, size: int, extents: int64[], strides: int64[]) =
    inherit StreamSource(size)
    let last = extents.Length - 1
    override _.Cost = program.Cost + 0.1
    override _.Desk = program.Bytes

    override _.Line(memory, room, desk, first, count) =
        let mutable at, left, into = first, count, room

        while left > 0 do
            let n = int (min (int64 left) (extents[last] - at % extents[last]))
            let place = View.placeOf extents strides at
            let made = program.Run(memory, desk, { First = place; Rows = 1; Width = n; Step = 0L })
            RowMemory.Copy(made, into, int64 n * int64 size)
            at <- at + int64 n
            left <- left - n
            into <- into + nativeint (n * size)

        room

/// Repeats every element of another source a fixed number of times.
[<Sealed>]
type internal RepeatSource(source: StreamSource, times: int64, tile: int) =
    inherit StreamSource(source.Size)
    let axes = PinnedAxes([| System.Int64.MaxValue / times; times |], [| 1L; 0L |])
    let array = (int64 ((tile + 2 + source.Spare tile) * source.Size) + 127L) / 64L * 64L
    override _.Cost = source.Cost / float times + 0.1
    override _.Desk = array + source.Desk

    override x.Line(memory, room, desk, first, count) =
        let from = first / times
        let last = (first + int64 count - 1L) / times
        let made = source.Line(memory, desk, desk + nativeint array, from, int (last - from + 1L))
        let start = made - nativeint (from * int64 x.Size)
        axes.Copy(x.Size, start, room, first, int64 count)
        room

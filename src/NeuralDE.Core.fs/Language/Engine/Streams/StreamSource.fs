namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE.Kernels

/// Elements of an array in row-major order: Rows stretches of Width elements, at distance Step.
[<Struct>]
type internal Stretch =
    { First: int64
      Rows: int
      Width: int
      Step: int64 }

    /// The number of elements.
    member s.Count = s.Rows * s.Width

/// An array that is read or computed in parts.
[<AbstractClass>]
type internal StreamSource(size: int) =
    /// Bytes of an element.
    member _.Size = size

    /// Estimated nanoseconds per element.
    abstract Cost: float

    /// The number of elements for which `room` must have space beyond those of a tile.
    abstract Spare: tile: int -> int
    default _.Spare _ = 0

    /// Bytes of its working memory (`desk`).
    abstract Desk: int64
    default _.Desk = 0L

    /// One stretch of elements, written to `room` or found in memory: its address.
    abstract Line: memory: nativeint * room: nativeint * desk: nativeint * first: int64 * count: int -> nativeint

    /// Contiguous elements, written to `room` or found in memory: their address.
    abstract Read: memory: nativeint * room: nativeint * desk: nativeint * at: Stretch -> nativeint

    default x.Read(memory, room, desk, at) =
        if at.Rows = 1 then
            x.Line(memory, room, desk, at.First, at.Width)
        else
            let line = nativeint (at.Width * size)

            for row in 0 .. at.Rows - 1 do
                let into = room + nativeint row * line
                let made = x.Line(memory, into, desk, at.First + int64 row * at.Step, at.Width)
                if made <> into then RowMemory.Copy(made, into, int64 line)

            room

/// The elements that a view selects from a stored array at an offset of the memory. `box`: the strides of the view as
/// [outer; count; inner] with their extents, if it has this form.
[<Sealed>]
type internal ViewSource(array: int64, v: View, box: struct (int64[] * int64[]) voption) =
    inherit StreamSource(v.Dtype.Size)
    let size = v.Dtype.Size
    let struct (extents, strides) = View.collapse v
    let axes = PinnedAxes(extents, strides)
    let rank = extents.Length
    let hasRuns = rank > 0 && strides[rank - 1] = 1L

    /// The offset of its first element.
    let at = array + v.Start * int64 size

    /// Bytes up to the end of the last selected element.
    let reach =
        let last = Array.fold2 (fun last n stride -> last + (n - 1L) * max 0L stride) v.Start extents strides
        (last + 1L) * int64 size

    /// Whether compiled code, which reads whole vectors, stays within the array's last vector.
    let isSafe (start: int64) (count: int) = start % 64L = 0L || start + int64 count * int64 size + 64L <= reach

    /// The address of the stretch if it is contiguous and may be read in whole vectors; otherwise 0.
    let run (memory: nativeint) (first: int64) (count: int) : nativeint =
        if not hasRuns || first % extents[rank - 1] + int64 count > extents[rank - 1] then
            0n
        else
            let start = (v.Start + View.placeOf extents strides first) * int64 size
            if isSafe start count then memory + nativeint (array + start) else 0n

    override _.Cost = if hasRuns && rank = 1 then 0.1 else 0.2

    override _.Line(memory, room, _, first, count) =
        match run memory first count with
        | 0n ->
            axes.Copy(size, memory + nativeint at, room, first, int64 count)
            room
        | found -> found

    override x.Read(memory, room, desk, s) =
        match box with
        | ValueSome(struct (extents, strides)) when s.Rows > 1 ->
            let c = s.First % extents[2]
            let j = s.First / extents[2] % extents[1]
            let o = s.First / extents[2] / extents[1]
            let place = at + (o * strides[0] + j * strides[1] + c * strides[2]) * int64 size

            Movement.CopyRectangle(
                size,
                int64 s.Rows,
                int64 s.Width,
                strides[1],
                strides[2],
                memory + nativeint place,
                room
            )

            room
        | _ -> base.Read(memory, room, desk, s)

/// The indices 0, 1, 2, …
[<Sealed>]
type internal IotaSource(elementType: ElementType, extent: int64) =
    inherit StreamSource(ElementTypes.Size elementType)
    override _.Cost = 0.5

    override _.Line(_, room, _, first, count) =
        Movement.Iota(elementType, extent, 1L, room, first, int64 count)
        room

/// Random numbers: rows of equal length, each with its own key.
[<Sealed>]
type internal RandomSource(kind: RandomKind, elementType: ElementType, keys: int64, width: int64) =
    inherit StreamSource(ElementTypes.Size elementType)
    override _.Cost = 3.0

    override x.Line(memory, room, _, first, count) =
        let mutable at, left, into = first, int64 count, room

        while left > 0L do
            let row, from = at / width, at % width
            let part = min left (width - from)
            let key = NativePtr.get (NativePtr.ofNativeInt<int64>(memory + nativeint keys)) (int row)
            RandomNumbers.FillPart(kind, elementType, key, from, part, into)
            at <- at + part
            left <- left - part
            into <- into + nativeint (part * int64 x.Size)

        room

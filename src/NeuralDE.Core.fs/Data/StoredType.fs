namespace NeuralDE.Internal.Data

open System
open System.IO
open System.Runtime.InteropServices
open NeuralDE
open NeuralDE.Internal.Graph

/// Types of numbers in files. Types that tensors lack are widened when read.
[<RequireQualifiedAccess>]
type internal StoredType =
    | F64
    | F32
    | F16
    | BF16
    | I64
    | I32
    | I16
    | I8
    | U32
    | U16
    | U8
    | Bool

    /// Bytes per number.
    member t.Size =
        match t with
        | F64
        | I64 -> 8
        | F32
        | I32
        | U32 -> 4
        | F16
        | BF16
        | I16
        | U16 -> 2
        | I8
        | U8
        | Bool -> 1

    /// The dtype that represents all its values exactly.
    member t.Dtype =
        match t with
        | F64 -> Float64
        | F32
        | F16
        | BF16 -> Float32
        | I64
        | U32 -> Int64
        | I32
        | I16
        | I8
        | U16
        | U8 -> Int32
        | Bool -> Dtype.Bool

    /// The type in which a dtype is written.
    static member Of(dtype: Dtype) =
        match dtype with
        | Float64 -> F64
        | Float32 -> F32
        | Int64 -> I64
        | Int32 -> I32
        | Dtype.Bool -> Bool

/// Conversion between numbers in files and tensors.
module internal Stored =
    /// The largest number of axes accepted, NumPy's limit. A larger number indicates a malicious file.
    let mostAxes = 64

    /// The number of elements of a shape from a file; None if an extent is negative or the number exceeds the length of an
    /// array.
    let count (shape: int64[]) : int option =
        let limit = int64 Array.MaxLength

        let times (product: int64 option) (extent: int64) =
            match product with
            | Some n when n <= limit / extent -> Some(n * extent)
            | Some _
            | None -> None

        // a shape with an extent 0 has no elements, but every extent must be valid, and the others must fit a tensor
        if shape.Length > mostAxes then
            None
        elif Array.exists (fun extent -> extent < 0L || extent > limit) shape then
            None
        elif Array.contains 0L shape then
            let others = shape |> Array.filter ((<>) 0L)
            if others |> Array.fold (fun n extent -> n * bigint extent) 1I <= bigint Shape.mostElements then
                Some 0
            else
                None
        else
            Array.fold times (Some 1L) shape |> Option.map int

    /// Raises a FileException unless `expected` bytes remain in a stream of known length, or if a compressed stream may not expand
    /// to as many.
    let expectLength (place: Place) (expected: int64) (stream: Stream) =
        match stream with
        | :? UnpackedStream as unpacked -> unpacked.Announce expected
        | _ -> ()

        if stream.CanSeek && stream.Length - stream.Position <> expected then
            let got = stream.Length - stream.Position
            Files.refuse
                place
                $"there are {string got} bytes of numbers, expected {string expected}. The file is truncated or damaged."

    /// Reverses the bytes of each number.
    let private reverse (size: int) (numbers: Span<byte>) =
        let mutable at = 0

        while at < numbers.Length do
            numbers.Slice(at, size).Reverse()
            at <- at + size

    /// Numbers read or written at a time.
    let private piece = 1 <<< 16

    let private pieces (values: 'T[]) : ArraySegment<'T> seq =
        seq {
            for start in 0..piece .. values.Length - 1 do
                ArraySegment<'T>(values, start, min piece (values.Length - start))
        }

    /// Reads the next `count` numbers of a stream; EndOfStreamException if it ends earlier. If the length of the stream is
    /// unknown, as for a compressed stream, memory grows with the data read, so a header with a false count costs no memory.
    let take<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType>
        (stream: Stream)
        isBigEndian
        count
        : 'T[] =
        let mutable values = GC.AllocateUninitializedArray<'T>(if stream.CanSeek then count else min count piece)
        let mutable filled = 0

        while filled < count do
            if filled = values.Length then Array.Resize(&values, int (min (int64 count) (2L * int64 filled)))

            let n = min piece (values.Length - filled)
            let bytes = MemoryMarshal.AsBytes(values.AsSpan(filled, n))
            stream.ReadExactly bytes
            if isBigEndian = BitConverter.IsLittleEndian then reverse sizeof<'T> bytes
            filled <- filled + n

        values

    let private put<'T when 'T: struct and 'T: (new: unit -> 'T) and 'T :> ValueType> (stream: Stream) (values: 'T[]) =
        for part in pieces values do
            if BitConverter.IsLittleEndian then
                stream.Write(Span.op_Implicit (MemoryMarshal.AsBytes(part.AsSpan())))
            else
                let bytes = MemoryMarshal.AsBytes(part.AsSpan()).ToArray()
                reverse sizeof<'T> (bytes.AsSpan())
                stream.Write bytes

    /// The float32 of a bfloat16, which has its upper 16 bits.
    let private brain (bits: uint16) = BitConverter.UInt32BitsToSingle(uint32 bits <<< 16)

    /// Reads the next numbers of a stream as a tensor. FileException for a bool that is neither 0 nor 1.
    let read (place: Place) (what: string) (stored: StoredType) isBigEndian (shape: int[]) (stream: Stream) : Tensor =
        let n = Shape.stored place.Verb shape

        let bools () =
            let bytes = take<byte> stream false n
            let odd = bytes.AsSpan().IndexOfAnyExceptInRange(0uy, 1uy)
            if odd >= 0 then
                Files.refuse place $"{what} is bool and has {string bytes[odd]} at {string odd}, expected 0 or 1."
            bytes |> Array.map (fun byte -> byte = 1uy)

        let widened (widen: 'S -> 'T) (values: 'S[]) : Array = Array.map widen values

        let data: Array =
            match stored with
            | StoredType.F64 -> take<float> stream isBigEndian n
            | StoredType.F32 -> take<float32> stream isBigEndian n
            | StoredType.F16 ->
                take<Half> stream isBigEndian n |> widened (fun (x: Half) -> Half.op_Explicit x: float32)
            | StoredType.BF16 -> take<uint16> stream isBigEndian n |> widened brain
            | StoredType.I64 -> take<int64> stream isBigEndian n
            | StoredType.I32 -> take<int> stream isBigEndian n
            | StoredType.I16 -> take<int16> stream isBigEndian n |> widened int
            | StoredType.I8 -> take<sbyte> stream isBigEndian n |> widened int
            | StoredType.U32 -> take<uint32> stream isBigEndian n |> widened int64
            | StoredType.U16 -> take<uint16> stream isBigEndian n |> widened int
            | StoredType.U8 -> take<byte> stream isBigEndian n |> widened int
            | StoredType.Bool -> bools ()

        Tensor.OfArray(NdArray(stored.Dtype, shape, data))

    /// Writes the numbers of a tensor in row-major order, little-endian.
    let write (stream: Stream) (numbers: NdArray) : unit =
        match numbers.Data with
        | :? (float[]) as values -> put stream values
        | :? (float32[]) as values -> put stream values
        | :? (int64[]) as values -> put stream values
        | :? (int[]) as values -> put stream values
        | _ -> put stream (numbers.Flags |> Array.map (fun flag -> if flag then 1uy else 0uy))

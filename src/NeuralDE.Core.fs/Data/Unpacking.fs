namespace NeuralDE

open System
open System.IO
open NeuralDE.Compiler

/// <summary>How much a compressed file may become when it is read: 15 MB of zeros can be packed so that they are 15 GB.</summary>
/// <remarks>A file may become as much as the larger of the two limits; one that becomes more is a FileException.</remarks>
type UnpackingOptions =
    {
        /// bytes that any file may become, 268 435 456
        Bytes: int64
        /// and the multiple of its own size, 20
        Ratio: float
    }

    /// 256 MiB, or 20 times the file.
    static member defaults = { Bytes = 268_435_456L; Ratio = 20.0 }

/// What is left of a file's limit, for all parts of it together.
[<Sealed>]
type internal UnpackingBudget(verb: string, limits: UnpackingOptions, packed: int64) =
    let allowed =
        if not (limits.Bytes >= 0L && limits.Ratio >= 0.0) then
            raise (
                InputException
                    $"{verb}: the limits are {string limits.Bytes} bytes and {string limits.Ratio} times the file, expected 0 or more."
            )

        let byRatio = limits.Ratio * float packed
        if byRatio >= float Int64.MaxValue then
            Int64.MaxValue
        else
            max limits.Bytes (int64 byRatio)

    let mutable left = allowed

    /// Raises where so many bytes more are too many.
    member _.Require(place: Place, bytes: int64) =
        if bytes > left then
            Files.refuse
                place
                $"it is {string packed} bytes long and becomes {string (allowed - left + bytes)} bytes or more when it is unpacked, expected at most {string allowed}. If you trust it, read it with higher limits: readWith."

    member x.Take(place: Place, bytes: int64) =
        x.Require(place, bytes)
        left <- left - bytes

/// A stream of unpacked bytes that ends its reader when there are too many.
[<Sealed>]
type internal UnpackedStream(inner: Stream, place: Place, budget: UnpackingBudget) =
    inherit Stream()

    /// Raises for an announcement of more bytes than may come.
    member _.Announce(bytes: int64) = budget.Require(place, bytes)

    override _.Read(target: Span<byte>) =
        let n = inner.Read target
        budget.Take(place, int64 n)
        n

    override s.Read(target: byte[], offset: int, count: int) = s.Read(Span(target, offset, count))
    override _.CanRead = true
    override _.CanSeek = false
    override _.CanWrite = false
    override _.Length = raise (NotSupportedException())
    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())
    override _.Flush() = ()
    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Write(_: byte[], _: int, _: int) = raise (NotSupportedException())

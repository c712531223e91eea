namespace NeuralDE

open System
open System.IO
open NeuralDE.Internal.Data

/// <summary>Limits for the expansion of a compressed file.</summary>
/// <remarks>A file may expand to the larger of the two limits; reading more raises a FileException.</remarks>
type UnpackingOptions =
    {
        /// bytes to which every file may expand; default: 268 435 456
        Bytes: int64
        /// multiple of its own size to which a file may expand; default: 20
        Ratio: float
    }

    /// 256 MiB, or 20 times the file.
    static member defaults = { Bytes = 268_435_456L; Ratio = 20.0 }

/// The remaining bytes of a file's limit, shared by all its parts.
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

    /// Raises a FileException if `bytes` more bytes exceed the limit.
    member _.Require(place: Place, bytes: int64) =
        if bytes > left then
            Files.refuse
                place
                $"it is {string packed} bytes long and becomes {string (allowed - left + bytes)} bytes or more when it is unpacked, expected at most {string allowed}. If you trust it, read it with higher limits: readWith."

    member x.Take(place: Place, bytes: int64) =
        x.Require(place, bytes)
        left <- left - bytes

/// A stream of unpacked bytes. Reading beyond the budget raises a FileException.
[<Sealed>]
type internal UnpackedStream(inner: Stream, place: Place, budget: UnpackingBudget) =
    inherit Stream()

    /// Raises a FileException if a header announces more bytes than the budget allows.
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

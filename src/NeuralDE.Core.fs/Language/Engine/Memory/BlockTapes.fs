namespace NeuralDE.Internal.Engine

open System
open System.Threading
open NeuralDE.Kernels

/// Where the iterations of a block of rows are: in a segment from `At` on, `Count` iterations. Count −1: they were not kept.
[<Struct>]
type internal BlockPlace = { Segment: int; At: int64; Count: int }

/// The tapes of the blocks of a loop by lanes. Each thread appends to a segment of its own; the memory is kept for the next run.
[<Sealed>]
type internal BlockTapes() =
    let mutable segments: GrowingBlock[] = [||]
    let mutable places: BlockPlace[] = [||]
    let mutable bytes = 0L
    let mutable most = 0L

    /// Prepares a run of this many threads and blocks, which keeps at most this many bytes. Further blocks are not kept, and the
    /// reverse sweep runs them again.
    member _.Begin(threads: int, blocks: int, mostBytes: int64) =
        if segments.Length < threads then
            segments <- Array.append segments (Array.init (threads - segments.Length) (fun _ -> GrowingBlock()))

        for s in segments do
            s.Clear()

        if places.Length < blocks then places <- Array.zeroCreate blocks
        Array.Fill(places, { Segment = 0; At = 0L; Count = -1 })
        bytes <- 0L
        most <- mostBytes

    member _.Segment(thread: int) : GrowingBlock = segments[thread]

    /// Whether the run may keep this many bytes more; counts them if so.
    member _.TryKeep(more: int64) : bool = Interlocked.Add(&bytes, more) <= most

    /// Counts the bytes of a block that is not kept after all.
    member _.Release(less: int64) = Interlocked.Add(&bytes, -less) |> ignore

    member _.Item
        with get (block: int) = places[block]
        and set (block: int) place = places[block] <- place

    member _.Peak: int64 = segments |> Array.sumBy (fun s -> s.Peak)

    member _.ForgetPeak() =
        for s in segments do
            s.Peak <- 0L

    member _.Trim(most: int64) =
        for s in segments do
            s.Trim most

namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic

/// Where an array lies relative to its protected pages.
type internal Guarding =
    /// no protected pages: arrays are placed one after another, and places are reused
    | Unguarded
    /// the array ends before a protected page
    | BeforeGuard
    /// the array starts after a protected page
    | BehindGuard

/// A memory layout for tests: every array of a plan has its own pages, between protected pages, so a kernel that reads
/// or writes out of bounds ends the process. The environment variable NEURALDE_GUARDS (before, behind) turns it on.
module internal Guarding =
    let mutable private current =
        match Environment.GetEnvironmentVariable "NEURALDE_GUARDS" with
        | "before" -> BeforeGuard
        | "behind" -> BehindGuard
        | _ -> Unguarded

    let force (guarding: Guarding) = current <- guarding

    let isOn () = current <> Unguarded

    /// Appends the layout to a name, for caches whose content depends on it.
    let key (name: string) : string =
        match current with
        | Unguarded -> name
        | BeforeGuard -> name + " before guards"
        | BehindGuard -> name + " behind guards"

    let private page = int64 Environment.SystemPageSize
    let private pages (bytes: int64) = (bytes + page - 1L) / page * page

    /// Rounds up to 64 bytes, because kernels write whole vectors.
    let private whole (bytes: int64) = (bytes + 63L) / 64L * 64L |> max 64L

    /// A vector that is read from the last elements of a slice, which may start anywhere, reaches at most this far past
    /// the array.
    let readBehind = 64L

    /// Places some bytes at the end of the memory laid out so far, which ends with a protected page: the offset, and
    /// the new end.
    let place (guards: List<int64>) (size: int64) (bytes: int64) : struct (int64 * int64) =
        let start =
            if size = 0L then
                guards.Add 0L
                page
            else
                size

        let stop = start + pages (whole bytes + readBehind)
        guards.Add stop

        let at =
            match current with
            | Unguarded
            | BehindGuard -> start
            // the memory of a nested graph has its own protected pages, so it consists of whole pages
            | BeforeGuard -> if bytes % page = 0L then start else stop - readBehind - whole bytes

        struct (at, stop + page)

    /// Places all buffers without reuse: the total size and the protected pages.
    let layOut (buffers: Storage seq) : struct (int64 * int64[]) =
        let guards = List<int64>()
        let mutable size = 0L

        for b in buffers do
            match b.Home with
            | Own ->
                let struct (at, stop) = place guards size b.Bytes
                b.Offset <- at
                size <- stop
            | Argument _
            | Constants _
            | Emission _ -> ()

        struct (size, guards.ToArray())

namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic

/// Where an array lies between two pages that nobody may touch.
type internal Guarding =
    /// no such pages: arrays lie one behind the other, and places are used again
    | Unguarded
    /// its end before such a page
    | BeforeGuard
    /// its start behind one
    | BehindGuard

/// A layout for tests: every array of a plan lies in pages of its own between pages that may not be touched, so that a
/// kernel that reads or writes too far ends the process. The environment's NEURALDE_GUARDS (before, behind) turns it on.
module internal Guarding =
    let mutable private current =
        match Environment.GetEnvironmentVariable "NEURALDE_GUARDS" with
        | "before" -> BeforeGuard
        | "behind" -> BehindGuard
        | _ -> Unguarded

    let force (guarding: Guarding) = current <- guarding

    let isOn () = current <> Unguarded

    /// A name for what depends on the layout.
    let key (name: string) : string =
        match current with
        | Unguarded -> name
        | BeforeGuard -> name + " before guards"
        | BehindGuard -> name + " behind guards"

    let private page = int64 Environment.SystemPageSize
    let private pages (bytes: int64) = (bytes + page - 1L) / page * page

    /// Kernels write whole vectors of 64 bytes.
    let private whole (bytes: int64) = (bytes + 63L) / 64L * 64L |> max 64L

    /// A vector that is read from the last elements of a slice, which may start anywhere, reaches so far behind the array.
    let readBehind = 64L

    /// A place for some bytes at the end of the memory laid out so far, which ends with a guard: the place, and the new end.
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
            // the memory of a graph inside has guards of its own: whole pages
            | BeforeGuard -> if bytes % page = 0L then start else stop - readBehind - whole bytes

        struct (at, stop + page)

    /// Places for all buffers, none used twice: the size of it all and the guards in it.
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

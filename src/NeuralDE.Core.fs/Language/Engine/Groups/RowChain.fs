namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open System.Globalization
open NeuralDE.Kernels

/// Runs several instructions tile by tile: all of them on some rows while these are in the L1 cache, then on the next
/// rows. A row has the same bits with and without tiles.
[<Sealed>]
type internal RowChainInstruction(rows: int, tile: int, tileBytes: int64, nanoseconds: int64, parts: RowInstruction[]) =
    inherit Instruction()
    let tiles = (rows - 1) / tile + 1

    interface ITiles with
        member _.Run(memory, firstTile, lastTile) =
            let local = ThreadScratch.Address(ThreadScratch.Use.RowTile, tileBytes)

            for t in firstTile .. lastTile - 1 do
                let first = t * tile
                let last = int (min (int64 rows) (int64 first + int64 tile))

                for i in 0 .. parts.Length - 1 do
                    parts[i].Run(memory, local, first, last)

    override x.Run work = TileTeam.Run(x, work.Memory, tiles, nanoseconds)

/// Finds row-wise drafts that can run tile by tile.
module internal RowChain =
    /// Rows of a tile are a multiple of this: whole vectors, and mostly whole calls of the product's micro-kernel.
    let private unit = 16

    /// Fewer rows are not worth tiles.
    let private fewest = 96

    /// Approximate bytes of one array of a tile. Products read the whole second factor for every tile, so with products
    /// a few arrays should fit into the L2 cache; without, into the L1 cache.
    let private bytesOf (hasProducts: bool) = if hasProducts then 262144L else 32768L

    /// Average nanoseconds of work per instruction and tile, at least, so that the overhead of a tile is negligible.
    let private least = 1500.0

    /// Forced number of rows of a tile, for tests. ValueNone: chosen by cost; 0: no tiles.
    let mutable private forced: int voption = ValueNone
    let mutable private suffix = ""

    let force (rows: int voption) =
        forced <- rows
        suffix <-
            match rows with
            | ValueSome n -> $" by {string n}"
            | ValueNone -> ""

    do
        match Int32.TryParse(Environment.GetEnvironmentVariable "NEURALDE_ROWS", CultureInfo.InvariantCulture) with
        | true, n when n >= 0 -> force (ValueSome n)
        | _ -> ()

    let forcedRows () : int voption = forced

    /// Appends the tile setting to a name, for caches whose content depends on it.
    let key (name: string) : string = if suffix.Length = 0 then name else name + suffix

    /// Consecutive drafts, some of which form a chain.
    type private Window() =
        /// in the original order
        member val All = List<Draft>()
        /// they do not touch what the chain writes, so they run before it
        member val Ahead = List<Draft>()
        member val Chain = List<struct (Draft * RowWise)>()
        /// they read what the chain writes and are not row-wise, so they run after it
        member val Behind = List<Draft>()
        member val Made = HashSet<Storage>(HashIdentity.Reference)
        member val MadeBehind = HashSet<Storage>(HashIdentity.Reference)

    let private touchesAny (set: HashSet<Storage>) (storages: Storage[]) = storages |> Array.exists set.Contains

    let private addAll (set: HashSet<Storage>) (storages: Storage[]) = set.UnionWith storages

    /// Counts how many drafts touch a storage.
    let private count (counts: Dictionary<Storage, int>) (s: Storage) =
        counts[s] <-
            match counts.TryGetValue s with
            | true, n -> n + 1
            | _ -> 1

    let private countOf (drafts: Draft seq) : Dictionary<Storage, int> =
        let counts = Dictionary<Storage, int>(HashIdentity.Reference)

        for d in drafts do
            Array.iter (count counts) d.Touches

        counts

    /// The storages that are also touched by other drafts than these.
    let private touchedElsewhere (all: Dictionary<Storage, int>) (drafts: Draft seq) : Storage[] =
        [| for p in countOf drafts do
               if all[p.Key] > p.Value then p.Key |]

    /// The number of rows with the most work: rows of products, or if there are none, elements of groups; 0 if there
    /// are few.
    let private rowsOf (drafts: Draft[]) : int =
        let most (rowsOf: RowWise -> int64) =
            drafts
            |> Seq.choose (fun d ->
                match d.Rows with
                | ValueSome r when rowsOf r > 0L -> Some(rowsOf r, r.Nanoseconds)
                | _ -> None)
            |> Seq.groupBy fst
            |> Seq.map (fun (rows, parts) -> rows, Seq.sumBy snd parts)
            |> Seq.fold (fun (best, work) (rows, found) -> if found > work then rows, found else best, work) (0L, 0.0)
            |> fst

        let least = if forced.IsSome then 2L else int64 fewest
        let ofThese rows = if rows >= least && rows < 2147483648L then rows else 0L

        match most (fun r -> ofThese (int64 r.Rows)) with
        | 0L -> int (most (fun r -> ofThese r.Elements))
        | rows -> int rows

    /// Whether a view covers its whole array, so that its rows are the rows of the array.
    let private isWhole (v: View) =
        v.Start = 0L && View.isContiguous v && View.size v * int64 v.Dtype.Size = v.Storage.Bytes

    let private joins (rows: int) (w: Window) (d: Draft) (r: RowWise) =
        (r.Rows = rows || r.Rows = 0 && r.Elements % int64 rows = 0L)
        && not (touchesAny w.MadeBehind d.Touches)
        && not (touchesAny w.Made r.Whole)
        && System.Array.TrueForAll(r.ByRow, (fun v -> not (w.Made.Contains v.Storage) || isWhole v))

    /// The number of rows of a tile; all rows if tiles do not pay.
    let private tileOf (rows: int) (chain: List<struct (Draft * RowWise)>) : int =
        match forced with
        | ValueSome 0 -> rows
        | ValueSome n -> n
        | ValueNone ->
            let mutable widest, work = 1L, 0.0
            let mutable hasProducts = false

            for struct (d, r) in chain do
                work <- work + r.Nanoseconds
                if r.Rows > 0 then hasProducts <- true

                for s in d.Writes do
                    widest <- max widest (s.Bytes / int64 rows)

            let byTime = least * float chain.Count * float rows / max 1.0 work
            let wanted = max (float (bytesOf hasProducts / widest)) byTime

            if 2.0 * byTime > float rows then
                rows
            else
                // an even number of nearly equal tiles, so that two threads have the same work
                let tiles = 2 * max 1 (int (ceil (float rows / wanted / 2.0)))
                let tile = ((rows - 1) / tiles / unit + 1) * unit
                if 2 * tile > rows + unit then rows else tile

    /// Merges a chain into one draft; `outside` are the storages that other drafts touch.
    let private merge (rows: int) (tile: int) (chain: struct (Draft * RowWise)[]) (outside: Storage[]) : Draft =
        let drafts = chain |> Array.map (fun (struct (d, _)) -> d)
        let outside = HashSet<Storage>(outside, HashIdentity.Reference)
        // arrays that only the chain uses exist for one tile at a time
        let local = Dictionary<Storage, Storage>(HashIdentity.Reference)

        for d in drafts do
            for s in d.Writes do
                if not (outside.Contains s) then
                    local[s] <- Storage(s.Index, s.Bytes / int64 rows * int64 tile, Own)

        let isLocal (s: Storage) = local.ContainsKey s

        let within =
            drafts
            |> Array.map (fun d ->
                { d with Touches = d.Touches |> Array.filter isLocal |> Array.map (fun s -> local[s]) })

        let tileBytes = Lowered.layOut local.Values within [||]
        let others (storages: Storage[]) = storages |> Array.distinct |> Array.filter (isLocal >> not)

        { Name =
            fun () ->
                let names = drafts |> Array.map (fun d -> d.Name()) |> String.concat "; "
                $"{string rows} rows, {string tile} at a time: {names}"
          Touches = drafts |> Array.collect (fun d -> d.Touches) |> others
          Writes = drafts |> Array.collect (fun d -> d.Writes) |> others
          Rows = ValueNone
          Inside = [||]
          Make =
            fun scope ->
                let placeOf (v: View) =
                    match local.TryGetValue v.Storage with
                    | true, l -> InTile l.Offset
                    | _ -> InMemory(scope.Offset v)

                let nanoseconds = chain |> Array.sumBy (fun (struct (_, r)) -> r.Nanoseconds)
                let parts = chain |> Array.map (fun (struct (_, r)) -> r.Make rows placeOf)
                RowChainInstruction(rows, tile, max 64L tileBytes, int64 nanoseconds, parts) }

    /// The most drafts that are deferred behind the chain of one window. Each is examined again for every chain before
    /// it, which would cost quadratic time.
    let private mostBehind = 1024

    /// Drafts in their final order, and drafts in which chains are still to be found.
    type private Part =
        | Settled of Draft
        | Open of needed: Storage[] * Draft[]

    /// Finds the first chain of every window; the drafts deferred behind it stay open.
    let private pass (needed: Storage[]) (drafts: Draft[]) : List<Part> =
        let result = List<Part>()
        let settle (drafts: Draft seq) = drafts |> Seq.iter (fun d -> result.Add(Settled d))
        let rows = rowsOf drafts

        if rows = 0 then
            settle drafts
            result
        else
            let users = countOf drafts

            Array.iter (count users) needed

            let mutable w = Window()

            let flush () =
                let tile = tileOf rows w.Chain

                if w.Chain.Count > 1 && tile < rows then
                    let chain = w.Chain.ToArray()
                    let outside = touchedElsewhere users (chain |> Seq.map (fun (struct (d, _)) -> d))
                    let behind = w.Behind.ToArray()
                    settle w.Ahead
                    result.Add(Settled(merge rows tile chain outside))
                    if behind.Length > 0 then result.Add(Open(touchedElsewhere users behind, behind))
                else
                    settle w.All

                w <- Window()

            for d in drafts do
                match d.Rows with
                | ValueSome r when joins rows w d r ->
                    w.All.Add d
                    w.Chain.Add(struct (d, r))
                    addAll w.Made d.Writes
                | _ ->
                    if not (touchesAny w.Made d.Touches || touchesAny w.MadeBehind d.Touches) then
                        w.All.Add d
                        w.Ahead.Add d
                    elif d.Writes.Length < d.Touches.Length && w.Behind.Count < mostBehind then
                        // its read and write sets are known, so it can be deferred
                        w.All.Add d
                        w.Behind.Add d
                        addAll w.MadeBehind d.Writes
                    else
                        flush ()
                        result.Add(Settled d)

            flush ()
            result

    /// Merges row-wise drafts into chains where that pays; `needed` are storages read after the last draft.
    let merged (needed: Storage seq) (drafts: Draft[]) : Draft[] =
        let result = List<Draft>()
        let todo = Stack<Part>()
        todo.Push(Open(Seq.toArray needed, drafts))

        while todo.Count > 0 do
            match todo.Pop() with
            | Settled d -> result.Add d
            | Open(needed, drafts) ->
                let parts = pass needed drafts

                for i in parts.Count - 1 .. -1 .. 0 do
                    todo.Push parts[i]

        result.ToArray()

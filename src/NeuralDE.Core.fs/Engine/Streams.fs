namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open NeuralDE

/// Large arrays that no plan stores. A reduction evaluates such an array tile by tile, with all that it is computed from element
/// by element, and keeps of each tile what the reduction keeps. Several readers compute it several times, unless that costs
/// more than the memory.
module internal Streams =
    /// Elements from which on an array is large: 64 MB of float64. Below, an array and what is computed from it fit into a few
    /// times the last-level cache, and writing it costs little beside computing it twice.
    let private large = 8388608L

    /// Elements of a tile: 32 KB of float64. Some arrays of a tile fit into the second-level cache, and going from tile to tile
    /// (about 0.2 µs) costs little beside a tile's work.
    let private tile = 4096

    /// For tests: from how many elements on an array is large, and how many a tile has.
    let mutable private forced: struct (int64 * int) voption = ValueNone
    let mutable private suffix = ""

    let force (setting: struct (int64 * int) voption) =
        forced <- setting
        suffix <-
            match setting with
            | ValueSome(struct (elements, tile)) -> $" streams {elements} {tile}"
            | ValueNone -> ""

    do
        match Int32.TryParse(Environment.GetEnvironmentVariable "NEURALDE_STREAM") with
        | true, n when n > 0 -> force (ValueSome(struct (2L, n)))
        | _ -> ()

    let forcedTo () : struct (int64 * int) voption = forced

    /// A name for what depends on which arrays are large.
    let key (name: string) : string = if suffix.Length = 0 then name else name + suffix

    let tileSize () : int =
        match forced with
        | ValueSome(struct (_, tile)) -> tile
        | ValueNone -> tile

    let count (n: Node) : int64 = Shape.size n.Shape

    let isLarge (n: Node) : bool =
        match forced with
        | ValueSome(struct (elements, _)) -> count n >= max 2L elements
        | ValueNone -> count n >= large

    /// Bytes that an array may take so that nothing is computed twice: an eighth of the machine's memory.
    let private affordable = lazy (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8L)

    let private canStore (n: Node) = count n <= 0x7FFFFFC7L && count n * int64 n.Dtype.Size <= affordable.Value

    /// What may be computed again for every reader, in the unit of ElementGroup.weight: some five exponentials. That is about
    /// the time in which memory takes a float64 and gives it back.
    let private cheap = 150

    /// Multiply-adds for an element up to which panels of a product are computed as fast as the whole.
    let private shallow = 16

    let isElementwise (n: Node) : bool = (ElementGroup.codeOf n).IsSome

    /// A movement that keeps the elements' number and order: the argument under another shape.
    let isRenaming (n: Node) : bool =
        match n.Op with
        | Reshape _
        | StopGradient -> true
        | Broadcast _ -> count n = count n.Args[0]
        | _ -> false // the elements change places, or are computed

    /// A movement that may as well be done to the arguments of an element-wise node.
    let isSinking (n: Node) : bool =
        match n.Op with
        | Permute _
        | Slice _
        | Reverse _ -> true
        | _ -> isRenaming n

    /// Elements that go into one of a reduction's that is not stored, at most: a tile holds those of several.
    let private mostReduced () = min 256 (tileSize () / 16)

    /// Elements of the argument for one of the result.
    let private reducedTo (n: Node) : int64 = count n.Args[0] / max 1L (count n)

    /// Programs within programs, at most: each takes a tile's memory of its own.
    let private deepest = 8

    /// How an array is spread over further axes: strides, and how often its elements come in a row.
    let spread (n: Node) : struct (int64[] * int64[] * int64) =
        match n.Op with
        | Broadcast(shape, axes) ->
            let dense = View.ofStorage (Storage(-1, 0L, Own)) n.Args[0].Signature
            let struct (extents, strides) = View.collapse (View.broadcast shape axes dense)
            let last = extents.Length - 1

            if strides[last] = 0L then
                struct (extents[.. last - 1], strides[.. last - 1], extents[last])
            else
                struct (extents, strides, 1L)
        | op -> raise (GraphException $"{op} spreads nothing")

    /// Whether every element is made once, or the array cannot be stored.
    let private isSpread (n: Node) =
        let struct (extents, _, _) = spread n
        isLarge n.Args[0] && (extents.Length = 1 || not (canStore n.Args[0]))

    /// What is made stretch by stretch although it is not element-wise.
    let private isSource (n: Node) =
        match n.Op with
        | Iota _
        | Random _ -> true
        | Dot -> n.Dtype.IsFloat
        | Reduce _ -> reducedTo n >= 1L && reducedTo n <= int64 (mostReduced ())
        | Broadcast _ -> isSpread n
        | _ -> false

    /// Elements in a row of a factor that is made row by row, at most: a thread holds a row.
    let private longestRow = 1048576

    /// Rows of the other factor up to which a factor is better made than stored: each asks for a pass over what is made.
    let private fewRows = 64

    let private couldStream (n: Node) =
        let n = ElementCone.through (fun _ -> false) n
        isLarge n && (isElementwise n || isSource n)

    /// Which factor of a product is made while the product is computed, if it is not stored: 0, 1, or neither.
    let factor (dot: Node) : int voption =
        let a, b = dot.Args[0], dot.Args[1]
        let rank = a.Shape.Length
        let rows, depth, columns = a.Shape[rank - 2], a.Shape[rank - 1], b.Shape[rank - 1]
        let pays (n: Node) others = couldStream n && (others <= fewRows || not (canStore n))

        if not dot.Dtype.IsFloat || obj.ReferenceEquals(a, b) then ValueNone
        elif depth <= longestRow && pays a columns then ValueSome 0
        // a narrow product is not summed in one chain: GemmThin
        elif (columns > 4 || depth < 8) && pays b rows then ValueSome 1
        else ValueNone

    /// Whether an operation may compute what it reads.
    let readsTiles (n: Node) : bool =
        match n.Op with
        | Reduce _ -> isLarge n.Args[0]
        | Dot -> (isLarge n.Args[0] || isLarge n.Args[1]) && (factor n).IsSome
        | _ -> false

    /// Who reads a node.
    [<NoEquality; NoComparison>]
    type private Readers =
        {
            /// the first reduction, or group that is stored, which computes it
            mutable Root: Node voption
            /// whether there are others
            mutable IsShared: bool
            /// whether something needs it stored, element-wise or not
            mutable IsStored: bool
            /// whether a group that is stored reads it: then it is stored, unless it is part of the group
            mutable IsRead: bool
        }

    let private reads (r: Readers) (root: Node) =
        match r.Root with
        | ValueNone -> r.Root <- ValueSome root
        | ValueSome first when obj.ReferenceEquals(first, root) -> ()
        | ValueSome _ -> r.IsShared <- true

    /// What it costs to compute an element again, sharing the cost of what several nodes read.
    let private weights (g: Graph) (users: Dictionary<Node, int>) : Dictionary<Node, int> =
        let weights = Dictionary<Node, int>(HashIdentity.Reference)

        for n in g.Walk do
            weights[n] <-
                match ElementGroup.codeOf n with
                | ValueSome(struct (code, _)) ->
                    let below = n.Args |> Array.sumBy (fun a -> weights[a] / users[a])
                    min 1000000 (ElementGroup.weight code + below)
                | ValueNone when isSinking n -> weights[n.Args[0]]
                | ValueNone ->
                    match n.Op with
                    | Dot -> 20 + 2 * min 10000 n.Args[1].Shape[n.Args[1].Shape.Length - 2]
                    | Reduce _ -> int (min 1000000L (reducedTo n * int64 (weights[n.Args[0]] + 3)))
                    | Broadcast _ -> weights[n.Args[0]]
                    | _ -> 0 // it is there, or costs as much whoever reads it

        weights

    /// How many programs a node's is within one another, if all that can be is not stored.
    let private depths (g: Graph) : Dictionary<Node, int> =
        let depths = Dictionary<Node, int>(HashIdentity.Reference)

        for n in g.Walk do
            let below = n.Args |> Array.fold (fun d a -> max d depths[a]) 0

            depths[n] <-
                match n.Op with
                | _ when not (isLarge n) -> 0
                | Reduce _
                | Broadcast _ when not (isRenaming n) ->
                    if below < deepest && isSource n then below + 1 else 0
                | _ when isElementwise n || isSinking n -> below
                | _ -> 0 // its arguments are stored

        depths

    let private isAnyLarge (g: Graph) = Array.exists isLarge g.Walk
    let private none = HashSet<Node>(HashIdentity.Reference)

    /// Whether what is shared is better stored.
    let private isDear (weights: Dictionary<Node, int>) (n: Node) =
        canStore n
        && match n.Op with
           | Random _ -> true
           | _ -> weights[n] > cheap

    /// Whether panels would cost more than the whole.
    let private isDeep (n: Node) =
        match n.Op with
        | Dot -> n.Args[0].Shape[n.Args[0].Shape.Length - 1] > shallow && canStore n
        | _ -> false

    /// The nodes of a graph that are not stored.
    let ofGraph (g: Graph) : HashSet<Node> =
        if not (isAnyLarge g) then
            none
        else
            let result = HashSet<Node>(HashIdentity.Reference)
            let readers = Dictionary<Node, Readers>(HashIdentity.Reference)
            let users = Dictionary<Node, int>(HashIdentity.Reference)

            for n in g.Walk do
                users[n] <- 0
                readers[n] <- { Root = ValueNone; IsShared = false; IsStored = false; IsRead = false }

                for a in n.Args do
                    users[a] <- users[a] + 1

            for n in g.Outputs do
                readers[n].IsStored <- true

            let weights = weights g users
            let depths = depths g

            let isMade (n: Node) =
                match n.Op with
                | Reduce _
                | Broadcast _ -> depths[n] > 0
                | _ -> isSource n && not (isDeep n)

            for i in g.Walk.Length - 1 .. -1 .. 0 do
                let n = g.Walk[i]
                let mine = readers[n]

                let isStreamed =
                    isLarge n
                    && not mine.IsStored
                    && mine.Root.IsSome
                    && not (mine.IsShared && isDear weights n)
                    && (isElementwise n || isMade n && not mine.IsRead)

                if isStreamed then result.Add n |> ignore

                /// the readers of what it moves are its own
                let pass (a: Node) =
                    let r = readers[a]
                    ValueOption.iter (reads r) mine.Root
                    r.IsShared <- r.IsShared || mine.IsShared
                    r.IsRead <- r.IsRead || mine.IsRead

                for k in 0 .. n.Args.Length - 1 do
                    let a = n.Args[k]
                    let r = readers[a]

                    match n.Op with
                    | Dot when not isStreamed && readsTiles n && factor n = ValueSome k -> reads r n
                    | Reduce _ when not isStreamed -> reads r n
                    | Reduce _
                    | Broadcast _ when isStreamed -> pass a
                    | _ when isElementwise n && isStreamed -> pass a
                    | _ when isElementwise n ->
                        reads r n
                        r.IsRead <- true
                    | _ when isRenaming n ->
                        pass a
                        r.IsStored <- r.IsStored || mine.IsStored
                    | _ when isSinking n ->
                        // once it has sunk, what is stored is another node
                        if mine.IsStored then reads r n else pass a
                        // what is no element-wise node stays where it is
                        r.IsRead <- true
                    | _ -> r.IsStored <- true

            result

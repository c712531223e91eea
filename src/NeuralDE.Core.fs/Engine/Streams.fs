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

    /// What is made stretch by stretch although it is not element-wise.
    let private isSource (n: Node) =
        match n.Op with
        | Iota _
        | Random _ -> true
        | Dot -> n.Dtype.IsFloat
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
                | ValueNone -> 0 // it is there, or costs as much whoever reads it

        weights

    let private isAnyLarge (g: Graph) = Array.exists isLarge g.Walk
    let private none = HashSet<Node>(HashIdentity.Reference)

    /// Whether what is shared is better stored.
    let private isDear (weights: Dictionary<Node, int>) (n: Node) =
        canStore n
        && match n.Op with
           | Random _
           | Dot -> true
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

            for i in g.Walk.Length - 1 .. -1 .. 0 do
                let n = g.Walk[i]
                let mine = readers[n]

                let isStreamed =
                    isLarge n
                    && not mine.IsStored
                    && mine.Root.IsSome
                    && not (mine.IsShared && isDear weights n)
                    && (isElementwise n || isSource n && not mine.IsRead && not (isDeep n))

                if isStreamed then result.Add n |> ignore

                /// the readers of what it moves are its own
                let pass (a: Node) =
                    let r = readers[a]
                    ValueOption.iter (reads r) mine.Root
                    r.IsShared <- r.IsShared || mine.IsShared
                    r.IsRead <- r.IsRead || mine.IsRead

                for a in n.Args do
                    let r = readers[a]

                    match n.Op with
                    | Reduce _ -> reads r n
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

namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph

/// Large arrays that no plan stores. What reads such an array makes it tile by tile, with all that it is computed from element by
/// element. Several readers make it several times, unless that costs more than storing it.
module internal Streams =
    /// What may be computed again for every reader, in the unit of ElementGroup.weight: a little more than an exponential. In
    /// that time (some 0.5 ns) memory takes a float64 and gives it back.
    let private cheap = 40

    /// Programs within programs, at most: each takes a tile's memory of its own.
    let private deepest = 8

    /// Who reads a node.
    [<NoEquality; NoComparison>]
    type private Readers =
        {
            /// the first that computes it: an operation that makes what it reads, or a group that is stored
            mutable Root: Node voption
            /// whether there are others
            mutable IsShared: bool
            /// whether something needs it stored
            mutable IsStored: bool
            /// whether something needs it stored that would take an element-wise node into its own group
            mutable IsRead: bool
        }

    let private reads (r: Readers) (root: Node) =
        match r.Root with
        | ValueNone -> r.Root <- ValueSome root
        | ValueSome first when obj.ReferenceEquals(first, root) -> ()
        | ValueSome _ -> r.IsShared <- true

    /// The readers of what a node moves, or is computed from, are its own.
    let private pass (mine: Readers) (r: Readers) =
        ValueOption.iter (reads r) mine.Root
        r.IsShared <- r.IsShared || mine.IsShared
        r.IsRead <- r.IsRead || mine.IsRead

    let private isSum (n: Node) =
        match n.Op with
        | Reduce _
        | Broadcast _ -> not (StreamKinds.isRenaming n)
        | _ -> false // it makes nothing within a program of its own

    /// How many programs a node's is within one another, if all that can be is not stored; 0: too many, or none.
    let private depths (g: Graph) : Dictionary<Node, int> =
        let depths = Dictionary<Node, int>(HashIdentity.Reference)

        for n in g.Walk do
            let below = n.Args |> Array.fold (fun d a -> max d depths[a]) 0

            depths[n] <-
                if not (StreamLimits.isLarge n) then
                    0
                elif isSum n then
                    if below < deepest && StreamKinds.isSource n then below + 1 else 0
                elif StreamKinds.isElementwise n || StreamKinds.isSinking n then
                    below
                else
                    0

        depths

    /// Tells the arguments of a node who reads them.
    let private tell (readers: Dictionary<Node, Readers>) (n: Node) (isStreamed: bool) =
        let mine = readers[n]

        for k in 0 .. n.Args.Length - 1 do
            let r = readers[n.Args[k]]

            if isStreamed && (StreamKinds.isElementwise n || isSum n) then
                pass mine r
            elif StreamKinds.isElementwise n then
                reads r n
                r.IsRead <- true
            elif StreamKinds.isRenaming n then
                pass mine r
                r.IsStored <- r.IsStored || mine.IsStored
            elif StreamKinds.isSinking n then
                // once it has sunk, what is stored is another node; what is not element-wise stays where it is
                if mine.IsStored then reads r n else pass mine r
                r.IsRead <- true
            else
                match n.Op with
                | Reduce _ -> reads r n
                | Dot when not isStreamed && StreamKinds.readsTiles n && StreamKinds.factor n = ValueSome k -> reads r n
                | _ -> r.IsStored <- true

    /// The nodes that need not be stored, but for those chosen; and who reads each node.
    let private analyse (g: Graph) (chosen: HashSet<Node>) : struct (HashSet<Node> * Dictionary<Node, Readers>) =
        let result = HashSet<Node>(HashIdentity.Reference)
        let readers = Dictionary<Node, Readers>(HashIdentity.Reference)
        let depths = depths g

        for n in g.Walk do
            readers[n] <- { Root = ValueNone; IsShared = false; IsStored = chosen.Contains n; IsRead = false }

        for n in g.Outputs do
            readers[n].IsStored <- true

        for i in g.Walk.Length - 1 .. -1 .. 0 do
            let n = g.Walk[i]
            let mine = readers[n]
            let isMade = if isSum n then depths[n] > 0 else StreamKinds.isSource n

            let isStreamed =
                StreamLimits.isLarge n
                && not mine.IsStored
                && mine.Root.IsSome
                && (StreamKinds.isElementwise n || isMade && not mine.IsRead)

            if isStreamed then result.Add n |> ignore

            tell readers n isStreamed

        struct (result, readers)

    /// Nodes that fork, to several readers, and are dear: they are stored after all.
    let private choose (g: Graph) (streamed: HashSet<Node>) (readers: Dictionary<Node, Readers>) : HashSet<Node> =
        let chosen = HashSet<Node>(HashIdentity.Reference)
        let weights = Dictionary<Node, int64>(HashIdentity.Reference)
        let users = Dictionary<Node, int>(HashIdentity.Reference)

        for n in g.Walk do
            users[n] <- 0

            for a in Array.distinct n.Args do
                users[a] <- users[a] + 1

        for n in g.Walk do
            let below = n.Args |> Array.distinct |> Array.sumBy (fun a -> weights[a])

            let weight =
                match n.Op with
                | Reduce _ when streamed.Contains n -> StreamKinds.reducedTo n * (below + 3L)
                | _ when streamed.Contains n || StreamKinds.isSinking n -> int64 (StreamKinds.weight n) + below
                | _ -> 0L // it is there
                |> min 1000000L

            let isDear = weight > int64 cheap && readers[n].IsShared && users[n] > 1

            if streamed.Contains n && isDear && StreamLimits.canStore n then
                chosen.Add n |> ignore
                weights[n] <- 0L
            else
                weights[n] <- weight

        chosen

    let private none = HashSet<Node>(HashIdentity.Reference)

    /// The nodes of a graph that are not stored.
    let ofGraph (g: Graph) : HashSet<Node> =
        if not (Array.exists StreamLimits.isLarge g.Walk) then
            none
        else
            let struct (streamed, readers) = analyse g none
            let chosen = choose g streamed readers

            if chosen.Count = 0 then
                streamed
            else
                let struct (streamed, _) = analyse g chosen
                streamed

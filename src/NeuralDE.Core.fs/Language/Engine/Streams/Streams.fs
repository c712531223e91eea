namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph

/// Chooses large arrays that a plan does not store. The readers of such an array compute it tile by tile, with its
/// element-wise arguments. Several readers compute it several times, unless that costs more than storing it.
module internal Streams =
    /// The largest cost, in the unit of ElementGroup.weight, that may be repeated for every reader: a little more than
    /// an exponential. In that time (about 0.5 ns) memory stores and loads a float64.
    let private cheap = 40

    /// The deepest nesting of programs: each level needs its own tile memory.
    let private deepest = 8

    /// The readers of a node.
    [<NoEquality; NoComparison>]
    type private Readers =
        {
            /// the first reader that computes it: an operation that reads tiles, or a stored group
            mutable Root: Node voption
            /// whether there are other readers
            mutable IsShared: bool
            /// whether a reader needs it stored
            mutable IsStored: bool
            /// whether it must be stored for a reader whose group would otherwise include an element-wise node
            mutable IsRead: bool
        }

    let private reads (r: Readers) (root: Node) =
        match r.Root with
        | ValueNone -> r.Root <- ValueSome root
        | ValueSome first when obj.ReferenceEquals(first, root) -> ()
        | ValueSome _ -> r.IsShared <- true

    /// Passes the readers of a node on to its argument.
    let private pass (mine: Readers) (r: Readers) =
        ValueOption.iter (reads r) mine.Root
        r.IsShared <- r.IsShared || mine.IsShared
        r.IsRead <- r.IsRead || mine.IsRead

    let private isSum (n: Node) =
        match n.Op with
        | Reduce _
        | Broadcast _ -> not (StreamKinds.isRenaming n)
        | _ -> false // all others need no program of their own

    /// The nesting depth of each node's program if everything possible is unstored; 0: too deep, or none.
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

    /// Records in the arguments of a node who reads them.
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
                // after sinking, the stored node is another one; a node that is not element-wise stays in place
                if mine.IsStored then reads r n else pass mine r
                r.IsRead <- true
            else
                match n.Op with
                | Reduce _ -> reads r n
                | Dot when not isStreamed && StreamKinds.readsTiles n && StreamKinds.factor n = ValueSome k -> reads r n
                | _ -> r.IsStored <- true

    /// The nodes that need not be stored, except the chosen ones; and the readers of each node.
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

    /// Expensive nodes with several readers: they are stored.
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
                | _ -> 0L // already stored
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

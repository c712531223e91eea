namespace NeuralDE.Internal.Engine

/// A gap of free memory, as the node of a treap (a binary tree ordered by position that is a heap by priority), so its
/// expected depth is logarithmic.
[<Sealed; AllowNullLiteral>]
type private Gap(start: int64, width: int64) =
    member val Start = start with get, set
    member val Width = width with get, set

    /// The largest width of the gaps in this subtree.
    member val Widest = width with get, set

    /// A pseudo-random priority, the same in every run (multiplicative hash by 2⁶⁴/φ).
    member val Priority = uint64 (start + 1L) * 0x9E3779B97F4A7C15UL ^^^ (uint64 start >>> 29) with get

    member val Left: Gap = null with get, set
    member val Right: Gap = null with get, set

    member g.Update() =
        let below (child: Gap) = if isNull child then 0L else child.Widest
        g.Widest <- max g.Width (max (below g.Left) (below g.Right))

/// An unbounded memory from which parts are allocated and freed. First fit: the first gap that is wide enough, found in
/// time logarithmic in the number of gaps.
[<Sealed>]
type internal FreeMemory() =
    /// The width of the last gap, which is unbounded.
    static let endless = System.Int64.MaxValue / 4L

    let mutable root = Gap(0L, endless)

    let rec join (left: Gap) (right: Gap) : Gap =
        if isNull left then
            right
        elif isNull right then
            left
        elif left.Priority > right.Priority then
            left.Right <- join left.Right right
            left.Update()
            left
        else
            right.Left <- join left right.Left
            right.Update()
            right

    /// Splits the gaps into those before a position and those from it on.
    let rec split (at: int64) (g: Gap) : struct (Gap * Gap) =
        if isNull g then
            struct (null, null)
        elif g.Start < at then
            let struct (left, right) = split at g.Right
            g.Right <- left
            g.Update()
            struct (g, right)
        else
            let struct (left, right) = split at g.Left
            g.Left <- right
            g.Update()
            struct (left, g)

    let rec take (bytes: int64) (g: Gap) : int64 =
        let at =
            if not (isNull g.Left) && g.Left.Widest >= bytes then
                take bytes g.Left
            elif g.Width >= bytes then
                let start = g.Start
                g.Start <- start + bytes
                if g.Width < endless then g.Width <- g.Width - bytes
                start
            else
                take bytes g.Right

        g.Update()
        at

    let rec last (g: Gap) = if isNull g.Right then g else last g.Right
    let rec first (g: Gap) = if isNull g.Left then g else first g.Left

    /// Allocates `bytes` bytes in the first gap that is wide enough and returns their position. A gap of width 0 stays
    /// in the tree until adjacent memory is freed.
    member _.Take(bytes: int64) : int64 = take bytes root

    /// Frees allocated bytes.
    member _.Give(at: int64, bytes: int64) =
        let struct (before, behind) = split at root
        let mutable before, behind = before, behind
        let mutable start, width = at, bytes

        // merge with adjacent gaps
        if not (isNull before) then
            let g = last before

            if g.Start + g.Width = at then
                let struct (rest, _) = split g.Start before
                before <- rest
                start <- g.Start
                width <- width + g.Width

        // an empty gap at the same position
        if (first behind).Start = at then
            let struct (_, rest) = split (at + 1L) behind
            behind <- rest

        let g = first behind

        if g.Start = at + bytes then
            let struct (_, rest) = split (g.Start + 1L) behind
            behind <- rest
            width <- if g.Width >= endless then endless else width + g.Width

        root <- join (join before (Gap(start, width))) behind

namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph

/// Which operations give arrays that need not be stored, and which read them as they are made.
module internal StreamKinds =
    let isElementwise (n: Node) : bool = (ElementGroup.codeOf n).IsSome

    /// A movement that keeps the elements' number and order: the argument under another shape.
    let isRenaming (n: Node) : bool =
        match n.Op with
        | Reshape _
        | StopGradient -> true
        | Broadcast _ -> StreamLimits.count n = StreamLimits.count n.Args[0]
        | _ -> false // the elements change places, or are computed

    /// A movement that may as well be done to the arguments of an element-wise node.
    let isSinking (n: Node) : bool =
        match n.Op with
        | Permute _
        | Slice _
        | Reverse _ -> true
        | _ -> isRenaming n

    /// How an array is spread over further axes: extents and strides, and how often an element comes in a row.
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

    /// Elements of the argument that go into one of a reduction's.
    let reducedTo (n: Node) : int64 = StreamLimits.count n.Args[0] / max 1L (StreamLimits.count n)

    /// The same, at most, where the reduction itself is not stored: a tile holds the elements of several.
    let private mostReduced () = int64 (min 256 ((StreamLimits.current ()).Tile / 16))

    /// Multiply-adds for an element up to which panels of a product are computed as fast as the whole.
    let private shallow = 16

    let private depthOf (dot: Node) = dot.Args[0].Shape[dot.Args[0].Shape.Length - 1]

    /// What is made stretch by stretch although it is not element-wise.
    let isSource (n: Node) : bool =
        match n.Op with
        | Iota _
        | Random _ -> true
        | Dot -> n.Dtype.IsFloat && depthOf n > 0 && (depthOf n <= shallow || not (StreamLimits.canStore n))
        | Reduce _ -> reducedTo n >= 1L && reducedTo n <= mostReduced ()
        | Broadcast _ when isRenaming n || not (StreamLimits.isLarge n.Args[0]) -> false
        | Broadcast _ ->
            // every element is made once, or the array cannot be stored
            let struct (extents, _, _) = spread n
            extents.Length = 1 || not (StreamLimits.canStore n.Args[0])
        | _ -> false

    /// What it costs to compute an element of it from stored arguments, in the unit of ElementGroup.weight.
    let weight (n: Node) : int =
        match ElementGroup.codeOf n with
        | ValueSome(struct (code, _)) -> ElementGroup.weight code
        | ValueNone ->
            match n.Op with
            | Random _ -> 200
            | Dot -> 20 + 2 * min 100000 (depthOf n)
            | _ -> 0 // it moves, or is a sum of what is weighed

    /// Elements in a row of a factor that is made row by row, at most: a thread holds a row.
    let private longestRow = 1048576

    /// A factor that cannot be stored; any other is, so that products read it at their full speed.
    let private mustStream (n: Node) =
        let n = ElementCone.through (fun _ -> false) n
        StreamLimits.isLarge n && not (StreamLimits.canStore n) && (isElementwise n || isSource n)

    /// Which factor of a product is made while the product is computed: 0, 1, or neither.
    let factor (dot: Node) : int voption =
        let a, b = dot.Args[0], dot.Args[1]
        let rank = a.Shape.Length
        let depth, columns = a.Shape[rank - 1], b.Shape[rank - 1]

        if not dot.Dtype.IsFloat || obj.ReferenceEquals(a, b) then ValueNone
        elif depth <= longestRow && mustStream a then ValueSome 0
        // a narrow product is not summed in one chain: GemmThin
        elif (columns > 4 || depth < 8) && mustStream b then ValueSome 1
        else ValueNone

    /// Whether an operation may make what it reads.
    let readsTiles (n: Node) : bool =
        match n.Op with
        | Reduce _ -> StreamLimits.isLarge n.Args[0]
        | Dot -> (StreamLimits.isLarge n.Args[0] || StreamLimits.isLarge n.Args[1]) && (factor n).IsSome
        | _ -> false // it reads what is stored

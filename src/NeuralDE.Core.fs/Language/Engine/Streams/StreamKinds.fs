namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph

/// Which operations have results that need not be stored, and which operations can read such results.
module internal StreamKinds =
    let isElementwise (n: Node) : bool = (ElementGroup.codeOf n).IsSome

    /// Whether a movement keeps the number and order of elements: only the shape changes.
    let isRenaming (n: Node) : bool =
        match n.Op with
        | Reshape _
        | StopGradient -> true
        | Broadcast _ -> StreamLimits.count n = StreamLimits.count n.Args[0]
        | _ -> false // the elements are moved or computed

    /// Whether a movement can be applied to the arguments of an element-wise node instead.
    let isSinking (n: Node) : bool =
        match n.Op with
        | Permute _
        | Slice _
        | Reverse _ -> true
        | _ -> isRenaming n

    /// How an array is broadcast to further axes: extents and strides, and the number of consecutive repetitions of an
    /// element.
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
        | op -> raise (GraphException $"{op} is not a broadcast")

    /// The number of elements of the argument per element of a reduction's result.
    let reducedTo (n: Node) : int64 = StreamLimits.count n.Args[0] / max 1L (StreamLimits.count n)

    /// The largest such number for a reduction that is not stored itself: a tile then contains the elements of several
    /// results.
    let private mostReduced () = int64 (min 256 ((StreamLimits.current ()).Tile / 16))

    /// The largest depth at which panels of a product are as fast as the whole product.
    let private shallow = 16

    let private depthOf (dot: Node) = dot.Args[0].Shape[dot.Args[0].Shape.Length - 1]

    /// Whether a node that is not element-wise can be computed in parts.
    let isSource (n: Node) : bool =
        match n.Op with
        | Iota _
        | Random _ -> true
        | Dot -> n.Dtype.IsFloat && depthOf n > 0 && (depthOf n <= shallow || not (StreamLimits.canStore n))
        | Reduce _ -> reducedTo n >= 1L && reducedTo n <= mostReduced ()
        | Broadcast _ when isRenaming n || not (StreamLimits.isLarge n.Args[0]) -> false
        | Broadcast _ ->
            // if every element is computed once, or the array cannot be stored
            let struct (extents, _, _) = spread n
            extents.Length = 1 || not (StreamLimits.canStore n.Args[0])
        | _ -> false

    /// The cost of one element from stored arguments, in the unit of ElementGroup.weight.
    let weight (n: Node) : int =
        match ElementGroup.codeOf n with
        | ValueSome(struct (code, _)) -> ElementGroup.weight code
        | ValueNone ->
            match n.Op with
            | Random _ -> 200
            | Dot -> 20 + 2 * min 100000 (depthOf n)
            | _ -> 0 // a movement, or a sum of counted elements

    /// The most elements in a row of a factor that is computed row by row: a thread stores a row.
    let private longestRow = 1048576

    /// Whether a factor cannot be stored; all others are stored, so that products run at full speed.
    let private mustStream (n: Node) =
        let n = ElementCone.through (fun _ -> false) n
        StreamLimits.isLarge n && not (StreamLimits.canStore n) && (isElementwise n || isSource n)

    /// The index, 0 or 1, of the factor that is computed during the product; ValueNone: neither.
    let factor (dot: Node) : int voption =
        let a, b = dot.Args[0], dot.Args[1]
        let rank = a.Shape.Length
        let depth, columns = a.Shape[rank - 1], b.Shape[rank - 1]

        if not dot.Dtype.IsFloat || obj.ReferenceEquals(a, b) then ValueNone
        elif depth <= longestRow && mustStream a then ValueSome 0
        // a narrow product is not one chain of sums: see GemmThin
        elif (columns > 4 || depth < 8) && mustStream b then ValueSome 1
        else ValueNone

    /// Whether an operation can compute its argument tile by tile.
    let readsTiles (n: Node) : bool =
        match n.Op with
        | Reduce _ -> StreamLimits.isLarge n.Args[0]
        | Dot -> (StreamLimits.isLarge n.Args[0] || StreamLimits.isLarge n.Args[1]) && (factor n).IsSome
        | _ -> false // all others read stored arrays

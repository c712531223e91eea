namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Reads and writes at indices that lanes compute: of few elements by comparisons, of arrays in memory by a load for each lane.
module internal LaneTable =
    let private refuse (op: Op) : 'T = raise (NotLanesException(Print.name op))

    /// An element of a few, by an index that the lane computes.
    let private choose (p: LaneProgram) (dtype: Dtype) (index: int) (xs: int[]) : int =
        let indexType = p[index].Dtype
        let mutable chosen = xs[0]

        // an index below 0 chooses the first, one behind the last chooses the last
        for k in 1 .. xs.Length - 1 do
            let isBehind = p.Element(ElementOp.GreaterEqual, 0.0, Bool, [| index; p.Bits(indexType, int64 k) |])
            chosen <- p.Element(ElementOp.Select, 0.0, dtype, [| isBehind; xs[k]; chosen |])

        chosen

    /// The most elements among which comparisons choose.
    let private mostChosen = 32

    /// Whether an array has more elements than those among which comparisons choose.
    let isLong (s: Signature) = Shape.size s.Shape > int64 mostChosen

    /// The most selections of a gather: those of the rows of a matrix in pivoted order.
    let private mostSelected = LaneFactors.most * LaneFactors.most * LaneFactors.most

    let gather (p: LaneProgram) (n: Node) (operand: LaneArray) (index: int[]) : int[] =
        let count = n.Args[0].Shape[0]
        let width = int (Shape.size n.Args[0].Shape[1..])

        let row (at: int) : int[] =
            match operand, p[at].Op with
            | Elements xs, Known i ->
                let i = int (max 0L (min (int64 count - 1L) i))
                xs[i * width .. (i + 1) * width - 1]
            | Elements xs, _ when xs.Length <= mostChosen || xs.Length * index.Length <= mostSelected ->
                Array.init width (fun f -> choose p n.Dtype at (Array.init count (fun i -> xs[i * width + f])))
            | Elements _, _ -> refuse n.Op
            | Mapped element, _ -> [| element at |]
            | Table table, _ -> Array.init width (fun f -> p.Pick(n.Dtype, table, count, width, f, at))

        if count = 0 then refuse n.Op
        index |> Array.collect row

    /// Whether an element of a sorted array comes before a value, or with it if `right`. NaN comes last.
    let private comesFirst (p: LaneProgram) right (x: int) (value: int) : int =
        let compare op a b = p.Element(op, 0.0, Bool, [| a; b |])
        let isNaN x = compare ElementOp.NotEqual x x
        let isNot x = p.Element(ElementOp.Not, 0.0, Bool, [| x |])

        let isBefore a b =
            let isLast = p.Element(ElementOp.And, 0.0, Bool, [| isNaN b; isNot (isNaN a) |])
            p.Element(ElementOp.Or, 0.0, Bool, [| compare ElementOp.Less a b; isLast |])

        if right then isNot (isBefore value x) else isBefore x value

    /// The number of elements of a sorted array that come before a value, or with it if `right`. NaN comes last.
    let private countUpTo (p: LaneProgram) right (sorted: int[]) (value: int) : int =
        sorted
        |> Array.map (fun x -> p.Convert(Int64, comesFirst p right x value))
        |> Array.fold (fun sum x -> p.Element(ElementOp.Add, 0.0, Int64, [| sum; x |])) (p.Bits(Int64, 0L))

    /// The same by bisection, with the steps of the kernels (Sorting.SearchSorted).
    let private bisect (p: LaneProgram) right (element: int -> int) (count: int) (value: int) : int =
        let integer op a b = p.Element(op, 0.0, Int64, [| a; b |])
        let one = p.Bits(Int64, 1L)
        let mutable low, high, left = p.Bits(Int64, 0L), p.Bits(Int64, int64 count), count

        while left > 0 do
            let goesOn = p.Element(ElementOp.Less, 0.0, Bool, [| low; high |])
            // there is no division of integers
            let sum = p.Convert(Float64, integer ElementOp.Add low high)
            let half = p.Element(ElementOp.Mul, 0.0, Float64, [| sum; p.Number(Float64, 0.5) |])
            let middle = p.Convert(Int64, half)
            let passed = comesFirst p right (element middle) value
            let select condition a b = p.Element(ElementOp.Select, 0.0, Int64, [| condition; a; b |])
            let both a b = p.Element(ElementOp.And, 0.0, Bool, [| a; b |])
            let isNot x = p.Element(ElementOp.Not, 0.0, Bool, [| x |])
            low <- select (both goesOn passed) (integer ElementOp.Add middle one) low
            high <- select (both goesOn (isNot passed)) middle high
            left <- left / 2

        low

    let search (p: LaneProgram) (n: Node) right (sorted: LaneArray) (values: int[]) : int[] =
        let shape, dtype = n.Args[0].Shape, n.Args[0].Dtype

        match sorted with
        | _ when not dtype.IsFloat || shape.Length <> 1 -> refuse n.Op
        | Table table -> values |> Array.map (fun v -> p.Search(table, shape[0], right, v))
        | Mapped element -> values |> Array.map (bisect p right element shape[0])
        | Elements xs when xs.Length <= mostChosen -> values |> Array.map (countUpTo p right xs)
        | Elements _ -> refuse n.Op

    /// Adds updates to rows of an operand, or takes the largest, or the last. Other indices are ignored.
    let scatter (p: LaneProgram) (n: Node) kind (operand: int[]) (index: int[]) (updates: int[]) : int[] =
        let count = n.Shape[0]
        let width = int (Shape.size n.Shape[1..])
        let isKnown = index |> Array.forall (fun i -> p[i].Op.IsKnown)
        if not isKnown && operand.Length * index.Length > mostSelected then refuse n.Op
        let result = Array.copy operand

        let join old update =
            match kind with
            | ScatterAdd when n.Dtype <> Bool -> p.Element(ElementOp.Add, 0.0, n.Dtype, [| old; update |])
            | ScatterMax when n.Dtype <> Bool -> p.Element(ElementOp.Max, 0.0, n.Dtype, [| old; update |])
            | ScatterAdd
            | ScatterMax -> refuse n.Op
            | ScatterSet -> update

        for j in 0 .. index.Length - 1 do
            for i in 0 .. count - 1 do
                let isHere = p.Element(ElementOp.Equal, 0.0, Bool, [| index[j]; p.Bits(p[index[j]].Dtype, int64 i) |])

                for f in 0 .. width - 1 do
                    let old = result[i * width + f]
                    let joined = join old updates[j * width + f]
                    result[i * width + f] <- p.Element(ElementOp.Select, 0.0, n.Dtype, [| isHere; joined; old |])

        result

    /// Whether a node computes the elements of a vector from those at the same place of others, so that it can read them from
    /// arrays in memory one at a time.
    let isMap (n: Node) : bool =
        n.Shape.Length = 1
        && (match ElementGroup.codeOf n with
            | ValueSome(struct (ElementCode.Compute _, _)) -> true
            | _ -> false)

    let isInMemory (x: LaneArray) : bool =
        match x with
        | Elements _ -> false
        | Table _
        | Mapped _ -> true

    /// From the node of an index to that of an element of a vector.
    let elementAt (p: LaneProgram) (n: Node) (x: LaneArray) : int -> int =
        match x with
        | Mapped element -> element
        | Table address -> fun index -> p.Pick(n.Dtype, address, n.Shape[0], 1, 0, index)
        | Elements xs when Array.forall ((=) xs[0]) xs -> fun _ -> xs[0]
        | Elements xs when xs.Length <= mostChosen -> fun index -> choose p n.Dtype index xs
        | Elements _ -> refuse n.Op

    let private isSpread (n: Node) =
        match n.Op with
        | Broadcast _ -> Shape.size n.Args[0].Shape = 1L
        | _ -> false

    /// How a graph uses an input.
    type private Use =
        | Unused
        /// every use reads it at indices that a lane computes
        | AtIndices
        | Otherwise

    let private both (a: Use) (b: Use) : Use =
        match a, b with
        | Unused, other
        | other, Unused -> other
        | AtIndices, AtIndices -> AtIndices
        | Otherwise, _
        | _, Otherwise -> Otherwise

    let rec private useOf (g: Graph) (input: int) : Use =
        let g = Simplify.graph (Flatten.graph g)
        // the input, and vectors that are computed from it element by element
        let tables = HashSet<Node>(HashIdentity.Reference)
        let derived = (fun (n: Node) -> tables.Add n |> ignore)

        let useBy (n: Node) k : Use =
            match n.Op with
            | Gather 0 when k = 0 -> AtIndices
            | SearchSorted _ when k = 0 && n.Args[0].Shape.Length = 1 -> AtIndices
            | StopGradient ->
                derived n
                Unused
            | Apply(Cond(whenTrue, whenFalse)) when k > 0 -> both (useOf whenTrue (k - 1)) (useOf whenFalse (k - 1))
            | Apply(Call(g, _)) -> useOf g k
            | Apply(Root r) -> useOf r.Solve k
            | Apply(Loop l) when k >= l.States + l.Registers -> useOf l.Body k
            | _ when isMap n && n.Args |> Array.forall (fun a -> tables.Contains a || isSpread a) ->
                derived n
                Unused
            | _ -> Otherwise

        let mutable found = Unused

        for n in g.Walk do
            match n.Op with
            | Input i when i = input -> derived n
            | _ ->
                for k in 0 .. n.Args.Length - 1 do
                    if tables.Contains n.Args[k] then found <- both found (useBy n k)

        if g.Outputs |> Array.exists tables.Contains then Otherwise else found

    /// Whether every use of an input reads it at indices that a lane computes, so that it stays in memory as a table.
    let isTable (g: Graph) (input: int) : bool = (useOf g input = AtIndices)

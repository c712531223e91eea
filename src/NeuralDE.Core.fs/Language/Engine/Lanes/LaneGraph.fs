namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Turns the graph of one row into a lane program.
module internal LaneGraph =
    /// More numbers than this make a program that is slower than the plan of the whole batch: 3000 nodes cost 0.05 ns each,
    /// beyond that registers are spilled (0.07 ns).
    let mostNodes = 4000

    /// Exponentials, logarithms and the like: a program with more is bound by them, as is the plan.
    let mostFar = 100

    let private refuse (op: Op) : 'T = raise (NotLanesException(Print.name op))

    let private refuseSize () = raise (NotLanesException $"more than {string mostNodes} numbers in one iteration")

    let private indices (shape: int[]) : int[][] =
        let strides = View.strides shape |> Array.map int
        Array.init (int (Shape.size shape)) (fun i ->
            Array.map2 (fun stride extent -> if extent = 0 then 0 else i / stride % extent) strides shape)

    let private placeIn (shape: int[]) (index: int[]) : int =
        let strides = View.strides shape
        Array.fold2 (fun sum stride i -> sum + int stride * i) 0 strides index

    /// The elements of a moved array: for each index of the result, the index of the argument.
    let private moved (result: int[]) (argument: int[]) (source: int[]) (from: int[] -> int[]) : int[] =
        indices result |> Array.map (fun index -> source[placeIn argument (from index)])

    /// The order in which the kernels join the elements of a reduction, see FloatReduction: groups j mod 16 of a tile of 64,
    /// then the groups 8, 4, 2 and 1 apart, then pairs of tiles.
    let private joined (join: int -> int -> int) (xs: int[]) : int =
        let tile (xs: int[]) =
            let groups =
                Array.init (min 16 xs.Length) (fun g ->
                    [| g..16 .. xs.Length - 1 |] |> Array.map (Array.get xs) |> Array.reduce join)

            let rec fold half (groups: int[]) =
                if half = 0 then
                    groups[0]
                else
                    let pair g = if g + half < groups.Length then join groups[g] groups[g + half] else groups[g]
                    fold (half / 2) (Array.init (min half groups.Length) pair)

            fold 8 groups

        let levels = Stack<struct (int * int)>()

        // as in a binary counter: equal numbers of tiles are joined at once
        for part in Array.chunkBySize 64 xs do
            let mutable value, size = tile part, 1

            while levels.Count > 0 && (let struct (_, other) = levels.Peek() in other = size) do
                let struct (before, _) = levels.Pop()
                value <- join before value
                size <- 2 * size

            levels.Push(struct (value, size))

        let mutable struct (value, _) = levels.Pop()

        while levels.Count > 0 do
            let struct (before, _) = levels.Pop()
            value <- join before value

        value

    let private neutral (p: LaneProgram) kind (dtype: Dtype) : int =
        match kind with
        | Sum -> p.Number(dtype, 0.0)
        | Maximum when dtype.IsFloat -> p.Number(dtype, Double.NegativeInfinity)
        | Maximum when dtype = Int32 -> p.Bits(dtype, int64 Int32.MinValue)
        | Maximum when dtype = Int64 -> p.Bits(dtype, Int64.MinValue)
        | Maximum -> p.Bits(dtype, 0L)

    let private reduce
        (p: LaneProgram)
        kind
        (axes: int[])
        (dtype: Dtype)
        (shape: int[])
        (source: int[])
        (result: int[])
        =
        let join a b =
            match kind with
            | _ when dtype = Bool -> p.Element(ElementOp.Or, 0.0, dtype, [| a; b |])
            | Sum -> p.Element(ElementOp.Add, 0.0, dtype, [| a; b |])
            | Maximum -> p.Element(ElementOp.Max, 0.0, dtype, [| a; b |])

        let kept =
            [| for axis in 0 .. shape.Length - 1 do
                   if not (Array.contains axis axes) then axis |]
        let groups = Array.init (int (Shape.size result)) (fun _ -> List<int>())

        indices shape
        |> Array.iteri (fun i index ->
            groups[placeIn result (kept |> Array.map (fun axis -> index[axis]))].Add source[i])

        groups
        |> Array.map (fun group ->
            let start = neutral p kind dtype
            if group.Count = 0 then start else join start (joined join (group.ToArray())))

    /// As the kernels do: one chain of multiply-adds from 0, or four if there are few columns (GemmThin).
    let private dotOf (p: LaneProgram) (dtype: Dtype) columns (a: int[]) (b: int[]) : int =
        let plus x y = p.Element(ElementOp.Add, 0.0, dtype, [| x; y |])

        /// one group of the sum, from first to last − 1
        let group (first: int) (last: int) =
            let chain first step =
                let mutable sum = p.Number(dtype, 0.0)

                for k in first..step .. last - 1 do
                    sum <- p.Element(ElementOp.Fma, 0.0, dtype, [| a[k]; b[k]; sum |])

                sum

            if GemmThin.Is(columns, last - first) then
                plus (plus (chain first 4) (chain (first + 1) 4)) (plus (chain (first + 2) 4) (chain (first + 3) 4))
            else
                chain first 1

        Seq.init (GemmDeep.Groups a.Length) (fun g ->
            group (GemmDeep.First(a.Length, g)) (GemmDeep.First(a.Length, g + 1)))
        |> Seq.reduce plus

    let private dot (p: LaneProgram) (n: Node) (a: int[]) (b: int[]) : int[] =
        let left, right, rank = n.Args[0].Shape, n.Args[1].Shape, n.Shape.Length
        let depth, columns = left[rank - 1], n.Shape[rank - 1]

        if not n.Dtype.IsFloat then refuse n.Op

        indices n.Shape
        |> Array.map (fun index ->
            let at axis k = Array.updateAt axis k index
            let row = Array.init depth (fun k -> a[placeIn left (at (rank - 1) k)])
            let column = Array.init depth (fun k -> b[placeIn right (at (rank - 2) k)])
            dotOf p n.Dtype columns row column)

    let private concat (n: Node) axis (parts: int[][]) : int[] =
        indices n.Shape
        |> Array.map (fun index ->
            let mutable k, offset = 0, index[axis]

            while offset >= n.Args[k].Shape[axis] do
                offset <- offset - n.Args[k].Shape[axis]
                k <- k + 1

            parts[k][placeIn n.Args[k].Shape (Array.updateAt axis offset index)])

    let private pad (p: LaneProgram) (n: Node) (around: Pad) (source: int[]) : int[] =
        let shape = n.Args[0].Shape
        let zero = p.Number(n.Dtype, 0.0)

        indices n.Shape
        |> Array.map (fun index ->
            let at = Array.mapi (fun a i -> i - around.Low[a]) index

            let isInside =
                at
                |> Array.mapi (fun a i ->
                    i >= 0 && i % (around.Interior[a] + 1) = 0 && i / (around.Interior[a] + 1) < shape[a])
                |> Array.forall id

            if isInside then
                source[placeIn shape (at |> Array.mapi (fun a i -> i / (around.Interior[a] + 1)))]
            else
                zero)

    /// The numbers of every key in turn.
    let private random (p: LaneProgram) (n: Node) kind (keys: int[]) : int[] =
        let width = if keys.Length = 0 then 0 else int (Shape.size n.Shape) / keys.Length

        let drawn =
            match kind with
            | Bits -> LaneDraw.Bits
            | Uniform when n.Dtype = Float32 -> LaneDraw.UniformSingle
            | Uniform -> LaneDraw.Uniform
            | Normal -> LaneDraw.Normal

        keys |> Array.collect (fun key -> Array.init width (fun i -> p.Draw(n.Dtype, drawn, i, key)))

    let private constant (p: LaneProgram) (n: Node) : int[] =
        let a = Evaluate.primitive n.Op n.Signature [||]

        if a.Dtype.IsFloat then
            a.Floats |> Array.map (fun x -> p.Number(n.Dtype, x))
        else
            a.Integers |> Array.map (fun x -> p.Bits(n.Dtype, x))

    /// The matrices of the last two axes, by batch.
    let private matrices (n: Node) (xs: int[]) : int[][][] =
        let rows, columns = n.Shape[n.Shape.Length - 2], n.Shape[n.Shape.Length - 1]
        if max rows columns > LaneFactors.most || xs.Length = 0 then refuse n.Op
        xs |> Array.chunkBySize columns |> Array.chunkBySize rows

    let private flat (matrices: int[][][]) : int[] = matrices |> Array.concat |> Array.concat

    /// Row orders by batch, and what Lu of the matrices in this order returns.
    let private pivots (p: LaneProgram) (n: Node) (xs: int[]) : struct (int[] * int[]) =
        let found = matrices n.Args[0] xs |> Array.map (LaneFactors.pivots p n.Args[0].Dtype)
        struct (found |> Array.collect (fun (struct (order, _)) -> order),
                found |> Array.map (fun (struct (_, rows)) -> rows) |> flat)

    let private solve (p: LaneProgram) (n: Node) lower transpose unit (triangles: int[]) (b: int[]) : int[] =
        let solveAll triangle (b: int[][]) =
            Array.transpose b
            |> Array.map (LaneFactors.solve p n.Dtype lower transpose unit triangle)
            |> Array.transpose

        Array.map2 solveAll (matrices n.Args[0] triangles) (matrices n.Args[1] b) |> flat

    /// The matrix of which the argument of Lu is the reordered one, as the node of its row order.
    let private pivotedBy (n: Node) : Node voption =
        let a = n.Args[0]

        let isOrderOf (matrix: Node) (order: Node) =
            match order.Op with
            | Pivots -> matrix.Shape.Length = 2 && obj.ReferenceEquals(order.Args[0], matrix)
            | _ -> false

        match a.Op with
        | Gather 0 when isOrderOf a.Args[0] a.Args[1] -> ValueSome a.Args[1]
        | _ -> ValueNone

    let private elementsOf (values: Dictionary<Node, LaneArray>) (user: Op) (n: Node) : int[] =
        match values[n] with
        | Elements xs -> xs
        | Table _
        | Mapped _ -> refuse user

    /// The elements of a node that moves or contracts its arguments.
    let private primitive (p: LaneProgram) (values: Dictionary<Node, LaneArray>) (n: Node) : int[] =
        let arg k = elementsOf values n.Op n.Args[k]
        let move from = moved n.Shape n.Args[0].Shape (arg 0) from

        match n.Op with
        | Constant _
        | Data _
        | Iota _ -> constant p n
        | Reshape _
        | StopGradient -> arg 0
        | Permute axes ->
            move (fun index ->
                let source = Array.zeroCreate index.Length
                axes |> Array.iteri (fun a b -> source[b] <- index[a])
                source)
        | Broadcast(_, axes) ->
            let shape = n.Args[0].Shape
            move (fun index -> axes |> Array.mapi (fun a axis -> if shape[a] = 1 then 0 else index[axis]))
        | Slice s -> move (Array.mapi (fun a i -> s.Start[a] + i * s.Step[a]))
        | Reverse axes -> move (Array.mapi (fun a i -> if Array.contains a axes then n.Shape[a] - 1 - i else i))
        | Concat axis -> concat n axis (Array.init n.Args.Length arg)
        | Pad around -> pad p n around (arg 0)
        | Reduce(kind, axes) -> reduce p kind axes n.Dtype n.Args[0].Shape (arg 0) n.Shape
        | Dot -> dot p n (arg 0) (arg 1)
        | Gather 0 -> LaneTable.gather p n values[n.Args[0]] (arg 1)
        | Scatter(kind, 0) -> LaneTable.scatter p n kind (arg 0) (arg 1) (arg 2)
        | Random(kind, _) -> random p n kind (arg 0)
        | SearchSorted right -> LaneTable.search p n right values[n.Args[0]] (arg 1)
        | Pivots ->
            let struct (order, _) = pivots p n (arg 0)
            order
        | Lu ->
            match pivotedBy n with
            | ValueSome order ->
                // pivoting has formed the factors already
                let struct (_, factors) = pivots p order (elementsOf values n.Op order.Args[0])
                factors
            | ValueNone -> matrices n (arg 0) |> Array.map (LaneFactors.lu p n.Dtype) |> flat
        | TriangularSolve(lower, transpose, unit) -> solve p n lower transpose unit (arg 0) (arg 1)
        | _ -> refuse n.Op // all other operations

    /// Whether no instruction computes an operation: exponentials and the like.
    let private isFar (op: ElementOp) = ElementGroup.weight (ElementCode.Compute(op, 0.0)) >= ElementGroup.farWeight

    /// The number of exponentials and the like.
    let farCount (p: LaneProgram) : int =
        p.All
        |> Seq.collect (fun p -> p.Nodes)
        |> Seq.filter (fun n ->
            match n.Op with
            | Computed(op, _) -> isFar op
            | _ -> false)
        |> Seq.length

    /// Integers have few operations in a lane.
    let private requireKnown (n: Node) (op: ElementOp) (operands: Dtype) =
        match op with
        | ElementOp.Polygamma -> refuse n.Op
        | ElementOp.FoldKey
        | ElementOp.Add
        | ElementOp.Sub
        | ElementOp.Mul
        | ElementOp.Neg
        | ElementOp.Max
        | ElementOp.Min
        | ElementOp.And
        | ElementOp.Or
        | ElementOp.Xor
        | ElementOp.Not
        | ElementOp.Equal
        | ElementOp.NotEqual
        | ElementOp.Less
        | ElementOp.LessEqual
        | ElementOp.Greater
        | ElementOp.GreaterEqual
        | ElementOp.Select -> ()
        | _ -> if not operands.IsFloat then refuse n.Op

    let private compute (p: LaneProgram) (values: Dictionary<Node, LaneArray>) (n: Node) (op: ElementOp) parameter =
        requireKnown n op n.Args[n.Args.Length - 1].Dtype
        let element args = p.Element(op, parameter, n.Dtype, args)

        if LaneTable.isMap n && n.Args |> Array.exists (fun a -> LaneTable.isInMemory values[a]) then
            let at = n.Args |> Array.map (fun a -> LaneTable.elementAt p a values[a])
            Mapped(fun index -> element (at |> Array.map (fun at -> at index)))
        else
            let args = n.Args |> Array.map (elementsOf values n.Op)
            Elements(Array.init (int (Shape.size n.Shape)) (fun i -> element (args |> Array.map (fun a -> a[i]))))

    /// The elements of a node that is neither an input nor part of a function node.
    let private ordinary (p: LaneProgram) (values: Dictionary<Node, LaneArray>) (n: Node) : LaneArray =
        if Shape.size n.Shape > int64 mostNodes then refuseSize ()

        match ElementGroup.codeOf n with
        | ValueSome(struct (ElementCode.Compute(op, parameter), _)) -> compute p values n op parameter
        | ValueSome(struct (ElementCode.Convert dtype, from)) ->
            // through float64 it would be rounded twice
            if from = Int64 && dtype = Float32 then refuse n.Op
            Elements(elementsOf values n.Op n.Args[0] |> Array.map (fun a -> p.Convert(dtype, a)))
        | ValueNone when n.Op.IsStopGradient -> values[n.Args[0]]
        | ValueNone -> Elements(primitive p values n)

    /// The outputs of a graph, computed for the lanes of a guard, a flag: only these run loops inside.
    let rec scalarise (p: LaneProgram) (guard: int) (g: Graph) (inputs: LaneArray[]) : LaneArray[] =
        let g = Simplify.graph (Flatten.graph g)
        let values = Dictionary<Node, LaneArray>(HashIdentity.Reference)
        let bundles = Dictionary<Node, LaneArray[]>(HashIdentity.Reference)

        for n in g.Walk do
            match n.Op with
            | Input i -> values[n] <- inputs[i]
            | Apply fn -> bundles[n] <- apply p guard fn n (n.Args |> Array.map (fun a -> values[a]))
            | Output i -> values[n] <- bundles[n.Args[0]][i]
            | _ -> values[n] <- ordinary p values n

            if p.Nodes.Count > 4 * mostNodes then refuseSize ()

        g.Outputs |> Array.map (fun n -> values[n])

    and private apply (p: LaneProgram) guard (fn: Fn) (n: Node) (args: LaneArray[]) : LaneArray[] =
        match fn with
        | Call(g, _) -> scalarise p guard g args
        | Custom c -> scalarise p guard c.Primal args
        | Root r -> scalarise p guard r.Solve args
        | Cond(whenTrue, whenFalse) -> condition p guard whenTrue whenFalse args
        | Loop l -> LaneLoops.run scalarise p guard l args |> Array.map Elements
        | Pullback back -> LaneLoops.pullback scalarise p guard back args |> Array.map Elements
        | Host _ -> refuse n.Op

    /// Both branches, unless the condition is known.
    and private condition (p: LaneProgram) guard whenTrue whenFalse (args: LaneArray[]) : LaneArray[] =
        let elements (x: LaneArray) =
            match x with
            | Elements xs -> xs
            | Table _
            | Mapped _ -> raise (NotLanesException "a condition that returns an array in memory")

        let predicate = (elements args[0])[0]
        let both a b = p.Element(ElementOp.And, 0.0, Bool, [| a; b |])
        let select a b = p.Element(ElementOp.Select, 0.0, p[a].Dtype, [| predicate; a; b |])

        match p[predicate].Op with
        | Known bits -> scalarise p guard (if bits = 0L then whenFalse else whenTrue) args[1..]
        | _ ->
            let opposite = p.Element(ElementOp.Not, 0.0, Bool, [| predicate |])
            let first = scalarise p (both guard predicate) whenTrue args[1..]
            let second = scalarise p (both guard opposite) whenFalse args[1..]
            Array.map2 (fun a b -> Elements(Array.map2 select (elements a) (elements b))) first second

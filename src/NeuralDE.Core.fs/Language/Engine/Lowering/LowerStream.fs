namespace NeuralDE.Internal.Engine

open System.Collections.Generic
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Lowers reductions of large arrays; see Streams.
module internal LowerStream =
    let private shapeOf (dot: Node) : DotShape =
        let rank = dot.Shape.Length

        { Type = ElementGroup.elementType dot.Dtype
          Batch = Array.map int64 dot.Shape[.. rank - 3]
          Rows = dot.Shape[rank - 2]
          Columns = dot.Shape[rank - 1]
          Depth = dot.Args[0].Shape[rank - 1] }

    let private matrices (scope: Scope) (v: View) : Matrices =
        let rank = v.Shape.Length

        { At = scope.Offset v
          Batch = v.Strides[.. rank - 3]
          Row = v.Strides[rank - 2]
          Column = v.Strides[rank - 1] }

    /// Makes the sources and groups of a program; each value once.
    [<Sealed>]
    type private Building(x: Lowering, axes: ReducedAxes, tile: int, reads: List<Storage>) =
        let steps = List<Scope -> TileStep>()
        let values = Dictionary<Node, int>(HashIdentity.Reference)

        /// Whether a group of the program computes the node.
        let isOpen (n: Node) =
            StreamKinds.isElementwise n && x.IsStreamed n && not (x.IsAvailable n || values.ContainsKey n)

        /// Whether a group reads the node instead of computing it, directly or through renamings.
        let isThere (n: Node) = values.ContainsKey n || x.IsAvailable n || StreamKinds.isElementwise n && not (isOpen n)

        let add (n: Node) (step: int -> Scope -> TileStep) =
            let v = values.Count
            values[n] <- v
            steps.Add(step v)

        /// The strides of a view as [outer; count; inner].
        let box (v: View) : struct (int64[] * int64[]) voption =
            let shape = [| axes.Outer; axes.Count; axes.Inner |]

            if Array.exists (fun n -> n > 2147483647L) shape then
                ValueNone
            else
                View.reshape (Array.map int shape) v |> ValueOption.map (fun r -> struct (shape, r.Strides))

        let viewSource (v: View) (scope: Scope) : StreamSource = ViewSource(scope.Offset v.Storage, v, box v)

        let randomSource (n: Node) kind (keys: View) (scope: Scope) : StreamSource =
            let width = StreamLimits.count n / max 1L (View.size keys)
            RandomSource(ElementGroup.randomKind kind, ElementGroup.elementType n.Dtype, scope.Offset keys, width)

        let dotSource (n: Node) (a: View) (b: View) (scope: Scope) : StreamSource =
            DotSource(shapeOf n, matrices scope a, matrices scope b)

        /// The program that computes a node in the order of these axes.
        let within (n: Node) (axes: ReducedAxes) : Scope -> StreamProgram =
            let building = Building(x, axes, tile, reads)
            building.Make n
            building.Program

        let reduceSource (n: Node) (r: Reduce) (axes: int[]) : Scope -> StreamSource =
            let argument = n.Args[0]
            let axes = ReducedAxes.around axes argument.Shape
            let program = within argument axes
            let elementType, kind = ElementGroup.elementType n.Dtype, ElementGroup.reductionKind r
            fun scope -> ReduceSource(program scope, elementType, kind, int axes.Count, axes.Inner, tile)

        let spreadSource (n: Node) : Scope -> StreamSource =
            let struct (extents, strides, times) = StreamKinds.spread n
            let program = within n.Args[0] { Outer = 1L; Count = 1L; Inner = StreamLimits.count n.Args[0] }

            fun scope ->
                let spread = SpreadSource(program scope, n.Dtype.Size, extents, strides)
                if times = 1L then spread else RepeatSource(spread, times, tile)

        /// A source: read from memory, or computed without a group.
        let source (n: Node) : Scope -> StreamSource =
            let from (v: View) =
                reads.Add v.Storage
                v

            let stored (m: Node) = from (x.View m)

            match n.Op with
            | Iota _ when x.IsStreamed n ->
                fun _ -> IotaSource(ElementGroup.elementType n.Dtype, StreamLimits.count n) :> StreamSource
            | Random(kind, _) when x.IsStreamed n -> randomSource n kind (from (x.Contiguous(x.View n.Args[0])))
            | Dot when x.IsStreamed n -> dotSource n (stored n.Args[0]) (stored n.Args[1])
            | Reduce(r, axes) when x.IsStreamed n -> reduceSource n r axes
            | Broadcast _ when x.IsStreamed n && x.IsStreamed(ElementCone.through x.IsAvailable n.Args[0]) ->
                spreadSource n
            | _ -> viewSource (stored n)

        let isSingle (n: Node) = not (values.ContainsKey n || x.IsStreamed n) && View.isSingle (x.View n)

        let operand (single: bool) (n: Node) : Scope -> TileOperand =
            if single then
                let v = x.View n
                reads.Add v.Storage
                fun scope -> Element(scope.Offset v)
            else
                if not (values.ContainsKey n) then
                    let source = source n
                    add n (fun v scope -> Read(source scope, TileValue v))

                let v = values[n]
                fun _ -> Made(TileValue v)

        /// A group that computes one node.
        let group (cone: HashSet<Node>) (n: Node) =
            let order = cone |> Seq.sortBy x.IndexOf |> Seq.toArray
            let struct (group, sources) = ElementCone.group isThere isSingle order [| n |]
            let kernel = GroupKernels.find group
            let operands = Array.map2 (fun (a: GroupArgument) m -> operand a.Single m) group.Arguments sources

            add n (fun v scope -> Compute(kernel, operands |> Array.map (fun o -> o scope), TileValue v))

        /// Pushes the steps that compute a node; the last one computes the node itself.
        member _.Make(target: Node) =
            let todo = Stack<Node>()
            todo.Push(ElementCone.through x.IsAvailable target)

            while todo.Count > 0 do
                let n = todo.Peek()

                if values.ContainsKey n then
                    todo.Pop() |> ignore
                elif not (isOpen n) then
                    operand false n |> ignore
                else
                    let struct (cone, outside) = ElementCone.find isThere [ n ]

                    match
                        [| for m in outside do
                               if isOpen m then m |]
                    with
                    | [||] -> group cone n
                    | missing -> Array.iter todo.Push missing

        member _.Program: Scope -> StreamProgram =
            let steps = steps.ToArray()
            fun scope -> StreamProgram(steps |> Array.map (fun s -> s scope), tile)

    /// The program that computes a node and what it reads.
    let private program (x: Lowering) (n: Node) (axes: ReducedAxes) (tile: int) =
        let reads = List<Storage>()
        let building = Building(x, axes, tile, reads)
        building.Make n
        struct (building.Program, reads)

    let private reduce (x: Lowering) (n: Node) (r: Reduce) (axes: int[]) : View voption =
        let a = ElementCone.through x.IsAvailable n.Args[0]

        if not (x.IsStreamed a) && View.isContiguous (x.View a) then
            ValueNone
        else
            let cut = StreamCut.make (ReducedAxes.around axes n.Args[0].Shape) ((StreamLimits.current ()).Tile)
            let struct (program, reads) = program x a cut.Axes cut.Tile
            let target = x.NewArray n.Signature
            let parts = x.NewStorage(StreamCut.parts cut * int64 n.Dtype.Size)
            let elementType, kind = ElementGroup.elementType n.Dtype, ElementGroup.reductionKind r

            x.DraftFrom(
                (fun () -> $"stream {string (StreamLimits.count n.Args[0])} elements; reduce"),
                reads,
                [| target.Storage; parts |],
                ValueNone,
                fun scope ->
                    StreamReduction(program scope, elementType, kind, cut, scope.Offset target, scope.Offset parts)
            )

            ValueSome target

    let private dot (x: Lowering) (n: Node) (k: int) : View voption =
        let factor = ElementCone.through x.IsAvailable n.Args[k]

        if not (x.IsStreamed factor) then
            ValueNone
        else
            let d = shapeOf n
            let other = x.View n.Args[1 - k]
            let axes = { Outer = DotShape.batches d; Count = int64 d.Depth; Inner = int64 d.Columns }
            let axes = if k = 1 then axes else { Outer = 1L; Count = 1L; Inner = StreamLimits.count factor }
            let tile = (StreamLimits.current ()).Tile
            let struct (program, reads) = program x factor axes tile
            let target = x.NewArray n.Signature

            x.DraftFrom(
                (fun () -> $"stream {string (StreamLimits.count factor)} elements; dot"),
                Seq.append [ other.Storage ] reads,
                [| target.Storage |],
                ValueNone,
                fun scope ->
                    let program, other, into = program scope, matrices scope other, scope.Offset target

                    if k = 0 then
                        StreamDotRows(program, tile, d, other, into) :> Instruction
                    else
                        StreamDotColumns(program, tile, d, other, into)
            )

            ValueSome target

    /// A reduction or a product of large arrays; ValueNone if they are stored as the kernels read them.
    let lower (x: Lowering) (n: Node) : View voption =
        match n.Op with
        | Reduce(r, axes) -> reduce x n r axes
        | Dot -> StreamKinds.factor n |> ValueOption.bind (dot x n)
        | _ -> ValueNone // nothing else reads tile by tile

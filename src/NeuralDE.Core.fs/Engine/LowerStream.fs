namespace NeuralDE.Compiler

open System.Collections.Generic
open NeuralDE
open NeuralDE.Kernels

/// Lowers reductions of large arrays: see Streams.
module internal LowerStream =
    /// Makes a program's sources and groups, each value once.
    [<Sealed>]
    type private Building(x: Lowering, axes: ReducedAxes) =
        let steps = List<Scope -> TileStep>()
        let values = Dictionary<Node, int>(HashIdentity.Reference)
        let reads = List<Storage>()

        /// Whether a group of the program is to make it.
        let isOpen (n: Node) =
            Streams.isElementwise n && x.IsStreamed n && not (x.IsAvailable n || values.ContainsKey n)

        /// Whether a group reads it rather than computing it: renamings are looked through.
        let isThere (n: Node) =
            values.ContainsKey n || x.IsAvailable n || Streams.isElementwise n && not (isOpen n)

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
                View.reshape (Array.map int shape) v
                |> ValueOption.map (fun r -> struct (shape, r.Strides))

        let viewSource (v: View) (scope: Scope) : StreamSource =
            let struct (extents, strides) = View.collapse v
            ViewSource(v.Dtype.Size, scope.Offset v, extents, strides, box v)

        let randomSource (n: Node) kind (keys: View) (scope: Scope) : StreamSource =
            let width = Streams.count n / max 1L (View.size keys)
            RandomSource(ElementGroup.randomKind kind, ElementGroup.elementType n.Dtype, scope.Offset keys, width)

        let dotSource (n: Node) (a: View) (b: View) (scope: Scope) : StreamSource =
            let rank = n.Shape.Length

            let matrices (v: View) =
                { At = scope.Offset v
                  Batch = v.Strides[.. rank - 3]
                  Row = v.Strides[rank - 2]
                  Column = v.Strides[rank - 1] }

            DotSource(
                ElementGroup.elementType n.Dtype,
                n.Shape[.. rank - 3],
                n.Shape[rank - 2],
                n.Shape[rank - 1],
                a.Shape[rank - 1],
                matrices a,
                matrices b
            )

        /// What is read from memory or made without a group.
        let source (n: Node) : Scope -> StreamSource =
            let from (v: View) =
                reads.Add v.Storage
                v

            let stored (m: Node) = from (x.View m)

            match n.Op with
            | Iota _ when x.IsStreamed n ->
                fun _ -> IotaSource(ElementGroup.elementType n.Dtype, Streams.count n) :> StreamSource
            | Random(kind, _) when x.IsStreamed n -> randomSource n kind (from (x.Contiguous(x.View n.Args[0])))
            | Dot when x.IsStreamed n -> dotSource n (stored n.Args[0]) (stored n.Args[1])
            | _ -> viewSource (stored n)

        let isSingle (n: Node) = not (values.ContainsKey n) && not (x.IsStreamed n) && View.isSingle (x.View n)

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

        /// A group that makes one node.
        let group (cone: HashSet<Node>) (n: Node) =
            let order = cone |> Seq.sortBy x.IndexOf |> Seq.toArray
            let struct (group, sources) = ElementCone.group isThere isSingle order [| n |]
            let kernel = GroupKernels.find group
            let operands = Array.map2 (fun (a: GroupArgument) m -> operand a.Single m) group.Arguments sources

            add n (fun v scope -> Compute(kernel, operands |> Array.map (fun o -> o scope), TileValue v))

        /// Sees to the value of a node; the last step makes it.
        member _.Make(target: Node) =
            let todo = Stack<Node>()
            todo.Push target

            while todo.Count > 0 do
                let n = todo.Peek()

                if values.ContainsKey n then
                    todo.Pop() |> ignore
                elif not (isOpen n) then
                    operand false n |> ignore
                else
                    let struct (cone, outside) = ElementCone.find isThere [ n ]

                    match [| for m in outside do
                                 if isOpen m then m |] with
                    | [||] -> group cone n
                    | missing -> Array.iter todo.Push missing

        member _.Reads = reads.ToArray()

        member _.Program(tile: int) : Scope -> StreamProgram =
            let steps = steps.ToArray()
            fun scope -> StreamProgram(steps |> Array.map (fun s -> s scope), tile)

    /// [outer; count; inner] around the reduced axes, which lie together.
    let private axesOf (shape: int[]) (axes: int[]) : ReducedAxes =
        let size (some: int[]) = some |> Array.fold (fun n a -> n * int64 shape[a]) 1L
        let real = axes |> Array.filter (fun a -> shape[a] <> 1)

        if real.Length = 0 then
            { Outer = size (Shape.axes shape.Length); Count = 1L; Inner = 1L }
        else
            { Outer = size [| 0 .. Array.min real - 1 |]
              Count = size axes
              Inner = size [| Array.max real + 1 .. shape.Length - 1 |] }

    /// A reduction of a large array; nothing where the array lies in memory as Reduction reads it.
    let lower (x: Lowering) (n: Node) : View voption =
        match n.Op with
        | Reduce(r, axes) when Streams.isLarge n.Args[0] ->
            let a = ElementCone.through x.IsAvailable n.Args[0]

            if not (x.IsStreamed a) && View.isContiguous (x.View a) then
                ValueNone
            else
                let reduced = axesOf n.Args[0].Shape axes
                let building = Building(x, reduced)
                building.Make a
                let cut = StreamCut.make reduced (Streams.tileSize ())
                let program = building.Program cut.Tile
                let target = x.NewArray n.Signature
                let elementType = ElementGroup.elementType n.Dtype

                let kind =
                    match r with
                    | Sum -> ReductionKind.Sum
                    | Maximum -> ReductionKind.Maximum

                let parts = x.NewStorage(StreamCut.parts cut * int64 n.Dtype.Size)

                x.DraftFrom(
                    (fun () -> $"stream {Streams.count n.Args[0]} elements; reduce"),
                    building.Reads,
                    [| target.Storage; parts |],
                    ValueNone,
                    fun scope ->
                        let reduction = StreamReduction(program scope, elementType, kind, cut)
                        StreamInstruction(reduction, scope.Offset target, scope.Offset parts)
                )

                ValueSome target
        | _ -> ValueNone // nothing else reads tile by tile

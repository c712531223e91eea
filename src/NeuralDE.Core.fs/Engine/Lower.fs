namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Kernels

/// The class of element-wise work a node belongs to: only nodes of one class share a group.
type private GroupClass =
    /// one element, any types
    | Scalars
    /// so many elements; floats of one type and bools. None: bools only, which join either.
    | Vectors of count: int * lane: Dtype option
    /// so many elements of types that no vector group takes: a group of its own
    | Alone of count: int

/// Turns a graph into drafts. Nodes that only move elements become views; element-wise nodes wait until something needs them,
/// and then run in one group with everything they alone wait for.
[<Sealed>]
type internal Lowering
    (g: Graph, primitive: Lowering -> Node -> View[] -> View, functions: Lowering -> Node -> Fn -> View[] -> View[]) =
    let nodes = g.Walk
    let views = Dictionary<Node, View>(HashIdentity.Reference)
    let bundles = Dictionary<Node, View[]>(HashIdentity.Reference)
    let users = Dictionary<Node, List<Node>>(HashIdentity.Reference)
    let outputs = HashSet<Node>(g.Outputs, HashIdentity.Reference)
    let index = Dictionary<Node, int>(HashIdentity.Reference)
    let buffers = List<Storage>()
    let drafts = List<Draft>()
    let copies = Dictionary<struct (Storage * Dtype * int64 * string * string), View>()

    do
        for n in nodes do
            index[n] <- index.Count
            users[n] <- List<Node>()

            for a in n.Args do
                users[a].Add n

    /// Operations and their temporaries in one compiled group, at most.
    static let budget = 220

    static let laneOf (n: Node) (operands: Dtype) : Result<Dtype option, unit> =
        let kinds = [ n.Dtype; operands ] |> List.filter (fun d -> d <> Bool) |> List.distinct

        match kinds with
        | [] -> Ok None
        | [ d ] when d.IsFloat -> Ok(Some d)
        | _ -> Error()

    let classOf (n: Node) : GroupClass voption =
        match ElementGroup.codeOf n with
        | ValueNone -> ValueNone
        | ValueSome(struct (code, operands)) ->
            let count = Shape.size n.Shape

            if count = 1 then
                ValueSome Scalars
            else
                match code, laneOf n operands with
                | Compute _, Ok lane -> ValueSome(Vectors(count, lane))
                | Compute _, Error()
                | Convert _, _ -> ValueSome(Alone count)

    /// The class of a group when a node joins it, if it may.
    static let join (group: GroupClass) (node: GroupClass) : GroupClass voption =
        match group, node with
        | Scalars, Scalars -> ValueSome Scalars
        | Vectors(n, a), Vectors(m, b) when n = m ->
            match a, b with
            | Some p, Some q when p <> q -> ValueNone
            | Some _, _ -> ValueSome group
            | None, _ -> ValueSome node
        | _ -> ValueNone

    member _.Graph = g
    member _.UsersOf(n: Node) = users[n]
    member _.IsOutput(n: Node) = outputs.Contains n
    member _.IsAvailable(n: Node) = views.ContainsKey n

    member _.NewStorage(bytes: int64) : Storage =
        let b = Storage(buffers.Count, bytes, Own)
        buffers.Add b
        b

    member x.NewArray(s: Signature) : View = View.ofStorage (x.NewStorage(ArrayMemory.bytes s.Dtype s.Shape)) s

    /// An instruction that runs graphs of its own.
    member _.DraftAround
        (name: string, inside: (string * Lowered) list, touches: Storage seq, make: Scope -> Instruction)
        =
        let touches = Seq.distinct touches |> Seq.toArray

        drafts.Add
            { Name = fun () -> name
              Touches = touches
              Writes = touches
              Rows = ValueNone
              Inside = Array.ofList inside
              Make = make }

    member x.Draft(name: string, touches: Storage seq, make: Scope -> Instruction) =
        x.DraftAround(name, [], touches, make)

    /// An instruction of which one knows what it writes, and perhaps that it goes row by row.
    member _.DraftFrom
        (name: unit -> string, reads: Storage seq, writes: Storage[], rows: RowWise voption, make: Scope -> Instruction)
        =
        drafts.Add
            { Name = name
              Touches = Seq.append reads writes |> Seq.distinct |> Seq.toArray
              Writes = writes
              Rows = rows
              Inside = [||]
              Make = make }

    member _.Define(n: Node, v: View) = views[n] <- v

    /// Copies the elements of a view, in row-major order, to where a contiguous view lies; row by row, where that view is an
    /// array of its own for a group to read.
    member private x.CopyTo(v: View, target: View, isByRows: bool) =
        let struct (extents, strides) = View.collapse v
        let extentTable, strideTable = PinnedTable extents, PinnedTable strides
        let count = View.size v
        let size = v.Dtype.Size
        let isDense = View.isContiguous v

        let rows =
            { Rows = 0
              Elements = count
              ByRow = [||]
              Whole = [| v.Storage |]
              Nanoseconds = 0.2 * float count
              Make =
                fun rows placeOf ->
                    CopyRows(
                        size,
                        extents.Length,
                        extentTable,
                        strideTable,
                        placeOf v,
                        placeOf target,
                        count / int64 rows
                    ) }

        if count > 0L then
            x.DraftFrom(
                (fun () -> "copy"),
                [ v.Storage ],
                [| target.Storage |],
                (if isByRows then ValueSome rows else ValueNone),
                fun scope ->
                    let source, into = scope.Offset v, scope.Offset target

                    if isDense then
                        Instruction.make (fun work ->
                            Rows.Copy(work.Memory + nativeint source, work.Memory + nativeint into, count * int64 size))
                    else
                        Instruction.make (fun work ->
                            Movement.Copy(
                                size,
                                extents.Length,
                                extentTable.Address,
                                strideTable.Address,
                                work.Memory + nativeint source,
                                work.Memory + nativeint into,
                                0L,
                                count
                            ))
            )

    /// Copies the elements of a view, in row-major order, to where a contiguous view lies.
    member x.Copy(v: View, target: View) = x.CopyTo(v, target, false)

    /// Copies the elements of a contiguous view to where any view lies.
    member x.Place(v: View, target: View) =
        let struct (extents, strides) = View.collapse target
        let extentTable, strideTable = PinnedTable extents, PinnedTable strides
        let count = View.size v
        let size = v.Dtype.Size

        if count > 0L then
            x.DraftFrom(
                (fun () -> "place"),
                [ v.Storage ],
                [| target.Storage |],
                ValueNone,
                fun scope ->
                    let source, into = scope.Offset v, scope.Offset target

                    Instruction.make (fun work ->
                        Movement.Place(
                            size,
                            extents.Length,
                            extentTable.Address,
                            strideTable.Address,
                            work.Memory + nativeint source,
                            work.Memory + nativeint into,
                            0L,
                            count
                        ))
            )

    member private x.ContiguousBy(v: View, isByRows: bool) : View =
        if View.isContiguous v then
            v
        else
            // what two read through the same view is copied once
            let key =
                struct (v.Storage,
                        v.Dtype,
                        v.Start,
                        String.Join(",", Array.map string v.Shape),
                        String.Join(",", Array.map string v.Strides))

            match copies.TryGetValue key with
            | true, made -> made
            | _ ->
                let target = x.NewArray { Dtype = v.Dtype; Shape = v.Shape }
                x.CopyTo(v, target, isByRows)
                copies[key] <- target
                target

    /// The elements of a view in row-major order without gaps: itself where they lie so, else a copy.
    member x.Contiguous(v: View) : View = x.ContiguousBy(v, false)

    /// The value of a node, computed now unless it has been.
    member x.View(n: Node) : View =
        match views.TryGetValue n with
        | true, v -> v
        | _ ->
            let v =
                match n.Op with
                | Input k -> View.ofStorage (Storage(-1, 0L, Argument k)) n.Signature
                | Constant literal -> x.Constant(Evaluate.constant literal)
                | Data d -> x.Constant d.Array
                | Reshape shape ->
                    let v = x.View n.Args[0]

                    match View.reshape shape v with
                    | ValueSome r -> r
                    | ValueNone -> { x.Contiguous v with Shape = shape; Strides = View.strides shape }
                | Permute permutation -> View.permute permutation (x.View n.Args[0])
                | Broadcast(shape, axes) -> View.broadcast shape axes (x.View n.Args[0])
                | Slice s -> View.slice s n.Shape (x.View n.Args[0])
                | Reverse axes -> View.reverse axes (x.View n.Args[0])
                | StopGradient -> x.View n.Args[0]
                | Output k ->
                    x.Bundle n.Args[0]
                    bundles[n.Args[0]][k]
                | Unary _
                | Binary _
                | Compare _
                | Select
                | Fma
                | Cast _ ->
                    x.Group [ n ]
                    views[n]
                | Iota _
                | Reduce _
                | ArgMax _
                | ArgSort _
                | CumSum _
                | SearchSorted _
                | Pad _
                | Concat _
                | Gather _
                | Scatter _
                | Dot
                | Conv _
                | Fft _
                | Cholesky
                | TriangularSolve _
                | Pivots
                | Lu
                | Random _
                | Check _ ->
                    x.Together n.Args
                    let args = n.Args |> Array.map x.View
                    // lowering an argument may have made this node too
                    match views.TryGetValue n with
                    | true, made -> made
                    | _ -> primitive x n args
                | Apply _ -> raise (GraphException "a function node has outputs, not a value")

            views[n] <- v
            v

    /// Runs a function node unless it has run.
    member x.Bundle(n: Node) =
        if not (bundles.ContainsKey n) then
            match n.Op with
            | Apply fn -> bundles[n] <- functions x n fn (n.Args |> Array.map x.View)
            | op -> raise (GraphException $"{op} has no outputs")

    member _.Constant(a: NdArray) : View =
        View.ofStorage (Storage(-1, 0L, Constants a)) { Dtype = a.Dtype; Shape = a.Shape }

    /// What a node that only renames elements stands for.
    member private _.Through(n: Node) : Node =
        let mutable n = n
        let mutable go = true

        while go do
            match n.Op with
            | Reshape _
            | StopGradient when not (views.ContainsKey n) -> n <- n.Args[0]
            | _ -> go <- false

        n

    /// The nodes that run in one group with the targets, and what the group reads.
    member private x.Cone(targets: Node list) : HashSet<Node> * List<Node> =
        let cone = HashSet<Node>(HashIdentity.Reference)
        let outside = List<Node>()
        let seen = HashSet<Node>(HashIdentity.Reference)
        let mutable kind = (classOf targets.Head).Value
        let mutable weight = 0
        let todo = Queue<Node>(targets)

        let weightOf (n: Node) =
            match ElementGroup.codeOf n with
            | ValueSome(struct (code, _)) -> if kind = Scalars then 3 else ElementGroup.weight code
            | ValueNone -> 0

        for t in targets do
            seen.Add t |> ignore

        while todo.Count > 0 do
            let n = todo.Dequeue()

            let joined =
                if views.ContainsKey n then
                    ValueNone
                else
                    match classOf n with
                    | ValueSome c when cone.Count = 0 -> ValueSome c
                    | ValueSome c when weight + weightOf n <= budget -> join kind c
                    | _ -> ValueNone

            match joined with
            | ValueSome c ->
                kind <- c
                weight <- weight + weightOf n
                cone.Add n |> ignore

                for a in n.Args do
                    let source = x.Through a

                    if seen.Add source then todo.Enqueue source
            | ValueNone -> outside.Add n

        cone, outside

    /// Computes element-wise nodes of one class, and what waits for nothing else, in one group.
    member private x.Group(targets: Node list) =
        // what the group reads comes first; making that may take nodes out of the group
        let mutable found = x.Cone targets
        let mutable settled = false

        while not settled do
            settled <- true

            for n in snd found do
                if not (views.ContainsKey n) then
                    x.View n |> ignore
                    settled <- false

            if not settled then found <- x.Cone targets

        let cone, _ = found
        if cone.Count > 0 then x.Emit cone

    /// Computes nodes in one group where they are of one class.
    member private x.Together(nodes: Node[]) =
        let waiting =
            nodes
            |> Array.map x.Through
            |> Array.distinct
            |> Array.filter (fun n -> not (views.ContainsKey n) && (classOf n).IsSome)

        for _, group in Array.groupBy classOf waiting do
            for part in Array.chunkBySize 32 group do
                let part = part |> Array.filter (fun n -> not (views.ContainsKey n))

                match classOf group[0] with
                | ValueSome(Alone _)
                | ValueNone -> ()
                | ValueSome Scalars
                | ValueSome(Vectors _) -> if part.Length > 1 then x.Group(List.ofArray part)

    /// One group of the nodes, whose arguments from outside are there.
    member private x.Emit(cone: HashSet<Node>) =
        let order = cone |> Seq.sortBy (fun n -> index[n]) |> Seq.toArray
        let kind =
            order
            |> Array.fold (fun k n -> (join k (classOf n).Value) |> ValueOption.defaultValue k) (classOf order[0]).Value
        let step = Dictionary<Node, int>(HashIdentity.Reference)
        order |> Array.iteri (fun i n -> step[n] <- i)
        let arguments = List<struct (GroupArgument * View)>()
        let argumentOf = Dictionary<Node, int>(HashIdentity.Reference)
        let isScalar = (kind = Scalars)

        let operand (a: Node) : Operand =
            let source = x.Through a

            match step.TryGetValue source with
            | true, i -> Operand.Result i
            | _ ->
                match argumentOf.TryGetValue source with
                | true, i -> Operand.Argument i
                | _ ->
                    let v = views[source]
                    let single = not isScalar && View.isSingle v
                    let v = if isScalar || single then v else x.ContiguousBy(v, true)
                    argumentOf[source] <- arguments.Count
                    arguments.Add(struct ({ Dtype = v.Dtype; Single = single }, v))
                    Operand.Argument(arguments.Count - 1)

        let steps =
            order
            |> Array.map (fun n ->
                match ElementGroup.codeOf n with
                | ValueSome(struct (code, operands)) ->
                    { Code = code; Type = operands; Operands = Array.map operand n.Args; Dtype = n.Dtype }
                | ValueNone -> raise (GraphException $"{n.Op} is not element-wise"))

        /// whether something outside the group reads it; renamings are looked through
        let rec isWanted (n: Node) =
            outputs.Contains n
            || users[n]
               |> Seq.exists (fun u ->
                   match u.Op with
                   | Reshape _
                   | StopGradient -> isWanted u
                   | _ -> not (cone.Contains u))

        let stored = order |> Array.filter isWanted
        let group =
            { Arguments = arguments.ToArray() |> Array.map (fun (struct (a, _)) -> a)
              Steps = steps
              Outputs = stored |> Array.map (fun n -> step[n])
              Form =
                match kind with
                | Scalars -> Singles
                | Vectors _ -> Floats
                | Alone _ -> Anything }

        let kernel = GroupKernels.find group
        let results = stored |> Array.map (fun n -> x.NewArray n.Signature)
        Array.iter2 (fun n v -> views[n] <- v) stored results
        let places = Array.append (arguments.ToArray() |> Array.map (fun (struct (_, v)) -> v)) results
        let count = int64 (Shape.size order[0].Shape)

        if count > 0L then
            let name () =
                let names = steps |> Array.map ElementGroup.nameOf |> String.concat " "
                $"{order[0].Dtype} × {string count}: {names}"

            let arguments = arguments.ToArray()

            let rows =
                { Rows = 0
                  Elements = count
                  ByRow = arguments |> Array.choose (fun (struct (a, v)) -> if a.Single then None else Some v)
                  Whole = arguments |> Array.choose (fun (struct (a, v)) -> if a.Single then Some v.Storage else None)
                  Nanoseconds = kernel.Cost * float count
                  Make = fun rows placeOf -> GroupRows(kernel, Array.map placeOf places, count / int64 rows, count) }

            x.DraftFrom(
                name,
                arguments |> Seq.map (fun (struct (_, v)) -> v.Storage),
                results |> Array.map (fun v -> v.Storage),
                (if isScalar then ValueNone else ValueSome rows),
                fun scope -> GroupInstruction(kernel, places |> Array.map scope.Offset, count)
            )

    /// Lowers the graph's outputs and everything that must run for them.
    member x.Run() : Lowered =
        // what is no element-wise or moving node runs in the graph's order
        for n in nodes do
            match n.Op with
            | Apply _ -> x.Bundle n
            | _ ->
                match classOf n with
                | ValueSome _ -> ()
                | ValueNone ->
                    match n.Op with
                    | Reshape _
                    | Permute _
                    | Broadcast _
                    | Slice _
                    | Reverse _
                    | StopGradient -> ()
                    | _ -> x.View n |> ignore

        x.Together g.Outputs
        let outputs = g.Outputs |> Array.map (fun n -> x.Contiguous(x.View n))
        let drafts = RowChain.merged (outputs |> Seq.map (fun v -> v.Storage)) (drafts.ToArray())
        { Drafts = drafts; Size = Lowered.layOut buffers drafts outputs; Outputs = outputs }

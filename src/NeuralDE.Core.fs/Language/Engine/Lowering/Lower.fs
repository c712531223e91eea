namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Turns a graph into drafts of instructions. Movement nodes become views. Element-wise nodes are deferred until a node
/// needs them, and then run in one group with all deferred nodes that only they read.
[<Sealed>]
type internal Lowering
    (
        g: Graph,
        streamed: Lowering -> Node -> View voption,
        primitive: Lowering -> Node -> View[] -> View,
        functions: Lowering -> Node -> Fn -> View[] -> View[]
    ) =
    let nodes = g.Walk
    let views = Dictionary<Node, View>(HashIdentity.Reference)
    let bundles = Dictionary<Node, View[]>(HashIdentity.Reference)
    let users = Dictionary<Node, List<Node>>(HashIdentity.Reference)
    let outputs = HashSet<Node>(g.Outputs, HashIdentity.Reference)
    let index = Dictionary<Node, int>(HashIdentity.Reference)
    // arrays that are not stored: their readers compute them tile by tile
    let streams = Streams.ofGraph g
    let buffers = List<Storage>()
    let drafts = List<Draft>()
    let copies = Dictionary<struct (Storage * Dtype * int64 * string * string), View>()

    /// Pending steps, the next one on top. A step that needs a value first pushes itself below that value's step: an
    /// explicit stack, so that long chains of operations do not overflow the thread's stack.
    let todo = Stack<unit -> unit>()

    do
        for n in nodes do
            index[n] <- index.Count
            users[n] <- List<Node>()

            for a in n.Args do
                users[a].Add n

    let isThere (n: Node) = views.ContainsKey n

    member _.Graph = g
    member _.UsersOf(n: Node) = users[n]
    member _.IsOutput(n: Node) = outputs.Contains n
    member _.IsAvailable(n: Node) = views.ContainsKey n
    member _.IsStreamed(n: Node) = streams.Contains n

    /// The index of a node, arguments before their users.
    member _.IndexOf(n: Node) = index[n]

    member _.NewStorage(bytes: int64) : Storage =
        let b = Storage(buffers.Count, bytes, Own)
        buffers.Add b
        b

    member x.NewArray(s: Signature) : View =
        let bytes = ArrayMemory.bytes s.Dtype s.Shape
        let storage = x.NewStorage bytes

        if bytes >= Room.Small then
            let isIts (n: Node) = n.Dtype = s.Dtype && Shape.same n.Shape s.Shape

            storage.Note <-
                match nodes |> Array.tryFind isIts with
                | Some n -> $"{Print.name n.Op}, {s.Dtype} {Shape.text s.Shape}"
                | None -> $"{s.Dtype} {Shape.text s.Shape}"

            if bytes > Room.Total then raise (Memory.missing bytes storage.Note)

        View.ofStorage storage s

    /// Adds an instruction that runs graphs of its own.
    member _.DraftAround
        (name: unit -> string, inside: (string * Lowered) list, touches: Storage seq, make: Scope -> Instruction)
        =
        let touches = Seq.distinct touches |> Seq.toArray

        drafts.Add
            { Name = name
              Touches = touches
              Writes = touches
              Rows = ValueNone
              Inside = Array.ofList inside
              Make = make }

    member x.Draft(name: string, touches: Storage seq, make: Scope -> Instruction) =
        x.DraftAround((fun () -> name), [], touches, make)

    /// Adds an instruction with known reads and writes; with `rows` if it can run row by row.
    member _.DraftFrom
        (name: unit -> string, reads: Storage seq, writes: Storage[], rows: RowWise voption, make: Scope -> Instruction)
        =
        drafts.Add(Draft.from name reads writes rows make)

    member _.Define(n: Node, v: View) = views[n] <- v

    /// Copies the elements of a view, in row-major order, to a contiguous view.
    member _.Copy(v: View, target: View) = if View.size v > 0L then drafts.Add(CopyDraft.copy v target false)

    /// Copies the elements of a contiguous view to any view.
    member _.Place(v: View, target: View) = if View.size v > 0L then drafts.Add(CopyDraft.place v target)

    member private x.ContiguousBy(v: View, isByRows: bool) : View =
        if View.isContiguous v then
            v
        else
            // two readers of the same view share one copy
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
                if View.size v > 0L then drafts.Add(CopyDraft.copy v target isByRows)
                copies[key] <- target
                target

    /// The elements of a view in row-major order without gaps: the view itself if it is contiguous, otherwise a copy.
    member x.Contiguous(v: View) : View = x.ContiguousBy(v, false)

    /// Pushes a step; it runs after everything that it needs.
    member private _.Do(step: unit -> unit) =
        let floor = todo.Count
        todo.Push step

        while todo.Count > floor do
            todo.Pop () ()

    /// Pushes steps so that they run next, in order.
    member private _.Next(steps: (unit -> unit)[]) =
        for i in steps.Length - 1 .. -1 .. 0 do
            todo.Push steps[i]

    /// The value of a node, computed now unless it is available.
    member x.View(n: Node) : View =
        match views.TryGetValue n with
        | true, v -> v
        | _ ->
            x.Do(fun () -> x.Need n)
            views[n]

    /// A view of another node's elements.
    member private x.Moved(n: Node, v: View) : View =
        match n.Op with
        | Reshape shape ->
            match View.reshape shape v with
            | ValueSome r -> r
            | ValueNone -> { x.Contiguous v with Shape = shape; Strides = View.strides shape }
        | Permute permutation -> View.permute permutation v
        | Broadcast(shape, axes) -> View.broadcast shape axes v
        | Slice s -> View.slice s n.Shape v
        | Reverse axes -> View.reverse axes v
        | StopGradient -> v
        | op -> raise (GraphException $"{op} is not a movement")

    /// A step that gives a node its value, unless an earlier step did.
    member private _.Finish(n: Node, make: unit -> View) : unit -> unit =
        fun () -> if not (views.ContainsKey n) then views[n] <- make ()

    /// Pushes the steps that compute a node's value.
    member private x.Need(n: Node) =
        if not (views.ContainsKey n) then
            match n.Op with
            | Input k -> views[n] <- View.ofStorage (Storage(-1, 0L, StorageHome.Argument k)) n.Signature
            | Constant literal -> views[n] <- x.Constant(Evaluate.constant literal)
            | Data d when not (isNull d.Array.Buffer) ->
                raise (UnplannedException "numbers in an executor's memory decide that the graph runs there")
            | Data d -> views[n] <- x.Constant d.Array
            | Reshape _
            | Permute _
            | Broadcast _
            | Slice _
            | Reverse _
            | StopGradient ->
                let source = n.Args[0]
                todo.Push(x.Finish(n, (fun () -> x.Moved(n, views[source]))))
                todo.Push(fun () -> x.Need source)
            | Output k ->
                let bundle = n.Args[0]
                todo.Push(x.Finish(n, (fun () -> bundles[bundle][k])))
                todo.Push(fun () -> x.NeedBundle bundle)
            | Unary _
            | Binary _
            | Compare _
            | Select
            | Fma
            | Cast _ -> x.Group [ n ]
            | _ when StreamKinds.readsTiles n ->
                let make () =
                    match streamed x n with
                    | ValueSome v -> v
                    | ValueNone -> primitive x n (n.Args |> Array.map x.View)

                todo.Push(x.Finish(n, make))
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
                todo.Push(x.Finish(n, (fun () -> primitive x n (n.Args |> Array.map (fun a -> views[a])))))
                x.Next(n.Args |> Array.map (fun a -> fun () -> x.Need a))
                x.Together n.Args
            | Apply _ -> raise (GraphException "a function node has outputs but no value")

    /// Pushes the steps that run a function node.
    member private x.NeedBundle(n: Node) =
        if not (bundles.ContainsKey n) then
            match n.Op with
            | Apply fn ->
                todo.Push(fun () ->
                    if not (bundles.ContainsKey n) then
                        bundles[n] <- functions x n fn (n.Args |> Array.map (fun a -> views[a])))

                x.Next(n.Args |> Array.map (fun a -> fun () -> x.Need a))
            | op -> raise (GraphException $"{op} has no outputs")

    member _.Constant(a: NdArray) : View =
        View.ofStorage (Storage(-1, 0L, Constants a)) { Dtype = a.Dtype; Shape = a.Shape }

    /// Pushes the steps that compute element-wise nodes of one class in one group, with the deferred nodes that only
    /// they read.
    member private x.Group(targets: Node list) =
        let struct (cone, outside) = ElementCone.find isThere targets

        match
            [| for n in outside do
                   if not (views.ContainsKey n) then n |]
        with
        | [||] -> if cone.Count > 0 then x.Emit(cone, targets)
        | missing ->
            // compute what the group reads first; that may remove nodes from the group, so search again
            todo.Push(fun () -> x.Group targets)
            x.Next(missing |> Array.map (fun n -> fun () -> x.Need n))

    /// Computes the nodes in one group if they have one class.
    member private x.Together(nodes: Node[]) =
        let waiting =
            nodes
            |> Array.map (ElementCone.through isThere)
            |> Array.distinct
            |> Array.filter (fun n -> not (views.ContainsKey n) && (ElementCone.classOf n).IsSome)

        let part (nodes: Node[]) =
            fun () ->
                let left = nodes |> Array.filter (fun n -> not (views.ContainsKey n))
                if left.Length > 1 then x.Group(List.ofArray left)

        x.Next
            [| for kind, group in Array.groupBy ElementCone.classOf waiting do
                   match kind with
                   | ValueSome(Alone _)
                   | ValueNone -> ()
                   | ValueSome Scalars
                   | ValueSome(Vectors _) -> yield! group |> Array.chunkBySize 32 |> Array.map part |]

    /// Adds the group of these nodes, whose arguments are available; the targets are stored.
    member private x.Emit(cone: HashSet<Node>, targets: Node list) =
        let order = cone |> Seq.sortBy (fun n -> index[n]) |> Seq.toArray
        let isScalar = (ElementCone.kindOf order = Scalars)

        /// whether a node outside the group reads it, directly or through renamings
        let rec isWanted (n: Node) =
            outputs.Contains n
            || users[n]
               |> Seq.exists (fun u ->
                   match u.Op with
                   | Reshape _
                   | StopGradient -> isWanted u
                   | _ -> not (cone.Contains u))

        let stored =
            order
            |> Array.filter (fun n ->
                if streams.Contains n then
                    List.exists (fun t -> obj.ReferenceEquals(t, n)) targets
                else
                    isWanted n)

        let struct (group, sources) = ElementCone.group isThere (fun n -> View.isSingle views[n]) order stored

        let arguments =
            Array.map2
                (fun (a: GroupArgument) (n: Node) ->
                    let v = views[n]
                    struct (a, (if isScalar || a.Single then v else x.ContiguousBy(v, true))))
                group.Arguments
                sources

        let kernel = GroupKernels.find group
        let results = stored |> Array.map (fun n -> x.NewArray n.Signature)
        Array.iter2 (fun n v -> views[n] <- v) stored results
        let places = Array.append (arguments |> Array.map (fun (struct (_, v)) -> v)) results
        let count = Shape.size order[0].Shape

        if count > 0L then
            let name () =
                let names = group.Steps |> Array.map ElementGroup.nameOf |> String.concat " "
                $"{order[0].Dtype} × {string count}: {names}"

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
        // all nodes except element-wise and movement nodes run in the graph's order
        for n in nodes do
            match n.Op with
            | Apply _ -> x.Do(fun () -> x.NeedBundle n)
            | _ ->
                match ElementCone.classOf n with
                | ValueSome _ -> ()
                | ValueNone ->
                    match n.Op with
                    | Reshape _
                    | Permute _
                    | Broadcast _
                    | Slice _
                    | Reverse _
                    | StopGradient -> ()
                    | _ when streams.Contains n -> ()
                    | _ -> x.View n |> ignore

        x.Do(fun () -> x.Together g.Outputs)
        let outputs = g.Outputs |> Array.map (fun n -> x.Contiguous(x.View n))
        let drafts = RowChain.merged (outputs |> Seq.map (fun v -> v.Storage)) (drafts.ToArray())

        let struct (size, guards) =
            if Guarding.isOn () then
                Guarding.layOut buffers
            else
                struct (Lowered.layOut buffers drafts outputs, [||])

        { Drafts = drafts; Size = size; Outputs = outputs; Guards = guards }

namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Kernels

/// Lowers function nodes: each gets memory for the graphs inside it, which is in use only while it runs.
module internal LowerFunctions =
    let rec graph (g: Graph) : Lowered =
        g.Memo(
            StreamLimits.key (Guarding.key (RowChain.key "lowered")),
            fun () ->
                let g = Sink.graph (Simplify.graph (Flatten.graph g))
                Lowering(g, LowerStream.lower, LowerPrimitives.lower, functions).Run()
        )

    and private child (x: Lowering) (g: Graph) (args: View[]) : Child =
        let lowered = graph g
        { Lowered = lowered; Memory = x.NewStorage lowered.Size; Arguments = args }

    /// A loop's body on memory of its own, with what it computes from captured values alone computed here.
    and private bodyOf (x: Lowering) (body: Graph) (carried: View[]) (captured: View[]) : Child =
        match Hoist.split (Simplify.graph (Flatten.graph body)) carried.Length with
        | ValueNone -> child x body (Array.append carried captured)
        | ValueSome(struct (prologue, rest)) ->
            let before = call x prologue captured
            child x rest (Array.concat [ carried; captured; before ])

    /// Runs a graph here; its results lie in memory that lives as long as they do.
    and private call (x: Lowering) (g: Graph) (args: View[]) : View[] =
        let c = child x g args

        x.DraftAround(
            "call",
            [ "called", c.Lowered ],
            Child.touches c,
            fun scope ->
                let _, instructions = Child.instantiate c scope
                Instruction.make (fun frame -> Instruction.runAll instructions frame)
        )

        c.Lowered.Outputs |> Array.map (Child.outward c)

    and private condition (x: Lowering) whenTrue whenFalse (args: View[]) : View[] =
        let predicate = args[0]
        let first = child x whenTrue args[1..]
        let second = child x whenFalse args[1..]
        let results = first.Lowered.Outputs |> Array.map (fun v -> x.NewArray { Dtype = v.Dtype; Shape = v.Shape })

        x.DraftAround(
            "cond",
            [ "where true", first.Lowered; "where false", second.Lowered ],
            Seq.concat
                [ Child.touches first; Child.touches second; Child.storagesOf [ predicate ]; Child.storagesOf results ],
            fun scope ->
                let into = results |> Array.map (Child.slot scope)
                let at = scope.Offset predicate

                let branch c =
                    let inner, instructions = Child.instantiate c scope
                    let out = c.Lowered.Outputs |> Array.map (Child.slot inner)
                    struct (instructions, out)

                let struct (runTrue, outTrue) = branch first
                let struct (runFalse, outFalse) = branch second

                // a loop, as a function of the frame would be made anew in every run
                let copyAll (frame: Workspace) (out: Slot[]) =
                    for k in 0 .. into.Length - 1 do
                        Slot.copy frame out[k] into[k]

                Instruction.make (fun frame ->
                    if Rows.Any(frame.Memory + nativeint at, 1L) then
                        Instruction.runAll runTrue frame
                        copyAll frame outTrue
                    else
                        Instruction.runAll runFalse frame
                        copyAll frame outFalse)
        )

        results

    and private loopViews (x: Lowering) (l: Loop) (args: View[]) : LoopViews =
        let n = l.States + l.Controls
        let carried = args[.. n - 1] |> Array.map (fun v -> x.NewArray { Dtype = v.Dtype; Shape = v.Shape })
        let body = bodyOf x l.Body carried args[n..]

        // a carried value passed on as another one would be overwritten before it is read
        let aside =
            [| for i in 0 .. n - 1 do
                   let v = body.Lowered.Outputs[i]

                   match v.Storage.Home with
                   | Argument k when k < n && k <> i ->
                       struct (i, Child.outward body v, x.NewArray { Dtype = v.Dtype; Shape = v.Shape })
                   | _ -> () |]

        let rows = Shape.extent "loop" (Shape.size l.Batch)

        { Carried = carried
          Body = body
          Aside = aside
          Flags = Array.init (2 + l.Streams.Length) (fun _ -> x.NewArray(LoopViews.flagsOf rows))
          Counts = Array.init l.Streams.Length (fun _ -> x.NewArray(LoopViews.countsOf rows)) }
    and private loop (x: Lowering) (n: Node) (l: Loop) (args: View[]) : View[] =
        let carried = l.States + l.Controls
        let v = loopViews x l args
        let isTaped = (LoopViews.taped x.Graph).Contains n
        let capacities = l.StreamOf |> Array.map (fun k -> l.Streams[k].Capacity)

        let emissions =
            Infer.outputs (Loop l) (n.Args |> Array.map (fun a -> a.Signature))
            |> Array.skip carried
            |> Array.mapi (fun e s ->
                match capacities[e] with
                | ValueSome _ -> x.NewArray s
                | ValueNone -> { View.ofStorage (Storage(-1, 0L, Emission(n, e))) s with Shape = s.Shape })

        x.DraftAround(
            "loop",
            [ "body", v.Body.Lowered ],
            Seq.concat [ LoopViews.touches v; Child.storagesOf args; Child.storagesOf emissions ],
            fun scope ->
                let targets =
                    emissions
                    |> Array.mapi (fun e view ->
                        match capacities[e] with
                        | ValueSome capacity -> Fixed(Child.slot scope view, capacity)
                        | ValueNone -> Grown(scope.Emission(n, e)))

                let tape = if isTaped then ValueSome(scope.Tape n) else ValueNone
                let watch = LoopViews.watchOf l v.Carried[l.States ..] scope
                let plan = LoopViews.plan l v scope (Array.get targets) tape (LoopViews.limitOf l args) watch
                let start = args[.. carried - 1] |> Array.map (Child.slot scope)
                let into = Array.append plan.States plan.Controls

                Instruction.make (fun frame ->
                    for i in 0 .. into.Length - 1 do
                        Slot.copy frame start[i] into[i]

                    LoopRun.run plan frame)
        )

        Array.append v.Carried emissions

    and private pullback (x: Lowering) (n: Node) (p: Pullback) (args: View[]) : View[] =
        let l = p.Of
        let inputs, carried = p.Wanted.Length, l.States + l.Controls
        let own = args[.. inputs - 1]
        let rows = Shape.extent "loop" (Shape.size l.Batch)
        let sameAs (v: View) = x.NewArray { Dtype = v.Dtype; Shape = v.Shape }

        let given =
            let mutable next = inputs - 1

            p.Given
            |> Array.map (fun isGiven ->
                if isGiven then
                    next <- next + 1
                    ValueSome args[next]
                else
                    ValueNone)

        let v = loopViews x l own
        let active =
            [| for i in 0 .. l.States - 1 do
                   if p.ActiveStates[i] then i |]

        /// by state: its place among the active ones
        let activeAt = Array.create l.States -1
        active |> Array.iteri (fun k i -> activeAt[i] <- k)

        let wanted =
            [| for i in carried .. inputs - 1 do
                   if p.Wanted[i] then i |]
        let cotangents = active |> Array.map (fun i -> sameAs own[i])
        let mine = active |> Array.map (fun i -> sameAs own[i])
        let totals = wanted |> Array.map (fun i -> sameAs own[i])

        let streamOf = l.StreamOf

        let emissions =
            [| for e in 0 .. l.Emits - 1 do
                   match given[carried + e] with
                   | ValueSome w when p.ActiveEmits[e] ->
                       struct (streamOf[e], w, x.NewArray l.Body.Outputs[carried + e].Signature)
                   | _ -> () |]

        let isSafeNeeded = rows > 1
        let safe = if isSafeNeeded then Array.map sameAs v.Carried else [||]
        let parts = emissions |> Array.map (fun (struct (_, _, part)) -> part)
        let swept = p.Sweep.Value
        let varying = Array.concat [ mine; parts ]

        // captured values last, as hoisting wants them
        let order =
            let captured = own.Length - carried
            Array.concat
                [ [| 0 .. carried - 1 |]
                  [| carried + captured .. swept.Inputs.Length - 1 |]
                  [| carried .. carried + captured - 1 |] ]

        let struct (swept, whole, rowSums) =
            SparseSums.split (Simplify.graph (Flatten.graph (reorder swept order))) active.Length

        let sweep = bodyOf x swept (Array.append v.Carried varying) own[carried..]
        let isPaired, primal =
            match (LoopViews.pairs x.Graph).TryGetValue n with
            | true, primal -> true, primal
            | _ -> false, n

        // states without an active cotangent that are wanted all the same
        let zeros =
            [| for i in 0 .. l.States - 1 do
                   if p.Wanted[i] && not p.ActiveStates[i] then struct (i, sameAs own[i]) |]

        x.DraftAround(
            "pullback",
            [ "body", v.Body.Lowered; "sweep", sweep.Lowered ],
            Seq.concat
                [ LoopViews.touches v
                  Child.touches sweep
                  Child.storagesOf args
                  Child.storagesOf cotangents
                  Child.storagesOf varying
                  Child.storagesOf totals
                  Child.storagesOf safe
                  zeros |> Seq.map (fun (struct (_, z)) -> z.Storage) ],
            fun scope ->
                let tape = scope.Tape primal
                let discarded = Array.map (fun _ -> Grown(scope.Maker.NewEmission())) [| 1 .. l.Emits |]
                let plan =
                    LoopViews.plan l v scope (Array.get discarded) (ValueSome tape) (LoopViews.limitOf l own) ValueNone
                let inner, instructions = Child.instantiate sweep scope
                let out = sweep.Lowered.Outputs |> Array.map (Child.slot inner)

                let behind = active.Length + whole.Length

                let rowSum (k: int) (r: RowSum) =
                    let total, updates, indices = totals[r.Of], r.Updates.Shape, r.Indices.Shape
                    let product (shape: int[]) = Shape.size shape

                    { Total = Child.slot scope total
                      Indices = out[behind + 2 * k]
                      Updates = out[behind + 2 * k + 1]
                      Type = ElementGroup.elementType total.Dtype
                      IndexType = ElementGroup.elementType r.Indices.Dtype
                      Batches = product indices[.. r.Batch - 1]
                      Rows = int64 total.Shape[r.Batch]
                      Count = int64 indices[r.Batch]
                      Width = product updates[r.Batch + 1 ..] }

                let pull =
                    { Loop = plan
                      Tape = tape
                      Cotangents = Array.map (Child.slot scope) cotangents
                      Mine = Array.map (Child.slot scope) mine
                      Next = out[.. active.Length - 1]
                      Totals = whole |> Array.map (fun i -> Child.slot scope totals[i])
                      Parts = out[active.Length .. behind - 1]
                      Types = whole |> Array.map (fun i -> ElementGroup.elementType totals[i].Dtype)
                      RowSums = Array.mapi rowSum rowSums
                      Emissions =
                        emissions
                        |> Array.map (fun (struct (stream, w, part)) ->
                            { Stream = stream
                              Given = Child.slot scope w
                              Room = w.Shape[l.Batch.Length]
                              Part = Child.slot scope part })
                      Sweep = instructions
                      SafeStates = if isSafeNeeded then Array.map (Child.slot scope) safe[.. l.States - 1] else [||]
                      SafeControls = if isSafeNeeded then Array.map (Child.slot scope) safe[l.States ..] else [||] }

                let start = own[.. carried - 1] |> Array.map (Child.slot scope)
                let into = Array.append plan.States plan.Controls
                let given = active |> Array.map (fun i -> given[i] |> ValueOption.map (Child.slot scope))
                let cleared =
                    Array.append
                        (Array.map (fun (struct (_, z)) -> Child.slot scope z) zeros)
                        (Array.map (Child.slot scope) totals)

                Instruction.make (fun frame ->
                    for i in 0 .. into.Length - 1 do
                        Slot.copy frame start[i] into[i]

                    if not isPaired then LoopRun.run plan frame

                    for i in 0 .. pull.SafeStates.Length - 1 do
                        Slot.copy frame start[i] pull.SafeStates[i]

                    for i in 0 .. pull.SafeControls.Length - 1 do
                        Slot.copy frame start[l.States + i] pull.SafeControls[i]

                    for i in 0 .. given.Length - 1 do
                        match given[i] with
                        | ValueSome w -> Slot.copy frame w pull.Cotangents[i]
                        | ValueNone -> Slot.clear frame pull.Cotangents[i]

                    for s in cleared do
                        Slot.clear frame s

                    PullbackRun.run pull frame)
        )

        let zeroOf = dict [ for struct (i, z) in zeros -> i, z ]

        [| for i in 0 .. l.States - 1 do
               if p.Wanted[i] then if activeAt[i] >= 0 then cotangents[activeAt[i]] else zeroOf[i]
           yield! totals |]

    /// The same function with its inputs in another order.
    and private reorder (g: Graph) (order: int[]) : Graph =
        g.Memo(
            ("reorder", String.Join(",", Array.map string order)),
            fun () ->
                let inputs = order |> Array.map (fun i -> g.Inputs[i])
                let arguments = Array.zeroCreate order.Length
                order |> Array.iteri (fun k i -> arguments[i] <- Intern.input k g.Inputs[i])
                Intern.graph inputs (Intern.rebuild g arguments Intern.again)
        )

    and private host (x: Lowering) (h: Host) (args: View[]) : View[] =
        let results = h.Outputs |> Array.map x.NewArray

        x.Draft(
            "host",
            Seq.append (Child.storagesOf args) (Child.storagesOf results),
            fun scope ->
                let places = args |> Array.map scope.Offset
                let into = results |> Array.map scope.Offset

                Instruction.make (fun frame ->
                    let arrays =
                        Array.map2
                            (fun (v: View) (at: int64) ->
                                ArrayMemory.read v.Dtype v.Shape (frame.Memory + nativeint at))
                            args
                            places

                    Array.iter2
                        (fun a (at: int64) -> ArrayMemory.write a (frame.Memory + nativeint at))
                        (h.Run arrays)
                        into)
        )

        results

    and private functions (x: Lowering) (n: Node) (fn: Fn) (args: View[]) : View[] =
        let args = args |> Array.map x.Contiguous

        match fn with
        | Call(g, _) -> call x g args
        | Custom c -> call x c.Primal args
        | Root r -> call x r.Solve args
        | Cond(whenTrue, whenFalse) -> condition x whenTrue whenFalse args
        | Loop l -> loop x n l args
        | Pullback p -> pullback x n p args
        | Host h -> host x h args

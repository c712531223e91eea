namespace NeuralDE.Internal.Engine

open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Lowers function nodes. The graphs inside each one get memory that is in use only while the node runs.
module internal LowerFunctions =
    let rec graph (g: Graph) : Lowered =
        g.Memo(
            LowerLanes.cacheKey (StreamLimits.key (Guarding.key (RowChain.key "lowered"))),
            fun () ->
                let g = Sink.graph (Simplify.graph (Flatten.graph g))
                Lowering(g, LowerStream.lower, LowerPrimitives.lower, functions).Run()
        )

    and private child (x: Lowering) (g: Graph) (args: View[]) : Child =
        let lowered = graph g
        { Lowered = lowered; Memory = x.NewStorage lowered.Size; Arguments = args }

    /// Lowers a loop's body with its own memory; what it computes from captured values only is computed here, before
    /// the loop.
    and private bodyOf (x: Lowering) (body: Graph) (carried: View[]) (captured: View[]) : Child =
        match Hoist.split (Simplify.graph (Flatten.graph body)) carried.Length with
        | ValueNone -> child x body (Array.append carried captured)
        | ValueSome(struct (prologue, rest)) ->
            let before = call x prologue captured
            child x rest (Array.concat [ carried; captured; before ])

    /// Runs a graph here; the memory of its results lives as long as the results.
    and private call (x: Lowering) (g: Graph) (args: View[]) : View[] =
        let c = child x g args

        x.DraftAround(
            (fun () -> "call"),
            [ "called", c.Lowered ],
            Child.touches c,
            fun scope ->
                let _, instructions = Child.instantiate c scope
                Instruction.make (fun work -> Instruction.runAll instructions work)
        )

        c.Lowered.Outputs |> Array.map (Child.outward c)

    and private condition (x: Lowering) whenTrue whenFalse (args: View[]) : View[] =
        let predicate = args[0]
        let first = child x whenTrue args[1..]
        let second = child x whenFalse args[1..]
        let results = first.Lowered.Outputs |> Array.map (fun v -> x.NewArray { Dtype = v.Dtype; Shape = v.Shape })

        x.DraftAround(
            (fun () -> "cond"),
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

                // a loop, because a closure over the workspace would be allocated in every run
                let copyAll (work: Workspace) (out: Slot[]) =
                    for k in 0 .. into.Length - 1 do
                        Slot.copy work out[k] into[k]

                Instruction.make (fun work ->
                    if RowMemory.Any(work.Memory + nativeint at, 1L) then
                        Instruction.runAll runTrue work
                        copyAll work outTrue
                    else
                        Instruction.runAll runFalse work
                        copyAll work outFalse)
        )

        results

    and private loopViews (x: Lowering) (l: Loop) (residuals: Residuals voption) (args: View[]) : LoopViews =
        let n = l.States + l.Registers
        let carried = args[.. n - 1] |> Array.map (fun v -> x.NewArray { Dtype = v.Dtype; Shape = v.Shape })
        let body = bodyOf x (Residuals.bodyWith l.Body residuals) carried args[n..]

        // a carried value returned as another carried value would be overwritten before it is read
        let aside =
            [| for i in 0 .. n - 1 do
                   let v = body.Lowered.Outputs[i]

                   match v.Storage.Home with
                   | StorageHome.Argument k when k < n && k <> i ->
                       struct (i, Child.outward body v, x.NewArray { Dtype = v.Dtype; Shape = v.Shape })
                   | _ -> () |]

        let rows = Shape.extent "loop" (Shape.size l.Batch)

        { Carried = carried
          Body = body
          Aside = aside
          Flags = Array.init (2 + l.Streams.Length) (fun _ -> x.NewArray(LoopViews.flagsOf rows))
          Counts = Array.init l.Streams.Length (fun _ -> x.NewArray(LoopViews.countsOf rows)) }

    and private loop (x: Lowering) (n: Node) (l: Loop) (args: View[]) : View[] =
        let carried = l.States + l.Registers
        let residuals = residualsOf x n
        let v = loopViews x l residuals args
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
            (fun () -> "loop" + LowerLanes.notBecause l),
            [ "body", v.Body.Lowered ],
            Seq.concat [ LoopViews.touches v; Child.storagesOf args; Child.storagesOf emissions ],
            fun scope ->
                let targets =
                    emissions
                    |> Array.mapi (fun e view ->
                        match capacities[e] with
                        | ValueSome capacity -> Preallocated(Child.slot scope view, capacity)
                        | ValueNone -> Grown(scope.Emission(n, e)))

                let tape = if isTaped then ValueSome(scope.Tape n) else ValueNone
                let watch = LoopViews.watchOf l v.Carried[l.States ..] scope
                let plan = LoopViews.plan l v scope (ValueSome targets) tape watch

                let faster = LowerSingle.loop l n isTaped scope plan.Body.Length v emissions
                let plan = { plan with Faster = faster }
                let start = args[.. carried - 1] |> Array.map (Child.slot scope)
                let into = Array.append plan.States plan.Registers

                Instruction.make (fun work ->
                    for i in 0 .. into.Length - 1 do
                        Slot.copy work start[i] into[i]

                    LoopRun.run plan work)
        )

        Array.append v.Carried emissions

    /// What the only reverse sweep of a loop needs of its body.
    and private residualsOf (x: Lowering) (loop: Node) : Residuals voption =
        match sweepsOf x.Graph loop with
        | [| p |] -> Residuals.ofSweep p
        | _ -> ValueNone

    /// The further outputs of a body with residuals.
    and private valuesOf (l: Loop) (v: LoopViews) : View[] =
        v.Body.Lowered.Outputs[l.States + l.Registers + l.Emits + l.Flags ..] |> Array.map (Child.outward v.Body)

    and private pullbackViews
        (x: Lowering)
        (p: Pullback)
        (residuals: Residuals voption)
        (given: View voption[])
        (args: View[])
        : PullbackViews =
        let l = p.Of
        let inputs, carried = p.Wanted.Length, l.States + l.Registers
        let own = args[.. inputs - 1]
        let sameAs (v: View) = x.NewArray { Dtype = v.Dtype; Shape = v.Shape }
        let chosen first last isChosen = [| first..last |] |> Array.filter isChosen
        let v = loopViews x l residuals own
        let active = chosen 0 (l.States - 1) (fun i -> p.ActiveStates[i])
        let wanted = chosen carried (inputs - 1) (fun i -> p.Wanted[i])
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

        let rows = Shape.extent "loop" (Shape.size l.Batch)
        let safe = if rows > 1 then Array.map sameAs v.Carried else [||]
        let parts = emissions |> Array.map (fun (struct (_, _, part)) -> part)
        let struct (swept, whole, rowSums) = PullbackViews.sweepOf p active.Length
        let given = Array.concat [ v.Carried; mine; parts ]
        let sweep = bodyOf x swept given own[carried..]

        let shorter = residuals |> ValueOption.bind (fun r -> PullbackViews.shorterOf r active.Length whole rowSums)
        let shorter =
            shorter |> ValueOption.map (fun g -> bodyOf x g (Array.append given (valuesOf l v)) own[carried..])

        // one of both sweeps runs at a time, in the memory of the larger one
        let memory =
            match shorter with
            | ValueSome s when s.Lowered.Size > sweep.Lowered.Size -> s.Memory
            | ValueSome _
            | ValueNone -> sweep.Memory

        { Loop = v
          Sweep = { sweep with Memory = memory }
          Shorter = shorter |> ValueOption.map (fun s -> { s with Memory = memory })
          Active = active
          Cotangents = cotangents
          Mine = mine
          Totals = totals
          Whole = whole
          RowSums = rowSums
          Emissions = emissions
          Safe = safe
          Rows = Array.init 2 (fun _ -> x.NewArray(LoopViews.flagsOf rows))
          Zeros =
            chosen 0 (l.States - 1) (fun i -> p.Wanted[i] && not p.ActiveStates[i])
            |> Array.map (fun i -> struct (i, sameAs own[i])) }

    and private pullback (x: Lowering) (n: Node) (p: Pullback) (args: View[]) : View[] =
        let l = p.Of
        let own = args[.. p.Wanted.Length - 1]
        let given = PullbackViews.givenOf p args

        let isPaired, primal =
            match (LoopViews.pairs x.Graph).TryGetValue n with
            | true, primal -> true, primal
            | _ -> false, n

        let residuals = if isPaired then residualsOf x primal else Residuals.ofSweep p
        let v = pullbackViews x p residuals given args

        x.DraftAround(
            (fun () -> "pullback" + LowerLaneSweeps.sweepNotBecause p),
            [ "body", v.Loop.Body.Lowered
              "sweep", v.Sweep.Lowered
              match v.Shorter with
              | ValueSome c -> "sweep after a body", c.Lowered
              | ValueNone -> () ],
            PullbackViews.touches v args,
            fun scope ->
                let tape = scope.Tape primal
                let loop = LoopViews.plan l v.Loop scope ValueNone (ValueSome tape) (LoopViews.sweepWatchOf l)
                let pull = PullbackViews.plan l v scope loop tape
                let start = own[.. l.States + l.Registers - 1] |> Array.map (Child.slot scope)
                let givenSlots = v.Active |> Array.map (fun i -> given[i] |> ValueOption.map (Child.slot scope))

                let cleared =
                    Array.append
                        (Array.map (fun (struct (_, z)) -> Child.slot scope z) v.Zeros)
                        (Array.map (Child.slot scope) v.Totals)

                let instructions = loop.Body.Length + pull.Sweep.Instructions.Length
                let faster = LowerSingle.pullback p primal isPaired scope instructions v given args
                PullbackViews.instruction pull faster isPaired start givenSlots cleared
        )

        PullbackViews.results p v

    and private host (x: Lowering) (h: Host) (args: View[]) : View[] =
        let results = h.Outputs |> Array.map x.NewArray

        x.Draft(
            "host",
            Seq.append (Child.storagesOf args) (Child.storagesOf results),
            fun scope ->
                let places = args |> Array.map scope.Offset
                let into = results |> Array.map scope.Offset

                Instruction.make (fun work ->
                    let arrays =
                        Array.map2
                            (fun (v: View) (at: int64) ->
                                ArrayMemory.read v.Dtype v.Shape (work.Memory + nativeint at))
                            args
                            places

                    Array.iter2
                        (fun a (at: int64) -> ArrayMemory.write a (work.Memory + nativeint at))
                        (h.Run arrays)
                        into)
        )

        results

    /// The reverse sweeps that read the tape of a loop.
    and private sweepsOf (g: Graph) (loop: Node) : Pullback[] =
        [| for pair in LoopViews.pairs g do
               match pair.Key.Op with
               | Apply(Pullback p) when obj.ReferenceEquals(pair.Value, loop) -> p
               | _ -> () |]

    and private loopOf (x: Lowering) (n: Node) (l: Loop) (args: View[]) : View[] =
        let sweeps = sweepsOf x.Graph n
        // a plan's sweep reads the tape of a plan's loop
        let needsTape = sweeps |> Array.exists (fun p -> (LowerLaneSweeps.sweepOf p).IsNone)

        match if needsTape then ValueNone else LowerLanes.planOf l with
        | ValueSome plan -> LowerLanes.loop x (call x) n l plan (LowerLaneSweeps.recordOf sweeps) args
        | ValueNone -> loop x n l args

    and private pullbackOf (x: Lowering) (n: Node) (p: Pullback) (args: View[]) : View[] =
        match LowerLaneSweeps.sweepOf p with
        | ValueSome plans ->
            let recorded =
                match (LoopViews.pairs x.Graph).TryGetValue n with
                | true, loop ->
                    LowerLaneSweeps.recordOf (sweepsOf x.Graph loop)
                    |> ValueOption.map (fun slots -> struct (loop, slots))
                | _ -> ValueNone

            LowerLaneSweeps.pullback x (call x) p recorded plans (PullbackViews.givenOf p args) args
        | ValueNone -> pullback x n p args

    and private functions (x: Lowering) (n: Node) (fn: Fn) (args: View[]) : View[] =
        let args = args |> Array.map x.Contiguous

        match fn with
        | Call(g, _) -> call x g args
        | Custom c -> call x c.Primal args
        | Root r -> call x r.Solve args
        | Cond(whenTrue, whenFalse) -> condition x whenTrue whenFalse args
        | Loop l -> loopOf x n l args
        | Pullback p -> pullbackOf x n p args
        | Host h -> host x h args

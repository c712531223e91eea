namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Lowers loops by row, whose bodies for one row are small, to lanes.
module internal LowerLanes =
    /// Whether loops by row may run by lanes; off in tests of the other path.
    let mutable isOn = Environment.GetEnvironmentVariable "NEURALDE_LANES" <> "none"

    /// Appends the setting to a name, for caches whose content depends on it.
    let cacheKey (name: string) : string = if isOn then name else name + " without lanes"

    let private key (l: Loop) (axes: bool[][]) =
        let streams = l.Streams |> Array.map (fun s -> string s.Emits) |> String.concat ","
        let flags =
            axes |> Array.map (Array.map (fun b -> if b then "1" else "0") >> String.concat "") |> String.concat ","
        $"lanes {string l.States} {string l.Registers} {streams} {flags}"

    /// Whether every emission has a place before the run, and nobody watches the registers.
    let isPlain (l: Loop) =
        l.Streams |> Array.forall (fun s -> s.Emits = 0 || s.Capacity.IsSome) && l.Watch <> ValueSome Reporting

    /// The loop by lanes; ValueNone if it is not by row, or too large, or has operations that lanes do not have.
    let planOf (l: Loop) : LanePlan voption =
        if not isOn || l.Batch.Length = 0 || not (isPlain l) then
            ValueNone
        else
            match RowLoop.innermost l with
            | ValueNone -> ValueNone
            | ValueSome(struct (row, axes)) ->
                row.Body.Memo(
                    key row axes,
                    fun () ->
                        try
                            ValueSome(LanePlan.make row axes)
                        with :? NotLanesException ->
                            ValueNone
                )

    /// Why a loop by row does not run by lanes, for Engine.explain; empty for a loop without batch axes.
    let notBecause (l: Loop) : string =
        let reason =
            if l.Batch.Length = 0 then
                ""
            elif not isOn then
                "they are off"
            elif not (isPlain l) then
                "it reports its progress, or the number of its outputs is unknown"
            else
                match RowLoop.innermost l with
                | ValueNone -> "no vmap made it"
                | ValueSome(struct (row, axes)) ->
                    try
                        LanePlan.make row axes |> ignore
                        "its tape is read"
                    with :? NotLanesException as e ->
                        e.Message

        if reason = "" then "" else $", not by lanes: {reason}"

    /// By row: the index of its part of an array that has only these batch axes; empty if it has all.
    let indexOf (batch: int[]) (axes: bool[]) : int[] =
        if Array.forall id axes then
            [||]
        else
            Array.init (int (Shape.size batch)) (fun row ->
                let mutable rest, index, size = row, 0, 1

                for axis in batch.Length - 1 .. -1 .. 0 do
                    if axes[axis] then
                        index <- index + rest % batch[axis] * size
                        size <- size * batch[axis]

                    rest <- rest / batch[axis]

                index)

    /// The columns of an array whose rows have this shape, from a slot on.
    let columns (scope: Scope) (v: View) (row: Signature) (index: int[]) (first: int) : LaneColumn[] =
        let width, size = int (Shape.size row.Shape), row.Dtype.Size
        let at = scope.Offset v

        Array.init width (fun c ->
            { Slot = first + c
              Dtype = row.Dtype
              At = at + int64 (c * size)
              Bytes = int64 width * int64 size
              Index = index
              IsAddress = false })

    /// The shared captured values, in the order of the prologue.
    let private sharedOf (axes: bool[][]) (captured: View[]) =
        [| for c in 0 .. axes.Length - 1 do
               if not (Array.contains true axes[c]) then captured[c] |]

    /// The captured values, then those that the prologue computes.
    let private withPrologue (call: Graph -> View[] -> View[]) prologue (axes: bool[][]) (captured: View[]) : View[] =
        match prologue with
        | ValueSome prologue -> Array.append captured (call prologue (sharedOf axes captured))
        | ValueNone -> captured

    /// The shared numbers and arrays of the captured values.
    let private shared
        (scope: Scope)
        (code: LaneCode)
        (places: LaneCaptured[])
        (captured: View[])
        : struct (struct (Dtype * int64)[] * struct (int * int64)[]) =
        // a table has no number
        let numbers = Array.create code.Shared.Length (struct (Int64, -1L))
        let tables = Array.zeroCreate code.Tables.Length

        places
        |> Array.iteri (fun k place ->
            let v = captured[k]

            match place with
            | ByLane _
            | ArrayByLane _ -> ()
            | Array table -> tables[table] <- struct (code.Tables[table], scope.Offset v)
            | Shared first ->
                for c in 0 .. int (View.size v) - 1 do
                    numbers[first + c] <- struct (v.Dtype, scope.Offset v + int64 (c * v.Dtype.Size)))

        struct (numbers, tables)

    /// The columns of captured values with a number for each lane, and of the addresses of arrays of each row.
    let capturedColumns (scope: Scope) (plan: LanePlan) (batch: int[]) (captured: View[]) : LaneColumn[] =
        let row k =
            let v, axes = captured[k], plan.Axes[k]
            let rank = axes |> Array.filter id |> Array.length
            struct (v, { Dtype = v.Dtype; Shape = v.Shape[rank..] }, indexOf batch axes)

        plan.Captured
        |> Array.mapi (fun k place ->
            match place with
            | Shared _
            | Array _ -> [||]
            | ByLane first ->
                let struct (v, row, index) = row k
                columns scope v row index first
            | ArrayByLane slot ->
                let struct (v, row, index) = row k
                [| { Slot = slot
                     Dtype = Int64
                     At = scope.Offset v
                     Bytes = Shape.size row.Shape * int64 row.Dtype.Size
                     Index = index
                     IsAddress = true } |])
        |> Array.concat

    let private emissionsOf (l: Loop) (plan: LanePlan) (scope: Scope) (views: View[]) : LaneEmissions[] =
        let streamOf, rank = l.StreamOf, l.Batch.Length

        l.Streams
        |> Array.mapi (fun k stream ->
            let places =
                [| for e in 0 .. views.Length - 1 do
                       if streamOf[e] = k then
                           let v = views[e]
                           let width, size = int (Shape.size v.Shape[rank + 1 ..]), v.Dtype.Size

                           for c in 0 .. width - 1 do
                               struct (v.Dtype, scope.Offset v + int64 (c * size), int64 (width * size), v.Shape[rank]) |]

            let emitted (struct (_, slot)) (struct (dtype, at, bytes, capacity)) =
                { EmitSlot = slot
                  EmitDtype = dtype
                  EmitAt = at
                  RowBytes = bytes * int64 (capacity: int)
                  EmitBytes = bytes }

            // a sweep does not store emissions
            let numbers = if views.Length = 0 then [||] else Array.map2 emitted plan.Code.Streams[k].Emits places

            { Wrote = plan.Code.Streams[k].Wrote
              Capacity = ValueOption.defaultValue 0 stream.Capacity
              Numbers = numbers })

    let private columnsOfCarried (scope: Scope) (plan: LanePlan) rank (views: View[]) : LaneColumn[] =
        views
        |> Array.mapi (fun i v -> columns scope v { Dtype = v.Dtype; Shape = v.Shape[rank..] } [||] plan.Carried[i])
        |> Array.concat

    /// The loop with its places.
    let loopOf
        (l: Loop)
        (plan: LanePlan)
        (scope: Scope)
        pair
        (start: View[])
        (carried: View[])
        (captured: View[])
        (emissions: View[])
        =
        let rank = l.Batch.Length
        let rows = Shape.extent "loop" (Shape.size l.Batch)
        let struct (numbers, tables) = shared scope plan.Code plan.Captured captured

        let inputs = columnsOfCarried scope plan rank start

        { Pair = pair
          Rows = rows
          Carried = inputs.Length
          Inputs = Array.append inputs (capturedColumns scope plan l.Batch captured)
          Outputs = columnsOfCarried scope plan rank carried
          Streams = emissionsOf l plan scope emissions
          Cleared = emissions |> Array.map (Child.slot scope)
          Shared = numbers
          Tables = tables
          IsWatched = l.Watch.IsSome
          Counts = [||] }

    /// Lowers a loop by lanes.
    let loop
        (x: Lowering)
        (call: Graph -> View[] -> View[])
        (n: Node)
        (l: Loop)
        (plan: LanePlan)
        (args: View[])
        : View[] =
        let n' = l.States + l.Registers
        let start = args[.. n' - 1]
        let captured = withPrologue call plan.Prologue plan.Axes args[n'..]
        let carried = start |> Array.map (fun v -> x.NewArray { Dtype = v.Dtype; Shape = v.Shape })

        let emissions =
            Infer.outputs (Loop l) (n.Args |> Array.map (fun a -> a.Signature)) |> Array.skip n' |> Array.map x.NewArray

        let size = $"{string plan.Code.Program.Nodes.Count} numbers, {string plan.Code.Slots.Length} kept"

        x.Draft(
            $"loop by lanes, {size}",
            Seq.concat [ start; carried; captured; emissions ] |> Child.storagesOf,
            fun scope ->
                let rows = Shape.extent "loop" (Shape.size l.Batch)
                let pair = LaneKernels.find plan.Code rows LaneKernels.most
                let run = loopOf l plan scope pair start carried captured emissions
                let idle = Idle(fun () -> LaneRun.Turn run)
                let from, into = Array.map (Child.slot scope) start, Array.map (Child.slot scope) carried

                Instruction.make (fun work ->
                    // a run that is cancelled returns where it began
                    if run.IsWatched then
                        for i in 0 .. from.Length - 1 do
                            Slot.copy work from[i] into[i]

                    LaneRun.run run idle work)
        )

        Array.append carried emissions

    // ── reverse ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The active emissions whose cotangents are given.
    let private emitted (p: Pullback) =
        let n = p.Of.States + p.Of.Registers
        [| for e in 0 .. p.Of.Emits - 1 do
               if p.ActiveEmits[e] && p.Given[n + e] then e |]

    let activeOf (p: Pullback) =
        [| for i in 0 .. p.Of.States - 1 do
               if p.ActiveStates[i] then i |]

    /// The wanted captured values, by index among the arguments.
    let wantedOf (p: Pullback) =
        [| for i in p.Of.States + p.Of.Registers .. p.Wanted.Length - 1 do
               if p.Wanted[i] then i |]

    /// Whether the cotangent of a captured value is one sum, or one part for each row.
    let private isOneOrAll (axes: bool[]) = Array.forall id axes || not (Array.contains true axes)

    /// The code of a sweep, or why there is none. Loops with different conditions, bounds or constants can have one sweep: what is
    /// remembered with it does not contain the code of the loop.
    let private sweepPlanOf (p: Pullback) (swept: Graph) : Result<LaneSweepPlan, string> =
        match RowLoop.innermost p.Of with
        | ValueNone -> Error "no vmap made it"
        | ValueSome(struct (row, axes)) ->
            let active, wanted = (activeOf p).Length, wantedOf p
            let numbers = wanted |> Array.map string |> String.concat ","

            swept.Memo(
                $"{key p.Of axes} {string active} {numbers}",
                fun () ->
                    try
                        Ok(LanePlan.sweep true row axes swept active wanted)
                    with :? NotLanesException as e ->
                        Error e.Message
            )

    let private sweepOrReason (p: Pullback) : Result<struct (LanePlan * LaneSweepPlan), string> =
        let inOneLayout (plan: LanePlan) (sweep: LaneSweepPlan) =
            LaneBlock.isNarrow sweep.Sweep.Program = LaneBlock.isNarrow plan.Code.Program

        match planOf p.Of, p.RowSweep.Value with
        | ValueNone, _ -> Error "nor is its loop"
        | _, ValueNone -> Error "no vmap made it"
        | ValueSome plan, ValueSome swept ->
            let n = p.Of.States + p.Of.Registers

            if wantedOf p |> Array.forall (fun i -> isOneOrAll plan.Axes[i - n]) then
                match sweepPlanOf p swept with
                | Ok sweep when inOneLayout plan sweep -> Ok(struct (plan, sweep))
                | Ok _ -> Error "only the loop or only the sweep has float32"
                | Error reason -> Error reason
            else
                Error "a derivative by a value that some batch axes share"

    /// A reverse sweep by lanes; ValueNone if the loop does not run by lanes, or its sweep cannot.
    let sweepOf (p: Pullback) : struct (LanePlan * LaneSweepPlan) voption =
        match sweepOrReason p with
        | Ok plans -> ValueSome plans
        | Error _ -> ValueNone

    /// Why a reverse sweep by row does not run by lanes, for Engine.explain; empty for a loop without batch axes.
    let sweepNotBecause (p: Pullback) : string =
        match sweepOrReason p with
        | Error reason when p.Of.Batch.Length > 0 -> $", not by lanes: {reason}"
        | _ -> ""

    let private emissionsGiven
        (p: Pullback)
        (sweep: LaneSweepPlan)
        (scope: Scope)
        (given: View voption[])
        : LaneGiven[] =
        let n, rank, streamOf = p.Of.States + p.Of.Registers, p.Of.Batch.Length, p.Of.StreamOf

        emitted p
        |> Array.mapi (fun k e ->
            let v = given[n + e].Value
            let width, size, room = int (Shape.size v.Shape[rank + 1 ..]), v.Dtype.Size, v.Shape[rank]

            Array.init width (fun c ->
                { Slot = sweep.Emissions[k] + c
                  Dtype = v.Dtype
                  Stream = streamOf[e]
                  At = scope.Offset v + int64 (c * size)
                  RowBytes = int64 width * int64 size * int64 room
                  Bytes = int64 (width * size)
                  Room = room }))
        |> Array.concat

    /// The arrays of a sweep by lanes, as views of the parent: captured values for the loop and for the sweep, cotangents
    /// of wanted states, and of wanted captured values.
    [<NoEquality; NoComparison>]
    type SweepViews =
        { Plan: LanePlan
          Sweep: LaneSweepPlan
          Own: View[]
          Captured: View[]
          SweepCaptured: View[]
          States: struct (int * View)[]
          Totals: View[] }

        member v.Results = Array.append (v.States |> Array.map (fun (struct (_, v)) -> v)) v.Totals

    /// The columns of the results by row: of states, and of captured values with a number for each lane.
    let private resultsByRow (p: Pullback) (v: SweepViews) (scope: Scope) : LaneColumn[] =
        let active, wanted, n = activeOf p, wantedOf p, p.Of.States + p.Of.Registers
        let column (view: View) first =
            columns scope view { Dtype = view.Dtype; Shape = view.Shape[p.Of.Batch.Length ..] } [||] first

        [| for struct (i, view) in v.States do
               match Array.IndexOf(active, i) with
               | -1 -> ()
               | a -> yield! column view v.Sweep.Cotangents[a]
           for k in 0 .. wanted.Length - 1 do
               if Array.contains true v.Plan.Axes[wanted[k] - n] then yield! column v.Totals[k] v.Sweep.Sums[k] |]

    /// The sums over the rows: of captured values that all lanes share.
    let private sumsOf (p: Pullback) (v: SweepViews) (scope: Scope) =
        let wanted, n = wantedOf p, p.Of.States + p.Of.Registers

        [| for k in 0 .. wanted.Length - 1 do
               if not (Array.contains true v.Plan.Axes[wanted[k] - n]) then
                   let total = v.Totals[k]

                   for c in 0 .. int (View.size total) - 1 do
                       let at = scope.Offset total + int64 (c * total.Dtype.Size)
                       struct (total.Dtype, v.Sweep.Sums[k] + c, at) |]

    /// The cotangents of states that are given.
    let private givenByRow (p: Pullback) (v: SweepViews) (scope: Scope) (given: View voption[]) =
        activeOf p
        |> Array.mapi (fun a i ->
            match given[i] with
            | ValueNone -> [||]
            | ValueSome view ->
                let row: Signature = { Dtype = view.Dtype; Shape = view.Shape[p.Of.Batch.Length ..] }
                columns scope view row [||] v.Sweep.Cotangents[a])
        |> Array.concat

    let pullbackOf (p: Pullback) (v: SweepViews) (given: View voption[]) (scope: Scope) : LanePullback =
        let l = p.Of
        let start = v.Own[.. l.States + l.Registers - 1]

        let pairOf code =
            if l.Batch.Length = 0 then
                LaneKernels.find code 1 LaneKernels.most
            else
                LaneKernels.find code LaneSweep.blockRows LaneSweep.blockRows

        let struct (numbers, tables) = shared scope v.Sweep.Sweep v.Sweep.SweepCaptured v.SweepCaptured

        { Loop = loopOf l v.Plan scope (pairOf v.Plan.Code) start start v.Captured [||]
          Pair = pairOf v.Sweep.Sweep
          Shared = numbers
          Tables = tables
          Kept = v.Sweep.Kept
          Given = givenByRow p v scope given
          Emissions = emissionsGiven p v.Sweep scope given
          Results = resultsByRow p v scope
          Sums = sumsOf p v scope
          Cleared = v.Results |> Array.map (Child.slot scope)
          Limit =
            match l.Tape with
            | Everything -> Int64.MaxValue
            | Budget bytes -> bytes }

    /// Lowers a reverse sweep by lanes: the cotangents of the wanted arguments.
    let pullback
        (x: Lowering)
        (call: Graph -> View[] -> View[])
        (p: Pullback)
        (struct (plan: LanePlan, sweep: LaneSweepPlan))
        (given: View voption[])
        (args: View[])
        : View[] =
        let n = p.Of.States + p.Of.Registers
        let own = args[.. p.Wanted.Length - 1]
        let sameAs (v: View) = x.NewArray { Dtype = v.Dtype; Shape = v.Shape }

        let v =
            { Plan = plan
              Sweep = sweep
              Own = own
              Captured = withPrologue call plan.Prologue plan.Axes own[n..]
              SweepCaptured = withPrologue call sweep.SweepPrologue plan.Axes own[n..]
              States =
                [| for i in 0 .. p.Of.States - 1 do
                       if p.Wanted[i] then struct (i, sameAs own[i]) |]
              Totals = wantedOf p |> Array.map (fun i -> sameAs own[i]) }

        let size = $"{string sweep.Sweep.Program.Nodes.Count} numbers, {string sweep.Sweep.Slots.Length} kept"

        x.Draft(
            $"reverse sweep by lanes, {size}",
            Seq.concat [ args; v.Captured; v.SweepCaptured; v.Results ] |> Child.storagesOf,
            fun scope ->
                let pull = pullbackOf p v given scope
                let idle = Idle(fun () -> LaneSweep.Turn pull)
                Instruction.make (fun work -> LaneSweep.run pull idle work)
        )

        v.Results

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

    let key (l: Loop) (axes: bool[][]) =
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
    let withPrologue (call: Graph -> View[] -> View[]) prologue (axes: bool[][]) (captured: View[]) : View[] =
        match prologue with
        | ValueSome prologue -> Array.append captured (call prologue (sharedOf axes captured))
        | ValueNone -> captured

    /// The shared numbers and arrays of the captured values.
    let shared
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

    /// The most bytes of a record where a tape keeps everything: what does not fit is computed again, which takes half of the time
    /// of a gradient more.
    let private mostOfEverything = 268435456L

    let record (l: Loop) (slots: int[]) (scope: Scope) (loop: Node) : LaneRecord =
        let most =
            match l.Tape with
            | Everything -> mostOfEverything
            // the other half is for what a sweep computes again
            | Budget bytes -> bytes / 2L

        { Slots = slots; Most = most; Tape = scope.Tape loop }

    /// Lowers a loop by lanes; `records`: the slots that it keeps for its reverse sweeps.
    let loop
        (x: Lowering)
        (call: Graph -> View[] -> View[])
        (n: Node)
        (l: Loop)
        (plan: LanePlan)
        (records: int[] voption)
        (args: View[])
        : View[] =
        let n' = l.States + l.Registers
        let start = args[.. n' - 1]
        let captured = withPrologue call plan.Prologue plan.Axes args[n'..]
        let carried = start |> Array.map (fun v -> x.NewArray { Dtype = v.Dtype; Shape = v.Shape })

        let emissions =
            Infer.outputs (Loop l) (n.Args |> Array.map (fun a -> a.Signature)) |> Array.skip n' |> Array.map x.NewArray

        let size = $"{string plan.Code.Program.Nodes.Count} numbers, {string plan.Code.Slots.Length} kept"
        let recorded = records |> ValueOption.map (fun slots -> $", {string slots.Length} recorded")

        x.Draft(
            $"loop by lanes, {size}" + ValueOption.defaultValue "" recorded,
            Seq.concat [ start; carried; captured; emissions ] |> Child.storagesOf,
            fun scope ->
                let rows = Shape.extent "loop" (Shape.size l.Batch)
                let from, into = Array.map (Child.slot scope) start, Array.map (Child.slot scope) carried

                // a run that is cancelled returns where it began
                let begin' (work: Workspace) =
                    if l.Watch.IsSome then
                        for i in 0 .. from.Length - 1 do
                            Slot.copy work from[i] into[i]

                match records with
                | ValueNone ->
                    let pair = LaneKernels.find plan.Code rows LaneKernels.most
                    let run = loopOf l plan scope pair start carried captured emissions
                    let idle = Idle(fun () -> LaneRun.Turn run)

                    Instruction.make (fun work ->
                        begin' work
                        LaneRun.run run idle work)
                | ValueSome slots ->
                    let pair = LaneKernels.find plan.Code LaneTape.blockRows LaneTape.blockRows
                    let run = loopOf l plan scope pair start carried captured emissions
                    let record = record l slots scope n
                    let idle = Idle(fun () -> LaneTape.Turn(run, record))

                    Instruction.make (fun work ->
                        begin' work
                        LaneTape.run run record idle work)
        )

        Array.append carried emissions

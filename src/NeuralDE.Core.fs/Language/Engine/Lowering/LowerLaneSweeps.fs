namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph

/// Lowers the reverse sweeps of loops by row to lanes.
module internal LowerLaneSweeps =
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
                $"{LowerLanes.key p.Of axes} {string active} {numbers}",
                fun () ->
                    try
                        Ok(LanePlan.sweep true row axes swept active wanted)
                    with :? NotLanesException as e ->
                        Error e.Message
            )

    let private sweepOrReason (p: Pullback) : Result<struct (LanePlan * LaneSweepPlan), string> =
        let inOneLayout (plan: LanePlan) (sweep: LaneSweepPlan) =
            LaneBlock.isNarrow sweep.Sweep.Program = LaneBlock.isNarrow plan.Code.Program

        match LowerLanes.planOf p.Of, p.RowSweep.Value with
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

    /// The carried slots that a loop by lanes records for these reverse sweeps; ValueNone if one of them does not run by lanes.
    let recordOf (sweeps: Pullback[]) : int[] voption =
        let reads = sweeps |> Array.map (fun p -> sweepOf p |> ValueOption.map (fun (struct (_, sweep)) -> sweep.Reads))

        if reads.Length = 0 || Array.exists ValueOption.isNone reads then
            ValueNone
        else
            reads |> Array.collect ValueOption.get |> Array.distinct |> Array.sort |> ValueSome

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
            LowerLanes.columns scope view { Dtype = view.Dtype; Shape = view.Shape[p.Of.Batch.Length ..] } [||] first

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
                LowerLanes.columns scope view row [||] v.Sweep.Cotangents[a])
        |> Array.concat

    let pullbackOf
        (p: Pullback)
        (record: LaneRecord voption)
        (v: SweepViews)
        (given: View voption[])
        (scope: Scope)
        : LanePullback =
        let l = p.Of
        let start = v.Own[.. l.States + l.Registers - 1]

        let pairOf code =
            if l.Batch.Length = 0 then
                LaneKernels.find code 1 LaneKernels.most
            else
                LaneKernels.find code LaneTape.blockRows LaneTape.blockRows

        let struct (numbers, tables) = LowerLanes.shared scope v.Sweep.Sweep v.Sweep.SweepCaptured v.SweepCaptured

        { Loop = LowerLanes.loopOf l v.Plan scope (pairOf v.Plan.Code) start start v.Captured [||]
          Record = record
          Reads = v.Sweep.Reads
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
            | Budget bytes -> bytes / 2L }

    /// Lowers a reverse sweep by lanes: the cotangents of the wanted arguments. `recorded`: the loop and what it records.
    let pullback
        (x: Lowering)
        (call: Graph -> View[] -> View[])
        (p: Pullback)
        (recorded: struct (Node * int[]) voption)
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
              Captured = LowerLanes.withPrologue call plan.Prologue plan.Axes own[n..]
              SweepCaptured = LowerLanes.withPrologue call sweep.SweepPrologue plan.Axes own[n..]
              States =
                [| for i in 0 .. p.Of.States - 1 do
                       if p.Wanted[i] then struct (i, sameAs own[i]) |]
              Totals = wantedOf p |> Array.map (fun i -> sameAs own[i]) }

        let size = $"{string sweep.Sweep.Program.Nodes.Count} numbers, {string sweep.Sweep.Slots.Length} kept"

        x.Draft(
            $"reverse sweep by lanes, {size}",
            Seq.concat [ args; v.Captured; v.SweepCaptured; v.Results ] |> Child.storagesOf,
            fun scope ->
                let record =
                    recorded |> ValueOption.map (fun (struct (loop, slots)) -> LowerLanes.record p.Of slots scope loop)
                let pull = pullbackOf p record v given scope
                let idle = Idle(fun () -> LaneSweep.Turn pull)
                Instruction.make (fun work -> LaneSweep.run pull idle work)
        )

        v.Results

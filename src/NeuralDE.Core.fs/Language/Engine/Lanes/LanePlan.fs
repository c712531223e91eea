namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Emissions of a loop that are written together: nodes of the program, each with the slot to which it is stored, and the
/// slot that says which lanes wrote.
type internal LaneStream = { Write: int; Emits: struct (int * int)[]; Wrote: int }

/// One iteration of a loop on a block of lanes: moved ← live and keep; states take their next value where moved, registers
/// where live; live ← live and not finished. A block has `Slots` numbers for each lane.
[<NoEquality; NoComparison>]
type internal LaneCode =
    {
        Program: LaneProgram
        /// the dtypes of the slots
        Slots: Dtype[]
        /// a slot, the node of its next value, and whether it is a state
        Next: struct (int * int * bool)[]
        Keep: int
        Finish: int
        /// slots of flags
        Live: int
        Moved: int
        Streams: LaneStream[]
        /// the dtypes of the numbers that all lanes share
        Shared: Dtype[]
        /// the shared numbers that are addresses of arrays
        Tables: int[]
    }

    /// The nodes needed by every iteration, without those that only emissions need.
    member c.Roots: int[] =
        [| for struct (_, node, _) in c.Next do
               node
           c.Keep
           c.Finish
           for s in c.Streams do
               s.Write |]

    member c.Emitted: int[] =
        [| for s in c.Streams do
               for struct (node, _) in s.Emits -> node |]

/// Where a captured value of a row's loop comes from.
type internal LaneCaptured =
    /// its numbers have slots from this one on
    | ByLane of slot: int
    /// its numbers are shared ones from this one on
    | Shared of first: int
    /// it is a shared array, the table of this index
    | Array of table: int
    /// it is an array of each row, whose address has this slot
    | ArrayByLane of slot: int

/// A loop of one row as code for lanes.
[<NoEquality; NoComparison>]
type internal LanePlan =
    {
        Code: LaneCode
        /// by carried value: its first slot
        Carried: int[]
        /// captured values, then those computed from the shared ones before the loop
        Captured: LaneCaptured[]
        /// from the shared captured values to further ones
        Prologue: Graph voption
        /// by captured value: which batch axes it has
        Axes: bool[][]
    }

/// The reverse sweep of a loop of one row as code for lanes.
[<NoEquality; NoComparison>]
type internal LaneSweepPlan =
    {
        Sweep: LaneCode
        /// as in the plan of the loop
        SweepCaptured: LaneCaptured[]
        SweepPrologue: Graph voption
        /// the first slots of the cotangents of active states, and of emissions
        Cotangents: int[]
        Emissions: int[]
        /// by wanted captured value: the first slot of the sums over the iterations
        Sums: int[]
        /// the number of slots of carried and captured values: the first slots, here and in the loop's code
        Kept: int
        /// the slots of carried values that an iteration reads
        Reads: int[]
    }

module internal LanePlan =
    /// Numbers the slots, the shared numbers and the tables of a block.
    [<Sealed>]
    type private Places() =
        let slots = Collections.Generic.List<Dtype>()
        let shared = Collections.Generic.List<Dtype>()
        let tables = Collections.Generic.List<int>()
        member _.Slots = slots.ToArray()
        member _.Shared = shared.ToArray()
        member _.Tables = tables.ToArray()

        member _.Slot(dtype: Dtype) =
            slots.Add dtype
            slots.Count - 1

        member x.OfLane(p: LaneProgram, s: Signature) : struct (int * int[]) =
            let first = slots.Count
            struct (first, Array.init (int (Shape.size s.Shape)) (fun _ -> p.OfLane(s.Dtype, x.Slot s.Dtype)))

        member _.OfAll(p: LaneProgram, s: Signature) : struct (int * int[]) =
            let first = shared.Count

            let number _ =
                shared.Add s.Dtype
                p.OfAll(s.Dtype, shared.Count - 1)

            struct (first, Array.init (int (Shape.size s.Shape)) number)

        /// The index of a shared table, and the node of its address.
        member _.Table(p: LaneProgram) : struct (int * int) =
            shared.Add Int64
            tables.Add(shared.Count - 1)
            struct (tables.Count - 1, p.OfAll(Int64, shared.Count - 1))

    /// The most numbers of a carried or captured value of a row.
    let private mostByLane = 512L

    /// The same of a value that all rows share.
    let private mostShared = 4096L

    let private requireSmall (s: Signature) most =
        if Shape.size s.Shape > most then
            raise (NotLanesException $"a value of shape {Shape.text s.Shape}, at most {string most} numbers")

    /// By captured value: whether it is an array of each row that stays in memory, because it is only read at indices that the
    /// lanes compute, and has too many numbers to choose from.
    let private tablesByRow (l: Loop) (axes: bool[][]) : bool[] =
        let n = l.States + l.Registers

        axes
        |> Array.mapi (fun c a ->
            let s = l.Body.Inputs[n + c]
            Array.contains true a && s.Dtype.IsFloat && LaneTable.isLong s && LaneTable.isTable l.Body (n + c))

    /// The places of inputs, of which the first ones have a number for each lane; `isTable`: whether such an input is an array
    /// that stays in memory.
    let private place (places: Places) (p: LaneProgram) (body: Graph) (byLane: int) (isTable: int -> bool) =
        body.Inputs
        |> Array.mapi (fun i s ->
            if i < byLane && isTable i then
                let slot = places.Slot Int64
                struct (ArrayByLane slot, Table(p.OfLane(Int64, slot)))
            elif i < byLane then
                requireSmall s mostByLane
                let struct (first, nodes) = places.OfLane(p, s)
                struct (ByLane first, Elements nodes)
            elif s.Dtype.IsFloat && LaneTable.isTable body i then
                let struct (table, address) = places.Table p
                struct (Array table, Table address)
            else
                requireSmall s mostShared
                let struct (first, nodes) = places.OfAll(p, s)
                struct (Shared first, Elements nodes))

    let private elements (x: LaneArray) =
        match x with
        | Elements nodes -> nodes
        | Table _
        | Mapped _ -> raise (NotLanesException "an array in memory that is returned")

    let private scalarised (p: LaneProgram) (body: Graph) (inputs: struct (LaneCaptured * LaneArray)[]) : int[][] =
        inputs
        |> Array.map (fun (struct (_, x)) -> x)
        |> LaneGraph.scalarise p (p.Bits(Bool, 1L)) body
        |> Array.map elements

    /// The streams, with slots for their emissions and flags.
    let private streamsOf (places: Places) (p: LaneProgram) (l: Loop) (outputs: int[][]) : LaneStream[] =
        let n = l.States + l.Registers
        let streamOf = l.StreamOf

        Array.init l.Streams.Length (fun k ->
            let emits =
                [| for e in 0 .. l.Emits - 1 do
                       if streamOf[e] = k then
                           for node in outputs[n + e] do
                               struct (node, places.Slot p[node].Dtype) |]

            { Write = outputs[n + l.Emits + 1 + k][0]; Emits = emits; Wrote = places.Slot Bool })

    /// The captured values in the order: with a number for each lane, shared.
    let private orderOf carried (axes: bool[][]) : int[] =
        let byLane, shared = Array.indexed axes |> Array.partition (fun (_, a) -> Array.contains true a)
        Array.concat
            [ [| 0 .. carried - 1 |]
              Array.map (fun (c, _) -> carried + c) byLane
              Array.map (fun (c, _) -> carried + c) shared ]

    /// Back to the order of the loop; hoisted values stay last.
    let private reordered (order: int[]) carried (captured: LaneCaptured[]) : LaneCaptured[] =
        let inOrder = Array.copy captured
        let own = order.Length - carried

        for k in 0 .. own - 1 do
            inOrder[order[carried + k] - carried] <- captured[k]

        inOrder

    /// Hoists what only shared values determine: the inputs from `varying` on.
    let private hoisted (body: Graph) (varying: int) : struct (Graph voption * Graph) =
        match Hoist.split body varying with
        | ValueSome(struct (prologue, rest)) -> struct (ValueSome prologue, rest)
        | ValueNone -> struct (ValueNone, body)

    let private firstOf (place: LaneCaptured) =
        match place with
        | ByLane slot
        | ArrayByLane slot -> slot
        | Shared _
        | Array _ -> raise (GraphException "a value of every lane without slots")

    let private requireFew (p: LaneProgram) =
        if p.Size > LaneGraph.mostNodes then
            raise (NotLanesException $"{string p.Size} numbers in one iteration, at most {string LaneGraph.mostNodes}")

        let far = LaneGraph.farCount p

        if far > LaneGraph.mostFar then
            raise (
                NotLanesException
                    $"{string far} exponentials and the like in one iteration, at most {string LaneGraph.mostFar}"
            )

    /// The loop of one row whose captured values have these batch axes. Raises NotLanesException if no program computes it.
    let make (l: Loop) (axes: bool[][]) : LanePlan =
        let n = l.States + l.Registers
        let order = orderOf n axes
        let varying = n + (axes |> Array.filter (Array.contains true) |> Array.length)
        let flat = Simplify.graph (Flatten.graph l.Body)
        // a body in its own order is hoisted as that of the loop's plan
        let ordered = if order = [| 0 .. order.Length - 1 |] then flat else Hoist.reorder flat order
        let struct (prologue, body) = hoisted ordered varying

        let places, p = Places(), LaneProgram()
        let tables = tablesByRow l axes
        let inputs = place places p body varying (fun i -> i >= n && tables[order[i] - n])
        let outputs = scalarised p body inputs
        requireFew p

        let next =
            [| for i in 0 .. n - 1 do
                   let struct (at, x) = inputs[i]

                   for c in 0 .. outputs[i].Length - 1 do
                       if outputs[i][c] <> (elements x)[c] then struct (firstOf at + c, outputs[i][c], i < l.States) |]

        let streams = streamsOf places p l outputs

        let live, moved = places.Slot Bool, places.Slot Bool

        { Code =
            { Program = p
              Slots = places.Slots
              Next = next
              Keep = outputs[n + l.Emits][0]
              Finish = outputs[n + l.Emits + l.Flags - 1][0]
              Live = live
              Moved = moved
              Streams = streams
              Shared = places.Shared
              Tables = places.Tables }
          Carried = inputs[.. n - 1] |> Array.map (fun (struct (at, _)) -> firstOf at)
          Captured = inputs[n..] |> Array.map (fun (struct (at, _)) -> at) |> reordered order n
          Prologue = prologue
          Axes = axes }

    /// The slots before `stop` that an iteration reads, in order.
    let private readsOf (code: LaneCode) (stop: int) : int[] =
        let needed = code.Program.Needed code.Roots

        [| for i in 0 .. code.Program.Nodes.Count - 1 do
               match code.Program[i].Op with
               | OfLane slot when needed[i] && slot < stop -> slot
               | _ -> () |]
        |> Array.sort

    /// Slots for the sums of these outputs over the iterations of one lane, and the sums after an iteration.
    let private sumsOf (places: Places) (p: LaneProgram) (outputs: Node[]) (parts: int[][]) : struct (int * int[])[] =
        parts
        |> Array.mapi (fun k part ->
            // a value without elements has no part
            let dtype = outputs[k].Dtype
            let struct (first, before) = places.OfLane(p, { Dtype = dtype; Shape = [| part.Length |] })
            let add sum part = p.Element(ElementOp.Add, 0.0, p[part].Dtype, [| sum; part |])
            struct (first, Array.map2 add before part))

    /// The reverse sweep of a loop of one row, whose inputs are state, registers, captured values, cotangents of active
    /// states and cotangents of emissions, and whose outputs are cotangents of active states and of wanted captured values.
    /// The slots of carried and captured values are those of the loop's code. `hoists`: what only shared values determine is
    /// computed by a prologue; otherwise in every iteration.
    let sweep hoists (l: Loop) (axes: bool[][]) (swept: Graph) (active: int) (wanted: int[]) : LaneSweepPlan =
        let n = l.States + l.Registers
        let cotangents = [| n + axes.Length .. swept.Inputs.Length - 1 |]
        let order = orderOf n axes
        let byLane = n + (axes |> Array.filter (Array.contains true) |> Array.length)
        let order = Array.concat [ order[.. byLane - 1]; cotangents; order[byLane..] ]
        let varying = byLane + cotangents.Length
        let whole = Hoist.reorder (Simplify.graph (Flatten.graph swept)) order
        let struct (prologue, body) = if hoists then hoisted whole varying else struct (ValueNone, whole)
        let places, p = Places(), LaneProgram()
        let tables = tablesByRow l axes
        let inputs = place places p body varying (fun i -> i >= n && i < byLane && tables[order[i] - n])
        let outputs = scalarised p body inputs
        requireFew p
        let slotOf i = (let struct (at, _) = inputs[i] in firstOf at)

        let sums = sumsOf places p body.Outputs[active..] outputs[active .. active + wanted.Length - 1]

        let next =
            [| for a in 0 .. active - 1 do
                   for c in 0 .. outputs[a].Length - 1 do
                       struct (slotOf (byLane + a) + c, outputs[a][c], true)
               for struct (first, after) in sums do
                   for c in 0 .. after.Length - 1 do
                       struct (first + c, after[c], true) |]

        let live, moved = places.Slot Bool, places.Slot Bool
        let captured = Array.append inputs[n .. byLane - 1] inputs[varying..] |> Array.map (fun (struct (at, _)) -> at)
        let own = Array.append order[.. byLane - 1] order[varying..]

        let code =
            { Program = p
              Slots = places.Slots
              Next = next
              Keep = p.Bits(Bool, 1L)
              Finish = p.Bits(Bool, 0L)
              Live = live
              Moved = moved
              Streams = [||]
              Shared = places.Shared
              Tables = places.Tables }

        { Sweep = code
          SweepCaptured = reordered own n captured
          SweepPrologue = prologue
          Cotangents = Array.init active (fun a -> slotOf (byLane + a))
          Emissions = [| byLane + active .. varying - 1 |] |> Array.map slotOf
          Sums = sums |> Array.map (fun (struct (first, _)) -> first)
          Kept = slotOf byLane
          Reads = readsOf code (slotOf n) }

namespace NeuralDE.Internal.Engine

open System
open NeuralDE.Internal.Graph

/// The arrays of a loop's reverse sweep, as views of the parent.
[<NoEquality; NoComparison>]
type internal PullbackViews =
    {
        Loop: LoopViews
        Sweep: Child
        /// the sweep that reads the body's values instead of computing them; in the same memory
        Shorter: Child voption
        /// the active states
        Active: int[]
        /// by active state: the cotangent, and the result of one iteration's pullback
        Cotangents: View[]
        Mine: View[]
        /// by wanted captured value: the sum of its cotangents
        Totals: View[]
        /// indices of the wanted captured values to which every iteration adds a whole array
        Whole: int[]
        /// rows that every iteration adds to the other ones
        RowSums: RowSum[]
        /// by active emission: its stream, its cotangent, the part of one iteration
        Emissions: struct (int * View * View)[]
        /// for each row state and registers at which it moved; empty for one row
        Safe: View[]
        /// see PullbackPlan: given rows, missing rows
        Rows: View[]
        /// wanted states without an active cotangent
        Zeros: struct (int * View)[]
    }

module internal PullbackViews =
    /// By output of the loop: its given cotangent. These follow the loop's own arguments.
    let givenOf (p: Pullback) (args: View[]) : View voption[] =
        let mutable next = p.Wanted.Length - 1

        p.Given
        |> Array.map (fun isGiven ->
            if isGiven then
                next <- next + 1
                ValueSome args[next]
            else
                ValueNone)

    let private separated (sweep: Graph) active = SparseSums.split (Simplify.graph (Flatten.graph sweep)) active

    /// The sweep with its captured values last, as hoisting requires, and with its sums over rows separated.
    let sweepOf (p: Pullback) (active: int) : struct (Graph * int[] * RowSum[]) =
        let swept, inputs, carried = p.Sweep.Value, p.Wanted.Length, p.Of.States + p.Of.Registers

        let order =
            Array.concat
                [ [| 0 .. carried - 1 |]; [| inputs .. swept.Inputs.Length - 1 |]; [| carried .. inputs - 1 |] ]

        separated (Hoist.reorder swept order) active

    /// The same of the sweep that reads the body's values, if its sums have the same form.
    let shorterOf (r: Residuals) (active: int) (whole: int[]) (rowSums: RowSum[]) : Graph voption =
        let struct (sweep, itsWhole, itsRowSums) = separated r.Sweep active

        let isAlike (a: RowSum) (b: RowSum) =
            a.Of = b.Of
            && a.Batch = b.Batch
            && a.Indices.Signature = b.Indices.Signature
            && a.Updates.Signature = b.Updates.Signature

        if itsWhole = whole && itsRowSums.Length = rowSums.Length && Array.forall2 isAlike itsRowSums rowSums then
            ValueSome sweep
        else
            ValueNone

    let touches (v: PullbackViews) (args: View[]) =
        Seq.concat
            [ LoopViews.touches v.Loop
              Child.touches v.Sweep
              (match v.Shorter with
               | ValueSome c -> Child.touches c
               | ValueNone -> Seq.empty)
              Child.storagesOf args
              Child.storagesOf v.Cotangents
              Child.storagesOf v.Mine
              v.Emissions |> Seq.map (fun (struct (_, _, part)) -> part.Storage)
              Child.storagesOf v.Totals
              Child.storagesOf v.Safe
              Child.storagesOf v.Rows
              v.Zeros |> Seq.map (fun (struct (_, z)) -> z.Storage) ]

    /// The cotangents of the wanted arguments.
    let results (p: Pullback) (v: PullbackViews) : View[] =
        let cotangent i =
            match Array.IndexOf(v.Active, i) with
            | -1 -> v.Zeros |> Array.pick (fun (struct (k, z)) -> if k = i then Some z else None)
            | k -> v.Cotangents[k]

        [| for i in 0 .. p.Of.States - 1 do
               if p.Wanted[i] then cotangent i
           yield! v.Totals |]

    let private rowSum (v: PullbackViews) (scope: Scope) (indices: Slot) (updates: Slot) (r: RowSum) : RowSumPlan =
        let total, updated, index = v.Totals[r.Of], r.Updates.Shape, r.Indices.Shape

        { Total = Child.slot scope total
          Indices = indices
          Updates = updates
          Type = ElementGroup.elementType total.Dtype
          IndexType = ElementGroup.elementType r.Indices.Dtype
          Batches = Shape.size index[.. r.Batch - 1]
          Rows = int64 total.Shape[r.Batch]
          Count = int64 index[r.Batch]
          Width = Shape.size updated[r.Batch + 1 ..] }

    let plan (l: Loop) (v: PullbackViews) (scope: Scope) (loop: LoopPlan) tape : PullbackPlan =
        let active = v.Active.Length
        let behind = active + v.Whole.Length

        let form (c: Child) : SweepForm =
            let inner, instructions = Child.instantiate c scope
            let out = c.Lowered.Outputs |> Array.map (Child.slot inner)

            { Instructions = instructions
              Next = out[.. active - 1]
              Parts = out[active .. behind - 1]
              RowSums =
                v.RowSums |> Array.mapi (fun k r -> rowSum v scope out[behind + 2 * k] out[behind + 2 * k + 1] r) }

        let safe = v.Safe |> Array.map (Child.slot scope)

        { Loop = loop
          Tape = tape
          Cotangents = Array.map (Child.slot scope) v.Cotangents
          Mine = Array.map (Child.slot scope) v.Mine
          Totals = v.Whole |> Array.map (fun i -> Child.slot scope v.Totals[i])
          Types = v.Whole |> Array.map (fun i -> ElementGroup.elementType v.Totals[i].Dtype)
          Emissions =
            v.Emissions
            |> Array.map (fun (struct (stream, w, part)) ->
                { Stream = stream
                  Given = Child.slot scope w
                  Room = w.Shape[l.Batch.Length]
                  Part = Child.slot scope part })
          Sweep = form v.Sweep
          Shorter = v.Shorter |> ValueOption.map form
          SafeStates = if safe.Length = 0 then [||] else safe[.. l.States - 1]
          SafeRegisters = if safe.Length = 0 then [||] else safe[l.States ..]
          Given = Child.slot scope v.Rows[0]
          Missing = Child.slot scope v.Rows[1] }

    /// Runs the loop unless its tape exists, then the sweep; or a faster form of both. `start` is indexed by carried value,
    /// `given` by active state; `cleared` is initialised to zeros.
    let instruction
        (pull: PullbackPlan)
        (faster: FasterLoop voption)
        isPaired
        (start: Slot[])
        (given: Slot voption[])
        (cleared: Slot[])
        : Instruction =
        let plan = pull.Loop
        let into = Array.append plan.States plan.Registers
        let states = plan.States.Length

        let run (work: Workspace) =
            for i in 0 .. into.Length - 1 do
                Slot.copy work start[i] into[i]

            if not isPaired then LoopRun.run plan work

            for i in 0 .. pull.SafeStates.Length - 1 do
                Slot.copy work start[i] pull.SafeStates[i]

            for i in 0 .. pull.SafeRegisters.Length - 1 do
                Slot.copy work start[states + i] pull.SafeRegisters[i]

            for i in 0 .. given.Length - 1 do
                match given[i] with
                | ValueSome w -> Slot.copy work w pull.Cotangents[i]
                | ValueNone -> Slot.clear work pull.Cotangents[i]

            for s in cleared do
                Slot.clear work s

            PullbackRun.run pull work

        Instruction.make (fun work ->
            let iterations = 1 + work.Tapes[pull.Tape].Count

            match faster with
            | ValueSome faster when
                (faster.Begin()
                 faster.IsReady iterations)
                ->
                faster.Pull work
            | _ -> run work)

namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Where a plan stores a result.
[<NoEquality; NoComparison>]
type internal PlanOutput =
    | At of offset: int64 * Signature
    /// Rows of an emission of unknown number, after the loop's batch axes.
    | EmittedRows of emission: int * batch: int[] * Signature

/// A graph compiled to instructions. Immutable and thread-safe: each run has its own memory.
[<Sealed>]
type internal Plan
    (
        inputs: struct (int64 * Signature)[],
        outputs: PlanOutput[],
        instructions: Instruction[],
        constants: struct (int64 * NdArray)[],
        size: int64,
        tapes: int,
        emissions: int,
        largest: string,
        guards: int64[]
    ) =
    let idle = IdleWorkspaces()

    let newWorkspace () =
        // arguments and results are accessed in whole vectors, so there is spare room after the last
        let work =
            try
                Workspace(size + 256L, tapes, emissions, guards)
            with
            | :? NoRoomException
            | :? OutOfMemoryException -> raise (Memory.missing size largest)

        for struct (at, a) in constants do
            ArrayMemory.write a (work.Memory + nativeint at)

        work

    let rowsOf (work: Workspace) index (batch: int[]) (s: Signature) : NdArray =
        let written = work.Written[index]
        let rest = s.Shape[batch.Length + 1 ..]
        let rows = Shape.size batch
        let rowBytes = ArrayMemory.bytes s.Dtype rest
        let block = work.Emissions[index]
        let room = if rowBytes * rows = 0L then 0L else block.Length / (rowBytes * rows)
        let shape = Array.concat [ batch; [| Shape.extent "loop" written |]; rest ]
        let dense = NdArray.Zeros(s.Dtype, shape)

        if written > 0L && rowBytes > 0L then
            let part = NativeBlock(max 1L (rows * written * rowBytes))

            for row in 0L .. rows - 1L do
                // batch rows with fewer written rows than others end with zeros
                let from = block.Address + nativeint (row * room * rowBytes)
                RowMemory.Copy(from, part.Address + nativeint (row * written * rowBytes), written * rowBytes)

            ManagedArrays.CopyOut(part.Address, dense.Data, rows * written * rowBytes)
            GC.KeepAlive part

        dense

    member _.Size = size

    /// Protected pages of its memory; only in tests.
    member _.Guards = guards
    member _.Instructions = instructions

    /// Offsets and signatures of the arguments, one after another from the start of the memory.
    member _.Inputs = inputs
    member _.Outputs = outputs

    /// Memory for a run, with the constants filled in.
    member _.NewWorkspace() : Workspace = newWorkspace ()

    /// Runs on memory that contains the arguments and raises the first failure of its checks.
    member _.RunOn(work: Workspace) =
        work.Failures.Clear()

        if work.HasLoops then work.ForgetPeaks()

        try
            Instruction.runAll instructions work
        with
        | :? NoRoomException as e -> raise (Memory.missing e.Bytes largest)
        | :? OutOfMemoryException -> raise (Memory.missing size largest)
        // a failed or cancelled solve says more than its cancelled gradient
        | :? OperationCanceledException when work.Failures.Count > 0 -> ()

        Counters.SetHeld work.Held
        if work.Failures.Count > 0 then raise work.Failures[0]

    member x.Run(args: NdArray[]) : NdArray[] =
        let work =
            match idle.Take() with
            | null -> newWorkspace ()
            | work ->
                work.Block.Use()
                work

        try
            for i in 0 .. inputs.Length - 1 do
                let struct (at, s) = inputs[i]
                work.Arguments.Write(i, args[i], ArrayMemory.bytes s.Dtype s.Shape, work.Memory + nativeint at)

            x.RunOn work

            outputs
            |> Array.map (function
                | At(at, s) -> ArrayMemory.result s.Dtype s.Shape (work.Memory + nativeint at)
                | EmittedRows(index, batch, s) -> rowsOf work index batch s)
        finally
            work.Trim()

            if not (work.Block.TryWait() && idle.TryKeep work) then
                // free large blocks now instead of at the next garbage collection
                work.Block.Free()

module internal Plan =
    /// The largest of the large arrays, for messages.
    let private largestOf (lowered: Lowered) : string =
        let rec all (l: Lowered) : Storage seq =
            seq {
                for d in l.Drafts do
                    yield! d.Writes

                    for _, inner in d.Inside do
                        yield! all inner
            }

        let larger (best: Storage voption) (s: Storage) =
            match best with
            | ValueSome b when b.Bytes >= s.Bytes -> best
            | _ -> if s.Note = "" then best else ValueSome s

        match Seq.fold larger ValueNone (all lowered) with
        | ValueSome s -> s.Note
        | ValueNone -> ""

    /// A plan of its own, whose instructions a probe may see.
    let makeFor (probe: InstructionProbe voption) (g: Graph) : Plan =
        for n in g.Outputs do
            Shape.stored (Print.name n.Op) n.Shape |> ignore

        let lowered = LowerFunctions.graph g
        let inputs = Array.zeroCreate g.Inputs.Length
        let guards = List<int64>()
        let mutable next = 0L

        for i in 0 .. inputs.Length - 1 do
            let s = g.Inputs[i]
            let bytes = ArrayMemory.bytes s.Dtype s.Shape

            if Guarding.isOn () then
                let struct (at, stop) = Guarding.place guards next bytes
                inputs[i] <- struct (at, s)
                next <- stop
            else
                inputs[i] <- struct (next, s)
                next <- next + (bytes + 63L) / 64L * 64L

        let maker = PlanMaker(next + lowered.Size, probe)
        maker.Guards.AddRange guards
        let places = inputs |> Array.map (fun (struct (at, _)) -> at)
        let scope, instructions = Lowered.instantiate maker next places lowered

        let outputs =
            Array.map2
                (fun (v: View) (n: Node) ->
                    match v.Storage.Home with
                    | Emission(loop, e) ->
                        let batch =
                            match loop.Op with
                            | Apply(Loop l) -> l.Batch
                            | op -> raise (GraphException $"{op} has no emissions")

                        EmittedRows(scope.Emission(loop, e), batch, n.Signature)
                    | Own
                    | StorageHome.Argument _
                    | Constants _ -> At(scope.Offset v, n.Signature))
                lowered.Outputs
                g.Outputs

        Plan(
            inputs,
            outputs,
            instructions,
            maker.Constants,
            maker.Size,
            maker.Tapes,
            maker.Emissions,
            largestOf lowered,
            maker.Guards.ToArray()
        )

    let make (g: Graph) : Plan = makeFor ValueNone g

    /// The plan of a graph; ValueNone if the graph reads rows whose number is unknown before the run.
    let ofGraph (g: Graph) : Plan voption =
        g.Memo(
            LowerLanes.cacheKey (StreamLimits.key (Guarding.key (RowChain.key "plan"))),
            fun () ->
                try
                    ValueSome(make g)
                with :? UnplannedException ->
                    ValueNone
        )

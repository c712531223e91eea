namespace NeuralDE.Internal.Engine

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// A plan with its own memory whose results become its next arguments: a training loop that allocates nothing. The
/// plan's first `carried` arguments are replaced by its last `carried` results; the results before them are numbers.
/// The arguments after the carried ones can be written before each run.
[<Sealed>]
type internal Resident(plan: Plan, carried: int, args: NdArray[]) =
    let work = plan.NewWorkspace()
    let numbers = plan.Outputs.Length - carried

    let places =
        plan.Outputs
        |> Array.map (function
            | At(at, s) -> struct (at, s)
            | EmittedRows _ -> raise (UnplannedException "a result of unknown length cannot be carried"))

    let end_ = plan.Inputs |> Array.fold (fun _ (struct (at, s)) -> at + ArrayMemory.bytes s.Dtype s.Shape) 0L

    /// end of the carried arguments
    let size =
        if carried < plan.Inputs.Length then
            (let struct (at, _) = plan.Inputs[carried] in at)
        else
            end_

    // a result that is itself an argument would be overwritten before it is read
    let overlaps =
        Seq.init carried (fun i ->
            let struct (from, _) = places[numbers + i]
            let struct (into, _) = plan.Inputs[i]
            from < end_ && from <> into)
        |> Seq.exists id

    let copyAll (source: nativeint) (target: nativeint) =
        if Guarding.isOn () then
            for i in 0 .. carried - 1 do
                let struct (at, s) = plan.Inputs[i]
                RowMemory.Copy(source + nativeint at, target + nativeint at, ArrayMemory.bytes s.Dtype s.Shape)
        else
            RowMemory.Copy(source, target, size)

    let staging = NativeBlock(if overlaps then size else 0L)
    let kept = NativeBlock size

    do
        for i in 0 .. args.Length - 1 do
            let struct (at, _) = plan.Inputs[i]
            ArrayMemory.write args[i] (work.Memory + nativeint at)

        copyAll work.Memory kept.Address

    /// Writes one row of an array, `bytes` long, into a row of an argument.
    member _.Write(argument: int, row: int, bytes: int64, source: NdArray, from: int64) =
        let struct (at, _) = plan.Inputs[argument]
        let target = work.Memory + nativeint (at + int64 row * bytes)
        ManagedArrays.CopyPart(source.Data, from * bytes, target, bytes)

    /// Replaces the carried arguments.
    member _.Load(arrays: NdArray[]) =
        for i in 0 .. carried - 1 do
            let struct (at, _) = plan.Inputs[i]
            ArrayMemory.write arrays[i] (work.Memory + nativeint at)

    member private _.Memory = work

    /// Copies the carried arguments of another plan with the same signatures.
    member _.TakeFrom(other: Resident) =
        let from: Workspace = other.Memory
        copyAll from.Memory work.Memory
        GC.KeepAlive from

    /// Computes the results; the arguments are unchanged. Raises the first failure of the checks.
    member _.Run() = plan.RunOn work

    /// The k-th number.
    member _.Number(k: int) : float =
        let struct (at, s) = places[k]

        match s.Dtype with
        | Float64 -> ManagedArrays.Float64(work.Memory + nativeint at)
        | Float32 -> float (ManagedArrays.Float32(work.Memory + nativeint at))
        | Int32
        | Int64
        | Bool -> (ArrayMemory.read s.Dtype s.Shape (work.Memory + nativeint at)).Floats[0]

    /// Copies the results to the arguments.
    member _.Advance() =
        let into = if overlaps then staging.Address else work.Memory

        for i in 0 .. carried - 1 do
            let struct (from, s) = places[numbers + i]
            let struct (at, _) = plan.Inputs[i]
            RowMemory.Copy(work.Memory + nativeint from, into + nativeint at, ArrayMemory.bytes s.Dtype s.Shape)

        if overlaps then copyAll staging.Address work.Memory

    /// Saves the arguments.
    member _.Keep() = copyAll work.Memory kept.Address

    member private _.Read(memory: nativeint) : NdArray[] =
        Array.init carried (fun i ->
            let struct (at, s) = plan.Inputs[i]
            ArrayMemory.result s.Dtype s.Shape (memory + nativeint at))

    /// The current arguments, and the saved ones.
    member x.Current: NdArray[] =
        let read = x.Read work.Memory
        GC.KeepAlive work
        read

    member x.Kept: NdArray[] =
        let read = x.Read kept.Address
        GC.KeepAlive kept
        read

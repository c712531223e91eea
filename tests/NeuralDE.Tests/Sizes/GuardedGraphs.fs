/// Random graphs whose arrays are between protected pages: a kernel that reads or writes too far crashes the process.
module NeuralDE.Tests.Sizes.GuardedGraphs

open System
open System.Runtime.InteropServices
open NeuralDE.Internal.Engine
open NeuralDE.Kernels
open NeuralDE.Tests.Engine

/// Before each guard there are bytes that may be read but not written; checks that they are still 0 after a run.
let private isClean (r: RandomGraph) =
    match Plan.ofGraph r.Graph with
    | ValueNone -> true
    | ValueSome plan ->
        let work = plan.NewWorkspace()

        for i in 0 .. r.Args.Length - 1 do
            let struct (at, _) = plan.Inputs[i]
            ArrayMemory.write r.Args[i] (work.Memory + nativeint at)

        Agreement.attempt (fun () ->
            plan.RunOn work
            [||])
        |> ignore

        let guards = System.Collections.Generic.HashSet<int64> plan.Guards

        // the first guard of a graph's memory has no bytes before it, because it follows another guard
        let isZero (guard: int64) =
            let last = work.Memory + nativeint (guard - Guarding.readBehind)

            guard = 0L
            || guards.Contains(guard - int64 Environment.SystemPageSize)
            || Seq.forall
                (fun i -> Marshal.ReadByte(last + nativeint i) = 0uy)
                (seq { 0 .. int Guarding.readBehind - 1 })

        let isClean = Array.forall isZero plan.Guards
        GC.KeepAlive work
        isClean

/// Runs `count` graphs from a seed on; returns the first whose plan between guards differs from the interpreter, or writes
/// after an array.
let tryMany (count: int) (first: int) : string[] =
    ThreadScratch.Guard true

    let attempt seed =
        Guarding.force (if seed % 2 = 0 then BeforeGuard else BehindGuard)
        let r = RandomGraphs.ofSeed seed

        // a process may have about 65 000 memory mappings, and every guard makes two
        if seed % 50 = 0 then
            GC.Collect()
            GC.WaitForPendingFinalizers()

        match Agreement.planDifference r with
        | Some said -> Some $"{said}\n{RandomGraphs.describe r}"
        | None when seed % 2 = 0 && not (isClean r) -> Some $"a write after an array\n{RandomGraphs.describe r}"
        | None -> None

    Seq.init count (fun i -> first + i) |> Seq.tryPick attempt |> Option.toArray

/// Writes one byte after a block that ends at a guard.
let touch (bytes: int) (_: int) : string[] =
    let page = Environment.SystemPageSize
    let block = NativeBlock(2L * int64 page, [| int64 page |])
    Marshal.Copy(Array.zeroCreate<byte>(bytes + 1), 0, block.Address + nativeint (page - bytes), bytes + 1)
    GC.KeepAlive block
    [||]

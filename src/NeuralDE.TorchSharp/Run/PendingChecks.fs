namespace NeuralDE.LibTorch

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// A check whose flag is computed on the device: read later, with others.
[<Struct; NoEquality; NoComparison>]
type internal PendingCheck = { Check: Check; Passed: Tensor; Looked: Held[]; Signatures: Signature[] }

/// The checks of a call. Only its first failure is raised, so the flags of later checks may wait: they are read together.
[<Sealed>]
type internal PendingChecks() =
    /// Each pending check keeps the arrays that it inspects alive.
    static let most = 64

    let waiting = List<PendingCheck>()
    let mutable failure: exn voption = ValueNone

    let drop (c: PendingCheck) =
        c.Passed.Dispose()
        Values.drop c.Looked

    let look (c: PendingCheck) =
        if failure.IsNone then failure <- c.Check.Look(Array.map2 Values.number c.Signatures c.Looked)

    /// Reads the flags of all waiting checks.
    member _.Settle() : unit =
        if waiting.Count > 0 then
            use _ = T.NewDisposeScope()
            let flags = T.stack ([| for c in waiting -> c.Passed |], 0L)
            let passed = Transfer.download Bool [| waiting.Count |] flags :?> bool[]

            for k in 0 .. waiting.Count - 1 do
                if not passed[k] then look waiting[k]
                drop waiting[k]

            waiting.Clear()

    /// Takes ownership of the flag and the arrays.
    member x.Add(check: PendingCheck) : unit =
        if failure.IsSome then
            drop check
        else
            waiting.Add check
            if waiting.Count >= most then x.Settle()

    /// Inspects values that are in managed memory now.
    member x.Inspect(check: Check, args: NdArray[]) : unit =
        if failure.IsNone then
            match check.Find args with
            | ValueNone -> ()
            | ValueSome found ->
                x.Settle() // an earlier check may have failed
                if failure.IsNone then failure <- ValueSome found

    /// Drops what was not read.
    member _.Close() : unit =
        Seq.iter drop waiting
        waiting.Clear()

    /// The first failure, after all flags are read.
    member x.Failure: exn voption =
        x.Settle()
        failure

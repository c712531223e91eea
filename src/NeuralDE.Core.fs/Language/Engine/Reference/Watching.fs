namespace NeuralDE.Internal.Engine

open System
open System.Threading
open NeuralDE.Internal.Graph

/// What the caller of a run wants to see of its solves, and when they are to stop.
[<Sealed; AllowNullLiteral>]
type internal Watcher(token: CancellationToken, report: (NdArray[] -> unit) voption, outer: Watcher) =
    /// Watchers of the calls that this one is made from.
    member _.Outer = outer
    member _.Report = report
    member _.Token = token

/// The watcher of the calling thread. It is no part of a graph, so one plan serves all callers, and a compiled function obeys
/// the token of the call, not that of its trace.
[<AbstractClass; Sealed>]
type internal Watching private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private current: Watcher

    /// Runs f under a watcher.
    static member Under(token: CancellationToken, report: (NdArray[] -> unit) voption, f: unit -> 'T) : 'T =
        if report.IsNone && not token.CanBeCanceled then
            f ()
        else
            let outer = Watching.current

            try
                Watching.current <- Watcher(token, report, outer)
                f ()
            finally
                Watching.current <- outer

    /// Whether a loop goes on: no token of the callers is cancelled.
    static member GoesOn() : bool =
        let mutable watcher = Watching.current
        let mutable goesOn = true

        while goesOn && not (isNull watcher) do
            goesOn <- not watcher.Token.IsCancellationRequested
            watcher <- watcher.Outer

        goesOn

    /// Shows a loop's control to the innermost watcher, if it wants to see it.
    static member Show(registers: unit -> NdArray[]) : unit =
        let watcher = Watching.current

        if not (isNull watcher) then
            match watcher.Report with
            | ValueSome report -> report (registers ())
            | ValueNone -> ()

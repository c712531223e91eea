namespace NeuralDE.Internal.Engine

open System
open System.Threading
open NeuralDE.Internal.Graph

/// The progress function and cancellation token of the caller of a run.
[<Sealed; AllowNullLiteral>]
type internal Watcher(token: CancellationToken, report: (NdArray[] -> unit) voption, outer: Watcher) =
    /// The watcher of the enclosing call.
    member _.Outer = outer
    member _.Report = report
    member _.Token = token

/// The watcher of the calling thread. It is not part of a graph, so one plan serves all callers, and a compiled
/// function uses the token of its call instead of that of its trace.
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

    /// The innermost watcher of the calling thread, for a run that other threads take part in.
    static member Current: Watcher = Watching.current

    /// Whether a loop continues: no token of the callers is cancelled.
    static member GoesOn() : bool = Watching.GoesOn Watching.current

    /// The same for a run that began under this watcher.
    static member GoesOn(innermost: Watcher) : bool =
        let mutable watcher = innermost
        let mutable goesOn = true

        while goesOn && not (isNull watcher) do
            goesOn <- not watcher.Token.IsCancellationRequested
            watcher <- watcher.Outer

        goesOn

    /// Reports a loop's registers to the innermost watcher, if it has a progress function.
    static member Show(registers: unit -> NdArray[]) : unit =
        let watcher = Watching.current

        if not (isNull watcher) then
            match watcher.Report with
            | ValueSome report -> report (registers ())
            | ValueNone -> ()

namespace NeuralDE.Internal.Engine

open System
open System.Threading
open NeuralDE.Internal.Graph

/// The progress function and cancellation token of the caller of a run.
[<AllowNullLiteral>]
type internal Watcher(token: CancellationToken, report: (NdArray[] -> unit) voption, outer: Watcher) =
    /// The watcher of the enclosing call.
    member _.Outer = outer
    member _.Report = report
    member _.Token = token
    /// Once true, it stays true. Tests count its calls.
    abstract IsCancelled: bool
    default _.IsCancelled = token.IsCancellationRequested

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
            Watching.Under(Watcher(token, report, Watching.current), f)

    static member Under(watcher: Watcher, f: unit -> 'T) : 'T =
        let outer = Watching.current

        try
            Watching.current <- watcher
            f ()
        finally
            Watching.current <- outer

    /// The innermost watcher of the calling thread, for a run that other threads take part in.
    static member Current: Watcher = Watching.current

    /// The watcher whose token is cancelled, of this one and those around it; or null.
    static member private Cancelled(innermost: Watcher) : Watcher =
        let mutable watcher = innermost

        while not (isNull watcher) && not watcher.IsCancelled do
            watcher <- watcher.Outer

        watcher

    /// Whether a loop continues: no token of the callers is cancelled.
    static member GoesOn() : bool = Watching.GoesOn Watching.current

    /// The same for a run that began under this watcher.
    static member GoesOn(innermost: Watcher) : bool = isNull (Watching.Cancelled innermost)

    /// The cancelled token of the callers, the innermost one; None if no token is cancelled.
    static member CancelledToken: CancellationToken =
        let cancelled = Watching.Cancelled Watching.current
        if isNull cancelled then CancellationToken.None else cancelled.Token

    /// Whether this token or one of the callers is cancelled.
    static member IsCancelled(token: CancellationToken) : bool =
        token.IsCancellationRequested || not (Watching.GoesOn())

    /// Ends a reverse sweep if a token is cancelled. Unlike a solve, it has no result then: a part of the sum over the
    /// iterations is no gradient.
    static member RequireGoesOn(innermost: Watcher) : unit =
        let cancelled = Watching.Cancelled innermost

        if not (isNull cancelled) then
            raise (OperationCanceledException("The gradient was cancelled during its backward pass.", cancelled.Token))

    /// Reports a loop's registers to the innermost watcher, if it has a progress function.
    static member Show(registers: unit -> NdArray[]) : unit =
        let watcher = Watching.current

        if not (isNull watcher) then
            match watcher.Report with
            | ValueSome report -> report (registers ())
            | ValueNone -> ()

namespace NeuralDE.Internal.Graph

open System

/// Counters of work on the calling thread, with which tests measure the cost of tracing and running.
[<AbstractClass; Sealed>]
type internal Counters private () =
    /// Recorded expressions over placeholders.
    [<ThreadStatic; DefaultValue>]
    static val mutable private recorded: int64

    /// New nodes and graphs that interning did not find.
    [<ThreadStatic; DefaultValue>]
    static val mutable private created: int64

    /// Forward runs of loop bodies, including rejected steps and replays.
    [<ThreadStatic; DefaultValue>]
    static val mutable private bodies: int64

    /// Peak bytes of the last run of a plan: its arrays, and the tapes and emissions of its loops.
    [<ThreadStatic; DefaultValue>]
    static val mutable private held: int64

    static member Recorded = Counters.recorded
    static member Created = Counters.created
    static member Bodies = Counters.bodies
    static member Held = Counters.held
    static member AddRecorded() = Counters.recorded <- Counters.recorded + 1L
    static member AddCreated() = Counters.created <- Counters.created + 1L
    static member AddBody() = Counters.bodies <- Counters.bodies + 1L
    static member SetHeld(bytes: int64) = Counters.held <- bytes

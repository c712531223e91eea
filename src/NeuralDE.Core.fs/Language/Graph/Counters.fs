namespace NeuralDE.Internal.Graph

open System

/// Counts of work done on the calling thread since its start, for tests of what tracing and running cost.
[<AbstractClass; Sealed>]
type internal Counters private () =
    /// Expressions over placeholders that were recorded.
    [<ThreadStatic; DefaultValue>]
    static val mutable private recorded: int64

    /// Nodes and graphs made new, not found again.
    [<ThreadStatic; DefaultValue>]
    static val mutable private created: int64

    /// Loop bodies run forward, rejected steps and replays included.
    [<ThreadStatic; DefaultValue>]
    static val mutable private bodies: int64

    /// Bytes that the last run of a plan held at most: its arrays, and the tapes and emissions of its loops.
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

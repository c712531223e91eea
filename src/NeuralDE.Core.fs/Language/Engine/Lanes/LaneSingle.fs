namespace NeuralDE.Internal.Engine

open System.Threading

/// A loop and its reverse sweep by one lane, with what they keep between runs.
[<Sealed>]
type internal LaneSingleRun(loop: LaneLoop voption, pull: LanePullback voption) =
    let loopIdle = Idle(fun () -> LaneRun.Turn loop.Value)
    let pullIdle = Idle(fun () -> LaneSweep.Turn pull.Value)
    member _.Loop(work: Workspace) = LaneRun.run loop.Value loopIdle work
    member _.Pull(work: Workspace) = LaneSweep.run pull.Value pullIdle work

    /// Compiles the code now.
    member _.Compile() =
        loop |> ValueOption.iter (fun l -> l.Pair.Compile() |> ignore)

        match pull with
        | ValueSome p ->
            p.Loop.Pair.Compile() |> ignore
            p.Pair.Compile() |> ignore
        | ValueNone -> ()

/// A loop without batch axes as one lane. Plans run its first iterations; when these have taken some time, another thread makes
/// and compiles the lane's code, and the next iteration after that is the lane's. A loop whose reverse sweep reads a tape
/// waits until the sweep by lanes is ready too, because a lane records no tape. `nanoseconds`: of a plan's iteration.
[<Sealed>]
type internal LaneSingle(nanoseconds: float, needsLoop: bool, needsPull: bool) =
    inherit FasterLoop()
    let mutable made: LaneSingleRun | null = null
    let mutable isQueued = 0
    let mutable runs = 0L
    let mutable turns = 0L

    /// For tests: the code is made after this number of iterations, even if the plan is faster.
    static member val ForcedAfter: int voption = ValueNone with get, set

    /// The time of iterations after which making the code pays: making and compiling take 5 to 50 ms of another thread.
    static member Worth = 1e6

    /// The fewest iterations of a run, on average, that pay for loading and storing a lane: about 0.3 µs.
    static member FewestIterations = 8L

    /// Makes the loop; ValueNone if a lane cannot run it or is slower.
    member val MakeLoop: unit -> LaneLoop voption = (fun () -> ValueNone) with get, set

    /// Makes the reverse sweep.
    member val MakePull: unit -> LanePullback voption = (fun () -> ValueNone) with get, set

    /// Leaves the loop to its plan for ever; before the first run.
    member _.Refuse() = isQueued <- 1

    /// If one of both is missing, plans run both.
    member private x.Make() =
        let pull = if needsPull then x.MakePull() else ValueNone
        let loop = if needsLoop && pull.IsSome = needsPull then x.MakeLoop() else ValueNone

        if pull.IsSome = needsPull && loop.IsSome = needsLoop then
            let run = LaneSingleRun(loop, pull)
            if GroupKernels.tier <> Tiled then run.Compile()
            Volatile.Write(&made, run)

    member private x.MakeOnce() =
        if Interlocked.Exchange(&isQueued, 1) = 0 then x.Make()
        not (isNull (Volatile.Read(&made)))

    member private _.IsWorthIt =
        float turns * nanoseconds > LaneSingle.Worth && turns >= LaneSingle.FewestIterations * runs

    override _.Begin() = runs <- runs + 1L

    override x.IsReady iterations =
        if isQueued <> 0 then
            not (isNull (Volatile.Read(&made)))
        else
            turns <- turns + int64 iterations

            match LaneSingle.ForcedAfter, GroupKernels.tier with
            | ValueSome after, _ -> turns > int64 after && x.MakeOnce()
            | ValueNone, Warm ->
                if x.IsWorthIt && Interlocked.Exchange(&isQueued, 1) = 0 then LaneKernels.later (fun () -> x.Make())
                false
            | ValueNone, _ -> x.MakeOnce()

    member private _.Made: LaneSingleRun =
        match Volatile.Read(&made) with
        | null -> raise (NeuralDE.GraphException "a loop by one lane that is not ready")
        | run -> run

    override x.Run work = x.Made.Loop work
    override x.Pull work = x.Made.Pull work

namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph

/// Lowers loops without batch axes whose bodies are small: a lane replaces the plan when it is ready.
module internal LowerSingle =
    /// Nanoseconds of an instruction of a plan on a few numbers, of a number of a single lane, and of an exponential or the like
    /// there, measured on Lotka–Volterra, Lorenz 96 of 4 to 16 components and networks 2-h-2: a lane wins up to 4 components and
    /// h = 2.
    let private instructionTime, numberTime, farTime = 8.0, 0.6, 1.5

    /// Whether programs, which run this many times each, take less time than the instructions of a plan.
    let private isFaster (programs: (float * LaneProgram) list) (instructions: int) =
        let time (times, p: LaneProgram) =
            times * (float p.Nodes.Count * numberTime + float (LaneGraph.farCount p) * farTime)

        LaneSingle.ForcedAfter.IsSome || List.sumBy time programs < float instructions * instructionTime

    let private mayRun (l: Loop) = LowerLanes.isOn && l.Batch.Length = 0 && LowerLanes.isPlain l

    /// All axes of the captured values of a loop without batch axes.
    let private noAxes (l: Loop) : bool[][] = Array.create (l.Body.Inputs.Length - l.States - l.Registers) [||]

    let private attempt (make: unit -> 'T voption) : 'T voption =
        try
            make ()
        with :? NotLanesException ->
            ValueNone

    /// All places must be known when a plan is made: its scope does not change later.
    let private place (scope: Scope) (views: View seq) =
        for v in views do
            scope.Offset v |> ignore

    /// A loop without batch axes by one lane; its plan has this number of instructions.
    let loop
        (l: Loop)
        (n: Node)
        (needsPull: bool)
        (scope: Scope)
        (instructions: int)
        (v: LoopViews)
        (emissions: View[])
        : FasterLoop voption =
        if not (mayRun l) then
            ValueNone
        else
            // the captured values are followed by those that are computed before the loop
            let captured = v.Body.Arguments[v.Carried.Length ..]
            place scope (Seq.concat [ v.Carried; captured; emissions ])
            let counts = v.Counts |> Array.map scope.Offset

            let make (plan: LanePlan) =
                if isFaster [ 1.0, plan.Code.Program ] instructions then
                    let pair = LaneKernels.find plan.Code 1 LaneKernels.most
                    ValueSome
                        { LowerLanes.loopOf l plan scope pair v.Carried v.Carried captured emissions with
                            Cleared = [||]
                            Counts = counts }
                else
                    ValueNone

            let makeOne () = LaneSingle(float instructions * instructionTime, true, needsPull)
            let one = scope.Share(struct (n, "loop"), makeOne)
            one.MakeLoop <- (fun () -> attempt (fun () -> make (LanePlan.make l (noAxes l))))
            ValueSome one

    /// The plans of a loop and of its reverse sweep.
    let private plansOf (p: Pullback) (instructions: int) : struct (LanePlan * LaneSweepPlan) voption =
        match p.RowSweep.Value with
        | ValueNone -> ValueNone
        | ValueSome swept ->
            let plan = LanePlan.make p.Of (noAxes p.Of)
            let active = (LowerLaneSweeps.activeOf p).Length
            let sweep = LanePlan.sweep false p.Of plan.Axes swept active (LowerLaneSweeps.wantedOf p)
            let isOneLayout = (LaneBlock.isNarrow sweep.Sweep.Program = LaneBlock.isNarrow plan.Code.Program)

            // the loop is replayed
            if isOneLayout && isFaster [ 2.0, plan.Code.Program; 1.0, sweep.Sweep.Program ] instructions then
                ValueSome(struct (plan, sweep))
            else
                ValueNone

    /// The one of a loop that its reverse sweep shares. Of two sweeps that read one tape, neither is replaced.
    let private shared (scope: Scope) (primal: Node) (makeOne: unit -> LaneSingle) : LaneSingle =
        let mutable isFirst = false

        let one =
            scope.Share(
                struct (primal, "pulled"),
                fun () ->
                    isFirst <- true
                    scope.Share(struct (primal, "loop"), makeOne)
            )

        if not isFirst then one.Refuse()
        one

    /// The reverse sweep of a loop without batch axes, `primal`, by one lane.
    let pullback
        (p: Pullback)
        (primal: Node)
        (isPaired: bool)
        (scope: Scope)
        (instructions: int)
        (views: PullbackViews)
        (given: View voption[])
        (args: View[])
        : FasterLoop voption =
        if not (mayRun p.Of) then
            ValueNone
        else
            let n = p.Of.States + p.Of.Registers
            let own = args[.. p.Wanted.Length - 1]
            let captured = views.Loop.Body.Arguments[n..]
            let states = [| 0 .. p.Of.States - 1 |] |> Array.filter (fun i -> p.Wanted[i])
            let results = PullbackViews.results p views
            let givens = given |> Array.choose (fun v -> if v.IsSome then Some v.Value else None)
            place scope (Seq.concat [ own; captured; results; givens ])

            let make (struct (plan, sweep)) =
                let v: LowerLaneSweeps.SweepViews =
                    { Plan = plan
                      Sweep = sweep
                      Own = own
                      Captured = captured
                      SweepCaptured = own[n..]
                      States = Array.map2 (fun i v -> struct (i, v)) states results[.. states.Length - 1]
                      Totals = views.Totals }

                LowerLaneSweeps.pullbackOf p ValueNone v given scope

            let makeOne () = LaneSingle(float instructions * instructionTime, isPaired, true)
            let one = shared scope primal makeOne
            one.MakePull <- (fun () -> attempt (fun () -> plansOf p instructions |> ValueOption.map make))
            ValueSome one

namespace NeuralDE.Compiler

open NeuralDE

/// What the loop of a solve carries beside the state's leaves, by signature: known when the solve starts.
type internal Cargo = { Carried: Signature[]; Memory: Signature[] }

/// Reads an array part by part.
[<Sealed>]
type internal Cutter<'T>(items: 'T[]) =
    let mutable at = 0

    member _.Take count =
        at <- at + count
        items[at - count .. at - 1]

    member c.Rest = c.Take(items.Length - at)

/// The body of a solve's loop: one attempt at a step.
module internal StepLoop =
    let private float0 = { Signature.Dtype = Float64; Shape = [||] }
    let private int0 = { float0 with Dtype = Int32 }
    let private steering = Array.append (Array.create 4 float0) (Array.create 6 int0)

    /// What the loop carries without a derivative, at the start.
    let controls (p: SolvePlan) (cargo: Cargo) : Signature[] =
        let work = if p.Stepper.Counts then Array.create Work.count int0 else [||]
        Array.concat [ steering; cargo.Memory; work ]

    /// The functions of a solve, closed over what they captured.
    let terms (p: SolvePlan) (g: Graph) (i: SolveInputs) (captured: Tensor[]) : Terms =
        { Field = RungeKutta.fieldOf g captured
          Scale = StepError.scaleAt i
          // E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, section IV.8: 7 to 10, after which a shorter step
          // is cheaper. A step of constant length cannot be shorter.
          MostIterations =
            (match p.Steps with
             | Adaptive _ -> 10
             | Constant -> 100) }

    /// What the stepper carries on after a stop, at which the field may jump.
    let private resume (p: SolvePlan) (terms: Terms) stopped time (step: Attempted) =
        if p.Jumps && step.Carried.Length > 0 then
            cond
                stopped
                (fun (a: Tensor[]) -> p.Stepper.Begin terms a[0] a[1..])
                (fun _ -> step.Carried)
                (Array.append [| time |] step.Y1)
        else
            step.Carried

    /// State, control, inputs of the solve, captured → what a loop's body returns.
    let body (p: SolvePlan) (g: Graph) (cargo: Cargo) : Graph =
        let leaves = g.Inputs[1 .. p.Leaves]
        let compensated = leaves |> Array.map p.IsCompensated
        let sums = leaves |> Masks.pickBy compensated

        let inputs =
            Array.concat
                [ leaves
                  cargo.Carried
                  sums
                  controls p cargo
                  SolveInputs.signatures p.Times p.Stops
                  g.Inputs[p.Leaves + 1 ..] ]

        Tracing.closed inputs (fun x ->
            let x = Cutter x
            let y, carried = x.Take p.Leaves, x.Take cargo.Carried.Length
            let rounding = Masks.spreadBy compensated (x.Take sums.Length)
            let s = Steering.ofArray (x.Take Steering.count)
            let memory = x.Take cargo.Memory.Length
            let work = x.Take(if p.Stepper.Counts then Work.count else 0)
            let i = SolveInputs.ofArray (x.Take SolveInputs.count)
            let terms = terms p g i x.Rest
            let a = StepAdvance.from p s i

            let step =
                p.Stepper.Step
                    terms
                    { Time = s.Time
                      TimeNew = a.TimeNew
                      H = a.H
                      Y = y
                      Carried = carried
                      Memory = memory
                      Rounding = rounding }

            let judged = StepControl.judge p s i a y step
            // an interval of no length takes no step
            let isEmpty = Prim.both a.OnLast (Prim.compare Equal a.Stop s.Time)
            let keep = Prim.both judged.Keep (Prim.isNot isEmpty)
            let reached = Prim.both a.Ends (Prim.either isEmpty (Prim.both keep a.Reaches))
            let accepted = s.Accepted + Prim.cast Int32 keep
            let rejected = s.Rejected + Prim.cast Int32 (Prim.isNot (Prim.either keep isEmpty))
            let exhausted = Prim.compare GreaterEqual (accepted + rejected) i.MaxSteps

            let status =
                let code = Prim.integer
                let limit = Prim.select exhausted (code StatusCode.maxSteps) (code StatusCode.running)
                Prim.select reached (code StatusCode.success) (Prim.select judged.TooSmall judged.Reason limit)

            let saved = StepSave.rows p s i a keep accepted y step
            let stopped = Prim.both (Prim.both keep a.Reaches) (Prim.isNot a.Ends)
            let time = if p.Jumps then Prim.select stopped a.Resume a.Edge else a.TimeNew

            let past1, past2 =
                match p.Steps with
                | Adaptive _ -> Prim.select keep judged.Error s.Past1, Prim.select keep s.Past1 s.Past2
                | Constant -> StepAdvance.gridAfter p s stopped time accepted

            let steering =
                { Time = Prim.select keep time s.Time
                  Step = judged.Next
                  Past1 = past1
                  Past2 = past2
                  Accepted = accepted
                  Rejected = rejected
                  Status = status
                  Output = saved.Output
                  Stop = if p.Stops = 0 then s.Stop else s.Stop + Prim.cast Int32 stopped
                  Written = s.Written + Prim.cast Int32 saved.Write }

            Array.concat
                [ step.Y1
                  resume p terms stopped time step
                  step.Rounding
                  Steering.toArray steering
                  step.Memory
                  Array.map2 (+) work step.Work
                  saved.Emit
                  [| keep; saved.Write; Prim.isNot (Prim.isNumber status StatusCode.running) |] ])

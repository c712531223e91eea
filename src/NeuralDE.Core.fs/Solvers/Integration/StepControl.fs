namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Steppers

/// Whether an attempt is accepted, and the size of the next one.
[<NoEquality; NoComparison>]
type internal Judgement =
    {
        Keep: Tensor
        /// the scaled error, and the watch over derivatives after the step
        Error: Tensor
        Tangent: Tensor[]
        Watch: Tensor[]
        /// the size of the next step
        Next: Tensor
        /// the slots of the controller
        Past: Tensor[]
        /// bool: the step is rejected, and a shorter one is not allowed
        TooSmall: Tensor
        /// int32: the status of a solve that ends for this reason
        Reason: Tensor
    }

module internal StepControl =
    let private code = Prim.integer

    /// The reason why the shortest step was rejected. An inner solve also fails if the field is not finite.
    let private reason (finite: Tensor) (isNumber: Tensor) (step: Attempted) =
        let bad =
            match step.Solved with
            | ValueSome solved ->
                let isKnown = Prim.either solved (Prim.isNot finite)
                Prim.select isKnown (code StatusCode.nonFinite) (code StatusCode.unsolved)
            | ValueNone -> code StatusCode.nonFinite

        Prim.select isNumber (code StatusCode.tooSmall) bad

    /// The judgement of a constant step.
    let private judgeConstant (s: Steering<Tensor>) (step: Attempted) (finite: Tensor) (good: Tensor) : Judgement =
        { Keep = good
          Error = Prim.number 0.0
          Tangent = [||]
          Watch = [||]
          Next = s.Step
          Past = s.Past
          TooSmall = Prim.isNot good
          Reason = reason finite good step }

    /// The judgement of a step by its error; `solved`: whether it is finite and its equations are solved.
    let private judgeByError
        (p: SolvePlan)
        (controller: StepController)
        (s: Steering<Tensor>)
        (i: SolveInputs)
        (a: Advance)
        (y: Tensor[])
        (step: Attempted)
        (finite: Tensor)
        (solved: Tensor)
        (answer: Tensor -> Tensor -> Answer)
        : Judgement =
        let errors = step.Errors()
        let answered = answer (StepError.ofStep p i y step.Y1 errors) solved
        let error = answered.Error
        let good = Prim.both solved (Prim.compareTo Less error infinity)
        let keep = Prim.both good (Prim.compareTo LessEqual error 1.0)
        let judged = Prim.select good error (Prim.number 1e30)
        let slots = controller.Slots |> List.mapi (fun k (name, _) -> name, s.Past[k]) |> Map.ofList
        let factor, past = controller.Rule(ControllerInput(judged, keep, a.Size, p.Stepper.ErrorPower, slots))
        let next = a.Size * factor
        // do not shrink the step after clipping it to a stop
        let next = Prim.select (Prim.both keep a.Reaches) (Prim.binary Max a.Step next) next
        let least = Prim.binary Max i.DtMin (Prim.times (10.0 * StepAdvance.spacing) (abs s.Time))
        // with atol = 0 the error is infinite when a component leaves 0, so no step is small enough
        let isNumber =
            if p.IsRelative then
                Prim.both solved (errors[0] |> Array.choose id |> StepError.isFinite)
            else
                good

        let isShortest = Prim.both (Prim.isNot keep) (Prim.compare LessEqual a.Size least)

        { Keep = keep
          Error = error
          Tangent = answered.Tangent
          Watch = answered.Watch
          Next = next
          Past = Array.ofList past
          TooSmall =
            if controller.IsOwn then
                Prim.either isShortest (Prim.compareTo Equal next 0.0)
            else
                isShortest
          Reason = reason finite isNumber step }

    /// `isKnown`: bool, whether the values of events in the step are numbers. `answer`: from the state's error, and whether
    /// the step is finite and solved, to the error that decides.
    let judge
        (p: SolvePlan)
        (s: Steering<Tensor>)
        (i: SolveInputs)
        (a: Advance)
        (y: Tensor[])
        (step: Attempted)
        (isKnown: Tensor voption)
        (answer: Tensor -> Tensor -> Answer)
        : Judgement =
        let finite =
            match isKnown with
            | ValueSome isKnown -> Prim.both (StepError.isFinite step.Y1) isKnown
            | ValueNone -> StepError.isFinite step.Y1

        let good =
            match step.Solved with
            | ValueSome solved -> Prim.both finite solved
            | ValueNone -> finite

        match p.Steps with
        | StepSizes.Constant -> judgeConstant s step finite good
        | StepSizes.Adaptive(controller, _) -> judgeByError p controller s i a y step finite good answer

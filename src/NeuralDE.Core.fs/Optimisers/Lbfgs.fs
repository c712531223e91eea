namespace NeuralDE

open System
open System.Collections.Generic
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Optimisers

/// The status of a minimisation at its end.
[<RequireQualifiedAccess>]
type LbfgsStatus =
    /// No component of the gradient is larger than GradientTolerance.
    | Converged
    /// The last step decreased the loss by less than LossTolerance, relatively; or no step decreases it, and the slopes
    /// predict no larger decrease.
    | Settled
    /// The number of iterations reached its limit.
    | MaxIterations
    /// No step along the direction, or along the gradient, satisfies the strong Wolfe conditions.
    | LineSearchFailed
    /// The loss or its gradient is not finite at the initial model.
    | NonFinite
    /// The minimisation was cancelled.
    | Cancelled

    /// The meaning of the status, and advice.
    member s.Sentence =
        match s with
        | Converged -> "No component of the gradient is larger than GradientTolerance."
        | Settled -> "The loss no longer decreases by more than LossTolerance. Lower it to continue."
        | MaxIterations -> "The number of iterations reached its limit. Raise MaxIterations."
        | LineSearchFailed ->
            "No step satisfies the strong Wolfe conditions. "
            + "The loss has reached its rounding error or the tolerance of a solve inside it, or has a jump, or is unbounded below."
        | NonFinite -> "The loss or its gradient is not finite at the initial model. Use another initial model."
        | Cancelled -> "The minimisation was cancelled."

/// The progress of a running minimisation, after each iteration.
[<NoEquality; NoComparison>]
type LbfgsProgress<'M> =
    {
        /// the number of the iteration, from 1
        Iteration: int
        /// the loss after the iteration
        Loss: float
        /// the largest absolute component of the gradient
        GradientNorm: float
        /// the accepted step along the search direction: model = previous + Step · direction
        Step: float
        /// whether that step satisfies the strong Wolfe conditions; otherwise earlier steps are forgotten
        IsWolfe: bool
        /// the number of evaluations of the loss with its gradient so far
        Evaluations: int
        /// the model after the iteration
        Model: 'M
    }

/// Settings of L-BFGS.
type LbfgsOptions =
    {
        /// the number of steps that the approximate Hessian remembers; default: 10
        History: int
        /// the maximum number of iterations; default: 200
        MaxIterations: int
        /// Converged when no component of the gradient is larger; default: 1e-8
        GradientTolerance: float
        /// Settled when the relative decrease of the loss in an iteration is smaller; default: 1e-9
        LossTolerance: float
        /// the largest change of the parameters in the first trial along a gradient; default: 1; later trials start at the
        /// full step
        FirstStep: float
        /// c₁ of the Wolfe conditions; default: 1e-4
        Armijo: float
        /// c₂ of the Wolfe conditions; default: 0.9
        Curvature: float
        /// the maximum number of evaluations of a line search; default: 25
        MaxTrials: int
        /// ends the minimisation before the next evaluation when it is cancelled
        Cancellation: CancellationToken
    }

    /// The default settings.
    static member defaults =
        { History = 10
          MaxIterations = 200
          GradientTolerance = 1e-8
          LossTolerance = 1e-9
          FirstStep = 1.0
          Armijo = 1e-4
          Curvature = 0.9
          MaxTrials = 25
          Cancellation = CancellationToken.None }

/// The result of a minimisation.
[<NoEquality; NoComparison>]
type LbfgsFit<'M> =
    {
        /// the model with the lowest loss found
        Model: 'M
        /// its loss
        Loss: float
        /// the largest absolute component of its gradient
        GradientNorm: float
        /// the number of iterations
        Iterations: int
        /// the number of evaluations of the loss with its gradient
        Evaluations: int
        /// why the minimisation ended
        Status: LbfgsStatus
        /// the losses at the initial model and after each iteration
        Losses: float[]
        /// parts of the model that are not fitted: plain numbers, and leaves that the loss does not depend on
        Warnings: string[]
    }

/// <summary>Minimises a smooth loss of any tree by the limited-memory BFGS method.</summary>
/// <remarks>
/// Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5, with their line search for the strong Wolfe
/// conditions. The loss is traced once. If it is not finite, or its solve fails, steps become shorter.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Lbfgs =
    /// A model, its float leaves as one vector, the loss there and its gradient.
    [<NoEquality; NoComparison>]
    type private Point<'M> = { Model: 'M; Place: float[]; Loss: float; Gradient: float[] }

    /// The least cosine of the angle between a step and the change of the gradient over it. Below it sᵀy is rounding error, whose
    /// sign means nothing, and the pair is left out.
    let private leastCurvature = 1e-14

    /// A step s, the change y of the gradient over it, and 1 / sᵀy.
    type private Pair = { Moved: float[]; Turned: float[]; Weight: float }

    let private inner (a: float[]) (b: float[]) =
        let mutable total = 0.0

        for i in 0 .. a.Length - 1 do
            total <- total + a[i] * b[i]

        total

    /// a + factor · b
    let private along (a: float[]) (factor: float) (b: float[]) = Array.map2 (fun a b -> a + factor * b) a b

    let private largest (x: float[]) = x |> Array.fold (fun most x -> max most (abs x)) 0.0

    /// The float leaves of a tree as one vector.
    let private row (tree: 'M) : float[] =
        Tree.flatten tree |> Array.filter (fun x -> x.Dtype.IsFloat) |> Array.collect _.Numbers.Floats

    /// The tree with its float leaves from a vector.
    let private fill (like: 'M) (values: float[]) : 'M =
        let mutable next = 0

        like
        |> Tree.map (fun x ->
            if x.Dtype.IsFloat then
                let part = values[next .. next + x.Count - 1]
                next <- next + x.Count
                Tensor.OfArray(NdArray.OfFloats(x.Dtype, x.Dims, part)).ToDevice x.Device
            else
                x)

    /// −H g by the two-loop recursion (algorithm 7.4), with the newest pair last.
    let private direction (pairs: List<Pair>) (gradient: float[]) =
        let mutable q = Array.map (~-) gradient
        let shares = Array.zeroCreate pairs.Count

        for i in pairs.Count - 1 .. -1 .. 0 do
            shares[i] <- pairs[i].Weight * inner pairs[i].Moved q
            q <- along q -shares[i] pairs[i].Turned

        if pairs.Count > 0 then
            let last = pairs[pairs.Count - 1]
            let scale = 1.0 / (last.Weight * inner last.Turned last.Turned)
            q <- Array.map (fun x -> scale * x) q

        for i in 0 .. pairs.Count - 1 do
            let share = pairs[i].Weight * inner pairs[i].Turned q
            q <- along q (shares[i] - share) pairs[i].Moved

        q

    let private check (o: LbfgsOptions) =
        let inline wrong (name: string) got (expected: string) =
            raise (InputException $"Lbfgs: {name} is {string got}, expected {expected}.")

        if o.History < 1 then wrong "History" o.History "1 or more"
        if o.MaxIterations < 0 then wrong "MaxIterations" o.MaxIterations "0 or more"
        if o.MaxTrials < 1 then wrong "MaxTrials" o.MaxTrials "1 or more"
        if not (o.GradientTolerance >= 0.0) then wrong "GradientTolerance" o.GradientTolerance "0 or more"
        if not (o.LossTolerance >= 0.0) then wrong "LossTolerance" o.LossTolerance "0 or more"
        if not (o.FirstStep > 0.0) then wrong "FirstStep" o.FirstStep "a positive number"

        if not (0.0 < o.Armijo && o.Armijo < o.Curvature && o.Curvature < 1.0) then
            wrong "(Armijo, Curvature)" $"({string o.Armijo}, {string o.Curvature})" "0 < Armijo < Curvature < 1"

    /// The compiled loss with its gradient; and the float leaves that the traced loss does not depend on.
    let private slopeOf (loss: 'M -> Tensor) (model: 'M) : ('M -> Tensor * 'M) * (unit -> string list) =
        let floats = Tree.leaves model |> List.filter (fun (_, x) -> x.Dtype.IsFloat) |> List.map fst
        let mutable unused = []

        let see (dependence: unit -> bool[]) =
            let depends =
                Array.zip (Tree.flatten model) (dependence ())
                |> Array.choose (fun (x, depends) -> if x.Dtype.IsFloat then Some depends else None)
                |> List.ofArray

            Fitting.requireDependence "Lbfgs" "loss does" floats depends
            unused <- List.zip floats depends |> List.filter (snd >> not) |> List.map fst

        let slope =
            compile (fun model ->
                let (value, ()), gradient = valueAndGradSeen "Lbfgs" see (fun model -> loss model, ()) model
                value, gradient)

        slope, (fun () -> unused)

    /// The status of a minimisation that ends at its initial point.
    let private endOf (options: LbfgsOptions) (point: Point<'M>) : LbfgsStatus voption =
        if not (Double.IsFinite point.Loss) then
            ValueSome LbfgsStatus.NonFinite
        elif largest point.Gradient <= options.GradientTolerance then
            ValueSome LbfgsStatus.Converged
        else
            ValueNone

    /// A running minimisation, from a vector of parameters.
    type private Descent<'M>
        (options: LbfgsOptions, report: LbfgsProgress<'M> -> unit, slope: 'M -> Tensor * 'M, model: 'M, start: float[])
        =
        let mutable evaluations = 0
        let mutable isCancelled = false

        let evaluate (place: float[]) : Point<'M> =
            let model = fill model place
            evaluations <- evaluations + 1
            let unusable = { Model = model; Place = place; Loss = infinity; Gradient = Array.map (fun _ -> nan) place }

            try
                let value, gradient = Watching.Under(options.Cancellation, ValueNone, (fun () -> slope model))
                let value, gradient = float value, row gradient

                if Double.IsFinite value && Array.forall Double.IsFinite gradient then
                    { unusable with Loss = value; Gradient = gradient }
                else
                    unusable
            with
            | :? SolveException -> unusable
            | :? OperationCanceledException as e when
                (e :? SolveCancelledException || Watching.IsCancelled options.Cancellation)
                ->
                isCancelled <- true
                unusable

        let pairs = List<Pair>()
        let mutable point = evaluate start
        let losses = List<float> [ point.Loss ]
        let mutable iteration = 0
        let mutable hasFailed = false
        let mutable foretold = infinity
        let mutable status = endOf options point

        let remember (before: Point<'M>) (after: Point<'M>) =
            let moved, turned = along after.Place -1.0 before.Place, along after.Gradient -1.0 before.Gradient
            let product = inner moved turned

            if product > leastCurvature * sqrt (inner moved moved * inner turned turned) then
                if pairs.Count = options.History then pairs.RemoveAt 0
                pairs.Add { Moved = moved; Turned = turned; Weight = 1.0 / product }

        /// A line search from the current point, along the direction of the remembered steps.
        let search () =
            let start = point

            let trial step (p: Point<'M>) heading : Trial<Point<'M>> =
                { Step = step; Loss = p.Loss; Slope = inner p.Gradient heading; Point = p }

            let heading = direction pairs start.Gradient
            // by rounding the direction may not be a descent direction; then use the gradient
            let isDownhill = inner start.Gradient heading < 0.0
            if not isDownhill then pairs.Clear()
            let heading = if isDownhill then heading else Array.map (~-) start.Gradient

            let first =
                if pairs.Count > 0 then
                    1.0
                else
                    min 1.0 (options.FirstStep / sqrt (inner heading heading))

            let origin = trial 0.0 start heading
            let trials = List<Trial<Point<'M>>>()

            let attempt step =
                let tried = trial step (evaluate (along start.Place step heading)) heading
                trials.Add tried
                tried

            let found = LineSearch.run options.Armijo options.Curvature options.MaxTrials attempt origin first
            foretold <- LineSearch.foretold origin trials
            found

        /// Makes the point of a trial the current one, and returns the previous one.
        let accept (t: Trial<Point<'M>>) isWolfe =
            let before = point
            point <- t.Point
            iteration <- iteration + 1
            losses.Add point.Loss

            report
                { Iteration = iteration
                  Loss = point.Loss
                  GradientNorm = largest point.Gradient
                  Step = t.Step
                  IsWolfe = isWolfe
                  Evaluations = evaluations
                  Model = point.Model }

            let fall = before.Loss - point.Loss

            if largest point.Gradient <= options.GradientTolerance then
                status <- ValueSome LbfgsStatus.Converged
            elif isWolfe && fall <= options.LossTolerance * max (abs before.Loss) (abs point.Loss) then
                status <- ValueSome LbfgsStatus.Settled

            before

        /// If no step satisfies the Wolfe conditions, tries once more along the gradient; a second failure in a row ends the
        /// minimisation.
        let fail () =
            if hasFailed || pairs.Count = 0 then
                // the remaining decrease is below the rounding error of the loss, or the error of a solve inside it
                let isSettled = foretold <= options.LossTolerance * abs point.Loss
                status <- ValueSome(if isSettled then LbfgsStatus.Settled else LbfgsStatus.LineSearchFailed)
            hasFailed <- true
            pairs.Clear()

        member _.Run() =
            while status.IsNone do
                if options.Cancellation.IsCancellationRequested then
                    status <- ValueSome LbfgsStatus.Cancelled
                elif iteration >= options.MaxIterations then
                    status <- ValueSome LbfgsStatus.MaxIterations
                else
                    match search () with
                    | Wolfe trial ->
                        let before = accept trial true
                        hasFailed <- false
                        remember before point
                    | Lower trial ->
                        accept trial false |> ignore
                        if status.IsNone then fail ()
                    | NoStep -> fail ()

            if isCancelled then status <- ValueSome LbfgsStatus.Cancelled

        member _.Fit(warnings: string[]) : LbfgsFit<'M> =
            { Model = point.Model
              Loss = point.Loss
              GradientNorm = largest point.Gradient
              Iterations = iteration
              Evaluations = evaluations
              Status = status.Value
              Losses = losses.ToArray()
              Warnings = warnings }

    /// <summary>Like minimise, with settings, and a call after each iteration.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="report">Called after each iteration.</param>
    /// <param name="loss">From the model to one number. It is traced once; values that it captures are constants.</param>
    /// <param name="model">The initial model. Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The model with the lowest loss found, and the status.</returns>
    /// <exception cref="T:NeuralDE.InputException">for settings out of range, and for a loss that does not depend on the
    /// model.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for a model without float leaves.</exception>
    let minimiseWith
        (options: LbfgsOptions)
        (report: LbfgsProgress<'M> -> unit)
        (loss: 'M -> Tensor)
        (model: 'M)
        : LbfgsFit<'M> =
        check options
        Fitting.requireFloats "Lbfgs" model
        let slope, unused = slopeOf loss model
        let descent = Descent<'M>(options, report, slope, model, row model)
        descent.Run()
        descent.Fit(Fitting.warnings model (unused ()))

    /// <summary>Minimises a loss, starting from a model.</summary>
    /// <param name="loss">From the model to one number, smooth. It is traced once; values that it captures are
    /// constants.</param>
    /// <param name="model">The initial model. Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The model with the lowest loss found, and the status: a failure is a status, not an exception.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a loss that does not depend on the model.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for a model without float leaves.</exception>
    let minimise (loss: 'M -> Tensor) (model: 'M) : LbfgsFit<'M> = minimiseWith LbfgsOptions.defaults ignore loss model

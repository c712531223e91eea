namespace NeuralDE

open System
open System.Collections.Generic
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Optimisers

/// How a minimisation ended.
[<RequireQualifiedAccess>]
type LbfgsStatus =
    /// no component of the gradient is larger than GradientTolerance
    | Converged
    /// the last step lowered the loss by less than LossTolerance, relatively; or no step lowers it, and the slopes foretell that
    /// none could by more
    | Settled
    | MaxIterations
    /// no step along the direction, nor along steepest descent, satisfies the strong Wolfe conditions
    | LineSearchFailed
    /// the loss or its gradient is not finite at the initial model
    | NonFinite
    | Cancelled

    /// What it means, and what to try.
    member s.Sentence =
        match s with
        | Converged -> "The gradient is as small as asked for."
        | Settled -> "The loss no longer falls by more than its tolerance. Lower LossTolerance to go on."
        | MaxIterations -> "The number of iterations reached its limit. Raise MaxIterations."
        | LineSearchFailed ->
            "No step satisfies the strong Wolfe conditions. "
            + "The loss has reached its rounding error or the tolerance of a solve inside it, or has a jump, or is unbounded below."
        | NonFinite -> "The loss or its gradient is not finite at the initial model. Start somewhere else."
        | Cancelled -> "The minimisation was cancelled."

/// What a running minimisation tells of itself after each iteration.
[<NoEquality; NoComparison>]
type LbfgsProgress<'M> =
    {
        /// from 1
        Iteration: int
        Loss: float
        /// the largest component
        GradientNorm: float
        /// the accepted step along the search direction: model = previous + Step · direction
        Step: float
        /// whether that step satisfies the strong Wolfe conditions; one that does not ends the memory of earlier steps
        IsWolfe: bool
        /// of the loss with its gradient, so far
        Evaluations: int
        Model: 'M
    }

/// What a minimisation may be told.
type LbfgsOptions =
    {
        /// steps that the approximate Hessian remembers, 10
        History: int
        /// 200
        MaxIterations: int
        /// Converged when no component of the gradient is larger, 1e-8
        GradientTolerance: float
        /// Settled when an iteration lowers the loss by less, relatively, 1e-9
        LossTolerance: float
        /// how far the first trial along a gradient moves the parameters at most, 1; later trials start at the full step
        FirstStep: float
        /// c₁ of the Wolfe conditions, 1e-4
        Armijo: float
        /// c₂ of the Wolfe conditions, 0.9
        Curvature: float
        /// evaluations that a line search may take, 25
        MaxTrials: int
        Cancellation: CancellationToken
    }

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

/// What a minimisation returns.
[<NoEquality; NoComparison>]
type LbfgsFit<'M> =
    {
        /// the one with the lowest loss found
        Model: 'M
        Loss: float
        /// the largest component
        GradientNorm: float
        Iterations: int
        /// of the loss with its gradient
        Evaluations: int
        Status: LbfgsStatus
        /// at the initial model and after each iteration
        Losses: float[]
        /// what looks as if it were fitted and is not: plain numbers beside the model's tensors, leaves that the loss does not
        /// depend on
        Warnings: string[]
    }

/// <summary>Minimisation of a smooth loss over any tree by the limited-memory BFGS method.</summary>
/// <remarks>
/// Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5, with their line search for the strong Wolfe
/// conditions. The loss is traced once. Where it is not finite, or where its solve stops short, steps become shorter.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Lbfgs =
    /// A model's float leaves in one row, the loss there and its gradient.
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

    /// The float leaves of a tree in one row.
    let private row (tree: 'M) : float[] =
        Tree.flatten tree |> Array.filter (fun x -> x.Dtype.IsFloat) |> Array.collect _.Numbers.Floats

    /// The tree with its float leaves from a row.
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

    /// −H g by the two-loop recursion (algorithm 7.4), the youngest pair last.
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

    /// The loss with its gradient, compiled; beside it the float leaves that the loss, once traced, does not depend on.
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

    /// Where a minimisation from this point ends before its first iteration.
    let private endOf (options: LbfgsOptions) (point: Point<'M>) : LbfgsStatus voption =
        if not (Double.IsFinite point.Loss) then
            ValueSome LbfgsStatus.NonFinite
        elif largest point.Gradient <= options.GradientTolerance then
            ValueSome LbfgsStatus.Converged
        else
            ValueNone

    /// A minimisation under way, from a row of parameters.
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
            | :? SolveCancelledException ->
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

        /// A step from the point, along the direction of the remembered steps.
        let search () =
            let start = point

            let trial step (p: Point<'M>) heading : Trial<Point<'M>> =
                { Step = step; Loss = p.Loss; Slope = inner p.Gradient heading; Point = p }

            let heading = direction pairs start.Gradient
            // rounding can turn the direction uphill; then only the gradient counts
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

        /// Goes to where a trial was, and returns where it came from.
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

        /// Without a Wolfe step once more along the gradient alone; the second time in a row is the end.
        let fail () =
            if hasFailed || pairs.Count = 0 then
                // what is left to fall is less than the rounding error of the loss, or than what a solve inside it is exact to
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

    /// <summary>As minimise, with options, and a call after each iteration.</summary>
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

    /// <summary>The model of least loss near this one.</summary>
    /// <param name="loss">From the model to one number, smooth. What it captures is fixed.</param>
    /// <param name="model">Where to start. Integer, bool and key leaves stay as they are.</param>
    /// <remarks>Failure is a status. Raises only what the loss itself raises for shapes and types.</remarks>
    let minimise (loss: 'M -> Tensor) (model: 'M) : LbfgsFit<'M> = minimiseWith LbfgsOptions.defaults ignore loss model

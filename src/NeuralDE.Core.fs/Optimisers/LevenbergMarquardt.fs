namespace NeuralDE

open System
open System.Collections.Generic
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Optimisers

/// <summary>Nonlinear least squares: the model, any tree, that minimises ½ Σ r² for residuals r.</summary>
/// <remarks>
/// Levenberg 1944 and Marquardt 1963, after Madsen, Nielsen and Tingleff, Methods for Non-Linear Least Squares Problems
/// (2004), algorithm 3.16. It needs no line search. Near a good fit it converges as fast as Newton's method, without second
/// derivatives. If the residuals are not finite, or their solve fails, steps become shorter.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LevenbergMarquardt =
    let private most = 500

    /// The largest relative offset that counts as a minimum: the distance to the minimum of the linear model in standard
    /// errors of the parameters, √((|Pr|² / n) / ((|r|² − |Pr|²) / (m − n))) with the projection Pr of r on the columns of
    /// J. D. M. Bates, D. G. Watts, A relative offset orthogonality convergence criterion for nonlinear least squares,
    /// Technometrics 23, 1981.
    let private largestOffset = 1e-3

    /// The damping with which the projection is computed: the undamped step, except in directions on which no residual depends,
    /// where the undamped system is singular.
    let private almostUndamped = 1e-12

    let private check (o: LevenbergMarquardtOptions) =
        let inline wrong (name: string) got (expected: string) =
            raise (InputException $"LevenbergMarquardt: {name} is {string got}, expected {expected}.")

        if o.MaxIterations < 0 then wrong "MaxIterations" o.MaxIterations "0 or more"

        if not (o.InitialDamping > 0.0 && Double.IsFinite o.InitialDamping) then
            wrong "InitialDamping" o.InitialDamping "a positive number"

        if not (o.GradientTolerance >= 0.0) then wrong "GradientTolerance" o.GradientTolerance "0 or more"
        if not (o.LossTolerance >= 0.0) then wrong "LossTolerance" o.LossTolerance "0 or more"
        if not (o.StepTolerance >= 0.0) then wrong "StepTolerance" o.StepTolerance "0 or more"

        match o.Damping with
        | Marquardt factor -> if not (factor > 1.0) then wrong "Marquardt's factor" factor "more than 1"
        | Nielsen
        | Undamped -> ()

    let private smooth (model: 'M) = Tree.flatten model |> Array.filter (fun x -> x.Dtype.IsFloat)

    /// The float leaves as one vector, float64 [n].
    let private row (model: 'M) : Tensor =
        smooth model |> Array.map (fun x -> Prim.reshape [| x.Count |] (cast Float64 x)) |> List.ofArray |> concat

    /// The tree with its float leaves from a vector.
    let private fill (like: 'M) (values: Tensor) : 'M =
        let mutable next = 0

        like
        |> Tree.map (fun x ->
            if x.Dtype.IsFloat then
                let part = Tensor.Range(values, 0, next, next + x.Count)
                next <- next + x.Count
                cast x.Dtype (Prim.reshape x.Dims part)
            else
                x)

    /// The residuals at a vector of parameters, float64 [m].
    let private residualsOf (residuals: 'M -> Tensor) (like: 'M) (place: Tensor) : Tensor =
        let r = residuals (fill like place)
        Expect.floats "LevenbergMarquardt" r

        if r.Count = 0 then
            Expect.misfit $"LevenbergMarquardt: got residuals of shape {Expect.text r}, expected one or more."

        Prim.reshape [| r.Count |] (cast Float64 r)

    /// Raises InputException for residuals that do not depend on any float leaf.
    let private requireDependence (residuals: 'M -> Tensor) (model: 'M) =
        let t = TracedFunction.trace "LevenbergMarquardt" Hoisted residuals model
        let depends = Activity.activeOutputs t.Graph (TracedFunction.wanted t (Tree.flatten model))
        let paths = Tree.leaves model |> List.filter (fun (_, x) -> x.Dtype.IsFloat) |> List.map fst
        Fitting.requireDependence "LevenbergMarquardt" "residuals do" paths (List.ofArray depends)

    let private isFinite (x: float[]) = Array.forall Double.IsFinite x

    /// A vector of parameters or a direction as a tensor on the device of the model.
    let private vector (device: Device) (x: float[]) =
        Tensor.OfArray(NdArray.OfFloats(Float64, [| x.Length |], x)).ToDevice device

    /// The linear model of the residuals at a point; None if a derivative is not finite.
    let private linearise
        (options: LevenbergMarquardtOptions)
        (device: Device)
        (f: Tensor -> Tensor)
        n
        : float[] -> LinearModel option =
        let vector = vector device

        let byFactors =
            match options.Solve with
            | LeastSquaresSolve.Factors -> true
            | LeastSquaresSolve.ConjugateGradients -> false
            | LeastSquaresSolve.Automatic -> n <= most

        if byFactors then
            let derivatives = compile (fun place -> f place, jacobian f place)
            let largest: float[] = Array.zeroCreate n

            fun place ->
                let r, j = derivatives (vector place)
                let j = j.ToArray()
                if isFinite j then Some(DampedSolve.dense (r.ToArray()) j largest) else None
        else
            let product = compile (fun (place, v) -> let _, pull = vjp f place in pull (snd (jvp f place v)))

            let slope =
                compile (fun place ->
                    let r, pull = vjp f place
                    r, pull r)

            let mutable scale = 0.0

            fun place ->
                let r, g = slope (vector place)
                let r, g = r.ToArray(), g.ToArray()
                let times (v: float[]) = (product (vector place, vector v)).ToArray()

                if not (isFinite g) then
                    None
                else
                    let size = DampedSolve.inner g g
                    if scale = 0.0 && size > 0.0 then scale <- DampedSolve.inner g (times g) / size
                    Some(DampedSolve.iterative r g (if scale > 0.0 then scale else 1.0) times)

    /// A running fit, from a vector of parameters; `f` computes the residuals there.
    type private Descent<'M>
        (
            options: LevenbergMarquardtOptions,
            report: LevenbergMarquardtProgress<'M> -> unit,
            f: Tensor -> Tensor,
            model: 'M,
            start: float[]
        ) =
        let valueOf = compile f
        let device = Tree.deviceOf model
        let vector = vector device
        let lineariseAt = linearise options device f start.Length
        let mutable evaluations = 0
        let mutable count = 0
        let mutable isCancelled = false

        /// The result of f, or `otherwise` if a solve in it fails or is cancelled.
        let attempt (f: unit -> 'R) (otherwise: 'R) : 'R =
            try
                Watching.Under(options.Cancellation, ValueNone, f)
            with
            | :? SolveException -> otherwise
            | :? OperationCanceledException as e when
                (e :? SolveCancelledException || Watching.IsCancelled options.Cancellation)
                ->
                isCancelled <- true
                otherwise

        /// ½ Σ r², or +∞ if it is not finite.
        let lossAt (place: float[]) : float =
            evaluations <- evaluations + 1

            let value () =
                let r = (valueOf (vector place)).ToArray()
                count <- r.Length
                if isFinite r then 0.5 * DampedSolve.inner r r else infinity

            attempt value infinity

        let nearby (place: float[]) : LinearModel option = attempt (fun () -> lineariseAt place) None

        let mutable place = start
        let mutable loss = lossAt place
        let losses = List<float>([ loss ])
        let mutable around = if Double.IsFinite loss then nearby place else None
        let damping = DampingRule(options.Damping, options.InitialDamping)
        let mutable status = ValueNone
        let finish reason = status <- ValueSome reason

        let accept (next: float[]) nextLoss near used =
            let fall = loss - nextLoss
            place <- next
            loss <- nextLoss
            around <- Some near
            losses.Add loss
            report { Iteration = losses.Count - 1; Loss = loss; Damping = used; Model = fill model (vector place) }
            if fall <= options.LossTolerance * loss then finish LevenbergMarquardtStatus.Settled

        /// Ends the fit if no step decreases the loss. At a minimum the rounding error of the loss, or the error of a solve
        /// inside it, causes this.
        let stall (near: LinearModel) =
            let n = place.Length
            let struct (step, _) = near.Step almostUndamped
            let explained = -DampedSolve.inner near.Gradient step
            let rest = 2.0 * loss - explained
            let isAtMinimum =
                count > n && rest > 0.0 && explained / float n <= largestOffset ** 2.0 * rest / float (count - n)

            finish (
                if isAtMinimum then
                    LevenbergMarquardtStatus.Converged
                else
                    LevenbergMarquardtStatus.NoLowerStep
            )

        /// Tries steps from a point, shorter and shorter, until one decreases the loss.
        let rec descend (near: LinearModel) (shrink: float) isFirst =
            let used = damping.Value
            let struct (step, weight) = near.Step used
            let step = Array.map (fun x -> shrink * x) step
            let least = options.StepTolerance * (DampedSolve.length place + options.StepTolerance)
            // the decrease that the linear model predicts: −gᵀδ − ½ |J δ|²
            let foretold = 0.5 * (used * weight - DampedSolve.inner near.Gradient step)
            let isShort = DampedSolve.length step <= least || foretold <= options.LossTolerance * loss
            let next = Array.map2 (+) place step

            if isCancelled then
                finish LevenbergMarquardtStatus.Cancelled
            elif not (isFinite step) then
                finish LevenbergMarquardtStatus.NoLowerStep // undamped with a rank-deficient Jacobian
            elif isShort then
                if isFirst then finish LevenbergMarquardtStatus.Settled else stall near
            else
                let nextLoss = lossAt next
                let after = if nextLoss < loss then nearby next else None

                match after with
                | Some near ->
                    damping.Accept((loss - nextLoss) / foretold)
                    accept next nextLoss near used
                | None when damping.Reject() -> descend near 1.0 false
                | None -> descend near (0.5 * shrink) false

        member _.Run() =
            while status.IsNone do
                match around with
                | None -> finish LevenbergMarquardtStatus.NonFinite
                | Some near ->
                    if loss = 0.0 || near.Cosine <= options.GradientTolerance then
                        finish LevenbergMarquardtStatus.Converged
                    elif options.Cancellation.IsCancellationRequested then
                        finish LevenbergMarquardtStatus.Cancelled
                    elif losses.Count - 1 >= options.MaxIterations then
                        finish LevenbergMarquardtStatus.MaxIterations
                    else
                        descend near 1.0 true

            if isCancelled then finish LevenbergMarquardtStatus.Cancelled

        member _.Fit() : LevenbergMarquardtFit<'M> =
            { Model = fill model (vector place)
              Loss = loss
              GradientNorm =
                match around with
                | Some near -> near.Gradient |> Array.fold (fun most g -> max most (abs g)) 0.0
                | None -> nan
              Iterations = losses.Count - 1
              Evaluations = evaluations
              Status = status.Value
              Losses = losses.ToArray()
              Warnings = Fitting.warnings model [] }

    /// <summary>Like minimise, with settings, and a call after each iteration.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="report">Called after each iteration.</param>
    /// <param name="residuals">From the model to a tensor of any shape; smooth. Values that it captures are
    /// constants.</param>
    /// <param name="model">The initial model. Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The model with the lowest loss found, and the status.</returns>
    /// <exception cref="T:NeuralDE.InputException">for settings out of range, and for residuals that do not depend on the
    /// model.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for a model without float leaves.</exception>
    let minimiseWith
        (options: LevenbergMarquardtOptions)
        (report: LevenbergMarquardtProgress<'M> -> unit)
        (residuals: 'M -> Tensor)
        (model: 'M)
        : LevenbergMarquardtFit<'M> =
        check options

        Fitting.requireFloats "LevenbergMarquardt" model
        requireDependence residuals model
        let descent = Descent<'M>(options, report, residualsOf residuals model, model, (row model).ToArray())
        descent.Run()
        descent.Fit()

    /// <summary>Minimises ½ Σ r², starting from a model.</summary>
    /// <param name="residuals">From the model to a tensor of any shape; smooth. Values that it captures are
    /// constants.</param>
    /// <param name="model">The initial model. Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The model with the lowest loss found, and the status: a failure is a status, not an exception.</returns>
    /// <exception cref="T:NeuralDE.InputException">for residuals that do not depend on the model.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for a model without float leaves.</exception>
    let minimise (residuals: 'M -> Tensor) (model: 'M) : LevenbergMarquardtFit<'M> =
        minimiseWith LevenbergMarquardtOptions.defaults ignore residuals model

    /// <summary>The covariance of the parameters of a fit to first order, σ² (JᵀJ)⁻¹ with σ² = Σ r² / (m − n).</summary>
    /// <param name="residuals">The residuals that were fitted.</param>
    /// <param name="model">The fitted model.</param>
    /// <returns>[n; n]. Rows and columns are the elements of the float leaves in order; standard errors are the square roots
    /// of the diagonal.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless there are more residuals than parameters, and for parameters that
    /// are not identifiable: if the residuals depend only on the product of two parameters, the message names
    /// both.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for a model without float leaves.</exception>
    let covariance (residuals: 'M -> Tensor) (model: 'M) : Tensor =
        Fitting.requireFloats "LevenbergMarquardt.covariance" model
        let f = residualsOf residuals model
        let place = row model
        let r, j = f place, jacobian f place
        let m, n = r.Count, place.Count

        if m <= n then
            raise (
                InputException
                    $"LevenbergMarquardt.covariance: got {string m} residuals for {string n} parameters, expected more residuals than parameters."
            )

        let values = Identifiability.inverseSquare model m n (j.ToArray())
        let found = sum (square r) / float (m - n) * Tensor.OfArray(NdArray.OfFloats(Float64, [| n; n |], values))

        if not (Array.forall Double.IsFinite found.Numbers.Floats) then
            raise (
                InputException
                    "LevenbergMarquardt.covariance: the squares of the residuals or of their derivatives are outside the range of float64. Scale the residuals and the parameters to numbers near 1."
            )

        found

namespace NeuralDE

open System
open System.Threading
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Training

/// <summary>Training of a model, any tree, by gradients of a loss.</summary>
/// <remarks>
/// A training is a value: Train.start, then what differs from the defaults, then Train.run or one of its kind. The loss is
/// traced when the training begins, twice, to see that it is the same computation both times, and once more where a file is to
/// tell it by; what it captures is fixed.
/// The same model, keys and data give the same bits.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Train =
    let private positive verb (n: int) =
        if n < 1 then raise (InputException $"{verb}: got {string n}, expected 1 or more.")

    /// A training of 1000 steps, to be changed by what follows.
    let start (model: 'M) (optimiser: Optimiser) : Training<'M> =
        { Model = model
          Optimiser = optimiser
          Steps = 1000
          Epochs = None
          Clip = None
          ClipValue = None
          Validation = None
          ValidationEvery = None
          Metrics = []
          EarlyStopping = None
          ShowsProgress = false
          Reports = []
          EpochReports = []
          ModelReports = []
          Checkpoint = None
          OnFailure = FailurePolicy.Stop
          Resume = None
          MayBegin = false
          AcceptsChanges = false
          Cancellation = CancellationToken.None }

    // ── how long ─────────────────────────────────────────────────────────────────────────────────────────────────
    /// The number of steps; 1000 unless said otherwise.
    let steps (n: int) (t: Training<'M>) =
        if n < 0 then raise (InputException $"Train.steps: got {string n}, expected 0 or more.")
        { t with Steps = n; Epochs = None }

    /// The number of epochs, instead of steps; without batches an epoch is one step.
    let epochs (n: int) (t: Training<'M>) =
        if n < 0 then raise (InputException $"Train.epochs: got {string n}, expected 0 or more.")
        { t with Epochs = Some n }

    /// <summary>Ends the training once the token is cancelled, with the status Cancelled, in the middle of a step's solve too: the
    /// fit holds what it came to, and can be resumed.</summary>
    /// <remarks>
    /// A solve that is cancelled by itself raises SolveCancelledException, an OperationCanceledException. A training is no such
    /// call: its fit is a result. C# throws a FitCancelledException, with the fit in it.
    /// </remarks>
    let cancel (token: CancellationToken) (t: Training<'M>) = { t with Cancellation = token }

    /// <summary>Ends the training when the validation loss, or without validation the loss of each step, no longer improves.</summary>
    let stopEarlyWith (options: EarlyStopping) (t: Training<'M>) =
        if options.Patience < 1 then
            raise (InputException $"Train.stopEarly: got a patience of {string options.Patience}, expected 1 or more.")

        if not (options.MinImprovement >= 0.0 && Double.IsFinite options.MinImprovement) then
            raise (
                InputException
                    $"Train.stopEarly: got a least improvement of {string options.MinImprovement}, expected 0 or more."
            )

        { t with EarlyStopping = Some options }

    /// <summary>Ends the training after so many looks in a row without improvement, with the best model.</summary>
    let stopEarly (patience: int) (t: Training<'M>) =
        stopEarlyWith { EarlyStopping.defaults with Patience = patience } t

    /// <summary>Sets what the training does if a step fails: a solve in its loss stops early, or the loss or its gradient is not
    /// finite. Default: FailurePolicy.Stop.</summary>
    /// <remarks>A resumed training may have a different policy.</remarks>
    let onFailure (policy: FailurePolicy) (t: Training<'M>) =
        policy.Check "Train.onFailure"
        { t with OnFailure = policy }

    // ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────
    let private limited verb (limit: float) =
        if not (limit > 0.0 && Double.IsFinite limit) then
            raise (InputException $"{verb}: got {string limit}, expected a positive number.")

    /// Limits the norm of the gradient: √Σ g² over all float leaves that the optimiser updates.
    let clip (limit: float) (t: Training<'M>) =
        limited "Train.clip" limit
        { t with Clip = Some limit }

    /// The size of each component of the gradient at most; comes before Train.clip.
    let clipValue (limit: float) (t: Training<'M>) =
        limited "Train.clipValue" limit
        { t with ClipValue = Some limit }

    // ── looking on ───────────────────────────────────────────────────────────────────────────────────────────────
    let private number verb (value: Tensor) : float =
        if value.Count <> 1 then
            Expect.misfit $"{verb}: got shape {Expect.text value}, expected one number. Reduce it with sum or mean."

        float value

    /// <summary>Another loss, from the model to one number, taken after each epoch: it decides which model is the best.</summary>
    /// <remarks>Where one of its solves stops short it is NaN, which no loss is above.</remarks>
    let validate (loss: 'M -> Tensor) (t: Training<'M>) =
        let compiled = compile loss
        { t with Validation = Some(fun model -> number "Train.validate" (compiled model)) }

    /// <summary>As validate, by the mean of a loss over the samples of all batches of an epoch.</summary>
    let validateOn (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) (t: Training<'M>) =
        let compiled = compile (fun (batch, model) -> loss batch model)

        let mean (model: 'M) =
            let mutable total, count = 0.0, 0

            for step in 0 .. batches.PerEpoch - 1 do
                let size = batches.Source.SizeAt step
                total <- total + float size * number "Train.validateOn" (compiled (batches.At step, model))
                count <- count + size

            total / float count

        { t with Validation = Some mean }

    /// The steps between validations and between metrics, instead of an epoch.
    let validateEvery (steps: int) (t: Training<'M>) =
        positive "Train.validateEvery" steps
        { t with ValidationEvery = Some steps }

    /// <summary>A number of the model, taken when a validation is or would be: Fit.Metrics has it by this name.</summary>
    let metric (name: string) (measure: 'M -> Tensor) (t: Training<'M>) =
        if t.Metrics |> List.exists (fun (known, _) -> known = name) then
            raise (InputException $"Train.metric: '{name}' is there already, expected another name.")

        let compiled = compile measure
        { t with
            Metrics = t.Metrics @ [ name, (fun model -> number $"Train.metric '{name}'" (compiled model)) ] }

    /// Calls back after every step.
    let onStep (report: TrainProgress -> unit) (t: Training<'M>) = { t with Reports = t.Reports @ [ report ] }

    /// Calls back after every epoch.
    let onEpoch (report: EpochProgress -> unit) (t: Training<'M>) =
        { t with EpochReports = t.EpochReports @ [ report ] }

    /// Calls back with the step and the model after every so many steps.
    let onModel (every: int) (report: int -> 'M -> unit) (t: Training<'M>) =
        positive "Train.onModel" every
        { t with ModelReports = t.ModelReports @ [ every, report ] }

    /// A line in the terminal that follows the training; nothing where the output is redirected.
    let progress (t: Training<'M>) = { t with ShowsProgress = true }

    // ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>
    /// Writes the training into a file after every so many steps, and at its end: model, optimiser, the best model, losses,
    /// what early stopping counts. The file is replaced as a whole, so an interrupted write leaves the last one.
    /// </summary>
    /// <remarks>
    /// A place where no file can be written is a FileException before the first step. A write that fails later, as on a full disk,
    /// ends nothing: the training goes on, tries again at the next turn, and Fit.Unsaved and Fit.Warnings tell.
    /// </remarks>
    let checkpointEvery (steps: int) (path: string) (t: Training<'M>) =
        positive "Train.checkpointEvery" steps
        { t with Checkpoint = Some(steps, path) }

    /// <summary>
    /// Resumes the training from a file of checkpointEvery, with the same bits as without an interruption. Model, optimiser,
    /// clipping, batches, validation, metrics and loss must be the same as before; the number of steps, hooks, early stopping and
    /// the failure policy may change.
    /// </summary>
    /// <remarks>
    /// The run raises a FileException if there is no such file, and for a file of a different training, with the list of
    /// differences. Losses are compared by their graphs and captured numbers, so another version of the library may refuse the file.
    /// </remarks>
    let resume (path: string) (t: Training<'M>) = { t with Resume = Some path; MayBegin = false }

    /// <summary>Like resume, but starts from the beginning if there is no such file: for programs that are restarted.</summary>
    let resumeIfThere (path: string) (t: Training<'M>) = { t with Resume = Some path; MayBegin = true }

    /// <summary>
    /// Lets resume continue with new settings, such as another learning rate, optimiser or loss. Only the model's tensors must be
    /// the same as in the file.
    /// </summary>
    /// <remarks>
    /// The state of a different optimiser is reset. If batches, validation, loss or the model's non-tensor fields have changed, the
    /// best model and early stopping are reset, too.
    /// </remarks>
    let acceptChanges (t: Training<'M>) = { t with AcceptsChanges = true }

    // ── running ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private runAll isSame (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor * 'M) (t: Training<'M>) : Fit<'M> =
        let onLeaves (inputs: Tensor[]) (model: 'M) =
            let last = inputs.Length - 1
            loss (batches.View inputs[.. last - 1] inputs[last]) model

        TrainRun(t, batches.Source, onLeaves, isSame).Run()

    /// <summary>Runs the training on batches, one a step.</summary>
    /// <param name="batches">Such as Batches.ofTree 32 (inputs, targets) |> Batches.shuffle key.</param>
    /// <param name="loss">From a batch and the model to one number. It is traced for full batches, and for a smaller last one.</param>
    /// <param name="t">What to train, and how.</param>
    let runOn (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) (t: Training<'M>) : Fit<'M> =
        runAll false batches (fun batch model -> loss batch model, model) t

    /// <summary>As runOn, for models that hold more than parameters, such as running statistics.</summary>
    /// <param name="batches">One a step.</param>
    /// <param name="loss">
    /// Returns the model beside the number, with other values in the leaves that it keeps up to date itself; gradients move
    /// the rest.
    /// </param>
    /// <param name="t">What to train, and how.</param>
    let runUpdating (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor * 'M) (t: Training<'M>) : Fit<'M> =
        runAll false batches loss t

    /// <summary>Runs the training on one loss, the same at every step.</summary>
    /// <param name="loss">From the model to one number. What it captures is fixed.</param>
    /// <param name="t">What to train, and how.</param>
    /// <returns>The trained model. A loss that is not finite, a solve that fails or a cancellation is a Status.</returns>
    let run (loss: 'M -> Tensor) (t: Training<'M>) : Fit<'M> =
        runAll true (Batches.keys (Key 0)) (fun _ model -> loss model, model) t

namespace NeuralDE

open System
open System.Threading
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Training

/// <summary>Training of a model, any tree, by gradients of a loss.</summary>
/// <remarks>
/// A training is a value: Train.start, then its options, then Train.run, runOn or runUpdating. The loss is traced at the
/// start, twice, to check that both traces are equal, and once more if the training uses a file; values that it captures are
/// constants. Equal models, keys and data give equal bits.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Train =
    let private positive verb (n: int) =
        if n < 1 then raise (InputException $"{verb}: got {string n}, expected 1 or more.")

    /// <summary>A training of 1000 steps. Further functions set its options.</summary>
    /// <param name="model">The initial model. Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <param name="optimiser">The optimiser, such as Adam 1e-3.</param>
    /// <returns>The training.</returns>
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
          Cancellation = CancellationToken.None
          Distribution = None }

    // ── length ───────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Sets the number of steps; default: 1000.</summary>
    /// <param name="n">The number of steps.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this number of steps.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a negative number.</exception>
    let steps (n: int) (t: Training<'M>) =
        if n < 0 then raise (InputException $"Train.steps: got {string n}, expected 0 or more.")
        { t with Steps = n; Epochs = None }

    /// <summary>Sets the number of epochs, instead of steps. Without batches an epoch is one step.</summary>
    /// <param name="n">The number of epochs.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this number of epochs.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a negative number.</exception>
    let epochs (n: int) (t: Training<'M>) =
        if n < 0 then raise (InputException $"Train.epochs: got {string n}, expected 0 or more.")
        { t with Epochs = Some n }

    /// <summary>Ends the training with the status Cancelled when the token is cancelled, also during a solve of a step. The
    /// fit contains the results up to there, and the training can be resumed.</summary>
    /// <param name="token">The token.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this token.</returns>
    /// <remarks>
    /// A cancelled solve raises SolveCancelledException, an OperationCanceledException; a cancelled training returns its
    /// fit. In C# it throws a FitCancelledException, which contains the fit.
    /// </remarks>
    let cancel (token: CancellationToken) (t: Training<'M>) = { t with Cancellation = token }

    /// <summary>Ends the training when the validation loss no longer improves, or without validation the loss of the
    /// steps.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with early stopping.</returns>
    /// <exception cref="T:NeuralDE.InputException">for settings out of range.</exception>
    let stopEarlyWith (options: EarlyStopping) (t: Training<'M>) =
        if options.Patience < 1 then
            raise (InputException $"Train.stopEarly: got a patience of {string options.Patience}, expected 1 or more.")

        if not (options.MinImprovement >= 0.0 && Double.IsFinite options.MinImprovement) then
            raise (
                InputException
                    $"Train.stopEarly: got a smallest improvement of {string options.MinImprovement}, expected 0 or more."
            )

        { t with EarlyStopping = Some options }

    /// <summary>Ends the training after `patience` consecutive validations without improvement, with the best
    /// model.</summary>
    /// <param name="patience">The number of validations; without validation, of steps.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with early stopping.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless patience is positive.</exception>
    let stopEarly (patience: int) (t: Training<'M>) =
        stopEarlyWith { EarlyStopping.defaults with Patience = patience } t

    /// <summary>Sets what the training does if a step fails: a solve in its loss stops early, or the loss or its gradient is
    /// not finite. Default: FailurePolicy.Stop.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this policy.</returns>
    /// <remarks>A resumed training may have a different policy.</remarks>
    /// <exception cref="T:NeuralDE.InputException">for numbers out of range.</exception>
    let onFailure (policy: FailurePolicy) (t: Training<'M>) =
        policy.Check "Train.onFailure"
        { t with OnFailure = policy }

    // ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────
    let private limited verb (limit: float) =
        if not (limit > 0.0 && Double.IsFinite limit) then
            raise (InputException $"{verb}: got {string limit}, expected a positive number.")

    /// <summary>Limits the norm of the gradient: √Σ g² over all float leaves that the optimiser updates.</summary>
    /// <param name="limit">The limit, positive.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this limit.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless limit is positive and finite.</exception>
    let clip (limit: float) (t: Training<'M>) =
        limited "Train.clip" limit
        { t with Clip = Some limit }

    /// <summary>Limits the absolute value of each component of the gradient; applied before Train.clip.</summary>
    /// <param name="limit">The limit, positive.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this limit.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless limit is positive and finite.</exception>
    let clipValue (limit: float) (t: Training<'M>) =
        limited "Train.clipValue" limit
        { t with ClipValue = Some limit }

    // ── validation, metrics and reports ──────────────────────────────────────────────────────────────────────────
    let private number verb (value: Tensor) : float =
        if value.Count <> 1 then
            Expect.misfit $"{verb}: got shape {Expect.text value}, expected one number. Reduce it with sum or mean."

        float value

    /// <summary>Sets a validation loss, computed after each epoch. It determines the best model.</summary>
    /// <param name="loss">From the model to one number. If a solve in it fails, it counts as NaN, which is never the
    /// best.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this validation.</returns>
    let validate (loss: 'M -> Tensor) (t: Training<'M>) =
        let compiled = compile loss
        let measure (model: 'M) = number "Train.validate" (compiled model)
        { t with Validation = Some(Measure.make (TrainIdentity.ofFunction loss) measure) }

    /// <summary>Like validate, with the mean of a loss over the samples of all batches of an epoch.</summary>
    /// <param name="batches">The validation data.</param>
    /// <param name="loss">From a batch and the model to one number.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this validation.</returns>
    let validateOn (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) (t: Training<'M>) =
        let compiled = compile (fun (batch, model) -> loss batch model)

        let mean (model: 'M) =
            let mutable total, count = 0.0, 0

            for step in 0 .. batches.PerEpoch - 1 do
                let size = batches.Source.SizeAt step
                total <- total + float size * number "Train.validateOn" (compiled (batches.At step, model))
                count <- count + size

            total / float count

        let identity (model: 'M) =
            let graph = TrainIdentity.ofFunction (fun (batch, model) -> loss batch model) (batches.At 0, model)
            $"{graph} on {Digest.ofArrays batches.Source.Leaves}, {batches.Source.Text}"

        { t with Validation = Some(Measure.make identity mean) }

    /// <summary>Sets the number of steps between validations and between metrics, instead of one epoch.</summary>
    /// <param name="steps">The number of steps.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this number.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless steps is positive.</exception>
    let validateEvery (steps: int) (t: Training<'M>) =
        positive "Train.validateEvery" steps
        { t with ValidationEvery = Some steps }

    /// <summary>Adds a metric: a number computed from the model at every validation, or when one would be. Fit.Metrics has
    /// it by this name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="measure">From the model to one number.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this metric.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a name that another metric has.</exception>
    let metric (name: string) (measure: 'M -> Tensor) (t: Training<'M>) =
        if t.Metrics |> List.exists (fun (known, _) -> known = name) then
            raise (InputException $"Train.metric: got the name '{name}' twice, expected another name.")

        let compiled = compile measure
        let valueOf (model: 'M) = number $"Train.metric '{name}'" (compiled model)
        { t with Metrics = t.Metrics @ [ name, Measure.make (TrainIdentity.ofFunction measure) valueOf ] }

    /// <summary>Calls back after every step.</summary>
    /// <param name="report">Gets the progress.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this callback.</returns>
    let onStep (report: TrainProgress -> unit) (t: Training<'M>) = { t with Reports = t.Reports @ [ report ] }

    /// <summary>Calls back after every epoch.</summary>
    /// <param name="report">Gets the progress.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this callback.</returns>
    let onEpoch (report: EpochProgress -> unit) (t: Training<'M>) =
        { t with EpochReports = t.EpochReports @ [ report ] }

    /// <summary>Calls back with the step and the model after every `every` steps.</summary>
    /// <param name="every">The number of steps between calls.</param>
    /// <param name="report">Gets the step, from 1, and the model.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with this callback.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless every is positive.</exception>
    let onModel (every: int) (report: int -> 'M -> unit) (t: Training<'M>) =
        positive "Train.onModel" every
        { t with ModelReports = t.ModelReports @ [ every, report ] }

    /// <summary>Shows the progress of the training on a line of the terminal; nothing if the output is redirected.</summary>
    /// <param name="t">The training.</param>
    /// <returns>The training with a line of progress.</returns>
    let progress (t: Training<'M>) = { t with ShowsProgress = true }

    // ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>
    /// Saves the training in a file after every `steps` steps and at its end: model, optimiser, best model, losses, the
    /// counts of early stopping. The file is replaced atomically, so an interrupted write keeps the previous file.
    /// </summary>
    /// <param name="steps">The number of steps between checkpoints.</param>
    /// <param name="path">The file.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with checkpoints.</returns>
    /// <remarks>
    /// If the file cannot be written at all, the run raises a FileException before the first step. If a later write fails,
    /// such as on a full disk, the training continues and tries again at the next checkpoint; Fit.Unsaved and Fit.Warnings
    /// report it. If a callback or the loss raises an exception, the file is written once more with the steps taken, and the
    /// exception reaches the caller of `run`.
    /// </remarks>
    /// <exception cref="T:NeuralDE.InputException">unless steps is positive.</exception>
    let checkpointEvery (steps: int) (path: string) (t: Training<'M>) =
        positive "Train.checkpointEvery" steps
        { t with Checkpoint = Some(steps, path) }

    /// <summary>
    /// Resumes the training from a file of checkpointEvery, with the same bits as without an interruption. Model, optimiser,
    /// clipping, batches, validation, metrics and loss must be the same as before; the number of steps, hooks, early
    /// stopping and the failure policy may change.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training, to be run.</returns>
    /// <remarks>
    /// The run raises a FileException if there is no such file, and for a file of a different training, with the list of
    /// differences. Losses are compared by their graphs and captured numbers, so another version of the library may refuse
    /// the file.
    /// </remarks>
    let resume (path: string) (t: Training<'M>) = { t with Resume = Some path; MayBegin = false }

    /// <summary>Like resume, but starts from the beginning if there is no such file: for programs that are
    /// restarted.</summary>
    /// <param name="path">The file.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training, to be run.</returns>
    let resumeIfThere (path: string) (t: Training<'M>) = { t with Resume = Some path; MayBegin = true }

    /// <summary>
    /// Lets `resume` continue with new settings, such as another learning rate, optimiser or loss. Only the model's tensors
    /// must be the same as in the file.
    /// </summary>
    /// <param name="t">The training.</param>
    /// <returns>The training, to be run.</returns>
    /// <remarks>
    /// The state of a different optimiser is reset. If batches, validation, loss or the model's non-tensor fields have
    /// changed, the best model and early stopping are reset, too.
    /// </remarks>
    let acceptChanges (t: Training<'M>) = { t with AcceptsChanges = true }

    // ── processes ────────────────────────────────────────────────────────────────────────────────────────────────
    let private share verb parts losses group (t: Training<'M>) =
        let sharing = { Group = group; Parts = parts; Losses = losses }
        Sharing.check verb sharing
        { t with Distribution = Some sharing }

    /// <summary>
    /// Trains with several processes. Each batch is divided into 8 parts of consecutive samples, and the processes compute the
    /// losses and gradients of the parts; the loss of the batch is their mean. All processes have the same model at every step,
    /// with the same bits for 1, 2, 4 or 8 processes.
    /// </summary>
    /// <param name="group">The processes, such as Mpi.world of NeuralDE.Mpi.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with these processes.</returns>
    /// <remarks>
    /// For losses that are means over samples, of which each depends on its own sample: the mean over a batch is then the mean
    /// over its parts. A loss that joins samples, by batch normalisation or by common steps of a solve (instead of perSample),
    /// joins those of a part. Keys of Batches.withKey differ by part. The first process shows progress and writes checkpoints;
    /// the others read the same file to resume. Callbacks run in all processes. A cancellation in one process ends all of them
    /// after the step. An exception in one process ends all of them. The bits depend on the number of parts.
    /// </remarks>
    /// <exception cref="T:NeuralDE.InputException">unless the number of processes is 1, 2, 4 or 8; by `run`, unless the batch
    /// size is a multiple of 8.</exception>
    let distributed (group: ProcessGroup) (t: Training<'M>) = share "Train.distributed" 8 PartLosses.Mean group t

    /// <summary>Like distributed, with another number of parts.</summary>
    /// <param name="parts">The parts of each batch, a power of two: the largest number of processes.</param>
    /// <param name="group">The processes.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with these processes.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless parts and the number of processes are powers of two, parts not the
    /// smaller one.</exception>
    let distributedIn (parts: int) (group: ProcessGroup) (t: Training<'M>) =
        share "Train.distributedIn" parts PartLosses.Mean group t

    /// <summary>Like distributedIn, for losses that are sums over samples: the loss of a batch is the sum over its
    /// parts.</summary>
    /// <param name="parts">The parts of each batch, a power of two: the largest number of processes.</param>
    /// <param name="group">The processes.</param>
    /// <param name="t">The training.</param>
    /// <returns>The training with these processes.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless parts and the number of processes are powers of two, parts not the
    /// smaller one.</exception>
    let distributedSums (parts: int) (group: ProcessGroup) (t: Training<'M>) =
        share "Train.distributedSums" parts PartLosses.Sum group t

    // ── running ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private runAll isSame (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor * 'M) (t: Training<'M>) : Fit<'M> =
        let onLeaves (inputs: Tensor[]) (model: 'M) =
            let last = inputs.Length - 1
            loss (batches.View inputs[.. last - 1] inputs[last]) model

        TrainRun(t, batches.Source, onLeaves, isSame).Run()

    /// <summary>Runs the training on batches, one batch in each step.</summary>
    /// <param name="batches">Such as Batches.ofTree 32 (inputs, targets) |> Batches.shuffle key.</param>
    /// <param name="loss">From a batch and the model to one number. It is traced for full batches, and for a smaller last
    /// one. Values that it captures are constants.</param>
    /// <param name="t">The training.</param>
    /// <returns>The trained model. A non-finite loss, a failed solve and a cancellation are reported as its
    /// Status.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a loss that does not depend on the model.</exception>
    /// <exception cref="T:NeuralDE.FileException">for a checkpoint that cannot be read or written at the start.</exception>
    let runOn (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor) (t: Training<'M>) : Fit<'M> =
        runAll false batches (fun batch model -> loss batch model, model) t

    /// <summary>Like runOn, for models that contain more than parameters, such as running statistics.</summary>
    /// <param name="batches">One batch in each step.</param>
    /// <param name="loss">Returns a number and the model, with new values in the leaves that it updates itself; gradients
    /// update the others.</param>
    /// <param name="t">The training.</param>
    /// <returns>The trained model. A non-finite loss, a failed solve and a cancellation are reported as its
    /// Status.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a loss that does not depend on the model.</exception>
    /// <exception cref="T:NeuralDE.TreeException">if the returned model has another structure.</exception>
    /// <exception cref="T:NeuralDE.FileException">for a checkpoint that cannot be read or written at the start.</exception>
    let runUpdating (batches: Batches<'B>) (loss: 'B -> 'M -> Tensor * 'M) (t: Training<'M>) : Fit<'M> =
        runAll false batches loss t

    /// <summary>Runs the training on one loss, the same in every step.</summary>
    /// <param name="loss">From the model to one number. Values that it captures are constants.</param>
    /// <param name="t">The training.</param>
    /// <returns>The trained model. A non-finite loss, a failed solve and a cancellation are reported as its
    /// Status.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a loss that does not depend on the model.</exception>
    /// <exception cref="T:NeuralDE.FileException">for a checkpoint that cannot be read or written at the start.</exception>
    let run (loss: 'M -> Tensor) (t: Training<'M>) : Fit<'M> =
        runAll true (Batches.keys (Key 0)) (fun _ model -> loss model, model) t

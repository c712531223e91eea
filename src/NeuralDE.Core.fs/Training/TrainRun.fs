namespace NeuralDE.Internal.Training

open System
open System.Collections.Generic
open System.Diagnostics
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Optimisers

/// A running training: one compiled step, applied to batch after batch, with validation, reports and files between steps.
[<Sealed>]
type internal TrainRun<'M>(t: Training<'M>, source: BatchSource, loss: TrainLoss<'M>, isSame: bool) =
    let clock = Stopwatch.StartNew()
    let record = TrainRecord(List.map fst t.Metrics)
    let start = t.Model, Optim.init t.Optimiser t.Model

    do
        if not (Array.contains true (Optim.moving t.Optimiser t.Model)) then
            raise (
                InputException
                    "Train.run: the optimiser freezes every leaf of the model, so there is nothing to fit. Use another optimiser than Frozen for one of them."
            )

    let perEpoch = source.PerEpoch

    let steps =
        match t.Epochs with
        | Some epochs when int64 epochs * int64 perEpoch > int64 Int32.MaxValue ->
            raise (
                InputException
                    $"Train.epochs: {string epochs} epochs of {string perEpoch} steps are more than {string Int32.MaxValue} steps. Use fewer epochs."
            )
        | Some epochs -> epochs * perEpoch
        | None -> t.Steps

    let every = Option.defaultValue perEpoch t.ValidationEvery
    let mutable unused: string list = []
    let iteration = Iteration("Train.run", TrainStep.step t loss (fun paths -> unused <- paths), start, source.Leaves)

    // ── processes ────────────────────────────────────────────────────────────────────────────────────────────────
    let group =
        match t.Distribution with
        | Some sharing -> sharing.Group
        | None -> ProcessGroup.alone

    /// The first process reports and writes files.
    let isFirst = (group.Rank = 0)

    do
        match t.Distribution with
        | Some sharing when source.Leaves.Length > 0 ->
            Sharing.checkBatch sharing "a batch" source.Size
            if source.KeepsLast then
                Sharing.checkBatch sharing "the last batch of an epoch" (source.SizeAt(perEpoch - 1))
        | _ -> ()

    let line = ProgressLine(Console.Out, t.ShowsProgress && isFirst && not Console.IsOutputRedirected)

    // ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The inputs of the step for a batch of `size` samples: its leaves, and the number of the step.
    let inputs size : Signature[] =
        let leaf (a: NdArray) : Signature = { Dtype = a.Dtype; Shape = Array.append [| size |] a.Shape[1..] }
        Array.append (Array.map leaf source.Leaves) [| { Dtype = Int64; Shape = [||] } |]

    /// The number of samples of a batch that this process takes.
    let mine size = size / group.Size

    let full = inputs (mine source.Size)
    let last = source.Samples % source.Size
    let rest = if last = 0 then full else inputs (mine last)
    let number: int64[] = [| 0L |]
    let numberArray = NdArray(Int64, [||], number)
    let mutable order: int64[] voption = ValueNone
    let mutable orderedEpoch = -1

    /// Writes the batch of a step (from 0) into the inputs of the compiled step.
    let feed (step: int) =
        let epoch = step / perEpoch

        if epoch <> orderedEpoch then
            order <- source.OrderOf epoch
            orderedEpoch <- epoch

        let size = mine (source.SizeAt step)
        let first = step % perEpoch * source.Size + group.Rank * size
        iteration.Use(if source.SizeAt step = source.Size then full else rest)

        for leaf in 0 .. source.Leaves.Length - 1 do
            for row in 0 .. size - 1 do
                let sample =
                    match order with
                    | ValueSome order -> order[first + row]
                    | ValueNone -> int64 (first + row)

                iteration.Write(leaf, row, source.Leaves[leaf], sample)

        number[0] <- int64 step
        iteration.Write(source.Leaves.Length, 0, numberArray, 0L)

    /// The identity of the training in files.
    let identity =
        lazy
            (let sample =
                match t.Distribution with
                | Some sharing -> inputs (source.Size / sharing.Parts)
                | None -> full

             let zeros = sample |> Array.map (fun s -> Tensor.OfArray(NdArray.Zeros(s.Dtype, s.Shape)))
             TrainIdentity.make t source loss (snd start) zeros)

    /// The same batch as tensors, to find the cause of a failure.
    let batchOf (step: int) = Batches<Tensor[]>(source, (fun leaves step -> Array.append leaves [| step |])).At step

    // ── between steps ────────────────────────────────────────────────────────────────────────────────────────────
    let elapsed () = record.Seconds + clock.Elapsed.TotalSeconds

    /// Counts improvements of the loss for early stopping.
    let look (loss: float) =
        match t.EarlyStopping with
        | Some stop ->
            if loss < record.Improved - stop.MinImprovement then
                record.Improved <- loss
                record.Waited <- 0
            else
                record.Waited <- record.Waited + 1
        | None -> ()

    let keepIfLowest (loss: float) =
        if loss < record.Lowest then
            record.Lowest <- loss
            iteration.Keep()

    /// A number computed from the model; NaN if a solve in it fails.
    let measure (f: 'M -> float) (model: 'M) : float =
        try
            f model
        with :? SolveException ->
            nan

    /// Whether steps `before` + 1 … `step` contain a multiple of `period`.
    let passes (period: int) (before: int) (step: int) = step / period > before / period

    let validate before step =
        if passes every before step && (t.Validation.IsSome || not t.Metrics.IsEmpty) then
            let model = iteration.Give(fst iteration.Current)
            let validation = t.Validation |> Option.map (fun validation -> measure validation model)
            let metrics = [ for _, metric in t.Metrics -> measure metric model ]

            // recorded together: an exception above leaves none of them, and they are computed again after a resume
            match validation with
            | Some value ->
                let struct (steps, values) = record.Validation
                steps.Add step
                values.Add value
                look value
                keepIfLowest value
            | None -> ()

            for struct (_, steps, values), value in List.zip record.Metrics metrics do
                steps.Add step
                values.Add value

        record.Validated <- step

    let validated () =
        let struct (_, values) = record.Validation
        if values.Count = 0 then ValueNone else ValueSome values[values.Count - 1]

    /// The mean loss over the steps of an epoch (from 1), without skipped ones.
    let meanOf (epoch: int) =
        let taken =
            Seq.init perEpoch (fun i -> record.Losses[(epoch - 1) * perEpoch + i]) |> Seq.filter (Double.IsNaN >> not)

        if Seq.isEmpty taken then nan else Seq.average taken

    let reportStep step value length =
        if t.ShowsProgress || not t.Reports.IsEmpty then
            let progress =
                { Step = step
                  Steps = steps
                  Loss = value
                  GradientNorm = length
                  Skipped = record.Skipped
                  Shortened = record.Shortened
                  Seconds = elapsed () }

            line.Write(progress, validated ())

            for report in t.Reports do
                report progress

    let reportEpoch before step =
        if passes perEpoch before step && not t.EpochReports.IsEmpty then
            let epoch = step / perEpoch

            let progress =
                { Epoch = epoch
                  Step = step
                  Loss = meanOf epoch
                  Validation = validated () |> ValueOption.toOption
                  Seconds = elapsed () }

            for report in t.EpochReports do
                report progress

        for every, report in t.ModelReports do
            if passes every before step then report step (iteration.Give(fst iteration.Current))

    // ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// The model before the last step, if the policy needs it.
    let mutable previous: 'M voption = ValueNone

    let mutable unsaved: FileException option = None
    let mutable unsavedTimes = 0

    /// Writes the checkpoint. A failed write does not end the training.
    let save () =
        match t.Checkpoint with
        | Some(_, path) when isFirst ->
            let seconds = record.Seconds
            record.Seconds <- elapsed ()

            try
                try
                    TrainCheckpoint.write path identity.Value record iteration.Current (fst iteration.Kept) previous
                    unsaved <- None
                with :? FileException as e ->
                    if unsaved.IsNone then line.Warn [| e.Message |]
                    unsaved <- Some e
                    unsavedTimes <- unsavedTimes + 1
            finally
                record.Seconds <- seconds
        | Some _ // only the first process writes
        | None -> ()

    /// Keeps the steps taken when an exception of a hook or of the loss leaves the training. That exception is the one to report,
    /// so another one while writing is dropped.
    let saveAtException () =
        try
            save ()
        with _ ->
            ()

    let saveAfter before step =
        match t.Checkpoint with
        | Some(every, _) -> if passes every before step then save ()
        | None -> ()

    // ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────
    /// Skipped steps since the last successful one. They count when another step succeeds.
    let mutable pending = 0

    /// The first of the failures in a row.
    let mutable first: TrainStatus voption = ValueNone

    let keepPrevious () =
        match t.OnFailure with
        | FailurePolicy.Shrink _ -> previous <- ValueSome(iteration.Give(fst iteration.Current))
        | FailurePolicy.Stop
        | FailurePolicy.Skip _ -> ()

    let remember step (status: TrainStatus) =
        if record.FirstFailure = "" then
            record.FirstFailure <-
                match status with
                | TrainStatus.NonFinite(_, what, cause) -> $"the {what} of step {string step} is not finite. {cause}"
                | TrainStatus.SolveFailed(_, failure) -> $"a solve of step {string step} failed. {failure.Message}"
                | TrainStatus.Completed
                | TrainStatus.Cancelled _
                | TrainStatus.StoppedEarly _ -> ""

    /// The status that ends the training at a failed step; ValueNone if the policy continues.
    let fail (step: int) (why: unit -> TrainStatus) : TrainStatus voption =
        record.InARow <- record.InARow + 1
        if first.IsNone then first <- ValueSome(why ())

        match t.OnFailure, previous with
        | FailurePolicy.Skip most, _ when not isSame && record.InARow <= most ->
            remember step first.Value
            pending <- pending + 1
            ValueNone
        | FailurePolicy.Shrink(factor, most), ValueSome before when record.InARow <= most ->
            remember step first.Value
            let model, state = iteration.Current
            iteration.Load((TrainStep.between t.Optimiser before model factor, state), iteration.Kept)
            record.Shortened <- record.Shortened + 1
            record.IsShortened <- true
            ValueNone
        | FailurePolicy.Stop, _
        | FailurePolicy.Skip _, _
        | FailurePolicy.Shrink _, _ -> first

    let succeed () =
        if record.IsShortened then
            record.IsShortened <- false
        else
            record.InARow <- 0
            first <- ValueNone

    /// Adds the skipped steps to the record.
    let commit () =
        for _ in 1..pending do
            record.Losses.Add nan

        record.Skipped <- record.Skipped + pending
        pending <- 0

    /// Validates and saves after the last step and the skipped steps before it.
    let follow before =
        let step = record.Taken
        validate before step
        saveAfter before step

    // ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// Computes one step (from 1) in this process.
    let computeHere (step: int) : Sharing.Outcome =
        try
            feed (step - 1)

            // with other processes, a step is not left before its sums over all processes
            if t.Cancellation.CanBeCanceled && group.Size = 1 then
                Watching.Under(t.Cancellation, ValueNone, (fun () -> iteration.Run()))
            else
                iteration.Run()

            if group.Size > 1 && t.Cancellation.IsCancellationRequested then
                Sharing.Cancelled
            else
                Sharing.Computed
        with
        // a cancelled step changes nothing
        | :? OperationCanceledException as e when (e :? SolveCancelledException || Watching.IsCancelled t.Cancellation) ->
            Sharing.Cancelled
        | :? SolveException as e -> Sharing.Failed e.Failure

    /// Computes one step (from 1). If it fails or is cancelled in any process: the status that ends the training, or ValueNone
    /// if the policy continues.
    let compute (step: int) : TrainStatus voption voption =
        match Sharing.agree group (computeHere step) with
        | Sharing.Computed -> ValueNone
        | Sharing.Cancelled -> ValueSome(ValueSome(TrainStatus.Cancelled(record.Taken + 1)))
        | Sharing.Failed failure -> ValueSome(fail step (fun () -> TrainStatus.SolveFailed(step, failure)))

    /// Takes the computed step, then calls the hooks. Their exceptions are the caller's: no failures of the step.
    let accept (step: int) (value: float) (length: float) =
        succeed ()
        keepPrevious ()
        iteration.Advance()
        let before = record.Taken
        commit ()
        record.Losses.Add value
        if t.Validation.IsNone then look value
        follow before
        reportStep step value length
        reportEpoch before step

    /// Takes one step (from 1); returns the status if it ends the training.
    let take (step: int) : TrainStatus voption =
        match compute step with
        | ValueSome outcome -> outcome
        | ValueNone ->
            let value, length = iteration.Number 0, iteration.Number 1
            if Double.IsFinite value && t.Validation.IsNone then keepIfLowest value

            if not (Double.IsFinite value) then
                fail step (fun () ->
                    let cause = TrainStep.causeOfLoss loss (batchOf (step - 1)) (fst iteration.Current)
                    TrainStatus.NonFinite(step, "loss", cause))
            elif not (Double.IsFinite length) then
                fail step (fun () ->
                    let cause = TrainStep.causeOfGradient loss (batchOf (step - 1)) (fst iteration.Current)
                    TrainStatus.NonFinite(step, "gradient", cause))
            else
                accept step value length
                ValueNone

    let advance () : TrainStatus voption =
        let isSpent =
            match t.EarlyStopping with
            | Some stop -> record.Waited >= stop.Patience
            | None -> false

        if isSpent then
            ValueSome(TrainStatus.StoppedEarly record.Taken)
        elif record.Taken + pending >= steps then
            if pending > 0 then
                let before = record.Taken
                commit ()
                follow before
                reportEpoch before record.Taken

            ValueSome TrainStatus.Completed
        elif group.Size = 1 && t.Cancellation.IsCancellationRequested then
            ValueSome(TrainStatus.Cancelled(record.Taken + 1))
        else
            take (record.Taken + pending + 1)

    let next () : TrainStatus voption =
        try
            // a file may end before the validation of its last step
            if record.Validated < record.Taken then validate record.Validated record.Taken
            advance ()
        with :? SolveCancelledException when group.Size = 1 && Watching.IsCancelled t.Cancellation ->
            // seen by a solve of a validation or a hook
            ValueSome(TrainStatus.Cancelled(record.Taken + 1))

    let resume () =
        match t.Resume with
        | Some path when t.MayBegin && not (TrainCheckpoint.exists path) -> ()
        | Some path ->
            let (model, state), best, before =
                TrainCheckpoint.read path identity.Value t.AcceptsChanges record start (Optim.init t.Optimiser)

            iteration.Use full
            iteration.Load((model, state), (best, state))

            match t.OnFailure with
            | FailurePolicy.Shrink _ -> previous <- before
            | FailurePolicy.Stop
            | FailurePolicy.Skip _ ->
                record.InARow <- 0
                record.IsShortened <- false
        | None -> ()

    let failureWarnings () =
        [| let were n = if n = 1 then "was" else "were"

           if record.Skipped > 0 then
               $"{string record.Skipped} of {string record.Taken} steps {were record.Skipped} skipped; the first failure: {record.FirstFailure}"

           if record.Shortened > 0 then
               let updates = if record.Shortened = 1 then "update" else "updates"
               $"{string record.Shortened} {updates} {were record.Shortened} shrunk; the first failure: {record.FirstFailure}"

           match unsaved with
           | Some e -> $"The last checkpoint was not written: {e.Message}"
           | None ->
               if unsavedTimes > 0 then
                   $"The checkpoint could not be written {string unsavedTimes} times; the last one was." |]

    let curve (steps: List<int>) (values: List<float>) : TrainCurve =
        { Steps = steps.ToArray(); Values = values.ToArray() }

    let fit (status: TrainStatus) : Fit<'M> =
        let model, state = iteration.Current
        let best = iteration.Give(fst iteration.Kept)

        let isLast =
            match status with
            | TrainStatus.Completed -> true
            | TrainStatus.StoppedEarly _ ->
                match t.EarlyStopping with
                | Some stop -> not stop.RestoresBest
                | None -> true
            | TrainStatus.Cancelled _
            | TrainStatus.NonFinite _
            | TrainStatus.SolveFailed _ -> false

        let struct (validationSteps, validation) = record.Validation

        { Model = if isLast then iteration.Give model else best
          Best = best
          Averaged = Optim.averageOf state model |> Option.map iteration.Give
          Losses = record.Losses.ToArray()
          Validation = curve validationSteps validation
          Metrics = [ for struct (name, steps, values) in record.Metrics -> name, curve steps values ]
          Status = status
          Steps = record.Taken
          Skipped = record.Skipped
          Shortened = record.Shortened
          Unsaved = unsaved
          Seconds = elapsed ()
          Warnings =
            [| yield! Fitting.warnings model unused
               yield! failureWarnings ()
               if validation.Count > 0 && Seq.forall Double.IsNaN validation then
                   "Every validation loss was NaN, so Best is the initial model." |] }

    member _.Run() : Fit<'M> =
        if record.Losses.Capacity < steps then record.Losses.Capacity <- min steps 100000

        try
            iteration.Use full
            if t.ShowsProgress then line.Warn(Fitting.warnings t.Model unused)
            resume ()

            match t.Checkpoint with
            | Some(_, path) when isFirst -> TrainCheckpoint.rehearse path identity.Value record iteration.Current
            | Some _
            | None -> ()

            let mutable status = ValueNone

            try
                while status.IsNone do
                    status <- next ()
            with e ->
                line.End()
                saveAtException ()
                group.Abandon e
                reraise ()

            line.End()

            match status.Value with
            | TrainStatus.Completed
            | TrainStatus.Cancelled _
            | TrainStatus.StoppedEarly _ -> save ()
            | TrainStatus.NonFinite _
            | TrainStatus.SolveFailed _ -> ()

            fit status.Value
        finally
            iteration.Close()

namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open System.Diagnostics
open NeuralDE

/// A training as it runs: one compiled step, fed with batch after batch, and what is looked at between steps.
[<Sealed>]
type internal TrainRun<'M>(t: Training<'M>, source: BatchSource, loss: TrainLoss<'M>) =
    let clock = Stopwatch.StartNew()
    let record = TrainRecord(List.map fst t.Metrics)
    let start = t.Model, Optim.init t.Optimiser t.Model

    do
        if not (Array.contains true (Optim.moving t.Optimiser t.Model)) then
            raise (
                InputException
                    "Train.run: the optimiser freezes every leaf of the model, so there is nothing to fit. Leave one of them to another optimiser than Frozen."
            )

    let perEpoch = source.PerEpoch

    let steps =
        match t.Epochs with
        | Some epochs when int64 epochs * int64 perEpoch > int64 Int32.MaxValue ->
            raise (
                InputException
                    $"Train.epochs: {string epochs} epochs of {string perEpoch} steps are more than {string Int32.MaxValue} steps. Ask for fewer."
            )
        | Some epochs -> epochs * perEpoch
        | None -> t.Steps

    let every = Option.defaultValue perEpoch t.ValidationEvery
    let mutable unused: string list = []
    let iteration = Iteration("Train.run", TrainStep.step t loss (fun paths -> unused <- paths), start, source.Leaves)
    let line = ProgressLine(Console.Out, t.ShowsProgress && not Console.IsOutputRedirected)

    // ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The inputs of the step for a batch of so many samples: its leaves, and the step's number.
    let inputs size : Signature[] =
        let leaf (a: NdArray) : Signature = { Dtype = a.Dtype; Shape = Array.append [| size |] a.Shape[1..] }
        Array.append (Array.map leaf source.Leaves) [| { Dtype = Int64; Shape = [||] } |]

    let full = inputs source.Size
    let rest = if source.Samples % source.Size = 0 then full else inputs (source.Samples % source.Size)
    let number: int64[] = [| 0L |]
    let numberArray = NdArray(Int64, [||], number)
    let mutable order: int64[] voption = ValueNone
    let mutable orderedEpoch = -1

    /// The batch of a step, from 0, becomes the input of the compiled step.
    let feed (step: int) =
        let epoch = step / perEpoch

        if epoch <> orderedEpoch then
            order <- source.OrderOf epoch
            orderedEpoch <- epoch

        let size = source.SizeAt step
        let first = step % perEpoch * source.Size
        iteration.Use(if size = source.Size then full else rest)

        for leaf in 0 .. source.Leaves.Length - 1 do
            for row in 0 .. size - 1 do
                let sample =
                    match order with
                    | ValueSome order -> order[first + row]
                    | ValueNone -> int64 (first + row)

                iteration.Write(leaf, row, source.Leaves[leaf], sample)

        number[0] <- int64 step
        iteration.Write(source.Leaves.Length, 0, numberArray, 0L)

    /// The same batch as tensors, for a look at what went wrong.
    let batchOf (step: int) = Batches<Tensor[]>(source, (fun leaves step -> Array.append leaves [| step |])).At step

    // ── between steps ────────────────────────────────────────────────────────────────────────────────────────────
    let elapsed () = record.Seconds + clock.Elapsed.TotalSeconds

    /// Whether the loss is low enough to count as better, for early stopping.
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

    /// A number of the model; NaN where one of its solves stops short.
    let measure (f: 'M -> float) (model: 'M) : float =
        try
            f model
        with :? SolveException ->
            nan

    let validate step =
        if step % every = 0 && (t.Validation.IsSome || not t.Metrics.IsEmpty) then
            let model = iteration.Give(fst iteration.Current)

            match t.Validation with
            | Some validation ->
                let value = measure validation model
                let struct (steps, values) = record.Validation
                steps.Add step
                values.Add value
                look value
                keepIfLowest value
            | None -> ()

            for struct (_, steps, values), (_, metric) in List.zip record.Metrics t.Metrics do
                steps.Add step
                values.Add(measure metric model)

    let validated () =
        let struct (_, values) = record.Validation
        if values.Count = 0 then ValueNone else ValueSome values[values.Count - 1]

    let report step value length =
        if t.ShowsProgress || not t.Reports.IsEmpty then
            let progress = { Step = step; Steps = steps; Loss = value; GradientNorm = length; Seconds = elapsed () }

            line.Write(progress, validated ())

            for report in t.Reports do
                report progress

        if step % perEpoch = 0 && not t.EpochReports.IsEmpty then
            let progress =
                { Epoch = step / perEpoch
                  Step = step
                  Loss = Seq.average (Seq.skip (step - perEpoch) record.Losses)
                  Validation = validated () |> ValueOption.toOption
                  Seconds = elapsed () }

            for report in t.EpochReports do
                report progress

        for every, report in t.ModelReports do
            if step % every = 0 then report step (iteration.Give(fst iteration.Current))

    let save () =
        match t.Checkpoint with
        | Some(_, path) ->
            let seconds = record.Seconds
            record.Seconds <- elapsed ()
            TrainCheckpoint.write path source.Text record iteration.Current (fst iteration.Kept)
            record.Seconds <- seconds
        | None -> ()

    let saveAfter step =
        match t.Checkpoint with
        | Some(every, _) -> if step % every = 0 then save ()
        | None -> ()

    // ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// One step, from 1; the status that ends the training, if it does.
    let take (step: int) : TrainStatus voption =
        feed (step - 1)
        if t.Cancellation.CanBeCanceled then
            Watching.Under(t.Cancellation, ValueNone, (fun () -> iteration.Run()))
        else
            iteration.Run()

        let value, length = iteration.Number 0, iteration.Number 1

        if not (Double.IsFinite value) then
            let cause = TrainStep.causeOfLoss loss (batchOf (step - 1)) (fst iteration.Current)
            ValueSome(TrainStatus.NonFinite(step, "loss", cause))
        else
            if t.Validation.IsNone then keepIfLowest value

            if not (Double.IsFinite length) then
                let cause = TrainStep.causeOfGradient loss (batchOf (step - 1)) (fst iteration.Current)
                ValueSome(TrainStatus.NonFinite(step, "gradient", cause))
            else
                iteration.Advance()
                record.Losses.Add value
                if t.Validation.IsNone then look value
                validate step
                saveAfter step
                report step value length
                ValueNone

    let next () : TrainStatus voption =
        let isSpent =
            match t.EarlyStopping with
            | Some stop -> record.Waited >= stop.Patience
            | None -> false

        if isSpent then
            ValueSome(TrainStatus.StoppedEarly record.Taken)
        elif record.Taken >= steps then
            ValueSome TrainStatus.Completed
        elif t.Cancellation.IsCancellationRequested then
            ValueSome(TrainStatus.Cancelled(record.Taken + 1))
        else
            try
                take (record.Taken + 1)
            with
            // a step that is not over leaves no trace
            | :? SolveException as e when e.Status = Cancelled && t.Cancellation.IsCancellationRequested ->
                ValueSome(TrainStatus.Cancelled(record.Taken + 1))
            | :? SolveException as e -> ValueSome(TrainStatus.SolveFailed(record.Taken + 1, e.Failure))

    let resume () =
        match t.Resume with
        | Some path when TrainCheckpoint.exists path ->
            let (model, state), best = TrainCheckpoint.read path source.Text record start
            iteration.Use full
            iteration.Load((model, state), (best, state))
        | Some _
        | None -> ()

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
          Seconds = elapsed ()
          Warnings =
            [| yield! Fitting.warnings model unused
               if validation.Count > 0 && Seq.forall Double.IsNaN validation then
                   "The validation was not a number each time, so it decided on nothing: Best is the first model." |] }

    member _.Run() : Fit<'M> =
        if record.Losses.Capacity < steps then record.Losses.Capacity <- min steps 100000

        try
            iteration.Use full
            if t.ShowsProgress then line.Warn(Fitting.warnings t.Model unused)
            resume ()
            let mutable status = ValueNone

            try
                while status.IsNone do
                    status <- next ()
            finally
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

namespace NeuralDE

open System
open System.Diagnostics
open System.Threading
open NeuralDE.Compiler

/// How a training ended.
[<RequireQualifiedAccess>]
type TrainStatus =
    | Completed
    /// before this step
    | Cancelled of step: int
    /// the loss, or its gradient, of the model that this step began with
    | NonFinite of step: int * what: string
    /// in the loss of this step
    | SolveFailed of step: int * failure: Failure

    /// What it means, and what to try.
    member s.Sentence =
        match s with
        | Completed -> "All steps were taken."
        | Cancelled step -> $"The training was cancelled before step {step}."
        | NonFinite(step, what) ->
            $"Train.run: the {what} of step {step} is not finite; the model is the best one before it. "
            + "Lower the rate, or clip gradients with Train.clip."
        | SolveFailed(step, failure) ->
            $"Train.run: the loss of step {step} needs a solve that failed; the model is the best one before it. "
            + failure.Message

/// What a running training tells of itself.
type TrainProgress =
    {
        /// from 1
        Step: int
        Steps: int
        /// before the step
        Loss: float
        /// before clipping
        GradientNorm: float
        Seconds: float
    }

/// A training to be run. Made by Train.start; every other function of Train answers one question.
[<NoEquality; NoComparison>]
type Training<'M> =
    { Model: 'M
      Optimiser: Optimiser
      Steps: int
      Clip: float option
      Report: (TrainProgress -> unit) option
      Cancellation: CancellationToken }

/// What a training returns.
[<NoEquality; NoComparison>]
type Fit<'M> =
    {
        /// after the last step; where the training stopped early, the best
        Model: 'M
        /// the model of the lowest loss seen
        Best: 'M
        /// before each step
        Losses: float[]
        Status: TrainStatus
        Seconds: float
    }

/// Training of a model, any tree, by gradients of a loss.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Train =
    /// The line of progress in a terminal, written again and again; nothing where the output is redirected.
    let private line () : TrainProgress -> unit =
        let mutable written = -1.0

        fun (p: TrainProgress) ->
            let isLast = p.Step = p.Steps

            if not Console.IsOutputRedirected && (isLast || written < 0.0 || p.Seconds - written >= 0.2) then
                written <- p.Seconds
                let loss, seconds = p.Loss.ToString "E3", p.Seconds.ToString "F1"
                Console.Write $"\rstep {p.Step} of {p.Steps}, loss {loss}, {seconds} s   "
                if isLast then Console.WriteLine()

    /// A training of 1000 steps, to be changed by what follows.
    let start (model: 'M) (optimiser: Optimiser) : Training<'M> =
        { Model = model
          Optimiser = optimiser
          Steps = 1000
          Clip = None
          Report = None
          Cancellation = CancellationToken.None }

    /// The number of steps; 1000 unless said otherwise.
    let steps (n: int) (t: Training<'M>) =
        if n < 0 then raise (InputException $"Train.steps: got {n}, expected 0 or more.")
        { t with Steps = n }

    /// The length of the whole gradient at most, √Σ g² over all float leaves.
    let clip (limit: float) (t: Training<'M>) =
        if not (limit > 0.0) then
            raise (InputException $"Train.clip: got {limit}, expected a positive number.")
        { t with Clip = Some limit }

    /// A line in the terminal that follows the training; nothing where the output is redirected.
    let progress (t: Training<'M>) = { t with Report = Some(line ()) }

    /// Calls back after every step.
    let onStep (report: TrainProgress -> unit) (t: Training<'M>) = { t with Report = Some report }

    /// Ends the training before the next step once the token is cancelled.
    let cancel (token: CancellationToken) (t: Training<'M>) = { t with Cancellation = token }

    /// <summary>Runs the training.</summary>
    /// <param name="loss">From the model to one number. It is traced once; what it captures is fixed.</param>
    /// <param name="t">What to train, and how.</param>
    /// <returns>The trained model. A loss that is not finite, a solve that fails or a cancellation is a Status.</returns>
    let run (loss: 'M -> Tensor) (t: Training<'M>) : Fit<'M> =
        let clock = Stopwatch.StartNew()

        // loss, length of its gradient, next model and state, in one run
        let iteration =
            Iteration(
                "Train.run",
                (fun (model, state) ->
                    let value, gradient = valueAndGrad loss model
                    let length = Optim.globalNorm gradient
                    let gradient =
                        match t.Clip with
                        | Some limit -> Optim.clip limit gradient
                        | None -> gradient
                    [| value; length |], Optim.step t.Optimiser gradient state model),
                (t.Model, Optim.init t.Optimiser t.Model)
            )

        let losses = Collections.Generic.List<float>(min t.Steps 100000)
        let mutable lowest = infinity
        let mutable status = ValueNone
        let mutable step = 1

        let take () =
            iteration.Run()
            let value, length = iteration.Number 0, iteration.Number 1

            if not (Double.IsFinite value) then
                status <- ValueSome(TrainStatus.NonFinite(step, "loss"))
            else
                losses.Add value

                if value < lowest then
                    lowest <- value
                    iteration.Keep()

                if not (Double.IsFinite length) then
                    status <- ValueSome(TrainStatus.NonFinite(step, "gradient"))
                else
                    iteration.Advance()

                    match t.Report with
                    | Some report ->
                        report
                            { Step = step
                              Steps = t.Steps
                              Loss = value
                              GradientNorm = length
                              Seconds = clock.Elapsed.TotalSeconds }
                    | None -> ()

                    step <- step + 1

        while status.IsNone do
            if step > t.Steps then
                status <- ValueSome TrainStatus.Completed
            elif t.Cancellation.IsCancellationRequested then
                status <- ValueSome(TrainStatus.Cancelled step)
            else
                try
                    take ()
                with :? SolveException as e ->
                    status <- ValueSome(TrainStatus.SolveFailed(step, e.Failure))

        let best = fst iteration.Kept
        { Model = (if status = ValueSome TrainStatus.Completed then fst iteration.Current else best)
          Best = best
          Losses = losses.ToArray()
          Status = status.Value
          Seconds = clock.Elapsed.TotalSeconds }

namespace NeuralDE.Internal.Training

open System.Globalization
open NeuralDE

/// The settings of an optimiser for a leaf, as texts by name.
module internal OptimiserText =
    /// The steps at which schedules are compared.
    let private looks = [ 0; 1; 10; 100; 1000; 10000 ]

    /// The name of the text for the kind of optimiser.
    let kind = "optimiser"

    let private mean = "mean of models"
    let private schedule = "schedule at steps " + (looks |> List.map string |> String.concat ", ")

    /// Whether it is an option of one kind of optimiser.
    let isOption (name: string) = name <> kind && name <> mean && name <> schedule

    let private yes (b: bool) = if b then "yes" else "no"

    let private ofSgd (o: SgdOptions) =
        [ kind, "Sgd"
          "rate", string o.Rate
          "momentum", string o.Momentum
          "dampening", string o.Dampening
          "Nesterov", yes o.IsNesterov
          "weight decay", string o.WeightDecay ]

    let private ofAdam (o: AdamOptions) =
        [ kind, "Adam"
          "rate", string o.Rate
          "beta1", string o.Beta1
          "beta2", string o.Beta2
          "epsilon", string o.Epsilon
          "weight decay", string o.WeightDecay
          "AMSGrad", yes o.IsAmsGrad ]

    let private ofRmsProp (o: RmsPropOptions) =
        [ kind, "RmsProp"
          "rate", string o.Rate
          "share", string o.Share
          "epsilon", string o.Epsilon
          "momentum", string o.Momentum
          "centred", yes o.IsCentered
          "weight decay", string o.WeightDecay ]

    let private ofAdagrad (o: AdagradOptions) =
        [ kind, "Adagrad"
          "rate", string o.Rate
          "rate decay", string o.RateDecay
          "initial sum", string o.InitialSum
          "epsilon", string o.Epsilon
          "weight decay", string o.WeightDecay ]

    let private ofLion (o: LionOptions) =
        [ kind, "Lion"
          "rate", string o.Rate
          "beta1", string o.Beta1
          "beta2", string o.Beta2
          "weight decay", string o.WeightDecay ]

    let private ofSchedule (factors: Schedule) =
        let factor step = (Schedule.at step factors).ToString("G6", CultureInfo.InvariantCulture)
        let factors = looks |> List.map factor |> String.concat ", "
        schedule, factors

    let private ofAveraging (averaging: Averaging) =
        mean,
        match averaging with
        | MovingAverage share -> $"moving, {string share}"
        | PlainAverage(from, every) -> $"plain, from {string from} every {string every}"

    /// The texts of the leaf with this path. Custom rules, and schedules between the compared steps, have no text.
    let rec ofLeaf (optimiser: Optimiser) (path: string) : (string * string) list =
        match optimiser with
        | GradientDescent rate -> ofSgd { SgdOptions.defaults with Rate = rate; Momentum = 0.0 }
        | Sgd options -> ofSgd options
        | Adam rate -> ofAdam { AdamOptions.defaults with Rate = rate }
        | AdamW rate -> ofAdam { AdamOptions.defaults with Rate = rate; WeightDecay = 0.01 }
        | AdamWith options -> ofAdam options
        | RmsProp rate -> ofRmsProp { RmsPropOptions.defaults with Rate = rate }
        | RmsPropWith options -> ofRmsProp options
        | Adagrad rate -> ofAdagrad { AdagradOptions.defaults with Rate = rate }
        | AdagradWith options -> ofAdagrad options
        | Lion rate -> ofLion { LionOptions.defaults with Rate = rate }
        | LionWith options -> ofLion options
        | OwnRule rule -> [ kind, rule.Name ]
        | Frozen -> [ kind, "Frozen" ]
        | Scheduled(schedule, optimiser) -> ofSchedule schedule :: ofLeaf optimiser path
        | Averaged(averaging, optimiser) -> ofAveraging averaging :: ofLeaf optimiser path
        | Groups groups ->
            match groups |> List.tryFind (fun (holds, _) -> holds path) with
            | Some(_, optimiser) -> ofLeaf optimiser path
            | None -> [] // Optim.init has raised an exception

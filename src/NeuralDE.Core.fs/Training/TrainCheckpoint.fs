namespace NeuralDE.Internal.Training

open System
open System.Collections.Generic
open System.IO
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Data

/// The history of a training: the values that are not in the state of its step.
[<Sealed>]
type internal TrainRecord(metrics: string list) =
    member val Losses = List<float>()
    member val Validation = struct (List<int>(), List<float>())
    member val Metrics = [ for name in metrics -> struct (name, List<int>(), List<float>()) ]

    /// The loss of the best model.
    member val Lowest = infinity with get, set

    /// The lowest loss that counted as an improvement.
    member val Improved = infinity with get, set

    /// The number of validations since then.
    member val Waited = 0 with get, set
    member val Seconds = 0.0 with get, set

    /// The last step whose validation and metrics are recorded, or were not due.
    member val Validated = 0 with get, set

    /// The number of skipped steps.
    member val Skipped = 0 with get, set

    /// How often an update was shrunk.
    member val Shortened = 0 with get, set

    /// The number of failures since the last step that succeeded at once.
    member val InARow = 0 with get, set

    /// Whether the last update was shrunk and its batch is to be tried again.
    member val IsShortened = false with get, set

    /// The first failure, as a sentence; "" without one.
    member val FirstFailure = "" with get, set

    /// The number of steps, including skipped ones.
    member r.Taken = r.Losses.Count

/// A training in a file, from which it continues with the same bits as without an interruption.
module internal TrainCheckpoint =
    let private format = "NeuralDE training 2"
    let private failureName = "first failure"
    let private validatedName = "validated"
    let private previousName = "previous"
    let private inARowName = "failures in a row"
    let private changed = "Train.checkpointEvery did not write this file, or it was changed later."
    let private acceptingVerb = "Train.acceptChanges"

    let private named (kind: string) (tree: 'T) =
        Tree.leaves tree
        |> List.map (fun (path, x) -> (if path = "" || path[0] = '[' then kind + path else $"{kind}.{path}"), x)

    let private floats (values: float seq) = tensor (Array.ofSeq values)
    let private integers (values: int seq) = tensor (values |> Seq.map int64 |> Array.ofSeq)

    /// The contents of a file: metadata and tensors.
    let private contents
        (identity: TrainIdentity)
        (r: TrainRecord)
        (model: 'M, state: OptimState)
        (best: 'M)
        (previous: 'M voption)
        =
        let struct (steps, values) = r.Validation

        let curves =
            [ for struct (name, steps, values) in r.Metrics do
                  $"metrics.{name}.steps", integers steps
                  $"metrics.{name}.values", floats values ]

        let shrinking =
            match previous with
            | ValueSome previous ->
                named previousName previous @ [ inARowName, integers [ r.InARow; (if r.IsShortened then 1 else 0) ] ]
            | ValueNone -> []

        [ "format", format; failureName, r.FirstFailure ] @ TrainIdentity.toMetadata identity,
        named "model" model
        @ named "optimiser" state
        @ named "best" best
        @ [ "losses", floats r.Losses
            "validation.steps", integers steps
            "validation.values", floats values
            "lowest", floats [ r.Lowest; r.Improved ]
            "waited", integers [ r.Waited ]
            validatedName, integers [ r.Validated ]
            "failures", integers [ r.Skipped; r.Shortened ]
            "seconds", floats [ r.Seconds ] ]
        @ curves
        @ shrinking

    /// Writes model, optimiser, best model, the model before the last step if the policy needs it, and record, with the
    /// identity of the training.
    let write
        (path: string)
        (identity: TrainIdentity)
        (r: TrainRecord)
        (model: 'M, state: OptimState)
        (best: 'M)
        (previous: 'M voption)
        : unit =
        let metadata, tensors = contents identity r (model, state) best previous
        Files.write
            { Verb = "Train.checkpointEvery"; Path = path }
            (Safetensors.writeTo "Train.checkpointEvery" metadata tensors)

    /// Raises a FileException, before the first step, if the file cannot be written, or if two tensors have the same name.
    let rehearse (path: string) (identity: TrainIdentity) (r: TrainRecord) (model: 'M, state: OptimState) : unit =
        let metadata, tensors = contents identity r (model, state) model (ValueSome model)
        Safetensors.writeTo "Train.checkpointEvery" metadata tensors Stream.Null
        Files.rehearse { Verb = "Train.checkpointEvery"; Path = path }

    /// The file of a training.
    type private Stored(place: Place, file: SafetensorsFile) =
        let tensors = Map.ofList file.Tensors

        let find name =
            match Map.tryFind name tensors with
            | Some x -> x
            | None -> Files.refuse place $"it has no '{name}'. {changed}"

        let column (dtype: Dtype) (name: string) (count: int voption) : NdArray =
            let x = find name

            if x.Dtype <> dtype || x.Rank <> 1 || (count.IsSome && x.Count <> count.Value) then
                let length = if count.IsSome then string count.Value else "n"
                Files.refuse place $"'{name}' is {x.Dtype} {Expect.text x}, expected {dtype} [{length}]. {changed}"

            x.Numbers

        member _.Place = place
        member _.Metadata = file.Metadata
        member _.Tensors = file.Tensors
        member _.TryTensor(name: string) : Tensor option = Map.tryFind name tensors
        /// The numbers of a tensor with one axis, of `count` elements if it is given.
        member _.Floats(name: string, count: int voption) : float[] = (column Float64 name count).Floats

        /// The same for integers of 0 or more.
        member _.Naturals(name: string, count: int voption) : int[] =
            (column Int64 name count).Integers
            |> Array.map (fun n ->
                if n < 0L || n > int64 Int32.MaxValue then
                    Files.refuse
                        place
                        $"'{name}' contains {string n}, expected 0 to {string Int32.MaxValue}. {changed}"

                int n)

        member _.Tree(kind: string, like: 'T) : 'T =
            named kind like |> List.map (fst >> find) |> Array.ofList |> Tree.unflatten like

    let private stored (path: string) : Stored =
        let place = { Verb = "Train.resume"; Path = path }
        let file = Files.read place (Safetensors.readFrom place)

        match Map.tryFind "format" file.Metadata with
        | Some found when found = format -> ()
        | Some found -> Files.refuse place $"the format is '{found}', expected '{format}'."
        | None -> Files.refuse place "it does not contain a training, expected a file that Train.checkpointEvery wrote."

        Stored(place, file)

    /// Differences of a part of the file: missing tensors, other shapes or dtypes, additional tensors.
    let private unlike (stored: Stored) (kind: string) (like: (string * Tensor) list) : string list =
        let known = like |> List.map fst |> HashSet
        let text (x: Tensor) = $"{x.Dtype} {Expect.text x}"

        [ for name, x in like do
              match stored.TryTensor name with
              | None -> $"{name}: nothing → {text x}"
              | Some found when found.Dtype <> x.Dtype || not (Shape.same found.Dims x.Dims) ->
                  $"{name}: {text found} → {text x}"
              | Some _ -> ()

          for name, x in stored.Tensors do
              let isOfKind =
                  name = kind
                  || name.StartsWith(kind + ".", StringComparison.Ordinal)
                  || name.StartsWith(kind + "[", StringComparison.Ordinal)

              if isOfKind && not (known.Contains name) then $"{name}: {text x} → nothing" ]

    /// The metrics that only the file has, and those that only the record has.
    let private unlikeMetrics (stored: Stored) (r: TrainRecord) : string list =
        let names = [ for struct (name, _, _) in r.Metrics -> name ]

        let inFile =
            stored.Tensors
            |> List.choose (fun (name, _) ->
                if
                    name.StartsWith("metrics.", StringComparison.Ordinal)
                    && name.EndsWith(".values", StringComparison.Ordinal)
                then
                    Some(name.Substring(8, name.Length - 15))
                else
                    None)

        [ for name in inFile do
              if not (List.contains name names) then $"the metric '{name}': there → nothing"
          for name in names do
              if not (List.contains name inFile) then $"the metric '{name}': nothing → there" ]

    /// Raises a FileException for another training; if changes are accepted, only for other tensors of the model.
    let private requireSame
        (stored: Stored)
        differences
        accepts
        (r: TrainRecord)
        (model: 'M, state: OptimState)
        : unit =
        let forModel = unlike stored "model" (named "model" model)
        let optimiserDiffers =
            differences |> List.exists (fun (d: TrainDifference) -> d.Leaf <> "" && d.Subject <> "model")
        let forOptimiser =
            if optimiserDiffers || not forModel.IsEmpty then
                []
            else
                unlike stored "optimiser" (named "optimiser" state)

        let leaves = Tree.leaves model |> List.filter (fun (_, x) -> x.Dtype.IsFloat) |> List.length
        let refused =
            if accepts then
                forModel
            else
                TrainIdentity.sentences leaves differences @ forModel @ forOptimiser @ unlikeMetrics stored r

        if not refused.IsEmpty then
            let listed = String.Join("; ", List.truncate 12 refused)
            let more = if refused.Length > 12 then $"; and {string (refused.Length - 12)} more" else ""

            let mend =
                if not forModel.IsEmpty then
                    "Use a model with the same tensors."
                else
                    $"Use the settings of the file, or accept the new ones with {acceptingVerb}."

            Files.refuse stored.Place $"the file is of a different training. File → now: {listed}{more}. {mend}"

    /// Raises a FileException unless the file has this part with the tensors of the model.
    let private requirePart (stored: Stored) (kind: string) (model: 'M) =
        match unlike stored kind (named kind model) with
        | [] -> ()
        | differences ->
            let listed = String.Join("; ", List.truncate 12 differences)
            Files.refuse stored.Place $"got → expected: {listed}. {changed}"

    let private fillRecord (r: TrainRecord) (stored: Stored) : unit =
        r.Losses.AddRange(stored.Floats("losses", ValueNone))

        let fill (steps: List<int>) (values: List<float>) (name: string) =
            steps.AddRange(stored.Naturals($"{name}.steps", ValueNone))
            values.AddRange(stored.Floats($"{name}.values", ValueSome steps.Count))
            let isOrdered = Seq.pairwise steps |> Seq.forall (fun (a, b) -> a < b)

            if steps.Count > 0 && not (isOrdered && steps[0] >= 1 && steps[steps.Count - 1] <= r.Taken) then
                Files.refuse stored.Place $"'{name}.steps' do not increase from 1 to {string r.Taken}. {changed}"

        let struct (steps, values) = r.Validation
        fill steps values "validation"

        for struct (name, steps, values) in r.Metrics do
            if (stored.TryTensor $"metrics.{name}.values").IsSome then fill steps values $"metrics.{name}"

        r.Validated <-
            if (stored.TryTensor validatedName).IsSome then
                min r.Taken (stored.Naturals(validatedName, ValueSome 1)[0])
            else
                r.Taken

        let failures = stored.Naturals("failures", ValueSome 2)
        r.Seconds <- stored.Floats("seconds", ValueSome 1)[0]
        r.Skipped <- failures[0]
        r.Shortened <- failures[1]
        r.FirstFailure <- Map.tryFind failureName stored.Metadata |> Option.defaultValue ""

    /// The model before the last step, if the file has it.
    let private previousOf (r: TrainRecord) (stored: Stored) (model: 'M) : 'M voption =
        if (stored.TryTensor inARowName).IsSome then
            requirePart stored previousName model
            let inARow = stored.Naturals(inARowName, ValueSome 2)
            r.InARow <- inARow[0]
            r.IsShortened <- inARow[1] > 0
            ValueSome(stored.Tree(previousName, model))
        else
            ValueNone

    /// The state of the optimiser. Tensors that the file lacks, or that have another shape or dtype, keep their initial
    /// values.
    let private stateOf (stored: Stored) (fresh: OptimState) : OptimState =
        [| for name, x in named "optimiser" fresh do
               match stored.TryTensor name with
               | Some known when known.Dtype = x.Dtype && Shape.same known.Dims x.Dims -> known
               | Some _
               | None -> x |]
        |> Tree.unflatten fresh

    /// Fills the record, and returns model and state of the optimiser, the best model, and the model before the last step if
    /// the file has it, with the structures of the given ones.
    /// With `accepts`, only the tensors of the model must be the same.
    let read (path: string) (identity: TrainIdentity) accepts (r: TrainRecord) (start: 'M * OptimState) renew =
        let stored = stored path
        let differences = TrainIdentity.differences (TrainIdentity.ofMetadata stored.Metadata) identity
        requireSame stored differences accepts r start
        let model = fst start
        requirePart stored "best" model
        fillRecord r stored
        let previous = previousOf r stored model
        let found: 'M = stored.Tree("model", model)
        let state = stateOf stored (renew found)

        // the lowest of two different losses has no meaning
        if List.exists TrainIdentity.changesLoss differences then
            (found, state), found, previous
        else
            let lowest = stored.Floats("lowest", ValueSome 2)
            r.Lowest <- lowest[0]
            r.Improved <- lowest[1]
            r.Waited <- stored.Naturals("waited", ValueSome 1)[0]
            (found, state), stored.Tree("best", model), previous

    /// Whether there is a file to resume from. Raises an exception for a path that cannot be that of a file.
    let exists (path: string) : bool = Files.exists { Verb = "Train.resumeIfThere"; Path = path }

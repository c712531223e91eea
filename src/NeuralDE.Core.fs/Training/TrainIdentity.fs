namespace NeuralDE.Internal.Training

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Storage

/// The settings that determine the result of a training, as texts by subject and leaf; a resumed training must have the same.
/// The number of steps, hooks and the failure policy do not belong to them.
type internal TrainIdentity = { Texts: (string * string) list }

/// One difference between two trainings: of the subject as a whole, or of some leaves.
type internal TrainDifference = { Subject: string; Leaf: string; Was: string; Is: string }

module internal TrainIdentity =
    let private batches = "batches"
    let private parts = "parts"
    let private samples = "samples"
    let private validation = "validation"
    let private clip = "clip"
    let private clipValue = "clipValue"
    let private loss = "loss"
    let private captured = "numbers that the loss captures"
    let private rule = "optimiser's computation"

    /// Subjects of one text for the whole training, in the order of messages.
    let private subjects = [ batches; parts; samples; validation; clip; clipValue; rule; loss; captured ]

    // ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────
    let private traced f (tree: 'T) : string * NdArray[] =
        let traced = TracedFunction.trace "Train.run" Hoisted f tree
        Digest.ofGraph traced.Graph, traced.Captured |> Array.map (fun x -> x.Numbers)

    /// A text of a function of a tree, and of the numbers that it captures.
    let ofFunction f (tree: 'T) : string =
        let graph, numbers = traced f tree
        if numbers.Length = 0 then graph else $"{graph} of {Digest.ofArrays numbers}"

    /// The optimiser's step as a graph: includes custom rules, and schedules at every step.
    let private ofOptimiser (t: Training<'M>) (state: OptimState) =
        let step (gradient, state, model) =
            let next, state = Optim.step t.Optimiser gradient state model
            Array.append (Tree.flatten next) (Tree.flatten state)

        let graph, numbers = traced step (t.Model, state, t.Model)
        Digest.ofArrays numbers + graph

    let private ofLimit (limit: float option) =
        match limit with
        | Some limit -> string limit
        | None -> "none"

    let private leafFields (t: Training<'M>) (path: string) : string =
        OptimiserText.ofLeaf t.Optimiser path
        |> List.map (fun (name, text) -> $"{name} = {text}")
        |> String.concat "; "

    /// The identity of a training, from a trace of its loss for these inputs.
    let make (t: Training<'M>) (source: BatchSource) (loss': TrainLoss<'M>) (state: OptimState) (inputs: Tensor[]) =
        let graph, numbers = traced (fun (inputs, model: 'M) -> fst (loss' inputs model)) (inputs, t.Model)

        let validated =
            match t.Validation with
            | Some measure ->
                let every = Option.defaultValue source.PerEpoch t.ValidationEvery
                $"every {string every} steps, {Measure.identityOf measure t.Model}"
            | None -> "none"

        { Texts =
            [ batches, source.Text

              match t.Distribution with
              | Some sharing -> parts, $"{string sharing.Parts} of each batch, {sharing.Losses}"
              | None -> ()

              samples, (if source.Leaves.Length = 0 then "none" else Digest.ofArrays source.Leaves)
              validation, validated
              clip, ofLimit t.Clip
              clipValue, ofLimit t.ClipValue
              rule, ofOptimiser t state
              loss, graph
              captured, (if numbers.Length = 0 then "none" else Digest.ofArrays numbers)

              for name, measure in t.Metrics do
                  $"metric '{name}'", Measure.identityOf measure t.Model

              for path, x in Tree.leaves t.Model do
                  if x.Dtype.IsFloat then $"optimiser of {path}", leafFields t path

              for path, text in StaticFields.ofForm "Train.run" (Tree.structure t.Model).Form |> List.distinctBy fst do
                  $"model at {path}", text ] }

    // ── differences ──────────────────────────────────────────────────────────────────────────────────────────────
    let private nothing = "nothing"

    let private fieldsOf (text: string) : Map<string, string> =
        text.Split "; "
        |> Array.map (fun field ->
            match field.IndexOf(" = ", StringComparison.Ordinal) with
            | -1 -> field, ""
            | at -> field.Substring(0, at), field.Substring(at + 3))
        |> Map.ofArray

    let private names (a: Map<string, string>) (b: Map<string, string>) =
        [ yield! Map.keys a
          for name in Map.keys b do
              if not (a.ContainsKey name) then name ]

    let private between (prefix: string) (was: Map<string, string>) (is: Map<string, string>) =
        [ for name in names was is do
              if name.StartsWith(prefix, StringComparison.Ordinal) then
                  match Map.tryFind name was, Map.tryFind name is with
                  | a, b when a = b -> ()
                  | a, b -> name.Substring prefix.Length, Option.defaultValue nothing a, Option.defaultValue nothing b ]

    /// The differences from a file (`was`) to the training (`is`), without those that follow from others.
    let differences (was: TrainIdentity) (is: TrainIdentity) : TrainDifference list =
        let before, now = Map.ofList was.Texts, Map.ofList is.Texts

        let ofModel =
            [ for path, a, b in between "model at " before now do
                  { Subject = "model"; Leaf = path; Was = a; Is = b } ]

        let ofOptimiser =
            [ for path, a, b in between "optimiser of " before now do
                  // the comparison of tensors reports leaves that only one of the two has
                  if a <> nothing && b <> nothing then
                      let a, b = fieldsOf a, fieldsOf b
                      let isSameKind = Map.tryFind OptimiserText.kind a = Map.tryFind OptimiserText.kind b

                      for name, a, b in between "" a b |> List.sortBy (fun (name, _, _) -> name <> OptimiserText.kind) do
                          // options that only one of two kinds of optimisers has are no differences
                          if isSameKind || not (OptimiserText.isOption name) || (a <> nothing && b <> nothing) then
                              { Subject = name; Leaf = path; Was = a; Is = b } ]

        let ofMetrics =
            [ for name, a, b in between "metric '" before now do
                  // the comparison of tensors reports metrics that only one of the two has
                  if a <> nothing && b <> nothing then { Subject = "metric '" + name; Leaf = ""; Was = a; Is = b } ]

        let differs subject = Map.tryFind subject before <> Map.tryFind subject now

        let follows subject =
            if subject = rule then not ofOptimiser.IsEmpty || not ofModel.IsEmpty
            elif subject = samples then differs batches
            elif subject = loss then differs batches || differs parts || not ofModel.IsEmpty
            elif subject = captured then differs loss
            else false

        let text subject (known: Map<string, string>) = Map.tryFind subject known |> Option.defaultValue nothing

        let ofWhole =
            [ for subject in subjects do
                  if differs subject && not (follows subject) then
                      { Subject = subject; Leaf = ""; Was = text subject before; Is = text subject now } ]

        ofModel @ ofOptimiser @ ofWhole @ ofMetrics

    /// Whether the losses before and after the change cannot be compared, so the lowest of both has no meaning.
    let changesLoss (d: TrainDifference) : bool =
        d.Subject = "model" || List.contains d.Subject [ batches; parts; samples; validation; loss; captured ]

    /// A clause for each difference; equal differences of several leaves are one clause.
    let sentences (leaves: int) (differences: TrainDifference list) : string list =
        let shown (text: string) = if text.Length <= 120 then text else text.Substring(0, 120) + "…"

        differences
        |> List.groupBy (fun d -> d.Subject, d.Was, d.Is)
        |> List.map (fun ((subject, was, is), alike) ->
            let paths = alike |> List.map _.Leaf |> List.filter ((<>) "")

            let place =
                match paths with
                | [] -> ""
                | _ when subject <> "model" && paths.Length = leaves -> ""
                | [ path ] -> $" of {path}"
                | path :: others -> $" of {path} and {string others.Length} more"

            $"the {subject}{place}: {shown was} → {shown is}")

    // ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    let private prefix = "training:"

    let toMetadata (identity: TrainIdentity) : (string * string) list =
        identity.Texts |> List.map (fun (subject, text) -> prefix + subject, text)

    let ofMetadata (metadata: Map<string, string>) : TrainIdentity =
        { Texts =
            [ for KeyValue(name, text) in metadata do
                  if name.StartsWith(prefix, StringComparison.Ordinal) then name.Substring prefix.Length, text ] }

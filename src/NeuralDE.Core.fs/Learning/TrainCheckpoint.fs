namespace NeuralDE.Compiler

open System
open System.Collections.Generic
open System.IO
open NeuralDE

/// What a training has seen so far, beside the state that its step carries.
[<Sealed>]
type internal TrainRecord(metrics: string list) =
    member val Losses = List<float>()
    member val Validation = struct (List<int>(), List<float>())
    member val Metrics = [ for name in metrics -> struct (name, List<int>(), List<float>()) ]

    /// The lowest loss that Best belongs to.
    member val Lowest = infinity with get, set

    /// The lowest loss that counted as an improvement, and the looks since then.
    member val Improved = infinity with get, set

    member val Waited = 0 with get, set
    member val Seconds = 0.0 with get, set

    /// Steps taken.
    member r.Taken = r.Losses.Count

/// A training in a file, from which it goes on as if it had never stopped.
module internal TrainCheckpoint =
    let private format = "NeuralDE training 1"

    let private named (kind: string) (tree: 'T) =
        Tree.leaves tree
        |> List.map (fun (path, x) -> (if path = "" || path[0] = '[' then kind + path else $"{kind}.{path}"), x)

    let private floats (values: float seq) = tensor (Array.ofSeq values)
    let private integers (values: int seq) = tensor (values |> Seq.map int64 |> Array.ofSeq)

    /// Model, optimiser, the best model and the record; `order` tells in which order the samples come.
    let write (path: string) (order: string) (r: TrainRecord) (model: 'M, state: OptimState) (best: 'M) : unit =
        let struct (steps, values) = r.Validation

        let curves =
            [ for struct (name, steps, values) in r.Metrics do
                  $"metrics.{name}.steps", integers steps
                  $"metrics.{name}.values", floats values ]

        Safetensors.write
            path
            [ "format", format; "order", order ]
            (named "model" model
             @ named "optimiser" state
             @ named "best" best
             @ [ "losses", floats r.Losses
                 "validation.steps", integers steps
                 "validation.values", floats values
                 "lowest", floats [ r.Lowest; r.Improved ]
                 "waited", integers [ r.Waited ]
                 "seconds", floats [ r.Seconds ] ]
             @ curves)

    /// Fills the record, and returns model, optimiser's state and best model like those given.
    let read (path: string) (order: string) (r: TrainRecord) (model: 'M, state: OptimState) : ('M * OptimState) * 'M =
        let file = Safetensors.read path
        let refuse (message: string) : 'a = raise (FileException(path, $"Train.resume: {path}: {message}"))

        match Map.tryFind "format" file.Metadata with
        | Some found when found = format -> ()
        | Some found -> refuse $"the format is '{found}', expected '{format}'."
        | None -> refuse "it is no training, expected a file that Train.checkpointEvery wrote."

        match Map.tryFind "order" file.Metadata with
        | Some found when found <> order ->
            refuse $"the training ran on {found}, expected {order}. Resume it with the same batches."
        | Some _
        | None -> ()

        let tensors = Map.ofList file.Tensors
        let left = HashSet<string>(List.map fst file.Tensors)
        let mend = "Resume with the model, optimiser, metrics and batches that the training had."

        let find name =
            left.Remove name |> ignore

            match Map.tryFind name tensors with
            | Some x -> x
            | None -> refuse $"it has no '{name}'. {mend}"

        let tree kind (like: 'T) : 'T =
            [| for name, x in named kind like do
                   let found = find name

                   if found.Dtype <> x.Dtype || not (Shape.same found.Dims x.Dims) then
                       refuse (
                           $"'{name}' is {found.Dtype} {Expect.text found}, expected {x.Dtype} {Expect.text x}. " + mend
                       )

                   found |]
            |> Tree.unflatten like

        let all (name: string) = (find name).Numbers.Floats
        let fill (steps: List<int>) (values: List<float>) (name: string) =
            steps.AddRange(all $"{name}.steps" |> Array.map int)
            values.AddRange(all $"{name}.values")

        r.Losses.AddRange(all "losses")
        let struct (steps, values) = r.Validation
        fill steps values "validation"

        for struct (name, steps, values) in r.Metrics do
            fill steps values $"metrics.{name}"

        let one name i =
            let values = all name
            if i < values.Length then
                values[i]
            else
                refuse $"'{name}' has {string values.Length} numbers, expected {string (i + 1)}."

        r.Lowest <- one "lowest" 0
        r.Improved <- one "lowest" 1
        r.Waited <- int (one "waited" 0)
        r.Seconds <- one "seconds" 0
        let state = tree "model" model, tree "optimiser" state
        let best = tree "best" model

        match List.ofSeq left with
        | name :: _ -> refuse $"it has '{name}', which this training has no place for. {mend}"
        | [] -> state, best

    /// Whether there is a file to resume from.
    let exists (path: string) = File.Exists path

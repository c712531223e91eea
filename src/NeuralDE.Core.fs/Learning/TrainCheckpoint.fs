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

    /// The tensors of a training's file, each of which is taken once.
    type private Stored(path: string) =
        let file = Safetensors.read path
        let tensors = Map.ofList file.Tensors
        let left = HashSet<string>(List.map fst file.Tensors)
        let mend = "Resume with the model, optimiser, metrics and batches that the training had."

        let refuse (message: string) : 'a = raise (FileException(path, $"Train.resume: {path}: {message}"))

        /// Refuses what is no training, and a training whose samples come in another order.
        member _.Check(order: string) =
            match Map.tryFind "format" file.Metadata with
            | Some found when found = format -> ()
            | Some found -> refuse $"the format is '{found}', expected '{format}'."
            | None -> refuse "it is no training, expected a file that Train.checkpointEvery wrote."

            match Map.tryFind "order" file.Metadata with
            | Some found when found <> order ->
                refuse $"the training ran on {found}, expected {order}. Resume it with the same batches."
            | Some _
            | None -> ()

        member _.Tensor(name: string) : Tensor =
            left.Remove name |> ignore

            match Map.tryFind name tensors with
            | Some x -> x
            | None -> refuse $"it has no '{name}'. {mend}"

        member s.Numbers(name: string) : float[] = (s.Tensor name).Numbers.Floats

        /// One of the numbers of a name.
        member s.Number(name: string, index: int) : float =
            let values = s.Numbers name

            if index < values.Length then
                values[index]
            else
                refuse $"'{name}' has {string values.Length} numbers, expected {string (index + 1)}."

        member s.Tree(kind: string, like: 'T) : 'T =
            [| for name, x in named kind like do
                   let found = s.Tensor name

                   if found.Dtype <> x.Dtype || not (Shape.same found.Dims x.Dims) then
                       refuse (
                           $"'{name}' is {found.Dtype} {Expect.text found}, expected {x.Dtype} {Expect.text x}. " + mend
                       )

                   found |]
            |> Tree.unflatten like

        /// Refuses a file that holds more than was taken.
        member _.CheckNothingLeft() =
            match List.ofSeq left with
            | name :: _ -> refuse $"it has '{name}', which this training has no place for. {mend}"
            | [] -> ()

    let private fillRecord (r: TrainRecord) (stored: Stored) =
        let fill (steps: List<int>) (values: List<float>) (name: string) =
            steps.AddRange(stored.Numbers $"{name}.steps" |> Array.map int)
            values.AddRange(stored.Numbers $"{name}.values")

        r.Losses.AddRange(stored.Numbers "losses")
        let struct (steps, values) = r.Validation
        fill steps values "validation"

        for struct (name, steps, values) in r.Metrics do
            fill steps values $"metrics.{name}"

        r.Lowest <- stored.Number("lowest", 0)
        r.Improved <- stored.Number("lowest", 1)
        r.Waited <- int (stored.Number("waited", 0))
        r.Seconds <- stored.Number("seconds", 0)

    /// Fills the record, and returns model, optimiser's state and best model like those given.
    let read (path: string) (order: string) (r: TrainRecord) (model: 'M, state: OptimState) : ('M * OptimState) * 'M =
        let stored = Stored path
        stored.Check order
        fillRecord r stored
        let state = stored.Tree("model", model), stored.Tree("optimiser", state)
        let best = stored.Tree("best", model)
        stored.CheckNothingLeft()
        state, best

    /// Whether there is a file to resume from.
    let exists (path: string) = File.Exists path

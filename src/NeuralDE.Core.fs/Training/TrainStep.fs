namespace NeuralDE.Internal.Training

open NeuralDE
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Optimisers

/// The loss of a training: from the leaves of a batch followed by the number of the step, and the model, to one number and
/// the model with new values in the leaves that the loss updates itself.
type internal TrainLoss<'M> = Tensor[] -> 'M -> Tensor * 'M

/// One step of a training as a function of batch and state, and the cause of a number that is not finite.
module internal TrainStep =
    let private checkNumber (value: Tensor) =
        if value.Rank <> 0 then
            Expect.misfit
                $"Train.run: the loss returned shape {Expect.text value}, expected one number. Reduce it with sum or mean."

        Expect.floats "Train.run: the loss" value

    let private checkStructure (before: 'M) (after: 'M) =
        match Tree.difference (Tree.signature before) (Tree.signature after) with
        | Some sentence ->
            raise (
                TreeException
                    $"Train.runUpdating: the loss returned a model that differs from its argument: {sentence} Return a tree of the same structure, types and shapes."
            )
        | None -> ()

    /// Value, gradient, and for each leaf the new value that the loss returned, if any.
    let private evaluate see (loss: TrainLoss<'M>) (inputs: Tensor[]) (model: 'M) : Tensor * 'M * Tensor option[] =
        let mutable isReplaced: bool[] = [||]

        let traced (model: 'M) =
            let value, after = loss inputs model
            checkNumber value
            checkStructure model after
            let before, after = Tree.flatten model, Tree.flatten after
            isReplaced <- Array.map2 (fun a b -> not (obj.ReferenceEquals(a, b))) before after
            value, Masks.pickBy isReplaced after

        let (value, replaced), gradient = valueAndGradSeen "Train.run" see traced model
        value, gradient, Masks.spreadBy isReplaced replaced

    /// The same for the parts of a batch, whose sums over all processes are taken.
    let private evaluateParts (s: Distribution) see (loss: TrainLoss<'M>) (inputs: Tensor[]) (model: 'M) =
        let here = Sharing.mine s
        let first, last = s.Group.Rank * here, inputs.Length - 1
        // the parts of all batches count on, so that each has keys of its own
        let numbers = Prim.iota Int64 [| here |] 0 + float first + inputs[last] * float s.Parts
        let divided (x: Tensor) = Prim.reshape (Array.append [| here; x.Dims[0] / here |] x.Dims[1..]) x
        let parts = Array.append (Array.map divided inputs[.. last - 1]) [| numbers |]
        let floats (tree: 'M) = Tree.flatten tree |> Array.filter (fun x -> x.Dtype.IsFloat)

        let evaluateOne (none: Tensor) (part: Tensor[]) =
            let value, gradient, replaced = evaluate see loss part model

            if Array.exists Option.isSome replaced then
                raise (
                    InputException
                        "Train.distributed: the loss updates leaves of the model itself, such as running statistics; these are not shared. Use Train.runOn with a model without them."
                )

            none, (value, floats gradient)

        // also for one part: the plan of a part, and so its bits, does not depend on the number of processes
        let _, (values, gradients) = scan evaluateOne (Prim.literal Int32 0.0) parts

        let sums = Array.append [| values |] gradients |> Array.map Sharing.treeSum |> Sharing.allSum s.Group

        let scaled (x: Tensor) =
            match s.Losses with
            | PartLosses.Mean -> x * (1.0 / float s.Parts)
            | PartLosses.Sum -> x

        let sums = Array.map scaled sums
        let mutable next = 0

        let gradient =
            Tree.flatten model
            |> Array.map (fun x ->
                if x.Dtype.IsFloat then
                    next <- next + 1
                    sums[next]
                else
                    Prim.zerosLike x)

        sums[0], Tree.unflatten model gradient, Array.create gradient.Length None

    /// The gradients of leaves that the optimiser updates and the loss does not replace.
    let private counted (isMoving: bool[]) (replaced: Tensor option[]) (gradient: Tensor[]) : Tensor[] =
        gradient
        |> Array.indexed
        |> Array.choose (fun (i, g) -> if isMoving[i] && replaced[i].IsNone then Some g else None)

    /// Raises InputException for a loss that depends on no updated leaf; returns the paths of updated leaves that it does
    /// not depend on.
    let private unused (isCounted: bool[]) (model: 'M) (depends: bool[]) : string list =
        let moving =
            List.zip (Tree.leaves model) (List.ofArray (Array.zip isCounted depends))
            |> List.choose (fun ((path, _), (counts, depends)) -> if counts then Some(path, depends) else None)

        Fitting.requireDependence "Train.run" "loss does" (List.map fst moving) (List.map snd moving)
        moving |> List.filter (snd >> not) |> List.map fst

    /// Loss and norm of the gradient, the next model and the next state of the optimiser. `warn` gets the leaves that the
    /// loss does not depend on.
    let step (t: Training<'M>) (loss: TrainLoss<'M>) warn (inputs: Tensor[]) (model: 'M, state: OptimState) =
        let isMoving = Optim.moving t.Optimiser model
        let mutable depends: bool[] = [||]
        let see known = depends <- known ()

        let value, gradient, replaced =
            match t.Distribution with
            | Some sharing -> evaluateParts sharing see loss inputs model
            | None -> evaluate see loss inputs model

        let leaves = Tree.flatten gradient
        let mutable own = counted isMoving replaced leaves
        let length = Optim.globalNorm own

        match t.ClipValue with
        | Some limit -> own <- Optim.clipValue limit own
        | None -> ()

        match t.Clip with
        | Some limit -> own <- Optim.clip limit own
        | None -> ()

        let isCounted = Array.map2 (fun moves (r: Tensor option) -> moves && r.IsNone) isMoving replaced
        warn (unused isCounted model depends)

        let clipped =
            Masks.spreadBy isCounted own
            |> Array.map2 (fun (g: Tensor) own -> Option.defaultWith (fun () -> Prim.zerosLike g) own) leaves
            |> Tree.unflatten gradient

        let next, state = Optim.step t.Optimiser clipped state model

        let next =
            Array.map2 (fun (x: Tensor) (r: Tensor option) -> Option.defaultValue x r) (Tree.flatten next) replaced
            |> Tree.unflatten next

        [| value; length |], (next, state)

    /// The model between two models, at the fraction `share` of the way. Leaves that the optimiser does not update are those
    /// of `after`; numbers that have become infinite are those of `before`.
    let between (optimiser: Optimiser) (before: 'M) (after: 'M) (share: float) : 'M =
        let isMoving = Optim.moving optimiser after

        let part i (a: Tensor) (b: Tensor) =
            if isMoving[i] then
                let d = b - a
                a + where (abs d .< infinity) (share * d) (Prim.zerosLike d)
            else
                b

        Array.mapi2 part (Tree.flatten before) (Tree.flatten after) |> Tree.unflatten after

    let private sentence what (found: (string * float) option) =
        match found with
        | Some("", value) -> Some $"The {what} has the number {string value}."
        | Some(path, value) -> Some $"The {what} has the number {string value} in {path}."
        | None -> None

    /// The reason why the loss of a model is not finite.
    let causeOfLoss (loss: TrainLoss<'M>) (batch: Tensor[]) (model: 'M) : string =
        [ fun () -> sentence "model" (NonFinite.leaf model)
          fun () -> sentence "batch" (NonFinite.leaf batch)
          fun () -> NonFinite.operation (fun (batch, model) -> fst (loss batch model)) (batch, model) ]
        |> List.tryPick (fun look -> look ())
        |> Option.defaultValue ""

    /// The part of the gradient of a model that is not finite.
    let causeOfGradient (loss: TrainLoss<'M>) (batch: Tensor[]) (model: 'M) : string =
        let _, gradient, _ = evaluate ignore loss batch model
        sentence "gradient" (NonFinite.leaf gradient) |> Option.defaultValue ""

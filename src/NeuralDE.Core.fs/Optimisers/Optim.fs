namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Optimisers

/// Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside compile, too.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Optim =
    // ── combinations ─────────────────────────────────────────────────────────────────────────────────────────────
    /// The optimiser at a rate that changes: its own times the schedule's factor. Schedules multiply.
    let schedule (factors: Schedule) (optimiser: Optimiser) : Optimiser = Scheduled(factors, optimiser)

    /// The optimiser with a mean of its models beside it: Fit.Averaged of a training, or Optim.averageOf of a state.
    let averaged (averaging: Averaging) (optimiser: Optimiser) : Optimiser = Averaged(averaging, optimiser)

    /// An optimiser for each group of leaves: the first whose predicate holds for a leaf's path takes it.
    let groups (groups: ((string -> bool) * Optimiser) list) : Optimiser = Groups groups

    /// For groups: the leaf of this path, and all leaves under it. "Encoder" holds of Encoder.Weight and Encoder[0].Bias, not
    /// of Encoder2.
    let under (path: string) : string -> bool =
        fun leaf ->
            path = ""
            || leaf = path
            || (leaf.StartsWith(path, StringComparison.Ordinal) && (leaf[path.Length] = '.' || leaf[path.Length] = '['))

    /// For groups: leaves whose last part is this name, such as all that end in Bias.
    let named (name: string) : string -> bool =
        fun leaf -> leaf = name || leaf.EndsWith("." + name, StringComparison.Ordinal)

    /// For groups, last: all leaves that no group before has taken.
    let others: string -> bool = fun _ -> true

    /// The optimiser, but leaves of this kind stay: Optim.freeze (Optim.under "Encoder") (Adam 1e-3).
    let freeze (isFrozen: string -> bool) (optimiser: Optimiser) : Optimiser =
        Groups [ isFrozen, Frozen; others, optimiser ]

    // ── what happens to each leaf ────────────────────────────────────────────────────────────────────────────────
    let private checkAveraging averaging =
        match averaging with
        | MovingAverage share ->
            if not (share >= 0.0 && share < 1.0) then
                raise (
                    InputException $"Optim: the average's share is {string share}, expected a number from 0 to below 1."
                )
        | PlainAverage(from, every) ->
            if from < 0 || every < 1 then
                raise (
                    InputException
                        $"Optim: got an average from step {string from} every {string every}, expected 0 or more and 1 or more."
                )

    let private ruleOf (optimiser: Optimiser) (path: string) : LeafRule =
        let rec find factors average (optimiser: Optimiser) =
            let rule rule = { Rule = Some rule; Factors = factors; Average = average }

            let adam = AdamOptions.defaults

            match optimiser with
            | GradientDescent rate ->
                rule (OptimiserRules.ofSgd { SgdOptions.defaults with Rate = rate; Momentum = 0.0 })
            | Sgd options -> rule (OptimiserRules.ofSgd options)
            | Adam rate -> rule (OptimiserRules.ofAdam { adam with Rate = rate })
            | AdamW rate -> rule (OptimiserRules.ofAdam { adam with Rate = rate; WeightDecay = 0.01 })
            | AdamWith options -> rule (OptimiserRules.ofAdam options)
            | RmsProp rate -> rule (OptimiserRules.ofRmsProp { RmsPropOptions.defaults with Rate = rate })
            | RmsPropWith options -> rule (OptimiserRules.ofRmsProp options)
            | Adagrad rate -> rule (OptimiserRules.ofAdagrad { AdagradOptions.defaults with Rate = rate })
            | AdagradWith options -> rule (OptimiserRules.ofAdagrad options)
            | Lion rate -> rule (OptimiserRules.ofLion { LionOptions.defaults with Rate = rate })
            | LionWith options -> rule (OptimiserRules.ofLion options)
            | OwnRule own -> rule own
            | Frozen -> { Rule = None; Factors = factors; Average = average }
            | Scheduled(factor, optimiser) -> find (factor :: factors) average optimiser
            | Averaged(averaging, optimiser) ->
                checkAveraging averaging

                if Option.isSome average then
                    raise (InputException "Optim: a mean of models is asked for twice, expected one. Leave one out.")

                find factors (Some averaging) optimiser
            | Groups groups ->
                match groups |> List.tryFind (fun (holds, _) -> holds path) with
                | Some(_, optimiser) -> find factors average optimiser
                | None ->
                    raise (
                        InputException(
                            $"Optim: no group takes the leaf {path}, expected one for every float leaf. "
                            + "End the groups with Optim.others and an optimiser, or Frozen."
                        )
                    )

        find [] None optimiser

    /// Groups that take no leaf of these paths: a name that is misspelt.
    let rec private checkGroups (optimiser: Optimiser) (paths: string list) : unit =
        match optimiser with
        | Scheduled(_, optimiser)
        | Averaged(_, optimiser) -> checkGroups optimiser paths
        | Groups groups ->
            groups
            |> List.indexed
            |> List.fold
                (fun (left: string list) (i, (holds, optimiser)) ->
                    let own, left = List.partition holds left

                    if own.IsEmpty && i < groups.Length - 1 then
                        let known = String.Join(", ", paths)

                        raise (
                            InputException(
                                $"Optim: group {string i} takes no leaf, expected one or more. "
                                + $"The leaves are {known}; a group before may have taken those meant."
                            )
                        )

                    checkGroups optimiser own
                    left)
                paths
            |> ignore
        | GradientDescent _
        | Sgd _
        | Adam _
        | AdamW _
        | AdamWith _
        | RmsProp _
        | RmsPropWith _
        | Adagrad _
        | AdagradWith _
        | Lion _
        | LionWith _
        | OwnRule _
        | Frozen -> ()

    /// What a rule remembers of a leaf, before the first step.
    let private ownSlots (rule: LeafRule) (x: Tensor) =
        match rule.Rule with
        | Some own -> OptimiserRules.checkedSlots own x
        | None -> []

    let private floats (model: 'M) = Tree.leaves model |> List.filter (fun (_, x) -> x.Dtype.IsFloat)

    /// Whether each leaf of a model moves: floats that no group freezes.
    let internal moving (optimiser: Optimiser) (model: 'M) : bool[] =
        [| for path, x in Tree.leaves model -> x.Dtype.IsFloat && (ruleOf optimiser path).Rule.IsSome |]

    /// <summary>The state before the first step.</summary>
    /// <remarks>
    /// InputException for a rate or option out of range, a float leaf that no group takes, a group without a leaf;
    /// TreeException for a model without float leaves.
    /// </remarks>
    let init (optimiser: Optimiser) (model: 'M) : OptimState =
        Fitting.requireFloats "Optim" model
        let leaves = floats model
        checkGroups optimiser (List.map fst leaves)

        let slots =
            [ for path, x in leaves do
                  let rule = ruleOf optimiser path

                  let all = ownSlots rule x @ [ if rule.Average.IsSome then "average", x ]

                  if not all.IsEmpty then path, Map.ofList all ]

        { Step = scalar 0L; Slots = Map.ofList slots }

    // ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────
    let private alike (model: 'M) (gradient: 'M) =
        match Tree.difference (Tree.signature model) (Tree.signature gradient) with
        | Some sentence ->
            raise (
                TreeException $"Optim.step: the model and the gradient differ: {sentence} Give trees of one structure."
            )
        | None -> ()

    /// What the state holds for a leaf, if it is what the rule needs.
    let private slotsOf (rule: LeafRule) (path: string) (x: Tensor) (state: OptimState) : Map<string, Tensor> =
        let found = state.Slots |> Map.tryFind path |> Option.defaultValue Map.empty
        let names = List.map fst (ownSlots rule x) @ [ if rule.Average.IsSome then "average" ]

        for name in names do
            match Map.tryFind name found with
            | None ->
                raise (
                    TreeException(
                        $"Optim.step: the state has no '{name}' for the leaf '{path}'. "
                        + "Make it with Optim.init from this optimiser and model."
                    )
                )
            | Some slot ->
                if slot.Dtype <> x.Dtype || not (Shape.same slot.Dims x.Dims) then
                    raise (
                        TreeException(
                            $"Optim.step: the state's '{name}' for the leaf '{path}' is {slot.Dtype} {Expect.text slot}, "
                            + $"expected {x.Dtype} {Expect.text x}. Make it with Optim.init from this optimiser and model."
                        )
                    )

        found

    /// <summary>One step.</summary>
    /// <param name="optimiser">As it was given to Optim.init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">What the optimiser remembers.</param>
    /// <param name="model">Float leaves move; integers, bools and keys stay.</param>
    /// <returns>The next model and state. TreeException if the trees differ.</returns>
    let step (optimiser: Optimiser) (gradient: 'M) (state: OptimState) (model: 'M) : 'M * OptimState =
        alike model gradient
        let taken = cast Float64 state.Step

        let stepped =
            List.map2
                (fun (path, x: Tensor) g ->
                    if not x.Dtype.IsFloat then
                        x, []
                    else
                        let rule = ruleOf optimiser path
                        let slots = slotsOf rule path x state

                        let factor =
                            match rule.Factors with
                            | [] -> None
                            | factors -> factors |> List.map (fun f -> f taken) |> List.reduce (*) |> Some

                        let next, remembered =
                            match rule.Rule with
                            | Some own -> OptimiserRules.checkedStep own (LeafStep(x, g, slots, taken, factor))
                            | None -> x, []

                        let average =
                            match rule.Average with
                            | Some averaging ->
                                [ "average", OptimiserRules.average averaging taken slots["average"] next ]
                            | None -> []

                        next, (if slots.IsEmpty then [] else [ path, Map.ofList (remembered @ average) ]))
                (Tree.leaves model)
                (List.ofArray (Tree.flatten gradient))

        let next = stepped |> Seq.map fst |> Array.ofSeq |> Tree.unflatten model
        next, { Step = state.Step + 1; Slots = stepped |> List.collect snd |> Map.ofList }

    /// The mean of models that Averaged keeps: the model, with the mean in the leaves that have one; None without Averaged.
    let averageOf (state: OptimState) (model: 'M) : 'M option =
        let averages = state.Slots |> Map.filter (fun _ slots -> slots.ContainsKey "average")

        if averages.IsEmpty then
            None
        else
            model
            |> Tree.mapWithPath (fun path x ->
                match Map.tryFind path averages with
                | Some slots -> slots["average"]
                | None -> x)
            |> Some

    // ── gradients ────────────────────────────────────────────────────────────────────────────────────────────────
    let private limited verb (limit: float) =
        if not (limit > 0.0 && Double.IsFinite limit) then
            raise (InputException $"{verb}: got {string limit}, expected a positive number.")

    let private onFloats (f: Tensor -> Tensor) (tree: 'M) : 'M =
        Tree.map (fun (x: Tensor) -> if x.Dtype.IsFloat then f x else x) tree

    /// <summary>The gradient with every component from −limit to limit.</summary>
    let clipValue (limit: float) (gradient: 'M) : 'M =
        limited "Optim.clipValue" limit
        onFloats (clip -limit limit) gradient

    /// <summary>√Σ g² over all float leaves of a tree: one number, float64.</summary>
    let globalNorm (tree: 'M) : Tensor =
        let leaves = Tree.flatten tree |> Array.filter (fun x -> x.Dtype.IsFloat)
        let total = leaves |> Array.fold (fun total x -> total + sum (square (cast Float64 x))) (scalar 0.0)
        sqrt total

    /// <summary>The gradient times min(1, limit / globalNorm): of length `limit` at most.</summary>
    let clip (limit: float) (gradient: 'M) : 'M =
        limited "Optim.clip" limit
        let length = globalNorm gradient
        let factor = where (length .> limit) (limit / length) 1.0
        onFloats (fun g -> g * cast g.Dtype factor) gradient

namespace NeuralDE

open System
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Optimisers

/// Optimisers as pure functions: (gradient, state, model) to (model, state). They run inside compile, too.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Optim =
    // ── combinations ─────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Multiplies the learning rate by a factor that depends on the step. Several schedules multiply.</summary>
    /// <param name="factors">From the number of steps taken (float64 [], 0 at the first step) to a factor; see
    /// Schedule.</param>
    /// <param name="optimiser">The optimiser.</param>
    /// <returns>The optimiser with this schedule.</returns>
    let schedule (factors: Schedule) (optimiser: Optimiser) : Optimiser = Scheduled(factors, optimiser)

    /// <summary>Also keeps a mean of the models: Fit.Averaged of a training, or Optim.averageOf of a state.</summary>
    /// <param name="averaging">The kind of mean.</param>
    /// <param name="optimiser">The optimiser.</param>
    /// <returns>The optimiser with this mean.</returns>
    let averaged (averaging: Averaging) (optimiser: Optimiser) : Optimiser = Averaged(averaging, optimiser)

    /// <summary>Combines optimisers: each leaf is updated by the optimiser of the first group whose predicate holds for the
    /// leaf's path.</summary>
    /// <param name="groups">Predicates of paths, such as Optim.under "Encoder", with optimisers.</param>
    /// <returns>The combined optimiser.</returns>
    let groups (groups: ((string -> bool) * Optimiser) list) : Optimiser = Groups groups

    /// <summary>A predicate for groups: the leaf with this path, and all leaves under it. "Encoder" holds for Encoder.Weight
    /// and Encoder[0].Bias, but not for Encoder2.</summary>
    /// <param name="path">The path; "" holds for all leaves.</param>
    /// <param name="leaf">The path of a leaf.</param>
    /// <returns>Whether the leaf is the one with this path, or under it.</returns>
    let under (path: string) : string -> bool =
        fun leaf ->
            path = ""
            || leaf = path
            || (leaf.StartsWith(path, StringComparison.Ordinal) && (leaf[path.Length] = '.' || leaf[path.Length] = '['))

    /// <summary>A predicate for groups: leaves whose last part has this name, such as all that end in Bias.</summary>
    /// <param name="name">The name.</param>
    /// <param name="leaf">The path of a leaf.</param>
    /// <returns>Whether the last part of the path is the name.</returns>
    let named (name: string) : string -> bool =
        fun leaf -> leaf = name || leaf.EndsWith("." + name, StringComparison.Ordinal)

    /// A predicate for the last group: all leaves that no earlier group contains.
    let others: string -> bool = fun _ -> true

    /// <summary>Keeps the leaves for which the predicate holds constant: Optim.freeze (Optim.under "Encoder") (Adam
    /// 1e-3).</summary>
    /// <param name="isFrozen">A predicate of paths.</param>
    /// <param name="optimiser">The optimiser of the other leaves.</param>
    /// <returns>The optimiser.</returns>
    let freeze (isFrozen: string -> bool) (optimiser: Optimiser) : Optimiser =
        Groups [ isFrozen, Frozen; others, optimiser ]

    // ── rules of leaves ──────────────────────────────────────────────────────────────────────────────────────────
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
                    raise (InputException "Optim: got two means of models, expected one. Remove one Optim.averaged.")

                find factors (Some averaging) optimiser
            | Groups groups ->
                match groups |> List.tryFind (fun (holds, _) -> holds path) with
                | Some(_, optimiser) -> find factors average optimiser
                | None ->
                    raise (
                        InputException(
                            $"Optim: no group contains the leaf {path}, expected one for every float leaf. "
                            + "End the groups with Optim.others and an optimiser, or Frozen."
                        )
                    )

        find [] None optimiser

    /// Checks that each group contains a leaf; a group without one is probably a misspelt name.
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
                                $"Optim: group {string i} contains no leaf, expected at least one. "
                                + $"The leaves are {known}; an earlier group may contain the intended ones."
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

    /// The values that a rule remembers for a leaf before the first step.
    let private ownSlots (rule: LeafRule) (x: Tensor) =
        match rule.Rule with
        | Some own -> OptimiserRules.checkedSlots own x
        | None -> []

    let private floats (model: 'M) = Tree.leaves model |> List.filter (fun (_, x) -> x.Dtype.IsFloat)

    /// Whether each leaf of a model is updated: floats that no group freezes.
    let internal moving (optimiser: Optimiser) (model: 'M) : bool[] =
        [| for path, x in Tree.leaves model -> x.Dtype.IsFloat && (ruleOf optimiser path).Rule.IsSome |]

    /// <summary>The state before the first step.</summary>
    /// <param name="optimiser">The optimiser.</param>
    /// <param name="model">The model. Float leaves are parameters.</param>
    /// <returns>The state.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a learning rate or option out of range, a float leaf without a group,
    /// and a group without a leaf.</exception>
    /// <exception cref="T:NeuralDE.TreeException">for a model without float leaves.</exception>
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
                TreeException
                    $"Optim.step: the model and the gradient differ: {sentence} They must have the same structure."
            )
        | None -> ()

    /// The values of a leaf in the state. TreeException unless they are those that the rule needs.
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

    /// <summary>Computes one step.</summary>
    /// <param name="optimiser">The optimiser given to Optim.init.</param>
    /// <param name="gradient">∂loss/∂model, a tree like the model.</param>
    /// <param name="state">The state of the optimiser.</param>
    /// <param name="model">Float leaves are parameters; integers, bools and keys are constants.</param>
    /// <returns>The next model and state.</returns>
    /// <exception cref="T:NeuralDE.TreeException">if the trees differ, and for the state of another optimiser.</exception>
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

    /// <summary>The model with the means that Averaged keeps, in the leaves that have one.</summary>
    /// <param name="state">The state of the optimiser.</param>
    /// <param name="model">The model after the last step.</param>
    /// <returns>A model; None without Averaged.</returns>
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

    /// <summary>Limits each component of the gradient to the range from −limit to limit.</summary>
    /// <param name="limit">The limit, positive.</param>
    /// <param name="gradient">A tree; only its float leaves change.</param>
    /// <returns>The limited gradient.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless limit is positive and finite.</exception>
    let clipValue (limit: float) (gradient: 'M) : 'M =
        limited "Optim.clipValue" limit
        onFloats (clip -limit limit) gradient

    /// <summary>The norm √Σ g² over all float leaves of a tree.</summary>
    /// <param name="tree">A tree.</param>
    /// <returns>One number, float64 [].</returns>
    let globalNorm (tree: 'M) : Tensor =
        let leaves = Tree.flatten tree |> Array.filter (fun x -> x.Dtype.IsFloat)
        let total = leaves |> Array.fold (fun total x -> total + sum (square (cast Float64 x))) (scalar 0.0)
        sqrt total

    /// <summary>Limits the norm of the gradient: the gradient times min(1, limit / globalNorm).</summary>
    /// <param name="limit">The limit, positive.</param>
    /// <param name="gradient">A tree; only its float leaves change.</param>
    /// <returns>The limited gradient.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless limit is positive and finite.</exception>
    let clip (limit: float) (gradient: 'M) : 'M =
        limited "Optim.clip" limit
        let length = globalNorm gradient
        let factor = where (length .> limit) (limit / length) 1.0
        onFloats (fun g -> g * cast g.Dtype factor) gradient

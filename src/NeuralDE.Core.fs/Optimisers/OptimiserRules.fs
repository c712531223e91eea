namespace NeuralDE.Internal.Optimisers

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The rule of one leaf (None: frozen), the factors of its learning rate, and the mean that is kept of it.
[<NoEquality; NoComparison>]
type internal LeafRule = { Rule: OptimiserRule option; Factors: Schedule list; Average: Averaging option }

/// The equations of the optimisers for one leaf, with the values in LeafStep.Slots that the rule remembers.
module internal OptimiserRules =
    let private wrong what (got: float) (expected: string) : unit =
        raise (InputException $"Optim: {what} is {string got}, expected {expected}.")

    let private positive what (x: float) = if not (x > 0.0 && Double.IsFinite x) then wrong what x "a positive number"

    let private notNegative what (x: float) =
        if not (x >= 0.0 && Double.IsFinite x) then wrong what x "a finite number of 0 or more"

    let private share what (x: float) = if not (x >= 0.0 && x < 1.0) then wrong what x "a number from 0 to below 1"

    let private zeros names (x: Tensor) = names |> List.map (fun name -> name, Prim.zerosLike x)

    /// g + decay · x
    let private decayed (decay: float) (leaf: LeafStep) : Tensor =
        if decay = 0.0 then leaf.Gradient else leaf.Gradient + decay * leaf.X

    /// x − rate · decay · x − rate · d
    let private moved (leaf: LeafStep) rate (decay: float) (d: Tensor) : Tensor =
        let x = if decay = 0.0 then leaf.X else leaf.X - leaf.Scaled(rate * decay, leaf.X)
        x - leaf.Scaled(rate, d)

    let private blend (share: float) (past: Tensor) (present: Tensor) = share * past + (1.0 - share) * present

    let private sgd (o: SgdOptions) (leaf: LeafStep) =
        let g = decayed o.WeightDecay leaf

        if o.Momentum = 0.0 then
            moved leaf o.Rate 0.0 g, []
        else
            let fresh =
                if o.Dampening = 0.0 then
                    g
                else
                    // the first gradient has the weight 1
                    let weight = where (leaf.Taken .= 0.0) (scalar 1.0) (1.0 - o.Dampening)
                    cast g.Dtype weight * g

            let direction = o.Momentum * leaf.Slots["direction"] + fresh
            let step = if o.IsNesterov then g + o.Momentum * direction else direction
            moved leaf o.Rate 0.0 step, [ "direction", direction ]

    let private adam (o: AdamOptions) (leaf: LeafStep) =
        let mean = blend o.Beta1 leaf.Slots["mean"] leaf.Gradient
        let square' = blend o.Beta2 leaf.Slots["square"] (square leaf.Gradient)
        let count = leaf.Taken + 1.0
        let unbiased (share: float) (x: Tensor) = x / cast x.Dtype (1.0 - scalar share ** count)

        let largest = if o.IsAmsGrad then [ "largest", maximum leaf.Slots["largest"] square' ] else []

        let spread =
            match largest with
            | (_, x) :: _ -> x
            | [] -> square'

        let d = unbiased o.Beta1 mean / (sqrt (unbiased o.Beta2 spread) + o.Epsilon)
        moved leaf o.Rate o.WeightDecay d, [ "mean", mean; "square", square' ] @ largest

    let private rmsProp (o: RmsPropOptions) (leaf: LeafStep) =
        let g = decayed o.WeightDecay leaf
        let square' = blend o.Share leaf.Slots["square"] (square g)
        let mean = if o.IsCentered then [ "mean", blend o.Share leaf.Slots["mean"] g ] else []

        let spread =
            match mean with
            | (_, m) :: _ -> square' - square m
            | [] -> square'

        let d = g / (sqrt spread + o.Epsilon)

        let direction = if o.Momentum > 0.0 then [ "direction", o.Momentum * leaf.Slots["direction"] + d ] else []

        let step =
            match direction with
            | (_, x) :: _ -> x
            | [] -> d

        moved leaf o.Rate 0.0 step, [ "square", square' ] @ mean @ direction

    let private adagrad (o: AdagradOptions) (leaf: LeafStep) =
        let g = decayed o.WeightDecay leaf
        let total = leaf.Slots["sum"] + square g
        let d = g / (sqrt total + o.Epsilon)

        let d = if o.RateDecay = 0.0 then d else d / cast d.Dtype (1.0 + o.RateDecay * leaf.Taken)

        moved leaf o.Rate 0.0 d, [ "sum", total ]

    let private lion (o: LionOptions) (leaf: LeafStep) =
        let mean = leaf.Slots["mean"]
        let d = signum (blend o.Beta1 mean leaf.Gradient)
        moved leaf o.Rate o.WeightDecay d, [ "mean", blend o.Beta2 mean leaf.Gradient ]

    // ── rules, with InputException for numbers out of range ──────────────────────────────────────────────────────
    let ofSgd (o: SgdOptions) : OptimiserRule =
        positive "the rate" o.Rate
        share "momentum" o.Momentum
        share "dampening" o.Dampening
        notNegative "weight decay" o.WeightDecay

        if o.IsNesterov && (o.Momentum = 0.0 || o.Dampening <> 0.0) then
            raise (
                InputException(
                    $"Optim: Nesterov's step has momentum {string o.Momentum} and dampening {string o.Dampening}, "
                    + "expected a positive momentum and no dampening."
                )
            )

        { Name = "Sgd"; Slots = zeros (if o.Momentum > 0.0 then [ "direction" ] else []); Step = sgd o }

    let ofAdam (o: AdamOptions) : OptimiserRule =
        positive "the rate" o.Rate
        positive "epsilon" o.Epsilon
        share "beta1" o.Beta1
        share "beta2" o.Beta2
        notNegative "weight decay" o.WeightDecay

        { Name = "Adam"
          Slots = zeros ([ "mean"; "square" ] @ (if o.IsAmsGrad then [ "largest" ] else []))
          Step = adam o }

    let ofRmsProp (o: RmsPropOptions) : OptimiserRule =
        positive "the rate" o.Rate
        positive "epsilon" o.Epsilon
        share "share" o.Share
        share "momentum" o.Momentum
        notNegative "weight decay" o.WeightDecay

        let names =
            [ "square"
              if o.IsCentered then "mean"
              if o.Momentum > 0.0 then "direction" ]

        { Name = "RmsProp"; Slots = zeros names; Step = rmsProp o }

    let ofAdagrad (o: AdagradOptions) : OptimiserRule =
        positive "the rate" o.Rate
        positive "epsilon" o.Epsilon
        notNegative "rate decay" o.RateDecay
        notNegative "the initial sum" o.InitialSum
        notNegative "weight decay" o.WeightDecay

        { Name = "Adagrad"
          Slots = fun x -> [ "sum", Prim.zerosLike x + o.InitialSum ]
          Step = adagrad o }

    let ofLion (o: LionOptions) : OptimiserRule =
        positive "the rate" o.Rate
        share "beta1" o.Beta1
        share "beta2" o.Beta2
        notNegative "weight decay" o.WeightDecay
        { Name = "Lion"; Slots = zeros [ "mean" ]; Step = lion o }

    let private requireLike verb (rule: OptimiserRule) (like: Tensor) what (x: Tensor) =
        if x.Dtype <> like.Dtype || not (Shape.same x.Dims like.Dims) then
            raise (
                ShapeException
                    $"Optim.{verb}: the rule {rule.Name} returned {what} as {x.Dtype} {Shape.text x.Dims}, expected {like.Dtype} {Shape.text like.Dims}, like the leaf."
            )

    /// The values that a rule remembers for a leaf before the first step, checked.
    let checkedSlots (rule: OptimiserRule) (x: Tensor) : (string * Tensor) list =
        let slots = rule.Slots x
        slots |> List.iter (fun (name, slot) -> requireLike "init" rule x $"'{name}'" slot)
        let names = List.map fst slots

        if (List.distinct names).Length < names.Length || List.contains "average" names then
            let given = String.Join(", ", names)

            raise (
                InputException
                    $"Optim.init: the rule {rule.Name} has the slots {given}, expected different names, other than \"average\", the mean of models."
            )

        slots

    /// The result of a rule for a leaf, checked: tensors like the leaf, with the names of the rule's slots.
    let checkedStep (rule: OptimiserRule) (leaf: LeafStep) : Tensor * (string * Tensor) list =
        let next, remembered = rule.Step leaf
        requireLike "step" rule leaf.X "the leaf" next
        remembered |> List.iter (fun (name, x) -> requireLike "step" rule leaf.X $"'{name}'" x)
        let expected = rule.Slots leaf.X |> List.map fst
        let got = List.map fst remembered

        if List.sort got <> List.sort expected then
            let text (names: string list) = if names.IsEmpty then "nothing" else String.Join(", ", names)

            raise (
                InputException
                    $"Optim.step: the step of {rule.Name} returned the slots {text got}, expected {text expected}, the names of its Slots."
            )

        next, remembered

    /// The next mean of models with the latest model x; `taken` is the number of steps before it.
    let average (averaging: Averaging) (taken: Tensor) (mean: Tensor) (x: Tensor) : Tensor =
        match averaging with
        | MovingAverage share -> where (taken .= 0.0) x (blend share mean x)
        | PlainAverage(from, every) ->
            let since = taken + (1.0 - float from)
            let count = floor (since / float every) // the number of models in the mean, including x if it is added
            let isTurn = since .= count * float every
            let next = mean + (x - mean) / cast x.Dtype (maximum count 1.0)
            where (count .< 1.0) x (where isTurn next mean)

namespace NeuralDE

/// What gradient descent may be told beside its rate.
type SgdOptions =
    {
        Rate: float
        /// the share of the past in the direction, 0.9; 0 forgets
        Momentum: float
        /// the share of a new gradient that the direction leaves out, 0
        Dampening: float
        /// whether the step looks ahead along the direction; needs momentum and no dampening
        IsNesterov: bool
        /// adds weightDecay · x to the gradient, 0
        WeightDecay: float
    }

    /// Rate 1e-2, momentum 0.9.
    static member defaults = { Rate = 1e-2; Momentum = 0.9; Dampening = 0.0; IsNesterov = false; WeightDecay = 0.0 }

/// What Adam may be told beside its rate.
type AdamOptions =
    {
        /// the step's length at most, about
        Rate: float
        /// the share of the past in the mean of gradients, 0.9
        Beta1: float
        /// the share of the past in the mean of their squares, 0.999
        Beta2: float
        /// keeps the quotient finite, 1e-8
        Epsilon: float
        /// shrinks x by rate · weightDecay beside the step, 0; it is no part of the gradient. Loshchilov and Hutter 2019
        WeightDecay: float
        /// whether the step divides by the largest mean of squares so far instead of the latest. Reddi et al. 2018
        IsAmsGrad: bool
    }

    /// Rate 1e-3 and the constants of the paper.
    static member defaults =
        { Rate = 1e-3; Beta1 = 0.9; Beta2 = 0.999; Epsilon = 1e-8; WeightDecay = 0.0; IsAmsGrad = false }

/// What RMSprop may be told beside its rate.
type RmsPropOptions =
    {
        Rate: float
        /// the share of the past in the mean of squares, 0.99
        Share: float
        /// keeps the quotient finite, 1e-8
        Epsilon: float
        /// the share of the past in the direction, 0
        Momentum: float
        /// whether squares are taken around the mean of gradients. Graves 2013
        IsCentered: bool
        /// adds weightDecay · x to the gradient, 0
        WeightDecay: float
    }

    /// Rate 1e-2 and PyTorch's constants.
    static member defaults =
        { Rate = 1e-2; Share = 0.99; Epsilon = 1e-8; Momentum = 0.0; IsCentered = false; WeightDecay = 0.0 }

/// What Adagrad may be told beside its rate.
type AdagradOptions =
    {
        Rate: float
        /// divides the rate by 1 + rateDecay · k at step k = 0, 1, …; 0
        RateDecay: float
        /// the sum of squares before the first step, 0
        InitialSum: float
        /// keeps the quotient finite, 1e-10
        Epsilon: float
        /// adds weightDecay · x to the gradient, 0
        WeightDecay: float
    }

    /// Rate 1e-2 and PyTorch's constants.
    static member defaults = { Rate = 1e-2; RateDecay = 0.0; InitialSum = 0.0; Epsilon = 1e-10; WeightDecay = 0.0 }

/// What Lion may be told beside its rate.
type LionOptions =
    {
        /// the step's length in every parameter
        Rate: float
        /// the share of the past in the direction, 0.9
        Beta1: float
        /// the share of the past in the mean of gradients, 0.99
        Beta2: float
        /// shrinks x by rate · weightDecay beside the step, 0
        WeightDecay: float
    }

    /// Rate 1e-4 and the constants of the paper.
    static member defaults = { Rate = 1e-4; Beta1 = 0.9; Beta2 = 0.99; WeightDecay = 0.0 }

/// What an optimiser's rule is given of one leaf of a model, at one step.
[<Sealed>]
type LeafStep internal (x: Tensor, gradient: Tensor, slots: Map<string, Tensor>, taken: Tensor, factor: Tensor option) =
    /// The leaf.
    member _.X = x

    /// ∂loss/∂x
    member _.Gradient = gradient

    /// What the rule remembers of the leaf, by its names.
    member _.Slots = slots

    /// The steps taken before, float64 [].
    member _.Taken = taken

    /// rate · d, at the rate that schedules make of it.
    member _.Scaled(rate: float, d: Tensor) : Tensor =
        if isNull (box d) then nullArg (nameof d)

        match factor with
        | None -> rate * d
        | Some factor -> cast d.Dtype (rate * factor) * d

/// <summary>The equations of an optimiser for one leaf. The library's own are such values, too.</summary>
[<NoEquality; NoComparison>]
type OptimiserRule =
    {
        /// for messages
        Name: string
        /// From a leaf to what is remembered of it before the first step, by name: tensors like the leaf.
        Slots: Tensor -> (string * Tensor) list
        /// The leaf after a step, and what is remembered then: of the same names.
        Step: LeafStep -> Tensor * (string * Tensor) list
    }

/// A mean of the models of several steps.
type Averaging =
    /// a ← share · a + (1 − share) · x after every step; after the first a = x. Polyak's average, exponentially weighted.
    | MovingAverage of share: float
    /// The plain mean of the models after the steps from + every, from + 2 · every, …; until then a = x. Stochastic weight
    /// averaging, Izmailov et al. 2018.
    | PlainAverage of from: int * every: int

/// <summary>How parameters follow from gradients: x is a parameter, g its gradient.</summary>
/// <remarks>The numbers are PyTorch's for optimisers of these names.</remarks>
[<NoEquality; NoComparison>]
type Optimiser =
    /// x − rate · g
    | GradientDescent of rate: float
    /// x − rate · b, with b ← momentum · b + g, or x − rate · (g + momentum · b) looking ahead. Sutskever et al. 2013.
    | Sgd of SgdOptions
    /// x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm 1.
    | Adam of rate: float
    /// Adam with a weight decay of 0.01 beside the step. Loshchilov and Hutter 2019, algorithm 2.
    | AdamW of rate: float
    | AdamWith of AdamOptions
    /// x − rate · g / (√v + ε), with v the running mean of g². Tieleman and Hinton 2012, lecture 6.5.
    | RmsProp of rate: float
    | RmsPropWith of RmsPropOptions
    /// x − rate · g / (√s + ε), with s the sum of all g². Duchi, Hazan and Singer 2011.
    | Adagrad of rate: float
    | AdagradWith of AdagradOptions
    /// x − rate · sign(β₁ m + (1 − β₁) g), with m ← β₂ m + (1 − β₂) g. Chen et al. 2023, algorithm 2.
    | Lion of rate: float
    | LionWith of LionOptions
    /// By a rule that you write.
    | OwnRule of OptimiserRule
    /// x stays.
    | Frozen
    /// The rate is the optimiser's times the schedule's factor.
    | Scheduled of Schedule * Optimiser
    /// The optimiser's steps; the mean of the models is kept beside them.
    | Averaged of Averaging * Optimiser
    /// Each leaf by the optimiser of the first group whose predicate holds for the leaf's path.
    | Groups of ((string -> bool) * Optimiser) list

/// <summary>What an optimiser remembers between steps: a tree.</summary>
type OptimState =
    {
        /// steps taken, int64 []
        Step: Tensor
        /// by the leaf's path in the model, then by name: "mean", "square", "average", …; leaves that need nothing are absent
        Slots: Map<string, Map<string, Tensor>>
    }

namespace NeuralDE

/// Settings of gradient descent.
type SgdOptions =
    {
        /// the learning rate; default: 1e-2
        Rate: float
        /// the momentum: the factor of the previous direction; default: 0.9; 0: no momentum
        Momentum: float
        /// the fraction of a new gradient that is not added to the direction; default: 0
        Dampening: float
        /// whether to use Nesterov momentum; it needs momentum and no dampening
        IsNesterov: bool
        /// adds weightDecay · x to the gradient; default: 0
        WeightDecay: float
    }

    /// Rate 1e-2, momentum 0.9.
    static member defaults = { Rate = 1e-2; Momentum = 0.9; Dampening = 0.0; IsNesterov = false; WeightDecay = 0.0 }

/// Settings of Adam.
type AdamOptions =
    {
        /// the learning rate; default: 1e-3
        Rate: float
        /// the decay factor of the mean of gradients; default: 0.9
        Beta1: float
        /// the decay factor of the mean of squared gradients; default: 0.999
        Beta2: float
        /// keeps the quotient finite; default: 1e-8
        Epsilon: float
        /// decoupled weight decay: subtracts rate · weightDecay · x in each step, separately from the gradient; default: 0.
        /// Loshchilov and Hutter 2019
        WeightDecay: float
        /// whether to divide by the largest mean of squares so far instead of the latest (AMSGrad). Reddi et al. 2018
        IsAmsGrad: bool
    }

    /// Rate 1e-3 and the constants of the paper.
    static member defaults =
        { Rate = 1e-3; Beta1 = 0.9; Beta2 = 0.999; Epsilon = 1e-8; WeightDecay = 0.0; IsAmsGrad = false }

/// Settings of RMSprop.
type RmsPropOptions =
    {
        /// the learning rate; default: 1e-2
        Rate: float
        /// the decay factor of the mean of squared gradients; default: 0.99
        Share: float
        /// keeps the quotient finite; default: 1e-8
        Epsilon: float
        /// the momentum: the factor of the previous direction; default: 0
        Momentum: float
        /// whether to subtract the squared mean of gradients from the mean of squares. Graves 2013
        IsCentered: bool
        /// adds weightDecay · x to the gradient; default: 0
        WeightDecay: float
    }

    /// Rate 1e-2 and PyTorch's constants.
    static member defaults =
        { Rate = 1e-2; Share = 0.99; Epsilon = 1e-8; Momentum = 0.0; IsCentered = false; WeightDecay = 0.0 }

/// Settings of Adagrad.
type AdagradOptions =
    {
        /// the learning rate; default: 1e-2
        Rate: float
        /// divides the learning rate by 1 + rateDecay · k at step k = 0, 1, …; default: 0
        RateDecay: float
        /// the sum of squares before the first step; default: 0
        InitialSum: float
        /// keeps the quotient finite; default: 1e-10
        Epsilon: float
        /// adds weightDecay · x to the gradient; default: 0
        WeightDecay: float
    }

    /// Rate 1e-2 and PyTorch's constants.
    static member defaults = { Rate = 1e-2; RateDecay = 0.0; InitialSum = 0.0; Epsilon = 1e-10; WeightDecay = 0.0 }

/// Settings of Lion.
type LionOptions =
    {
        /// the learning rate: the change of every parameter in a step; default: 1e-4
        Rate: float
        /// the factor of the mean of gradients in the direction; default: 0.9
        Beta1: float
        /// the decay factor of the mean of gradients; default: 0.99
        Beta2: float
        /// subtracts rate · weightDecay · x in each step; default: 0
        WeightDecay: float
    }

    /// Rate 1e-4 and the constants of the paper.
    static member defaults = { Rate = 1e-4; Beta1 = 0.9; Beta2 = 0.99; WeightDecay = 0.0 }

/// The arguments of an optimiser's rule: one leaf of a model, at one step.
[<Sealed>]
type LeafStep internal (x: Tensor, gradient: Tensor, slots: Map<string, Tensor>, taken: Tensor, factor: Tensor option) =
    /// The leaf.
    member _.X = x

    /// ∂loss/∂x, like the leaf.
    member _.Gradient = gradient

    /// The values that the rule remembers for the leaf, by name.
    member _.Slots = slots

    /// The number of steps taken before, float64 [].
    member _.Taken = taken

    /// <summary>rate · d, with the learning rate multiplied by the factors of schedules.</summary>
    /// <param name="rate">The learning rate of the rule.</param>
    /// <param name="d">A direction, like the leaf.</param>
    /// <returns>A tensor like d.</returns>
    member _.Scaled(rate: float, d: Tensor) : Tensor =
        if isNull (box d) then nullArg (nameof d)

        match factor with
        | None -> rate * d
        | Some factor -> cast d.Dtype (rate * factor) * d

/// The equations of an optimiser for one leaf. The optimisers of the library are such values, too.
[<NoEquality; NoComparison>]
type OptimiserRule =
    {
        /// the name, for messages
        Name: string
        /// from a leaf to the values remembered for it before the first step, by name: tensors like the leaf
        Slots: Tensor -> (string * Tensor) list
        /// from a step to the leaf after it and the new remembered values, with the same names
        Step: LeafStep -> Tensor * (string * Tensor) list
    }

/// A mean of the models of several steps.
type Averaging =
    /// a ← share · a + (1 − share) · x after every step; after the first a = x. Polyak's average, exponentially weighted.
    | MovingAverage of share: float
    /// The arithmetic mean of the models after the steps from + every, from + 2 · every, …; before that a = x. Stochastic
    /// weight averaging, Izmailov et al. 2018.
    | PlainAverage of from: int * every: int

/// <summary>Update rules of parameters: x is a parameter, g its gradient.</summary>
/// <remarks>The numbers are those of PyTorch's optimisers of the same names.</remarks>
[<NoEquality; NoComparison>]
type Optimiser =
    /// x − rate · g
    | GradientDescent of rate: float
    /// x − rate · b, with b ← momentum · b + g, or x − rate · (g + momentum · b) looking ahead. Sutskever et al. 2013.
    | Sgd of SgdOptions
    /// x − rate · m̂ / (√v̂ + ε), with m and v the running means of g and g². Kingma and Ba 2015, algorithm 1.
    | Adam of rate: float
    /// Adam with a decoupled weight decay of 0.01. Loshchilov and Hutter 2019, algorithm 2.
    | AdamW of rate: float
    /// Adam with custom settings.
    | AdamWith of AdamOptions
    /// x − rate · g / (√v + ε), with v the running mean of g². Tieleman and Hinton 2012, lecture 6.5.
    | RmsProp of rate: float
    /// RmsProp with custom settings.
    | RmsPropWith of RmsPropOptions
    /// x − rate · g / (√s + ε), with s the sum of all g². Duchi, Hazan and Singer 2011.
    | Adagrad of rate: float
    /// Adagrad with custom settings.
    | AdagradWith of AdagradOptions
    /// x − rate · sign(β₁ m + (1 − β₁) g), with m ← β₂ m + (1 − β₂) g. Chen et al. 2023, algorithm 2.
    | Lion of rate: float
    /// Lion with custom settings.
    | LionWith of LionOptions
    /// A custom rule: the equations for one leaf.
    | OwnRule of OptimiserRule
    /// x is constant.
    | Frozen
    /// The learning rate of the optimiser is multiplied by the factors of the schedule.
    | Scheduled of Schedule * Optimiser
    /// The steps of the optimiser; also keeps a mean of the models.
    | Averaged of Averaging * Optimiser
    /// Each leaf is updated by the optimiser of the first group whose predicate holds for the leaf's path.
    | Groups of ((string -> bool) * Optimiser) list

/// The state of an optimiser between steps: a tree.
type OptimState =
    {
        /// the number of steps taken, int64 []
        Step: Tensor
        /// remembered values by the path of the leaf, then by name: "mean", "square", "average", …; leaves without values
        /// are absent
        Slots: Map<string, Map<string, Tensor>>
    }

namespace NeuralDE

/// <summary>Weights as a function of time: the model at t. One of your own is a record that implements this; its tensors are
/// trained, its other fields are constants.</summary>
type Depth<'M> =
    /// <summary>The model at time t, a tensor [].</summary>
    abstract At: t: Tensor -> 'M

/// <summary>What a solve should know of weights that are a function of time, beside Depth: where they jump, and the times that
/// they were made for.</summary>
type DepthTimes =
    /// Times at which the weights jump: steps end there.
    abstract Jumps: float[]

    /// The first time of the weights, or −∞.
    abstract First: float

    /// The last time of the weights, or ∞.
    abstract Last: float

/// The same weights at all times.
type internal Steady<'M> =
    { Model: 'M }

    interface Depth<'M> with
        member s.At _ = s.Model

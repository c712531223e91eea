namespace NeuralDE

/// Weights as a function of time: the model at time t. Implement it with a record to make custom weights: the record's
/// tensors are trained, its other fields are constants.
type Depth<'M> =
    /// The model at time t, a tensor [].
    abstract At: t: Tensor -> 'M

/// Optional information about weights that implement Depth: the times at which they jump, and the time span for which they
/// are defined.
type DepthTimes =
    /// The times at which the weights jump. Steps end there.
    abstract Jumps: float[]

    /// The first time at which the weights are defined, or −∞.
    abstract First: float

    /// The last time at which the weights are defined, or ∞.
    abstract Last: float

/// Constant weights.
type internal Steady<'M> =
    { Model: 'M }

    interface Depth<'M> with
        member s.At _ = s.Model

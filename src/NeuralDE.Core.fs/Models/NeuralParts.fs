namespace NeuralDE

/// <summary>The initial state of a neural ODE, computed from y0, the observation at the start. Implement it with a record to
/// make a custom start: the record's tensors are trained, its other fields are constants.</summary>
/// <remarks>In all parts `axis` is the axis of the features or channels, counted from the end: −1 for features [batch…; d],
/// −3 for images [batch; channels; height; width].</remarks>
type NeuralStart =
    /// The initial state.
    abstract State: axis: int -> y0: Tensor -> Tensor

    /// The observed part of states [time; batch…; state] or [batch…; state], used if the model has no readout.
    abstract Observed: axis: int -> y0: Tensor -> states: Tensor -> Tensor

/// Optional information about a start: the channel axis of y0, if it differs from the field's.
type NeuralStartAxis =
    abstract Axis: int

/// The right-hand side of a neural ODE.
type NeuralField =
    /// The axis of the features or channels of the state, counted from the end: −1, or −3 for images.
    abstract Axis: int

    /// x' at time t, a tensor []. `seen` is the state, combined with the control if the model has one.
    abstract Slope: t: Tensor -> seen: Tensor -> Tensor

/// A field whose weights are also a state: the weights follow their own differential equation, which all samples share.
type NeuralFlow =
    inherit NeuralField

    /// The initial weights.
    abstract Weights: Tensor[]

    /// <summary>The derivatives of the weights.</summary>
    abstract Flow: t: Tensor -> weights: Tensor[] -> Tensor[]

    /// x' for the given weights.
    abstract SlopeWith: weights: Tensor[] -> t: Tensor -> seen: Tensor -> Tensor

/// <summary>Further inputs of a field: a covariate, computed from y0 before the solve and constant in time.</summary>
/// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020: data control. If samples have separate steps, each
/// sample has its own covariate, and the first axis of the covariate is the batch.</remarks>
type NeuralControl =
    /// The covariate of y0.
    abstract Covariate: axis: int -> y0: Tensor -> Tensor

    /// The input of the field, made from the state and the covariate, of a batch or of one sample.
    abstract Seen: axis: int -> covariate: Tensor -> state: Tensor -> Tensor

/// The output of a neural ODE, computed from states.
type NeuralReadout =
    /// The output for states [batch…; state] or [time; batch…; state].
    abstract Observe: axis: int -> y0: Tensor -> states: Tensor -> Tensor

/// The length of the solve of each sample.
type NeuralDuration =
    /// The positive factors by which the time spans of the samples are multiplied: [batch].
    abstract Stretch: y0: Tensor -> Tensor

namespace NeuralDE

/// <summary>How the state of a neural ODE is made of what is observed at the start, y0. One of your own is a record that
/// implements this; its tensors are trained, its other fields are constants.</summary>
/// <remarks>In all parts `axis` is that of the features or channels, counted from the end: −1 for features [batch…; d], −3 for
/// images [batch; channels; height; width].</remarks>
type NeuralStart =
    /// <summary>The state at the start.</summary>
    abstract State: axis: int -> y0: Tensor -> Tensor

    /// <summary>What of the states is observed, where the model has no readout: [time; batch…; state] or [batch…; state].</summary>
    abstract Observed: axis: int -> y0: Tensor -> states: Tensor -> Tensor

/// <summary>What a start can say besides: the axis of the channels of y0, where that is not the one of the field.</summary>
type NeuralStartAxis =
    abstract Axis: int

/// <summary>The right-hand side of a neural ODE.</summary>
type NeuralField =
    /// The axis of the features or channels of the state, counted from the end: −1, or −3 for images.
    abstract Axis: int

    /// <summary>x' at time t (a tensor []) of what is seen: the state, and what the model's control puts beside it.</summary>
    abstract Slope: t: Tensor -> seen: Tensor -> Tensor

/// <summary>A field whose weights are a state, too: they flow beside the state that the field moves, the same for all samples.</summary>
type NeuralFlow =
    inherit NeuralField

    /// The weights at the start.
    abstract Weights: Tensor[]

    /// <summary>The derivatives of the weights.</summary>
    abstract Flow: t: Tensor -> weights: Tensor[] -> Tensor[]

    /// <summary>x' with those weights.</summary>
    abstract SlopeWith: weights: Tensor[] -> t: Tensor -> seen: Tensor -> Tensor

/// <summary>What a field sees besides the state: something made of y0, known beforehand and the same at all times.</summary>
/// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020: data control. Where samples have steps of their own, each
/// carries its covariate along, which has the batch for its first axis.</remarks>
type NeuralControl =
    /// <summary>What is made of y0.</summary>
    abstract Covariate: axis: int -> y0: Tensor -> Tensor

    /// <summary>What the field sees: the state and the covariate, of a batch or of one sample.</summary>
    abstract Seen: axis: int -> covariate: Tensor -> state: Tensor -> Tensor

/// <summary>What is observed of states.</summary>
type NeuralReadout =
    /// <summary>From states [batch…; state] or [time; batch…; state] to what is observed.</summary>
    abstract Observe: axis: int -> y0: Tensor -> states: Tensor -> Tensor

/// <summary>How long the solve of a sample is.</summary>
type NeuralDuration =
    /// <summary>By what the span of each sample is multiplied, above 0: [batch].</summary>
    abstract Stretch: y0: Tensor -> Tensor

namespace NeuralDE

/// The errors that control the steps of an adaptive solve.
type ErrorControl =
    /// The error of the state only.
    | StateOnly
    /// If the solve is differentiated, also the error of the derivative: the steps propagate a random tangent and control
    /// its error where the error of the state gives no information, such as at rest. Without differentiation the same as
    /// StateOnly. The default.
    | StateAndDerivatives

namespace NeuralDE

/// What an adaptive solve's steps answer for.
type ErrorControl =
    /// the state's error alone
    | StateOnly
    /// Where a derivative is taken, for the derivative's too: a random tangent is watched, and steers where the state's error
    /// says nothing, as at rest. A solve that nobody differentiates is the same as with StateOnly. The default.
    | StateAndDerivatives

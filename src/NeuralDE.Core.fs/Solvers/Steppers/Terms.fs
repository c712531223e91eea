namespace NeuralDE.Internal.Steppers

open NeuralDE

/// g(t, y) dX: the term that is driven by a control X other than time, closed over the values that its functions captured.
/// Time is not among the driven terms, so that h multiplies a sum once.
[<NoEquality; NoComparison>]
type internal Driven =
    {
        /// t, y, increment → g(t, y) · increment, for each leaf of the state
        Along: Tensor -> Tensor[] -> Tensor[] -> Tensor[]
        /// t → X(t), for each leaf of the control: a data path or Brownian motion. A stepper uses its increments only.
        Control: Tensor -> Tensor[]
    }

/// The terms of an equation, closed over the values that its functions captured: dy = f(t, y) dt + Σ g(t, y) dX.
[<NoEquality; NoComparison>]
type internal Terms =
    {
        Field: RungeKutta.Field
        Driven: Driven[]
        /// the values that the field's graph captured
        Captured: Tensor[]
        /// For each leaf of a state the error of scaled size 1. An inner solve may have a fraction of it as error.
        Scale: Tensor[] -> Tensor[]
        /// The maximum number of iterations of an inner solve.
        MostIterations: int
    }

namespace NeuralDE.Internal.Steppers

open NeuralDE

/// g(t, y) dX: what a control X other than time drives, closed over what its functions captured. Time is not among the driven
/// terms, so that h multiplies a sum once.
[<NoEquality; NoComparison>]
type internal Driven =
    {
        /// t, y, increment → g(t, y) · increment, by leaf of the state
        Along: Tensor -> Tensor[] -> Tensor[] -> Tensor[]
        /// t → X(t), by leaf of the control: a data path or Brownian motion. A stepper takes its increments only.
        Control: Tensor -> Tensor[]
    }

/// What an equation is made of, closed over what its functions captured: dy = f(t, y) dt + Σ g(t, y) dX.
[<NoEquality; NoComparison>]
type internal Terms =
    {
        Field: RungeKutta.Field
        Driven: Driven[]
        /// what the field's graph captured
        Captured: Tensor[]
        /// By leaf, the error of size 1 at a state: what an inner solve may leave is a share of it.
        Scale: Tensor[] -> Tensor[]
        /// Iterations that an inner solve may take before it has failed.
        MostIterations: int
    }

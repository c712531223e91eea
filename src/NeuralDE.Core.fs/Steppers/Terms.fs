namespace NeuralDE.Compiler

open NeuralDE

/// What an equation is made of, closed over what its functions captured: dy = f(t, y) dt.
[<NoEquality; NoComparison>]
type internal Terms =
    {
        Field: RungeKutta.Field
        /// By leaf, the error of size 1 at a state: what an inner solve may leave is a share of it.
        Scale: Tensor[] -> Tensor[]
        /// Iterations that an inner solve may take before it has failed.
        MostIterations: int
    }

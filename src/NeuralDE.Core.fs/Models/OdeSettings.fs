namespace NeuralDE

/// How a model solves its equation. In a tree it is a constant, compared by Equals.
[<NoComparison>]
type OdeSettings =
    {
        Solver: OdeSolver
        Rtol: float
        Atol: float
        Step: StepSize
        Gradient: Gradient
        MaxSteps: int
        /// whether each sample has its own steps
        PerSample: bool
    }

    /// Tsit5 with tolerances 1e-6 and 1e-9, adaptive steps that all samples share, exact gradients with checkpoints.
    static member defaults =
        { Solver = Tsit5
          Rtol = 1e-6
          Atol = 1e-9
          Step = AdaptiveStep StepController.integral
          Gradient = Checkpointed
          MaxSteps = 100000
          PerSample = false }

    /// <summary>Applies the settings to a problem.</summary>
    /// <param name="s">The settings.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with these settings.</returns>
    static member apply (s: OdeSettings) (p: OdeProblem<'S>) : OdeProblem<'S> =
        { p with
            Solver = s.Solver
            Rtol = s.Rtol
            Atol = s.Atol
            Step = s.Step
            Gradient = s.Gradient
            MaxSteps = s.MaxSteps
            PerSample = s.PerSample }

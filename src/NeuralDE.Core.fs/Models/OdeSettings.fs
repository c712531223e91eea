namespace NeuralDE

/// How a model's equation is solved, as data: static in a tree, compared by Equals.
[<NoComparison>]
type OdeSettings =
    {
        Solver: OdeSolver
        Rtol: float
        Atol: float
        Step: StepSize
        Gradient: Gradient
        MaxSteps: int
        /// each sample with its own steps
        PerSample: bool
    }

    /// <summary>Tsit5 to 1e-6 and 1e-9, adaptive, exact gradients with checkpoints, joint steps.</summary>
    static member defaults =
        { Solver = Tsit5
          Rtol = 1e-6
          Atol = 1e-9
          Step = AdaptiveStep StepController.integral
          Gradient = Checkpointed
          MaxSteps = 100000
          PerSample = false }

    /// <summary>The problem, solved by these settings.</summary>
    static member apply (s: OdeSettings) (p: OdeProblem<'S>) : OdeProblem<'S> =
        { p with
            Solver = s.Solver
            Rtol = s.Rtol
            Atol = s.Atol
            Step = s.Step
            Gradient = s.Gradient
            MaxSteps = s.MaxSteps
            PerSample = s.PerSample }

namespace NeuralDE;

/// <summary>What a solve that stopped short tells, with null for what there is not.</summary>
public static class SolutionExtensions
{
    extension<S>(Solution<S> solution)
    {
        /// <summary>Where and why the solve stopped short; null after a success.</summary>
        public Failure? FailureOrNull => FSharp.OrNull(Given(solution).Failure);
    }

    extension<S>(Integrator<S> integrator)
    {
        /// <summary>How the solve ended; null while it has not.</summary>
        public Status? StatusOrNull => FSharp.OrNull(Given(integrator).Status);
    }

    extension(Failure failure)
    {
        /// <summary>What to try, where the state and the field say more than the status; null otherwise.</summary>
        public string? AdviceOrNull => FSharp.OrNull(Given(failure).Advice);

        /// <summary>The sample that failed, where each has its own steps; null otherwise.</summary>
        public int? SampleOrNull => FSharp.ValueOrNull(Given(failure).Sample);
    }

    extension(SolveException exception)
    {
        /// <summary>The output times; null for a solve inside a transform.</summary>
        public Tensor? TsOrNull => FSharp.OrNull(Given(exception).Ts);
    }
}

namespace NeuralDE;

/// <summary>Optional values of a solution, with null if there is none.</summary>
public static class SolutionExtensions
{
    extension<S>(Solution<S> solution)
    {
        /// <summary>The time and the cause of a failure; null after a success.</summary>
        public Failure? FailureOrNull => FSharp.OrNull(Given(solution).Failure);
    }

    extension<S>(Integrator<S> integrator)
    {
        /// <summary>The status at the end of the solve; null before the end.</summary>
        public Status? StatusOrNull => FSharp.OrNull(Given(integrator).Status);
    }

    extension(Failure failure)
    {
        /// <summary>Advice from the state and the field, if they say more than the status; otherwise null.</summary>
        public string? AdviceOrNull => FSharp.OrNull(Given(failure).Advice);

        /// <summary>The index of the sample that failed, if samples have separate steps; otherwise null.</summary>
        public int? SampleOrNull => FSharp.ValueOrNull(Given(failure).Sample);
    }

    extension(SolveCancelledException exception)
    {
        /// <summary>The output times; null for a solve inside a transform.</summary>
        public Tensor? TsOrNull => FSharp.OrNull(Given(exception).Ts);
    }

    extension(SolveException exception)
    {
        /// <summary>The output times; null for a solve inside a transform.</summary>
        public Tensor? TsOrNull => FSharp.OrNull(Given(exception).Ts);
    }
}

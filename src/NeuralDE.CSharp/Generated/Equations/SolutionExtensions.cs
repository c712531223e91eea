// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Optional values of a solution, with null if there is none.</summary>
public static partial class SolutionExtensions
{
    extension<S>(Solution<S> solution)
    {
        /// <summary>The time and cause of a failure; null after a success.</summary>
        public Failure? FailureOrNull => FSharp.OrNull(Given(solution).Failure);
    }

    extension<S>(Integrator<S> integrator)
    {
        /// <summary>The status at the end of the solve; null before the end.</summary>
        public Status? StatusOrNull => FSharp.OrNull(Given(integrator).Status);
    }

    extension(Failure failure)
    {
        /// <summary>The index of the sample that failed, with PerSample; otherwise null.</summary>
        public int? SampleOrNull => FSharp.ValueOrNull(Given(failure).Sample);

        /// <summary>Advice from the state and the field, if they say more than the status; otherwise null.</summary>
        public string? AdviceOrNull => FSharp.OrNull(Given(failure).Advice);
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

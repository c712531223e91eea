namespace NeuralDE;

public static partial class ProblemExtensions
{
    /// <summary>
    /// Sets the method; default for ordinary equations: Tsit5. A method that needs a more specific equation does not
    /// compile.
    /// </summary>
    public static Problem<E, S> Using<E, M, S>(this Problem<E, S> problem, Solver<M> solver)
        where E : M => ProblemVerbs.usingMethod(Given(solver), Given(problem));

    extension<E, S>(Problem<E, S> problem)
    {
        /// <summary>Saves the state at these times, in the order of the solve.</summary>
        public Problem<E, S> SaveAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.saveAt(TensorMakers.tensor(times.ToArray()), Given(problem));
    }
}

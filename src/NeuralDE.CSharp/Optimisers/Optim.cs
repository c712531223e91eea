namespace NeuralDE;

public static partial class Optim
{
    /// <summary>A predicate for the last group: all leaves that no earlier group contains.</summary>
    public static Func<string, bool> Others => OptimModule.others;

    /// <summary>
    /// The model with the means that Averaged keeps, in the leaves that have one; null without Averaged.
    /// </summary>
    public static M? AverageOf<M>(OptimState state, M model)
        where M : class => FSharp.OrNull(OptimModule.averageOf(Given(state), model));
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Options of an optimiser.</summary>
public static partial class OptimiserExtensions
{
    extension(Optimiser optimiser)
    {
        /// <summary>
        /// Multiplies the learning rate by a factor that depends on the step. Several schedules multiply.
        /// </summary>
        /// <param name="factors">
        /// From the number of steps taken (float64 [], 0 at the first step) to a factor; see Schedule.
        /// </param>
        /// <returns>The optimiser with this schedule.</returns>
        public Optimiser Schedule(Func<Tensor, Tensor> factors) =>
            OptimModule.schedule(FSharp.Function(factors), Given(optimiser));

        /// <summary>
        /// Also keeps a mean of the models: Fit.AveragedOrNull of a training, or Optim.AverageOf of a state.
        /// </summary>
        /// <param name="averaging">The kind of mean.</param>
        /// <returns>The optimiser with this mean.</returns>
        public Optimiser Averaged(Averaging averaging) => OptimModule.averaged(Given(averaging), Given(optimiser));

        /// <summary>
        /// Keeps the leaves for which the predicate holds constant:
        /// Optimisers.Adam(1e-3).Freeze(Optim.Under("Encoder")).
        /// </summary>
        /// <param name="isFrozen">A predicate of paths.</param>
        /// <returns>The optimiser.</returns>
        public Optimiser Freeze(Func<string, bool> isFrozen) =>
            OptimModule.freeze(FSharp.Function(isFrozen), Given(optimiser));
    }
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>A mean of the models of several steps.</summary>
public static partial class Averagings
{
    /// <summary>
    /// a ← share · a + (1 − share) · x after every step; after the first a = x. Polyak's average, exponentially
    /// weighted.
    /// </summary>
    public static Averaging MovingAverage(double share) => Averaging.NewMovingAverage(share);

    /// <summary>
    /// The arithmetic mean of the models after the steps from + every, from + 2 · every, …; before that a = x.
    /// Stochastic weight averaging, Izmailov et al. 2018.
    /// </summary>
    public static Averaging PlainAverage(int from, int every) => Averaging.NewPlainAverage(from, every);
}

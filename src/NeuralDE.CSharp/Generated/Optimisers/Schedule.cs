// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Schedules: factors of the learning rate for the steps k = 0, 1, 2, …</summary>
public static partial class Schedule
{
    /// <summary>The same factor at every step.</summary>
    /// <param name="value">The factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for a factor that is negative or not finite.</exception>
    public static Func<Tensor, Tensor> Constant(double value) => ScheduleModule.constant(value).Invoke;

    /// <summary>decay^⌊k / every⌋: a step function. PyTorch's StepLR.</summary>
    /// <param name="every">The number of steps with the same factor.</param>
    /// <param name="decay">The ratio of successive factors.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for numbers out of range.</exception>
    public static Func<Tensor, Tensor> Stairs(int every, double decay) => ScheduleModule.stairs(every, decay).Invoke;

    /// <summary>decay^k. PyTorch's ExponentialLR.</summary>
    /// <param name="decay">The ratio of successive factors.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for a decay that is negative or not finite.</exception>
    public static Func<Tensor, Tensor> Exponential(double decay) => ScheduleModule.exponential(decay).Invoke;

    /// <summary>
    /// last + (1 − last) (1 − k / steps)^power; last for k ≥ steps. PyTorch's PolynomialLR for last = 0.
    /// </summary>
    /// <param name="power">The exponent, positive.</param>
    /// <param name="steps">The number of steps until the last factor.</param>
    /// <param name="last">The last factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for numbers out of range.</exception>
    public static Func<Tensor, Tensor> Polynomial(double power, int steps, double last) =>
        ScheduleModule.polynomial(power, steps, last).Invoke;

    /// <summary>A straight line from 1 to last; last for k ≥ steps.</summary>
    /// <param name="steps">The number of steps until the last factor.</param>
    /// <param name="last">The last factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for numbers out of range.</exception>
    public static Func<Tensor, Tensor> Linear(int steps, double last) => ScheduleModule.linear(steps, last).Invoke;

    /// <summary>
    /// last + (1 − last) (1 + cos(π k / steps)) / 2; last for k ≥ steps. Loshchilov and Hutter 2017; PyTorch's
    /// CosineAnnealingLR over its first half period.
    /// </summary>
    /// <param name="steps">The number of steps until the last factor.</param>
    /// <param name="last">The last factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for numbers out of range.</exception>
    public static Func<Tensor, Tensor> Cosine(int steps, double last) => ScheduleModule.cosine(steps, last).Invoke;

    /// <summary>
    /// The factor of the last pair (from step, factor) whose step has been reached; 1 before the first pair.
    /// </summary>
    /// <param name="pairs">The pairs, with increasing steps.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for steps that do not increase, and for numbers out of range.</exception>
    public static Func<Tensor, Tensor> Piecewise(params ReadOnlySpan<(int From, double Factor)> pairs) =>
        ScheduleModule.piecewise(FSharp.List(pairs)).Invoke;

    /// <summary>
    /// (k + 1) / steps in the first <paramref name="steps"/> steps, then the schedule <paramref name="next"/> from its
    /// start.
    /// </summary>
    /// <param name="steps">The number of steps of the warm-up.</param>
    /// <param name="next">The schedule after it.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">unless steps is positive.</exception>
    public static Func<Tensor, Tensor> WarmUp(int steps, Func<Tensor, Tensor> next) =>
        ScheduleModule.warmUp(steps, FSharp.Function(next)).Invoke;

    /// <summary>
    /// Rises from 1/25 to 1 in the first 0.3 of the steps, then falls to 4e-6, along half cosines. Smith and Topin
    /// 2018; PyTorch's OneCycleLR, whose max_lr is the optimiser's learning rate.
    /// </summary>
    /// <param name="steps">The number of steps, at least 4.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="InputException">for fewer than 4 steps.</exception>
    public static Func<Tensor, Tensor> OneCycle(int steps) => ScheduleModule.oneCycle(steps).Invoke;

    /// <summary>The product of two schedules.</summary>
    /// <param name="a">A schedule.</param>
    /// <param name="b">A schedule.</param>
    /// <returns>A function of step: the product of their factors, float64 [].</returns>
    public static Func<Tensor, Tensor> Times(Func<Tensor, Tensor> a, Func<Tensor, Tensor> b)
    {
        Given(a);
        Given(b);
        return step => ScheduleModule.times(FSharp.Function(a), FSharp.Function(b), Given(step));
    }

    /// <summary>The factor at a step.</summary>
    /// <param name="step">The number of steps taken, from 0.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>The factor.</returns>
    /// <exception cref="InputException">for a negative step.</exception>
    public static double At(int step, Func<Tensor, Tensor> schedule) =>
        ScheduleModule.at(step, FSharp.Function(schedule));

    /// <summary>The factors of the first n steps, for a plot.</summary>
    /// <param name="n">The number of steps.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>n factors.</returns>
    public static double[] Values(int n, Func<Tensor, Tensor> schedule) =>
        ScheduleModule.values(n, FSharp.Function(schedule));
}

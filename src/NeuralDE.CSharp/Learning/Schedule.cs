namespace NeuralDE;

/// <summary>Schedules: factors of the learning rate for the steps k = 0, 1, 2, …</summary>
public static class Schedule
{
    /// <summary>The same factor at every step.</summary>
    public static Func<Tensor, Tensor> Constant(double value) => ScheduleModule.constant(value).Invoke;

    /// <summary>decay^⌊k / every⌋: a step function. PyTorch's StepLR.</summary>
    public static Func<Tensor, Tensor> Stairs(int every, double decay) => ScheduleModule.stairs(every, decay).Invoke;

    /// <summary>decay^k. PyTorch's ExponentialLR.</summary>
    public static Func<Tensor, Tensor> Exponential(double decay) => ScheduleModule.exponential(decay).Invoke;

    /// <summary>
    /// last + (1 − last) (1 − k / steps)^power; last for k ≥ steps. PyTorch's PolynomialLR for last = 0.
    /// </summary>
    public static Func<Tensor, Tensor> Polynomial(double power, int steps, double last) =>
        ScheduleModule.polynomial(power, steps, last).Invoke;

    /// <summary>A straight line from 1 to last; last for k ≥ steps.</summary>
    public static Func<Tensor, Tensor> Linear(int steps, double last) => ScheduleModule.linear(steps, last).Invoke;

    /// <summary>
    /// last + (1 − last) (1 + cos(π k / steps)) / 2; last for k ≥ steps. Loshchilov and Hutter 2017; PyTorch's
    /// CosineAnnealingLR over its first half period.
    /// </summary>
    public static Func<Tensor, Tensor> Cosine(int steps, double last) => ScheduleModule.cosine(steps, last).Invoke;

    /// <summary>
    /// The factor of the last pair (from step, factor) whose step has been reached; 1 before the first pair.
    /// </summary>
    public static Func<Tensor, Tensor> Piecewise(params ReadOnlySpan<(int From, double Factor)> pairs) =>
        ScheduleModule.piecewise(FSharp.List(pairs)).Invoke;

    /// <summary>
    /// (k + 1) / steps in the first <paramref name="steps"/> steps, then the schedule <paramref name="next"/> from
    /// its start.
    /// </summary>
    public static Func<Tensor, Tensor> WarmUp(int steps, Func<Tensor, Tensor> next) =>
        ScheduleModule.warmUp(steps, FSharp.Function(next)).Invoke;

    /// <summary>
    /// Rises from 1/25 to 1 in the first 0.3 of the steps, then falls to 4e-6, along half cosines. Smith and Topin
    /// 2018; PyTorch's OneCycleLR, whose max_lr is the optimiser's learning rate.
    /// </summary>
    public static Func<Tensor, Tensor> OneCycle(int steps) => ScheduleModule.oneCycle(steps).Invoke;

    /// <summary>The product of two schedules.</summary>
    public static Func<Tensor, Tensor> Times(Func<Tensor, Tensor> a, Func<Tensor, Tensor> b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return step => ScheduleModule.times(FSharp.Function(a), FSharp.Function(b), step);
    }

    /// <summary>The factor at a step, from 0.</summary>
    public static double At(int step, Func<Tensor, Tensor> schedule) =>
        ScheduleModule.at(step, FSharp.Function(schedule));

    /// <summary>The factors of the first n steps, for a plot.</summary>
    public static double[] Values(int n, Func<Tensor, Tensor> schedule) =>
        ScheduleModule.values(n, FSharp.Function(schedule));
}

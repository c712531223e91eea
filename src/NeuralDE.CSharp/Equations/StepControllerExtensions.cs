namespace NeuralDE;

/// <summary>How an adaptive solve chooses its steps from the error of the last ones.</summary>
public static class StepControllerExtensions
{
    extension(StepController)
    {
        /// <summary>
        /// I control: each step looks at its own error only. The default, and what torchdiffeq and diffrax do.
        /// </summary>
        public static StepController Integral => StepControllerModule.integral;

        /// <summary>
        /// PI control: smoother steps and fewer rejections where the step size follows the solution (orbits) or
        /// stability.
        /// </summary>
        public static StepController ProportionalIntegral => StepControllerModule.proportionalIntegral;

        /// <summary>
        /// PID control with weights and bounds of your own. InputException for weights that do not control.
        /// </summary>
        public static StepController OfPid(PidController weights) => StepControllerModule.ofPid(Given(weights));

        /// <summary>
        /// A controller of your own: a rule that gives the factor on the step size. The next attempt is factor · Size long, within
        /// DtBetween. A factor that is not a positive finite number, and one of 1 or more after a rejected step, end the solve
        /// with StepTooSmall. Step sizes are constants of differentiation. Make the controller once: it is traced for each solve
        /// it is new to.
        /// </summary>
        /// <param name="name">For messages.</param>
        /// <param name="slots">
        /// What it remembers from attempt to attempt, by name, with the numbers it starts with.
        /// </param>
        /// <param name="rule">
        /// From an attempt to the factor, float64 [], and what is remembered then, of the same names.
        /// </param>
        public static StepController OfRule(
            string name,
            IEnumerable<(string Name, double Start)> slots,
            Func<ControllerInput, (Tensor Factor, IEnumerable<(string Name, Tensor Slot)> Slots)> rule
        )
        {
            ArgumentNullException.ThrowIfNull(rule);
            return StepControllerModule.ofRule(
                Given(name),
                FSharp.Pairs(slots),
                FSharp.Function(
                    (ControllerInput input) =>
                    {
                        var (factor, remembered) = rule(input);
                        return Tuple.Create(factor, FSharp.Pairs(remembered));
                    }
                )
            );
        }

        /// <summary>
        /// PID control with weights of your own: with the scaled errors q of this and the two accepted steps before, the step is
        /// multiplied by Safety · qₙ^(−(p + i + d)/k) · qₙ₋₁^((p + 2d)/k) · qₙ₋₂^(−d/k). An accepted step may shrink the next.
        /// </summary>
        public static StepController Pid(double p, double i, double d) => StepControllerModule.pid(p, i, d);
    }
}

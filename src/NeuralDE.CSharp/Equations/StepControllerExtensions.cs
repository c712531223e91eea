namespace NeuralDE;

/// <summary>
/// Step controllers: how an adaptive solve chooses its step sizes from the errors of the last steps.
/// </summary>
public static class StepControllerExtensions
{
    extension(StepController)
    {
        /// <summary>
        /// I control: the step size depends on the error of the last attempt only. The default, as in torchdiffeq and
        /// diffrax.
        /// </summary>
        public static StepController Integral => StepControllerModule.integral;

        /// <summary>
        /// PI control: smoother step sizes and fewer rejections if the solution (orbits) or stability determines the
        /// step size.
        /// </summary>
        public static StepController ProportionalIntegral => StepControllerModule.proportionalIntegral;

        /// <summary>
        /// PID control with custom weights and bounds. InputException for weights that do not control the step size.
        /// </summary>
        public static StepController OfPid(PidController weights) => StepControllerModule.ofPid(Given(weights));

        /// <summary>
        /// A custom controller: a rule that gives the factor on the step size. The size of the next attempt is factor
        /// · Size, within DtBetween. A factor that is not positive and finite, or is at least 1 after a rejected
        /// step, ends the solve with StepTooSmall. Step sizes are constants of differentiation. Make the controller
        /// once, because it is traced for each solve in which it is new.
        /// </summary>
        /// <param name="name">For messages.</param>
        /// <param name="slots">
        /// The values that it remembers from attempt to attempt, by name, with their initial numbers.
        /// </param>
        /// <param name="rule">
        /// From an attempt to the factor, float64 [], and the new remembered values, with the same names.
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
        /// PID control with custom weights: with the scaled errors q of this and the two accepted steps before it,
        /// the step size is multiplied by Safety · qₙ^(−(p + i + d)/k) · qₙ₋₁^((p + 2d)/k) · qₙ₋₂^(−d/k). The step
        /// size may decrease after an accepted step.
        /// </summary>
        public static StepController Pid(double p, double i, double d) => StepControllerModule.pid(p, i, d);
    }
}

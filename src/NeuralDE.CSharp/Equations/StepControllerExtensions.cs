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
        /// PID control with weights of your own: with the scaled errors q of this and the two accepted steps before, the step is
        /// multiplied by Safety · qₙ^(−(p + i + d)/k) · qₙ₋₁^((p + 2d)/k) · qₙ₋₂^(−d/k). An accepted step may shrink the next.
        /// </summary>
        public static StepController Pid(double p, double i, double d) => StepControllerModule.pid(p, i, d);
    }
}

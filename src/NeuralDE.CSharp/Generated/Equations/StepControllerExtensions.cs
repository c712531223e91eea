// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Step controllers: how an adaptive solve chooses its step sizes from the errors of the last steps.</summary>
public static partial class StepControllerExtensions
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

        /// <summary>PID control with custom weights and limits.</summary>
        /// <param name="weights">The weights.</param>
        /// <returns>The controller.</returns>
        /// <exception cref="InputException">for weights that do not control the step size.</exception>
        public static StepController OfPid(PidController weights) => StepControllerModule.ofPid(Given(weights));

        /// <summary>
        /// PID control with custom weights: with the scaled errors q of this and the two accepted steps before it, the
        /// step size is multiplied by Safety · qₙ^(−(p + i + d)/k) · qₙ₋₁^((p + 2d)/k) · qₙ₋₂^(−d/k). The step size may
        /// decrease after an accepted step.
        /// </summary>
        /// <param name="p">The proportional weight.</param>
        /// <param name="i">The integral weight.</param>
        /// <param name="d">The derivative weight.</param>
        /// <returns>The controller.</returns>
        /// <exception cref="InputException">for weights that do not control the step size.</exception>
        public static StepController Pid(double p, double i, double d) => StepControllerModule.pid(p, i, d);
    }
}

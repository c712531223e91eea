namespace NeuralDE;

public static partial class StepControllerExtensions
{
    extension(StepController)
    {
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
    }
}

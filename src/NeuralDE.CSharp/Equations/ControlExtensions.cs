namespace NeuralDE;

/// <summary>Control paths.</summary>
public static class ControlExtensions
{
    extension(Control)
    {
        /// <summary>A path from a function of time. Forward mode computes its derivative.</summary>
        public static Control OfFunction(Func<Tensor, Tensor> value) =>
            ControlModule.ofFunction(FSharp.Function(value));

        /// <summary>
        /// A path from its value and its derivative: functions of t [] that return [channels] or [batch; channels].
        /// </summary>
        public static Control OfFunctions(Func<Tensor, Tensor> value, Func<Tensor, Tensor> derivative) =>
            ControlModule.ofFunctions(FSharp.Function(value), FSharp.Function(derivative));
    }

    extension(Control control)
    {
        /// <summary>The same path with the times at which its derivative jumps, for JumpAt.</summary>
        public Control WithKinks(params ReadOnlySpan<double> times) =>
            ControlModule.withKinks(FSharp.List(times), Given(control));
    }
}

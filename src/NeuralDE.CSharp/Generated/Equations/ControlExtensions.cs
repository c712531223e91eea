// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Control paths.</summary>
public static partial class ControlExtensions
{
    extension(Control)
    {
        /// <summary>A path from its value and its derivative.</summary>
        /// <param name="value">From t [] to X(t), [channels] or [batch; channels].</param>
        /// <param name="derivative">From t [] to X'(t), of the same shape.</param>
        /// <returns>The path.</returns>
        public static Control OfFunctions(Func<Tensor, Tensor> value, Func<Tensor, Tensor> derivative) =>
            ControlModule.ofFunctions(FSharp.Function(value), FSharp.Function(derivative));

        /// <summary>A path from a function of time. Forward mode computes its derivative.</summary>
        /// <param name="value">From t [] to X(t), [channels] or [batch; channels].</param>
        /// <returns>The path.</returns>
        public static Control OfFunction(Func<Tensor, Tensor> value) =>
            ControlModule.ofFunction(FSharp.Function(value));
    }

    extension(Control control)
    {
        /// <summary>
        /// The same path with the times at which its derivative jumps, for Problem.JumpAt. Without them an adaptive
        /// solve finds each jump by many short steps.
        /// </summary>
        /// <param name="times">The times.</param>
        /// <returns>The path with these Kinks.</returns>
        public Control WithKinks(params ReadOnlySpan<double> times) =>
            ControlModule.withKinks(FSharp.List(times), Given(control));
    }
}

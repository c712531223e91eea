namespace NeuralDE;

// Choices, loops and custom derivatives.
public static partial class Calculus
{
    /// <summary>
    /// whenTrue(x) or whenFalse(x). Only the chosen function runs, except under Vmap over the condition, where both
    /// run and rows are selected.
    /// </summary>
    /// <param name="condition">One bool.</param>
    /// <param name="whenTrue">Returns a tree.</param>
    /// <param name="whenFalse">Returns a tree of the same structure and shapes.</param>
    /// <param name="x">The argument of both functions.</param>
    public static B Cond<A, B>(Tensor condition, Func<A, B> whenTrue, Func<A, B> whenFalse, A x) =>
        ControlFlowModule.cond(Given(condition), FSharp.Function(whenTrue), FSharp.Function(whenFalse), x);

    /// <summary>Applies a step n times. Differentiable by the state and by values that the step captures.</summary>
    public static S Iterate<S>(int n, Func<S, S> step, S x) => ControlFlowModule.iterate(n, FSharp.Function(step), x);

    /// <summary>
    /// Applies a step while the condition holds, at most <paramref name="maxSteps"/> times; not at all if the
    /// condition does not hold at the start.
    /// </summary>
    public static S RepeatWhile<S>(Func<S, Tensor> condition, int maxSteps, Func<S, S> step, S x) =>
        ControlFlowModule.repeatWhile(FSharp.Function(condition), maxSteps, FSharp.Function(step), x);

    /// <summary>
    /// Applies a step along the first axis of xs: from the state and a row to the next state and a result. The
    /// results are stacked.
    /// </summary>
    /// <param name="step">From the state and one row of xs to the next state and a result.</param>
    /// <param name="x">The state before the first row.</param>
    /// <param name="xs">A tree whose leaves have equal first extents.</param>
    /// <returns>The last state, and the results with a leading axis.</returns>
    public static (S Last, Y Results) Scan<S, X, Y>(Func<S, X, (S, Y)> step, S x, X xs) =>
        ControlFlowModule.scan(FSharp.Paired(step), x, xs).ToValueTuple();

    /// <summary>f(x) with a custom gradient.</summary>
    /// <param name="f">The function. It may capture numbers, but no placeholders: pass those as arguments.</param>
    /// <param name="rule">
    /// x, y = f(x), cotangent of y → cotangent of x. Every mode uses it, at every order; a rule that is nonlinear in
    /// the cotangent has reverse mode only.
    /// </param>
    /// <param name="x">The argument.</param>
    public static B CustomGradient<A, B>(Func<A, B> f, Func<A, B, B, A> rule, A x) =>
        ControlFlowModule.customGradient(FSharp.Function(f), FSharp.Function(rule), x);

    /// <summary>
    /// Runs f with readable numbers, tracing it again for every value: ordinary control flow and external code may
    /// depend on the numbers.
    /// </summary>
    /// <param name="like">A tree with the structure, shapes and dtypes of f's result.</param>
    /// <param name="f">The function. Its derivatives are those of the operations that it runs.</param>
    /// <param name="x">The argument.</param>
    public static B Dynamic<A, B>(B like, Func<A, B> f, A x) =>
        ControlFlowModule.dynamic(like, FSharp.Function(f), x);
}

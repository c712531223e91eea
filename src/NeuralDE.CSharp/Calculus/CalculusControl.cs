namespace NeuralDE;

// Choices, loops and derivatives of your own.
public static partial class Calculus
{
    /// <summary>
    /// whenTrue(x) or whenFalse(x); the other is not run (under Vmap over the condition both are, and rows choose).
    /// </summary>
    /// <param name="condition">One bool.</param>
    /// <param name="whenTrue">Returns a tree.</param>
    /// <param name="whenFalse">Returns a tree of the same structure and shapes.</param>
    /// <param name="x">The argument of both.</param>
    public static B Cond<A, B>(Tensor condition, Func<A, B> whenTrue, Func<A, B> whenFalse, A x) =>
        FunctionNodesModule.cond(Given(condition), FSharp.Function(whenTrue), FSharp.Function(whenFalse), x);

    /// <summary>n applications of a step. Differentiable in the state and in what the step captures.</summary>
    public static S Iterate<S>(int n, Func<S, S> step, S x) => FunctionNodesModule.iterate(n, FSharp.Function(step), x);

    /// <summary>
    /// Steps while the condition holds; none when it does not hold at the start. At most maxSteps of them.
    /// </summary>
    public static S RepeatWhile<S>(Func<S, Tensor> condition, int maxSteps, Func<S, S> step, S x) =>
        FunctionNodesModule.repeatWhile(FSharp.Function(condition), maxSteps, FSharp.Function(step), x);

    /// <summary>
    /// A step along the first axis of xs: state and row to state and result; the results are stacked.
    /// </summary>
    /// <param name="step">From the state and one row of xs to the next state and a result.</param>
    /// <param name="x">The state before the first row.</param>
    /// <param name="xs">A tree whose leaves have the same first extent.</param>
    /// <returns>The last state, and the results with a leading axis.</returns>
    public static (S Last, Y Results) Scan<S, X, Y>(Func<S, X, (S, Y)> step, S x, X xs) =>
        FunctionNodesModule.scan(FSharp.Paired(step), x, xs).ToValueTuple();

    /// <summary>f(x) with the gradient that a rule gives.</summary>
    /// <param name="f">The function. It may capture numbers, but no placeholder: pass those as arguments.</param>
    /// <param name="rule">
    /// x, y = f(x), cotangent of y → cotangent of x. Every mode uses it, at every order; a rule that is not linear in the
    /// cotangent has reverse mode only.
    /// </param>
    /// <param name="x">The argument.</param>
    public static B CustomGradient<A, B>(Func<A, B> f, Func<A, B, B, A> rule, A x) =>
        FunctionNodesModule.customGradient(FSharp.Function(f), FSharp.Function(rule), x);

    /// <summary>
    /// f traced anew at every value: inside it numbers can be read, so ordinary control flow and outside code may
    /// depend on them.
    /// </summary>
    /// <param name="like">A result of the structure, shapes and dtypes that f returns.</param>
    /// <param name="f">The function. Its derivatives are those of the operations it happens to run.</param>
    /// <param name="x">The argument.</param>
    public static B Dynamic<A, B>(B like, Func<A, B> f, A x) =>
        FunctionNodesModule.dynamic(like, FSharp.Function(f), x);
}

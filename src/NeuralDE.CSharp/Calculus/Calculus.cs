namespace NeuralDE;

/// <summary>Derivatives, batching and compilation of functions of trees.</summary>
/// <remarks>
/// Every verb takes plain functions, so verbs nest to any order, inside a field and through its solve. A tree is a tensor or
/// any record, tuple or array of trees (see <see cref="Tree"/>); the derivative of a record is a record of the same type.
/// </remarks>
public static partial class Calculus
{
    /// <summary>The gradient of a scalar function: a tree like its argument.</summary>
    /// <param name="f">From a tree to one number.</param>
    /// <param name="x">Where. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>
    /// ∂f/∂x; zeros where f does not depend on x. TreeException if x has no float tensors: plain numbers are constants.
    /// </returns>
    public static T Grad<T>(Func<T, Tensor> f, T x) => CalculusModule.grad(FSharp.Function(f), x);

    /// <summary>The gradient of a scalar function, as a function.</summary>
    public static Func<T, T> Grad<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => Grad(f, x);
    }

    /// <summary>The gradients of a scalar function of two trees.</summary>
    public static (A, B) Grad<A, B>(Func<A, B, Tensor> f, A a, B b) => CalculusModule.grad(FSharp.Together(f), (a, b));

    /// <summary>The gradients of a scalar function of three trees.</summary>
    public static (A, B, C) Grad<A, B, C>(Func<A, B, C, Tensor> f, A a, B b, C c) =>
        CalculusModule.grad(FSharp.Together(f), (a, b, c));

    /// <summary>The value of a scalar function and its gradient, in one run.</summary>
    /// <param name="f">From a tree to one number.</param>
    /// <param name="x">Where. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>f(x), and ∂f/∂x as a tree like x.</returns>
    public static (Tensor Value, T Gradient) ValueAndGrad<T>(Func<T, Tensor> f, T x) =>
        CalculusModule.valueAndGrad(FSharp.Function(f), x).ToValueTuple();

    /// <summary>A scalar function with its gradient, as a function.</summary>
    public static Func<T, (Tensor Value, T Gradient)> ValueAndGrad<T>(Func<T, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => ValueAndGrad(f, x);
    }

    /// <summary>The value of a scalar function of two trees and its gradients, in one run.</summary>
    public static (Tensor Value, (A, B) Gradient) ValueAndGrad<A, B>(Func<A, B, Tensor> f, A a, B b) =>
        CalculusModule.valueAndGrad(FSharp.Together(f), (a, b)).ToValueTuple();

    /// <summary>The value of a scalar function of three trees and its gradients, in one run.</summary>
    public static (Tensor Value, (A, B, C) Gradient) ValueAndGrad<A, B, C>(Func<A, B, C, Tensor> f, A a, B b, C c) =>
        CalculusModule.valueAndGrad(FSharp.Together(f), (a, b, c)).ToValueTuple();

    /// <summary>As Grad, for a function that returns further results beside the number.</summary>
    public static (T Gradient, Aux Further) GradWith<T, Aux>(Func<T, (Tensor, Aux)> f, T x) =>
        CalculusModule.gradWith(FSharp.Paired(f), x).ToValueTuple();

    /// <summary>As ValueAndGrad, for a function that returns further results beside the number.</summary>
    /// <returns>(f(x), its further results), and the gradient of the number.</returns>
    public static ((Tensor Value, Aux Further) Results, T Gradient) ValueAndGradWith<T, Aux>(
        Func<T, (Tensor, Aux)> f,
        T x
    )
    {
        var (results, gradient) = CalculusModule.valueAndGradWith(FSharp.Paired(f), x);
        return (results.ToValueTuple(), gradient);
    }

    /// <summary>
    /// The value of f at x and its pullback w ↦ Jᵀw. The pullback runs f again; Grad and ValueAndGrad do not.
    /// </summary>
    public static (B Value, Func<B, A> Pullback) Vjp<A, B>(Func<A, B> f, A x)
    {
        var (value, pullback) = CalculusModule.vjp(FSharp.Function(f), x);
        return (value, pullback.Invoke);
    }

    /// <summary>The value of f at x and its directional derivative J ẋ, in one run.</summary>
    public static (B Value, B Tangent) Jvp<A, B>(Func<A, B> f, A x, A tangent) =>
        CalculusModule.jvp(FSharp.Function(f), x, tangent).ToValueTuple();

    /// <summary>The Hessian of a scalar function times a vector: the derivative of its gradient along v.</summary>
    /// <returns>H v, a tree like x. Costs about two gradients; no matrix is formed.</returns>
    public static T Hvp<T>(Func<T, Tensor> f, T x, T v) => CalculusModule.hvp(FSharp.Function(f), x, v);

    /// <summary>All first derivatives: [y…; x…], entry (i, j) is ∂yᵢ/∂xⱼ.</summary>
    /// <remarks>Forward mode when x has no more elements than y (one run for all columns), else reverse mode.</remarks>
    public static Tensor Jacobian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.jacobian(FSharp.Function(f), Given(x));

    /// <summary>All second derivatives of a scalar function: [x…; x…].</summary>
    public static Tensor Hessian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.hessian(FSharp.Function(f), Given(x));

    /// <summary>
    /// The sum of the unmixed second derivatives of a scalar function. Costs one Hessian-vector product for each
    /// element.
    /// </summary>
    public static Tensor Laplacian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.laplacian(FSharp.Function(f), Given(x));

    /// <summary>
    /// Σᵢ ∂fᵢ/∂xᵢ of a field of the shape of its argument. Costs one directional derivative for each element.
    /// </summary>
    public static Tensor Divergence(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.divergence(FSharp.Function(f), Given(x));

    /// <summary>∇ × f of a field in three dimensions: [3].</summary>
    public static Tensor Curl(Func<Tensor, Tensor> f, Tensor x) => CalculusModule.curl(FSharp.Function(f), Given(x));

    /// <summary>
    /// f applied to every row: f sees each leaf of xs without its first axis, and every result gets one.
    /// </summary>
    /// <param name="f">A function of one row. What it captures is shared by all rows.</param>
    /// <param name="xs">A tree whose leaves all have the same first extent.</param>
    public static B Vmap<A, B>(Func<A, B> f, A xs) => CalculusModule.vmap(FSharp.Function(f), xs);

    /// <summary>A function of one row as a function of all rows.</summary>
    public static Func<A, B> Vmap<A, B>(Func<A, B> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return xs => Vmap(f, xs);
    }

    /// <summary>f applied to every row of two trees, side by side.</summary>
    public static R Vmap<A, B, R>(Func<A, B, R> f, A a, B b) => CalculusModule.vmap(FSharp.Together(f), (a, b));

    /// <summary>f applied to every row of three trees, side by side.</summary>
    public static R Vmap<A, B, C, R>(Func<A, B, C, R> f, A a, B b, C c) =>
        CalculusModule.vmap(FSharp.Together(f), (a, b, c));

    /// <summary>f, traced once for each structure and shapes of its argument and run as a whole from then on.</summary>
    /// <remarks>
    /// What f captures is fixed at the first call with a structure: pass what changes as an argument. Side effects happen
    /// only while tracing. The result may be called from several threads.
    /// </remarks>
    public static Func<A, B> Compile<A, B>(Func<A, B> f) => CalculusModule.compile(FSharp.Function(f)).Invoke;

    /// <summary>
    /// A function of two trees, traced once for each structure and shapes and run as a whole from then on.
    /// </summary>
    public static Func<A, B, R> Compile<A, B, R>(Func<A, B, R> f)
    {
        var compiled = CalculusModule.compile(FSharp.Together(f));
        return (a, b) => compiled.Invoke((a, b));
    }

    /// <summary>
    /// A function of three trees, traced once for each structure and shapes and run as a whole from then on.
    /// </summary>
    public static Func<A, B, C, R> Compile<A, B, C, R>(Func<A, B, C, R> f)
    {
        var compiled = CalculusModule.compile(FSharp.Together(f));
        return (a, b, c) => compiled.Invoke((a, b, c));
    }

    /// <summary>The same numbers, taken as constants by every derivative.</summary>
    public static T StopGradient<T>(T x) => CalculusModule.stopGradient(x);

    /// <summary>
    /// f(x), whose inner values the reverse sweep computes again instead of keeping: memory for time.
    /// </summary>
    public static B Checkpoint<A, B>(Func<A, B> f, A x) => CalculusModule.checkpoint(FSharp.Function(f), x);
}

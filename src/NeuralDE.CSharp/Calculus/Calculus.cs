namespace NeuralDE;

/// <summary>Derivatives, batching and compilation of functions of trees.</summary>
/// <remarks>
/// Every verb takes plain functions, so verbs nest to any order, inside a field and through its solve. A tree is a tensor or
/// any record, tuple or array of trees (see <see cref="Tree"/>); the derivative of a record is a record of the same type.
/// </remarks>
public static partial class Calculus
{
    /// <summary>The gradient of a scalar function, as a tree like its argument.</summary>
    /// <param name="f">From a tree to one number.</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>
    /// ∂f/∂x; zeros where f does not depend on x. TreeException if x has no float tensors, because plain numbers are
    /// constants.
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
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>f(x), and ∂f/∂x as a tree like x.</returns>
    public static (Tensor Value, T Gradient) ValueAndGrad<T>(Func<T, Tensor> f, T x) =>
        CalculusModule.valueAndGrad(FSharp.Function(f), x).ToValueTuple();

    /// <summary>The value of a scalar function and its gradient, as a function.</summary>
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

    /// <summary>Like Grad, for a function that returns a number and further results.</summary>
    public static (T Gradient, Aux Further) GradWith<T, Aux>(Func<T, (Tensor, Aux)> f, T x) =>
        CalculusModule.gradWith(FSharp.Paired(f), x).ToValueTuple();

    /// <summary>Like ValueAndGrad, for a function that returns a number and further results.</summary>
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
    /// The value of f at x and its pullback w ↦ Jᵀw. Each call of the pullback runs f again; Grad and ValueAndGrad do
    /// not.
    /// </summary>
    public static (B Value, Func<B, A> Pullback) Vjp<A, B>(Func<A, B> f, A x)
    {
        var (value, pullback) = CalculusModule.vjp(FSharp.Function(f), x);
        return (value, pullback.Invoke);
    }

    /// <summary>The value of f at x and its directional derivative J ẋ, in one run.</summary>
    public static (B Value, B Tangent) Jvp<A, B>(Func<A, B> f, A x, A tangent) =>
        CalculusModule.jvp(FSharp.Function(f), x, tangent).ToValueTuple();

    /// <summary>The Hessian-vector product of a scalar function: the derivative of its gradient along v.</summary>
    /// <returns>H v, a tree like x. The cost is about two gradients; no matrix is built.</returns>
    public static T Hvp<T>(Func<T, Tensor> f, T x, T v) => CalculusModule.hvp(FSharp.Function(f), x, v);

    /// <summary>The Jacobian: [y…; x…], entry (i, j) is ∂yᵢ/∂xⱼ.</summary>
    /// <remarks>
    /// Uses forward mode if x has at most as many elements as y (one run for all columns), otherwise reverse mode.
    /// </remarks>
    public static Tensor Jacobian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.jacobian(FSharp.Function(f), Given(x));

    /// <summary>The Hessian of a scalar function: [x…; x…].</summary>
    public static Tensor Hessian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.hessian(FSharp.Function(f), Given(x));

    /// <summary>
    /// The Laplacian of a scalar function: the sum of its unmixed second derivatives. The cost is one Hessian-vector
    /// product for each element.
    /// </summary>
    public static Tensor Laplacian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.laplacian(FSharp.Function(f), Given(x));

    /// <summary>
    /// The divergence Σᵢ ∂fᵢ/∂xᵢ of a field with the shape of its argument. The cost is one directional derivative
    /// for each element.
    /// </summary>
    public static Tensor Divergence(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.divergence(FSharp.Function(f), Given(x));

    /// <summary>The curl ∇ × f of a field in three dimensions: [3].</summary>
    public static Tensor Curl(Func<Tensor, Tensor> f, Tensor x) => CalculusModule.curl(FSharp.Function(f), Given(x));

    /// <summary>
    /// Applies f to every row: f gets each leaf of xs without its first axis, and every result gets a new first axis.
    /// </summary>
    /// <param name="f">A function of one row. All rows share the values that it captures.</param>
    /// <param name="xs">A tree whose leaves have equal first extents.</param>
    public static B Vmap<A, B>(Func<A, B> f, A xs) => CalculusModule.vmap(FSharp.Function(f), xs);

    /// <summary>Converts a function of one row to a function of all rows.</summary>
    public static Func<A, B> Vmap<A, B>(Func<A, B> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return xs => Vmap(f, xs);
    }

    /// <summary>Applies f to every row of two trees.</summary>
    public static R Vmap<A, B, R>(Func<A, B, R> f, A a, B b) => CalculusModule.vmap(FSharp.Together(f), (a, b));

    /// <summary>Applies f to every row of three trees.</summary>
    public static R Vmap<A, B, C, R>(Func<A, B, C, R> f, A a, B b, C c) =>
        CalculusModule.vmap(FSharp.Together(f), (a, b, c));

    /// <summary>
    /// Compiles a function: it is traced once for each structure and shapes of its argument, and later calls run the
    /// whole plan.
    /// </summary>
    /// <remarks>
    /// Values that f captures are constants from the first call with a structure, so pass changing values as
    /// arguments. Side effects happen only while tracing. The result may be called from several threads.
    /// </remarks>
    public static Func<A, B> Compile<A, B>(Func<A, B> f) => CalculusModule.compile(FSharp.Function(f)).Invoke;

    /// <summary>Compiles a function of two trees.</summary>
    public static Func<A, B, R> Compile<A, B, R>(Func<A, B, R> f)
    {
        var compiled = CalculusModule.compile(FSharp.Together(f));
        return (a, b) => compiled.Invoke((a, b));
    }

    /// <summary>Compiles a function of three trees.</summary>
    public static Func<A, B, C, R> Compile<A, B, C, R>(Func<A, B, C, R> f)
    {
        var compiled = CalculusModule.compile(FSharp.Together(f));
        return (a, b, c) => compiled.Invoke((a, b, c));
    }

    /// <summary>The same numbers as constants of differentiation.</summary>
    public static T StopGradient<T>(T x) => CalculusModule.stopGradient(x);

    /// <summary>
    /// f(x), without keeping inner values for the reverse sweep: the sweep computes them again. This saves memory and
    /// costs time.
    /// </summary>
    public static B Checkpoint<A, B>(Func<A, B> f, A x) => CalculusModule.checkpoint(FSharp.Function(f), x);
}

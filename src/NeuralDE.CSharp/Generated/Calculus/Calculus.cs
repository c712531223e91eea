// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Derivatives, batching and compilation of functions of trees. Every verb takes and returns plain functions, so verbs
/// nest to any order, inside a field and through its solve.
/// </summary>
/// <remarks>
/// A tree is a tensor or any record, tuple or array of trees (see <see cref="Tree"/>); the derivative of a record is a
/// record of the same type.
/// </remarks>
public static partial class Calculus
{
    /// <summary>The value of a scalar function and its gradient, in one run. Costs a small multiple of f.</summary>
    /// <param name="f">From a tree to one number of a float dtype, shape [].</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>f(x), and ∂f/∂x as a tree like x; zeros where f does not depend on x.</returns>
    /// <exception cref="TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="ShapeException">f(x) is not one number.</exception>
    /// <exception cref="DtypeException">f(x) is not a float.</exception>
    public static (Tensor Value, T Gradient) ValueAndGrad<T>(Func<T, Tensor> f, T x) =>
        CalculusModule.valueAndGrad(FSharp.Function(f), x).ToValueTuple();

    /// <summary>The gradient of a scalar function, as a tree like its argument. Costs a small multiple of f.</summary>
    /// <param name="f">From a tree to one number of a float dtype, shape [].</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>∂f/∂x, a tree like x with the same shapes; zeros where f does not depend on x.</returns>
    /// <exception cref="TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="ShapeException">f(x) is not one number.</exception>
    /// <exception cref="DtypeException">f(x) is not a float.</exception>
    public static T Grad<T>(Func<T, Tensor> f, T x) => CalculusModule.grad(FSharp.Function(f), x);

    /// <summary>Like Grad, for a function that returns a number and further results.</summary>
    /// <param name="f">From a tree to one float, shape [], and further results, which are not differentiated.</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>The gradient of the number, a tree like x; and the further results.</returns>
    /// <exception cref="TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="ShapeException">The first result of f is not one number.</exception>
    /// <exception cref="DtypeException">The first result of f is not a float.</exception>
    public static (T Gradient, Aux Further) GradWith<T, Aux>(Func<T, (Tensor, Aux)> f, T x) =>
        CalculusModule.gradWith(FSharp.Paired(f), x).ToValueTuple();

    /// <summary>The value of f at x and its directional derivative J ẋ, in one run. Costs about twice f.</summary>
    /// <param name="f">From a tree to a tree.</param>
    /// <param name="x">The point.</param>
    /// <param name="tangent">
    /// The direction ẋ, a tree like x with the same shapes. Integer, bool and key leaves are ignored.
    /// </param>
    /// <returns>f(x), and J ẋ, a tree like f(x) with the same shapes.</returns>
    /// <exception cref="TreeException">x has no float tensors, or the tangent has another number of leaves.</exception>
    /// <exception cref="ShapeException">A leaf of the tangent has another shape than that of x.</exception>
    /// <exception cref="DtypeException">A leaf of the tangent has another dtype than that of x.</exception>
    /// <exception cref="DerivativeException">
    /// f uses a custom gradient rule that is not linear in the cotangent.
    /// </exception>
    public static (B Value, B Tangent) Jvp<A, B>(Func<A, B> f, A x, A tangent) =>
        CalculusModule.jvp(FSharp.Function(f), x, tangent).ToValueTuple();

    /// <summary>The Hessian-vector product of a scalar function: the derivative of its gradient along v.</summary>
    /// <param name="f">From a tree to one float, shape [].</param>
    /// <param name="x">The point.</param>
    /// <param name="v">The vector, a tree like x with the same shapes.</param>
    /// <returns>H v, a tree like x. The cost is about two gradients; no matrix is built.</returns>
    /// <exception cref="TreeException">x has no float tensors, or v has another number of leaves.</exception>
    /// <exception cref="ShapeException">
    /// f(x) is not one number, or a leaf of v has another shape than that of x.
    /// </exception>
    /// <exception cref="DtypeException">
    /// f(x) is not a float, or a leaf of v has another dtype than that of x.
    /// </exception>
    public static T Hvp<T>(Func<T, Tensor> f, T x, T v) => CalculusModule.hvp(FSharp.Function(f), x, v);

    /// <summary>
    /// Applies f to every row: f gets each leaf of xs without its first axis, and every result gets a new first axis.
    /// </summary>
    /// <param name="f">A function of one row. All rows share the values that it captures.</param>
    /// <param name="xs">A tree whose leaves are [n; …], with equal n.</param>
    /// <returns>
    /// The results of all rows: a tree like f's result whose leaves are [n; …]. Operations run once for all rows.
    /// </returns>
    /// <exception cref="TreeException">xs has no tensors.</exception>
    /// <exception cref="ShapeException">A leaf has no axis, or the first extents differ.</exception>
    public static B Vmap<A, B>(Func<A, B> f, A xs) => CalculusModule.vmap(FSharp.Function(f), xs);

    /// <summary>The Jacobian: [y…; x…], entry (i, j) is ∂yᵢ/∂xⱼ.</summary>
    /// <param name="f">From a tensor to a tensor of floats.</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>The Jacobian, whose shape is the shape of f(x) followed by that of x.</returns>
    /// <remarks>
    /// Uses forward mode if x has at most as many elements as y (one run for all columns), otherwise reverse mode. Also
    /// uses reverse mode if f contains a custom gradient rule that is not linear.
    /// </remarks>
    /// <exception cref="TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="DtypeException">f(x) is not a tensor of floats.</exception>
    public static Tensor Jacobian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.jacobian(FSharp.Function(f), Given(x));

    /// <summary>The Hessian of a scalar function: [x…; x…].</summary>
    /// <param name="f">From a tensor to one float, shape [].</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>
    /// All second derivatives; the shape is that of x twice. Costs one Hessian-vector product per element of x, all in
    /// one run.
    /// </returns>
    /// <exception cref="TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="ShapeException">f(x) is not one number.</exception>
    /// <exception cref="DtypeException">f(x) is not a float.</exception>
    public static Tensor Hessian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.hessian(FSharp.Function(f), Given(x));

    /// <summary>
    /// The Laplacian of a scalar function: the sum of its unmixed second derivatives. The cost is one Hessian-vector
    /// product for each element.
    /// </summary>
    /// <param name="f">From a tensor to one float, shape [].</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>Σᵢ ∂²f/∂xᵢ², shape [].</returns>
    /// <exception cref="TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="ShapeException">f(x) is not one number.</exception>
    /// <exception cref="DtypeException">f(x) is not a float.</exception>
    public static Tensor Laplacian(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.laplacian(FSharp.Function(f), Given(x));

    /// <summary>
    /// The divergence Σᵢ ∂fᵢ/∂xᵢ of a field with the shape of its argument. The cost is one directional derivative for
    /// each element.
    /// </summary>
    /// <param name="f">From a point to a tensor of the same shape.</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>The divergence, shape [].</returns>
    /// <exception cref="TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="ShapeException">f(x) has another shape than x.</exception>
    public static Tensor Divergence(Func<Tensor, Tensor> f, Tensor x) =>
        CalculusModule.divergence(FSharp.Function(f), Given(x));

    /// <summary>The curl ∇ × f of a field in three dimensions: [3].</summary>
    /// <param name="f">From a point [3] to a vector [3].</param>
    /// <param name="x">The point [3], floats.</param>
    /// <returns>(∂₂f₃ − ∂₃f₂, ∂₃f₁ − ∂₁f₃, ∂₁f₂ − ∂₂f₁), shape [3]. Costs a Jacobian.</returns>
    /// <exception cref="ShapeException">x or f(x) is not [3].</exception>
    /// <exception cref="TreeException">x is not a tensor of floats.</exception>
    public static Tensor Curl(Func<Tensor, Tensor> f, Tensor x) => CalculusModule.curl(FSharp.Function(f), Given(x));

    /// <summary>The same numbers as constants of differentiation.</summary>
    /// <param name="x">A tree.</param>
    /// <returns>A tree like x; its tangents and cotangents are zero.</returns>
    public static T StopGradient<T>(T x) => CalculusModule.stopGradient(x);

    /// <summary>
    /// f(x), without keeping inner values for the reverse sweep: the sweep computes them again. This saves memory and
    /// costs time.
    /// </summary>
    /// <param name="f">From a tree to a tree.</param>
    /// <param name="x">The argument.</param>
    /// <returns>f(x). Its reverse-mode derivatives run f once more.</returns>
    public static B Checkpoint<A, B>(Func<A, B> f, A x) => CalculusModule.checkpoint(FSharp.Function(f), x);

    /// <summary>
    /// Compiles a function: it is traced once for each structure and shapes of its argument, and later calls run the
    /// whole plan.
    /// </summary>
    /// <param name="f">From a tree to a tree. It must depend on its argument only.</param>
    /// <returns>A function with the same results. It may be called from several threads.</returns>
    /// <remarks>
    /// Values that f captures are constants from the first call with a structure, so pass changing values as arguments.
    /// Side effects happen only while tracing. Another batch extent costs a trace and a plan (a few milliseconds for an
    /// adaptive solve and its gradient), but no compilation: all extents share the code. The 64 latest structures are
    /// kept.
    /// </remarks>
    public static Func<A, B> Compile<A, B>(Func<A, B> f) => CalculusModule.compile(FSharp.Function(f)).Invoke;

    /// <summary>
    /// whenTrue(x) or whenFalse(x). Only the chosen function runs, except under Vmap over the condition, where both run
    /// and rows are selected.
    /// </summary>
    /// <param name="condition">One bool, shape [].</param>
    /// <param name="whenTrue">Returns a tree.</param>
    /// <param name="whenFalse">Returns a tree of the same structure and shapes.</param>
    /// <param name="x">The argument of both functions.</param>
    /// <returns>The result of the chosen function. Its derivatives are those of the chosen function.</returns>
    /// <exception cref="ShapeException">The condition is not one bool.</exception>
    /// <exception cref="TreeException">In a trace, the results differ in structure, shapes or dtypes.</exception>
    public static B Cond<A, B>(Tensor condition, Func<A, B> whenTrue, Func<A, B> whenFalse, A x) =>
        ControlFlowModule.cond(Given(condition), FSharp.Function(whenTrue), FSharp.Function(whenFalse), x);

    /// <summary>Applies a step n times. Differentiable by the state and by values that the step captures.</summary>
    /// <param name="n">The number of steps, 0 or more.</param>
    /// <param name="step">From a state to the next one, with the same structure, shapes and dtypes.</param>
    /// <param name="x">The first state.</param>
    /// <returns>The last state. Reverse mode keeps all states: O(n) memory.</returns>
    /// <exception cref="InputException">n is negative.</exception>
    /// <exception cref="TreeException">The step changes the structure, a shape or a dtype of the state.</exception>
    public static S Iterate<S>(int n, Func<S, S> step, S x) => ControlFlowModule.iterate(n, FSharp.Function(step), x);

    /// <summary>
    /// Applies a step while the condition holds, at most maxSteps times; not at all if the condition does not hold at
    /// the start.
    /// </summary>
    /// <param name="condition">From a state to one bool, shape [].</param>
    /// <param name="maxSteps">The most steps, 0 or more.</param>
    /// <param name="step">From a state to the next one, with the same structure, shapes and dtypes.</param>
    /// <param name="x">The first state.</param>
    /// <returns>The last state. Reverse mode keeps the states of all steps taken.</returns>
    /// <exception cref="InputException">maxSteps is negative.</exception>
    /// <exception cref="ShapeException">The condition does not return one bool.</exception>
    /// <exception cref="TreeException">The step changes the structure, a shape or a dtype of the state.</exception>
    public static S RepeatWhile<S>(Func<S, Tensor> condition, int maxSteps, Func<S, S> step, S x) =>
        ControlFlowModule.repeatWhile(FSharp.Function(condition), maxSteps, FSharp.Function(step), x);

    /// <summary>
    /// Applies a step along the first axis of xs: from the state and a row to the next state and a result. The results
    /// are stacked.
    /// </summary>
    /// <param name="step">
    /// From the state and one row of xs to the next state and a result. The next state has the structure, shapes and
    /// dtypes of the state.
    /// </param>
    /// <param name="x">The state before the first row.</param>
    /// <param name="xs">A tree whose leaves are [n; …], with equal n ≥ 1.</param>
    /// <returns>
    /// The last state, and the results with a leading axis: [n; …]. Reverse mode keeps all states: O(n) memory.
    /// </returns>
    /// <exception cref="ShapeException">The first extents of xs differ or are 0.</exception>
    /// <exception cref="TreeException">The step changes the structure, a shape or a dtype of the state.</exception>
    public static (S Last, Y Results) Scan<S, X, Y>(Func<S, X, (S, Y)> step, S x, X xs) =>
        ControlFlowModule.scan(FSharp.Paired(step), x, xs).ToValueTuple();

    /// <summary>f(x) with a custom gradient.</summary>
    /// <param name="f">The function. It may capture numbers, but no placeholders: pass those as arguments.</param>
    /// <param name="rule">
    /// x, y = f(x), cotangent of y → cotangent of x, a tree like x. Every mode uses it, at every order; f itself is
    /// never differentiated.
    /// </param>
    /// <param name="x">The argument.</param>
    /// <returns>f(x).</returns>
    /// <remarks>
    /// Forward mode (Jvp, Hvp, Jacobian) applies the transpose of the linear map ȳ ↦ rule(x, y, ȳ). A rule that is not
    /// linear in ȳ, such as one that clips it, has no transpose: Jvp and Hvp then raise a DerivativeException, and
    /// Jacobian uses reverse mode.
    /// </remarks>
    /// <exception cref="DerivativeException">f or the rule captures a placeholder of an outer function.</exception>
    /// <exception cref="TreeException">The rule's result has another number of leaves than x.</exception>
    /// <exception cref="ShapeException">A leaf of the rule's result has another shape than that of x.</exception>
    /// <exception cref="DtypeException">A leaf of the rule's result has another dtype than that of x.</exception>
    public static B CustomGradient<A, B>(Func<A, B> f, Func<A, B, B, A> rule, A x) =>
        ControlFlowModule.customGradient(FSharp.Function(f), FSharp.Function(rule), x);

    /// <summary>
    /// Runs f with readable numbers, tracing it again for every value: ordinary control flow and external code may
    /// depend on the numbers.
    /// </summary>
    /// <param name="like">A tree with the structure, shapes and dtypes of f's result.</param>
    /// <param name="f">The function. Its derivatives are those of the operations that it runs.</param>
    /// <param name="x">The argument.</param>
    /// <returns>f(x), with the shapes of <paramref name="like"/>. Under Vmap, f runs once for each row.</returns>
    public static B Dynamic<A, B>(B like, Func<A, B> f, A x) => ControlFlowModule.dynamic(like, FSharp.Function(f), x);

    /// <summary>
    /// The root z of residual(z, p) = 0, found by any search. Its derivatives are those of the implicit function,
    /// −(∂r/∂z)⁻¹ ∂r/∂p.
    /// </summary>
    /// <param name="search">p → z, a tree of floats of any shapes. The search itself is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z with the same shapes; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">The parameters of the root. Values that the residual captures are parameters too.</param>
    /// <returns>
    /// The tree z that the search found. A derivative costs O(n³) time and O(n²) memory for n unknowns.
    /// </returns>
    /// <remarks>
    /// All unknowns form one system, which a derivative solves by LU factors of ∂r/∂z; ImplicitRootWith has other
    /// methods.
    /// </remarks>
    /// <exception cref="TreeException">The root has no tensors, or the residual has another structure.</exception>
    /// <exception cref="ShapeException">
    /// A leaf of the residual has another shape than that of the root, or the root has no elements.
    /// </exception>
    /// <exception cref="DtypeException">
    /// The root is not of one float dtype, or a leaf of the residual has another dtype.
    /// </exception>
    public static Z ImplicitRoot<P, Z>(Func<P, Z> search, Func<Z, P, Z> residual, P p) =>
        ImplicitRootsModule.implicitRoot(FSharp.Function(search), FSharp.Function(residual), p);

    /// <summary>Like ImplicitRoot, with settings for the linear systems of its derivatives.</summary>
    /// <param name="settings">
    /// One system, or one for each sample; solved by LU, GMRES, the root's own iteration or a custom solver.
    /// </param>
    /// <param name="search">p → z, a tree of floats of any shapes. The search itself is not differentiated.</param>
    /// <param name="residual">z, p → r, a tree like z with the same shapes; ∂r/∂z must be regular at the root.</param>
    /// <param name="p">The parameters of the root. Values that the residual captures are parameters too.</param>
    /// <returns>The tree z that the search found. With RootCoupling.PerSample its leaves are [batch; …].</returns>
    /// <remarks>
    /// Forward mode solves (∂r/∂z) ż = −ṙ, reverse mode (∂r/∂z)ᵀ λ = −z̄. These systems are roots themselves, so
    /// derivatives of every order use the same settings. Inside a transform, a DerivativeException is raised at run
    /// time. Bai, Kolter, Koltun, Deep Equilibrium Models, 2019; Blondel et al., Efficient and Modular Implicit
    /// Differentiation, 2022.
    /// </remarks>
    /// <exception cref="InputException">An option is out of range.</exception>
    /// <exception cref="TreeException">The root has no tensors, or the residual has another structure.</exception>
    /// <exception cref="ShapeException">
    /// A leaf of the residual has another shape than that of the root; or the root has no elements, or with PerSample
    /// no common first axis.
    /// </exception>
    /// <exception cref="DtypeException">
    /// The root is not of one float dtype, or a leaf of the residual has another dtype.
    /// </exception>
    /// <exception cref="DerivativeException">
    /// A system is not solved to its tolerance (the message states the norm of the residual and the number of
    /// iterations); or with PerSample, samples depend on each other by more than 1e-6 of the system (1e-3 in float32).
    /// </exception>
    public static Z ImplicitRootWith<P, Z>(RootSettings<Z> settings, Func<P, Z> search, Func<Z, P, Z> residual, P p) =>
        ImplicitRootsModule.implicitRootWith(
            Given(settings).Core(),
            FSharp.Function(search),
            FSharp.Function(residual),
            p
        );
}

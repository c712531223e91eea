namespace NeuralDE;

// Functions of two and three arguments, and functions that return functions.
public static partial class Calculus
{
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
}

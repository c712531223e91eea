namespace NeuralDE;

/// <summary>
/// The methods. Keep those for ordinary equations as Solver&lt;AnyOde&gt;, which a method for any equation, such as Heun,
/// becomes by itself; keep methods of every kind as Method, for UsingMethod.
/// </summary>
public static class Solver
{
    /// <summary>Order 1, 1 evaluation a step; fixed steps.</summary>
    public static Solver<AnyOde> Euler => SolversModule.Euler<AnyOde>();

    /// <summary>Order 2 (1), 2 evaluations: the explicit midpoint rule.</summary>
    public static Solver<Equation> Midpoint => SolversModule.Midpoint<Equation>();

    /// <summary>Order 2 (1), 2 evaluations: the explicit trapezoidal rule.</summary>
    public static Solver<Equation> Heun => SolversModule.Heun<Equation>();

    /// <summary>Order 2 (1), 2 evaluations: the second-order method of least truncation error bound.</summary>
    public static Solver<Equation> Ralston => SolversModule.Ralston<Equation>();

    /// <summary>Order 4, 4 evaluations: the classic Runge–Kutta method; fixed steps.</summary>
    public static Solver<AnyOde> RK4 => SolversModule.RK4<AnyOde>();

    /// <summary>Order 4, 4 evaluations: Kutta's 3/8 rule (torchdiffeq's rk4); fixed steps.</summary>
    public static Solver<AnyOde> Kutta38 => SolversModule.Kutta38<AnyOde>();

    /// <summary>Order 3 (2), 3 evaluations: Bogacki and Shampine; for loose tolerances.</summary>
    public static Solver<AnyOde> Bosh3 => SolversModule.Bosh3<AnyOde>();

    /// <summary>Order 5 (4), 6 evaluations: Fehlberg, advancing the solution of order 5.</summary>
    public static Solver<AnyOde> Fehlberg45 => SolversModule.Fehlberg45<AnyOde>();

    /// <summary>Order 5 (4), 6 evaluations: Cash and Karp.</summary>
    public static Solver<AnyOde> CashKarp => SolversModule.CashKarp<AnyOde>();

    /// <summary>
    /// Order 5 (4), 6 evaluations: Dormand and Prince; MATLAB's ode45, torchdiffeq's default. (torchdiffeq takes
    /// Shampine's error estimate, which is two thirds of Dormand and Prince's: it accepts at a tolerance what this
    /// method does at 1.5 times it.)
    /// </summary>
    public static Solver<AnyOde> Dopri5 => SolversModule.Dopri5<AnyOde>();

    /// <summary>
    /// Order 5 (4), 6 evaluations: Tsitouras. The default: the best all-round method for tolerances from 1e-3 to
    /// 1e-8.
    /// </summary>
    public static Solver<AnyOde> Tsit5 => SolversModule.Tsit5<AnyOde>();

    /// <summary>
    /// Order 8 (5, 3), 12 evaluations, dense output of order 7: Dormand and Prince after Hairer; for tolerances
    /// below 1e-8.
    /// </summary>
    public static Solver<AnyOde> DOP853 => SolversModule.DOP853<AnyOde>();

    /// <summary>Order 7 (6), 10 evaluations: Verner's most efficient pair; for tolerances from 1e-7 to 1e-12.</summary>
    public static Solver<AnyOde> Vern7 => SolversModule.Vern7<AnyOde>();

    /// <summary>
    /// Order 2 (3), linearly implicit: 1 Jacobian and 3 linear solves a step; for stiff equations at tolerances down to 1e-4.
    /// </summary>
    public static Solver<AnyOde> Rosenbrock23 => SolversModule.Rosenbrock23<AnyOde>();

    /// <summary>
    /// Order 3 (2), diagonally implicit with Newton's method; for stiff equations at tolerances down to 1e-8.
    /// </summary>
    public static Solver<AnyOde> Kvaerno3 => SolversModule.Kvaerno3<AnyOde>();

    /// <summary>
    /// Order 2, backward differentiation: the fewest Jacobians, which it keeps over steps; for stiff equations with costly
    /// Jacobians at loose tolerances.
    /// </summary>
    public static Solver<AnyOde> BDF2 => SolversModule.BDF2<AnyOde>();

    /// <summary>
    /// Order 2 (1), 1 evaluation, algebraically reversible: MALI's method, undamped. Stable where solutions oscillate; where
    /// they decay fast its second state moves away from the derivative and steps become short.
    /// </summary>
    public static Solver<AnyOde> AsynchronousLeapfrog => SolversModule.AsynchronousLeapfrog<AnyOde>();

    /// <summary>
    /// Itô, any noise, strong order ½, and 1 for additive noise; fixed steps, 1 evaluation: Euler's method with noise.
    /// </summary>
    public static Solver<AnyNoise> EulerMaruyama => SolversModule.EulerMaruyama<AnyNoise>();

    /// <summary>
    /// Itô, noise that commutes, strong order 1; fixed steps, 1 evaluation and 1 derivative of g along g. On General noise
    /// it does not compile.
    /// </summary>
    public static Solver<CommutativeNoise> Milstein => SolversModule.Milstein<CommutativeNoise>();

    /// <summary>The explicit Runge–Kutta method of a tableau, which has proved its numbers. Make it once.</summary>
    public static Solver<AnyOde> OfTableau(Tableau tableau) => SolverModule.ofTableau(Given(tableau));

    /// <summary>A method from a function that takes one step: of constant length, Dt.</summary>
    /// <param name="name">For messages and lists.</param>
    /// <param name="order">Halving the step divides the error by 2^order.</param>
    /// <param name="step">
    /// From the field, the times and the state to the state at T1, as s => s.Y + s.H * s.Field(s.T0, s.Y). Traced once for each
    /// field.
    /// </param>
    /// <remarks>
    /// What the step captures has derivatives, as what a field captures does. Dense output is cubic. Not with noise, nor Backsolve.
    /// </remarks>
    public static Solver<AnyOde> OfStep(string name, int order, Func<StepInput, StateVector> step) =>
        SolverModule.ofStep(Given(name), order, FSharp.Function(step));

    /// <summary>The same with an error estimate, so that steps can be adaptive.</summary>
    /// <param name="name">For messages and lists.</param>
    /// <param name="order">Of the solution; the estimate must be O(h^order).</param>
    /// <param name="step">To the state at T1 and its difference to a solution of the order below.</param>
    public static Solver<AnyOde> OfStepWithError(
        string name,
        int order,
        Func<StepInput, (StateVector State, StateVector Error)> step
    ) => SolverModule.ofStepWithError(Given(name), order, FSharp.Paired(step));

    /// <summary>Every explicit Runge–Kutta method.</summary>
    public static IReadOnlyList<Solver<AnyOde>> ExplicitOdeSolvers => SolversModule.explicitOdeSolvers;

    /// <summary>Every method.</summary>
    public static IReadOnlyList<Solver<AnyOde>> OdeSolvers => SolversModule.odeSolvers;
}

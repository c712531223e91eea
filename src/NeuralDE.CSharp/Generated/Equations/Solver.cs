// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// The methods. Store methods for ordinary equations as Solver&lt;AnyOde&gt;; a method for any equation, such as Heun,
/// converts to it implicitly. Store methods of any kind as Method, for Problem.UsingMethod.
/// </summary>
public static partial class Solver
{
    /// <summary>All explicit Runge–Kutta methods.</summary>
    public static IReadOnlyList<Solver<AnyOde>> ExplicitOdeSolvers => SolversModule.explicitOdeSolvers;

    /// <summary>All methods for ordinary equations.</summary>
    public static IReadOnlyList<Solver<AnyOde>> OdeSolvers => SolversModule.odeSolvers;

    /// <summary>Order 1, 1 evaluation per step; fixed steps.</summary>
    public static Solver<AnyOde> Euler => SolversModule.Euler<AnyOde>();

    /// <summary>Order 2 (1), 2 evaluations: the explicit midpoint rule.</summary>
    public static Solver<Equation> Midpoint => SolversModule.Midpoint<Equation>();

    /// <summary>Order 2 (1), 2 evaluations: the explicit trapezoidal rule.</summary>
    public static Solver<Equation> Heun => SolversModule.Heun<Equation>();

    /// <summary>
    /// Order 2 (1), 2 evaluations: the method of second order with the smallest bound of its truncation error.
    /// </summary>
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
    /// Order 5 (4), 6 evaluations: Dormand and Prince; MATLAB's ode45, torchdiffeq's default. (torchdiffeq uses
    /// Shampine's error estimate, which is two thirds of Dormand and Prince's, so it accepts steps that this method
    /// accepts at 1.5 times the tolerance.)
    /// </summary>
    public static Solver<AnyOde> Dopri5 => SolversModule.Dopri5<AnyOde>();

    /// <summary>
    /// Order 5 (4), 6 evaluations: Tsitouras. The default, and the best general method for tolerances from 1e-3 to
    /// 1e-8.
    /// </summary>
    public static Solver<AnyOde> Tsit5 => SolversModule.Tsit5<AnyOde>();

    /// <summary>
    /// Order 8 (5, 3), 12 evaluations, dense output of order 7: Dormand and Prince after Hairer; for tolerances below
    /// 1e-8.
    /// </summary>
    public static Solver<AnyOde> DOP853 => SolversModule.DOP853<AnyOde>();

    /// <summary>Order 7 (6), 10 evaluations: Verner's most efficient pair; for tolerances from 1e-7 to 1e-12.</summary>
    public static Solver<AnyOde> Vern7 => SolversModule.Vern7<AnyOde>();

    /// <summary>
    /// Order 2 (3), linearly implicit: 1 Jacobian and 3 linear solves per step; for stiff equations at tolerances down
    /// to 1e-4.
    /// </summary>
    public static Solver<AnyOde> Rosenbrock23 => SolversModule.Rosenbrock23<AnyOde>();

    /// <summary>
    /// Order 3 (2), diagonally implicit with Newton's method; for stiff equations at tolerances down to 1e-8.
    /// </summary>
    public static Solver<AnyOde> Kvaerno3 => SolversModule.Kvaerno3<AnyOde>();

    /// <summary>
    /// Order 2, backward differentiation. Needs the fewest Jacobians, because it keeps them over steps; for stiff
    /// equations with expensive Jacobians at loose tolerances.
    /// </summary>
    public static Solver<AnyOde> BDF2 => SolversModule.BDF2<AnyOde>();

    /// <summary>
    /// Order 2 (1), 1 evaluation, algebraically reversible: MALI's method, undamped. Stable for oscillating solutions.
    /// If a solution decays fast, the second state drifts from the derivative and steps become short.
    /// </summary>
    public static Solver<AnyOde> AsynchronousLeapfrog => SolversModule.AsynchronousLeapfrog<AnyOde>();

    /// <summary>
    /// Itô, any noise, strong order ½, or 1 for additive noise; fixed steps, 1 evaluation: Euler's method with noise.
    /// </summary>
    public static Solver<AnyNoise> EulerMaruyama => SolversModule.EulerMaruyama<AnyNoise>();

    /// <summary>
    /// Itô, commutative noise, strong order 1; fixed steps, 1 evaluation and 1 derivative of g along g. It does not
    /// compile for General noise.
    /// </summary>
    public static Solver<CommutativeNoise> Milstein => SolversModule.Milstein<CommutativeNoise>();

    /// <summary>The explicit Runge–Kutta method of a tableau.</summary>
    /// <param name="tableau">
    /// A tableau, whose constructor checks lengths, row sums and the order conditions, and raises TableauException if
    /// one fails.
    /// </param>
    /// <returns>The method.</returns>
    /// <remarks>Make it once: compiled solves are cached by their method.</remarks>
    public static Solver<AnyOde> OfTableau(Tableau tableau) => SolverModule.ofTableau(Given(tableau));

    /// <summary>A method from a function that takes one step. It needs constant steps, Problem.Dt.</summary>
    /// <param name="name">For messages and lists.</param>
    /// <param name="order">Halving the step size divides the error by 2^order.</param>
    /// <param name="step">
    /// From the field, the times and the state to the state at T1. Traced once for each field.
    /// </param>
    /// <returns>The method.</returns>
    /// <remarks>
    /// Values that the step captures have derivatives, like those that a field captures: M. Poli et al., Hypersolvers,
    /// NeurIPS 2020, train a network in a step. Dense output is cubic, from the slopes at both ends. It does not
    /// support noise and Backsolve. Euler's method is <c>s =&gt; s.Y + s.H * s.Field(s.T0, s.Y)</c>.
    /// </remarks>
    /// <exception cref="InputException">unless order is positive.</exception>
    public static Solver<AnyOde> OfStep(string name, int order, Func<StepInput, StateVector> step) =>
        SolverModule.ofStep(Given(name), order, FSharp.Function(step));

    /// <summary>
    /// A method from a function that takes one step and estimates its error, so steps can be adaptive.
    /// </summary>
    /// <param name="name">For messages and lists.</param>
    /// <param name="order">The order of the solution; the estimate must be O(h^order).</param>
    /// <param name="step">
    /// From the field, the times and the state to the state at T1, and its difference from a solution of one order
    /// less.
    /// </param>
    /// <returns>The method.</returns>
    /// <exception cref="InputException">unless order is positive.</exception>
    public static Solver<AnyOde> OfStepWithError(
        string name,
        int order,
        Func<StepInput, (StateVector State, StateVector Error)> step
    ) => SolverModule.ofStepWithError(Given(name), order, FSharp.Paired(step));
}

namespace NeuralDE;

/// <summary>Methods for ordinary differential equations.</summary>
public static class Solver
{
    /// <summary>Order 1, 1 evaluation a step; fixed steps.</summary>
    public static OdeSolver Euler => OdeSolversModule.Euler;

    /// <summary>Order 2 (1), 2 evaluations: the explicit midpoint rule.</summary>
    public static OdeSolver Midpoint => OdeSolversModule.Midpoint;

    /// <summary>Order 2 (1), 2 evaluations: the explicit trapezoidal rule.</summary>
    public static OdeSolver Heun => OdeSolversModule.Heun;

    /// <summary>Order 2 (1), 2 evaluations: the second-order method of least truncation error bound.</summary>
    public static OdeSolver Ralston => OdeSolversModule.Ralston;

    /// <summary>Order 4, 4 evaluations: the classic Runge–Kutta method; fixed steps.</summary>
    public static OdeSolver RK4 => OdeSolversModule.RK4;

    /// <summary>Order 4, 4 evaluations: Kutta's 3/8 rule (torchdiffeq's rk4); fixed steps.</summary>
    public static OdeSolver Kutta38 => OdeSolversModule.Kutta38;

    /// <summary>Order 3 (2), 3 evaluations: Bogacki and Shampine; for loose tolerances.</summary>
    public static OdeSolver Bosh3 => OdeSolversModule.Bosh3;

    /// <summary>Order 5 (4), 6 evaluations: Fehlberg, advancing the solution of order 5.</summary>
    public static OdeSolver Fehlberg45 => OdeSolversModule.Fehlberg45;

    /// <summary>Order 5 (4), 6 evaluations: Cash and Karp.</summary>
    public static OdeSolver CashKarp => OdeSolversModule.CashKarp;

    /// <summary>
    /// Order 5 (4), 6 evaluations: Dormand and Prince; MATLAB's ode45, torchdiffeq's default. (torchdiffeq takes
    /// Shampine's error estimate, which is two thirds of Dormand and Prince's: it accepts at a tolerance what this
    /// method does at 1.5 times it.)
    /// </summary>
    public static OdeSolver Dopri5 => OdeSolversModule.Dopri5;

    /// <summary>
    /// Order 5 (4), 6 evaluations: Tsitouras. The default: the best all-round method for tolerances from 1e-3 to
    /// 1e-8.
    /// </summary>
    public static OdeSolver Tsit5 => OdeSolversModule.Tsit5;

    /// <summary>
    /// Order 8 (5, 3), 12 evaluations, dense output of order 7: Dormand and Prince after Hairer; for tolerances
    /// below 1e-8.
    /// </summary>
    public static OdeSolver DOP853 => OdeSolversModule.DOP853;

    /// <summary>Order 7 (6), 10 evaluations: Verner's most efficient pair; for tolerances from 1e-7 to 1e-12.</summary>
    public static OdeSolver Vern7 => OdeSolversModule.Vern7;

    /// <summary>
    /// Order 2 (3), linearly implicit: 1 Jacobian and 3 linear solves a step; for stiff equations at tolerances down to 1e-4.
    /// </summary>
    public static OdeSolver Rosenbrock23 => OdeSolversModule.Rosenbrock23;

    /// <summary>
    /// Order 3 (2), diagonally implicit with Newton's method; for stiff equations at tolerances down to 1e-8.
    /// </summary>
    public static OdeSolver Kvaerno3 => OdeSolversModule.Kvaerno3;

    /// <summary>
    /// Order 2, backward differentiation: the fewest Jacobians, which it keeps over steps; for stiff equations with costly
    /// Jacobians at loose tolerances.
    /// </summary>
    public static OdeSolver BDF2 => OdeSolversModule.BDF2;

    /// <summary>
    /// Order 2 (1), 1 evaluation, algebraically reversible: MALI's method, undamped. Stable where solutions oscillate; where
    /// they decay fast its second state moves away from the derivative and steps become short.
    /// </summary>
    public static OdeSolver AsynchronousLeapfrog => OdeSolversModule.AsynchronousLeapfrog;

    /// <summary>Every explicit Runge–Kutta method.</summary>
    public static IReadOnlyList<OdeSolver> ExplicitOdeSolvers => OdeSolversModule.explicitOdeSolvers;

    /// <summary>Every method.</summary>
    public static IReadOnlyList<OdeSolver> OdeSolvers => OdeSolversModule.odeSolvers;
}

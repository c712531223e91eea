namespace NeuralDE

open NeuralDE.Compiler

/// <summary>A method for ordinary differential equations. Values of this type are made by the library: Tsit5, Dopri5, RK4, …</summary>
[<Sealed; Carried>]
type OdeSolver internal (stepper: Stepper) =
    internal new(tableau: Tableau) = OdeSolver(ExplicitSteps.ofTableau tableau)
    member internal _.Stepper = stepper
    member _.Name = stepper.Name

    /// Global order: halving the step divides the error by 2^Order.
    member _.Order = stepper.Order

    /// Whether it estimates its error, so that steps can be adaptive.
    member _.IsAdaptive = stepper.IsAdaptive

    member _.Citation = stepper.Citation
    override _.ToString() = stepper.Name

/// The explicit Runge–Kutta methods. Opened with the namespace.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module OdeSolvers =
    /// Order 1, 1 evaluation a step; fixed steps.
    let Euler = OdeSolver ExplicitTableaus.euler

    /// Order 2 (1), 2 evaluations: the explicit midpoint rule.
    let Midpoint = OdeSolver ExplicitTableaus.midpoint

    /// Order 2 (1), 2 evaluations: the explicit trapezoidal rule.
    let Heun = OdeSolver ExplicitTableaus.heun

    /// Order 2 (1), 2 evaluations: the second-order method of least truncation error bound.
    let Ralston = OdeSolver ExplicitTableaus.ralston

    /// Order 4, 4 evaluations: the classic Runge–Kutta method; fixed steps.
    let RK4 = OdeSolver ExplicitTableaus.rk4

    /// Order 4, 4 evaluations: Kutta's 3/8 rule (torchdiffeq's rk4); fixed steps.
    let Kutta38 = OdeSolver ExplicitTableaus.kutta38

    /// Order 3 (2), 3 evaluations: Bogacki and Shampine; for loose tolerances.
    let Bosh3 = OdeSolver ExplicitTableaus.bosh3

    /// Order 5 (4), 6 evaluations: Fehlberg, advancing the solution of order 5.
    let Fehlberg45 = OdeSolver ExplicitTableaus.fehlberg45

    /// Order 5 (4), 6 evaluations: Cash and Karp.
    let CashKarp = OdeSolver ExplicitTableaus.cashKarp

    /// Order 5 (4), 6 evaluations: Dormand and Prince; MATLAB's ode45, torchdiffeq's default. (torchdiffeq takes Shampine's error
    /// estimate, which is two thirds of Dormand and Prince's: it accepts at a tolerance what this method does at 1.5 times it.)
    let Dopri5 = OdeSolver ExplicitTableaus.dopri5

    /// Order 5 (4), 6 evaluations: Tsitouras. The default: the best all-round method for tolerances from 1e-3 to 1e-8.
    let Tsit5 = OdeSolver ExplicitTableaus.tsit5

    /// Order 8 (5, 3), 12 evaluations, dense output of order 7: Dormand and Prince after Hairer; for tolerances below 1e-8.
    let DOP853 = OdeSolver ExplicitTableaus.dop853

    /// Order 7 (6), 10 evaluations: Verner's most efficient pair; for tolerances from 1e-7 to 1e-12.
    let Vern7 = OdeSolver ExplicitTableaus.vern7

    /// Order 2 (3), linearly implicit: 1 Jacobian and 3 linear solves a step; for stiff equations at tolerances down to 1e-4.
    let Rosenbrock23 = OdeSolver RosenbrockSteps.rosenbrock23

    /// Order 3 (2), diagonally implicit with Newton's method; for stiff equations at tolerances down to 1e-8.
    let Kvaerno3 = OdeSolver(DirkSteps.ofTableau DirkTableaus.kvaerno3)

    /// Order 2, backward differentiation: the fewest Jacobians, which it keeps over steps; for stiff equations with costly
    /// Jacobians at loose tolerances.
    let BDF2 = OdeSolver BdfSteps.bdf2

    /// Order 2 (1), 1 evaluation, algebraically reversible: MALI's method, undamped. Stable where solutions oscillate; where they
    /// decay fast its second state moves away from the derivative and steps become short.
    let AsynchronousLeapfrog = OdeSolver ReversibleSteps.asynchronousLeapfrog

    /// Every explicit Runge–Kutta method, for tests of laws that hold for all of them.
    let explicitOdeSolvers =
        [ Euler; Midpoint; Heun; Ralston; Bosh3; RK4; Kutta38; Fehlberg45; CashKarp; Dopri5; Tsit5; Vern7; DOP853 ]

    /// Every method.
    let odeSolvers = explicitOdeSolvers @ [ Rosenbrock23; Kvaerno3; BDF2; AsynchronousLeapfrog ]

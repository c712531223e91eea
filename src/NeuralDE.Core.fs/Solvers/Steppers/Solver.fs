namespace NeuralDE

open System
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// A method for any kind of equation: for lists of methods, and for methods chosen at run time.
[<AbstractClass; Carried>]
type Method internal (stepper: Stepper, needs: Type) =
    member internal _.Stepper = stepper

    /// The kind of equation that the method needs.
    member internal _.Needs = needs

    /// The name, as in messages.
    member _.Name = stepper.Name

    /// The global order: halving the step size divides the error by 2^Order. For a method with noise, the order on an
    /// equation without noise.
    member _.Order = stepper.Order

    /// Whether the method estimates its error, so that steps can be adaptive.
    member _.IsAdaptive = stepper.IsAdaptive

    /// The source of the method.
    member _.Citation = stepper.Citation
    override _.ToString() = stepper.Name

    override _.Equals(other: obj | null) =
        match other with
        | :? Method as m -> obj.ReferenceEquals(m.Stepper, stepper)
        | _ -> false

    override _.GetHashCode() = LanguagePrimitives.PhysicalHash stepper

/// <summary>A method for equations of the kind 'Equation. The library makes these values: Tsit5, Kvaerno3, …</summary>
/// <remarks>A method for more general equations can be used for more specific ones: Heun, for any equation, is also a
/// Solver&lt;AnyOde&gt;. A combination of method and equation that is impossible does not compile.</remarks>
[<Sealed; Carried>]
type Solver<'Equation> internal (stepper: Stepper, needs: Type) =
    inherit Method(stepper, needs)
    internal new(tableau: Tableau) = Solver(StochasticSteps.ofTableau tableau, typeof<AnyOde>)

    /// For C#, whose values cannot be generic: converts a method for any equation to one for a specific kind.
    static member op_Implicit(m: Solver<Equation>) : Solver<'Equation> =
        if isNull (box m) then nullArg (nameof m)
        Solver(m.Stepper, m.Needs)

    /// The method as one for this kind of equation. InputException if it is not for that kind.
    static member internal Of (verb: string) (m: Method) : Solver<'Equation> =
        let kind = typeof<'Equation>

        if not (m.Needs.IsAssignableFrom kind) then
            let other = if typeof<AnyOde>.IsAssignableFrom kind then "Tsit5" else "EulerMaruyama or Heun"

            raise (
                InputException
                    $"{verb}: got {m.Name}, a method for {m.Needs.Name}, expected one for {kind.Name}, the kind of the equation. Use another, such as {other}."
            )

        Solver(m.Stepper, m.Needs)

/// A method for ordinary differential equations.
type OdeSolver = Solver<AnyOde>

/// The steppers of the tableaus, made once, because compiled solves are cached by their stepper.
module internal ExplicitSteppers =
    let private make tableau = StochasticSteps.ofTableau tableau
    let euler = make ExplicitTableaus.euler
    let midpoint = make ExplicitTableaus.midpoint
    let heun = make ExplicitTableaus.heun
    let ralston = make ExplicitTableaus.ralston
    let rk4 = make ExplicitTableaus.rk4
    let kutta38 = make ExplicitTableaus.kutta38
    let bosh3 = make ExplicitTableaus.bosh3
    let fehlberg45 = make ExplicitTableaus.fehlberg45
    let cashKarp = make ExplicitTableaus.cashKarp
    let dopri5 = make ExplicitTableaus.dopri5
    let tsit5 = make ExplicitTableaus.tsit5
    let dop853 = make ExplicitTableaus.dop853
    let vern7 = make ExplicitTableaus.vern7

/// The methods. A method is a generic value over the equations that it solves. Opened with the namespace.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Solvers =
    let private forOdes stepper : Solver<'E> = Solver(stepper, typeof<AnyOde>)
    let private forAll stepper : Solver<'E> = Solver(stepper, typeof<Equation>)

    /// Order 1, 1 evaluation per step; fixed steps.
    [<GeneralizableValue>]
    let Euler<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.euler

    /// Order 2 (1), 2 evaluations: the explicit midpoint rule.
    [<GeneralizableValue>]
    let Midpoint<'E when 'E :> Equation> : Solver<'E> = forAll ExplicitSteppers.midpoint

    /// Order 2 (1), 2 evaluations: the explicit trapezoidal rule.
    [<GeneralizableValue>]
    let Heun<'E when 'E :> Equation> : Solver<'E> = forAll ExplicitSteppers.heun

    /// Order 2 (1), 2 evaluations: the method of second order with the smallest bound of its truncation error.
    [<GeneralizableValue>]
    let Ralston<'E when 'E :> Equation> : Solver<'E> = forAll ExplicitSteppers.ralston

    /// Order 4, 4 evaluations: the classic Runge–Kutta method; fixed steps.
    [<GeneralizableValue>]
    let RK4<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.rk4

    /// Order 4, 4 evaluations: Kutta's 3/8 rule (torchdiffeq's rk4); fixed steps.
    [<GeneralizableValue>]
    let Kutta38<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.kutta38

    /// Order 3 (2), 3 evaluations: Bogacki and Shampine; for loose tolerances.
    [<GeneralizableValue>]
    let Bosh3<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.bosh3

    /// Order 5 (4), 6 evaluations: Fehlberg, advancing the solution of order 5.
    [<GeneralizableValue>]
    let Fehlberg45<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.fehlberg45

    /// Order 5 (4), 6 evaluations: Cash and Karp.
    [<GeneralizableValue>]
    let CashKarp<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.cashKarp

    /// Order 5 (4), 6 evaluations: Dormand and Prince; MATLAB's ode45, torchdiffeq's default. (torchdiffeq uses Shampine's
    /// error estimate, which is two thirds of Dormand and Prince's, so it accepts steps that this method accepts at 1.5
    /// times the tolerance.)
    [<GeneralizableValue>]
    let Dopri5<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.dopri5

    /// Order 5 (4), 6 evaluations: Tsitouras. The default, and the best general method for tolerances from 1e-3 to 1e-8.
    [<GeneralizableValue>]
    let Tsit5<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.tsit5

    /// Order 8 (5, 3), 12 evaluations, dense output of order 7: Dormand and Prince after Hairer; for tolerances below 1e-8.
    [<GeneralizableValue>]
    let DOP853<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.dop853

    /// Order 7 (6), 10 evaluations: Verner's most efficient pair; for tolerances from 1e-7 to 1e-12.
    [<GeneralizableValue>]
    let Vern7<'E when 'E :> AnyOde> : Solver<'E> = forOdes ExplicitSteppers.vern7

    /// Order 2 (3), linearly implicit: 1 Jacobian and 3 linear solves per step; for stiff equations at tolerances down to
    /// 1e-4.
    [<GeneralizableValue>]
    let Rosenbrock23<'E when 'E :> AnyOde> : Solver<'E> = forOdes RosenbrockSteps.rosenbrock23

    /// Order 3 (2), diagonally implicit with Newton's method; for stiff equations at tolerances down to 1e-8.
    [<GeneralizableValue>]
    let Kvaerno3<'E when 'E :> AnyOde> : Solver<'E> = forOdes DirkSteps.kvaerno3

    /// Order 2, backward differentiation. Needs the fewest Jacobians, because it keeps them over steps; for stiff equations
    /// with expensive Jacobians at loose tolerances.
    [<GeneralizableValue>]
    let BDF2<'E when 'E :> AnyOde> : Solver<'E> = forOdes BdfSteps.bdf2

    /// Order 2 (1), 1 evaluation, algebraically reversible: MALI's method, undamped. Stable for oscillating solutions. If a
    /// solution decays fast, the second state drifts from the derivative and steps become short.
    [<GeneralizableValue>]
    let AsynchronousLeapfrog<'E when 'E :> AnyOde> : Solver<'E> = forOdes ReversibleSteps.asynchronousLeapfrog

    /// Itô, any noise, strong order ½, or 1 for additive noise; fixed steps, 1 evaluation: Euler's method with noise.
    [<GeneralizableValue>]
    let EulerMaruyama<'E when 'E :> AnyNoise> : Solver<'E> = Solver(StochasticSteps.eulerMaruyama, typeof<AnyNoise>)

    /// Itô, commutative noise, strong order 1; fixed steps, 1 evaluation and 1 derivative of g along g. It does not compile
    /// for General noise.
    [<GeneralizableValue>]
    let Milstein<'E when 'E :> CommutativeNoise> : Solver<'E> =
        Solver(MilsteinSteps.milstein, typeof<CommutativeNoise>)

    /// All explicit Runge–Kutta methods.
    let explicitOdeSolvers: OdeSolver list =
        [ Euler; Midpoint; Heun; Ralston; Bosh3; RK4; Kutta38; Fehlberg45; CashKarp; Dopri5; Tsit5; Vern7; DOP853 ]

    /// All methods for ordinary equations.
    let odeSolvers: OdeSolver list = explicitOdeSolvers @ [ Rosenbrock23; Kvaerno3; BDF2; AsynchronousLeapfrog ]

/// Custom methods.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Solver =
    /// <summary>The explicit Runge–Kutta method of a tableau.</summary>
    /// <param name="tableau">Tableau { Name = …; A = …; … }, whose constructor checks lengths, row sums and the order
    /// conditions, and raises TableauException if one fails.</param>
    /// <returns>The method.</returns>
    /// <remarks>Make it once: compiled solves are cached by their method.</remarks>
    let ofTableau (tableau: Tableau) : OdeSolver = Solver tableau

    let private own verb name order isAdaptive step : OdeSolver =
        if order < 1 then
            raise (InputException $"{verb}: got the order {string order}, expected 1 or more.")

        let own = { Verb = verb; Name = name; Order = order; IsAdaptive = isAdaptive; Step = step }

        Solver(OwnStep.unbound own, typeof<AnyOde>)

    /// <summary>A method from a function that takes one step. It needs constant steps, Ode.dt.</summary>
    /// <param name="name">For messages and lists.</param>
    /// <param name="order">Halving the step size divides the error by 2^order.</param>
    /// <param name="step">From the field, the times and the state to the state at T1. Traced once for each field.</param>
    /// <returns>The method.</returns>
    /// <remarks>Values that the step captures have derivatives, like those that a field captures: M. Poli et al.,
    /// Hypersolvers, NeurIPS 2020, train a network in a step. Dense output is cubic, from the slopes at both ends. It does
    /// not support noise and Backsolve.</remarks>
    /// <exception cref="T:NeuralDE.InputException">unless order is positive.</exception>
    let ofStep (name: string) (order: int) (step: StepInput -> StateVector) : OdeSolver =
        own "Solver.ofStep" name order false (fun input -> step input, ValueNone)

    /// <summary>A method from a function that takes one step and estimates its error, so steps can be adaptive.</summary>
    /// <param name="name">For messages and lists.</param>
    /// <param name="order">The order of the solution; the estimate must be O(h^order).</param>
    /// <param name="step">From the field, the times and the state to the state at T1, and its difference from a solution of
    /// one order less.</param>
    /// <returns>The method.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless order is positive.</exception>
    let ofStepWithError (name: string) (order: int) (step: StepInput -> StateVector * StateVector) : OdeSolver =
        let pair input = let y1, error = step input in y1, ValueSome error
        own "Solver.ofStepWithError" name order true pair

namespace NeuralDE

open System.Numerics
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Families

/// The verbs of ordinary differential equations only, such as Ode.problem. ProblemVerbs has the verbs of all families.
[<AbstractClass>]
type OdeVerbs internal () =
    inherit ProblemVerbs()

    /// <summary>The problem dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">The field: from time ([], in the dtype of the state) and state to derivative. It gets the whole
    /// state, including a batch, unless perSample is used.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">The start time: a number, or a tensor [] that can be differentiated, or [batch] with
    /// perSample.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0 or equal to it.</param>
    /// <returns>A problem with default options: Tsit5, adaptive steps, tolerances 1e-6 and 1e-9.</returns>
    /// <remarks>The derivative of y(t1) by t1 is f(t1, y(t1)). The derivative by t0 is that of a shift of the start, −f(t0,
    /// y0), propagated to t1. These are derivatives of the equation; they differ from a difference quotient of the computed
    /// numbers by about the tolerance.</remarks>
    /// <exception cref="T:NeuralDE.InputException">for a time that is not finite, and for other types of times.</exception>
    static member problem
        (f: Tensor -> 'S -> 'S)
        (y0: 'S)
        (t0: 'T0, t1: 'T1)
        : OdeProblem<'S>
            when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1>
        =
        Problem.create "Ode" Tsit5 f y0 (Time.ofAny "Ode.problem" (box t0)) (Time.ofAny "Ode.problem" (box t1))

    /// <summary>Adds `n` components along the last axis of the state, which are 0 at t0. The field takes and returns them, and
    /// outputs contain them.</summary>
    /// <param name="n">The number of components.</param>
    /// <param name="p">A problem whose state is one tensor, [batch…; d].</param>
    /// <returns>The problem with the state [batch…; d + `n`].</returns>
    /// <remarks>E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019.</remarks>
    /// <exception cref="T:NeuralDE.ShapeException">for more than 3 axes, which are probably images: augmentAlong 1 adds
    /// channels.</exception>
    /// <exception cref="T:NeuralDE.InputException">for a negative `n`.</exception>
    static member augment (n: int) (p: OdeProblem<Tensor>) =
        if p.Y0.Rank > 3 then
            Expect.misfit
                $"Ode.augment: got a state of shape {Expect.text p.Y0}, expected [batch…; d] of 3 axes at most. Write Ode.augmentAlong 1 for more channels of images, Ode.augmentAlong -1 for the last axis."

        { p with Y0 = SolveSetup.augmented "Ode.augment" -1 n p.Y0 }

    /// <summary>Adds `n` components along another axis of the state, such as axis 1, the channels of images. They are 0 at
    /// t0.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="n">The number of components.</param>
    /// <param name="p">A problem whose state is one tensor.</param>
    /// <returns>The problem with the larger state.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for an axis that the state does not have.</exception>
    /// <exception cref="T:NeuralDE.InputException">for a negative `n`.</exception>
    static member augmentAlong (axis: int) (n: int) (p: OdeProblem<Tensor>) =
        { p with Y0 = SolveSetup.augmented "Ode.augmentAlong" axis n p.Y0 }

/// Ordinary differential equations: make a problem, set its options, solve it. The verbs are those of OdeVerbs, such as
/// Ode.problem, and those of ProblemVerbs, such as Ode.using, Ode.tolerance and Ode.solve.
type Ode = OdeVerbs

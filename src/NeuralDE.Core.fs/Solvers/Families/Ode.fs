namespace NeuralDE

open System.Numerics
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Equations
open NeuralDE.Internal.Families

/// What only ordinary differential equations have; written Ode.problem. The verbs that all families share are those of ProblemVerbs.
[<AbstractClass>]
type OdeVerbs internal () =
    inherit ProblemVerbs()

    /// <summary>dy/dt = f(t, y) from y(t0) = y0 to t1.</summary>
    /// <param name="f">The field: time (0-d, in the state's dtype) and state to derivative. It sees the whole state, batch included, unless perSample is asked for.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors.</param>
    /// <param name="t0">A number, or a scalar tensor to differentiate with respect to it.</param>
    /// <param name="t1">Likewise; may be smaller than t0, and equal to it.</param>
    /// <remarks>The derivative of y(t1) by t1 is f(t1, y(t1)), and by t0 that of a shift of the start, −f(t0, y0), carried to t1: the
    /// equation's own, which differ from a difference quotient of the numbers returned by about the tolerance.</remarks>
    static member problem
        (f: Tensor -> 'S -> 'S)
        (y0: 'S)
        (t0: 'T0, t1: 'T1)
        : OdeProblem<'S>
            when 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0> and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1>
        =
        Problem.create "Ode" Tsit5 f y0 (Time.ofAny "Ode.problem" (box t0)) (Time.ofAny "Ode.problem" (box t1))

    /// <summary>n more components along the last axis of the state, 0 at t0: the field sees and returns d + n, and so do outputs.</summary>
    /// <remarks>E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019. ShapeException for more than 3 axes, which look like images: augmentAlong 1
    /// adds channels.</remarks>
    static member augment (n: int) (p: OdeProblem<Tensor>) =
        if p.Y0.Rank > 3 then
            Expect.misfit
                $"Ode.augment: got a state of shape {Expect.text p.Y0}, expected [batch…; d] of 3 axes at most. Write Ode.augmentAlong 1 for more channels of images, Ode.augmentAlong -1 for the last axis."

        { p with Y0 = SolveSetup.augmented "Ode.augment" -1 n p.Y0 }

    /// <summary>n more components along another axis of the state.</summary>
    static member augmentAlong (axis: int) (n: int) (p: OdeProblem<Tensor>) =
        { p with Y0 = SolveSetup.augmented "Ode.augmentAlong" axis n p.Y0 }

/// Ordinary differential equations: a problem, a few answers, a solve. Its verbs are those of OdeVerbs, such as Ode.problem, and those
/// of ProblemVerbs, which all families share: Ode.using, Ode.tolerance, Ode.solve.
type Ode = OdeVerbs

namespace NeuralDE

open System.Threading

/// How long steps are.
type StepSize =
    /// all of one length; the last is cut to hit t1
    | ConstantStep of dt: float
    /// as long as the tolerance allows; the first is estimated
    | AdaptiveStep of StepController
    | AdaptiveStepFrom of dt0: float * StepController

/// What a solve keeps beside the state at t1.
type SaveAt =
    {
        Times: Tensor option
        /// every n-th accepted step
        EverySteps: int option
        Start: bool
        End: bool
    }

/// <summary>An initial value problem and the answers to: how to step, how long, what to keep, how to differentiate.</summary>
/// <remarks>Of every family of equations, whose verbs make it: Ode.problem. 'Equation is what the equation promises to methods. Each
/// further verb answers one question. The record may be used directly.</remarks>
[<NoEquality; NoComparison>]
type Problem<'Equation, 'S> =
    {
        /// whose verbs messages name: Ode
        Family: string
        /// f(t, y)
        Field: Tensor -> 'S -> 'S
        /// of a stochastic equation
        Noise: ProblemNoise<'S> option
        Y0: 'S
        T0: Tensor
        T1: Tensor
        Solver: Solver<'Equation>
        Rtol: float
        Atol: float
        Step: StepSize
        DtMin: float
        DtMax: float
        MaxSteps: int
        SaveAt: SaveAt
        /// times that a step must end at
        StepAt: float list
        /// times at which the field jumps: steps end just before and go on just after
        JumpAt: Tensor list
        /// in the order in which those at one time happen
        Events: (EventTrigger<'S> * EventAction<'S>) list
        MaxEvents: int
        /// None: the largest root mean square of the leaves
        Norm: ('S -> Tensor) option
        Gradient: Gradient
        /// what adaptive steps answer for
        ErrorControl: ErrorControl
        PerSample: bool
        Progress: (SolveProgress -> unit) option
        Cancellation: CancellationToken
    }

/// dy = f(t, y) dt
type OdeProblem<'S> = Problem<AnyOde, 'S>

module internal Problem =
    /// With the usual answers.
    let create family solver field y0 t0 t1 : Problem<'E, 'S> =
        { Family = family
          Field = field
          Noise = None
          Y0 = y0
          T0 = t0
          T1 = t1
          Solver = solver
          Rtol = 1e-6
          Atol = 1e-9
          Step = AdaptiveStep StepController.integral
          DtMin = 0.0
          DtMax = infinity
          MaxSteps = 100000
          SaveAt = { Times = None; EverySteps = None; Start = false; End = false }
          StepAt = []
          JumpAt = []
          Events = []
          MaxEvents = 1000
          Norm = None
          Gradient = Checkpointed
          ErrorControl = StateAndDerivatives
          PerSample = false
          Progress = None
          Cancellation = CancellationToken.None }

namespace NeuralDE

open System.Threading

/// How a solve chooses its step sizes.
type StepSize =
    /// constant steps; the last is shortened to end at t1
    | ConstantStep of dt: float
    /// adaptive steps, with Hairer's estimate of the first
    | AdaptiveStep of StepController
    /// adaptive steps, with a given first step
    | AdaptiveStepFrom of dt0: float * StepController

/// The outputs of a solve in addition to the state at t1.
type SaveAt =
    {
        /// output times [time], or [batch; time] with perSample
        Times: Tensor option
        /// the state after every n-th accepted step
        EverySteps: int option
        /// whether to save the state at t0
        Start: bool
        /// whether to save the state at t1
        End: bool
    }

/// <summary>An initial value problem and its options: method, step size, outputs, gradient method.</summary>
/// <remarks>The verbs of its family make it, such as Ode.problem. 'Equation is the kind of equation, which determines the
/// methods that can be used. Each further verb sets one option. The record may also be used directly.</remarks>
[<NoEquality; NoComparison>]
type Problem<'Equation, 'S> =
    {
        /// the name of the verbs in messages: Ode
        Family: string
        /// f(t, y), the field or drift
        Field: Tensor -> 'S -> 'S
        /// the noise of a stochastic equation
        Noise: ProblemNoise<'S> option
        /// the state at t0
        Y0: 'S
        /// the start time, float64 [] or [batch]
        T0: Tensor
        /// the end time, float64 [] or [batch]
        T1: Tensor
        /// the method
        Solver: Solver<'Equation>
        /// the relative tolerance
        Rtol: float
        /// the absolute tolerance
        Atol: float
        /// constant or adaptive steps
        Step: StepSize
        /// the smallest adaptive step
        DtMin: float
        /// the largest adaptive step
        DtMax: float
        /// the maximum number of steps, accepted and rejected
        MaxSteps: int
        /// the outputs
        SaveAt: SaveAt
        /// times at which a step must end
        StepAt: float list
        /// times at which the field jumps: a step ends just before each, and the next begins just after it
        JumpAt: Tensor list
        /// simultaneous events happen in this order
        Events: (EventTrigger<'S> * EventAction<'S>) list
        /// the maximum number of events
        MaxEvents: int
        /// the error norm; None: the largest root mean square of the leaves
        Norm: ('S -> Tensor) option
        /// the gradient method of reverse mode
        Gradient: Gradient
        /// the errors that control the steps
        ErrorControl: ErrorControl
        /// whether each row of the state is solved independently
        PerSample: bool
        /// called at the start and after every step
        Progress: (SolveProgress -> unit) option
        /// ends the solve before the next step when it is cancelled
        Cancellation: CancellationToken
    }

/// dy = f(t, y) dt
type OdeProblem<'S> = Problem<AnyOde, 'S>

module internal Problem =
    /// A problem with default options.
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

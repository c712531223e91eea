namespace NeuralDE;

/// <summary>
/// The options of a problem, such as method, step size, outputs and gradient method; and its solves.
/// </summary>
public static class ProblemExtensions
{
    /// <summary>
    /// Sets the method; default for ordinary equations: Tsit5. A method that needs a more specific equation does not
    /// compile.
    /// </summary>
    public static Problem<E, S> Using<E, M, S>(this Problem<E, S> problem, Solver<M> solver)
        where E : M => ProblemVerbs.usingMethod(Given(solver), Given(problem));

    extension<E, S>(Problem<E, S> problem)
    {
        /// <summary>
        /// Sets a method that is chosen at run time. InputException for a method that does not solve this kind of
        /// equation.
        /// </summary>
        public Problem<E, S> UsingMethod(Method method) => ProblemVerbs.usingMethod(Given(method), Given(problem));

        /// <summary>
        /// Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|, as root mean square of
        /// each leaf. Default: 1e-6 and 1e-9; for Stratonovich equations 1e-3 and 1e-6. InputException for a
        /// tolerance that is negative or not finite, and if both are 0.
        /// </summary>
        public Problem<E, S> Tolerance(double rtol, double atol) => ProblemVerbs.tolerance(rtol, atol, Given(problem));

        /// <summary>
        /// Sets constant steps: step k starts at t0 + k dt, counted again from each stop; the last step is shortened
        /// to end at t1.
        /// </summary>
        /// <remarks>
        /// float32 states carry the rounding error of their sum (Kahan), so that 10⁵ steps add up correctly;
        /// derivatives in float32 are plain sums over the steps.
        /// </remarks>
        public Problem<E, S> Dt(double dt) => ProblemVerbs.dt(dt, Given(problem));

        /// <summary>Sets the size of the first step of an adaptive solve; default: Hairer's estimate.</summary>
        public Problem<E, S> Dt0(double dt0) => ProblemVerbs.dt0(dt0, Given(problem));

        /// <summary>
        /// Sets the step controller of an adaptive solve, such as StepController.ProportionalIntegral.
        /// </summary>
        public Problem<E, S> Controller(StepController controller) =>
            ProblemVerbs.controller(Given(controller), Given(problem));

        /// <summary>Limits the step size. A solve that needs a smaller step ends with StepTooSmall.</summary>
        public Problem<E, S> DtBetween(double dtMin, double dtMax) =>
            ProblemVerbs.dtBetween(dtMin, dtMax, Given(problem));

        /// <summary>Sets the maximum number of steps, accepted and rejected; default: 100 000.</summary>
        public Problem<E, S> MaxSteps(int n) => ProblemVerbs.maxSteps(n, Given(problem));

        /// <summary>
        /// Saves the state at these times, in the order of the solve. The steps do not depend on them: the
        /// interpolant gives the values.
        /// </summary>
        /// <param name="times">
        /// [time], or [batch; time] with PerSample (not with noise). The derivative by an output time is f(t, y(t)),
        /// which differs from the slope of the interpolant by about the tolerance. Times that are arguments of a
        /// transform are checked at run time.
        /// </param>
        public Problem<E, S> SaveAt(Tensor times) => ProblemVerbs.saveAt(Given(times), Given(problem));

        /// <summary>Saves the state at these times, in the order of the solve.</summary>
        public Problem<E, S> SaveAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.saveAt(TensorMakers.tensor(times.ToArray()), Given(problem));

        /// <summary>
        /// Saves the state after every n-th accepted step. The number of states is not known beforehand, so it is not
        /// supported inside a transform.
        /// </summary>
        public Problem<E, S> SaveSteps(int n) => ProblemVerbs.saveSteps(n, Given(problem));

        /// <summary>Also saves the state at t0.</summary>
        public Problem<E, S> SaveStart() => ProblemVerbs.saveStart(Given(problem));

        /// <summary>Also saves the state at t1.</summary>
        public Problem<E, S> SaveEnd() => ProblemVerbs.saveEnd(Given(problem));

        /// <summary>Sets times at which a step must end.</summary>
        public Problem<E, S> StepAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.stepAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Sets times at which the field jumps: a step ends just before each, and the next step begins just after it.
        /// </summary>
        public Problem<E, S> JumpAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.jumpAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Adds an event: a trigger (Event.Falling, Rising or Crossing) and an action (Event.Apply or Event.Stop).
        /// Can be used several times.
        /// </summary>
        /// <remarks>
        /// A step ends at the event and the method restarts. The time of the event and the state there are
        /// differentiable. Simultaneous events happen in the order of these calls, up to one that ends the solve. An
        /// output at the time of an event is the state before it; outputs after the end of the solve are NaN. Without
        /// PerSample, all samples of a batch share the events.
        /// </remarks>
        public Problem<E, S> On(EventTrigger<S> trigger, EventAction<S> action) =>
            ProblemVerbs.on(Given(trigger), Given(action), Given(problem));

        /// <summary>
        /// Sets the maximum number of events; default: 1000. A further event ends the solve with TooManyEvents.
        /// </summary>
        public Problem<E, S> MaxEvents(int n) => ProblemVerbs.maxEvents(n, Given(problem));

        /// <summary>
        /// Sets times at which the field jumps, as tensors that can be differentiated: the derivative of the state by
        /// a time s is f(s⁻, y) − f(s⁺, y), propagated to the end.
        /// </summary>
        public Problem<E, S> JumpAt(params ReadOnlySpan<Tensor> times) =>
            ProblemVerbs.jumpAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Sets the errors that control the steps of a differentiated solve; default:
        /// ErrorControl.StateAndDerivatives.
        /// </summary>
        public Problem<E, S> ErrorControl(ErrorControl control) =>
            ProblemVerbs.errorControl(Given(control), Given(problem));

        /// <summary>
        /// Sets a custom error norm: from the scaled errors, a tree like the state, to one number; a step is accepted
        /// at 1 or less.
        /// </summary>
        public Problem<E, S> Norm(Func<S, Tensor> norm) => ProblemVerbs.norm(FSharp.Function(norm), Given(problem));

        /// <summary>Sets the gradient method of reverse mode; default: Gradients.Checkpointed.</summary>
        public Problem<E, S> Gradient(Gradient method) => ProblemVerbs.gradient(Given(method), Given(problem));

        /// <summary>
        /// Solves each row of the state independently, with its own steps, error and status. The field gets one
        /// sample and a time [].
        /// </summary>
        /// <remarks>
        /// The first axis of every leaf of y0 is the batch. t0 and t1 may be [batch], output times [batch; time].
        /// </remarks>
        public Problem<E, S> PerSample() => ProblemVerbs.perSample(Given(problem));

        /// <summary>
        /// Calls back at the start and after every step. Inside a transform, where the solve is a part of another
        /// function, it never calls back.
        /// </summary>
        public Problem<E, S> Progress(Action<SolveProgress> report) =>
            ProblemVerbs.progress(FSharp.Function(report), Given(problem));

        /// <summary>Ends the solve with Cancelled before the next step when the token is cancelled.</summary>
        public Problem<E, S> Cancel(CancellationToken token) => ProblemVerbs.cancel(token, Given(problem));

        /// <summary>
        /// Solves; raises SolveException, which holds what there was, when the solve stops short, and
        /// SolveCancelledException, an OperationCanceledException, when it is cancelled.
        /// </summary>
        /// <remarks>Inside a transform the exception comes when the transformed function has run.</remarks>
        public Solution<S> Solve() => ProblemVerbs.solve(Given(problem));

        /// <summary>
        /// Solves the problem. If the solve does not reach the end, the solution has the Status and FailureOrNull,
        /// and values that were not reached are NaN.
        /// </summary>
        public Solution<S> TrySolve() => ProblemVerbs.trySolve(Given(problem));

        /// <summary>
        /// Solves the problem and returns only the saved states: every leaf with a leading time axis, [time; …], or
        /// [batch; time; …] with PerSample.
        /// </summary>
        public S SolveYs() => ProblemVerbs.solveYs(Given(problem));

        /// <summary>Solves the problem and returns only the state at t1.</summary>
        public S SolveFinal() => ProblemVerbs.solveFinal(Given(problem));

        /// <summary>
        /// The solve as an integrator, to be stepped by hand: for control loops, games, animations and custom
        /// stopping rules. Its steps are those of Solve, bit for bit. It works on numbers only.
        /// </summary>
        public Integrator<S> Integrator() => ProblemVerbs.integrator(Given(problem));
    }

    extension<N, S>(Problem<N, S> problem)
        where N : AnyNoise
    {
        /// <summary>
        /// Sets the key of the noise. Equal keys give equal paths, for any method, steps and outputs.
        /// </summary>
        public Problem<N, S> Noise(Key key) => SdeVerbs.noise(Given(key), Given(problem));
    }

    extension(Problem<AnyOde, Tensor> problem)
    {
        /// <summary>
        /// Adds <paramref name="dimensions"/> components along the last axis of the state, which are 0 at t0. The
        /// field takes and returns them, and outputs contain them. E. Dupont, A. Doucet, Y. W. Teh, Augmented neural
        /// ODEs, NeurIPS 2019. ShapeException for more than 3 axes, which are probably images: AugmentAlong(1, n)
        /// adds channels.
        /// </summary>
        public Problem<AnyOde, Tensor> Augment(int dimensions) => OdeVerbs.augment(dimensions, Given(problem));

        /// <summary>
        /// Adds <paramref name="dimensions"/> components along another axis of the state, such as axis 1, the
        /// channels of images.
        /// </summary>
        public Problem<AnyOde, Tensor> AugmentAlong(int axis, int dimensions) =>
            OdeVerbs.augmentAlong(axis, dimensions, Given(problem));
    }
}

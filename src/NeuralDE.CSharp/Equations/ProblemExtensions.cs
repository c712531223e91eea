namespace NeuralDE;

/// <summary>
/// The answers to a problem's questions: how to step, how long, what to keep, how to differentiate; and its solves.
/// </summary>
public static class ProblemExtensions
{
    /// <summary>
    /// The method; Tsit5 for ordinary equations unless said otherwise. One that asks more of an equation than this one
    /// promises does not compile.
    /// </summary>
    public static Problem<E, S> Using<E, M, S>(this Problem<E, S> problem, Solver<M> solver)
        where E : M => ProblemVerbs.usingMethod(Given(solver), Given(problem));

    extension<E, S>(Problem<E, S> problem)
    {
        /// <summary>
        /// A method chosen when the program runs. InputException for one that does not solve this kind of equation.
        /// </summary>
        public Problem<E, S> UsingMethod(Method method) => ProblemVerbs.usingMethod(Given(method), Given(problem));

        /// <summary>
        /// A step is accepted when its error is at most atol + rtol |y|, in the root mean square of each leaf.
        /// Default 1e-6, 1e-9; of Stratonovich equations 1e-3, 1e-6.
        /// </summary>
        /// <exception cref="InputException">if one is negative or not finite, or both are 0.</exception>
        public Problem<E, S> Tolerance(double rtol, double atol) => ProblemVerbs.tolerance(rtol, atol, Given(problem));

        /// <summary>
        /// Steps of constant length: step k starts at t0 + k dt, and anew after each stop; the last is cut to hit t1.
        /// </summary>
        /// <remarks>
        /// float32 states carry the rounding error of their sum (Kahan's), so that 10⁵ steps add up; derivatives in
        /// float32 are plain sums over the steps.
        /// </remarks>
        public Problem<E, S> Dt(double dt) => ProblemVerbs.dt(dt, Given(problem));

        /// <summary>
        /// The length of the first step of an adaptive solve; Hairer's estimate unless said otherwise.
        /// </summary>
        public Problem<E, S> Dt0(double dt0) => ProblemVerbs.dt0(dt0, Given(problem));

        /// <summary>Adaptive steps under another controller, such as StepController.ProportionalIntegral.</summary>
        public Problem<E, S> Controller(StepController controller) =>
            ProblemVerbs.controller(Given(controller), Given(problem));

        /// <summary>
        /// Bounds on the length of steps. A step that would have to be shorter ends the solve with StepTooSmall.
        /// </summary>
        public Problem<E, S> DtBetween(double dtMin, double dtMax) =>
            ProblemVerbs.dtBetween(dtMin, dtMax, Given(problem));

        /// <summary>The most steps, accepted and rejected; 100 000 unless said otherwise.</summary>
        public Problem<E, S> MaxSteps(int n) => ProblemVerbs.maxSteps(n, Given(problem));

        /// <summary>
        /// The state at these times, in the order of the solve. Steps do not depend on them: the interpolant gives
        /// the values.
        /// </summary>
        /// <param name="times">
        /// [time], or [batch; time] with PerSample (not with noise). The derivative by an output time is f(t, y(t)), which differs from
        /// the slope of the interpolant by about the tolerance. Times that are arguments of a transform are checked when it
        /// runs.
        /// </param>
        public Problem<E, S> SaveAt(Tensor times) => ProblemVerbs.saveAt(Given(times), Given(problem));

        /// <summary>The state at these times, in the order of the solve.</summary>
        public Problem<E, S> SaveAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.saveAt(TensorMakers.tensor(times.ToArray()), Given(problem));

        /// <summary>
        /// The state after every n-th accepted step. How many there are is not known in advance, so not inside a
        /// transform.
        /// </summary>
        public Problem<E, S> SaveSteps(int n) => ProblemVerbs.saveSteps(n, Given(problem));

        /// <summary>Saves the state at t0, too.</summary>
        public Problem<E, S> SaveStart() => ProblemVerbs.saveStart(Given(problem));

        /// <summary>Saves the state at t1, too.</summary>
        public Problem<E, S> SaveEnd() => ProblemVerbs.saveEnd(Given(problem));

        /// <summary>Times that steps must end at.</summary>
        public Problem<E, S> StepAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.stepAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Times at which the field jumps: a step ends just before each and the next begins just after.
        /// </summary>
        public Problem<E, S> JumpAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.jumpAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Something that happens where a value of time and state changes its sign: Event.Falling, Rising or Crossing, and
        /// Event.Apply or Event.Stop. May be used several times.
        /// </summary>
        /// <remarks>
        /// A step ends at the event and the method begins anew. Time and state there are differentiable. Events at one time
        /// happen in the order of these calls, up to one that ends the solve. Outputs at an event's time show the state
        /// before it; those after the end of the solve are NaN. Without PerSample a batch has its events together.
        /// </remarks>
        public Problem<E, S> On(EventTrigger<S> trigger, EventAction<S> action) =>
            ProblemVerbs.on(Given(trigger), Given(action), Given(problem));

        /// <summary>The most events; 1000 unless said otherwise. One more ends the solve with TooManyEvents.</summary>
        public Problem<E, S> MaxEvents(int n) => ProblemVerbs.maxEvents(n, Given(problem));

        /// <summary>
        /// Times at which the field jumps, to differentiate with respect to them: the derivative of the state by a time s
        /// is f(s⁻, y) − f(s⁺, y), carried on.
        /// </summary>
        public Problem<E, S> JumpAt(params ReadOnlySpan<Tensor> times) =>
            ProblemVerbs.jumpAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// What the steps of a differentiated solve answer for; ErrorControl.StateAndDerivatives unless said otherwise.
        /// </summary>
        public Problem<E, S> ErrorControl(ErrorControl control) =>
            ProblemVerbs.errorControl(Given(control), Given(problem));

        /// <summary>
        /// A norm of your own: from scaled errors, a tree like the state, to one number; a step is accepted at 1
        /// or less.
        /// </summary>
        public Problem<E, S> Norm(Func<S, Tensor> norm) => ProblemVerbs.norm(FSharp.Function(norm), Given(problem));

        /// <summary>How reverse mode goes through the solve; Gradients.Checkpointed unless said otherwise.</summary>
        public Problem<E, S> Gradient(Gradient method) => ProblemVerbs.gradient(Given(method), Given(problem));

        /// <summary>
        /// One solve per row of the state, each with its own steps, error and status. The field sees one sample and
        /// a 0-d time.
        /// </summary>
        /// <remarks>
        /// Every leaf of y0 has the batch axis first. t0, t1 may be [batch], output times [batch; time].
        /// </remarks>
        public Problem<E, S> PerSample() => ProblemVerbs.perSample(Given(problem));

        /// <summary>
        /// Calls back at the start and after every step; inside a transform, where the solve is a part of another function,
        /// never.
        /// </summary>
        public Problem<E, S> Progress(Action<SolveProgress> report) =>
            ProblemVerbs.progress(FSharp.Function(report), Given(problem));

        /// <summary>Ends the solve with Cancelled before the next step once the token is cancelled.</summary>
        public Problem<E, S> Cancel(CancellationToken token) => ProblemVerbs.cancel(token, Given(problem));

        /// <summary>Solves; raises SolveException, which holds what there was, when the solve stops short.</summary>
        /// <remarks>Inside a transform the exception comes when the transformed function has run.</remarks>
        public Solution<S> Solve() => ProblemVerbs.solve(Given(problem));

        /// <summary>
        /// Solves. A solve that stops short ends in the solution's Status and FailureOrNull; what it did not reach
        /// is NaN.
        /// </summary>
        public Solution<S> TrySolve() => ProblemVerbs.trySolve(Given(problem));

        /// <summary>
        /// Only the saved states: every leaf with a time axis first, [time; …] or, with PerSample, [batch; time;
        /// …].
        /// </summary>
        public S SolveYs() => ProblemVerbs.solveYs(Given(problem));

        /// <summary>Only the state at t1.</summary>
        public S SolveFinal() => ProblemVerbs.solveFinal(Given(problem));

        /// <summary>
        /// The solve to be stepped by hand: for control loops, games, animations, and stopping rules of your own. Its steps
        /// are those of Solve, bit for bit; on numbers only.
        /// </summary>
        public Integrator<S> Integrator() => ProblemVerbs.integrator(Given(problem));
    }

    extension<N, S>(Problem<N, S> problem)
        where N : AnyNoise
    {
        /// <summary>
        /// The key of the noise: the same key gives the same path, whatever the method, its steps and the outputs.
        /// </summary>
        public Problem<N, S> Noise(Key key) => SdeVerbs.noise(Given(key), Given(problem));
    }

    extension(Problem<AnyOde, Tensor> problem)
    {
        /// <summary>
        /// So many more components along the last axis of the state, 0 at t0: the field sees and returns them too, and so do
        /// outputs. E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019.
        /// </summary>
        /// <exception cref="ShapeException">
        /// for more than 3 axes, which look like images: AugmentAlong(1, n) adds channels.
        /// </exception>
        public Problem<AnyOde, Tensor> Augment(int dimensions) => OdeVerbs.augment(dimensions, Given(problem));

        /// <summary>
        /// So many more components along another axis of the state, such as axis 1, the channels of images.
        /// </summary>
        public Problem<AnyOde, Tensor> AugmentAlong(int axis, int dimensions) =>
            OdeVerbs.augmentAlong(axis, dimensions, Given(problem));
    }
}

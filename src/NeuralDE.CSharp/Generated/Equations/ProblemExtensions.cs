// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>The options of a problem, such as method, step size, outputs and gradient method; and its solves.</summary>
public static partial class ProblemExtensions
{
    extension(Problem<AnyOde, Tensor> problem)
    {
        /// <summary>
        /// Adds <paramref name="dimensions"/> components along the last axis of the state, which are 0 at t0. The field
        /// takes and returns them, and outputs contain them.
        /// </summary>
        /// <param name="dimensions">The number of components.</param>
        /// <returns>The problem with the state [batch…; d + <paramref name="dimensions"/>].</returns>
        /// <remarks>E. Dupont, A. Doucet, Y. W. Teh, Augmented neural ODEs, NeurIPS 2019.</remarks>
        /// <exception cref="ShapeException">
        /// for more than 3 axes, which are probably images: AugmentAlong(1, n) adds channels.
        /// </exception>
        /// <exception cref="InputException">for a negative <paramref name="dimensions"/>.</exception>
        public Problem<AnyOde, Tensor> Augment(int dimensions) => OdeVerbs.augment(dimensions, Given(problem));

        /// <summary>
        /// Adds <paramref name="dimensions"/> components along another axis of the state, such as axis 1, the channels
        /// of images. They are 0 at t0.
        /// </summary>
        /// <param name="axis">The axis; a negative one counts from the end.</param>
        /// <param name="dimensions">The number of components.</param>
        /// <returns>The problem with the larger state.</returns>
        /// <exception cref="ShapeException">for an axis that the state does not have.</exception>
        /// <exception cref="InputException">for a negative <paramref name="dimensions"/>.</exception>
        public Problem<AnyOde, Tensor> AugmentAlong(int axis, int dimensions) =>
            OdeVerbs.augmentAlong(axis, dimensions, Given(problem));
    }

    extension<N, S>(Problem<N, S> problem)
        where N : AnyNoise
    {
        /// <summary>
        /// Sets the key of the noise. Equal keys give equal paths of W, for any method, steps and outputs.
        /// </summary>
        /// <param name="key">One key.</param>
        /// <returns>The problem with this key.</returns>
        /// <exception cref="ShapeException">for several keys: use Vmap or PerSample.</exception>
        public Problem<N, S> Noise(Key key) => SdeVerbs.noise(Given(key), Given(problem));
    }

    extension<E, S>(Problem<E, S> problem)
    {
        /// <summary>Sets a method that is chosen at run time, such as an element of a list.</summary>
        /// <param name="method">The method.</param>
        /// <returns>The problem with this method.</returns>
        /// <exception cref="InputException">for a method that does not solve this kind of equation.</exception>
        public Problem<E, S> UsingMethod(Method method) => ProblemVerbs.usingMethod(Given(method), Given(problem));

        /// <summary>
        /// Sets the tolerances: a step is accepted if its error is at most atol + rtol |y|, as root mean square of each
        /// leaf. Default: 1e-6 and 1e-9; for Stratonovich equations 1e-3 and 1e-6.
        /// </summary>
        /// <param name="rtol">The relative tolerance.</param>
        /// <param name="atol">The absolute tolerance, in the unit of the state.</param>
        /// <returns>The problem with these tolerances.</returns>
        /// <exception cref="InputException">
        /// for a tolerance that is negative or not finite, and if both are 0.
        /// </exception>
        public Problem<E, S> Tolerance(double rtol, double atol) => ProblemVerbs.tolerance(rtol, atol, Given(problem));

        /// <summary>
        /// Sets constant steps: step k starts at t0 + k dt, counted again from each stop; the last step is shortened to
        /// end at t1.
        /// </summary>
        /// <param name="dt">The step size, positive.</param>
        /// <returns>The problem with constant steps.</returns>
        /// <remarks>
        /// float32 states carry the rounding error of their sum (Kahan), so that 10⁵ steps add up correctly, except
        /// with methods that iterate (Kvaerno3, BDF2); derivatives in float32 are plain sums over the steps.
        /// </remarks>
        /// <exception cref="InputException">unless dt is positive.</exception>
        public Problem<E, S> Dt(double dt) => ProblemVerbs.dt(dt, Given(problem));

        /// <summary>Sets the size of the first step of an adaptive solve; default: Hairer's estimate.</summary>
        /// <param name="dt0">The step size, positive.</param>
        /// <returns>The problem with this first step.</returns>
        /// <exception cref="InputException">unless dt0 is positive.</exception>
        public Problem<E, S> Dt0(double dt0) => ProblemVerbs.dt0(dt0, Given(problem));

        /// <summary>
        /// Sets the step controller of an adaptive solve, such as StepController.ProportionalIntegral.
        /// </summary>
        /// <param name="controller">The controller; default: StepController.Integral.</param>
        /// <returns>The problem with adaptive steps and this controller.</returns>
        public Problem<E, S> Controller(StepController controller) =>
            ProblemVerbs.controller(Given(controller), Given(problem));

        /// <summary>Limits the step size. A solve that needs a smaller step ends with StepTooSmall.</summary>
        /// <param name="dtMin">The smallest step size; default: 0.</param>
        /// <param name="dtMax">The largest step size; default: infinity.</param>
        /// <returns>The problem with these limits.</returns>
        /// <exception cref="InputException">unless 0 ≤ dtMin &lt; dtMax.</exception>
        public Problem<E, S> DtBetween(double dtMin, double dtMax) =>
            ProblemVerbs.dtBetween(dtMin, dtMax, Given(problem));

        /// <summary>
        /// Sets the maximum number of steps, accepted and rejected; default: 100 000. A solve that needs more ends with
        /// MaxStepsReached.
        /// </summary>
        /// <param name="n">The number of steps.</param>
        /// <returns>The problem with this limit.</returns>
        /// <exception cref="InputException">unless n is positive.</exception>
        public Problem<E, S> MaxSteps(int n) => ProblemVerbs.maxSteps(n, Given(problem));

        /// <summary>
        /// Saves the state at these times, in the order of the solve. The steps do not depend on them: the interpolant
        /// gives the values. With noise, steps end at these times.
        /// </summary>
        /// <param name="times">
        /// [time], or [batch; time] with PerSample (not with noise). The derivative by an output time is f(t, y(t)),
        /// which differs from the slope of the interpolant by about the tolerance. Times that are arguments of a
        /// transform are checked at run time.
        /// </param>
        /// <returns>The problem with these output times.</returns>
        /// <exception cref="ShapeException">for a single number instead of [time].</exception>
        /// <exception cref="DtypeException">for times that are not floats.</exception>
        public Problem<E, S> SaveAt(Tensor times) => ProblemVerbs.saveAt(Given(times), Given(problem));

        /// <summary>
        /// Saves the state after every n-th accepted step. The number of states is not known beforehand, so it is not
        /// supported inside a transform.
        /// </summary>
        /// <param name="n">1 saves every step.</param>
        /// <returns>The problem with these outputs.</returns>
        /// <exception cref="InputException">unless n is positive.</exception>
        public Problem<E, S> SaveSteps(int n) => ProblemVerbs.saveSteps(n, Given(problem));

        /// <summary>Also saves the state at t0.</summary>
        /// <returns>The problem with this output.</returns>
        public Problem<E, S> SaveStart() => ProblemVerbs.saveStart(Given(problem));

        /// <summary>Also saves the state at t1.</summary>
        /// <returns>The problem with this output.</returns>
        public Problem<E, S> SaveEnd() => ProblemVerbs.saveEnd(Given(problem));

        /// <summary>Sets times at which a step must end.</summary>
        /// <param name="times">Finite numbers, in any order.</param>
        /// <returns>The problem with these times.</returns>
        public Problem<E, S> StepAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.stepAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Sets times at which the field jumps: a step ends just before each, and the next step begins just after it.
        /// </summary>
        /// <param name="times">
        /// Numbers, or scalar tensors that can be differentiated: the derivative of the state by a time s is f(s⁻, y) −
        /// f(s⁺, y), propagated to the end.
        /// </param>
        /// <returns>The problem with these jumps.</returns>
        /// <exception cref="ShapeException">for a time that is not one number.</exception>
        public Problem<E, S> JumpAt(params ReadOnlySpan<double> times) =>
            ProblemVerbs.jumpAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Sets times at which the field jumps: a step ends just before each, and the next step begins just after it.
        /// </summary>
        /// <param name="times">
        /// Numbers, or scalar tensors that can be differentiated: the derivative of the state by a time s is f(s⁻, y) −
        /// f(s⁺, y), propagated to the end.
        /// </param>
        /// <returns>The problem with these jumps.</returns>
        /// <exception cref="ShapeException">for a time that is not one number.</exception>
        public Problem<E, S> JumpAt(params ReadOnlySpan<Tensor> times) =>
            ProblemVerbs.jumpAt(FSharp.List(times), Given(problem));

        /// <summary>
        /// Adds an event: a trigger (Event.Falling, Event.Rising or Event.Crossing) and an action (Event.Apply or
        /// Event.Stop). Can be used several times.
        /// </summary>
        /// <param name="trigger">The condition of the event.</param>
        /// <param name="action">The change of the state, or the end of the solve.</param>
        /// <returns>The problem with this event.</returns>
        /// <remarks>
        /// A step ends at the event and the method restarts. The time of the event and the state there are
        /// differentiable; the sensitivity jumps with the state. Simultaneous events happen in the order of these
        /// calls, up to one that ends the solve. An output at the time of an event is the state before it; outputs
        /// after the end of the solve are NaN. Without PerSample, all samples of a batch share the events.
        /// </remarks>
        public Problem<E, S> On(EventTrigger<S> trigger, EventAction<S> action) =>
            ProblemVerbs.on(Given(trigger), Given(action), Given(problem));

        /// <summary>
        /// Sets the maximum number of events; default: 1000. A further event ends the solve with TooManyEvents.
        /// </summary>
        /// <param name="n">The number of events.</param>
        /// <returns>The problem with this limit.</returns>
        /// <exception cref="InputException">unless n is positive.</exception>
        public Problem<E, S> MaxEvents(int n) => ProblemVerbs.maxEvents(n, Given(problem));

        /// <summary>
        /// Sets a custom error norm. A step is accepted at 1 or less. Default: the largest root mean square of the
        /// leaves.
        /// </summary>
        /// <param name="norm">From the scaled errors, a tree like the state, to one float.</param>
        /// <returns>The problem with this norm.</returns>
        public Problem<E, S> Norm(Func<S, Tensor> norm) => ProblemVerbs.norm(FSharp.Function(norm), Given(problem));

        /// <summary>Sets the gradient method of reverse mode; default: Gradients.Checkpointed.</summary>
        /// <param name="method">The gradient method.</param>
        /// <returns>The problem with this gradient method.</returns>
        public Problem<E, S> Gradient(Gradient method) => ProblemVerbs.gradient(Given(method), Given(problem));

        /// <summary>
        /// Sets the errors that control the steps of a differentiated solve; default: ErrorControl.StateAndDerivatives.
        /// </summary>
        /// <param name="control">ErrorControl.StateOnly or ErrorControl.StateAndDerivatives.</param>
        /// <returns>The problem with this error control.</returns>
        /// <remarks>
        /// If a solve is differentiated, its steps also control the error of the derivative: they propagate a random
        /// tangent and control its error where the error of the state gives no information, such as at rest.
        /// Problem.ErrorControl(ErrorControl.StateOnly) turns this off. If a tangent controlled a step, the value
        /// computed together with a derivative may differ from that of the plain solve, within the tolerance. The
        /// backward solves of Backsolve control their own error. Steps of constant size control no error.
        /// </remarks>
        public Problem<E, S> ErrorControl(ErrorControl control) =>
            ProblemVerbs.errorControl(Given(control), Given(problem));

        /// <summary>
        /// Solves each row of the state independently, with its own steps, error and status. The field gets one sample
        /// and a time [].
        /// </summary>
        /// <returns>The problem with one solve per sample.</returns>
        /// <remarks>
        /// The first axis of every leaf of y0 is the batch. t0 and t1 may be [batch], output times [batch; time].
        /// </remarks>
        public Problem<E, S> PerSample() => ProblemVerbs.perSample(Given(problem));

        /// <summary>
        /// Calls back at the start and after every step. Inside a transform, where the solve is a part of another
        /// function, it never calls back.
        /// </summary>
        /// <param name="report">Gets the time reached and the number of steps.</param>
        /// <returns>The problem with this callback.</returns>
        public Problem<E, S> Progress(Action<SolveProgress> report) =>
            ProblemVerbs.progress(FSharp.Function(report), Given(problem));

        /// <summary>
        /// Ends the solve with Cancelled before the next step when the token is cancelled. Inside a transform, the
        /// token of the call applies instead: Engine.Cancellable.
        /// </summary>
        /// <param name="token">The token.</param>
        /// <returns>The problem with this token.</returns>
        public Problem<E, S> Cancel(CancellationToken token) => ProblemVerbs.cancel(token, Given(problem));

        /// <summary>
        /// Solves the problem. If the solve does not reach the end, the solution has its Status and FailureOrNull, and
        /// values that were not reached are NaN.
        /// </summary>
        /// <returns>The solution.</returns>
        public Solution<S> TrySolve() => ProblemVerbs.trySolve(Given(problem));

        /// <summary>Solves the problem, and raises an exception if the solve does not reach the end.</summary>
        /// <returns>The solution.</returns>
        /// <remarks>
        /// Inside a transform the exception is raised when the transformed function has run. SolveCancelledException is
        /// an OperationCanceledException.
        /// </remarks>
        /// <exception cref="SolveException">if the solve stops early; it holds the results up to there.</exception>
        /// <exception cref="SolveCancelledException">if the solve is cancelled.</exception>
        public Solution<S> Solve() => ProblemVerbs.solve(Given(problem));

        /// <summary>Solves the problem and returns only the saved states.</summary>
        /// <returns>Every leaf with a leading time axis, [time; …], or [batch; time; …] with PerSample.</returns>
        /// <exception cref="SolveException">if the solve stops early.</exception>
        public S SolveYs() => ProblemVerbs.solveYs(Given(problem));

        /// <summary>Solves the problem and returns only the state at t1.</summary>
        /// <returns>A state like y0.</returns>
        /// <exception cref="SolveException">if the solve stops early.</exception>
        public S SolveFinal() => ProblemVerbs.solveFinal(Given(problem));

        /// <summary>
        /// The solve as an integrator, to be stepped by hand: for control loops, games, animations and custom stopping
        /// rules.
        /// </summary>
        /// <returns>The integrator at t0.</returns>
        /// <remarks>
        /// Its steps are those of Problem.Solve, bit for bit. It works on numbers only: inside a transform use
        /// Problem.Solve.
        /// </remarks>
        /// <exception cref="InputException">for output times, PerSample and progress.</exception>
        /// <exception cref="TraceException">inside a transform.</exception>
        public Integrator<S> Integrator() => ProblemVerbs.integrator(Given(problem));
    }
}

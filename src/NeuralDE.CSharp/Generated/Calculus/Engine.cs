// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Inspection of traced functions, and settings of the engine.</summary>
public static partial class Engine
{
    /// <summary>
    /// Runs f. If the token is cancelled, a running solve in f ends before its next step, and so does the backward pass
    /// of its gradient.
    /// </summary>
    /// <param name="token">The token. It also applies within compiled functions, which received no token.</param>
    /// <param name="f">Such as () =&gt; predict(x).</param>
    /// <returns>
    /// The result of f. Cancelled solves end with the status Cancelled: Problem.Solve and compiled functions raise
    /// SolveCancelledException; Problem.TrySolve returns the part before the cancellation. A cancelled gradient raises
    /// OperationCanceledException: a part of it is no result.
    /// </returns>
    /// <remarks>SolveCancelledException is an OperationCanceledException.</remarks>
    public static T Cancellable<T>(CancellationToken token, Func<T> f) =>
        EngineModule.cancellable(token, FSharp.Function(f));

    /// <summary>
    /// All stages of a function as text: its traced graph, the graph that runs, its forward and reverse derivatives,
    /// and the plan of its value.
    /// </summary>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">An argument, for its structure and shapes.</param>
    /// <returns>The text, without running f.</returns>
    /// <remarks>
    /// Each graph is a list of nodes, one per line: number, operation, arguments, dtype and shape. Inner graphs (calls,
    /// loop bodies, branches) follow. Every stage is verified. The plan is a list of instructions in order;
    /// element-wise operations that run in one pass are on one line, with their number of elements. Equal functions
    /// give equal text.
    /// </remarks>
    public static string Explain<A, B>(Func<A, B> f, A x) => EngineModule.explain(FSharp.Function(f), x);

    /// <summary>Where the time of a compiled function goes: its plan with the time of each instruction.</summary>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">The argument of all runs.</param>
    /// <returns>The times of one run; its text is a table.</returns>
    /// <remarks>
    /// It runs f for 0.8 s, at least twice: first until code is compiled, then with a clock around each instruction,
    /// which adds about 50 nanoseconds to each. A loop that runs by lanes has no time in its inner instructions: one
    /// compiled kernel has replaced them. Times are those of the calling thread.
    /// </remarks>
    /// <exception cref="InputException">
    /// It is called inside a traced function; or the function has no plan, because it uses the rows of a solve whose
    /// number is unknown before the run.
    /// </exception>
    /// <exception cref="DeviceException">Tensors are on another device.</exception>
    public static Profile Profile<A, B>(Func<A, B> f, A x) => EngineModule.profile(FSharp.Function(f), x);
}

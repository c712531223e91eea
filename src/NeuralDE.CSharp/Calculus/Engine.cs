namespace NeuralDE;

/// <summary>Inspection of traced functions, and settings of the engine.</summary>
public static class Engine
{
    /// <summary>
    /// How many threads share the work of large operations: as many as there are processor cores, or NEURALDE_THREADS if that
    /// environment variable was set. Results do not depend on it, to the last bit. 1: only the caller's.
    /// </summary>
    /// <exception cref="InputException">if it is set to less than 1.</exception>
    public static int Threads
    {
        get => EngineModule.threads();
        set => EngineModule.setThreads(value);
    }

    /// <summary>Runs f. If the token is cancelled, a running solve in f ends before its next step.</summary>
    /// <param name="token">The token. It also applies within compiled functions, which received no token.</param>
    /// <param name="f">Such as () =&gt; predict(x).</param>
    /// <returns>
    /// What f returns. Solves that were stopped end in the status Cancelled: Solve and compiled functions throw
    /// SolveCancelledException, an OperationCanceledException; TrySolve returns what there was.
    /// </returns>
    public static T Cancellable<T>(CancellationToken token, Func<T> f) =>
        EngineModule.cancellable(token, FSharp.Function(f));

    /// <summary>
    /// All stages of a function as text: its traced graph, the graph that runs, its forward and reverse derivatives,
    /// and the plan of its value.
    /// </summary>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">An argument, for its structure and shapes.</param>
    /// <remarks>
    /// Each graph is a list of nodes, one per line: number, operation, arguments, dtype and shape. Inner graphs
    /// (calls, loop bodies, branches) follow. The plan is a list of instructions in order; element-wise operations
    /// that run in one pass are on one line, with their number of elements. Equal functions give equal text.
    /// </remarks>
    public static string Explain<A, B>(Func<A, B> f, A x) => EngineModule.explain(FSharp.Function(f), x);
}

namespace NeuralDE;

/// <summary>What the library makes of a function, and on how many threads it runs.</summary>
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

    /// <summary>Runs f; a solve in it that is under way when the token is cancelled ends before its next step.</summary>
    /// <param name="token">Also reaches into compiled functions, which no token was given to.</param>
    /// <param name="f">Such as () => predict(x).</param>
    /// <returns>
    /// What f returns. Solves that were stopped end in the status Cancelled: Solve and compiled functions throw
    /// SolveException, TrySolve returns what there was.
    /// </returns>
    public static T Cancellable<T>(CancellationToken token, Func<T> f) =>
        EngineModule.cancellable(token, FSharp.Function(f));

    /// <summary>
    /// Every stage of a function's way, as text: traced, as it runs, its forward and its reverse derivative, and
    /// the plan of its value.
    /// </summary>
    /// <remarks>
    /// Each graph is a list of nodes, one a line: number, operation, arguments, dtype and shape. Graphs within it (calls, loop
    /// bodies, branches) follow. The plan is a list of instructions in order: element-wise operations that run in one pass
    /// stand on one line, with their count of elements. Equal functions give equal text.
    /// </remarks>
    /// <param name="f">A function of a tree.</param>
    /// <param name="x">An argument, for its structure and shapes.</param>
    public static string Explain<A, B>(Func<A, B> f, A x) => EngineModule.explain(FSharp.Function(f), x);
}

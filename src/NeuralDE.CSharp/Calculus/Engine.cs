namespace NeuralDE;

public static partial class Engine
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
}

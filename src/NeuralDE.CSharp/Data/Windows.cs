namespace NeuralDE;

/// <summary>Windows that slide over a series.</summary>
public static class Windows
{
    /// <summary>
    /// Every window of so many times, the next one <paramref name="stride"/> times later, with the times that
    /// follow it.
    /// </summary>
    /// <param name="length">Times in a window.</param>
    /// <param name="horizon">Times after it; 0 for none.</param>
    /// <param name="stride">Times from the start of one window to that of the next.</param>
    /// <param name="series">A tensor [time; …], or a tree of such, as (times, values).</param>
    /// <returns>
    /// (time − length − horizon) / stride + 1 windows, rounded down; times at the end that fill no window are left.
    /// </returns>
    /// <remarks>InputException if not even one fits. Split by time first: windows overlap.</remarks>
    public static Windows<T> Slide<T>(int length, int horizon, int stride, T series) =>
        WindowsModule.slide(length, horizon, stride, series);
}

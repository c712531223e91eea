// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>Sliding windows over a series.</summary>
public static partial class Windows
{
    /// <summary>
    /// All windows of <paramref name="length"/> times, each with the <paramref name="horizon"/> times after it. Each
    /// window starts <paramref name="stride"/> times after the window before it.
    /// </summary>
    /// <param name="length">Number of times in a window.</param>
    /// <param name="horizon">Number of times after a window; 0 for none.</param>
    /// <param name="stride">Distance between the starts of two windows, in times.</param>
    /// <param name="series">A tensor [time; …], or a tree of such tensors, such as (times, values).</param>
    /// <returns>
    /// (time − length − horizon) / stride + 1 windows, rounded down. Remaining times at the end are dropped.
    /// </returns>
    /// <remarks>
    /// InputException if no window fits; ShapeException for tensors of different lengths; TreeException without
    /// tensors. Windows overlap, so split the series by time first.
    /// </remarks>
    public static Windows<T> Slide<T>(int length, int horizon, int stride, T series) =>
        WindowsModule.slide(length, horizon, stride, series);
}

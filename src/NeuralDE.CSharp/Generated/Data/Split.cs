// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// Splits data into training, validation and test parts. The data are a tree whose tensors have samples, or times,
/// along their first axis.
/// </summary>
public static partial class Split
{
    /// <summary>
    /// Assigns the samples to the parts at random. The result depends only on the key and the number of samples.
    /// </summary>
    /// <param name="key">A key that is used for this split only.</param>
    /// <param name="validation">The fraction for validation, such as 0.1; 0 for none.</param>
    /// <param name="test">The fraction for the test; 0 for none.</param>
    /// <param name="data">A tree whose tensors have samples along their first axis.</param>
    /// <returns>The three parts.</returns>
    /// <remarks>
    /// Do not use it for the rows of a time series: a model that has seen 3 and 5 o'clock knows 4 o'clock. Use ByTime.
    /// InputException for a fraction outside [0, 1), for too few samples and for data without tensors; ShapeException
    /// for tensors of different lengths.
    /// </remarks>
    public static Split<T> Samples<T>(Key key, double validation, double test, T data) =>
        SplitModule.samples(Given(key), validation, test, data);

    /// <summary>
    /// Splits data by time, for forecasts: the first times for training, the next for validation, the last for the
    /// test.
    /// </summary>
    /// <param name="validation">The fraction for validation; 0 for none.</param>
    /// <param name="test">The fraction for the test; 0 for none.</param>
    /// <param name="data">A tree whose tensors have times along their first axis.</param>
    /// <returns>The three parts.</returns>
    /// <remarks>
    /// InputException for a fraction outside [0, 1), for too few times and for data without tensors; ShapeException for
    /// tensors of different lengths.
    /// </remarks>
    public static Split<T> ByTime<T>(double validation, double test, T data) =>
        SplitModule.byTime(validation, test, data);
}

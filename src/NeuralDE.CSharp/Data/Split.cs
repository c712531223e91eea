namespace NeuralDE;

/// <summary>Parts of data: of a tree of tensors whose first axes are the samples, or the times.</summary>
public static class Split
{
    /// <summary>
    /// Each sample into one of the parts, by chance: which, depends on the key and their number only.
    /// </summary>
    /// <param name="key">Of this split and nothing else.</param>
    /// <param name="validation">The share to validate with, such as 0.1; 0 for none.</param>
    /// <param name="test">The share to test with.</param>
    /// <param name="data">A tree whose tensors have samples along their first axis.</param>
    /// <remarks>
    /// Rows of a time series are no samples: a model that has seen 3 and 5 o'clock knows 4 o'clock. Use ByTime.
    /// </remarks>
    public static Split<T> Samples<T>(Key key, double validation, double test, T data) =>
        SplitModule.samples(Given(key), validation, test, data);

    /// <summary>As Samples, for a list of anything, such as series of different lengths.</summary>
    public static Split<T[]> Items<T>(Key key, double validation, double test, params ReadOnlySpan<T> data)
    {
        ArgumentNullException.ThrowIfNull(key);

        var parts = SplitModule.items(key, validation, test, FSharp.List(data));
        return new Split<T[]>([.. parts.Train], [.. parts.Validation], [.. parts.Test]);
    }

    /// <summary>The first times to train with, the next to validate, the last to test: for forecasts.</summary>
    /// <param name="validation">The share to validate with; 0 for none.</param>
    /// <param name="test">The share to test with.</param>
    /// <param name="data">A tree whose tensors have times along their first axis.</param>
    public static Split<T> ByTime<T>(double validation, double test, T data) =>
        SplitModule.byTime(validation, test, data);
}

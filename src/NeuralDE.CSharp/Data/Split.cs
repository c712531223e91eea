namespace NeuralDE;

public static partial class Split
{
    /// <summary>
    /// Assigns the items of a list to the parts at random, like Samples. The items may be of any type, such as series
    /// of different lengths.
    /// </summary>
    /// <remarks>Not one by one: a collection would then be taken for one item.</remarks>
    /// <param name="key">A key that is used for this split only.</param>
    /// <param name="validation">The fraction for validation, such as 0.1; 0 for none.</param>
    /// <param name="test">The fraction for the test; 0 for none.</param>
    /// <param name="data">The items.</param>
    public static Split<T[]> Items<T>(Key key, double validation, double test, ReadOnlySpan<T> data)
    {
        ArgumentNullException.ThrowIfNull(key);

        var parts = SplitModule.items(key, validation, test, FSharp.List(data));
        return new Split<T[]>([.. parts.Train], [.. parts.Validation], [.. parts.Test]);
    }

    /// <summary>As Items of a span, for any collection.</summary>
    public static Split<T[]> Items<T>(Key key, double validation, double test, IEnumerable<T> data) =>
        Items(key, validation, test, Given(data).ToArray().AsSpan());
}

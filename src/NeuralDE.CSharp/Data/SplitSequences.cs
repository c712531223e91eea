namespace NeuralDE;

// Collections as the items to split. Overloads, since a list would else be taken for one item.
public static partial class Split
{
    /// <summary>As Items of several, for a list.</summary>
    public static Split<T[]> Items<T>(Key key, double validation, double test, List<T> data) =>
        Items<T>(key, validation, test, Given(data).ToArray());

    /// <summary>As Items of several, for a list that is read only.</summary>
    public static Split<T[]> Items<T>(Key key, double validation, double test, IReadOnlyList<T> data) =>
        Items<T>(key, validation, test, Given(data).ToArray());

    /// <summary>As Items of several, for any collection.</summary>
    public static Split<T[]> Items<T>(Key key, double validation, double test, IEnumerable<T> data) =>
        Items<T>(key, validation, test, Given(data).ToArray());
}

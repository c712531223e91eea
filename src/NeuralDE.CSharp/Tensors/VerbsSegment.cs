namespace NeuralDE;

// Verbs: groups of rows. An id outside 0 .. count − 1 is an InputException.
public static partial class Verbs
{
    /// <summary>The maximum of each group's rows; of none −∞ (of integers their smallest).</summary>
    public static Tensor SegmentMax(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentMax(Given(ids), count, Given(x));

    /// <summary>The mean of each group's rows; of none 0.</summary>
    public static Tensor SegmentMean(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentMean(Given(ids), count, Given(x));

    /// <summary>The sum of each group's rows; of none 0. Integers and bools add up to int64.</summary>
    public static Tensor SegmentSum(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentSum(Given(ids), count, Given(x));
}

// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

public static partial class Verbs
{
    /// <summary>The sum of the rows of each group; 0 for an empty group. For integers and bools it is int64.</summary>
    public static Tensor SegmentSum(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentSum(Given(ids), count, Given(x));

    /// <summary>
    /// The maximum of the rows of each group; −∞ for an empty group, or the smallest integer of the dtype.
    /// </summary>
    public static Tensor SegmentMax(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentMax(Given(ids), count, Given(x));

    /// <summary>The mean of the rows of each group; 0 for an empty group.</summary>
    public static Tensor SegmentMean(Tensor x, Tensor ids, int count) =>
        SegmentVerbsModule.segmentMean(Given(ids), count, Given(x));
}

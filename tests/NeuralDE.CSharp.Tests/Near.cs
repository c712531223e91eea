namespace FaceTests;

/// <summary>Comparison of numbers, with messages that state the value received and the value expected.</summary>
internal static class Near
{
    /// <summary>Each element within a tolerance, absolute and relative.</summary>
    public static void Equal(Tensor got, double[] expected, double tolerance)
    {
        var numbers = got.ToArray();
        var isNear =
            numbers.Length == expected.Length
            && numbers.Zip(expected).All(p => Math.Abs(p.First - p.Second) <= tolerance * (1.0 + Math.Abs(p.Second)));
        Assert.True(isNear, $"Got {got}, expected [{string.Join("; ", expected)}] within {tolerance}.");
    }

    public static void Equal(Tensor got, Tensor expected, double tolerance)
    {
        Assert.Equal(expected.Shape, got.Shape);
        Equal(got, expected.ToArray(), tolerance);
    }

    public static void Equal(Tensor got, double expected, double tolerance) => Equal(got, [expected], tolerance);
}

using NeuralDE.Examples;

namespace FaceTests;

/// <summary>The custom parts of examples/csharp/Extend.cs.</summary>
public class ExtendTests
{
    public static TheoryData<int> Places => [.. Enumerable.Range(0, Extend.Parts.Count)];

    [Theory]
    [MemberData(nameof(Places))]
    public void A_custom_part_gives_correct_results(int place)
    {
        var c = Extend.Parts[place]();
        Assert.True(Math.Abs(c.Own - c.Right) <= c.Within, $"{c.Part}: got {c.Own}, right is {c.Right}");
    }
}

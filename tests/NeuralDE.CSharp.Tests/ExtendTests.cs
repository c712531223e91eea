using NeuralDE.Examples;

namespace FaceTests;

/// <summary>The parts of examples/csharp/Extend.cs, which its user wrote.</summary>
public class ExtendTests
{
    public static TheoryData<int> Places => [.. Enumerable.Range(0, Extend.Parts.Count)];

    [Theory]
    [MemberData(nameof(Places))]
    public void A_part_that_its_user_wrote_gives_what_is_right(int place)
    {
        var c = Extend.Parts[place]();
        Assert.True(Math.Abs(c.Own - c.Right) <= c.Within, $"{c.Part}: got {c.Own}, right is {c.Right}");
    }
}

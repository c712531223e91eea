using System.Reflection;
using FaceTests.Surface;
using NeuralDE;

// A user's namespace: within NeuralDE its types would win over the verbs that a package's using imports.
namespace Elsewhere.Programs;

/// <summary>Verbs and types can be used together in any namespace.</summary>
public class NamesTests
{
    [Fact]
    public void No_verb_has_the_name_of_a_type()
    {
        var types = Face
            .OfCore.Concat(Face.Types)
            .Where(type => type.DeclaringType is null && type.Namespace == nameof(NeuralDE))
            .Select(type => type.Name.Split('`')[0])
            .ToHashSet();
        string[] both = [.. typeof(Verbs).GetMembers().Select(m => m.Name).Where(types.Contains).Distinct()];

        Assert.True(types.Count > 200, $"Got {types.Count} types, expected the core's and the face's.");
        Assert.True(
            both.Length == 0,
            $"Got {string.Join(", ", both)} as verbs and as types, expected one meaning a name. Rename the verb."
        );
    }

    // What compiles here is the test: CS0119 where a verb hides a type.
    [Fact]
    public void A_program_in_its_own_namespace_uses_layers_splits_and_verbs()
    {
        var key = new Key(0);
        var images = Randn(key, 6, 4, 8, 8);
        var layer = Conv2d.Init(new() { Padding = [1] }, key, 4, 6, 3, 3);
        Assert.Equal([6, 6, 8, 8], layer.Apply(images).Shape);
        Assert.Equal([6, 6, 6, 6], Convolve2d(images, Randn(key, 6, 4, 3, 3)).Shape);
        Assert.Equal([6, 6, 10, 10], ConvTranspose2d.Init(new(), key, 4, 6, 3, 3).Apply(images).Shape);
        Assert.Equal([6, 6, 10, 10], ConvolveTranspose2d(images, Randn(key, 4, 6, 3, 3)).Shape);

        var rows = Randn(key, 6, 4, 8);
        Assert.Equal([6, 5, 6], Conv1d.Init(new(), key, 4, 5, 3).Apply(rows).Shape);
        Assert.Equal([6, 5, 6], Convolve1d(rows, Randn(key, 5, 4, 3)).Shape);
        Assert.Equal([6, 5, 10], ConvTranspose1d.Init(new(), key, 4, 5, 3).Apply(rows).Shape);
        Assert.Equal([6, 5, 10], ConvolveTranspose1d(rows, Randn(key, 4, 5, 3)).Shape);

        Split<Tensor> parts = Split.ByTime(0.5, 0, rows);
        Assert.Equal([3, 4, 8], parts.Validation.Shape);
        Assert.Equal([2, 4], [.. SplitRows(rows, 2, 4).Select(part => part.Length)]);
    }
}

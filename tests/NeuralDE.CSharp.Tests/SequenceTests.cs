using System.Reflection;
using FaceTests.Surface;

namespace FaceTests;

/// <summary>Several arguments are given one by one, or as any collection.</summary>
public class SequenceTests
{
    private static readonly Tensor A = Tensor.Of(1.0, 2.0);
    private static readonly Tensor B = Tensor.Of(3.0, 4.0);
    private static readonly double[] Both = [1.0, 2.0, 3.0, 4.0];

    public static TheoryData<string> Kinds => ["one by one", "array", "list", "query", "read only", "literal", "span"];

    private static Tensor Joined(string kind)
    {
        Tensor[] array = [A, B];
        List<Tensor> list = [A, B];
        IReadOnlyList<Tensor> readOnly = list;
        ReadOnlySpan<Tensor> span = array;
        return kind switch
        {
            "one by one" => Concat(A, B),
            "array" => Concat(array),
            "list" => Concat(list),
            "query" => Concat(from x in list select x),
            "read only" => Concat(readOnly),
            "literal" => Concat([A, B]),
            "span" => Concat(span),
            _ => throw new ArgumentException(kind),
        };
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_collection_binds(string kind) => Assert.Equal(Both, Joined(kind).ToArray());

    [Fact]
    public void Verbs_on_collections()
    {
        List<Tensor> list = [A, B];
        List<int> shape = [2, 2];
        Assert.Equal([2, 2], Stack(list).Shape);
        Assert.Equal([2, 2], StackAlong(1, list).Shape);
        Assert.Equal([4], ConcatAlong(-1, list).Shape);
        Assert.Equal(2, Meshgrid(list).Length);
        Assert.Equal(11.0, (double)Einsum("i,i->", list));
        Assert.Equal([2, 2], Zeros(shape).Shape);
        Assert.Equal([2, 2], Zeros(shape.ToArray()).Shape);
        Assert.Equal([2, 2], Reshape(Concat(list), shape).Shape);
        Assert.Equal([2, 2], Randn(new Key(1), shape.Select(n => n)).Shape);
        Assert.Equal(2, Mlp.Init(new Key(1), new List<int> { 2, 3, 1 }).Layers.Length);
    }

    [Fact]
    public void Series_and_plots_on_collections()
    {
        var one = Series.Create(
            Tensor.Of(0.0, 1.0),
            Tensor.Of([
                [1.0],
                [2.0],
            ])
        );
        List<Series> series = [one, one];
        Assert.Equal([2, 2, 1], Series.Pad(series).Values.Shape);
        Assert.Equal([2, 2, 1], Series.Align(series.AsEnumerable()).Values.Shape);
        Assert.Equal([2], Series.UnionOfTimes(series).Shape);
        List<(string, Tensor, Tensor)> lines = [("a", A, B), ("b", A, A)];
        Assert.Contains("</svg>", Plot.Trajectories(lines).Svg());
    }

    [Fact]
    public void A_list_of_items_is_split_and_is_not_one_item()
    {
        int[] numbers = [.. Enumerable.Range(0, 10)];
        IReadOnlyList<int> readOnly = numbers;
        var expected = Split.Items(new Key(2), 0.1, 0.1, numbers).Train;
        Assert.Equal(8, expected.Length);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, numbers.ToList()).Train);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, readOnly).Train);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, numbers.Where(n => n >= 0)).Train);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, numbers.ToHashSet()).Train);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, new Queue<int>(numbers)).Train);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, numbers.AsSpan()).Train);
        Assert.Equal(expected, Split.Items(new Key(2), 0.1, 0.1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).Train);
        Assert.Equal(["a"], Split.Items(new Key(2), 0.0, 0.0, ["a"]).Train);
    }

    [Fact]
    public void Times_on_collections()
    {
        List<double> times = [0.0, 0.5, 1.0];
        var problem = Ode.Problem((_, y) => -y, A, 0, 1);
        Assert.Equal(times, problem.SaveAt(times).Solve().Ts.ToArray());
        Assert.Equal(times, problem.SaveAt(times.ToArray()).Solve().Ts.ToArray());
        Assert.Equal(times, problem.SaveAt([0.0, 0.5, 1.0]).Solve().Ts.ToArray());
        Assert.True(problem.StepAt(times).JumpAt(times.Where(t => t > 0 && t < 1)).Solve().Status.IsSuccess);
    }

    /// <summary>What several are given to.</summary>
    private static IEnumerable<(MethodInfo Method, Type Element)> OfSeveral() =>
        from type in Face.Types
        from method in Face.Methods(type)
        let last = method.GetParameters().LastOrDefault()?.ParameterType
        where last is { IsGenericType: true } && last.GetGenericTypeDefinition() == typeof(ReadOnlySpan<>)
        select (method, last.GetGenericArguments()[0]);

    [Fact]
    public void Whatever_takes_several_takes_any_collection_of_them()
    {
        static string Leading(MethodInfo method) =>
            string.Join(", ", method.GetParameters().SkipLast(1).Select(p => TypeText.CSharp(p.ParameterType)));

        var all = OfSeveral().ToList();
        var missing =
            from entry in all
            let wanted = $"IEnumerable<{TypeText.CSharp(entry.Element)}>"
            where
                !Face.ByName[entry.Method.Name]
                    .Any(other =>
                        other.GetParameters() is { Length: > 0 } parameters
                        && TypeText.CSharp(parameters[^1].ParameterType) == wanted
                        && Leading(other) == Leading(entry.Method)
                    )
            select $"{entry.Method.Name}({Leading(entry.Method)}, {wanted})";

        string[] lines = [.. missing];
        Assert.True(all.Count > 60, $"Got {all.Count} methods of several, expected more than 60.");
        Assert.True(
            lines.Length == 0,
            $"Got {lines.Length} methods that take no collection, expected none. Add them to Sequences.cs or VerbsSequences.cs.\n  "
                + string.Join("\n  ", lines)
        );
    }
}

using System.Text.Json;

namespace FaceTests;

/// <summary>Tensors, keys, models and solutions in the JSON of a C# program.</summary>
public class JsonTests
{
    public sealed record State(string Name, Tensor Y, Key Noise, Mlp Net, (Tensor Left, double Right) Pair);

    public sealed record Question
    {
        public required Tensor Y0 { get; init; }
        public Tensor? Times { get; init; }
    }

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web)
    {
        Converters = { new TreeJsonConverter() },
    };

    private static void Same<T>(T expected, T got)
    {
        var (a, b) = (Tree.Leaves(expected), Tree.Leaves(got));
        Assert.Equal(a.Select(leaf => leaf.Path), b.Select(leaf => leaf.Path));
        foreach (var (x, y) in a.Select(leaf => leaf.Leaf).Zip(b.Select(leaf => leaf.Leaf)))
        {
            Assert.Equal(x.Dtype, y.Dtype);
            Assert.Equal(x.Shape, y.Shape);
            Assert.Equal(x.ToArray(), y.ToArray());
        }
    }

    [Fact]
    public void A_record_of_CSharp_with_tensors_keys_and_models()
    {
        var state = new State(
            "a",
            Tensor.Of(0.1, double.NaN),
            new Key(7),
            Mlp.Init(new Key(1), 2, 3, 1),
            (Tensor.Of(1f), 0.5)
        );
        var text = JsonSerializer.Serialize(state, Web);
        Assert.StartsWith("{\"name\":\"a\",\"y\":{\"dtype\":\"float64\",\"shape\":[2],\"data\":[0.1,\"NaN\"]}", text);
        var got = JsonSerializer.Deserialize<State>(text, Web)!;
        Same(state, got);
        Assert.Equal(("a", 0.5), (got.Name, got.Pair.Right));
        Same(state, TreeJson.Read<State>(TreeJson.Write(state)));
        Same(state, TreeJson.ReadLike(state, TreeJson.Write(state)));
    }

    [Fact]
    public void Collections_and_absent_parts()
    {
        var tensors = new Dictionary<string, Tensor[]> { ["a"] = [Ones(2), Zeros(1)], ["b"] = [] };
        var got = JsonSerializer.Deserialize<Dictionary<string, Tensor[]>>(
            JsonSerializer.Serialize(tensors, Web),
            Web
        )!;
        Same(tensors["a"], got["a"]);
        Assert.Empty(got["b"]);
        var question = JsonSerializer.Deserialize<Question>(
            """{"y0":{"dtype":"bool","shape":[],"data":[true]}}""",
            Web
        )!;
        Assert.Null(question.Times);
        Assert.True((bool)question.Y0);
    }

    [Fact]
    public void A_bad_document_is_a_JsonException_with_a_path()
    {
        const string text = """{"y0":{"dtype":"float64","shape":[3],"data":[1,2]}}""";
        var error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Question>(text, Web));
        Assert.Equal("$.y0", error.Path);
        Assert.Contains("2 numbers", error.Message);
        Assert.Throws<InputException>(() => new TreeJsonConverter(0));
    }

    [Fact]
    public void A_solution_is_an_answer()
    {
        var solution = Ode.Problem((_, y) => -y, Tensor.Of(1.0), 0, 1).SaveAt(0.5, 1.0).Solve();
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(solution, Web));
        Assert.Equal("Success", document.RootElement.GetProperty("status").GetString());
        Same(solution.Ys, document.RootElement.GetProperty("ys").Deserialize<Tensor>(Web)!);
        Assert.Equal(solution.Stats.Steps, document.RootElement.GetProperty("stats").GetProperty("steps").GetInt32());
    }

    [Fact]
    public void A_neural_ode_is_read_by_an_example()
    {
        var model = NeuralOde.Of(dim: 2).Field(f => f.Linear(4).Tanh().Linear(2)).Build(seed: 1);
        var example = NeuralOde.Of(dim: 2).Field(f => f.Linear(4).Tanh().Linear(2)).Build(seed: 2);
        Same(model, TreeJson.ReadLike(example, TreeJson.Write(model)));
    }
}

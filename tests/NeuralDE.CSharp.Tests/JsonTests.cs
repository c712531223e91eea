using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

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

    public interface ILoss;

    public sealed record Weighted(Tensor Weights) : ILoss;

    public sealed record Part(Tensor W, int N);

    public sealed record WithFunction(Part Part, Func<Tensor, Tensor> Activation);

    public sealed record Outer(WithFunction[] Inner, Tensor Y);

    public sealed record WithInterface(ILoss Loss, Tensor Y);

    public sealed record Settings(Tensor Y, DayOfWeek Day, double Rate, float Worst, decimal Price, double[] Rates);

    public readonly record struct Cell(int RowIndex, int ColumnIndex);

    public sealed record Placed(Tensor X, Cell Where);

    public sealed record WithSecret(Tensor Y, [property: JsonIgnore] string? Token = null);

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

    private static void Refused(Action read, params string[] words)
    {
        var error = Assert.Throws<JsonException>(read);
        Assert.All(words, word => Assert.Contains(word, error.Message));
    }

    [Fact]
    public void A_part_that_is_missing_or_null_is_refused()
    {
        var one = TreeJson.Write(Ones(1));
        Refused(() => TreeJson.Read<Part>("{\"N\":3}"), "W");
        Refused(() => TreeJson.Read<Part>("{\"W\":null,\"N\":3}"), "W");
        Refused(() => TreeJson.Read<Part>($"{{\"W\":{one}}}"), "N");
        Refused(() => TreeJson.Read<Part[]>($"[{{\"W\":{one},\"N\":3}},{{\"N\":3}}]"), "W");
        Refused(() => TreeJson.ReadLike(new Part(Ones(1), 3), "{\"N\":3}"), "W is missing");
        Refused(() => TreeJson.ReadLike(new Part(Ones(1), 3), "{\"W\":null,\"N\":3}"), "W is null");
    }

    [Fact]
    public void A_function_and_an_interface_are_known_to_an_example_only()
    {
        var function = new WithFunction(new Part(Ones(1), 3), Tanh);
        Refused(() => TreeJson.Read<WithFunction>(TreeJson.Write(function)), "Activation is a function", "example");
        var outer = new Outer([function], Ones(2));
        Refused(() => TreeJson.Read<Outer>(TreeJson.Write(outer)), "Inner.Activation", "example");
        Assert.Equal(function.Activation, TreeJson.ReadLike(outer, TreeJson.Write(outer)).Inner[0].Activation);
        var text = TreeJson.Write(new WithInterface(new Weighted(Ones(2)), Ones(1)));
        Refused(() => TreeJson.Read<WithInterface>(text), "ILoss", "example");
        var example = new WithInterface(new Weighted(Zeros(1)), Zeros(1));
        Assert.Equal([2], ((Weighted)TreeJson.ReadLike(example, text).Loss).Weights.Shape);
    }

    [Fact]
    public void Static_parts_of_a_record_are_read_as_they_were_written()
    {
        var settings = new Settings(
            Ones(1),
            DayOfWeek.Friday,
            double.NaN,
            float.NegativeInfinity,
            1.10m,
            [0.5, double.NaN]
        );
        void Same(Settings got)
        {
            Assert.Equal((settings.Day, settings.Rate, settings.Worst), (got.Day, got.Rate, got.Worst));
            Assert.Equal(settings.Rates, got.Rates);
            Assert.Equal("1.10", got.Price.ToString(CultureInfo.InvariantCulture));
        }
        Same(TreeJson.Read<Settings>(TreeJson.Write(settings)));
        Same(TreeJson.Read<Settings[]>(TreeJson.Write(new[] { settings }))[0]);
        Same(
            TreeJson.Read<Dictionary<string, Settings>>(
                TreeJson.Write(new Dictionary<string, Settings> { ["a"] = settings })
            )["a"]
        );
        // a record in a tuple is written by the converter, with the names of the options
        var snake = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Converters = { new TreeJsonConverter() },
        };
        var placed = (new Placed(Ones(1), new Cell(1, 2)), new Cell(3, 4));
        var text = JsonSerializer.Serialize(placed, snake);
        Assert.Contains("{\"row_index\":1,\"column_index\":2}", text);
        var back = JsonSerializer.Deserialize<(Placed, Cell)>(text, snake);
        Assert.Equal((placed.Item1.Where, placed.Item2), (back.Item1.Where, back.Item2));
        var pair = JsonSerializer.Serialize((settings, 1), Web);
        Same(JsonSerializer.Deserialize<(Settings, int)>(pair, Web).Item1);
    }

    [Fact]
    public void An_example_with_a_part_that_is_null_reads_null()
    {
        var question = new Question { Y0 = Ones(2) };
        Assert.Null(TreeJson.ReadLike(question, TreeJson.Write(question)).Times);
        Same(question, TreeJson.ReadLike(question, TreeJson.Write(question)));
        var timed = question with { Times = Ones(3) };
        Same(timed, TreeJson.ReadLike(question, TreeJson.Write(timed)));
    }

    [Fact]
    public void Static_parts_of_a_record_must_be_those_of_the_example()
    {
        var text = TreeJson.Write(new Part(Ones(1), 3));
        Refused(() => TreeJson.ReadLike(new Part(Ones(1), 4), text), "N is 3, expected 4 as in the example");
    }

    [Fact]
    public void A_part_with_JsonIgnore_is_not_written()
    {
        var secret = new WithSecret(Ones(1), "token");
        var text = TreeJson.Write(secret);
        Assert.DoesNotContain("oken", text);
        Assert.Null(TreeJson.Read<WithSecret>(text).Token);
        Assert.Equal("token", TreeJson.ReadLike(secret, text).Token);
    }

    [Fact]
    public void Null_is_no_example()
    {
        var error = Assert.Throws<ArgumentNullException>(() =>
            TreeJson.ReadLike<Tensor>(null!, TreeJson.Write(Ones(1)))
        );
        Assert.Equal("like", error.ParamName);
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

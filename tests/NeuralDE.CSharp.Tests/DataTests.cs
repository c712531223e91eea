namespace FaceTests;

/// <summary>Files, and the preparation of their numbers.</summary>
public sealed class DataTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("neuralde").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    private string At(string name) => Path.Combine(folder, name);

    [Fact]
    public void Files_return_the_written_values()
    {
        var x = Randn(new Key(1), 3, 2);
        Npy.Write(At("x.npy"), x);
        Assert.Equal(x.ToArray(), Npy.Read(At("x.npy")).ToArray());
        Npz.Write(At("x.npz"), ("x", x), ("twice", 2.0 * x));
        Assert.Equal(["x", "twice"], Npz.Read(At("x.npz")).Select(array => array.Name));
        Safetensors.Write(At("x.safetensors"), [("who", "test")], ("x", x));
        Assert.Equal("test", Safetensors.Read(At("x.safetensors")).Metadata["who"]);
        Csv.Write(At("x.csv"), ["a", "b"], x);
        var table = Csv.Read(At("x.csv"));
        Assert.Equal(x.ToArray(), table.Columns("a", "b").ToArray());
        Assert.Equal(3, table.Column("b").Length);
        File.WriteAllText(At("semicolons.csv"), "a;b\n1;-\n2;3\n");
        var other = Csv.ReadWith(new() { Separator = ';', Missing = ["-"] }, At("semicolons.csv"));
        Assert.Equal([true, false, true, true], other.Mask("a", "b").ToBoolArray());
        Assert.Equal(["1", "2"], other.Texts("a"));
    }

    [Fact]
    public void Models_are_saved_with_the_paths_of_their_leaves()
    {
        var net = Mlp.Init(new Key(1), 2, 3, 1);
        Checkpoint.Save(At("net"), net);
        var loaded = Checkpoint.Load(At("net"), Mlp.Init(new Key(2), 2, 3, 1));
        Assert.Equal(net.Apply(Ones(2)).ToArray(), loaded.Apply(Ones(2)).ToArray());
        var mapped = Checkpoint.LoadMappedWith(
            new() { Partial = true },
            At("net"),
            path =>
                path == "Weight"
                    ? CheckpointSources.Named("Layers[0].Weight")
                    : CheckpointSources.Named("Layers[0].Bias"),
            Linear.Init(new Key(3), 2, 3)
        );
        Assert.Equal(net.Layers[0].Weight.ToArray(), mapped.Weight.ToArray());
    }

    [Fact]
    public void A_file_that_does_not_fit_is_named()
    {
        Checkpoint.Save(At("net"), Linear.Init(new Key(1), 2, 3));
        var error = Assert.Throws<FileException>(() => Checkpoint.Load(At("net"), Linear.Init(new Key(1), 2, 4)));
        Assert.Equal(At("net"), error.Path);
        Assert.Contains("Weight has shape [2; 3] in the file, and [2; 4] in the tree", error.Message);
    }

    [Fact]
    public void Data_are_normalised_split_and_cut_into_windows()
    {
        var x = 5.0 + 2.0 * Randn(new Key(1), 100, 2);
        var normaliser = Normaliser.Fit(Normalisation.Standard, x);
        Near.Equal(MeanAlong(normaliser.Apply(x), 0), [0.0, 0.0], 1e-12);
        Near.Equal(normaliser.Invert(normaliser.Apply(x)), x, 1e-12);
        var parts = Split.Samples(new Key(2), 0.2, 0.1, x);
        Assert.Equal((70, 20, 10), (parts.Train.Length, parts.Validation.Length, parts.Test.Length));
        Assert.Equal(8, Split.Items(new Key(2), 0.1, 0.1, Enumerable.Range(0, 10).ToArray()).Train.Length);
        Assert.Equal(x[..70].ToArray(), Split.ByTime(0.2, 0.1, x).Train.ToArray());
    }

    [Fact]
    public void Irregular_series_become_batches()
    {
        var one = Series.Create(
            Tensor.Of(0.0, 1.0, 2.0),
            Tensor.Of(
                new[,]
                {
                    { 1.0 },
                    { double.NaN },
                    { 3.0 },
                }
            )
        );
        var two = Series.Create(
            Tensor.Of(0.5, 1.0),
            Tensor.Of(
                new[,]
                {
                    { 4.0 },
                    { 5.0 },
                }
            )
        );
        Near.Equal(one.Resample(Tensor.Of(1.0)).Values, 2.0, 1e-15);
        Assert.Equal([0.0, 0.5, 1.0, 2.0], Series.UnionOfTimes(one, two).ToArray());
        var batch = Series.Pad(one, two);
        Assert.Equal([2, 3, 1], batch.Values.Shape);
        Assert.Equal(2, batch.Unpad()[1].Times.Length);
        Near.Equal(Series.MaskedMean(batch.Mask, batch.Values), 13.0 / 4.0, 1e-15);
    }
}

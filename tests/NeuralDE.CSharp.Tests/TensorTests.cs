namespace FaceTests;

public class TensorTests
{
    [Fact]
    public void The_type_of_the_numbers_is_the_dtype()
    {
        Assert.Equal(Dtype.Float64, Tensor.Of(1.0, 2.0).Dtype);
        Assert.Equal(Dtype.Float32, Tensor.Of(1f, 2f).Dtype);
        Assert.Equal(Dtype.Int32, Tensor.Of(1, 2).Dtype);
        Assert.Equal(Dtype.Int64, Tensor.Of(1L, 2L).Dtype);
        Assert.Equal(Dtype.Bool, Tensor.Of(true, false).Dtype);
        Assert.Equal(Dtype.Float64, Tensor.Of(1, 2.5).Dtype);
        // not float32, to which C# would convert the numbers of rows
        Assert.Equal(
            Dtype.Int32,
            Tensor
                .Of([
                    [1, 2],
                    [3, 4],
                ])
                .Dtype
        );
        Assert.Equal(
            Dtype.Int64,
            Tensor
                .Of([
                    [1L, 2L],
                    [3L, 4L],
                ])
                .Dtype
        );
        Assert.Equal(
            Dtype.Float32,
            Tensor
                .Of([
                    [1f, 2f],
                    [3f, 4f],
                ])
                .Dtype
        );
        Assert.Equal(
            Dtype.Float64,
            Tensor
                .Of([
                    [1, 2.5],
                    [3, 4],
                ])
                .Dtype
        );
        Assert.Equal(
            Dtype.Bool,
            Tensor
                .Of([
                    [true],
                    [false],
                ])
                .Dtype
        );
        Assert.Equal(
            [1.0, 2.0, 3.0, 4.0],
            Tensor
                .Of([
                    [1, 2],
                    [3, 4],
                ])
                .ToArray()
        );
        Assert.Throws<ShapeException>(() =>
            Tensor.Of([
                [1, 2],
                [3],
            ])
        );
        Assert.Equal(Dtype.Float32, Tensor.Of(new List<float> { 1f }).Dtype);
        Assert.Equal(Dtype.Float32, Tensor.Scalar(1f).Dtype);
        Tensor one = 1;
        Assert.Equal(Dtype.Float64, one.Dtype);
    }

    [Fact]
    public void Arrays_spans_and_sequences_make_tensors_of_their_shape()
    {
        double[] values = [1.0, 2.0, 3.0];
        ReadOnlySpan<double> span = values;
        Assert.Equal([3], Tensor.Of(values).Shape);
        Assert.Equal([2], Tensor.Of(span[1..]).Shape);
        Assert.Equal([3], Tensor.Of(values.Select(x => 2.0 * x)).Shape);
        Assert.Equal(
            [2, 1],
            Tensor
                .Of(
                    new[,]
                    {
                        { 1.0 },
                        { 2.0 },
                    }
                )
                .Shape
        );
        Assert.Equal(
            [2, 1],
            Tensor
                .Of([
                    [1.0],
                    [2.0],
                ])
                .Shape
        );
        Assert.Equal([1, 2, 1], Tensor.Of(new double[1, 2, 1]).Shape);
        Assert.Equal(
            [2, 1],
            Tensor
                .Of(
                    new[,]
                    {
                        { 1f },
                        { 2f },
                    }
                )
                .Shape
        );
        Assert.Empty(Tensor.Scalar(2.0).Shape);
    }

    [Fact]
    public void A_tensor_of_an_array_does_not_change_with_it()
    {
        double[] values = [1.0, 2.0];
        var x = Tensor.Of(values);
        values[0] = 7.0;
        Assert.Equal([1.0, 2.0], x.ToArray());
    }

    [Fact]
    public void Indices_and_ranges_read_as_those_of_arrays()
    {
        var x = Tensor.Of(0.0, 1.0, 2.0, 3.0);
        Assert.Equal(3.0, (double)x[-1]);
        Assert.Equal(3.0, (double)x[^1]);
        Assert.Equal([1.0, 2.0], x[1..3].ToArray());
        Assert.Equal([2.0, 3.0], x[2..].ToArray());
        Assert.Equal([0.0, 1.0, 2.0], x[..^1].ToArray());
        Assert.Equal(
            4.0,
            (double)
                Tensor.Of(
                    new[,]
                    {
                        { 1.0, 2.0 },
                        { 3.0, 4.0 },
                    }
                )[1, 1]
        );
    }

    [Fact]
    public void A_range_out_of_bounds_is_refused_with_the_shape()
    {
        var error = Assert.Throws<ShapeException>(() => Tensor.Of(0.0, 1.0)[1..3]);
        Assert.Equal("[1..3] is outside axis 0 of shape [2]. Use a range within 0..2.", error.Message);
    }

    [Fact]
    public void Ranges_that_are_too_long_are_refused()
    {
        var x = Tensor.Of(0.0, 1.0, 2.0);
        Assert.Throws<ShapeException>(() => x[0..4]);
        Assert.Throws<ShapeException>(() => x[^4..]);
        Assert.Throws<ShapeException>(() => x[2..1]);
        Assert.Throws<ShapeException>(() => x.Slice(1, int.MaxValue));
        Assert.Empty(x[3..].ToArray());
    }

    [Fact]
    public void Labels_and_indices_out_of_range_are_refused_also_compiled()
    {
        var table = Tensor.Of(1.0, 2.0, 3.0);
        var index = Tensor.Of(0, 3);
        Assert.Equal(
            "take: index 3 is outside. Use 0 to 2.",
            Assert.Throws<InputException>(() => Take(table, 0, index)).Message
        );
        var taken = Calculus.Compile((Tensor i) => Take(table, 0, i));
        Assert.Equal([1.0, 3.0], taken(Tensor.Of(0, 2)).ToArray());
        Assert.Throws<InputException>(() => taken(index));
        var scores = Reshape(Arange(0.0, 6.0, 1.0), 2, 3);
        var loss = Calculus.Compile((Tensor labels) => Loss.CrossEntropy(labels, scores));
        Assert.Throws<InputException>(() => loss(index));
    }

    [Fact]
    public void Sums_of_integers_and_bools_are_int64()
    {
        var sum = Sum(Tensor.Of(int.MaxValue, 1));
        Assert.Equal(Dtype.Int64, sum.Dtype);
        Assert.Equal(2147483648L, (long)sum);
        Assert.Throws<InputException>(() => (int)sum);
        Assert.Equal(2, (int)Sum(Tensor.Of(1.0, -1.0, 2.0) > 0.0));
    }

    [Fact]
    public void Comparisons_and_logic_are_operators()
    {
        var x = Tensor.Of(-1.0, 0.0, 2.0, double.NaN);
        var y = Tensor.Of(0.0, 0.0, 1.0, 1.0);
        Assert.Equal([true, false, false, false], (x < y).ToBoolArray());
        Assert.Equal([true, true, false, false], (x <= y).ToBoolArray());
        Assert.Equal([false, false, true, false], (x > 0).ToBoolArray());
        Assert.Equal([false, true, true, false], (x >= 0.0).ToBoolArray());
        Assert.Equal([true, false, false, false], (0.0 > x).ToBoolArray());
        Assert.Equal([true, true, false, false], (0.0 >= x).ToBoolArray());
        Assert.Equal([false, false, true, false], (0 < x).ToBoolArray());
        Assert.Equal([false, true, true, false], (0 <= x).ToBoolArray());
        Assert.Equal([false, true, false, false], Verbs.Equal(x, 0.0).ToBoolArray());
        Assert.Equal([true, false, true, true], NotEqual(x, 0.0).ToBoolArray());
        Assert.Equal([false, false, true, true], (!(x < 1.0)).ToBoolArray());
        Assert.Equal([false, true, false, false], ((x >= 0.0) & (x < 1.0)).ToBoolArray());
        Assert.Equal([true, false, true, false], ((x < 0.0) | (x > 1.0)).ToBoolArray());
        Assert.Equal([true, false, true, false], ((x < 0.0) ^ (x > 1.0)).ToBoolArray());
        Assert.Equal([0.0, 0.0, 2.0, 0.0], Where(x > 0.0, x, 0.0).ToArray());
    }

    [Fact]
    public void A_number_beside_a_float32_tensor_is_float32()
    {
        var x = Tensor.Of(1f, 2f);
        Assert.Equal(Dtype.Float32, (2.0 * x + 1).Dtype);
        Assert.Equal(Dtype.Float32, Maximum(x, 1.5).Dtype);
        Assert.Equal([false, true], (x > 1.5).ToBoolArray());
    }

    [Fact]
    public void Verbs_take_shapes_axes_and_tensors_one_by_one_or_as_arrays()
    {
        var x = Arange(0.0, 6.0, 1.0);
        int[] shape = [2, 3];
        Assert.Equal(shape, Reshape(x, 2, 3).Shape);
        Assert.Equal(shape, Reshape(x, shape).Shape);
        Assert.Equal([3, 2], Permute(Reshape(x, 2, 3), 1, 0).Shape);
        Assert.Equal([2, 6], Stack(x, x).Shape);
        Assert.Equal([12], Concat([x, x]).Shape);
        Assert.Equal([1, 2, 3], [.. SplitRows(x, 1, 2, 3).Select(part => part.Length)]);
        Assert.Equal([4, 4], Pad(Reshape(x, 2, 3), (1, 1), (0, 1)).Shape);
        Assert.Equal([2.0, 2.0, 2.0], Full(2.0, 3).ToArray());
        Assert.Equal([3.0, 12.0], SumAlong(Reshape(x, 2, 3), 1).ToArray());
        Near.Equal(Einsum("i,i->", x, x), 55.0, 1e-15);
        Assert.Equal([0.0, 1.0, 3.0, 6.0, 10.0, 15.0], AssociativeScan(x, 0, (a, b) => a + b).ToArray());
        var (sign, logarithm) = Slogdet(Eye(2) * 2.0);
        Near.Equal(sign, 1.0, 0.0);
        Near.Equal(logarithm, Math.Log(4.0), 1e-15);
        var images = Ones(1, 1, 4, 4);
        Assert.Equal([1, 1, 2, 2], Convolve2d(images, Ones(1, 1, 3, 3)).Shape);
        Assert.Equal([1, 1, 2, 2], Convolve2d(images, Ones(1, 1, 3, 3), new() { Stride = [2], Padding = [1] }).Shape);
    }

    [Fact]
    public void Keys_give_the_same_numbers_every_time()
    {
        var (k1, k2) = new Key(42).Split();
        Assert.Equal(Randn(k1, 3).ToArray(), Randn(k1, 3).ToArray());
        Assert.NotEqual(Randn(k1, 3).ToArray(), Randn(k2, 3).ToArray());
        Assert.Equal(3, new Key(42).SplitN(3).Length);
        Assert.Equal(Rand(new Key(42).Fold(7), 3).ToArray(), Rand(new Key(42).Fold(7), 3).ToArray());
    }
}

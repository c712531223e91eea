namespace FaceTests;

/// <summary>Brackets as C# writes them, on any axis.</summary>
public class IndexTests
{
    private static readonly Tensor X = Reshape(Arange(0, 24, 1), 2, 3, 4);

    private static void Is(double[] numbers, int[] shape, Tensor got)
    {
        Assert.Equal(shape, got.Shape);
        Assert.Equal(numbers, got.ToArray());
    }

    [Fact]
    public void Columns_and_ranges_on_any_axis()
    {
        var m = X[0];
        Is([1, 5, 9], [3], m[.., 1]);
        Is([3, 7, 11], [3], m[.., ^1]);
        Is([3, 7, 11], [3], m[.., -1]);
        Is([8, 9, 10, 11], [4], m[^1, ..]);
        Is([9, 10], [2], m[2, 1..^1]);
        Is([5, 6, 9, 10], [2, 2], m[1.., 1..^1]);
        Is([6], [], m[1, ^2]);
        Is([0, 4, 8, 12, 16, 20], [2, 3], X[.., .., 0]);
        Is([17, 21], [2], X[^1, 1..3, 1]);
        Is([13, 17, 21], [3], X[1, .., 1]);
        Is([], [0, 4], m[3.., ..]);
        Is([5, 17], [2, 1, 1], X[.., 1..2, 1..2]);
        Is([5], [1, 1, 1, 1], Reshape(X, 2, 3, 4, 1)[..1, 1..2, 1..2, ..]);
    }

    [Fact]
    public void One_index_and_one_range_are_of_the_first_axis()
    {
        var v = Tensor.Of(1.0, 2.0, 3.0);
        Is([3], [], v[^1]);
        Is([1], [], v[^3]);
        Is([3], [], v[-1]);
        Is([2, 3], [2], v[1..]);
        Is([1, 2], [2], v[..^1]);
        Is([1, 2, 3], [3], v[..]);
        var (row, rows) = (^2, 0..2);
        Is([2], [], v[row]);
        Is([1, 2], [2], v[rows]);
    }

    [Fact]
    public void What_lies_outside_is_refused()
    {
        var v = Tensor.Of(1.0, 2.0, 3.0);
        // not the element before the last, which −2 is
        Assert.Contains("^5", Assert.Throws<ShapeException>(() => v[^5]).Message);
        Assert.Throws<ShapeException>(() => v[^0]);
        Assert.Throws<ShapeException>(() => v[^4..]);
        Assert.Throws<ShapeException>(() => v[2..1]);
        Assert.Throws<ShapeException>(() => v[..4]);
        Assert.Contains("no axis", Assert.Throws<ShapeException>(() => v[.., 1]).Message);
        Assert.Throws<ShapeException>(() => X[.., 3, ..]);
        Assert.Throws<ShapeException>(() => Tensor.Scalar(1.0)[..]);
    }

    [Fact]
    public void A_refusal_names_the_axis_and_the_shape_of_the_tensor()
    {
        void Says(string sentence, Func<Tensor> read) =>
            Assert.Equal(sentence, Assert.Throws<ShapeException>(read).Message);

        Says("[9] is outside axis 2 of shape [2; 3; 4]. Use 0 to 3, or ^1 to ^4.", () => X[1, .., 9]);
        Says("[5..^0] is outside axis 1 of shape [2; 3; 4]. Use a range within 0..3.", () => X[0, 5.., 0]);
        Says("index: 3 is outside axis 1 of shape [2; 3; 4]. Use -3 to 2.", () => X[0, 3]);
        Says("index: 4 is outside axis 2 of shape [2; 3; 4]. Use -4 to 3.", () => X[0, 0, 4]);
        Says("[0..^0]: a tensor of shape [2; 3; 4] has no axis for it. Use fewer.", () => X[0, 0, 0, ..]);
        Says("[^1] is outside axis 0 of shape [0]. It has no elements.", () => Zeros(0)[^1]);
        Says("index: 0 is outside axis 0 of shape [0]. It has no elements.", () => Zeros(0)[0]);
    }

    [Fact]
    public void Slices_are_differentiated_and_traced()
    {
        var slope = Calculus.Grad((Tensor x) => Sum(Square(x[.., ^1])), X[0]);
        Is([0, 0, 0, 6, 0, 0, 0, 14, 0, 0, 0, 22], [3, 4], slope);
        Is([3, 7, 11], [3], Calculus.Compile((Tensor x) => x[.., 3])(X[0]));
    }

    [Fact]
    public void A_column_of_a_series()
    {
        var series = Series.Create(
            Tensor.Of(0.0, 1.0),
            Tensor.Of([
                [1.0, 2.0],
                [3.0, 4.0],
            ])
        );
        Is([2, 4], [2], series.Values[.., ^1]);
        Is([1, 3], [2, 1], series.Values[.., ..1]);
    }
}

namespace FaceTests;

public class NumbersTests
{
    [Fact]
    public void Spans_access_the_numbers_of_the_tensor()
    {
        float[] values = [1.5f, -2f, 3f];
        var x = Tensor.Of(values);
        Assert.Equal(values, x.AsSpan<float>().ToArray());
        Span<float> target = new float[4];
        x.CopyTo(target);
        Assert.Equal([1.5f, -2f, 3f, 0f], target.ToArray());
        Assert.Equal(values, x.ToFloat32Array());
        Assert.Equal([1.5, -2.0, 3.0], x.ToArray());
    }

    [Fact]
    public void A_span_of_another_type_or_too_short_is_refused()
    {
        var x = Tensor.Of(1.0, 2.0);
        Assert.Throws<DtypeException>(() => x.AsSpan<float>().Length);
        Assert.Throws<ShapeException>(() => x.CopyTo<double>(new double[1]));
    }
}

namespace FaceTests;

/// <summary>Every layer from C#: made from a key, applied to a tensor, differentiated.</summary>
public class LayerTests
{
    private static readonly Key Key = new(1);

    private static void Applies<M>(M layer, Func<M, Tensor> apply, params int[] shape)
    {
        Assert.Equal(shape, apply(layer).Shape);
        var gradient = Calculus.Grad(l => Sum(Square(apply(l))), layer);
        Assert.Equal(Tree.Count(layer), Tree.Count(gradient));
    }

    [Fact]
    public void Layers_apply_and_have_gradients()
    {
        var xs = Randn(Key, 2, 5, 3);
        var images = Randn(Key, 2, 4, 8, 8);
        Applies(Conv1d.Init(new(), Key, 5, 6, 3), l => l.Apply(xs), 2, 6, 1);
        Applies(Conv2d.Init(new() { Padding = [1] }, Key, 4, 6, 3, 3), l => l.Apply(images), 2, 6, 8, 8);
        Applies(Conv2d.InitWith(Init.He, new(), Key, 4, 6, 3), l => l.Apply(images), 2, 6, 6, 6);
        Applies(ConvTranspose1d.Init(new(), Key, 5, 6, 3), l => l.Apply(xs), 2, 6, 5);
        Applies(ConvTranspose2d.Init(new(), Key, 4, 6, 3, 3), l => l.Apply(images), 2, 6, 10, 10);
        Applies(LayerNorm.Init(3), l => l.Apply(xs), 2, 5, 3);
        Applies(GroupNorm.Init(2, 4), l => l.Apply(images), 2, 4, 8, 8);
        Applies(Elman.Init(Key, 3, 4, 2), l => l.Apply(xs).Outputs, 2, 5, 4);
        Applies(Gru.Init(Key, 3, 4, 1), l => l.Apply(xs).Last[0], 2, 4);
        Applies(Lstm.Init(Key, 3, 4, 1), l => l.Apply(xs).Outputs, 2, 5, 4);
        Applies(GruCell.Init(Key, 3, 4), l => l.Step(Zeros(2, 4), Ones(2, 3)), 2, 4);
        Applies(MultiHeadAttention.Init(Key, 4, 2), l => l.Apply(Randn(Key, 2, 5, 4)), 2, 5, 4);
        Applies(FourierFeatures.Init(1.0, Key, 3, 6), l => l.Apply(xs), 2, 5, 12);
        Applies(Embedding.Init(Key, 7, 3), l => l.Apply(Tensor.Of(0, 6)), 2, 3);
        Assert.NotNull(Conv1d.Init(new(), Key, 5, 6, 3).BiasOrNull);
        Assert.Equal([2, 5, 3], Dropout.Apply(0.5, Key, xs).Shape);
    }

    [Fact]
    public void Batch_normalisation_returns_its_next_state()
    {
        var x = 3.0 + Randn(Key, 64, 2);
        var (y, state) = BatchNorm.Init(2).Train(BatchNormState.Init(2), x);
        Near.Equal(MeanAlong(y, 0), [0.0, 0.0], 1e-6);
        Assert.Equal([64, 2], BatchNorm.Init(2).Evaluate(state, x).Shape);
    }

    [Fact]
    public void Networks_are_described_layer_by_layer()
    {
        var blueprint = Blueprint
            .Images(1)
            .Conv(new() { Stride = [2] }, 8, 3)
            .GroupNorm(4)
            .Relu()
            .Residual(r => r.Conv(new() { Padding = [1] }, 8, 3).Silu())
            .GlobalAveragePool()
            .LinearWith(Init.Glorot, 10);
        var net = Network.Init(Key, blueprint);
        Applies(net, n => n.Apply(Randn(Key, 2, 1, 9, 9)), 2, 10);
        var field = Network.Init(Key, Blueprint.Features(2).Time().Linear(8).Gelu().Linear(2));
        Applies(field, f => f.Field(Tensor.Scalar(0.5), Ones(2)), 2);
        var error = Assert.Throws<InputException>(() => Blueprint.Features(2).Conv(new(), 8, 3));
        Assert.Equal("Blueprint.conv: got a network of features here, expected sequences or images.", error.Message);
        Assert.Equal(Activation.All.Count, Activation.All.Select(a => a.Apply(Ones(1)).Count).Sum());
    }

    [Fact]
    public void Weights_vary_in_depth()
    {
        var pieces = Piecewise.Init(2, 0.0, 1.0, key => Linear.Init(key, 2, 2), Key);
        Assert.Equal([0.5], pieces.Jumps());
        Assert.Equal([2], Piecewise.Field((l, x) => l.Apply(x), pieces)(Tensor.Scalar(0.7), Ones(2)).Shape);
        var smooth = Galerkin.Init(Basis.NewPolynomial(2), 0.0, 1.0, key => Linear.Init(key, 2, 2), Key);
        Near.Equal(smooth.At(Tensor.Scalar(0.3)).Weight, Linear.Init(Key, 2, 2).Weight, 1e-15);
        Assert.Equal(3, Basis.NewPolynomial(2).Count());
    }
}

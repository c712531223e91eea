namespace FaceTests;

using static NeuralDE.Calculus;

/// <summary>Custom parts of neural ODEs in C#: records that implement an interface, and functions of weights.</summary>
public class NeuralPartTests
{
    /// <summary>[y0; scale y0].</summary>
    public sealed record ScaledStart(Tensor Scale) : NeuralStart
    {
        public Tensor State(int axis, Tensor y0) => ConcatAlong(axis, y0, Scale * y0);

        public Tensor Observed(int axis, Tensor y0, Tensor states) =>
            SplitAlong(states, axis, y0.Shape[^1], y0.Shape[^1])[0];
    }

    public sealed record Decay(Tensor Rate) : NeuralField
    {
        public int Axis => -1;

        public Tensor Slope(Tensor t, Tensor seen) => -Rate * seen;
    }

    public sealed record Doubled(Tensor Factor) : NeuralReadout
    {
        public Tensor Observe(int axis, Tensor y0, Tensor states) => Factor * states;
    }

    private static readonly Tensor Y0 = Stack(Tensor.Of(0.5, -0.8), Tensor.Of(1.1, 0.4));

    private static NeuralOde Decaying => NeuralOde.OfField(new Decay(Tensor.Scalar(0.7))).Tolerance(1e-9, 1e-9);

    [Fact]
    public void Custom_parts_are_trained()
    {
        var model = Decaying
            .WithStart(new ScaledStart(Tensor.Scalar(0.5)))
            .WithReadout(new Doubled(Tensor.Scalar(2.0)));
        Near.Equal(Decaying.Final(Y0, 0, 1), Y0 * Math.Exp(-0.7), 1e-8);
        Near.Equal(model.Final(Y0, 0, 1), 2.0 * Math.Exp(-0.7) * ConcatAlong(-1, Y0, 0.5 * Y0), 1e-8);
        NeuralOde slope = Grad(m => Sum(m.Final(Y0, 0, 1)), model);
        Near.Equal(((Doubled)slope.ReadoutOrNull!).Factor, Math.Exp(-0.7) * 1.5 * Sum(Y0), 1e-7);
        Near.Equal(((ScaledStart)slope.Start).Scale, 2.0 * Math.Exp(-0.7) * Sum(Y0), 1e-7);
        Near.Equal(((Decay)slope.Field).Rate, -2.0 * Math.Exp(-0.7) * 1.5 * Sum(Y0), 1e-7);
        Assert.Null(Decaying.ControlOrNull);
        Assert.Null(Decaying.DurationOrNull);
    }

    [Fact]
    public void Functions_of_weights_are_parts()
    {
        var layer = Linear.Init(new Key(3), 2, 2);
        var field = NeuralField.OfFunction(layer, (net, t, x) => t * net.Apply(x));
        var model = NeuralOde
            .OfField(field)
            .WithStart(NeuralStart.OfFunction(layer, (net, y0) => net.Apply(y0)))
            .WithControl(NeuralControl.OfFunction(Tensor.Scalar(1.0), (w, y0) => w * y0))
            .WithReadout(NeuralReadout.OfFunction(layer, (net, x) => net.Apply(x)));
        Assert.Equal(2 * 6 + 6 + 1, Tree.Count(model));
        Assert.NotNull(model.ControlOrNull);
        var still = NeuralOde.OfField(NeuralField.OfFunction(Tensor.Scalar(1.0), (w, _, x) => w * x));
        var twice = still.WithDuration(NeuralDuration.OfFunction(Tensor.Scalar(2.0), (w, y0) => w * Ones(2)));
        Near.Equal(twice.Tolerance(1e-9, 1e-9).Final(Y0, 0, 1), Y0 * Math.Exp(2.0), 1e-6);
        Assert.Equal([2, 5], still.AugmentAlong(-1, 3).States(Y0, Tensor.Of(0.0, 1.0))[1].Shape);
        var expansion = Galerkin.Init(Basis.NewFourier(1), 0, 1, key => Linear.Init(key, 2, 2), new Key(1));
        var varying = NeuralField.OfDepth((net, _, x) => net.Apply(x), expansion);
        Assert.Equal([2, 2], NeuralOde.OfField(varying).Final(Y0, 0, 1).Shape);
    }

    [Fact]
    public void Networks_are_parts()
    {
        var wide = Blueprint.Features(4).Linear(4);
        var layer = Network.Init(new Key(1), Blueprint.Features(2).Linear(2));
        var length = Network.Init(new Key(1), Blueprint.Features(2).Linear(1));
        Assert.Equal([2, 2], NeuralOde.Init(new Key(2), wide).InputLayerAlong(-1, layer).Final(Y0, 0, 1).Shape);
        var seen = Blueprint.Features(4).Linear(2);
        Assert.Equal([2, 2], NeuralOde.Init(new Key(2), seen).ControlledBy(layer).Final(Y0, 0, 1).Shape);
        Assert.Equal([2, 2], NeuralOde.Init(new Key(2), seen).ControlledAlong(-1).Final(Y0, 0, 1).Shape);
        var narrow = Blueprint.Features(2).Linear(2);
        var ending = NeuralOde.Init(new Key(2), narrow).WithDuration(NeuralDuration.OfNetwork(length));
        Assert.Equal([2, 2], ending.Final(Y0, 0, 1).Shape);
        Assert.True(ending.Settings.PerSample);
    }

    [Fact]
    public void Toy_sets_are_functions_of_a_key()
    {
        var (points, labels) = Toy.Moons(0.1, 10, new Key(3));
        Assert.Equal([10, 2], points.Shape);
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], labels.ToInt64Array());
        Assert.Equal(points.ToArray(), Toy.Moons(0.1, 10, new Key(3)).Points.ToArray());
        Assert.Equal([10, 3], Toy.Spheres(3, 0.1, 10, new Key(3)).Points.Shape);
        Assert.Equal([10, 2], Toy.Checkerboard(10, new Key(3)).Shape);
    }

    [Fact]
    public void The_ode_net_is_compared_with_other_classifiers()
    {
        Assert.Equal(52_938, Tree.Count(OdeNet.RkNet(1, 32, new Key(1), 1, 10)));
        Assert.Equal(145_802, Tree.Count(Network.Init(new Key(1), OdeNet.ResNet(6, 32, 1, 10))));
        Assert.Equal(238_510, Tree.Count(Network.Init(new Key(1), OdeNet.Perceptron(784, 300, 10))));
    }
}

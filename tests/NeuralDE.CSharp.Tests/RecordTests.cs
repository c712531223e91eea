namespace FaceTests;

using static NeuralDE.Calculus;

/// <summary>C# records as states and models.</summary>
public class RecordTests
{
    public sealed record Body(Tensor Pos, Tensor Vel);

    public sealed record Net(Linear Hidden, Linear Out);

    public sealed record Labelled(string Name, int Steps, Tensor Value);

    public sealed record WithInit
    {
        public required Tensor Rate { get; init; }
        public Tensor? Offset { get; init; }
    }

    public readonly record struct Pair(Tensor First, Tensor Second);

    public record Nested(Body[] Bodies, (Tensor Left, Tensor Right) Sides, Mlp Net, Key Key);

    public interface IBeginning
    {
        Tensor Begin(Tensor x);
    }

    public sealed record Scaled(Tensor Scale) : IBeginning
    {
        public Tensor Begin(Tensor x) => Scale * x;
    }

    public readonly record struct Shifted(Tensor By) : IBeginning
    {
        public Tensor Begin(Tensor x) => By + x;
    }

    private sealed class Hiding : IBeginning
    {
        public Tensor Begin(Tensor x) => x;
    }

    public sealed record Begun(IBeginning Start, Tensor Value);

    private sealed class Plain
    {
        public Tensor Value { get; } = Ones(1);
    }

    private static readonly Tensor X = Tensor.Of(1.0, 2.0);

    [Fact]
    public void The_gradient_of_a_record_is_a_record_of_its_type()
    {
        var body = Grad(b => Sum(b.Pos * b.Vel), new Body(X, 3.0 * X));
        Near.Equal(body.Pos, 3.0 * X, 0.0);
        Near.Equal(body.Vel, X, 0.0);
        var labelled = Grad(l => l.Steps * Sum(l.Value), new Labelled("a", 3, X));
        Assert.Equal(("a", 3), (labelled.Name, labelled.Steps));
        Near.Equal(labelled.Value, [3.0, 3.0], 0.0);
        var pair = Grad(p => Sum(p.First * p.Second), new Pair(X, -X));
        Near.Equal(pair.First, -X, 0.0);
    }

    [Fact]
    public void Null_parts_stay_null()
    {
        var without = Grad(r => Sum(r.Rate * r.Rate), new WithInit { Rate = X });
        Near.Equal(without.Rate, 2.0 * X, 0.0);
        Assert.Null(without.Offset);
        var with = Grad(r => Sum(r.Rate * r.Offset!), new WithInit { Rate = X, Offset = -X });
        Near.Equal(with.Offset!, X, 0.0);
    }

    [Fact]
    public void Records_nest_with_arrays_tuples_networks_and_keys()
    {
        var tree = new Nested([new(X, X), new(-X, X)], (X, X), Mlp.Init(new Key(1), 2, 3, 1), new Key(2));
        var doubled = Tree.Map(tree, x => x.Dtype.IsFloat ? 2.0 * x : x);
        Near.Equal(doubled.Bodies[1].Pos, -2.0 * X, 0.0);
        Near.Equal(doubled.Sides.Right, 2.0 * X, 0.0);
        Assert.Equal(3, doubled.Net.Layers[0].Weight.Shape[1]);
        var paths = Tree.Leaves(tree).Select(leaf => leaf.Path).ToArray();
        Assert.Contains("Bodies[1].Pos", paths);
        Assert.Contains("Net.Layers[0].Weight", paths);
        Assert.Equal(12 + 13, Tree.Count(tree));
    }

    [Fact]
    public void A_record_is_the_state_of_a_problem()
    {
        var start = new Body(Tensor.Of(1.0), Tensor.Of(0.0));
        var end = Ode.Problem((_, s) => new Body(s.Vel, -s.Pos), start, 0, 1).SolveFinal();
        Near.Equal(end.Pos, Math.Cos(1.0), 1e-5);
        Near.Equal(end.Vel, -Math.Sin(1.0), 1e-5);
        var path = Ode.Problem((_, s) => new Body(s.Vel, -s.Pos), start, 0, 1).SaveAt(0.0, 0.5, 1.0).SolveYs();
        Assert.Equal([3, 1], path.Vel.Shape);
    }

    [Fact]
    public void A_record_is_a_model()
    {
        var (k1, k2) = new Key(42).Split();
        var net = new Net(Linear.Init(k1, 2, 3), Linear.Init(k2, 3, 2));
        Tensor Loss(Net n, Tensor batch) => Mean(Square(n.Out.Apply(Tanh(n.Hidden.Apply(batch)))));
        Net g = Grad(n => Loss(n, X), net);
        Assert.Equal([2, 3], g.Hidden.Weight.Shape);
        const double h = 1e-6;
        Net Moved(double by) => net with { Out = new Linear(net.Out.Weight, net.Out.Bias + Tensor.Of(by, 0.0)) };
        var difference = (Loss(Moved(h), X) - Loss(Moved(-h), X)) / (2.0 * h);
        Near.Equal(g.Out.Bias[0], difference, 1e-8);
    }

    [Fact]
    public void A_field_of_an_interface_type_has_the_structure_of_its_value()
    {
        var model = new Begun(new Scaled(Tensor.Of(2.0)), Tensor.Of(3.0));
        Begun slope = Grad(m => Sum(m.Start.Begin(m.Value)), model);
        Assert.Equal([3.0], ((Scaled)slope.Start).Scale.ToArray());
        Assert.Equal([2.0], slope.Value.ToArray());
        var other = model with { Start = new Shifted(Tensor.Of(2.0)) };
        Assert.Equal([1.0], ((Shifted)Grad(m => Sum(m.Start.Begin(m.Value)), other).Start).By.ToArray());
        Assert.NotEqual(Tree.Structure(model), Tree.Structure(other));
        var hidden = model with { Start = new Hiding() };
        var error = Assert.Throws<TreeException>(() => Grad(m => Sum(m.Start.Begin(m.Value)), hidden));
        Assert.StartsWith("Tree: got Hiding for a IBeginning, expected a Tensor", error.Message);
    }

    [Fact]
    public void A_class_is_refused_with_its_name()
    {
        var error = Assert.Throws<TreeException>(() => Grad(p => Sum(p.Value), new Plain()));
        Assert.StartsWith("Tree: got Plain, expected a Tensor", error.Message);
        Assert.EndsWith("Make it a record; values without tensors can be captured in a function.", error.Message);
    }
}

using NeuralDE.Internal.Engine;
using NeuralDE.Internal.Graph;
using static NeuralDE.Calculus;
using static NeuralDE.Verbs;

namespace FaceTests;

/// <summary>Tensors on devices, and errors when two devices meet.</summary>
public class DeviceTests
{
    /// <summary>A device that stores arrays and computes nothing, for calls that are refused before anything runs.</summary>
    private sealed class Shelf(string name) : Executor(name)
    {
        private sealed class Held(Shelf owner, Array numbers) : NeuralDE.Internal.Graph.Buffer(owner)
        {
            public override Array ToHost(Dtype dtype, int[] shape) => (Array)numbers.Clone();

            public override NeuralDE.Internal.Graph.Buffer WithShape(int[] shape) => new Held((Shelf)Device, numbers);

            public override void Release() { }
        }

        public override NdArray Upload(NdArray a) => NdArray.In(new Held(this, a.Data), a.Dtype, a.Shape);

        public override NdArray Primitive(Op op, Signature signature, NdArray[] args) =>
            throw new NotSupportedException();

        public override NdArray[] Call(Fn fn, NdArray[] args) => throw new NotSupportedException();
    }

    private sealed record Model(Tensor Weight, Tensor? Bias, Key Key, int Width);

    private static readonly Shelf First = new("shelf:0");
    private static readonly Shelf Second = new("shelf:1");

    [Fact]
    public void A_model_is_moved_to_a_device_and_back()
    {
        var model = new Model(Tensor.Of(1.0, 2.0), null, new Key(3), 2);
        var there = Tree.ToDevice(model, First);
        Assert.Same(First, there.Weight.Device);
        Assert.Equal("shelf:0", there.Weight.Device.Name);
        Assert.Equal([1.0, 2.0], there.Weight.ToArray());
        Assert.Null(there.Bias);
        Assert.Equal(2, there.Width);
        var back = Tree.ToDevice(there, Device.Cpu);
        Assert.Same(Device.Cpu, back.Weight.Device);
        Assert.Same(back.Weight, back.Weight.ToDevice(Device.Cpu));
        Assert.Equal(model.Key.ToString(), back.Key.ToString());
    }

    [Fact]
    public void Two_devices_in_one_computation_are_refused()
    {
        var (x, y) = (Tensor.Of(1.0, 2.0).ToDevice(First), Tensor.Of(3.0, 4.0).ToDevice(Second));
        Action[] computations =
        [
            () => _ = x + y,
            () => Compile((Tensor x) => x * y)(x),
            () => Grad((Tensor x) => Sum(x * y), x),
        ];

        foreach (var computation in computations)
        {
            var message = Assert.Throws<DeviceException>(computation).Message;
            Assert.Contains("shelf:0", message);
            Assert.Contains("shelf:1", message);
            Assert.Contains("Tree.toDevice", message);
        }
    }

    [Fact]
    public void A_placeholder_is_not_moved() =>
        Assert.Throws<TraceException>(() => Grad((Tensor x) => Sum(x.ToDevice(First)), Tensor.Of(1.0)));
}

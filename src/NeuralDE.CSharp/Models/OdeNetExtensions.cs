namespace NeuralDE;

/// <summary>
/// A classifier of images whose middle is an ordinary differential equation: convolutions that halve the image, a
/// block x' = f(t, x) from t = 0 to 1, pooling and a linear layer.
/// </summary>
public static class OdeNetExtensions
{
    extension(OdeNet)
    {
        /// <summary>
        /// For images of so many channels: 64 channels inside, Dopri5 to 1e-3; 208 266 parameters for 1 channel and
        /// 10 classes.
        /// </summary>
        public static OdeNet Init(Key key, int channels, int classes) => OdeNet.init(Given(key), channels, classes);

        /// <summary>As Init, of another width: 32, 64 or another number that min(32, width) divides.</summary>
        public static OdeNet InitWith(int width, Key key, int channels, int classes) =>
            OdeNet.initWith(width, Given(key), channels, classes);

        /// <summary>
        /// The same network solved in `steps` steps of RK4, with gradients through the steps: an RK-Net.
        /// </summary>
        public static OdeNet RkNet(int steps, int width, Key key, int channels, int classes) =>
            OdeNet.rkNet(steps, width, Given(key), channels, classes);

        /// <summary>
        /// The residual network that an ODE-Net is measured by: between the same ends, `blocks` blocks x + f(x) instead
        /// of an equation.
        /// </summary>
        public static Blueprint ResNet(int blocks, int width, int channels, int classes) =>
            OdeNet.resNet(blocks, width, channels, classes);

        /// <summary>
        /// The perceptron of one hidden layer that both are measured by: flattened images, tanh; 784-300-10 for MNIST.
        /// </summary>
        public static Blueprint Perceptron(int inputs, int hidden, int classes) =>
            OdeNet.perceptron(inputs, hidden, classes);
    }

    extension(OdeNet model)
    {
        /// <summary>Images [batch; channels; height; width] → scores before the softmax [batch; classes].</summary>
        public Tensor Apply(Tensor images) => OdeNet.apply(Given(model), Given(images));

        /// <summary>What the block's solve costs for these images.</summary>
        public Stats Stats(Tensor images) => OdeNet.stats(Given(model), Given(images));
    }
}

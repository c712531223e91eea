// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.

namespace NeuralDE;

/// <summary>
/// An image classifier with an ordinary differential equation: downsampling convolutions, the equation x' = f(t, x)
/// from t = 0 to 1, pooling and a linear layer.
/// </summary>
/// <remarks>
/// R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018, section 3. The layers have the order of
/// the authors' program, so its weights fit.
/// </remarks>
public static partial class OdeNetExtensions
{
    extension(OdeNet)
    {
        /// <summary>
        /// An ODE-Net for images of <paramref name="channels"/> channels: width 64, Dopri5 with tolerance 1e-3; 208 266
        /// parameters for 1 channel and 10 classes.
        /// </summary>
        /// <param name="key">Determines the initial weights.</param>
        /// <param name="channels">The number of channels of the images.</param>
        /// <param name="classes">The number of classes.</param>
        /// <returns>The classifier.</returns>
        public static OdeNet Init(Key key, int channels, int classes) => OdeNet.init(Given(key), channels, classes);

        /// <summary>Like Init, with another width: a number that min(32, width) divides, such as 32 or 64.</summary>
        /// <param name="width">The number of channels inside.</param>
        /// <param name="key">Determines the initial weights.</param>
        /// <param name="channels">The number of channels of the images.</param>
        /// <param name="classes">The number of classes.</param>
        /// <returns>The classifier.</returns>
        public static OdeNet InitWith(int width, Key key, int channels, int classes) =>
            OdeNet.initWith(width, Given(key), channels, classes);

        /// <summary>
        /// An RK-Net: the same network with <paramref name="steps"/> steps of RK4 and gradients through the steps.
        /// </summary>
        /// <param name="steps">The number of steps.</param>
        /// <param name="width">The number of channels inside.</param>
        /// <param name="key">Determines the initial weights.</param>
        /// <param name="channels">The number of channels of the images.</param>
        /// <param name="classes">The number of classes.</param>
        /// <returns>The classifier.</returns>
        /// <remarks>InputException unless <paramref name="steps"/> is positive.</remarks>
        public static OdeNet RkNet(int steps, int width, Key key, int channels, int classes) =>
            OdeNet.rkNet(steps, width, Given(key), channels, classes);

        /// <summary>
        /// The residual network with which the ODE-Net is compared: <paramref name="blocks"/> residual blocks x + f(x)
        /// instead of the equation, with the same other layers.
        /// </summary>
        /// <param name="blocks">The number of residual blocks.</param>
        /// <param name="width">The number of channels inside.</param>
        /// <param name="channels">The number of channels of the images.</param>
        /// <param name="classes">The number of classes.</param>
        /// <returns>The blueprint of the network.</returns>
        /// <remarks>InputException unless <paramref name="blocks"/> is positive.</remarks>
        public static Blueprint ResNet(int blocks, int width, int channels, int classes) =>
            OdeNet.resNet(blocks, width, channels, classes);

        /// <summary>
        /// The perceptron with which both are compared: flattened images, one hidden layer, tanh; 784-300-10 for MNIST.
        /// </summary>
        /// <param name="inputs">The number of pixels.</param>
        /// <param name="hidden">The number of hidden features.</param>
        /// <param name="classes">The number of classes.</param>
        /// <returns>The blueprint of the network.</returns>
        public static Blueprint Perceptron(int inputs, int hidden, int classes) =>
            OdeNet.perceptron(inputs, hidden, classes);
    }

    extension(OdeNet model)
    {
        /// <summary>
        /// The scores before the softmax: images [batch; channels; height; width] → [batch; classes].
        /// </summary>
        /// <param name="images">[batch; channels; height; width].</param>
        /// <returns>[batch; classes].</returns>
        public Tensor Apply(Tensor images) => OdeNet.apply(Given(model), Given(images));

        /// <summary>The solver statistics of the equation block for these images.</summary>
        /// <param name="images">[batch; channels; height; width].</param>
        /// <returns>The statistics, for the whole batch.</returns>
        public Stats Stats(Tensor images) => OdeNet.stats(Given(model), Given(images));
    }
}

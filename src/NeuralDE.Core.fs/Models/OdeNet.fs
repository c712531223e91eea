namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>An image classifier with an ordinary differential equation: downsampling convolutions, the equation x' = f(t, x)
/// from t = 0 to 1, pooling and a linear layer.</summary>
/// <remarks>R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018, section 3. The layers have the order
/// of the authors' program, so its weights fit.</remarks>
type OdeNet =
    {
        Downsampling: Network
        /// has the time as a further channel
        Field: Network
        Head: Network
        Settings: OdeSettings
    }

    /// <summary>An ODE-Net for images of `channels` channels: width 64, Dopri5 with tolerance 1e-3; 208 266 parameters for 1
    /// channel and 10 classes.</summary>
    /// <param name="key">Determines the initial weights.</param>
    /// <param name="channels">The number of channels of the images.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The classifier.</returns>
    static member init (key: Key) (channels: int) (classes: int) : OdeNet = OdeNet.initWith 64 key channels classes

    /// Group normalisation with at most 32 groups, then relu.
    static member private Normalised(width: int) : Blueprint -> Blueprint =
        Blueprint.groupNorm (min 32 width) >> Blueprint.relu

    static member private Same = { ConvOptions.Default with Padding = [ 1 ] }

    /// Reduces an image to a quarter of its height and width.
    static member private Downsampled(width: int, channels: int) : Blueprint =
        let halving = { ConvOptions.Default with Stride = [ 2 ]; Padding = [ 1 ] }

        Blueprint.images channels
        |> Blueprint.conv ConvOptions.Default width [ 3 ]
        |> OdeNet.Normalised width
        |> Blueprint.conv halving width [ 4 ]
        |> OdeNet.Normalised width
        |> Blueprint.conv halving width [ 4 ]

    static member private Pooled(classes: int) : Blueprint -> Blueprint =
        fun b -> b |> OdeNet.Normalised b.Outputs |> Blueprint.globalAveragePool |> Blueprint.linear classes

    /// <summary>Like `init`, with another width: a number that min(32, width) divides, such as 32 or 64.</summary>
    /// <param name="width">The number of channels inside.</param>
    /// <param name="key">Determines the initial weights.</param>
    /// <param name="channels">The number of channels of the images.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The classifier.</returns>
    static member initWith (width: int) (key: Key) (channels: int) (classes: int) : OdeNet =
        let timed b = b |> Blueprint.time |> Blueprint.conv OdeNet.Same width [ 3 ]
        let normalised = OdeNet.Normalised width

        let field =
            Blueprint.images width |> normalised |> timed |> normalised |> timed |> Blueprint.groupNorm (min 32 width)

        { Downsampling = Network.init (Key.fold 0 key) (OdeNet.Downsampled(width, channels))
          Field = Network.init (Key.fold 1 key) field
          Head = Network.init (Key.fold 2 key) (Blueprint.images width |> OdeNet.Pooled classes)
          Settings = { OdeSettings.defaults with Solver = Dopri5; Rtol = 1e-3; Atol = 1e-3 } }

    /// <summary>An RK-Net: the same network with `steps` steps of RK4 and gradients through the steps.</summary>
    /// <param name="steps">The number of steps.</param>
    /// <param name="width">The number of channels inside.</param>
    /// <param name="key">Determines the initial weights.</param>
    /// <param name="channels">The number of channels of the images.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The classifier.</returns>
    /// <remarks>InputException unless `steps` is positive.</remarks>
    static member rkNet (steps: int) (width: int) (key: Key) (channels: int) (classes: int) : OdeNet =
        Expect.positive "OdeNet.rkNet" "steps" steps
        let net = OdeNet.initWith width key channels classes

        { net with
            Settings = { net.Settings with Solver = RK4; Step = ConstantStep(1.0 / float steps); Gradient = Direct } }

    /// <summary>The residual network with which the ODE-Net is compared: `blocks` residual blocks x + f(x) instead of the
    /// equation, with the same other layers.</summary>
    /// <param name="blocks">The number of residual blocks.</param>
    /// <param name="width">The number of channels inside.</param>
    /// <param name="channels">The number of channels of the images.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The blueprint of the network.</returns>
    /// <remarks>InputException unless `blocks` is positive.</remarks>
    static member resNet (blocks: int) (width: int) (channels: int) (classes: int) : Blueprint =
        Expect.positive "OdeNet.resNet" "blocks" blocks
        let conv = Blueprint.conv OdeNet.Same width [ 3 ]
        let normalised = OdeNet.Normalised width
        let block = Blueprint.residual (normalised >> conv >> normalised >> conv >> Blueprint.groupNorm (min 32 width))

        Seq.fold (fun b _ -> block b) (OdeNet.Downsampled(width, channels)) [ 1..blocks ] |> OdeNet.Pooled classes

    /// <summary>The perceptron with which both are compared: flattened images, one hidden layer, tanh; 784-300-10 for
    /// MNIST.</summary>
    /// <param name="inputs">The number of pixels.</param>
    /// <param name="hidden">The number of hidden features.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>The blueprint of the network.</returns>
    static member perceptron (inputs: int) (hidden: int) (classes: int) : Blueprint =
        Blueprint.features inputs |> Blueprint.linear hidden |> Blueprint.tanh |> Blueprint.linear classes

    /// The problem of the equation block.
    static member private Block(net: OdeNet, images: Tensor) : OdeProblem<Tensor> =
        Ode.problem (Network.field net.Field) (Network.apply net.Downsampling images) (0.0, 1.0)
        |> OdeSettings.apply net.Settings

    /// <summary>The scores before the softmax: images [batch; channels; height; width] → [batch; classes].</summary>
    /// <param name="net">The classifier.</param>
    /// <param name="images">[batch; channels; height; width].</param>
    /// <returns>[batch; classes].</returns>
    static member apply (net: OdeNet) (images: Tensor) : Tensor =
        OdeNet.Block(net, images) |> Ode.solveFinal |> Network.apply net.Head

    /// <summary>The solver statistics of the equation block for these images.</summary>
    /// <param name="net">The classifier.</param>
    /// <param name="images">[batch; channels; height; width].</param>
    /// <returns>The statistics, for the whole batch.</returns>
    static member stats (net: OdeNet) (images: Tensor) : Stats = (OdeNet.Block(net, images) |> Ode.solve).Stats

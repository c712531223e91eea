namespace NeuralDE

open NeuralDE.Compiler

/// <summary>A classifier of images whose middle is an ordinary differential equation: convolutions that halve the image, a block
/// x' = f(t, x) from t = 0 to 1, pooling and a linear layer.</summary>
/// <remarks>R. T. Q. Chen et al., Neural ordinary differential equations, NeurIPS 2018, section 3; layers in the order of the
/// authors' program, so that its weights fit.</remarks>
type OdeNet =
    {
        Downsampling: Network
        /// sees the time as a channel
        Field: Network
        Head: Network
        Settings: OdeSettings
    }

    /// <summary>For images of so many channels: 64 channels inside, Dopri5 to 1e-3; 208 266 parameters for 1 channel and 10 classes.</summary>
    static member init (key: Key) (channels: int) (classes: int) : OdeNet = OdeNet.initWith 64 key channels classes

    /// Group norms of 32 groups at most, then relu.
    static member private Normalised(width: int) : Blueprint -> Blueprint =
        Blueprint.groupNorm (min 32 width) >> Blueprint.relu

    static member private Same = { ConvOptions.Default with Padding = [ 1 ] }

    /// From an image to a quarter of its extents.
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

    /// <summary>As init, of another width: 32, 64 or another number that min(32, width) divides.</summary>
    static member initWith (width: int) (key: Key) (channels: int) (classes: int) : OdeNet =
        let timed b = b |> Blueprint.time |> Blueprint.conv OdeNet.Same width [ 3 ]
        let normalised = OdeNet.Normalised width

        let field =
            Blueprint.images width |> normalised |> timed |> normalised |> timed |> Blueprint.groupNorm (min 32 width)

        { Downsampling = Network.init (Key.fold 0 key) (OdeNet.Downsampled(width, channels))
          Field = Network.init (Key.fold 1 key) field
          Head = Network.init (Key.fold 2 key) (Blueprint.images width |> OdeNet.Pooled classes)
          Settings = { OdeSettings.defaults with Solver = Dopri5; Rtol = 1e-3; Atol = 1e-3 } }

    /// <summary>The same network solved in `steps` steps of RK4, with gradients through the steps: an RK-Net.</summary>
    static member rkNet (steps: int) (width: int) (key: Key) (channels: int) (classes: int) : OdeNet =
        Expect.positive "OdeNet.rkNet" "steps" steps
        let net = OdeNet.initWith width key channels classes

        { net with
            Settings = { net.Settings with Solver = RK4; Step = ConstantStep(1.0 / float steps); Gradient = Direct } }

    /// <summary>The residual network that an ODE-Net is measured by: between the same ends, `blocks` blocks x + f(x) instead of an
    /// equation.</summary>
    static member resNet (blocks: int) (width: int) (channels: int) (classes: int) : Blueprint =
        Expect.positive "OdeNet.resNet" "blocks" blocks
        let conv = Blueprint.conv OdeNet.Same width [ 3 ]
        let normalised = OdeNet.Normalised width
        let block = Blueprint.residual (normalised >> conv >> normalised >> conv >> Blueprint.groupNorm (min 32 width))

        Seq.fold (fun b _ -> block b) (OdeNet.Downsampled(width, channels)) [ 1..blocks ] |> OdeNet.Pooled classes

    /// <summary>The perceptron of one hidden layer that both are measured by: flattened images, tanh; 784-300-10 for MNIST.</summary>
    static member perceptron (inputs: int) (hidden: int) (classes: int) : Blueprint =
        Blueprint.features inputs |> Blueprint.linear hidden |> Blueprint.tanh |> Blueprint.linear classes

    /// The block of the equation.
    static member private Block(net: OdeNet, images: Tensor) : OdeProblem<Tensor> =
        Ode.problem (Network.field net.Field) (Network.apply net.Downsampling images) (0.0, 1.0)
        |> OdeSettings.apply net.Settings

    /// <summary>Images [batch; channels; height; width] → scores before the softmax [batch; classes].</summary>
    static member apply (net: OdeNet) (images: Tensor) : Tensor =
        OdeNet.Block(net, images) |> Ode.solveFinal |> Network.apply net.Head

    /// <summary>What the block's solve costs for these images.</summary>
    static member stats (net: OdeNet) (images: Tensor) : Stats = (OdeNet.Block(net, images) |> Ode.solve).Stats

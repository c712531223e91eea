namespace NeuralDE

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

    /// <summary>As init, of another width: 32, 64 or another number that min(32, width) divides.</summary>
    static member initWith (width: int) (key: Key) (channels: int) (classes: int) : OdeNet =
        let groups = min 32 width
        let normalised b = b |> Blueprint.groupNorm groups |> Blueprint.relu
        let halving = { ConvOptions.Default with Stride = [ 2 ]; Padding = [ 1 ] }
        let same = { ConvOptions.Default with Padding = [ 1 ] }

        let downsampling =
            Blueprint.images channels
            |> Blueprint.conv ConvOptions.Default width [ 3 ]
            |> normalised
            |> Blueprint.conv halving width [ 4 ]
            |> normalised
            |> Blueprint.conv halving width [ 4 ]

        let timed b = b |> Blueprint.time |> Blueprint.conv same width [ 3 ]
        let field = Blueprint.images width |> normalised |> timed |> normalised |> timed |> Blueprint.groupNorm groups
        let head = Blueprint.images width |> normalised |> Blueprint.globalAveragePool |> Blueprint.linear classes

        { Downsampling = Network.init (Key.fold 0 key) downsampling
          Field = Network.init (Key.fold 1 key) field
          Head = Network.init (Key.fold 2 key) head
          Settings = { OdeSettings.defaults with Solver = Dopri5; Rtol = 1e-3; Atol = 1e-3 } }

    /// The block of the equation.
    static member private Block(net: OdeNet, images: Tensor) : OdeProblem<Tensor> =
        Ode.problem (Network.field net.Field) (Network.apply net.Downsampling images) (0.0, 1.0)
        |> OdeSettings.apply net.Settings

    /// <summary>Images [batch; channels; height; width] → scores before the softmax [batch; classes].</summary>
    static member apply (net: OdeNet) (images: Tensor) : Tensor =
        OdeNet.Block(net, images) |> Ode.solveFinal |> Network.apply net.Head

    /// <summary>What the block's solve costs for these images.</summary>
    static member stats (net: OdeNet) (images: Tensor) : Stats = (OdeNet.Block(net, images) |> Ode.solve).Stats

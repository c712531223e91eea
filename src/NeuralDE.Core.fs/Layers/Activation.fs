namespace NeuralDE

/// <summary>A function applied to each element, as data: a model that holds one can be compared, printed and saved.</summary>
[<RequireQualifiedAccess>]
type Activation =
    | Identity
    | Tanh
    | Sigmoid
    /// max(x, 0)
    | Relu
    /// x, and slope · x for x below 0
    | LeakyRelu of slope: float
    /// x, and eˣ − 1 for x below 0
    | Elu
    /// x Φ(x) with the normal distribution's Φ
    | Gelu
    /// gelu by its tanh approximation
    | GeluTanh
    | Softplus
    /// x sigmoid x, also called swish
    | Silu
    /// x tanh(softplus x)
    | Mish
    | Sine

    /// The function.
    static member apply (activation: Activation) (x: Tensor) : Tensor =
        match activation with
        | Identity -> x
        | Tanh -> tanh x
        | Sigmoid -> sigmoid x
        | Relu -> relu x
        | LeakyRelu slope -> leakyRelu slope x
        | Elu -> elu x
        | Gelu -> gelu x
        | GeluTanh -> geluTanh x
        | Softplus -> softplus x
        | Silu -> silu x
        | Mish -> mish x
        | Sine -> sin x

    /// One of each, for tests of laws that hold for all of them; slopes as PyTorch's defaults.
    static member all =
        [ Identity; Tanh; Sigmoid; Relu; LeakyRelu 0.01; Elu; Gelu; GeluTanh; Softplus; Silu; Mish; Sine ]

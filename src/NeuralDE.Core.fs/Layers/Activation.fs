namespace NeuralDE

/// An element-wise function as data, so that its model can be compared, printed and saved.
[<RequireQualifiedAccess>]
type Activation =
    /// x
    | Identity
    /// tanh x
    | Tanh
    /// 1 / (1 + e⁻ˣ)
    | Sigmoid
    /// max(x, 0)
    | Relu
    /// x for x ≥ 0, otherwise slope · x
    | LeakyRelu of slope: float
    /// x for x ≥ 0, otherwise eˣ − 1
    | Elu
    /// x Φ(x) with the normal distribution function Φ
    | Gelu
    /// the tanh approximation of gelu
    | GeluTanh
    /// ln(1 + eˣ)
    | Softplus
    /// x sigmoid x, also called swish
    | Silu
    /// x tanh(softplus x)
    | Mish
    /// sin x
    | Sine
    /// <summary>Applies the function to each element.</summary>
    /// <param name="activation">The function.</param>
    /// <param name="x">Floats of any shape.</param>
    /// <returns>A tensor of the same shape.</returns>
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

    /// One activation of each kind, with PyTorch's default slopes.
    static member all =
        [ Identity; Tanh; Sigmoid; Relu; LeakyRelu 0.01; Elu; Gelu; GeluTanh; Softplus; Silu; Mish; Sine ]

namespace NeuralDE

/// <summary>Where the numbers of a tensor lie and are computed on: the processor, or what a back end offers.</summary>
/// <remarks>
/// The data decides: what is computed from tensors of a device runs there and stays there, eager or compiled. Tensors of the
/// processor beside them follow for the call; tensors of two devices are a DeviceException. <c>Tree.toDevice</c> moves a
/// model or data. A back end has one object for each of its devices; equality is by reference.
/// </remarks>
type Device internal (name: string) =
    static let processor = Device "cpu"

    /// The processor, on which the library's own engine runs. Every tensor begins there.
    static member cpu: Device = processor

    /// Such as cpu.
    member _.Name = name

    override _.ToString() = name

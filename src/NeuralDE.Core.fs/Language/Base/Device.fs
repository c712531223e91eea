namespace NeuralDE

/// <summary>The memory in which a tensor is stored and on which it is computed: the CPU, or a device of a back
/// end.</summary>
/// <remarks>
/// A computation runs on the device of its arguments, eager or compiled, and its results stay there. CPU tensors among
/// the arguments are copied to that device for the call. Arguments on two different devices raise a DeviceException.
/// <c>Tree.toDevice</c> moves a model or data. A back end has one object for each of its devices; devices are compared
/// by reference.
/// </remarks>
type Device internal (name: string) =
    static let processor = Device "cpu"

    /// The CPU, on which the library's own engine runs. Every new tensor is on it.
    static member cpu: Device = processor

    /// The name, such as "cpu".
    member _.Name = name

    override _.ToString() = name

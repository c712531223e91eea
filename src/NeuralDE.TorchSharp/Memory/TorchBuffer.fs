namespace NeuralDE.LibTorch

open System
open System.Threading
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// A tensor of libtorch as the memory of an array. A small array whose elements are known in managed memory becomes a
/// tensor when libtorch first needs it: numbers that steer a computation need no transfer. The finaliser frees the memory
/// that nobody released; the garbage collector is told its size, which it cannot see.
[<Sealed>]
type internal TorchBuffer
    (owner: NeuralDE.Device, place: TorchDevice, known: NdArray | null, made: Tensor | null, bytes: int64) =
    inherit Buffer(owner)
    let gate = obj ()
    let mutable tensor: Tensor | null = made
    let mutable isReleased = false

    let adopt (t: Tensor) : unit =
        // a scope of the user must not end the tensor's life
        t.DetachFromDisposeScope() |> ignore
        if bytes > 0L then GC.AddMemoryPressure bytes

    do
        match made with
        | null -> ()
        | t -> adopt t

    /// A buffer that owns a tensor. `bytes`: the memory that belongs to it alone; 0 if it shares memory.
    static member Of(owner, place, tensor: Tensor, bytes: int64) = TorchBuffer(owner, place, null, tensor, bytes)

    /// A buffer of elements in managed memory that nobody changes.
    static member Known(owner, place, elements: NdArray) =
        TorchBuffer(owner, place, elements, null, int64 elements.Length * int64 elements.Dtype.Size)

    /// The elements, if they are known without a transfer.
    member _.Elements: NdArray voption = ValueOption.ofObj known

    /// The tensor, which the caller must not dispose.
    member _.Tensor: Tensor =
        lock gate (fun () ->
            if isReleased then
                raise (DeviceException $"a tensor on {owner} was read after its memory was released")

            match tensor with
            | null ->
                match known with
                | null -> raise (GraphException "a buffer has neither a tensor nor elements")
                | elements ->
                    let t = Transfer.upload place elements
                    adopt t
                    tensor <- t
                    t
            | t -> t)

    override x.ToHost(dtype, shape) =
        match known with
        | null -> Transfer.download dtype shape x.Tensor
        | elements ->
            if Volatile.Read &isReleased then
                raise (DeviceException $"a tensor on {owner} was read after its memory was released")

            elements.Data.Clone() :?> Array

    override x.WithShape shape =
        match known with
        | null -> TorchBuffer.Of(owner, place, x.Tensor.reshape (Transfer.longs shape), 0L)
        | elements -> TorchBuffer.Known(owner, place, elements.WithShape shape)

    override x.Release() =
        lock gate (fun () ->
            if not isReleased then
                isReleased <- true

                match tensor with
                | null -> ()
                | t ->
                    t.Dispose()
                    if bytes > 0L then GC.RemoveMemoryPressure bytes)

        GC.SuppressFinalize x

    override _.Finalize() =
        // the tensor has a finaliser of its own
        match tensor with
        | null -> ()
        | _ -> if not isReleased && bytes > 0L then GC.RemoveMemoryPressure bytes

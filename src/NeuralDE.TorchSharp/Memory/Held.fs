namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// Where the value of a node is while a graph runs. It is decided before the graph runs.
type internal Seat =
    /// In managed memory: what steers a computation, and what it is made of.
    | OnHost
    /// One number in managed memory that represents a whole shape; kernels take it as their scalar argument.
    | Splat
    /// In libtorch's memory.
    | OnDevice

/// The value of a node: an array in managed memory, a tensor, or both. The holder of a tensor disposes it. `isStable`: the
/// caller may pass the same array again, so that what is sent of it is worth keeping.
[<Struct; NoEquality; NoComparison>]
type internal Held(number: NdArray | null, tensor: Tensor | null, isStable: bool) =
    static member Of(a: NdArray) = Held(a, null, false)
    static member Of(t: Tensor) = Held(null, t, false)

    /// An argument of a call, in managed memory.
    static member Given(a: NdArray) = Held(a, null, true)

    member _.IsStable = isStable

    member _.HasNumber = not (isNull number)
    member _.HasTensor = not (isNull tensor)

    member _.Number: NdArray =
        match number with
        | null -> raise (GraphException "a value is not in managed memory")
        | a -> a

    member _.Tensor: Tensor =
        match tensor with
        | null -> raise (GraphException "a value is not in libtorch's memory")
        | t -> t

    /// The same value, with its elements in managed memory.
    member _.With(a: NdArray) = Held(a, tensor, isStable)

    /// The same value, with a tensor of its elements.
    member _.With(t: Tensor) = Held(number, t, isStable)

    /// The same value, owned once more.
    member h.Alias() =
        match tensor with
        | null -> h
        | t -> Held(number, t.alias (), isStable)

    member _.Drop() =
        match tensor with
        | null -> ()
        | t -> t.Dispose()

module internal Values =
    let drop (values: Held[]) : unit =
        for v in values do
            v.Drop()

    let alias (values: Held[]) : Held[] = values |> Array.map (fun v -> v.Alias())

    /// The only element of an array.
    let scalar (a: NdArray) : Scalar =
        match a.Data with
        | :? (float[]) as x -> Scalar.op_Implicit x[0]
        | :? (float32[]) as x -> Scalar.op_Implicit x[0]
        | :? (int[]) as x -> Scalar.op_Implicit x[0]
        | :? (int64[]) as x -> Scalar.op_Implicit x[0]
        | :? (bool[]) as x -> Scalar.op_Implicit x[0]
        | data -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// A tensor whose elements all equal the only element of an array.
    let fill (device: TorchDevice) (shape: int[]) (a: NdArray) : Tensor =
        use s = scalar a
        T.full (Transfer.longs shape, s, Nullable(Transfer.scalarType a.Dtype), device)

    /// The elements of a value, which are copied from the device if they are not in managed memory.
    let number (s: Signature) (v: Held) : NdArray =
        if v.HasNumber then
            v.Number
        else
            NdArray(s.Dtype, s.Shape, Transfer.download s.Dtype s.Shape v.Tensor)

    /// The value as a tensor that the caller owns.
    let onDevice (device: TorchDevice) (s: Signature) (v: Held) : Held =
        if v.HasTensor then v.Alias()
        elif v.Number.Length = 1 then Held.Of(fill device s.Shape v.Number) // also a number that represents the shape
        else Held.Of(Transfer.upload device (v.Number.WithShape s.Shape))

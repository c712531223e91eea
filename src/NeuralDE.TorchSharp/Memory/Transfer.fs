namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names

/// Dtypes, shapes and elements between managed memory and libtorch.
module internal Transfer =
    let scalarType (d: Dtype) : ScalarType =
        match d with
        | Float64 -> ScalarType.Float64
        | Float32 -> ScalarType.Float32
        | Int32 -> ScalarType.Int32
        | Int64 -> ScalarType.Int64
        | Bool -> ScalarType.Bool

    let longs (shape: int[]) : int64[] = Array.map int64 shape

    /// A tensor of zeros.
    let zeros (device: TorchDevice) (dtype: Dtype) (shape: int[]) : Tensor =
        T.zeros (longs shape, Nullable(scalarType dtype), device)

    /// A new tensor on a device with the elements of an array in managed memory.
    let upload (device: TorchDevice) (a: NdArray) : Tensor =
        Counted.AddUpload()

        if a.Length = 0 then
            zeros device a.Dtype a.Shape
        else
            // frombuffer uses the array's own memory, until the copy below
            use shared = T.frombuffer (a.Data, scalarType a.Dtype, int64 a.Length, 0L)
            use shaped = shared.reshape (longs a.Shape)
            shaped.``to`` (device, true) // copies, even if the device is the CPU

    /// The elements of a tensor in a new managed array.
    let download (dtype: Dtype) (shape: int[]) (t: Tensor) : Array =
        Counted.AddWait()

        if Shape.size shape = 0L then
            NdArray.Zeros(dtype, shape).Data
        else
            use host = t.cpu ()
            use dense = host.contiguous ()

            match dtype with
            | Float64 -> dense.data<float>().ToArray() :> Array
            | Float32 -> dense.data<float32>().ToArray() :> Array
            | Int32 -> dense.data<int>().ToArray() :> Array
            | Int64 -> dense.data<int64>().ToArray() :> Array
            | Bool -> dense.data<bool>().ToArray() :> Array

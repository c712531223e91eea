namespace NeuralDE.Compiler

open NeuralDE
open NeuralDE.Kernels

/// Arrays in a plan's memory as managed arrays, and back.
module internal ArrayMemory =
    let bytes (dtype: Dtype) (shape: int[]) = Shape.size shape * int64 dtype.Size

    let write (a: NdArray) (target: nativeint) =
        if a.Length > 0 then ManagedArrays.CopyIn(a.Data, target, int64 a.Length * int64 a.Dtype.Size)

    let read (dtype: Dtype) (shape: int[]) (source: nativeint) : NdArray =
        let a = NdArray.Uninitialised(dtype, shape)

        if a.Length > 0 then ManagedArrays.CopyOut(source, a.Data, int64 a.Length * int64 dtype.Size)

        a

namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// The error of a computation that needs more memory than the machine has.
module internal Memory =
    let missing (bytes: int64) (largest: string) : exn =
        let what = if largest = "" then "" else $" The largest value is that of {largest}."

        ShapeException
            $"out of memory: {Room.Text bytes} are needed, of {Room.Text Room.Total} in all.{what} Use smaller shapes, fewer or smaller steps, or work on parts."

/// Copies arrays between a plan's memory and managed memory.
module internal ArrayMemory =
    let bytes (dtype: Dtype) (shape: int[]) = Shape.size shape * int64 dtype.Size

    let write (a: NdArray) (target: nativeint) = a.CopyTo target

    /// A result: outside the managed heap if it is large.
    let result (dtype: Dtype) (shape: int[]) (source: nativeint) : NdArray = NdArray.CopyOf(dtype, shape, source)

    /// In the managed heap, for code that reads the elements.
    let read (dtype: Dtype) (shape: int[]) (source: nativeint) : NdArray =
        let a = NdArray.Uninitialised(dtype, shape)

        if a.Length > 0 then ManagedArrays.CopyOut(source, a.Data, int64 a.Length * int64 dtype.Size)

        a

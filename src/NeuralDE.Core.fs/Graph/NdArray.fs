namespace NeuralDE.Compiler

open System
open NeuralDE

/// Numbers in row-major order: float32[], float[], int[], int64[] or bool[] with a shape. Never written once it is shared.
[<Sealed>]
type internal NdArray(dtype: Dtype, shape: int[], data: Array) =
    member _.Dtype = dtype
    member _.Shape = shape
    member _.Data = data
    member _.Length = data.Length

    /// The same numbers under another shape of the same size.
    member _.WithShape(shape: int[]) = NdArray(dtype, shape, data)

    /// The numbers as float64: the array itself where it is one, else a copy.
    member _.Floats: float[] =
        match data with
        | :? (float[]) as values -> values
        | :? (float32[]) as values -> Array.map float values
        | :? (int[]) as values -> Array.map float values
        | :? (int64[]) as values -> Array.map float values
        | :? (bool[]) as values -> Array.map (fun b -> if b then 1.0 else 0.0) values
        | _ -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// The numbers as int64; floats lose their fraction.
    member _.Integers: int64[] =
        match data with
        | :? (int64[]) as values -> values
        | :? (int[]) as values -> Array.map int64 values
        | :? (bool[]) as values -> Array.map (fun b -> if b then 1L else 0L) values
        | :? (float[]) as values -> Array.map int64 values
        | :? (float32[]) as values -> Array.map int64 values
        | _ -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// What is not 0.
    member x.Flags: bool[] =
        match data with
        | :? (bool[]) as values -> values
        | _ -> Array.map (fun v -> v <> 0.0) x.Floats

    /// Rounds float64 to the dtype.
    static member OfFloats(dtype: Dtype, shape: int[], values: float[]) =
        match dtype with
        | Float64 -> NdArray(dtype, shape, values)
        | Float32 -> NdArray(dtype, shape, Array.map float32 values)
        | Int32 -> NdArray(dtype, shape, Array.map int values)
        | Int64 -> NdArray(dtype, shape, Array.map int64 values)
        | Bool -> NdArray(dtype, shape, Array.map (fun v -> v <> 0.0) values)

    static member OfIntegers(dtype: Dtype, shape: int[], values: int64[]) =
        match dtype with
        | Int64 -> NdArray(dtype, shape, values)
        | Int32 -> NdArray(dtype, shape, Array.map int values)
        | Bool -> NdArray(dtype, shape, Array.map (fun v -> v <> 0L) values)
        | Float64 -> NdArray(dtype, shape, Array.map float values)
        | Float32 -> NdArray(dtype, shape, Array.map float32 values)

    static member OfFlags(shape: int[], values: bool[]) = NdArray(Bool, shape, values)

    static member Zeros(dtype: Dtype, shape: int[]) =
        let n = Shape.stored "result" shape

        match dtype with
        | Float64 -> NdArray(dtype, shape, (Array.zeroCreate n: float[]))
        | Float32 -> NdArray(dtype, shape, (Array.zeroCreate n: float32[]))
        | Int32 -> NdArray(dtype, shape, (Array.zeroCreate n: int[]))
        | Int64 -> NdArray(dtype, shape, (Array.zeroCreate n: int64[]))
        | Bool -> NdArray(dtype, shape, (Array.zeroCreate n: bool[]))

    /// Memory that is to be filled: what it holds is undefined.
    static member Uninitialised(dtype: Dtype, shape: int[]) =
        let n = Shape.stored "result" shape

        match dtype with
        | Float64 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<float> n)
        | Float32 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<float32> n)
        | Int32 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<int> n)
        | Int64 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<int64> n)
        | Bool -> NdArray(dtype, shape, GC.AllocateUninitializedArray<bool> n)

    /// New memory holding the same numbers.
    member _.Copy() = NdArray(dtype, shape, data.Clone() :?> Array)

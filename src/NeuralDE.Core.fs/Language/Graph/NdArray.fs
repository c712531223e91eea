namespace NeuralDE.Internal.Graph

open System
open NeuralDE
open NeuralDE.Kernels

/// Memory of an executor, such as a device's, with the numbers of one array. Never written once it is shared.
[<AbstractClass>]
type internal Buffer(device: Device) =
    /// The executor whose memory it is.
    member _.Device = device

    /// The numbers in managed memory, in row-major order: an array that nobody else has. Waits for what computes them.
    /// DeviceException after Release.
    abstract ToHost: dtype: Dtype * shape: int[] -> Array

    /// The same memory under another shape of the same size: a buffer of its own, which stays when this one is released.
    abstract WithShape: shape: int[] -> Buffer

    /// Gives the memory back now, not when the collector finds it. Nothing may use the buffer afterwards; twice is once.
    abstract Release: unit -> unit

/// Numbers in row-major order: float32[], float[], int[], int64[] or bool[] with a shape. Never written once it is shared.
/// They may lie in an executor's buffer; managed memory then gets them once, when they are first asked for.
[<Sealed>]
type internal NdArray private (dtype: Dtype, shape: int[], host: Array | null, buffer: Buffer | null) =
    let mutable data = host

    new(dtype: Dtype, shape: int[], data: Array) = NdArray(dtype, shape, data, null)

    /// Numbers that lie in a buffer.
    static member In(buffer: Buffer, dtype: Dtype, shape: int[]) = NdArray(dtype, shape, null, buffer)

    member _.Dtype = dtype
    member _.Shape = shape

    /// Where the numbers lie, if not in managed memory alone.
    member _.Buffer = buffer

    /// Whether managed memory has the numbers.
    member _.IsHere = not (isNull data)

    member private x.Download() : Array =
        let read () =
            match buffer with
            | null -> raise (GraphException "an array has neither managed memory nor a buffer")
            | buffer -> buffer.ToHost(dtype, shape)

        // threads that ask at once get one copy
        lock x (fun () ->
            match data with
            | null ->
                let here = read ()
                data <- here
                here
            | here -> here)

    /// The numbers in managed memory.
    member x.Data: Array =
        match data with
        | null -> x.Download()
        | here -> here

    member _.Length =
        match data with
        | null -> int (Shape.size shape)
        | here -> here.Length

    /// The same numbers under another shape of the same size.
    member _.WithShape(shape: int[]) =
        match buffer with
        | null -> NdArray(dtype, shape, data, null)
        | buffer -> NdArray(dtype, shape, data, buffer.WithShape shape)

    /// The numbers as float64: the array itself where it is one, else a copy.
    member x.Floats: float[] =
        match x.Data with
        | :? (float[]) as values -> values
        | :? (float32[]) as values -> ManagedArrays.Widen values
        | :? (int[]) as values -> Array.map float values
        | :? (int64[]) as values -> Array.map float values
        | :? (bool[]) as values -> Array.map (fun b -> if b then 1.0 else 0.0) values
        | data -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// The numbers as int64; floats lose their fraction.
    member x.Integers: int64[] =
        match x.Data with
        | :? (int64[]) as values -> values
        | :? (int[]) as values -> Array.map int64 values
        | :? (bool[]) as values -> Array.map (fun b -> if b then 1L else 0L) values
        | :? (float[]) as values -> Array.map int64 values
        | :? (float32[]) as values -> Array.map int64 values
        | data -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// What is not 0.
    member x.Flags: bool[] =
        match x.Data with
        | :? (bool[]) as values -> values
        | _ -> Array.map (fun v -> v <> 0.0) x.Floats

    /// The numbers as float32: the array itself where it is one, else a copy, by way of float64.
    member x.Singles: float32[] =
        match x.Data with
        | :? (float32[]) as values -> values
        | _ -> ManagedArrays.Narrow x.Floats

    /// An array that nobody else has: itself where a member above made it, else a copy.
    member _.Fresh(values: 'T[]) : 'T[] = if obj.ReferenceEquals(values, data) then Array.copy values else values

    /// Rounds float64 to the dtype.
    static member OfFloats(dtype: Dtype, shape: int[], values: float[]) =
        match dtype with
        | Float64 -> NdArray(dtype, shape, values)
        | Float32 -> NdArray(dtype, shape, ManagedArrays.Narrow values)
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

    static member private Memory<'T>(n: int, isZeroed: bool) : Array =
        if isZeroed then Array.zeroCreate<'T> n else GC.AllocateUninitializedArray<'T> n

    static member private New(dtype: Dtype, shape: int[], n: int, isZeroed: bool) =
        match dtype with
        | Float64 -> NdArray(dtype, shape, NdArray.Memory<float>(n, isZeroed))
        | Float32 -> NdArray(dtype, shape, NdArray.Memory<float32>(n, isZeroed))
        | Int32 -> NdArray(dtype, shape, NdArray.Memory<int>(n, isZeroed))
        | Int64 -> NdArray(dtype, shape, NdArray.Memory<int64>(n, isZeroed))
        | Bool -> NdArray(dtype, shape, NdArray.Memory<bool>(n, isZeroed))

    static member private Missing(operation: string, dtype: Dtype, shape: int[]) : exn =
        let bytes = Shape.size shape * int64 dtype.Size

        ShapeException
            $"{operation}: out of memory: a tensor of {dtype} {Shape.text shape} takes {Room.Text bytes}, of {Room.Text Room.Total} in all. Use a smaller shape, or work on parts."

    /// Refuses what is more than one array or the memory holds.
    static member Claim(operation: string, dtype: Dtype, shape: int[]) =
        let n = Shape.stored operation shape
        if not (Room.Has(int64 n * int64 dtype.Size)) then raise (NdArray.Missing(operation, dtype, shape))

    /// Where there may be too little memory.
    static member private NewLarge(dtype: Dtype, shape: int[], n: int, isZeroed: bool) =
        NdArray.Claim("result", dtype, shape)

        try
            NdArray.New(dtype, shape, n, isZeroed)
        with :? OutOfMemoryException ->
            raise (NdArray.Missing("result", dtype, shape))

    /// ShapeException where there are more elements than an array holds, or more bytes than there is memory.
    static member Zeros(dtype: Dtype, shape: int[]) =
        let n = Shape.stored "result" shape

        if n >= 1048576 then
            NdArray.NewLarge(dtype, shape, n, true)
        else
            NdArray.New(dtype, shape, n, true)

    /// Memory that is to be filled: what it holds is undefined.
    static member Uninitialised(dtype: Dtype, shape: int[]) =
        let n = Shape.stored "result" shape

        if n >= 1048576 then
            NdArray.NewLarge(dtype, shape, n, false)
        else
            // every result of a plan comes by here
            match dtype with
            | Float64 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<float> n)
            | Float32 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<float32> n)
            | Int32 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<int> n)
            | Int64 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<int64> n)
            | Bool -> NdArray(dtype, shape, GC.AllocateUninitializedArray<bool> n)

    /// One number, rounded to the dtype, everywhere.
    static member Filled(dtype: Dtype, shape: int[], value: float) =
        let a = NdArray.Uninitialised(dtype, shape)

        match a.Data with
        | :? (float[]) as x -> Array.Fill(x, value)
        | :? (float32[]) as x -> Array.Fill(x, float32 value)
        | :? (int[]) as x -> Array.Fill(x, int value)
        | :? (int64[]) as x -> Array.Fill(x, int64 value)
        | :? (bool[]) as x -> Array.Fill(x, (value <> 0.0))
        | data -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

        a

    /// A shape filled with the one number of an array.
    static member Filled(one: NdArray, shape: int[]) =
        let a = NdArray.Uninitialised(one.Dtype, shape)

        match a.Data, one.Data with
        | (:? (float[]) as x), (:? (float[]) as value) -> Array.Fill(x, value[0])
        | (:? (float32[]) as x), (:? (float32[]) as value) -> Array.Fill(x, value[0])
        | (:? (int64[]) as x), (:? (int64[]) as value) -> Array.Fill(x, value[0])
        | (:? (int[]) as x), (:? (int[]) as value) -> Array.Fill(x, value[0])
        | (:? (bool[]) as x), (:? (bool[]) as value) -> Array.Fill(x, value[0])
        | data, _ -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

        a

    /// New memory holding the same numbers.
    member x.Copy() = NdArray(dtype, shape, x.Data.Clone() :?> Array)

namespace NeuralDE.Internal.Graph

open System
open System.Threading
open NeuralDE
open NeuralDE.Kernels

/// Memory of an executor, such as that of a device, that stores one array. It is immutable once shared.
[<AbstractClass>]
type internal Buffer(device: Device) =
    /// The device of the executor that owns the memory.
    member _.Device = device

    /// Copies the elements to a new managed array in row-major order. Waits for pending computations. Raises
    /// DeviceException after Release.
    abstract ToHost: dtype: Dtype * shape: int[] -> Array

    /// The same memory with another shape of the same size, as a separate buffer that survives the release of this one.
    abstract WithShape: shape: int[] -> Buffer

    /// Frees the memory now instead of at the next garbage collection. The buffer must not be used afterwards; a second
    /// call has no effect.
    abstract Release: unit -> unit

/// The bytes of a large result, outside the managed heap. Immutable.
[<Sealed>]
type internal NativeResult(source: nativeint, bytes: int64) =
    let memory = ResultMemory.Take bytes
    do TeamCopy.Run(source, memory.Address, bytes)

    member _.CopyTo(target: nativeint) : unit =
        TeamCopy.Run(memory.Address, target, bytes)
        GC.KeepAlive memory

    member _.CopyTo(target: Array) : unit =
        ManagedArrays.CopyOut(memory.Address, target, bytes)
        GC.KeepAlive memory

/// Elements in row-major order (float32[], float[], int[], int64[] or bool[]) with a shape. Immutable once shared. They
/// may be stored in an executor's buffer, or as a large result outside the managed heap; the first read of Data then
/// copies them to managed memory.
[<Sealed>]
type internal NdArray
    private (dtype: Dtype, shape: int[], host: Array | null, buffer: Buffer | null, result: NativeResult | null) =
    let mutable data = host
    let mutable native = result

    new(dtype: Dtype, shape: int[], data: Array) = NdArray(dtype, shape, data, null, null)

    /// An array stored in a buffer.
    static member In(buffer: Buffer, dtype: Dtype, shape: int[]) = NdArray(dtype, shape, null, buffer, null)

    member _.Dtype = dtype
    member _.Shape = shape

    /// The buffer that stores the array; null if only managed memory does.
    member _.Buffer = buffer

    member private _.ReadNative(from: NativeResult) : Array =
        let copy: NdArray = NdArray.Uninitialised(dtype, shape)
        let here: Array = copy.Data
        from.CopyTo here
        here

    member private x.Download() : Array =
        let read () =
            match buffer with
            | null ->
                match native with
                | null -> raise (GraphException "an array has neither managed memory nor a buffer")
                | from -> x.ReadNative from
            | buffer -> buffer.ToHost(dtype, shape)

        // concurrent readers share one copy
        lock x (fun () ->
            match data with
            | null ->
                let here = read ()
                data <- here
                // after the data, because other threads look for this first
                Volatile.Write(&native, null)
                here
            | here -> here)

    /// Copies the elements to an address.
    member x.CopyTo(target: nativeint) : unit =
        match Volatile.Read &native with
        | null ->
            let bytes = Shape.size shape * int64 dtype.Size
            if bytes > 0L then ManagedArrays.CopyIn(x.Data, target, bytes)
        | from -> from.CopyTo target

    /// The elements in managed memory.
    member x.Data: Array =
        match data with
        | null -> x.Download()
        | here -> here

    member _.Length =
        match data with
        | null -> int (Shape.size shape)
        | here -> here.Length

    /// The same elements with another shape of the same size.
    member _.WithShape(shape: int[]) =
        // first the result, because another thread that reads the elements stores them before it forgets the result
        let result = Volatile.Read &native

        match buffer with
        | null -> NdArray(dtype, shape, data, null, result)
        | buffer -> NdArray(dtype, shape, data, buffer.WithShape shape, result)

    /// The elements as float64: the array itself if it has this dtype, otherwise a copy.
    member x.Floats: float[] =
        match x.Data with
        | :? (float[]) as values -> values
        | :? (float32[]) as values -> ManagedArrays.Widen values
        | :? (int[]) as values -> Array.map float values
        | :? (int64[]) as values -> Array.map float values
        | :? (bool[]) as values -> Array.map (fun b -> if b then 1.0 else 0.0) values
        | data -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// The elements as int64; floats are truncated.
    member x.Integers: int64[] =
        match x.Data with
        | :? (int64[]) as values -> values
        | :? (int[]) as values -> Array.map int64 values
        | :? (bool[]) as values -> Array.map (fun b -> if b then 1L else 0L) values
        | :? (float[]) as values -> Array.map int64 values
        | :? (float32[]) as values -> Array.map int64 values
        | data -> raise (GraphException $"an array of {data.GetType().Name} is not a tensor's memory")

    /// Which elements are not 0.
    member x.Flags: bool[] =
        match x.Data with
        | :? (bool[]) as values -> values
        | _ -> Array.map (fun v -> v <> 0.0) x.Floats

    /// The elements as float32: the array itself if it has this dtype, otherwise a copy, converted through float64.
    member x.Singles: float32[] =
        match x.Data with
        | :? (float32[]) as values -> values
        | _ -> ManagedArrays.Narrow x.Floats

    /// An array that no other object references: the argument itself if a member above allocated it, otherwise a copy.
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

    /// Raises ShapeException if the shape has more elements than one array, or more bytes than the memory.
    static member Claim(operation: string, dtype: Dtype, shape: int[]) =
        let n = Shape.stored operation shape
        if not (Room.Has(int64 n * int64 dtype.Size)) then raise (NdArray.Missing(operation, dtype, shape))

    /// The path for arrays so large that memory may run out.
    static member private NewLarge(dtype: Dtype, shape: int[], n: int, isZeroed: bool) =
        NdArray.Claim("result", dtype, shape)

        try
            NdArray.New(dtype, shape, n, isZeroed)
        with :? OutOfMemoryException ->
            raise (NdArray.Missing("result", dtype, shape))

    /// Raises ShapeException if there are more elements than an array can have, or more bytes than memory.
    static member Zeros(dtype: Dtype, shape: int[]) =
        let n = Shape.stored "result" shape

        if n >= 1048576 then
            NdArray.NewLarge(dtype, shape, n, true)
        else
            NdArray.New(dtype, shape, n, true)

    /// An array to be filled by the caller: its content is undefined.
    static member Uninitialised(dtype: Dtype, shape: int[]) =
        let n = Shape.stored "result" shape

        if n >= 1048576 then
            NdArray.NewLarge(dtype, shape, n, false)
        else
            // this is on the path of every result of a plan
            match dtype with
            | Float64 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<float> n)
            | Float32 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<float32> n)
            | Int32 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<int> n)
            | Int64 -> NdArray(dtype, shape, GC.AllocateUninitializedArray<int64> n)
            | Bool -> NdArray(dtype, shape, GC.AllocateUninitializedArray<bool> n)

    /// A copy of the elements at an address: outside the managed heap if they are many.
    static member CopyOf(dtype: Dtype, shape: int[], source: nativeint) =
        let bytes = Shape.size shape * int64 dtype.Size

        if bytes >= ResultMemory.Least then
            Shape.stored "result" shape |> ignore

            try
                NdArray(dtype, shape, null, null, NativeResult(source, bytes))
            with
            | :? NoRoomException
            | :? OutOfMemoryException -> raise (NdArray.Missing("result", dtype, shape))
        else
            let a = NdArray.Uninitialised(dtype, shape)
            if bytes > 0L then ManagedArrays.CopyOut(source, a.Data, bytes)
            a

    /// An array whose elements all equal one number, rounded to the dtype.
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

    /// An array of this shape, filled with the only element of another array.
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

    /// A copy in new memory.
    member x.Copy() = NdArray(dtype, shape, x.Data.Clone() :?> Array)

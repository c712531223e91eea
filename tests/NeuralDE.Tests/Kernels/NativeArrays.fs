namespace NeuralDE.Tests.Kernels

open System
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Managed arrays in guarded memory, and comparisons that state the value received.
module internal NativeArrays =
    let elementType (dtype: Dtype) =
        match dtype with
        | Float32 -> ElementType.Float32
        | Float64 -> ElementType.Float64
        | Int32 -> ElementType.Int32
        | Int64 -> ElementType.Int64
        | Bool -> ElementType.Bool

    let private bytes (values: Array) =
        match values with
        | :? (bool[]) as flags -> flags.Length
        | _ -> Buffer.ByteLength values

    /// The numbers in separate memory between protected pages, ending at one or (`After`) beginning after one.
    let hold (after: bool) (values: 'T[]) =
        let size = bytes values
        let memory = if after then Guarded.After size else Guarded.Before size
        MemoryMarshal.AsBytes(ReadOnlySpan<'T> values).CopyTo(Span<byte>(memory.Address.ToPointer(), size))
        memory

    /// The present content of the memory.
    let read (memory: Guarded) (length: int) : 'T[] = Span<'T>(memory.Address.ToPointer(), length).ToArray()

    let holdArray after (x: NdArray) =
        match x.Data with
        | :? (float[]) as values -> hold after values
        | :? (float32[]) as values -> hold after values
        | :? (int64[]) as values -> hold after values
        | :? (int[]) as values -> hold after values
        | values -> hold after (values :?> bool[])

    let readArray (dtype: Dtype) (shape: int[]) (memory: Guarded) =
        let n = Shape.stored "test" shape

        let data: Array =
            match dtype with
            | Float64 -> (read memory n: float[])
            | Float32 -> (read memory n: float32[])
            | Int64 -> (read memory n: int64[])
            | Int32 -> (read memory n: int[])
            | Bool -> (read memory n: bool[])

        NdArray(dtype, shape, data)

    /// Equal bits; all NaN are equal.
    let sameBits (what: string) (expected: NdArray) (got: NdArray) =
        let bits (x: NdArray) : int64[] =
            if x.Dtype.IsFloat then
                x.Floats
                |> Array.map (fun v -> if Double.IsNaN v then Int64.MaxValue else BitConverter.DoubleToInt64Bits v)
            else
                x.Integers

        let e, g = bits expected, bits got

        match Seq.zip e g |> Seq.tryFindIndex (fun (a, b) -> a <> b) with
        | Some i ->
            let value (x: NdArray) = if x.Dtype.IsFloat then box x.Floats[i] else box x.Integers[i]
            failtest $"{what}: element {i} is {value got}, expected {value expected}"
        | None -> Expect.isTrue (e.Length = g.Length) $"{what}: {g.Length} elements, expected {e.Length}"

    /// Whether the machine supports vectors of this many bits; wider ones are emulated, slowly.
    let hasWidth bits =
        match bits with
        | 512 -> Vector512.IsHardwareAccelerated
        | 256 -> Vector256.IsHardwareAccelerated
        | _ -> true

    let widths = [ 512; 256; 0 ] |> List.filter hasWidth

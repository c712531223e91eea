module NeuralDE.Tests.Kernels.ElementCastTests

open System
open System.Runtime.InteropServices
open Expecto
open NeuralDE.Internal.Engine
open NeuralDE.Kernels

let private floats64 =
    [| nan
       infinity
       -infinity
       0.0
       -0.0
       0.5
       -0.5
       1.9
       -1.9
       0.1
       16777217.0
       2147483646.5
       2147483647.0
       2147483648.0
       -2147483648.5
       -2147483649.0
       9.2e18
       9223372036854775808.0
       -9223372036854775808.0
       1e300
       1e-300
       Double.Epsilon
       1e-40
       Double.MaxValue |]

let private floats32 = Array.map float32 floats64

let private integers64 =
    [| 0L
       1L
       -1L
       16777217L
       2147483647L
       2147483648L
       -2147483649L
       9007199254740993L
       Int64.MaxValue
       Int64.MinValue |]

let private integers32 = [| 0; 1; -1; 16777217; Int32.MaxValue; Int32.MinValue |]
let private bools = [| true; false; true |]

/// The bytes in memory.
let private bytes (values: 'T[]) = MemoryMarshal.AsBytes(ReadOnlySpan values).ToArray()

/// At lengths with every remainder, on guarded memory, with the operand single or not.
let private check source target (values: 'A[]) (f: 'A -> 'B) =
    for n in 0..70 do
        for single in [ false; true ] do
            let x = Array.init (if single then 1 else n) (fun i -> values[(i + n) % values.Length])
            let expected = Array.init n (fun i -> f x[if single then 0 else i]) |> bytes
            use from = Guarded.Before(x.Length * sizeof<'A>)
            use into = Guarded.Before expected.Length
            Marshal.Copy(bytes x, 0, from.Address, x.Length * sizeof<'A>)
            ElementKernels.Cast(source, target, from.Address, single, into.Address, int64 n)
            let got: byte[] = Array.zeroCreate expected.Length
            Marshal.Copy(into.Address, got, 0, got.Length)

            if got <> expected then
                failtest $"{source} → {target}, {n} elements of %A{x}: got bytes %A{got}, expected %A{expected}"

[<Tests>]
let tests =
    testList
        "Kernels.ElementCast"
        [ testCase "floats are truncated and saturated to integers" (fun () ->
              check ElementType.Float64 ElementType.Int64 floats64 ScalarFunctions.toInt64
              check ElementType.Float64 ElementType.Int32 floats64 ScalarFunctions.toInt32
              check ElementType.Float32 ElementType.Int64 floats32 (float >> ScalarFunctions.toInt64)
              check ElementType.Float32 ElementType.Int32 floats32 (float >> ScalarFunctions.toInt32))

          testCase "casts of numbers to floats round once" (fun () ->
              check ElementType.Float64 ElementType.Float32 floats64 float32
              check ElementType.Float32 ElementType.Float64 floats32 float
              check ElementType.Int64 ElementType.Float32 integers64 float32
              check ElementType.Int64 ElementType.Float64 integers64 float
              check ElementType.Int32 ElementType.Float32 integers32 float32
              check ElementType.Int32 ElementType.Float64 integers32 float)

          testCase "integers wrap" (fun () ->
              check ElementType.Int64 ElementType.Int32 integers64 int
              check ElementType.Int32 ElementType.Int64 integers32 int64)

          testCase "non-zero numbers are true; bools become 0 and 1" (fun () ->
              check ElementType.Float64 ElementType.Bool floats64 (fun x -> x <> 0.0)
              check ElementType.Float32 ElementType.Bool floats32 (fun x -> x <> 0f)
              check ElementType.Int64 ElementType.Bool integers64 (fun x -> x <> 0L)
              check ElementType.Int32 ElementType.Bool integers32 (fun x -> x <> 0)
              check ElementType.Bool ElementType.Float32 bools (fun b -> if b then 1f else 0f)
              check ElementType.Bool ElementType.Float64 bools (fun b -> if b then 1.0 else 0.0)
              check ElementType.Bool ElementType.Int32 bools Convert.ToInt32
              check ElementType.Bool ElementType.Int64 bools Convert.ToInt64)

          testCase "a cast to the same type copies" (fun () ->
              check ElementType.Float64 ElementType.Float64 floats64 id
              check ElementType.Float32 ElementType.Float32 floats32 id
              check ElementType.Int64 ElementType.Int64 integers64 id
              check ElementType.Int32 ElementType.Int32 integers32 id
              check ElementType.Bool ElementType.Bool bools id) ]

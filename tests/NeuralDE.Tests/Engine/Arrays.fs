/// Small arrays, the value of an operation on them, and comparisons.
module internal NeuralDE.Tests.Arrays

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

let nan = Double.NaN
let infinity = Double.PositiveInfinity
let f64 shape (values: float list) = NdArray.OfFloats(Float64, shape, Array.ofList values)
let f32 shape (values: float list) = NdArray.OfFloats(Float32, shape, Array.ofList values)
let i64 shape (values: int64 list) = NdArray.OfIntegers(Int64, shape, Array.ofList values)
let i32 shape (values: int64 list) = NdArray.OfIntegers(Int32, shape, Array.ofList values)
let flags shape (values: bool list) = NdArray.OfFlags(shape, Array.ofList values)
let every = [ Float32; Float64; Int32; Int64; Bool ]
let numbers = [ Float32; Float64; Int32; Int64 ]
let floats = [ Float32; Float64 ]

/// 1, 2, 3, … (bool: 1 is true, 2 is false, …)
let counting dtype shape =
    let n = Shape.stored "test" shape

    match dtype with
    | Bool -> NdArray.OfFlags(shape, Array.init n (fun i -> i % 2 = 0))
    | Float32
    | Float64
    | Int32
    | Int64 -> NdArray.OfIntegers(dtype, shape, Array.init n (fun i -> int64 (i + 1)))

/// The value; checks that its dtype, shape and length are the inferred ones.
let value op (args: NdArray list) =
    let args = Array.ofList args

    let signature = Infer.node op (args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape }))

    let result = Evaluate.primitive op signature args
    Expect.equal result.Dtype signature.Dtype "result.Dtype"
    Expect.equal result.Shape signature.Shape "result.Shape"
    Expect.equal result.Length (Shape.stored "test" signature.Shape) "result.Length"
    result

/// The same dtype, shape and numbers; NaN equals NaN, −0 does not equal 0.
let same (expected: NdArray) (got: NdArray) =
    Expect.equal got.Dtype expected.Dtype "got.Dtype"
    Expect.equal got.Shape expected.Shape "got.Shape"

    match expected.Dtype with
    | Float32
    | Float64 ->
        let bits (x: NdArray) =
            x.Floats
            |> Array.map (fun v -> if Double.IsNaN v then nan else v)
            |> Array.map BitConverter.DoubleToInt64Bits

        if bits expected <> bits got then
            Expect.equal got.Floats expected.Floats "got.Floats" // a message with numbers
            failtest "zeros of different sign"
    | Int32
    | Int64
    | Bool -> Expect.equal got.Integers expected.Integers "got.Integers"

let near tolerance (expected: NdArray) (got: NdArray) =
    Expect.equal got.Dtype expected.Dtype "got.Dtype"
    Expect.equal got.Shape expected.Shape "got.Shape"

    Array.iter2
        (fun (e: float) g -> Expect.isTrue (abs (e - g) <= tolerance * max 1.0 (abs e)) $"{g:R} instead of {e:R}")
        expected.Floats
        got.Floats

/// A property of random arrays.
let forSeeds (property: System.Random -> unit) =
    FsCheck.Check.One(Properties.config, fun (seed: int) -> property (System.Random seed))

let randomFloats (r: System.Random) dtype (shape: int[]) =
    NdArray.OfFloats(dtype, shape, Array.init (Shape.stored "test" shape) (fun _ -> r.NextDouble() * 2.0 - 1.0))

let slice start stop step = Slice { Start = start; Stop = stop; Step = step }

let pad low high interior = Pad { Low = low; High = high; Interior = interior }

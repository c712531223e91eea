/// Conversions between arrays and tensors: the same numbers, as copies, with the tensor's own type unless a conversion
/// is named.
module NeuralDE.Tests.NumbersTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private special =
    [ nan; infinity; -infinity; -0.0; 1e300; -1e-300; 1e-40; 3.4028235677973366e38; 1.0 / 3.0; 16777217.0 ]

/// Lengths around that of a vector, to cover the remainder after whole vectors.
let private floats n = Array.init n (fun i -> if i < special.Length then special[i] else sin (float i))

let private same (a: float) (b: float) = BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b

let private roundTrip<'T when 'T: equality> (values: 'T[]) (x: Tensor) =
    Expect.equal (x.AsSpan<'T>().ToArray()) values "x.AsSpan<'T>().ToArray()"
    let target: 'T[] = Array.zeroCreate (values.Length + 1)
    x.CopyTo(Span<'T> target)
    Expect.equal target[.. values.Length - 1] values "target[.. values.Length - 1]"

[<Tests>]
let tests =
    testList
        "Tensor.Numbers"
        [ testCase "conversions of arrays equal conversions of single numbers" (fun () ->
              for n in [ 0; 1; 3; 7; 8; 15; 16; 17; 33; 1000 ] do
                  let values = floats n
                  let singles = Array.map float32 values
                  let x, y = tensor values, tensor singles
                  Expect.isTrue (Array.forall2 same values (x.ToArray())) "Array.forall2 same values (x.ToArray())"
                  Expect.equal
                      (Array.map BitConverter.SingleToInt32Bits (x.ToFloat32Array()))
                      (Array.map BitConverter.SingleToInt32Bits singles)
                      "bits as float32"
                  Expect.equal
                      (Array.map BitConverter.SingleToInt32Bits (y.ToFloat32Array()))
                      (Array.map BitConverter.SingleToInt32Bits singles)
                      "bits of float32"
                  Expect.isTrue (Array.forall2 same (Array.map float singles) (y.ToArray())) "float32 as float64")

          testCase "arrays taken from a tensor are copies" (fun () ->
              let x, y = tensor [ 1.0; 2.0 ], tensor [ 1.0f; 2.0f ]
              x.ToArray()[0] <- 5.0
              y.ToFloat32Array()[0] <- 5.0f
              y.ToArray()[0] <- 5.0
              Expect.equal (x.ToArray()) [| 1.0; 2.0 |] "x.ToArray()"
              Expect.equal (y.ToFloat32Array()) [| 1.0f; 2.0f |] "y.ToFloat32Array()"
              let source = [| 1.0; 2.0 |]
              let z = tensor source
              let w = tensor (ReadOnlySpan<float> source)
              source[0] <- 9.0
              Expect.equal (z.ToArray()) [| 1.0; 2.0 |] "z.ToArray()"
              Expect.equal (w.ToArray()) [| 1.0; 2.0 |] "w.ToArray()")

          testCase "spans are of the element type" (fun () ->
              roundTrip [| 1.5; -2.0; 3.0 |] (tensor [ 1.5; -2.0; 3.0 ])
              roundTrip [| 1.5f; -2.0f |] (tensor [ 1.5f; -2.0f ])
              roundTrip [| 1; -2 |] (tensor [ 1; -2 ])
              roundTrip [| 1L; -2L |] (tensor [ 1L; -2L ])
              roundTrip [| true; false |] (tensor [ true; false ])
              roundTrip [| 1.0; 3.0; 2.0; 4.0 |] (transpose (tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]))
              roundTrip [| 1.0; 1.0 |] (ones [ 2 ]))

          testCase "a span of another type or too short is refused" (fun () ->
              let x = tensor [ 1; 2; 3 ]
              let other = Expect.thrown<DtypeException>(fun () -> x.AsSpan<uint32>().Length |> ignore)
              Expect.stringContains other.Message "UInt32" "other.Message"
              Expect.thrown<DtypeException>(fun () -> x.CopyTo(Span<float>(Array.zeroCreate 3))) |> ignore
              let short = Expect.thrown<ShapeException>(fun () -> x.CopyTo(Span<int>(Array.zeroCreate 2)))
              Expect.stringContains short.Message "3" "short.Message"
              let placeholder () = grad (fun (x: Tensor) -> scalar (x.AsSpan<float>()[0])) (scalar 1.0) |> ignore
              Expect.thrown<TraceException> placeholder |> ignore)

          testCase "arrays of two and three axes keep their order" (fun () ->
              let plane = Array2D.init 3 5 (fun i j -> float (10 * i + j))
              Expect.equal
                  ((tensor plane).ToArray())
                  [| for i in 0..2 do
                         for j in 0..4 -> plane[i, j] |]
                  "elements of a matrix"
              let block = Array3D.init 2 3 2 (fun i j k -> float (100 * i + 10 * j + k))
              let expected =
                  [| for i in 0..1 do
                         for j in 0..2 do
                             for k in 0..1 -> block[i, j, k] |]
              Expect.equal ((tensor block).ToArray()) expected "(tensor block).ToArray()") ]

/// Primitives where libtorch differs from this library, at the numbers where it does.
module NeuralDE.Gpu.Tests.PrimitiveTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch
open NeuralDE.Tests.Engine

/// The primitive on the device equals the interpreter's, and no other engine computed it.
let private agree tolerance (op: Op) (args: NdArray[]) =
    let inputs = args |> Array.map (fun a -> { Signature.Dtype = a.Dtype; Shape = a.Shape })
    let g = Intern.graph inputs [| Intern.node op (inputs |> Array.mapi Intern.input) |]
    let before = Torch.fallbacks ()
    let got = OnDevice.run g args (fun _ -> OnDevice.InTensors)
    Expect.equal (Torch.fallbacks ()) before "fallbacks"

    match Agreement.differenceOf [| tolerance |] (Agreement.byInterpreter g args) got with
    | Some difference -> failtest difference
    | None -> ()

let private floats (values: float list) = NdArray.OfFloats(Float64, [| values.Length |], Array.ofList values)
let private integers (values: int list) =
    NdArray.OfIntegers(Int64, [| values.Length |], values |> List.map int64 |> Array.ofList)

let private specials =
    [ nan; infinity; -infinity; 0.0; -0.0; 1.0; -1.0; -2.0; 0.5; -0.5; -2.7; -7.01; 30.0; 1e-3; -1e-3 ]

let private polygamma =
    testList
        "polygamma on both sides, at its poles and at infinity"
        [ for n in 0..4 do
              testCase $"order {n}" (fun () ->
                  // near a pole the values are 10¹⁵ times those elsewhere: one at a time
                  for x in specials do
                      agree 1e-11 (Unary(Polygamma n)) [| floats [ x ] |]) ]

let private updates kind dtype (values: float list) =
    let u = NdArray.OfFloats(dtype, [| values.Length; 1 |], Array.ofList values)
    let operand = NdArray.OfFloats(dtype, [| 4; 1 |], [| 1.0; 2.0; 3.0; 4.0 |])
    let at = integers [ for i in 0 .. values.Length - 1 -> [ 2; 0; 2; -1; 9; 2; 3; 0 ][i % 8] ]
    agree 1e-6 (Op.Scatter(kind, 0)) [| operand; at; u |]

let private scatter =
    testList
        "scatter on the device"
        [ for kind in [ ScatterAdd; ScatterMax; ScatterSet ] do
              for dtype in [ Float64; Float32; Int32; Int64; Bool ] do
                  testCase $"{kind} {dtype}" (fun () ->
                      updates kind dtype [ 5.0; 0.0; 7.0; 1.0; 1.0; 6.0; 2.0; 8.0 ]
                      updates kind dtype [])

          testCase "the largest of updates with NaN" (fun () ->
              updates ScatterMax Float64 [ 5.0; nan; 7.0; 1.0; 1.0; -1.0; -infinity; 8.0 ])

          testCase "the last of many updates" (fun () ->
              let random = System.Random 3
              let at = NdArray.OfIntegers(Int64, [| 2; 500 |], Array.init 1000 (fun _ -> int64 (random.Next(-1, 8))))
              let u = NdArray.OfFloats(Float64, [| 2; 500; 3 |], Array.init 3000 (fun _ -> random.NextDouble()))
              let x = NdArray.Zeros(Float64, [| 2; 7; 3 |])
              agree 0.0 (Op.Scatter(ScatterSet, 1)) [| x; at; u |]
              agree 0.0 (Op.Scatter(ScatterMax, 1)) [| x; at; u |]) ]

let private others =
    testList
        "numbers at which libtorch differs"
        [ testCase "the sign of NaN" (fun () -> agree 0.0 (Unary Sign) [| floats specials |])
          testCase "softplus at 20 and far away" (fun () ->
              agree 1e-15 (Unary Softplus) [| floats [ 19.9; 20.1; 700.0; -700.0; -infinity; infinity; nan ] |])
          testCase "casts of NaN and of what is out of range" (fun () ->
              for target in [ Int32; Int64 ] do
                  agree 0.0 (Cast target) [| floats [ nan; 2.7; -2.7; 1e8; -1e8 ] |])
          testCase "remainders by 0 and −1" (fun () ->
              agree 0.0 (Binary Mod) [| integers [ 7; -7; 7; 5 ]; integers [ 0; -1; 3; -3 ] |])
          testCase "a search with NaN and infinity" (fun () ->
              for right in [ false; true ] do
                  agree
                      0.0
                      (SearchSorted right)
                      [| floats [ -infinity; 0.0; 1.0; 1.0; infinity; nan ]
                         floats [ nan; infinity; 1.0; -infinity; 7.0 ] |])
          testCase "the same random bits and uniforms" (fun () ->
              let keys = integers [ 1; -5; 77 ]
              for kind, dtype in [ Random.Bits, Int64; Random.Uniform, Float64; Random.Uniform, Float32 ] do
                  agree 0.0 (Op.Random(kind, { Dtype = dtype; Shape = [| 101 |] })) [| keys |]
              agree 1e-14 (Op.Random(Random.Normal, { Dtype = Float64; Shape = [| 101 |] })) [| keys |]) ]

[<Tests>]
let tests = testList "Primitives" [ polygamma; scatter; others ]

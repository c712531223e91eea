/// `where` with plain numbers; that these lines compile is part of the test.
module NeuralDE.Tests.Tensor.WhereTests

open Expecto
open NeuralDE.Tests
open NeuralDE

let private t = tensor [ 5.0; 10.0 ]

/// Called through a separate function.
let private infusion (start: Tensor) (dose: float) (time: Tensor) = where (time .< start) 0.0 dose

[<Tests>]
let tests =
    testList
        "Tensor.Where"
        [ testCase "where takes two plain numbers of one type" (fun () ->
              Expect.equal ((where (t .< 7.5) 0.0 10.0).ToArray()) [| 0.0; 10.0 |] "selected numbers"
              Expect.equal ((where (t .< 7.5) 0.0 10.0).Dtype) Float64 "(where (t .< 7.5) 0.0 10.0).Dtype"
              Expect.equal ((where (t .< 7.5) 0.0f 10.0f).Dtype) Float32 "(where (t .< 7.5) 0.0f 10.0f).Dtype"
              Expect.equal ((where (t .< 7.5) 0 10).Dtype) Dtype.Int32 "(where (t .< 7.5) 0 10).Dtype")

          testCase "where takes a tensor with a number of any type, on either side" (fun () ->
              let single = cast Float32 t

              for x in [ where (t .< 7.5) single 1; where (t .< 7.5) single 1.0; where (t .< 7.5) single 1.0f ] do
                  Expect.equal x.Dtype Float32 "x.Dtype"
                  Expect.equal (x.ToArray()) [| 5.0; 1.0 |] "x.ToArray()"

              for x in [ where (t .< 7.5) 1 single; where (t .< 7.5) 1.0 single; where (t .< 7.5) 1.0f single ] do
                  Expect.equal (x.ToArray()) [| 1.0; 10.0 |] "x.ToArray()"

              Expect.equal ((where (t .< 7.5) t t).ToArray()) [| 5.0; 10.0 |] "(where (t .< 7.5) t t).ToArray()")

          testCase "a field can switch between two plain numbers by where" (fun () ->
              // u' = 0 until 7.5, then 10: u(10) = 25
              let u =
                  Ode.problem (fun t _ -> where (t .< 7.5) 0.0 10.0) (scalar 0.0) (0.0, 10.0)
                  |> Ode.jumpAt [ 7.5 ]
                  |> Ode.solveFinal

              Expect.near 1e-9 (float u) 25.0 "float u"
              Expect.equal (float (infusion (scalar 1.0) 4.0 (scalar 2.0))) 4.0 "solution at the end") ]

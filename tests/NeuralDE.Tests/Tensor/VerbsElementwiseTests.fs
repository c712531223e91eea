module NeuralDE.Tests.VerbsElementwiseTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private x = tensor [ -1.0; 0.0; 2.0 ]

/// The argument types of these are inferred from the other side.
let private halfWave x = where (x .> 0.0) (sqrt x) 0.0

let private floored x = maximum x 0.0

[<Tests>]
let tests =
    testList
        "Tensor.VerbsElementwise"
        [ testCase "comparisons take tensors and numbers on either side" (fun () ->
              flags [ 3 ] [ true; false; false ] (x .< 0.0)
              flags [ 3 ] [ true; true; false ] (x .<= 0)
              flags [ 3 ] [ false; false; true ] (x .> 0.0f)
              flags [ 3 ] [ false; true; true ] (0.0 .<= x)
              flags [ 3 ] [ true; false; false ] (0 .> x)
              flags [ 3 ] [ false; true; true ] (x .>= scalar 0.0)
              flags [ 3 ] [ false; false; true ] (x .= 2.0)
              flags [ 3 ] [ true; true; false ] (2.0f .<> x)
              flags [ 2; 2 ] [ false; true; false; false ] (tensor [ [ 1.0 ]; [ 2.0 ] ] .< tensor [ 1.0; 2.0 ])
              flags [ 2 ] [ false; true ] (tensor [ 1; 2 ] .> 1)
              flags [ 2 ] [ true; false ] (tensor [ 1.5f; 2.0f ] .= 1.5)
              flags [ 2 ] [ false; true ] (tensor [ true; false ] .< tensor [ true; true ])
              flags [ 1 ] [ false ] (tensor [ nan ] .= nan)
              flags [ 1 ] [ true ] (tensor [ nan ] .<> nan)
              raises<DtypeException> [ ".<"; "float64"; "float32"; "Cast" ] (fun () -> x .< tensor [ 1.0f ])
              raises<DtypeException> [ "1.5"; "not an integer" ] (fun () -> tensor [ 1; 2 ] .> 1.5)
              raises<ShapeException> [ ".>="; "[3]"; "[2]"; "broadcast" ] (fun () -> x .>= tensor [ 1.0; 2.0 ]))

          testCase "where, maximum and minimum" (fun () ->
              holds [ 3 ] [ 0.0; 0.0; sqrt 2.0 ] (halfWave x)
              holds [ 3 ] [ 0.0; 0.0; 2.0 ] (floored x)
              holds [ 3 ] [ -1.0; 1.0; 1.0 ] (where (x .< 0.0) x 1)
              holds [ 2; 3 ] [ -1.0; 0.0; 2.0; 9.0; 9.0; 9.0 ] (where (tensor [ [ true ]; [ false ] ]) x 9.0)
              holds [ 3 ] [ 1.0; 1.0; 2.0 ] (List.reduce maximum [ x; ones [ 3 ] ])
              holds [ 3 ] [ -1.0; 0.0; 1.0 ] (minimum 1.0 x)
              holds [ 2 ] [ nan; nan ] (maximum (tensor [ nan; 1.0 ]) (tensor [ 1.0; nan ]))
              like 0.0 (tensor [ 2; 3 ]) (maximum (tensor [ 1; 3 ]) 2)
              raises<DtypeException> [ "where"; "float64"; "bool"; "Compare" ] (fun () -> where x x x)
              raises<DtypeException> [ "where"; "cast" ] (fun () -> where (x .> 0.0) x (tensor [ 1.0f ]))
              raises<ShapeException> [ "where"; "[2]" ] (fun () -> where (tensor [ true; false ]) x x)
              raises<DtypeException> [ "maximum"; "bool" ] (fun () -> maximum (tensor [ true ]) (tensor [ true ])))

          testCase "logic" (fun () ->
              let a, b = tensor [ true; true; false; false ], tensor [ true; false; true; false ]
              flags [ 4 ] [ true; false; false; false ] (logicalAnd a b)
              flags [ 4 ] [ true; true; true; false ] (logicalOr a b)
              flags [ 4 ] [ false; true; true; false ] (logicalXor a b)
              flags [ 4 ] [ false; false; true; true ] (logicalNot a)
              flags [ 3 ] [ false; true; false ] (isNaN (tensor [ 1.0; nan; infinity ]))
              flags [ 3 ] [ true; false; false ] (isFinite (tensor [ 1.0; nan; -infinity ]))
              flags [ 2 ] [ false; false ] (isNaN (tensor [ 1; 2 ]))
              flags [ 2 ] [ true; true ] (isFinite (tensor [ true; false ]))
              raises<DtypeException> [ "logicalAnd"; "float64"; "bool" ] (fun () -> logicalAnd x x)
              raises<DtypeException> [ "logicalNot"; "int32" ] (fun () -> logicalNot (tensor [ 1 ])))

          testCase "arithmetic" (fun () ->
              holds [ 3 ] [ 1.0; 0.0; 4.0 ] (square x)
              holds [ 2 ] [ 0.5; infinity ] (reciprocal (tensor [ 2.0; 0.0 ]))
              holds [ 4 ] [ -1.0; 0.0; 1.0; nan ] (signum (tensor [ -3.0; 0.0; 9.0; nan ]))
              like 0.0 (tensor [ -1; 1 ]) (signum (tensor [ -4; 4 ]))
              holds [ 4 ] [ -0.5; 0.0; 1.0; nan ] (clip -0.5 1.0 (tensor [ -1.0; 0.0; 2.0; nan ]))
              like 0.0 (tensor [ 1; 2; 3 ]) (clip 1.0 3.0 (tensor [ 0; 2; 9 ]))
              raises<InputException> [ "clip"; "low 2" ] (fun () -> clip 2.0 1.0 x)
              holds [ 2 ] [ 7.0; 11.0 ] (fma (tensor [ 2.0; 4.0 ]) (scalar 2.0) (scalar 3.0))
              let tiny = scalar 134217729.0 // (2²⁷ + 1)² needs 55 bits
              holds [] [ 1.0 ] (fma tiny tiny (scalar -18014398777917440.0))
              close 1e-15 [ 3 ] [ 5.0; 0.0; 5e200 ] (hypot (tensor [ 3.0; 0.0; 3e200 ]) (tensor [ -4.0; 0.0; 4e200 ]))
              holds [ 2 ] [ infinity; nan ] (hypot (tensor [ infinity; nan ]) (tensor [ 1.0; 1.0 ]))
              close 1e-300 [ 1 ] [ 5e-200 ] (hypot (tensor [ 3e-200 ]) (tensor [ 4e-200 ]))
              close 1e-16 [ 1 ] [ 1e-20 ] (expm1 (tensor [ 1e-20 ]))
              close 1e-16 [ 1 ] [ 1e-20 ] (log1p (tensor [ 1e-20 ]))
              like 0.0 (tensor [ -1; 2; 0 ]) (cast Dtype.Int32 (tensor [ -1.9; 2.9; nan ]))
              flags [ 2 ] [ true; false ] (cast Bool (tensor [ 0.5; 0.0 ]))
              raises<DtypeException> [ "fma"; "int32" ] (fun () -> fma (tensor [ 1 ]) (tensor [ 1 ]) (tensor [ 1 ]))
              raises<DtypeException> [ "signum"; "bool" ] (fun () -> signum (tensor [ true ])))

          testCase "activations against their formulas" (fun () ->
              let points = [ -40.0; -3.0; -0.5; 0.0; 0.5; 3.0; 40.0 ]
              let s v = 1.0 / (1.0 + exp -v)
              let softened v = if v > 30.0 then v else Math.Log(1.0 + exp v)

              let check f (expected: float -> float) =
                  close 1e-12 [ points.Length ] (List.map expected points) (f (tensor points))
                  let single: Tensor = f (tensor points |> cast Float32)
                  Expect.equal single.Dtype Float32 "single.Dtype"
                  close 1e-5 [ points.Length ] (List.map expected points) single

              check sigmoid s
              check silu (fun v -> v * s v)
              check softplus softened
              check logSigmoid (fun v -> -(softened -v))
              check mish (fun v -> v * tanh (softened v))
              check relu (max 0.0)
              check (leakyRelu 0.1) (fun v -> if v > 0.0 then v else 0.1 * v)
              check elu (fun v -> if v > 0.0 then v else exp v - 1.0)
              check geluTanh (fun v -> 0.5 * v * (1.0 + tanh (sqrt (2.0 / Math.PI) * (v + 0.044715 * v * v * v))))
              close 1e-12 [ 2 ] [ 0.8413447460685429; -0.15865525393145707 ] (gelu (tensor [ 1.0; -1.0 ]))
              close 1e-12 [ 3 ] [ log (0.2 / 0.8); 0.0; infinity ] (logit (tensor [ 0.2; 0.5; 1.0 ]))
              holds [ 2 ] [ nan; infinity ] (relu (tensor [ nan; infinity ]))
              holds [ 1 ] [ 1000.0 ] (elu (tensor [ 1000.0 ]))
              like 0.0 (tensor [ 0; 2 ]) (relu (tensor [ -1; 2 ])))

          testCase "special functions at known points" (fun () ->
              close 1e-15 [ 3 ] [ 0.8427007929497149; 0.0; -1.0 ] (erf (tensor [ 1.0; 0.0; -10.0 ]))
              close 1e-14 [ 3 ] [ 1.0; 0.0; infinity ] (erfinv (tensor [ 0.8427007929497149; 0.0; 1.0 ]))
              close 1e-14 [ 2 ] [ log 24.0; 0.5723649429247001 ] (lgamma (tensor [ 5.0; 0.5 ]))
              close 1e-14 [ 1 ] [ -0.5772156649015329 ] (digamma (tensor [ 1.0 ]))
              close 1e-14 [ 1 ] [ Math.PI * Math.PI / 6.0 ] (polygamma 1 (tensor [ 1.0 ]))
              raises<DtypeException> [ "erf"; "int32"; "cast Float64" ] (fun () -> erf (tensor [ 1 ]))
              raises<InputException> [ "polygamma"; "-1" ] (fun () -> polygamma -1 x)) ]

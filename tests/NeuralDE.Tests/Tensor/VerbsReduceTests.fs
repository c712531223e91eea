module NeuralDE.Tests.VerbsReduceTests

open Expecto
open NeuralDE
open NeuralDE.Tests.Expected

let private m = tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 9.0 ] ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsReduce"
        [ testCase "sums, products and means" (fun () ->
              holds [] [ 24.0 ] (sum m)
              holds [ 3 ] [ 5.0; 7.0; 12.0 ] (sumAlong 0 m)
              holds [ 2 ] [ 6.0; 18.0 ] (sumAlong -1 m)
              holds [] [ 4.0 ] (mean m)
              holds [ 2 ] [ 2.0; 6.0 ] (meanAlong 1 m)
              holds [] [ 1.0 ] (mean (ones [ 49 ]))
              holds [] [ 1080.0 ] (prod m)
              holds [ 3 ] [ 4.0; 10.0; 27.0 ] (prodAlong 0 m)
              holds [] [ 5.0 ] (sum (scalar 5.0))
              holds [] [ 5.0 ] (prod (scalar 5.0))
              holds [] [ 0.0 ] (sum (zeros [ 0 ]))
              holds [] [ 1.0 ] (prod (zeros [ 0 ]))
              holds [ 2 ] [ 1.0; 1.0 ] (prodAlong 1 (zeros [ 2; 0 ]))
              holds [ 0 ] [] (meanAlong 1 (zeros [ 0; 2 ]))
              like 0.0 (scalar 6L) (prod (tensor [ 1; 2; 3 ]))
              raises<ShapeException> [ "mean"; "[0]"; "no elements" ] (fun () -> mean (zeros [ 0 ]))
              raises<ShapeException> [ "mean"; "axis 1" ] (fun () -> meanAlong 1 (zeros [ 2; 0 ]))
              raises<DtypeException> [ "mean"; "int32" ] (fun () -> mean (tensor [ 1; 2 ]))
              like 0.0 (scalar 1L) (sum (tensor [ true ]))
              raises<ShapeException> [ "sumAlong"; "axis 2"; "rank 2" ] (fun () -> sumAlong 2 m))

          testCase "variance" (fun () ->
              holds [ 2 ] [ 2.0 / 3.0; 14.0 / 3.0 ] (varAlong 1 m)
              holds [ 2 ] [ 1.0; 7.0 ] (sampleVarAlong 1 m)
              holds [] [ 2.0 ] (std (tensor [ 2.0; 4.0; 4.0; 4.0; 5.0; 5.0; 7.0; 9.0 ]))
              holds [] [ 4.0 ] (var (tensor [ 2.0; 4.0; 4.0; 4.0; 5.0; 5.0; 7.0; 9.0 ]))
              close 1e-15 [ 2 ] [ 1.0; sqrt 7.0 ] (sampleStdAlong 1 m)
              close 1e-15 [] [ sqrt 0.5 ] (sampleStd (tensor [ 1.0; 2.0 ]))
              holds [] [ 0.5 ] (sampleVar (tensor [ 1.0; 2.0 ]))
              holds [ 3 ] [ 1.5; 1.5; 3.0 ] (stdAlong 0 m)
              holds [] [ 0.0 ] (std (scalar 3.0))
              holds [] [ nan ] (std (tensor [ 1.0; nan ]))
              raises<ShapeException> [ "var"; "0 elements" ] (fun () -> var (zeros [ 0 ]))
              raises<ShapeException> [ "sampleVar"; "at least 2" ] (fun () -> sampleVar (scalar 1.0)))

          testCase "extremes" (fun () ->
              holds [] [ 9.0 ] (amax m)
              holds [] [ 1.0 ] (amin m)
              holds [ 3 ] [ 4.0; 5.0; 9.0 ] (maxAlong 0 m)
              holds [ 2 ] [ 1.0; 4.0 ] (minAlong -1 m)
              holds [ 2 ] [ nan; 1.0 ] (maxAlong 1 (tensor [ [ nan; 1.0 ]; [ 0.0; 1.0 ] ]))
              holds [] [ nan ] (amin (tensor [ 1.0; nan ]))
              let lowest = System.Int32.MinValue
              like 0.0 (scalar lowest) (amin (tensor [ 5; lowest; -1 ]))
              flags [] [ false ] (amin (tensor [ true; false ]))
              flags [] [ true ] (amax (tensor [ true; false ]))
              like 0.0 (tensor [ 2L; 2L ]) (argmax 1 m)
              like 0.0 (tensor [ 0L; 0L; 0L ]) (argmin 0 m)
              like 0.0 (scalar 1L) (argmax 0 (tensor [ 1.0; 3.0; 3.0 ]))
              like 0.0 (scalar 1L) (argmin 0 (tensor [ 0; lowest; 3 ]))
              holds [ 0 ] [] (maxAlong 1 (zeros [ 0; 2 ]))
              raises<ShapeException> [ "amax"; "no elements" ] (fun () -> amax (zeros [ 0 ]))
              raises<ShapeException> [ "argmin"; "axis 0" ] (fun () -> argmin 0 (zeros [ 0; 2 ]))
              raises<ShapeException> [ "maximum"; "axis 1" ] (fun () -> maxAlong 1 (zeros [ 2; 0 ])))

          testCase "any and all" (fun () ->
              let t = tensor [ [ true; false ]; [ true; true ] ]
              flags [] [ true ] (any t)
              flags [] [ false ] (all t)
              flags [ 2 ] [ true; true ] (anyAlong 1 t)
              flags [ 2 ] [ true; false ] (allAlong 0 t)
              let nothing = zeros [ 2; 0 ] .> 0.0
              flags [] [ false ] (any nothing)
              flags [] [ true ] (all nothing)
              flags [ 2 ] [ false; false ] (anyAlong 1 nothing)
              flags [ 2 ] [ true; true ] (allAlong 1 nothing)
              flags [ 0 ] [] (allAlong 0 nothing)
              raises<DtypeException> [ "any"; "float64"; "Compare" ] (fun () -> any m))

          testCase "sums of exponentials do not overflow" (fun () ->
              close 1e-15 [] [ 1000.0 + log 2.0 ] (logsumexp (tensor [ 1000.0; 1000.0 ]))
              close
                  1e-15
                  [ 2 ]
                  [ -1000.0; infinity ]
                  (logsumexpAlong 1 (tensor [ [ -infinity; -1000.0 ]; [ infinity; 0.0 ] ]))
              holds [ 2 ] [ -infinity; nan ] (logsumexpAlong 1 (tensor [ [ -infinity; -infinity ]; [ nan; 0.0 ] ]))
              holds [] [ -infinity ] (logsumexp (zeros [ 0 ]))
              holds [ 2 ] [ -infinity; -infinity ] (logsumexpAlong 1 (zeros [ 2; 0 ]))
              holds [ 2 ] [ 0.5; 0.5 ] (softmax 0 (tensor [ 1000.0; 1000.0 ]))
              holds [ 2 ] [ 1.0; 0.0 ] (softmax 0 (tensor [ 0.0; -infinity ]))
              close 1e-15 [ 2 ] [ -log 2.0; -log 2.0 ] (logSoftmax 0 (tensor [ -1000.0; -1000.0 ]))
              holds [ 2; 0 ] [] (softmax 1 (zeros [ 2; 0 ]))

              forExtents 2 (fun shape seed ->
                  let x = noise seed shape

                  for axis in 0..1 do
                      like 1e-14 (log (sumAlong axis (exp x))) (logsumexpAlong axis x)
                      like 1e-14 (ones [ shape[1 - axis] ]) (sumAlong axis (softmax axis x))
                      like 1e-13 (log (softmax axis x)) (logSoftmax axis x)))

          testCase "norms" (fun () ->
              holds [] [ 5.0 ] (norm (tensor [ [ 3.0 ]; [ -4.0 ] ]))
              holds [ 2 ] [ 5.0; 0.0 ] (normAlong 1 (tensor [ [ 3.0; -4.0 ]; [ 0.0; 0.0 ] ]))
              holds [] [ 7.0 ] (norm1 (tensor [ 3.0; -4.0 ]))
              holds [] [ 4.0 ] (normInf (tensor [ 3.0; -4.0 ]))
              holds [] [ 0.0 ] (norm (zeros [ 0 ]))
              holds [] [ 0.0 ] (normInf (zeros [ 0 ]))
              holds [] [ nan ] (norm (tensor [ nan ]))) ]

module NeuralDE.Tests.VerbsTraceTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Expected

/// The graph of a function of one tensor, and its captured tensors.
let private traced (f: Tensor -> Tensor) (x: Tensor) =
    Tracing.trace "a test" Hoisted [| x.Signature |] (fun holes -> [| f holes[0] |])

let private verbs: (string * (Tensor -> Tensor)) list =
    [ "where", (fun x -> where (x .> 0.0) x -1.0)
      "clip", clip -0.5 0.5
      "hypot", (fun x -> hypot x (scalar 2.0))
      "gelu", gelu
      "elu", elu
      "prodAlong", prodAlong 0
      "std", std
      "logsumexp", logsumexpAlong 1
      "softmax", softmax -1
      "norm", norm
      "cumprod", cumprod 0
      "sort", sort 0
      "argmax", argmax 1
      "median", median
      "searchSorted", searchSorted (tensor [ -1.0; 0.0; 1.0 ])
      "take", take 0 (tensor [ 2; 0 ])
      "computed take", (fun x -> take 1 (argmax 1 x) x)
      "dynamicSlice", (fun x -> dynamicSlice 1 (argmax 0 (flatten x) % 2) 2 x)
      "dynamicUpdate", (fun x -> dynamicUpdate 0 (scalar 1) (zeros [ 1; 3 ]) x)
      "scatterAdd", scatterAdd (tensor [ 0; 0 ]) (ones [ 2; 3 ])
      "padWith", padWith 3.0 [ 1, 0; 0, 2 ]
      "roll", roll 1 2
      "tile", tile [ 2; 2 ]
      "diagonal", diagonal
      "triu", triu
      "segmentMax", segmentMax (tensor [ 0; 1; 0 ]) 2
      "matmul", (fun x -> matmul x x)
      "einsum", (fun x -> einsum "ij,kj,ii->ki" [ x; x; x ])
      "inverse", inverse
      "det", det
      "logdet", (fun x -> logdet (matmul x (transpose x)))
      "expm", expm
      "lstsq", (fun x -> lstsq x (ones [ 3 ]))
      "conv1d", (fun x -> conv1d ConvOptions.Default (ones [ 1; 3; 2 ]) (expandDims 0 x))
      "maxPool1d", (fun x -> maxPool1d 2 1 (expandDims 0 x))
      "fft", (fun x -> (fft { Re = x; Im = x * x }).Im)
      "irfft", (fun x -> irfft 4 (rfft (concatAlong 1 [ x; x[*, 0..0] ])))
      "dct", dct true ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsTrace"
        [ testCase "a traced verb gives the same result as an eager verb" (fun () ->
              for name, f in verbs do
                  for seed in 1..3 do
                      let x = noise seed [ 3; 3 ]
                      let graph, captured = traced f x
                      let result = (Prim.call graph (Array.append [| x |] captured)).[0]
                      let expected = f x

                      if expected.ToArray() <> result.ToArray() || expected.Shape <> result.Shape then
                          failtest $"{name}: {expected} eager, {result} traced")

          testCase "the graph does not depend on numbers and tensor values" (fun () ->
              for name, f in verbs do
                  let first, _ = traced f (noise 1 [ 3; 3 ])
                  let second, _ = traced f (noise 2 [ 3; 3 ])
                  Expect.isTrue (obj.ReferenceEquals(first, second)) name

              let x = noise 1 [ 2 ]

              for first, second in
                  [ clip 0.1 0.2, clip 0.3 0.4
                    leakyRelu 0.1, leakyRelu 0.2
                    (fun x -> x + full [ 2 ] 0.7), (fun x -> x + full [ 2 ] 0.8)
                    (fun x -> where (x .> 0.3) x 0.4), (fun x -> where (x .> 0.4) x 0.6)
                    quantile 0.3, quantile 0.4
                    padWith 3.0 [ 1, 1 ], padWith 4.0 [ 1, 1 ] ] do
                  Expect.isTrue (obj.ReferenceEquals(fst (traced first x), fst (traced second x))) "one graph")

          testCase "keys work inside traces" (fun () ->
              let draw (counter: Tensor) =
                  let a, b = Key 3 |> Key.foldWith counter |> Key.split
                  randn a [ 2 ] + rand (Key.fold 5 b) [ 2 ]

              let graph, captured = traced draw (scalar 4)
              let result = (Prim.call graph (Array.append [| scalar 4 |] captured)).[0]
              like 0.0 (draw (scalar 4)) result

              let printed (counter: Tensor) =
                  Expect.equal
                      (string (Key.foldWith counter (Key 3)))
                      "Key (placeholder) []"
                      "text of a placeholder key"
                  counter

              traced printed (scalar 4) |> ignore) ]

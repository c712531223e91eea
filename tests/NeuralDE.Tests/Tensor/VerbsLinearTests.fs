module NeuralDE.Tests.VerbsLinearTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private m = tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]

/// Symmetric positive definite.
let private definite seed n =
    let a = noise seed [ n; n ]
    matmul a (transpose a) + eye n

[<Tests>]
let tests =
    testList
        "Tensor.VerbsLinear"
        [ testCase "products by NumPy's rules" (fun () ->
              holds [ 2; 2 ] [ 7.0; 10.0; 15.0; 22.0 ] (matmul m m)
              holds [ 2 ] [ 5.0; 11.0 ] (matmul m (tensor [ 1.0; 2.0 ]))
              holds [ 2 ] [ 7.0; 10.0 ] (matmul (tensor [ 1.0; 2.0 ]) m)
              holds [] [ 11.0 ] (matmul (tensor [ 1.0; 2.0 ]) (tensor [ 3.0; 4.0 ]))
              holds [] [ 11.0 ] (dot (tensor [ 1.0; 2.0 ]) (tensor [ 3.0; 4.0 ]))
              holds [ 2; 3 ] [ 1.0; 2.0; 3.0; 2.0; 4.0; 6.0 ] (outer (tensor [ 1.0; 2.0 ]) (tensor [ 1.0; 2.0; 3.0 ]))
              holds [ 2; 2 ] [ 0.0; 0.0; 0.0; 0.0 ] (matmul (zeros [ 2; 0 ]) (zeros [ 0; 2 ]))
              like 0.0 (tensor [ [ 3; 3 ] ]) (matmul (tensor [ [ 1; 1 ] ]) (tensor [ [ 1; 2 ]; [ 2; 1 ] ]))
              let a, b = noise 1 [ 3; 1; 2; 4 ], noise 2 [ 5; 4; 2 ]
              let product = matmul a b
              Expect.equal product.Shape [| 3; 5; 2; 2 |] "product.Shape"
              like 1e-14 (matmul a[2, 0] b[3]) product.[2, 3]
              like 1e-14 (matmul a[1, 0] b[0]) (matmul a b[0]).[1, 0]
              like 1e-14 (matmul a[1, 0] (ones [ 4 ])) (matmul a (ones [ 4 ])).[1, 0]
              like 1e-14 (matmul (ones [ 4 ]) b[1]) (matmul (ones [ 4 ]) b).[1]
              raises<ShapeException> [ "matmul"; "[3; 2]"; "[3; 4]"; "do not fit"; "transpose" ] (fun () ->
                  matmul (zeros [ 3; 2 ]) (zeros [ 3; 4 ]))
              raises<ShapeException> [ "matmul"; "broadcast" ] (fun () ->
                  matmul (zeros [ 2; 1; 1 ]) (zeros [ 3; 1; 1 ]))
              raises<ShapeException> [ "matmul"; "[]"; "Use *" ] (fun () -> matmul m (scalar 1.0))
              raises<DtypeException> [ "matmul"; "float32"; "cast Float64" ] (fun () -> matmul m (cast Float32 m))
              raises<ShapeException> [ "dot"; "matmul" ] (fun () -> dot m m)
              raises<ShapeException> [ "outer" ] (fun () -> outer m m))

          testCase "traces and determinants" (fun () ->
              holds [] [ 5.0 ] (trace m)
              holds [ 2 ] [ 5.0; 10.0 ] (trace (stack [ m; 2.0 * m ]))
              close 1e-14 [] [ -2.0 ] (det m)
              close 1e-14 [ 2 ] [ -2.0; 1.0 ] (det (stack [ m; eye 2 ]))
              holds [] [ 1.0 ] (det (zeros [ 0; 0 ]))
              holds [] [ 0.0 ] (det (zeros [ 2; 2 ]))
              let sign, magnitude = slogdet (1e-200 * m)
              holds [] [ -1.0 ] sign
              close 1e-14 [] [ log 2.0 - 400.0 * log 10.0 ] magnitude
              holds [ 2 ] [ nan; 0.0 ] (logdet (stack [ m; eye 2 ]))
              raises<ShapeException> [ "det"; "[2; 3]"; "square" ] (fun () -> det (zeros [ 2; 3 ]))

              // every row order of four rows has its parity as sign
              let rec orders (rows: int list) =
                  if rows.IsEmpty then
                      [ [] ]
                  else
                      rows
                      |> List.collect (fun r -> orders (List.except [ r ] rows) |> List.map (fun rest -> r :: rest))

              for order in orders [ 0; 1; 2; 3 ] do
                  let inversions =
                      List.allPairs (List.indexed order) (List.indexed order)
                      |> List.filter (fun ((i, a), (j, b)) -> i < j && a > b)
                  holds [] [ (if inversions.Length % 2 = 0 then 1.0 else -1.0) ] (det (take 0 (tensor order) (eye 4)))

              forExtents 1 (fun n seed ->
                  let a, b = noise seed [ n[0]; n[0] ], noise (seed + 1) [ n[0]; n[0] ]
                  like 1e-9 (det a * det b) (det (matmul a b))))

          testCase "equations" (fun () ->
              close 1e-15 [ 2 ] [ 0.0; 0.5 ] (solve m (tensor [ 1.0; 2.0 ]))
              close 1e-14 [ 2; 2 ] [ -2.0; 1.0; 1.5; -0.5 ] (inverse m)
              holds [ 2; 2 ] [ 2.0; 0.0; 1.0; 1.0 ] (cholesky (tensor [ [ 4.0; 2.0 ]; [ 2.0; 2.0 ] ]))
              holds
                  [ 2 ]
                  [ 1.0; 2.0 ]
                  (solveTriangular true (tensor [ [ 1.0; 99.0 ]; [ 3.0; 4.0 ] ]) (tensor [ 1.0; 11.0 ]))
              holds
                  [ 2; 1 ]
                  [ 1.0; 2.0 ]
                  (solveTriangular false (tensor [ [ 1.0; 2.0 ]; [ 99.0; 4.0 ] ]) (tensor [ [ 5.0 ]; [ 8.0 ] ]))

              forExtents 2 (fun extents seed ->
                  let n, batch = extents[0], extents[1]
                  let a = stackAlong 0 (List.init batch (fun i -> definite (seed + i) n))
                  let vectors, columns = noise (seed + 50) [ batch; n ], noise (seed + 60) [ n; 3 ]
                  like 1e-8 a (matmul (cholesky a) (transpose (cholesky a)))
                  like 1e-8 (expandDims -1 vectors) (matmul a (expandDims -1 (solve a vectors)))
                  like 1e-8 vectors[0] (matmul a[0] (solve a[0] vectors[0]))
                  like
                      1e-8
                      (broadcastTo [ batch; n; 3 ] columns)
                      (matmul a (solve a (broadcastTo [ batch; n; 3 ] columns)))
                  like 1e-8 (broadcastTo [ batch; n; n ] (eye n)) (matmul a (inverse a)))

              let one = solve (stack [ m; m ]) (tensor [ 1.0; 2.0 ]) // one vector for all
              close 1e-15 [ 2; 2 ] [ 0.0; 0.5; 0.0; 0.5 ] one
              close
                  1e-15
                  [ 3; 2; 1 ]
                  [ 0.0; 0.5; 0.0; 0.5; 0.0; 0.5 ]
                  (solve m (broadcastTo [ 3; 2; 1 ] (tensor [ [ 1.0 ]; [ 2.0 ] ])))
              raises<ShapeException> [ "solve"; "[2; 2]"; "[3]"; "2 rows" ] (fun () -> solve m (zeros [ 3 ]))
              raises<ShapeException> [ "inverse"; "square" ] (fun () -> inverse (zeros [ 3; 2 ]))
              raises<DtypeException> [ "solve"; "int32" ] (fun () -> solve (tensor [ [ 1 ] ]) (tensor [ 1 ]))
              raises<DtypeException> [ "solve"; "cast" ] (fun () -> solve m (tensor [ 1.0f; 2.0f ])))

          testCase "least squares" (fun () ->
              // the line through (0, 1), (1, 3), (2, 5), (3, 7.4): slope 2.12, intercept 0.92
              let a = tensor [ [ 0.0; 1.0 ]; [ 1.0; 1.0 ]; [ 2.0; 1.0 ]; [ 3.0; 1.0 ] ]
              close 1e-13 [ 2 ] [ 2.12; 0.92 ] (lstsq a (tensor [ 1.0; 3.0; 5.0; 7.4 ]))
              close 1e-14 [ 2 ] [ 0.6; 0.8 ] (lstsq (tensor [ [ 3.0; 4.0 ] ]) (tensor [ 5.0 ])) // the shortest
              let b = noise 3 [ 4; 2 ]
              like 1e-13 (zeros [ 2; 2 ]) (matmul (transpose a) (matmul a (lstsq a b) - b))
              raises<ShapeException> [ "lstsq"; "4 rows" ] (fun () -> lstsq a (zeros [ 2 ])))

          testCase "exponentials of matrices" (fun () ->
              close 1e-14 [ 2; 2 ] [ 1.0; 3.0; 0.0; 1.0 ] (expm (tensor [ [ 0.0; 3.0 ]; [ 0.0; 0.0 ] ]))
              like 0.0 (eye 2) (expm (zeros [ 2; 2 ]))
              holds [ 0; 0 ] [] (expm (zeros [ 0; 0 ]))
              let turn angle = expm (tensor [ [ 0.0; -angle ]; [ angle; 0.0 ] ])

              for angle in [ 0.1; 1.0; 10.0; 100.0 ] do
                  close 1e-12 [ 2; 2 ] [ cos angle; -(sin angle); sin angle; cos angle ] (turn angle)

              close
                  1e-10
                  [ 2 ]
                  [ exp -3000.0; exp 600.0 ]
                  (diagonal (expm (diag (tensor [ -3000.0; 600.0 ]))) * tensor [ 1.0; 1.0 ])
              let mixed = expm (stack [ zeros [ 2; 2 ]; 20.0 * eye 2; full [ 2; 2 ] 1e9 ]) // each with its own scaling
              like 0.0 (eye 2) mixed[0]
              close 1e-13 [ 2; 2 ] [ exp 20.0; 0.0; 0.0; exp 20.0 ] mixed[1]
              holds [ 2; 2 ] [ nan; nan; nan; nan ] mixed[2]
              let single = expm (tensor [ [ 0.0f; -3.0f ]; [ 3.0f; 0.0f ] ])
              close 1e-5 [ 2; 2 ] [ cos 3.0; -(sin 3.0); sin 3.0; cos 3.0 ] single
              Expect.equal single.Dtype Float32 "single.Dtype"

              forExtents 1 (fun n seed ->
                  let a = noise seed [ n[0]; n[0] ]
                  let mutable term, total = eye n[0], eye n[0]

                  for k in 1..60 do
                      term <- matmul term a / float k
                      total <- total + term

                  close 1e-10 [ n[0]; n[0] ] (total.ToArray()) (expm a)
                  close 1e-9 [] [ Math.Exp(float (trace a)) ] (det (expm a)))) ]

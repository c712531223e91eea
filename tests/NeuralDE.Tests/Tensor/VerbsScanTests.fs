module NeuralDE.Tests.VerbsScanTests

open Expecto
open NeuralDE
open NeuralDE.Tests.Expected

let private m = tensor [ [ 3.0; 1.0; 2.0 ]; [ 4.0; nan; -1.0 ] ]

[<Tests>]
let tests =
    testList
        "Tensor.VerbsScan"
        [ testCase "cumulative sums" (fun () ->
              holds [ 3 ] [ 1.0; 3.0; 6.0 ] (cumsum 0 (tensor [ 1.0; 2.0; 3.0 ]))
              holds [ 2; 2 ] [ 1.0; 2.0; 4.0; 6.0 ] (cumsum 0 (tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]))
              holds [ 2; 2 ] [ 1.0; 2.0; 3.0; 12.0 ] (cumprod -1 (tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]))
              holds [ 0 ] [] (cumprod 0 (zeros [ 0 ]))
              raises<ShapeException> [ "cumsum"; "rank 0" ] (fun () -> cumsum 0 (scalar 1.0)))

          testCase "scans of any length equal sequential cumulative results" (fun () ->
              for n in 0..20 do
                  for axis in 0..1 do
                      let shape = if axis = 0 then [ n; 2 ] else [ 2; n ]
                      let x = noise n shape
                      like 1e-14 (cumsum axis x) (associativeScan (+) axis x)
                      let product = associativeScan (*) axis x

                      if n > 0 then
                          let rows: Tensor list = chunkAlong axis n x
                          like 1e-13 (concatAlong axis (List.scan (*) rows.Head rows.Tail)) product

              // x ↦ (a, b) stands for y ↦ a y + b; composition is associative and does not commute
              let affine (first: Tensor) (second: Tensor) =
                  let a1, b1, a2, b2 =
                      take 1 (scalar 0) first,
                      take 1 (scalar 1) first,
                      take 1 (scalar 0) second,
                      take 1 (scalar 1) second
                  stackAlong 1 [ a2 * a1; a2 * b1 + b2 ]

              for n in 1..9 do
                  let maps = noise n [ n; 2 ]
                  let steps = List.init n (fun i -> float maps[i, 0], float maps[i, 1])
                  let states = steps |> List.scan (fun y (a, b) -> a * y + b) 0.0
                  close 1e-13 [ n ] states.Tail (take 1 (scalar 1) (associativeScan affine 0 maps))

              raises<ShapeException> [ "associativeScan"; "combine" ] (fun () ->
                  associativeScan (fun a _ -> sum a) 0 (zeros [ 3 ])))

          testCase "sorting" (fun () ->
              holds [ 2; 3 ] [ 1.0; 2.0; 3.0; -1.0; 4.0; nan ] (sort 1 m)
              holds [ 2; 3 ] [ 3.0; 1.0; -1.0; 4.0; nan; 2.0 ] (sort 0 m)
              holds [ 2; 3 ] [ 1.0; 2.0; 0.0; 2.0; 0.0; 1.0 ] (argsort -1 m)
              like 0.0 (tensor [ 0L; 1L; 2L ]) (argsort 0 (ones [ 3 ]))
              like 0.0 (tensor [ 1; 2; 3 ]) (sort 0 (tensor [ 3; 1; 2 ]))
              holds [ 0 ] [] (sort 0 (zeros [ 0 ]))

              forExtents 3 (fun shape seed ->
                  let x = noise seed shape

                  for axis in 0..2 do
                      like 0.0 (takeAlong axis (argsort axis x) x) (sort axis x)

                  let sorted: float[] = Array.sort (x.ToArray())
                  holds [ sorted.Length ] sorted (sort 0 (flatten x))))

          testCase "positions in sorted numbers" (fun () ->
              let sorted = tensor [ 1.0; 2.0; 2.0; 3.0 ]
              like 0.0 (tensor [ 0L; 1L; 4L; 2L - 1L ]) (searchSorted sorted (tensor [ 0.5; 2.0; 9.0; 1.5 ]))
              like 0.0 (tensor [ 3L; 1L ]) (searchSortedRight sorted (tensor [ 2.0; 1.0 ]))
              holds [ 1; 2 ] [ 0.0; 3.0 ] (searchSorted sorted (tensor [ [ 1.0; 3.0 ] ]))
              holds [] [ 3.0 ] (searchSorted sorted (scalar 2.5))
              holds
                  [ 2; 1 ]
                  [ 1.0; 0.0 ]
                  (searchSorted (tensor [ [ 1.0; 3.0 ]; [ 5.0; 6.0 ] ]) (tensor [ [ 2.0 ]; [ 2.0 ] ]))
              raises<ShapeException> [ "searchSorted"; "[1; 2]" ] (fun () ->
                  searchSorted (tensor [ [ 1.0; 2.0 ] ]) (tensor [ 1.0 ]))
              raises<DtypeException> [ "searchSorted"; "cast" ] (fun () -> searchSorted sorted (tensor [ 1 ])))

          testCase "quantiles" (fun () ->
              let x = tensor [ 4.0; 1.0; 3.0; 2.0 ]
              holds [] [ 2.5 ] (median x)
              holds [] [ 1.0 ] (quantile 0.0 x)
              holds [] [ 4.0 ] (quantile 1.0 x)
              close 1e-15 [] [ 1.3 ] (quantile 0.1 x)
              holds [] [ 7.0 ] (median (scalar 7.0))
              holds [ 2 ] [ 2.0; 5.0 ] (medianAlong 1 (tensor [ [ 1.0; 2.0; 9.0 ]; [ 5.0; 4.0; 6.0 ] ]))
              holds [ 2 ] [ 2.0; 3.0 ] (quantileAlong 0 0.5 (tensor [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]))
              raises<ShapeException> [ "quantile"; "no elements" ] (fun () -> median (zeros [ 0 ]))
              raises<InputException> [ "quantile"; "1.5" ] (fun () -> quantile 1.5 x)) ]

module NeuralDE.Tests.Data.SplitTests

open FsCheck
open FsCheck.FSharp
open Expecto
open NeuralDE.Tests
open NeuralDE

let private numbers (x: Tensor) = x.ToInt64Array() |> List.ofArray
let private rows n = tensor [ for i in 0 .. n - 1 -> int64 i ]

/// Sizes from 3 to 60, shares from 0 to 0.4, a seed.
let private cases =
    Gen.zip3
        (Gen.choose (3, 60))
        (Gen.zip (Gen.elements [ 0.0; 0.1; 0.3 ]) (Gen.elements [ 0.0; 0.05; 0.4 ]))
        (Gen.choose (0, 1000))
    |> Arb.fromGen

let private forCases property =
    Check.One(
        Properties.config,
        Prop.forAll cases (fun (n, (validation, test), seed) -> property n validation test seed)
    )

// ---- windows ------------------------------------------------------------------------------------------------------

[<Tests>]
let tests =
    testList
        "Data.Split"
        [ testCase "a split is a partition with the requested sizes" (fun () ->
              forCases (fun n validation test seed ->
                  let byKey = Split.samples (Key seed) validation test (rows n)
                  let byTime = Split.byTime validation test (rows n)
                  let items = Split.items (Key seed) validation test [ 0L .. int64 n - 1L ]
                  let size share = if share = 0.0 then 0 else max 1 (int (System.Math.Round(share * float n)))

                  let parts =
                      [ for s in [ byKey; byTime ] do
                            yield [ numbers s.Train; numbers s.Validation; numbers s.Test ]
                        yield [ items.Train; items.Validation; items.Test ] ]

                  for parts in parts do
                      Expect.equal
                          (List.sort (List.concat parts))
                          [ 0L .. int64 n - 1L ]
                          "List.sort (List.concat parts)"
                      Expect.equal parts[1].Length (size validation) "parts[1].Length"
                      Expect.equal parts[2].Length (size test) "parts[2].Length"

                  Expect.equal (List.concat parts[1]) [ 0L .. int64 n - 1L ] "List.concat parts[1]"
                  Expect.equal parts[2] parts[0] "parts[2]"))

          testCase "the parts depend on the key and nothing else" (fun () ->
              let test (key: int) data = Split.samples (Key key) 0.2 0.2 data |> _.Test
              let first = test 1 (rows 50)
              Expect.equal (numbers (test 1 (rows 50))) (numbers first) "numbers (test 1 (rows 50))"
              Expect.notEqual (numbers (test 2 (rows 50))) (numbers first) "numbers (test 2 (rows 50))"
              // other data of as many rows are split alike, and so are all leaves of a tree
              let tree =
                  test
                      1
                      {| X = cast Float64 (rows 50) |> reshape [ 50; 1 ] |> tile [ 1; 2 ]
                         Y = (rows 50, [ rows 50 ]) |}
              Expected.holds
                  [ 10; 2 ]
                  [ for i in numbers first do
                        float i
                        float i ]
                  tree.X
              Expect.equal (numbers (fst tree.Y)) (numbers first) "numbers (fst tree.Y)"
              Expect.equal (numbers (snd tree.Y).Head) (numbers first) "numbers (snd tree.Y).Head")

          testCase "each sample is in the test part about as often as the fraction" (fun () ->
              let counts = Array.zeroCreate 20

              for seed in 1..400 do
                  for i in (Split.items (Key seed) 0.0 0.25 [ 0..19 ]).Test do
                      counts[i] <- counts[i] + 1

              // binomial: 100 ± 8.7
              for count in counts do
                  Expect.inRange count (60, 140) "count")

          testCase "splits without training samples and invalid fractions are refused" (fun () ->
              let train validation test data = fun () -> (Split.samples (Key 1) validation test data).Train
              Expected.raises<InputException>
                  [ "got 2 samples, of which 1 to validate and 1 to test" ]
                  (train 0.1 0.1 (rows 2))
              Expected.raises<InputException> [ "got 1 for test" ] (train 0.1 1.0 (rows 10))
              Expected.raises<InputException> [ "got -0.1 for validation" ] (train -0.1 0.1 (rows 10))
              Expected.raises<InputException> [ "got NaN" ] (train nan 0.1 (rows 10))
              Expected.raises<ShapeException> [ "at least 1 axes" ] (train 0.1 0.1 (scalar 1.0))

              Expected.raises<ShapeException> [ "X has 3 rows and Y has 4" ] (fun () ->
                  (Split.byTime 0.1 0.1 {| X = rows 3; Y = rows 4 |}).Train.X)

              Expected.raises<InputException> [ "without tensors" ] (fun () ->
                  Split.byTime 0.1 0.1 [ 1; 2 ] |> ignore
                  ones [ 1 ]))

          testCase "windows contain the right rows and cover the series" (fun () ->
              let sizes = Gen.choose (1, 6) |> Gen.four |> Arb.fromGen

              let property (length, horizon, stride, extra) =
                  let horizon, times = horizon - 1, length + horizon - 1 + extra
                  let series = tensor [ for i in 0 .. times - 1 -> [ float i; float i + 0.5 ] ]
                  let windows = Windows.slide length horizon stride series
                  let count = (times - length - horizon) / stride + 1
                  let row (i: int) = [ float i; float i + 0.5 ]
                  let past =
                      [ for w in 0 .. count - 1 do
                            for i in 0 .. length - 1 do
                                yield! row (w * stride + i) ]
                  let future =
                      [ for w in 0 .. count - 1 do
                            for i in 0 .. horizon - 1 do
                                yield! row (w * stride + length + i) ]
                  Expected.holds [ count; length; 2 ] past windows.Past
                  Expected.holds [ count; horizon; 2 ] future windows.Future
                  // fewer rows than a stride remain at the end
                  let last = (count - 1) * stride + length + horizon
                  Expect.inRange (times - last) (0, stride - 1) "times - last"

              Check.One(Properties.config, Prop.forAll sizes property))

          testCase "all tensors of a tree are split alike, also inside a trace" (fun () ->
              let times, values = linspace 0.0 9.0 10, Expected.noise 1 [ 10; 2 ]
              let windows = Windows.slide 3 2 4 (times, values)
              Expected.holds [ 2; 3 ] [ 0.0; 1.0; 2.0; 4.0; 5.0; 6.0 ] (fst windows.Past)
              Expected.holds [ 2; 2 ] [ 3.0; 4.0; 7.0; 8.0 ] (fst windows.Future)
              Expect.equal ((snd windows.Past).Shape) [| 2; 3; 2 |] "(snd windows.Past).Shape"
              let counts = grad (fun x -> sum (Windows.slide 3 0 1 x).Past) times
              Expected.holds [ 10 ] [ 1.0; 2.0; 3.0; 3.0; 3.0; 3.0; 3.0; 3.0; 2.0; 1.0 ] counts)

          testCase "windows that do not fit are refused" (fun () ->
              let slide length horizon stride series = fun () -> (Windows.slide length horizon stride series).Past
              Expected.raises<InputException> [ "got 4 times, expected at least 3 + 2" ] (slide 3 2 1 (ones [ 4 ]))
              Expected.raises<InputException> [ "got length 0" ] (slide 0 2 1 (ones [ 4 ]))
              Expected.raises<InputException> [ "got horizon -1" ] (slide 1 -1 1 (ones [ 4 ]))
              Expected.raises<InputException> [ "got stride 0" ] (slide 1 1 0 (ones [ 4 ]))
              Expected.raises<ShapeException> [ "at least 1 axes" ] (slide 1 1 1 (scalar 1.0))

              Expected.raises<ShapeException> [ "4 and 5 times" ] (fun () ->
                  fst (Windows.slide 1 1 1 (ones [ 4 ], ones [ 5 ])).Past)) ]

/// Missing values of a series are NaN in results, and initial states use observed values only.
module NeuralDE.Tests.Data.ObservedTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Solvers.OdeCases

let private gaps = Series.create (tensor [ 0.0; 1.0; 2.5 ]) (tensor [ [ nan; 1.0 ]; [ 2.0; nan ]; [ 3.0; nan ] ])

// ---- data that would give wrong results without an error --------------------------------------------------------------

[<Tests>]
let tests =
    testList
        "Data.Observed"
        [ testCase "observed has NaN where nothing was observed" (fun () ->
              same "observed" [ nan; 1.0; 2.0; nan; 3.0; nan ] (numbers (Series.observed gaps))
              same "values" [ 0.0; 1.0; 2.0; 0.0; 3.0; 0.0 ] (numbers gaps.Values))

          testCase "firstObserved is the first observation of each channel, at any time" (fun () ->
              same "first" [ 2.0; 1.0 ] (numbers (Series.firstObserved gaps))
              let single = Series.create (tensor [ 0.0f; 1.0f ]) (tensor [ [ nanf ]; [ 5.0f ] ])
              Expect.equal ((Series.firstObserved single).Dtype) Float32 "(Series.firstObserved single).Dtype"

              raises<InputException> [ "Series.firstObserved"; "channel 1"; "never observed" ] (fun () ->
                  Series.create (tensor [ 0.0 ]) (tensor [ [ 1.0; nan ] ]) |> Series.firstObserved |> ignore)
              |> ignore)

          testCase "observed and firstObserved of a batch" (fun () ->
              let full = Series.create (tensor [ 0.5 ]) (tensor [ [ 7.0; 8.0 ] ])

              for batch in [ Series.pad [ gaps; full ]; Series.align [ gaps; full ] ] do
                  same "first" [ 2.0; 1.0; 7.0; 8.0 ] (numbers (Series.firstObservedOfBatch batch))
                  let observed = Series.observedOfBatch batch
                  Expect.equal observed.Shape batch.Values.Shape "observed.Shape"
                  same "observed" (numbers batch.Mask) (numbers (cast Float64 (logicalNot (isNaN observed)))))

          testCase "a plot of observations has one point for each, and none for missing values" (fun () ->
              // channels have different marks: circles and squares, each once more in the legend
              let marks (series: Series) =
                  let svg = Plot.svg (Plot.observations [ ("data", series) ])
                  [ for mark in [ "<circle"; "m-3-3h6v6h-6z" ] -> svg.Split(mark).Length - 2 ]

              Expect.equal (marks gaps) [ 2; 1 ] "marks gaps"
              Expect.equal (marks (Series.fill gaps)) [ 3; 3 ] "marks (Series.fill gaps)")

          testCase "an invalid range is refused" (fun () ->
              for t0, t1 in [ 1.0, 0.0; nan, 1.0; 0.0, nan ] do
                  raises<InputException> [ "Series.between" ] (fun () -> Series.between t0 t1 gaps |> ignore) |> ignore)

          testCase "a list of plain numbers in a tree of tensors is refused by functions that use rows" (fun () ->
              let data = zeros [ 4; 2 ], [ 1.0; 2.0; 3.0; 4.0 ]

              let takers: (unit -> obj) list =
                  [ fun () -> Split.byTime 0.25 0.25 data
                    fun () -> Split.samples (Key 1) 0.25 0.25 data
                    fun () -> Batches.ofTree 2 data
                    fun () -> Windows.slide 2 1 1 data ]

              for take in takers do
                  raises<TreeException> [ "Item2"; "4 plain numbers"; "Convert it with tensor" ] (fun () ->
                      take () |> ignore)
                  |> ignore

              raises<TreeException> [ "Windows.slide"; "no tensors" ] (fun () ->
                  Windows.slide 2 1 1 [ 1.0; 2.0; 3.0 ] |> ignore)
              |> ignore
              // a list of another length is not data for each row
              Expect.equal
                  ((fst (Split.byTime 0.25 0.25 (zeros [ 4; 2 ], [ 1.0; 2.0 ])).Train).Shape)
                  [| 2; 2 |]
                  "(fst (Split.byTime 0.25 0.25 (zeros [ 4; 2 ], [ 1.0; 2.0 …")

          testCase "lengths beyond the integers are refused" (fun () ->
              raises<InputException> [ "Windows.slide"; "3 times" ] (fun () ->
                  Windows.slide Int32.MaxValue Int32.MaxValue 1 (zeros [ 3 ]) |> ignore)
              |> ignore

              raises<InputException> [ "Train.epochs"; "Use fewer epochs" ] (fun () ->
                  Train.start (tensor [ 1.0 ]) (Adam 0.1)
                  |> Train.epochs 2000000000
                  |> Train.runOn (Batches.ofTree 1 (zeros [ 10 ])) (fun _ m -> sum m)
                  |> ignore)
              |> ignore)

          testCase "an overflowing scale is refused" (fun () ->
              for kind in [ Standard; MinMax ] do
                  raises<InputException> [ "Normaliser.fit"; "channel 1"; "overflows" ] (fun () ->
                      Normaliser.fit kind (tensor [ [ 1.0; 1.7e308 ]; [ 2.0; -1.7e308 ] ]) |> ignore)
                  |> ignore)

          testCase "a validation loss that is always NaN is reported" (fun () ->
              let fit =
                  Train.start (tensor [ 1.0 ]) (Adam 0.1)
                  |> Train.steps 3
                  |> Train.validate (fun m -> sum (sqrt (m - 1000.0)))
                  |> Train.run (square >> sum)

              Expect.stringContains
                  (Expect.single fit.Warnings "fit.Warnings")
                  "validation"
                  "Expect.single fit.Warnings 'fit.Warnings'") ]

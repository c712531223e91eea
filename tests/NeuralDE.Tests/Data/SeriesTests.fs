module NeuralDE.Tests.Data.SeriesTests

open System
open FsCheck
open FsCheck.FSharp
open Expecto
open NeuralDE.Tests
open NeuralDE

/// A series of n rows at random times with holes in its channels; each channel is observed at its first row.
let private series (seed: int) n channels : Series =
    let random = Random seed
    let times = Array.init n (fun _ -> random.NextDouble() + 0.01) |> Array.scan (+) 0.0 |> Array.tail
    let value i = if i >= channels && random.Next 3 = 0 then nan else random.NextDouble()
    Series.create (tensor times) (tensor (Array.init (n * channels) value) |> reshape [ n; channels ])

let private same (a: Series) (b: Series) =
    Expected.like 0.0 a.Times b.Times
    Expected.like 0.0 a.Values b.Values
    Expected.like 0.0 a.Mask b.Mask

let private forSeries (property: Series list -> unit) =
    let cases = Gen.zip (Gen.resize 4 (Gen.listOf (Gen.choose (1, 6)))) (Gen.choose (0, 1000)) |> Arb.fromGen

    Check.One(
        Properties.config,
        Prop.forAll cases (fun (lengths, seed) ->
            (3 :: lengths) |> List.mapi (fun i n -> series (seed + i) n 2) |> property)
    )

[<Tests>]
let tests =
    testList
        "Data.Series"
        [ testCase "NaN marks unobserved values, which become 0" (fun () ->
              let s = Series.create (tensor [ 0.0; 2.0 ]) (tensor [ [ 1.0; nan ]; [ nan; 4.0 ] ])
              Expected.holds [ 2; 2 ] [ 1.0; 0.0; 0.0; 4.0 ] s.Values
              Expected.flags [ 2; 2 ] [ true; false; false; true ] s.Mask
              let by =
                  Series.masked
                      (tensor [ [ true; false ]; [ false; true ] ])
                      s.Times
                      (tensor [ [ 1.0; nan ]; [ 3.0; 4.0 ] ])
              same s by)

          testCase "unpad undoes pad" (fun () ->
              forSeries (fun all -> List.iter2 same all (Series.unpad (Series.pad all))))

          testCase "padded rows repeat the last time and value, unobserved" (fun () ->
              let long = Series.create (tensor [ 0.0; 1.0; 3.0 ]) (tensor [ [ 1.0 ]; [ 2.0 ]; [ 3.0 ] ])
              let short = Series.create (tensor [ 0.5 ]) (tensor [ [ 7.0 ] ])
              let batch = Series.pad [ long; short ]
              Expected.holds [ 2; 3 ] [ 0.0; 1.0; 3.0; 0.5; 0.5; 0.5 ] batch.Times
              Expected.holds [ 2; 3; 1 ] [ 1.0; 2.0; 3.0; 7.0; 7.0; 7.0 ] batch.Values
              Expected.flags [ 2; 3; 1 ] [ true; true; true; true; false; false ] batch.Mask
              Expect.equal (batch.Lengths.ToInt64Array()) [| 3L; 1L |] "batch.Lengths.ToInt64Array()")

          testCase "solvers accept padded times, and each row equals the solve of its series alone" (fun () ->
              let all = [ series 1 4 1; series 2 1 1; series 3 6 1 ]
              let batch = Series.pad all
              let logistic (_t: Tensor) (u: Tensor) = u * (1.0 - u)
              let starts = tensor [ [ 0.1 ]; [ 0.2 ]; [ 0.3 ] ]

              let together =
                  Ode.problem logistic starts (0.0, 10.0) |> Ode.perSample |> Ode.saveAt batch.Times |> Ode.solveYs

              all
              |> List.iteri (fun i s ->
                  let alone = Ode.problem logistic starts[i] (0.0, 10.0) |> Ode.saveAt s.Times |> Ode.solveYs
                  let row = together[i]
                  Expected.like 1e-10 alone row[0 .. s.Times.Length - 1]))

          testCase "aligned series contain every observation once, at its time" (fun () ->
              forSeries (fun all ->
                  let batch = Series.align all
                  let times = batch.Times.ToArray()
                  Expect.equal times (times |> Array.distinct |> Array.sort) "times"

                  all
                  |> List.iteri (fun k s ->
                      let own = s.Times.ToArray()
                      let at = own |> Array.map (fun t -> Array.IndexOf(times, t))
                      let values, mask = batch.Values[k], batch.Mask[k]

                      for i in 0 .. times.Length - 1 do
                          match Array.IndexOf(at, i) with
                          | -1 ->
                              Expect.lacks (mask[i].ToBoolArray()) true "mask[i].ToBoolArray()"
                              Expected.holds [ 2 ] [ 0.0; 0.0 ] values[i]
                          | row ->
                              Expected.like 0.0 s.Values[row] values[i]
                              Expected.like 0.0 s.Mask[row] mask[i]

                      Expect.equal
                          (batch.Lengths.ToInt64Array()[k])
                          (int64 own.Length)
                          "batch.Lengths.ToInt64Array()[k]")))

          testCase "resample is linear between observations and constant outside, hold keeps the last one" (fun () ->
              let s = Series.create (tensor [ 1.0; 2.0; 4.0 ]) (tensor [ [ 1.0; nan ]; [ nan; 5.0 ]; [ 7.0; nan ] ])
              let times = tensor [ 0.0; 1.0; 2.0; 3.0; 4.0; 9.0 ]
              let linear = Series.resample times s
              Expected.close
                  1e-15
                  [ 6; 2 ]
                  [ 1.0; 5.0; 1.0; 5.0; 3.0; 5.0; 5.0; 5.0; 7.0; 5.0; 7.0; 5.0 ]
                  linear.Values
              Expect.lacks (linear.Mask.ToBoolArray()) false "linear.Mask.ToBoolArray()"
              let held = Series.hold times s
              Expected.holds [ 6; 2 ] [ 1.0; 5.0; 1.0; 5.0; 1.0; 5.0; 1.0; 5.0; 7.0; 5.0; 7.0; 5.0 ] held.Values
              Expected.holds [ 3; 2 ] [ 1.0; 5.0; 3.0; 5.0; 7.0; 5.0 ] (Series.fill s).Values)

          testCase "resampling keeps observations and is idempotent" (fun () ->
              forSeries (fun all ->
                  for s in all do
                      let union = Series.unionOfTimes all
                      let fine = Series.resample union s
                      let again = Series.resample s.Times fine
                      let seen = where s.Mask again.Values 0.0
                      Expected.like 1e-12 s.Values seen
                      same fine (Series.resample union fine)
                      let held = Series.hold s.Times s
                      Expected.like 0.0 s.Values (where s.Mask held.Values 0.0)))

          testCase "between, withTime, withCounts" (fun () ->
              let s = Series.create (tensor [ 1.0; 2.0; 4.0 ]) (tensor [ [ 1.0; nan ]; [ nan; 5.0 ]; [ 7.0; nan ] ])
              same
                  (Series.create (tensor [ 2.0; 4.0 ]) (tensor [ [ nan; 5.0 ]; [ 7.0; nan ] ]))
                  (Series.between 1.5 4.0 s)
              Expect.equal
                  ((Series.between 8.0 9.0 s).Values.Shape)
                  [| 0; 2 |]
                  "(Series.between 8.0 9.0 s).Values.Shape"
              let timed = Series.withTime s
              Expected.holds [ 3; 3 ] [ 1.0; 1.0; 0.0; 2.0; 0.0; 5.0; 4.0; 7.0; 0.0 ] timed.Values
              Expected.flags [ 3; 3 ] [ true; true; false; true; false; true; true; true; false ] timed.Mask
              let counted = Series.withCounts s
              Expected.holds [ 3; 4 ] [ 1.0; 0.0; 1.0; 0.0; 1.0; 1.0; 0.0; 5.0; 2.0; 1.0; 7.0; 0.0 ] counted.Values)

          testCase "the masked mean is the mean of marked values, with no gradient for others" (fun () ->
              let mask = tensor [ true; false; true ]
              let x = tensor [ 1.0; nan; 4.0 ]
              Expected.holds [] [ 2.5 ] (Series.maskedMean mask x)
              Expected.holds [ 3 ] [ 0.5; 0.0; 0.5 ] (grad (Series.maskedMean mask) x)
              Expected.holds [] [ 0.0 ] (Series.maskedMean (tensor [ false; false; false ]) x)
              Expected.like 0.0 (scalar 2.5f) (Series.maskedMean mask (cast Float32 x)))

          testCase "errors name the mistake" (fun () ->
              let ok = series 1 3 2
              let values = ones [ 2; 1 ]
              let times (ts: float list) = fun () -> (Series.create (tensor ts) (ones [ ts.Length; 1 ])).Times
              Expected.raises<InputException> [ "got the time 1 at position 1 after 1" ] (times [ 1.0; 1.0 ])
              Expected.raises<InputException> [ "got the time 0 at position 1 after 1"; "Sort" ] (times [ 1.0; 0.0 ])
              Expected.raises<InputException> [ "got the time NaN at position 0" ] (times [ nan; 0.0 ])
              Expected.raises<ShapeException> [ "got 3 times and values [2; 1]" ] (fun () ->
                  (Series.create (ones [ 3 ]) values).Times)
              Expected.raises<ShapeException> [ "expected 2 axes" ] (fun () ->
                  (Series.create (ones [ 3 ]) (ones [ 3 ])).Times)

              Expected.raises<InputException> [ "row 1, channel 0 is NaN but marked" ] (fun () ->
                  (Series.masked (tensor [ [ true ]; [ true ] ]) (tensor [ 0.0; 1.0 ]) (tensor [ [ 1.0 ]; [ nan ] ]))
                      .Times)

              let never = Series.create (tensor [ 0.0 ]) (tensor [ [ nan ] ])
              Expected.raises<InputException> [ "Series.fill: channel 0 was never observed" ] (fun () ->
                  (Series.fill never).Values)
              Expected.raises<InputException> [ "the times lack 0"; "unionOfTimes" ] (fun () ->
                  (Series.onTimes (ones [ 1 ]) never).Values)
              Expected.raises<InputException> [ "Series.pad: got no series" ] (fun () -> (Series.pad []).Times)
              let empty = Series.between 8.0 9.0 ok
              Expected.raises<InputException> [ "series 1 has no rows" ] (fun () -> (Series.pad [ ok; empty ]).Times)
              Expected.raises<ShapeException> [ "series 1 is float64 with 1 channels" ] (fun () ->
                  (Series.align [ ok; never ]).Times)

              Expected.raises<TraceException> [ "placeholder" ] (fun () ->
                  grad (fun x -> sum (Series.create (tensor [ 0.0 ]) x).Values) (ones [ 1; 1 ]))) ]

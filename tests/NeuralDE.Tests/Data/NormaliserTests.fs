module NeuralDE.Tests.Data.NormaliserTests

open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Data.TemporaryFiles

let private kinds = [ Standard; MinMax; Robust ]
let private scales = tensor [ 1.0; 100.0; 1e-3 ]
let private data seed = Expected.noise seed [ 7; 5; 3 ] * scales + tensor [ 0.0; 1e3; -2.0 ]
let private masked (x: Tensor) = Expected.noise 9 (List.ofArray x.Shape) .> -0.5

[<Tests>]
let tests =
    testList
        "Data.Normaliser"
        [ testCase "invert undoes apply, in float64 and float32" (fun () ->
              for kind in kinds do
                  for dtype, tolerance in [ Float64, 1e-12; Float32, 1e-4 ] do
                      let x = cast dtype (data 1)
                      let n = Normaliser.fit kind x
                      Expect.equal n.Scale.Dtype dtype "n.Scale.Dtype"
                      let other = cast dtype (data 2)
                      Expected.like tolerance other (Normaliser.invert n (Normaliser.apply n other)))

          testCase
              "Standard gives mean 0 and deviation 1, MinMax the ends 0 and 1, Robust median 0 and quartiles 1 apart"
              (fun () ->
                  let fitted kind =
                      let x = data 1
                      Normaliser.apply (Normaliser.fit kind x) x |> reshape [ 35; 3 ]

                  let zeros, ones = [ 0.0; 0.0; 0.0 ], [ 1.0; 1.0; 1.0 ]
                  Expected.close 1e-12 [ 3 ] zeros (meanAlong 0 (fitted Standard))
                  Expected.close 1e-12 [ 3 ] ones (stdAlong 0 (fitted Standard))
                  Expected.close 1e-12 [ 3 ] zeros (minAlong 0 (fitted MinMax))
                  Expected.close 1e-12 [ 3 ] ones (maxAlong 0 (fitted MinMax))
                  let z = fitted Robust
                  Expected.close 1e-12 [ 3 ] zeros (medianAlong 0 z)
                  Expected.close 1e-12 [ 3 ] ones (quantileAlong 0 0.75 z - quantileAlong 0 0.25 z))

          testCase "missing values are ignored: NaN and masked values" (fun () ->
              for kind in kinds do
                  let x = data 1
                  let mask = masked x
                  let byMask = Normaliser.fitMasked kind mask x
                  let byNaN = Normaliser.fit kind (where mask x nan)
                  let kept =
                      [ for i in 0 .. x.Count - 1 do
                            if mask.ToBoolArray()[i] then i % 3, x.ToArray()[i] ]

                  for channel in 0..2 do
                      let values = kept |> List.filter (fst >> (=) channel) |> List.map snd
                      let alone = Normaliser.fit kind (tensor values |> reshape [ values.Length; 1 ])

                      for n in [ byMask; byNaN ] do
                          Expected.close 1e-12 [] [ float alone.Shift ] n.Shift[channel]
                          Expected.close 1e-12 [] [ float alone.Scale ] n.Scale[channel])

          testCase "a constant channel becomes 0" (fun () ->
              for kind in kinds do
                  for constant in [ 0.0; 0.1; -1e10 ] do
                      let x = full [ 11; 1 ] constant
                      let n = Normaliser.fit kind x
                      Expected.holds [ 1 ] [ 1.0 ] n.Scale
                      Expected.holds [ 11; 1 ] (List.replicate 11 0.0) (Normaliser.apply n x))

          testCase "a normaliser is a tree that is saved with its model and runs compiled and differentiated" (fun () ->
              let x = data 1
              let model = {| Net = Mlp.init (Key 1) [ 3; 2 ]; Input = Normaliser.fit Standard x |}

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "model.safetensors")
                  Checkpoint.save path model
                  let like = {| Net = Mlp.init (Key 2) [ 3; 2 ]; Input = Normaliser.fit Standard (data 2) |}
                  let loaded = like |> Checkpoint.load path
                  Expected.like 0.0 (Normaliser.apply model.Input x) (Normaliser.apply loaded.Input x))

              let z = Normaliser.apply model.Input x
              Expected.like 1e-15 z (compile (Normaliser.apply model.Input) x)
              let slope = grad (fun x -> sum (Normaliser.apply model.Input x)) x
              Expected.like 1e-12 (onesLike x / model.Input.Scale) slope)

          testCase "errors name the mistake" (fun () ->
              let normaliser = Normaliser.fit Standard (data 1)
              let empty = where (tensor [ true; false ]) (ones [ 4; 2 ]) nan
              Expected.raises<InputException> [ "channel 1 has no values" ] (fun () ->
                  (Normaliser.fit MinMax empty).Shift)
              let infinite = tensor [ [ 1.0 ]; [ infinity ] ]
              Expected.raises<InputException> [ "channel 0 holds infinity" ] (fun () ->
                  (Normaliser.fit MinMax infinite).Shift)
              Expected.raises<ShapeException> [ "got shape [2]"; "[batch…; 3]" ] (fun () ->
                  Normaliser.apply normaliser (ones [ 2 ]))
              Expected.raises<ShapeException> [ "Normaliser.invert" ] (fun () ->
                  Normaliser.invert normaliser (scalar 1.0))

              Expected.raises<ShapeException> [ "got a mask [2] for data [3]" ] (fun () ->
                  (Normaliser.fitMasked Standard (tensor [ true; true ]) (ones [ 3 ])).Shift)

              Expected.raises<DtypeException> [ "expected floats" ] (fun () ->
                  (Normaliser.fit Standard (tensor [ 1 ])).Shift)) ]

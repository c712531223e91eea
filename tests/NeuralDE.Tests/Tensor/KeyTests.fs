module NeuralDE.Tests.KeyTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Expected

let private numbers (key: Key) = (rand key [ 4 ]).ToArray()

[<Tests>]
let tests =
    testList
        "Tensor.Key"
        [ testCase "a key is determined by its number" (fun () ->
              Expect.equal (numbers (Key 42L)) (numbers (Key 42)) "numbers (Key 42L)"
              Expect.notEqual (numbers (Key 43)) (numbers (Key 42)) "numbers (Key 43)"
              Expect.equal (string (Key 42)) "Key 42" "string (Key 42)"
              Expect.equal (string (Key -1L)) "Key -1" "string (Key -1L)")

          testCase "splitting and folding make distinct keys, deterministically" (fun () ->
              let key = Key 7
              let a, b = Key.split key
              let many = Key.splitN 5 key
              Expect.equal (numbers many[0]) (numbers a) "numbers many[0]"
              Expect.equal (numbers many[1]) (numbers b) "numbers many[1]"
              Expect.equal (numbers (key |> Key.split |> fst)) (numbers a) "numbers (key |> Key.split |> fst)"
              Expect.equal
                  (key :: many |> List.map numbers |> List.distinct |> List.length)
                  6
                  "number of distinct keys"
              Expect.equal
                  (List.init 100 (fun i -> numbers (Key.fold i key)) |> List.distinct |> List.length)
                  100
                  "number of distinct folded keys"
              Expect.equal (numbers (Key.fold 3 key)) (numbers (Key.fold 3 key)) "numbers (Key.fold 3 key)"
              Expect.notEqual (numbers (Key.fold 3 a)) (numbers (Key.fold 3 key)) "numbers (Key.fold 3 a)"
              Expect.isEmpty (Key.splitN 0 key) "Key.splitN 0 key"
              raises<InputException> [ "Key.splitN"; "-1" ] (fun () -> rand (List.head (Key.splitN -1 key)) []))

          testCase "a tensor folds like its numbers" (fun () ->
              let key = Key 5

              for index in [ scalar 3; scalar 3L ] do
                  Expect.equal
                      (numbers (Key.foldWith index key))
                      (numbers (Key.fold 3 key))
                      "keys folded with a tensor"

              raises<DtypeException> [ "Key.foldWith"; "integers" ] (fun () -> rand (Key.foldWith (scalar 3.0) key) []))

          testCase "a batch of keys is element-wise" (fun () ->
              let keys = Key 5 |> Key.foldWith (tensor [ 0; 1; 2 ])
              Expect.equal (string keys) "Key [3]" "string keys"
              let rows = rand keys [ 2 ]
              holds [ 3; 2 ] (Seq.collect (fun i -> (rand (Key.fold i (Key 5)) [ 2 ]).ToArray()) [ 0..2 ]) rows
              let first, second = Key.split keys
              let one, two = Key.split (Key.fold 1 (Key 5))
              like 0.0 (randn one [ 2 ]) (randn first [ 2 ]).[1]
              like 0.0 (randn two [ 2 ]) (randn second [ 2 ]).[1]
              like 0.0 (rand (Key.fold 9 one) [ 2 ]) (rand (Key.fold 9 first) [ 2 ]).[1]) ]

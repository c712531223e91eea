module NeuralDE.Tests.KeyTests

open Xunit
open NeuralDE
open NeuralDE.Tests.Expected

let private numbers (key: Key) = (rand key [ 4 ]).ToArray()

[<Fact>]
let ``a key is its number`` () =
    Assert.Equal<float[]>(numbers (Key 42), numbers (Key 42L))
    Assert.NotEqual<float[]>(numbers (Key 42), numbers (Key 43))
    Assert.Equal("Key 42", string (Key 42))
    Assert.Equal("Key -1", string (Key -1L))

[<Fact>]
let ``splitting and folding make different keys, and always the same ones`` () =
    let key = Key 7
    let a, b = Key.split key
    let many = Key.splitN 5 key
    Assert.Equal<float[]>(numbers a, numbers many[0])
    Assert.Equal<float[]>(numbers b, numbers many[1])
    Assert.Equal<float[]>(numbers a, numbers (key |> Key.split |> fst))
    Assert.Equal(6, key :: many |> List.map numbers |> List.distinct |> List.length)
    Assert.Equal(100, List.init 100 (fun i -> numbers (Key.fold i key)) |> List.distinct |> List.length)
    Assert.Equal<float[]>(numbers (Key.fold 3 key), numbers (Key.fold 3 key))
    Assert.NotEqual<float[]>(numbers (Key.fold 3 key), numbers (Key.fold 3 a))
    Assert.Empty(Key.splitN 0 key)
    raises<InputException> [ "Key.splitN"; "-1" ] (fun () -> rand (List.head (Key.splitN -1 key)) [])

[<Fact>]
let ``a tensor folds like its numbers`` () =
    let key = Key 5

    for index in [ scalar 3; scalar 3L ] do
        Assert.Equal<float[]>(numbers (Key.fold 3 key), numbers (Key.foldWith index key))

    raises<DtypeException> [ "Key.foldWith"; "integers" ] (fun () -> rand (Key.foldWith (scalar 3.0) key) [])

[<Fact>]
let ``a batch of keys is element-wise`` () =
    let keys = Key 5 |> Key.foldWith (tensor [ 0; 1; 2 ])
    Assert.Equal("Key [3]", string keys)
    let rows = rand keys [ 2 ]
    holds [ 3; 2 ] (Seq.collect (fun i -> (rand (Key.fold i (Key 5)) [ 2 ]).ToArray()) [ 0..2 ]) rows
    let first, second = Key.split keys
    let one, two = Key.split (Key.fold 1 (Key 5))
    like 0.0 (randn one [ 2 ]) (randn first [ 2 ]).[1]
    like 0.0 (randn two [ 2 ]) (randn second [ 2 ]).[1]
    like 0.0 (rand (Key.fold 9 one) [ 2 ]) (rand (Key.fold 9 first) [ 2 ]).[1]

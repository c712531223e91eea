/// Comparisons of tensors, checks of exceptions, and small random cases.
module internal NeuralDE.Tests.Expected

open System
open FsCheck
open FsCheck.FSharp
open Expecto
open NeuralDE.Tests
open NeuralDE

let nan = Double.NaN
let infinity = Double.PositiveInfinity

/// The shape, and numbers within a tolerance relative to max(1, |expected|); NaN equals NaN, ∞ equals ∞.
let close tolerance (shape: int list) (values: float seq) (x: Tensor) =
    Expect.equal x.Shape (List.toArray shape) "x.Shape"
    let got, values = x.ToArray(), Seq.toArray values
    Expect.equal got.Length values.Length "got.Length"

    let isClose (a: float) (b: float) =
        a = b || (Double.IsNaN a && Double.IsNaN b) || abs (a - b) <= tolerance * max 1.0 (abs a)

    if not (Array.forall2 isClose values got) then failtest $"expected %A{values}\ngot %A{got}"

/// The shape and exactly the numbers.
let holds shape values x = close 0.0 shape values x

/// The flags of a bool tensor.
let flags shape (values: bool list) (x: Tensor) =
    Expect.equal x.Dtype Bool "x.Dtype"
    holds shape (values |> List.map (fun v -> if v then 1.0 else 0.0)) x

/// Shape, dtype and numbers of another tensor.
let like tolerance (expected: Tensor) (x: Tensor) =
    Expect.equal x.Dtype expected.Dtype "x.Dtype"
    close tolerance (List.ofArray expected.Shape) (expected.ToArray()) x

/// The call raises this exception, and its message contains all the words.
let raises<'E when 'E :> exn> (words: string list) (call: unit -> Tensor) =
    let failure = Expect.thrown<'E>(fun () -> (call ()).ToString() |> ignore)

    for word in words do
        Expect.stringContains failure.Message word "failure.Message"

/// Small numbers of a shape, determined by the seed.
let noise seed (shape: int list) = randn (Key(seed: int)) shape

/// Checks the property for small numbers: extents from 1 to 5 and a seed.
let forExtents count (property: int list -> int -> unit) =
    let extents = Gen.listOfLength count (Gen.choose (1, 5))
    let cases = Gen.zip extents (Gen.choose (0, 10000)) |> Arb.fromGen
    Check.One(Properties.config, Prop.forAll cases (fun (extents, seed) -> property extents seed))

/// Bounds of integers that expressions show: they hold for the numbers, and take away the checks of indices.
module NeuralDE.Tests.IndexRangeTests

open System
open Expecto
open NeuralDE
open NeuralDE.Internal.Tensor
open NeuralDE.Tests.Expected

/// A random expression of integers in a placeholder x, int64 [4].
let rec private expression (random: Random) depth (x: Tensor) : Tensor =
    let next () = expression random (depth - 1) x
    let number () = random.Next(-9, 10)

    if depth = 0 then
        match random.Next 4 with
        | 0 -> tensor [ 0L; 1L; 2L; 3L ]
        | 1 -> searchSorted (tensor [ -2.0; 0.5; 3.0 ]) (cast Float64 x)
        | 2 -> cast Int64 (x .> number ())
        | _ -> x
    else
        match random.Next 12 with
        | 0 -> next () + next ()
        | 1 -> next () - next ()
        | 2 -> minimum (next ()) (next ())
        | 3 -> maximum (next ()) (next ())
        | 4 ->
            let low = number ()
            clip (float low) (float (low + random.Next 5)) (next ())
        | 5 -> where (next () .< next ()) (next ()) (next ())
        | 6 ->
            let y = next ()
            let limit = number ()

            match random.Next 10 with
            | 0 -> where (y .< limit) y (scalar (int64 limit))
            | 1 -> where (y .<= limit) y (y - y + limit)
            | 2 -> where (y .> limit) (y + limit) (-y)
            | 3 -> where (y .>= limit) (y - limit) (scalar 0L)
            | 4 -> where (y .= limit) y (scalar 1L)
            | 5 -> where (y .<> limit) y (y + 1)
            | 6 -> where (y .< limit) (flip 0 y) (y - y)
            | 7 -> where (y .>= limit) (take 0 (tensor [ 2L; 3L; 0L; 1L ]) y) (y - y)
            | 8 -> where (y .<= limit) (concatAlong 0 [ y[1..3]; y[0..0] ]) (y - y)
            | _ -> where (y .> limit) (reshape [ 4 ] (transpose (reshape [ 2; 2 ] y))) (y - y)
        | 7 -> next () + number ()
        | 8 -> flip 0 (next ())
        | 9 -> cast Int64 (cast Int32 (next ()))
        | 10 -> take 0 (clip 0.0 3.0 (next ())) (next ())
        | _ -> next () * 3

/// What is known of an expression within a function, and its numbers.
let private boundsOf (f: Tensor -> Tensor) (x: Tensor) : IndexRange * int64[] =
    let mutable range = { Least = 0L; Greatest = 0L }

    let run =
        compile (fun x ->
            let y = f x
            range <- IndexRange.find y
            y)

    let y = run x
    range, y.Numbers.Integers

let private find f = fst (boundsOf f (tensor [ 5L; -7L; 0L; 1L ]))
let private within least greatest = { Least = least; Greatest = greatest }
let private hasCheck f (x: Tensor) = (Engine.explain f x).Contains "check"

[<Tests>]
let tests =
    testList
        "Tensor.IndexRange"
        [ testCase "of random expressions, bounds hold for the numbers" (fun () ->
              let mutable bounded = 0

              for seed in 1..2000 do
                  let numbers = Random seed
                  let x = tensor [ for _ in 1..4 -> numbers.NextInt64(-20L, 20L) ]
                  let range, integers = boundsOf (expression (Random seed) (1 + seed % 4)) x
                  if range.Least > Int64.MinValue && range.Greatest < Int64.MaxValue then bounded <- bounded + 1

                  for i in integers do
                      Expect.isTrue (range.Least <= i && i <= range.Greatest) $"seed {seed}: {i} in {range}"

              Expect.isGreaterThan bounded 200 "many have two bounds")

          testCase "of positions, clip, minima and sums" (fun () ->
              Expect.equal (find (fun x -> clip -2.0 9.0 x)) (within -2L 9L) "clip"
              Expect.equal (find (fun x -> minimum (scalar 9L) (maximum (scalar 3L) x))) (within 3L 9L) "min, max"
              let ts = linspace 0.0 1.0 11
              Expect.equal (find (fun x -> searchSorted ts (cast Float64 x))) (within 0L 11L) "a search"
              Expect.equal
                  (find (fun x -> clip 0.0 4.0 (searchSorted ts (cast Float64 x) - 1) + 1))
                  (within 1L 5L)
                  "next")

          testCase "sums that may wrap have no bounds" (fun () ->
              let unknown = within Int64.MinValue Int64.MaxValue
              Expect.equal (find (fun x -> x + 1)) unknown "of any number"
              let large = float Int32.MaxValue
              Expect.equal (find (fun x -> clip 0.0 large x + clip 0.0 large x)) unknown "of large numbers"
              Expect.equal (find (fun x -> cast Int32 x)) unknown "cast to fewer bits")

          testCase "indices that are inside for certain are not checked; others are" (fun () ->
              let x = tensor [ 0L; 9L ]
              let read low high (i: Tensor) = take 0 (clip low high i) (linspace 0.0 1.0 10)
              Expect.isFalse (hasCheck (read 0.0 9.0) x) "0 to 9"
              Expect.isTrue (hasCheck (read 0.0 10.0) x) "10 is outside"
              Expect.isTrue (hasCheck (read -1.0 9.0) x) "−1 is outside"
              raises<InputException> [ "take"; "10" ] (fun () -> compile (read 0.0 10.0) (tensor [ 10L ])))

          testCase "a condition on elements says nothing of elements that are moved" (fun () ->
              let sorted, read = tensor [ 1.0; 2.0; 3.0 ], tensor [ 10.0; 20.0; 30.0 ]

              let neighbour (x: Tensor) =
                  let j = searchSorted sorted x
                  take 0 (where (j .< 3) (flip 0 j) 0) read

              Expect.isTrue (hasCheck neighbour (tensor [ 0.0; 9.0 ])) "index 3 of the neighbour"
              raises<InputException> [ "take"; "3" ] (fun () -> compile neighbour (tensor [ 0.0; 9.0 ])))

          testCase "an expression of many nodes is looked at for a limited time" (fun () ->
              let range = find (fun x -> Seq.fold (fun (y: Tensor) _ -> maximum y y) (clip 0.0 1.0 x) (seq { 1..200 }))
              Expect.equal range (within Int64.MinValue Int64.MaxValue) "too many paths") ]

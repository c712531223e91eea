/// Captured tensors enter a graph unchanged: they are broadcast inside the graph, not before it.
module NeuralDE.Tests.Calculus.CaptureTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

let private rows, columns = 200, 300
let private row = linspace 0.1 1.0 columns
let private column = reshape [ rows; 1 ] (linspace 0.2 0.9 rows)
let private point = reshape [ rows; columns ] (linspace 0.5 2.0 (rows * columns))

let private captures: (string * (Tensor -> Tensor)) list =
    [ "a number", (fun x -> 1.7 * x + 0.3)
      "a scalar", (fun x -> x ** scalar 1.3 - scalar 0.7 / x)
      "a row", (fun x -> x * row + row)
      "a column", (fun x -> x / column)
      "a row and a column", (fun x -> x + row * column[0] - column)
      "where", (fun x -> where (x .> row) x column)
      "maximum", (fun x -> maximum x row + minimum column x)
      "atan2", (fun x -> atan2 x row)
      "broadcastTo", (fun x -> x * broadcastTo [ rows; columns ] row)
      "ones", (fun x -> x * ones [ rows; columns ] + full [ rows; columns ] 2.5 + onesLike point)
      "zeros", (fun x -> x - zeros [ rows; columns ] + zerosLike point) ]

let private names = captures |> List.map fst

[<Tests>]
let tests =
    testList
        "Calculus.Capture"
        [ testList
              "captured tensors are not copied"
              [ for name in names do
                    testCase name (fun () ->
                        let f = captures |> List.find (fun (n, _) -> n = name) |> snd
                        let trace () = TracedFunction.trace "test" Hoisted f point
                        let captured = (trace ()).Captured |> Array.map _.Count
                        for count in captured do
                            Expect.inRange count (1, columns) "count"
                        let before = GC.GetAllocatedBytesForCurrentThread()
                        trace () |> ignore
                        // an array of the result's size has 480 000 bytes
                        Expect.inRange
                            (GC.GetAllocatedBytesForCurrentThread() - before)
                            (0L, 100000L)
                            "allocated bytes"
                        Expected.like 1e-14 (f point) (compile f point)) ]

          testCase "captured numbers give the same bits as arguments" (fun () ->
              let f (x: Tensor) (row: Tensor) (c: Tensor) = tanh (x + row) * c - c
              let c = scalar 1.1
              let captured = compile (fun x -> f x row c) point
              let given = compile (fun (x, row, c) -> f x row c) (point, row, c)
              Expect.equal (captured.ToArray()) (given.ToArray()) "captured.ToArray()")

          testCase "a view of a tensor shares its numbers" (fun () ->
              let x = linspace 0.0 1.0 100000
              let before = GC.GetAllocatedBytesForCurrentThread()
              let y = reshape [ 100; 1000 ] x
              Expect.equal (float y[99, 999]) 1.0 "float y[99, 999]"
              Expect.inRange (GC.GetAllocatedBytesForCurrentThread() - before) (0L, 100000L) "allocated bytes") ]

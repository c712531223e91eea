/// The time of tracing, differentiating and planning is linear in the numbers of operations and leaves.
module NeuralDE.Tests.Calculus.LinearTimeTests

open System
open System.Diagnostics
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// An input with a width that no other call uses, so that interning finds no earlier graph.
type private Program = { Name: string; Run: int -> int -> unit }

let private chain (step: Tensor -> Tensor) =
    fun n width ->
        let f (x: Tensor) =
            let mutable y = x

            for _ in 1..n do
                y <- step y

            sum y

        grad f (linspace 0.1 0.9 width) |> ignore

let private programs =
    [ { Name = "a chain"; Run = chain sin }
      { Name = "a chain with captured numbers"; Run = chain (fun y -> 0.3 * y + cos y) }
      { Name = "a list of leaves"
        Run =
          fun n width ->
              let xs = List.init n (fun i -> linspace 0.0 (float i) width)
              grad (fun (xs: Tensor list) -> xs |> List.map (fun x -> sum (x * x)) |> List.reduce (+)) xs |> ignore }
      { Name = "leaves of a loop"
        Run =
          fun n width ->
              let xs = Array.init n (fun i -> linspace 0.0 (float i) width)
              grad (fun xs -> iterate 2 (Array.map sin) xs |> Array.map sum |> Array.reduce (+)) xs |> ignore }
      { Name = "a chain of loops"; Run = fun n width -> chain (iterate 2 sin) (n / 10) width }
      { Name = "products and scans"
        Run =
          fun n width ->
              let w = 0.1 * randn (Key 1) [ width; width ]
              let x = randn (Key 2) [ 200; width ]

              let f (x: Tensor) =
                  let mutable y = x

                  for _ in 1 .. n / 10 do
                      y <- cumsum 0 (tanh (matmul y w + 1.0)) / 200.0

                  sum y

              compile f x |> ignore }
      { Name = "the interpreter's program"
        Run =
          fun n width ->
              let f (x: Tensor) =
                  let mutable y = x

                  for _ in 1 .. 4 * n do
                      y <- sin y

                  y

              let t = TracedFunction.trace "test" Hoisted f (linspace 0.1 0.9 width)
              Program.ofGraph t.Graph |> ignore } ]

let private names = programs |> List.map _.Name

let mutable private width = 3

/// The least seconds and bytes of a few runs.
let private cost (p: Program) (n: int) : struct (float * float) =
    let mutable seconds, bytes = infinity, infinity

    for _ in 1..3 do
        width <- width + 1
        let before = GC.GetAllocatedBytesForCurrentThread()
        let clock = Stopwatch.StartNew()
        p.Run n width
        seconds <- min seconds clock.Elapsed.TotalSeconds
        bytes <- min bytes (float (GC.GetAllocatedBytesForCurrentThread() - before))

    struct (seconds, bytes)

[<Tests>]
let tests =
    testList
        "Calculus.LinearTime"
        [
          // Allocated bytes measure the work without noise. Time also measures work without allocation, with a looser
          // bound: quadratic work has an exponent near 2 at these sizes.
          testList
              "work is linear in the number of operations"
              [ for name in names do
                    testCase name (fun () ->
                        let p = programs |> List.find (fun p -> p.Name = name)
                        p.Run 1000 2 // compiles all code that is measured
                        let few, many = 1000, 16000
                        let exponent a b = Math.Log(b / a) / Math.Log(float many / float few)

                        let exponents _ =
                            let struct (fewSeconds, fewBytes) = cost p few
                            let struct (manySeconds, manyBytes) = cost p many
                            struct (exponent fewSeconds manySeconds, exponent fewBytes manyBytes)

                        let struct (seconds, bytes) = exponents ()
                        Expect.isTrue (bytes <= 1.1) $"bytes grow with the power {bytes}, expected at most 1.1"
                        // other programs may have slowed the longer runs
                        let again () = Seq.init 3 exponents |> Seq.exists (fun (struct (seconds, _)) -> seconds <= 1.5)
                        Expect.isTrue
                            (seconds <= 1.5 || again ())
                            $"time grows with the power {seconds}, expected at most 1.5 in one of four measurements") ] ]

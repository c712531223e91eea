/// Dense output at many times is computed block by block: the numbers of single times, with the memory of the result.
module NeuralDE.Tests.Solvers.ManyTimesTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE

let private oscillator _ (y: Tensor) = stack [ y[1]; -y[0] ]

let private shared =
    lazy (Ode.problem oscillator (tensor [ 1.0; 0.0 ]) (0.0, 10.0) |> Ode.tolerance 1e-8 1e-8 |> Ode.solve)

/// Times in random order.
let private times n = 10.0 * rand (Key 3) [ n ]

let private bits (x: Tensor) = x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits

[<Tests>]
let tests =
    testList
        "Solvers.ManyTimes"
        [ testList
              "many times give the bits of few"
              [ for n in [ 4096; 4097; 20001 ] do
                    testCase $"{n}" (fun () ->
                        let ts = times n
                        let whole = bits (shared.Value.At ts)
                        Expect.equal whole.Length (2 * n) "whole.Length"

                        for first in [ 0; 3990; n - 100 ] do
                            let some = bits (shared.Value.At ts[first .. first + 99])
                            Expect.equal whole[2 * first .. 2 * first + 199] some "whole[2 * first .. 2 * first + 199]") ]

          testCase "also with perSample" (fun () ->
              let n = 9001
              let start = reshape [ 3; 2 ] (linspace 0.1 1.0 6)

              let s =
                  Ode.problem (fun _ (y: Tensor) -> -y) start (0.0, tensor [ 10.0; 11.0; 12.0 ])
                  |> Ode.perSample
                  |> Ode.solve

              let ts = times n
              let whole = s.At ts
              Expect.equal whole.Shape [| 3; n; 2 |] "whole.Shape"
              let last = s.At ts[n - 50 ..]

              for k in 0..2 do
                  let ending = whole[k]
                  Expect.equal (bits ending[n - 50 ..]) (bits (last[k])) "bits ending[n - 50 ..]")

          testCase "the memory is that of the result" (fun () ->
              let n = 200000
              let ts = times n
              shared.Value.At ts[..9999] |> ignore
              let before = GC.GetAllocatedBytesForCurrentThread()
              let y = shared.Value.At ts
              let bytes = GC.GetAllocatedBytesForCurrentThread() - before
              Expect.inRange bytes (1L, 5L * 8L * int64 y.Count) "bytes") ]

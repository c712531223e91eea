/// Sums over more elements than fit into memory.
module NeuralDE.Tests.Engine.LargeReductionTests

open System
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Engine

module private Memory =
    /// The result of a function, and the peak growth of the process in bytes while it ran.
    let growth (run: unit -> 'T) : 'T * int64 =
        GC.Collect()
        let before = Environment.WorkingSet
        let largest = ref before
        use ended = new ManualResetEventSlim()

        let watch () =
            while not (ended.Wait 5) do
                largest.Value <- max largest.Value Environment.WorkingSet

        let watcher = Thread(watch, IsBackground = true)
        watcher.Start()

        try
            let result = run ()
            result, max largest.Value Environment.WorkingSet - before
        finally
            ended.Set()
            watcher.Join()

    let within (megabytes: int64) (run: unit -> 'T) : 'T =
        let result, bytes = growth run
        Expect.isTrue
            (bytes <= megabytes * 1048576L)
            $"the process grew by {bytes / 1048576L} MB, expected at most {megabytes}"
        result

    /// With the default limits, whatever the environment sets.
    let usual (run: unit -> 'T) : 'T = SameBits.withStreams ValueNone (fun () -> within 100L run)

/// Points at equal distances from 0 to 1, as a column.
let private points (n: int) = reshape [ n; 1 ] (linspace 0.0 1.0 n)
let private pairs (p: Tensor) = mean (abs (p - transpose p))

/// Σᵢⱼ exp (−|pᵢ − pⱼ|²) of points in the plane, the distances by differences and by a product.
let private byDifferences (p: Tensor) =
    let d = expandDims 1 p - expandDims 0 p
    sum (exp (-(sumAlong 2 (d * d))))

let private byProduct (p: Tensor) =
    let squares = sumAlong 1 (p * p)
    sum (exp (2.0 * matmul p (transpose p) - expandDims 1 squares - expandDims 0 squares))

[<Tests>]
let tests =
    testList
        "Engine.LargeReduction"
        [ testCase "a sum over 2³² pairs allocates no array of pairs" (fun () ->
              let total =
                  Memory.usual (fun () -> compile (fun (a, b) -> sum (a + b)) (ones [ 65536; 1 ], ones [ 1; 65536 ]))

              Expect.equal (float total) 8589934592.0 "the sum")

          testCase "a sum over a product of 2²⁹ elements does not store the product" (fun () ->
              let total =
                  Memory.usual (fun () ->
                      compile (fun (a, b) -> sum (matmul a b)) (ones [ 2; 16384; 1 ], ones [ 2; 1; 16384 ]))

              Expect.equal (float total) 536870912.0 "the sum")

          testCase "the mean over all pairs of 70 000 points and its gradient are the closed forms" (fun () ->
              let n = 70000
              let value, gradient = Memory.usual (fun () -> compile (valueAndGrad pairs) (points n))
              let count = float n

              // Σᵢⱼ |i − j| = (n − 1) n (n + 1) / 3, in steps of 1 / (n − 1)
              Expect.near 1e-12 (float value) ((count + 1.0) / (3.0 * count)) "the mean"

              // d/dpₖ = 2 Σⱼ sign(pₖ − pⱼ) / n²: k points below, n − 1 − k above
              let slopes = (reshape [ n ] gradient).ToArray()

              for k in 0 .. n - 1 do
                  Expect.near
                      1e-15
                      slopes[k]
                      (2.0 * (2.0 * float k - count + 1.0) / (count * count))
                      $"the derivative by point {k}")

          testCase "extremes, counts and sums along an axis of more than 2³¹ pairs" (fun () ->
              let n = 50000
              let p = points n
              let above (p: Tensor) = p .> transpose p

              let most, count, along =
                  Memory.usual (fun () ->
                      compile
                          (fun p ->
                              amax (p - transpose p), sum (cast Int64 (above p)), sumAlong 0 (cast Int64 (above p)))
                          p)

              Expect.equal (float most) 1.0 "the largest difference"
              Expect.equal (int64 count) (int64 n * int64 (n - 1) / 2L) "pairs in order"
              Expect.equal
                  ((cast Float64 along).ToArray())
                  (Array.init n (fun j -> float (n - 1 - j)))
                  "pairs in order by column")

          testCase
              "sums of kernels over all pairs of points in the plane, and their gradients, allocate no array of pairs"
              (fun () ->
                  // limits as if an array of pairs did not fit into memory
                  let setting = { StreamLimits.nothingStored 4096 with Large = 1000000L }
                  let n = 2000
                  let p = rand (Key 1) [ n; 2 ]
                  let expected = valueAndGrad byDifferences p

                  for name, f in [ "differences", byDifferences; "a product", byProduct ] do
                      let value, gradient =
                          SameBits.withStreams (ValueSome setting) (fun () ->
                              Memory.within 20L (fun () -> compile (valueAndGrad f) p))

                      Expect.near
                          (1e-11 * float (fst expected))
                          (float value)
                          (float (fst expected))
                          $"the sum by {name}"

                      Expect.near
                          1e-9
                          (float (amax (abs (gradient - snd expected))))
                          0.0
                          $"the gradient by {name} beside the stored one")

          testCase "a loop's body and its pullback allocate no array of pairs" (fun () ->
              let n = 4000
              let p = points n

              let run (p: Tensor) =
                  iterate
                      3
                      (fun (q: Tensor) -> q + 0.1 * meanAlong 1 (tanh (expandDims 1 q - expandDims 0 q)))
                      (reshape [ n ] p)
                  |> sum

              let expected = compile (valueAndGrad run) p

              let value, gradient =
                  SameBits.withStreams (ValueSome(StreamLimits.nothingStored 4096)) (fun () ->
                      Memory.within 60L (fun () -> compile (valueAndGrad run) p))

              Expect.equal (float value) (float (fst expected)) "the sum"
              Expect.equal (gradient.ToArray()) ((snd expected).ToArray()) "the gradient") ]

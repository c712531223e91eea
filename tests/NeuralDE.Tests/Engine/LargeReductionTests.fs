/// Sums over more elements than memory holds.
namespace NeuralDE.Tests.Engine

open System
open System.Threading
open Xunit
open NeuralDE

module private Memory =
    /// What a function gives, and by how many bytes the process grew at the most while it ran.
    let growth (run: unit -> 'T) : 'T * int64 =
        GC.Collect()
        let before = Environment.WorkingSet
        let mutable largest = before
        use ended = new ManualResetEventSlim()

        let watch () =
            while not (ended.Wait 5) do
                largest <- max largest Environment.WorkingSet

        let watcher = Thread(watch, IsBackground = true)
        watcher.Start()

        try
            let result = run ()
            result, max largest Environment.WorkingSet - before
        finally
            ended.Set()
            watcher.Join()

    let within (megabytes: int64) (run: unit -> 'T) : 'T =
        let result, bytes = growth run
        Assert.True(bytes <= megabytes * 1048576L, $"the process grew by {bytes / 1048576L} MB, expected at most {megabytes}")
        result

// what the process grows by is this class's: no test runs beside it
[<Collection("settings of the engine")>]
type LargeReductionTests() =
    /// Points at equal distances from 0 to 1, as a column.
    let points (n: int) = reshape [ n; 1 ] (linspace 0.0 1.0 n)
    let pairs (p: Tensor) = mean (abs (p - transpose p))

    [<Fact>]
    member _.``a sum over 2³² pairs takes no array of pairs``() =
        let total =
            Memory.within 100L (fun () -> compile (fun (a, b) -> sum (a + b)) (ones [ 65536; 1 ], ones [ 1; 65536 ]))

        Assert.Equal(8589934592.0, float total)

    [<Fact>]
    member _.``a sum over a product of 2²⁹ elements takes no product``() =
        let total =
            Memory.within 100L (fun () ->
                compile (fun (a, b) -> sum (matmul a b)) (ones [ 2; 16384; 1 ], ones [ 2; 1; 16384 ]))

        Assert.Equal(536870912.0, float total)

    [<Fact>]
    member _.``the mean over all pairs of 70 000 points and its gradient are the closed forms``() =
        let n = 70000
        let value, gradient = Memory.within 100L (fun () -> compile (valueAndGrad pairs) (points n))
        let count = float n

        // Σᵢⱼ |i − j| = (n − 1) n (n + 1) / 3, in steps of 1 / (n − 1)
        Assert.Equal((count + 1.0) / (3.0 * count), float value, 1e-12)

        // d/dpₖ = 2 Σⱼ sign(pₖ − pⱼ) / n²: k points below, n − 1 − k above
        let slopes = (reshape [ n ] gradient).ToArray()

        for k in 0 .. n - 1 do
            Assert.Equal(2.0 * (2.0 * float k - count + 1.0) / (count * count), slopes[k], 1e-15)

    [<Fact>]
    member _.``extremes, counts and sums along an axis of 2³² pairs are right``() =
        let n = 65536
        let p = points n
        let above (p: Tensor) = p .> transpose p

        let most, count, along =
            Memory.within 100L (fun () ->
                compile (fun p -> amax (p - transpose p), sum (cast Int64 (above p)), sumAlong 0 (cast Int64 (above p))) p)

        Assert.Equal(1.0, float most)
        Assert.Equal(int64 n * int64 (n - 1) / 2L, int64 count)
        Assert.Equal<float[]>(Array.init n (fun j -> float (n - 1 - j)), (cast Float64 along).ToArray())

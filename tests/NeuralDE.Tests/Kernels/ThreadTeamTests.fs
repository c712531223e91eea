namespace NeuralDE.Tests.Kernels

open System
open System.Threading
open Xunit
open NeuralDE.Kernels

/// Counts how often each part runs; some parts run a job of their own, some throw.
[<Struct; NoEquality; NoComparison>]
type private Counting =
    [<DefaultValue(false)>]
    val mutable Counts: int[]

    [<DefaultValue(false)>]
    val mutable InnerParts: int

    [<DefaultValue(false)>]
    val mutable Throws: Nullable<int>

    interface ITeamJob with
        member job.Run part =
            Interlocked.Increment(&job.Counts[part]) |> ignore

            if job.Throws = Nullable part then invalidOp $"part {part}"

            if job.InnerParts > 0 then
                let inner = Counting(Counts = Array.zeroCreate job.InnerParts)
                ThreadTeam.Run(job.InnerParts, inner, 1_000_000L)

                if inner.Counts |> Array.exists ((<>) 1) then
                    failwith $"a job within part {part} ran its parts %A{inner.Counts} times, expected once each"

[<Collection("ThreadTeam")>]
type ThreadTeamTests() =
    let withThreads threads run =
        let before = ThreadTeam.Threads
        ThreadTeam.Threads <- threads

        try
            run ()
        finally
            ThreadTeam.Threads <- before

    let counting parts inner = Counting(Counts = Array.zeroCreate parts, InnerParts = inner)

    let once (job: Counting) threads =
        if job.Counts |> Array.exists ((<>) 1) then
            failwith $"{threads} threads ran the parts %A{job.Counts} times, expected once each"

    let run parts inner threads =
        let job = counting parts inner
        ThreadTeam.Run(parts, job, 1_000_000L)
        once job threads

    [<Fact>]
    member _.``every part runs once``() =
        for threads in [ 1; 2; 3; 5; 2; 1; 4 ] do
            withThreads threads (fun () ->
                for parts in 0..40 do
                    for _ in 1..20 do
                        run parts 0 threads)

    [<Fact>]
    member _.``a job within a part is done where it is``() =
        withThreads 3 (fun () ->
            for _ in 1..50 do
                run 6 5 3)

    [<Fact>]
    member _.``several callers at once``() =
        withThreads 3 (fun () ->
            let mutable failures = 0

            let caller () =
                try
                    for i in 1..500 do
                        run (i % 9) (i % 2) 3
                with _ ->
                    Interlocked.Increment &failures |> ignore

            let threads = Array.init 4 (fun _ -> Thread caller)
            threads |> Array.iter _.Start()
            threads |> Array.iter _.Join()
            Assert.Equal(0, failures))

    [<Theory>]
    [<InlineData(1)>]
    [<InlineData(3)>]
    member _.``an exception in a part reaches the caller and the team works on``(threads: int) =
        withThreads threads (fun () ->
            for _ in 1..50 do
                let job = Counting(Counts = Array.zeroCreate 8, Throws = 5)
                let thrown = Assert.Throws<InvalidOperationException>(fun () -> ThreadTeam.Run(8, job, 1_000_000L))
                Assert.Equal("part 5", thrown.Message)
                Assert.True(job.Counts |> Array.forall (fun n -> n <= 1), $"%A{job.Counts}, expected no part twice")
                run 8 0 threads)

    [<Fact>]
    member _.``workers that fell asleep are woken``() =
        withThreads 2 (fun () ->
            for _ in 1..5 do
                run 8 0 2
                Thread.Sleep 5)

    [<Fact>]
    member _.``no allocation``() =
        withThreads 2 (fun () ->
            let job = counting 4 0
            ThreadTeam.Run(4, job, 10_000L)
            let before = GC.GetAllocatedBytesForCurrentThread()

            for _ in 1..100 do
                ThreadTeam.Run(4, job, 10_000L)

            Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before))

    [<Fact>]
    member _.``small work stays whole``() =
        withThreads 2 (fun () ->
            Assert.Equal(1, ThreadTeam.Parts 0L)
            Assert.Equal(1, ThreadTeam.Parts 3_999L)
            Assert.Equal(2, ThreadTeam.Parts 4_000L)
            Assert.Equal(8, ThreadTeam.Parts Int64.MaxValue))

        withThreads 1 (fun () -> Assert.Equal(1, ThreadTeam.Parts Int64.MaxValue))

    [<Fact>]
    member _.``at least one thread``() =
        let thrown = Assert.Throws<ArgumentException>(fun () -> ThreadTeam.Threads <- 0)
        Assert.Equal("Threads: got 0, expected at least 1 (the caller itself).", thrown.Message)

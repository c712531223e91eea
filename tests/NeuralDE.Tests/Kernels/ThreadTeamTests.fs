module NeuralDE.Tests.Kernels.ThreadTeamTests

open System
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE.Kernels

/// Counts how often each part runs; some parts run a nested job, some throw.
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

let private withThreads threads run =
    let before = ThreadTeam.Threads
    ThreadTeam.Threads <- threads

    try
        run ()
    finally
        ThreadTeam.Threads <- before

let private counting parts inner = Counting(Counts = Array.zeroCreate parts, InnerParts = inner)

let private once (job: Counting) threads =
    if job.Counts |> Array.exists ((<>) 1) then
        failwith $"{threads} threads ran the parts %A{job.Counts} times, expected once each"

let private run parts inner threads =
    let job = counting parts inner
    ThreadTeam.Run(parts, job, 1_000_000L)
    once job threads

[<Tests>]
let tests =
    testList
        "Kernels.ThreadTeam"
        [ testCase "every part runs once" (fun () ->
              for threads in [ 1; 2; 3; 5; 2; 1; 4 ] do
                  withThreads threads (fun () ->
                      for parts in 0..40 do
                          for _ in 1..20 do
                              run parts 0 threads))

          testCase "a job within a part runs on the same thread" (fun () ->
              withThreads 3 (fun () ->
                  for _ in 1..50 do
                      run 6 5 3))

          testCase "several callers at once" (fun () ->
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
                  Expect.equal failures 0 "failures"))

          testList
              "an exception in a part is rethrown to the caller, and the team still works"
              [ for threads in [ 1; 3 ] do
                    testCase $"{threads}" (fun () ->
                        withThreads threads (fun () ->
                            for _ in 1..50 do
                                let job = Counting(Counts = Array.zeroCreate 8, Throws = 5)
                                let thrown =
                                    Expect.thrown<InvalidOperationException>(fun () ->
                                        ThreadTeam.Run(8, job, 1_000_000L))
                                Expect.equal thrown.Message "part 5" "thrown.Message"
                                Expect.isTrue
                                    (job.Counts |> Array.forall (fun n -> n <= 1))
                                    $"%A{job.Counts}, expected no part twice"
                                run 8 0 threads)) ]

          testCase "sleeping workers are woken" (fun () ->
              withThreads 2 (fun () ->
                  for _ in 1..5 do
                      run 8 0 2
                      Thread.Sleep 5))

          testCase "no allocation" (fun () ->
              withThreads 2 (fun () ->
                  let job = counting 4 0
                  ThreadTeam.Run(4, job, 10_000L)
                  let before = GC.GetAllocatedBytesForCurrentThread()

                  for _ in 1..100 do
                      ThreadTeam.Run(4, job, 10_000L)

                  Expect.equal (GC.GetAllocatedBytesForCurrentThread() - before) 0L "allocated bytes"))

          testCase "small work is not divided" (fun () ->
              withThreads 2 (fun () ->
                  Expect.equal (ThreadTeam.Parts 0L) 1 "ThreadTeam.Parts 0L"
                  Expect.equal (ThreadTeam.Parts 3_999L) 1 "ThreadTeam.Parts 3_999L"
                  Expect.equal (ThreadTeam.Parts 4_000L) 2 "ThreadTeam.Parts 4_000L"
                  Expect.equal (ThreadTeam.Parts Int64.MaxValue) 8 "ThreadTeam.Parts Int64.MaxValue")

              withThreads 1 (fun () ->
                  Expect.equal (ThreadTeam.Parts Int64.MaxValue) 1 "ThreadTeam.Parts Int64.MaxValue"))

          testCase "at least one thread" (fun () ->
              let thrown = Expect.thrown<ArgumentException>(fun () -> ThreadTeam.Threads <- 0)
              Expect.equal thrown.Message "Threads: got 0, expected at least 1 (the caller itself)." "thrown.Message") ]

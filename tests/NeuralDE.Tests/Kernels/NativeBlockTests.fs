/// The memory of plans and arrays outside the managed heap.
module NeuralDE.Tests.Kernels.NativeBlockTests

open System
open System.Runtime.InteropServices
open Expecto
open NeuralDE.Tests
open NeuralDE.Kernels

[<Tests>]
let tests =
    testList
        "Kernels.NativeBlock"
        [ testCase "a freed block gives its memory back" (fun () ->
              let size = 16 <<< 20
              let ones = Array.create size 1uy
              let before = Environment.WorkingSet

              for _ in 1..32 do
                  let block = NativeBlock(int64 size)
                  Marshal.Copy(ones, 0, block.Address, size)
                  block.Free()

              // all of them together are 512 MB
              Expect.isTrue
                  (Environment.WorkingSet - before < 200_000_000L)
                  "freed blocks keep more than 200 MB, expected less")

          testCase "a block that is freed twice leaves the memory of others alone" (fun () ->
              let page = int64 Environment.SystemPageSize
              let create () = NativeBlock(3L * page, [| 2L * page |])

              // a line begins with the first and the last address
              let isMapped (block: NativeBlock) =
                  System.IO.File.ReadLines "/proc/self/maps"
                  |> Seq.exists (fun line ->
                      let ends =
                          (Array.head (line.Split ' ')).Split '-' |> Array.map (fun at -> Convert.ToUInt64(at, 16))
                      ends[0] <= uint64 block.Address && uint64 block.Address < ends[1])

              // the system gives the place of freed memory to the next block, unless another thread is faster
              let isReused _ =
                  let first = create ()
                  first.Free()
                  let second = create ()
                  let isSame = (first.Address = second.Address)
                  first.Free()
                  Expect.isTrue
                      (isMapped second)
                      "the second block is gone after the first was freed again, expected it there"
                  second.Free()
                  isSame

              Expect.exists [ 1..100 ] isReused "no block got the place of the one before")

          testCase "guards of one thread leave other threads alone" (fun () ->
              // each request of a thread with guards gets new memory, full of NaN
              let isNew () =
                  let get () = ThreadScratch.Address(ThreadScratch.Use.Sorting, 100L)
                  Marshal.WriteByte(get (), 7uy)
                  Marshal.ReadByte(get ()) = 0xFFuy

              try
                  ThreadScratch.Guard true
                  let other =
                      System.Threading.Tasks.Task.Factory.StartNew(
                          isNew,
                          System.Threading.Tasks.TaskCreationOptions.LongRunning
                      )
                  Expect.isFalse other.Result "another thread's memory is new, expected no guards there"
                  Expect.isTrue (isNew ()) "this thread's memory stayed, expected new memory for each request"
              finally
                  ThreadScratch.Guard false) ]

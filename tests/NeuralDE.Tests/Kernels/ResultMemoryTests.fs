/// The memory of large results, which is used again once nothing refers to it.
module NeuralDE.Tests.Kernels.ResultMemoryTests

#nowarn "9" // addresses

open System
open System.Runtime.CompilerServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open Expecto
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels
open NeuralDE.Tests

let private collect () =
    for _ in 1..3 do
        GC.Collect()
        GC.WaitForPendingFinalizers()

/// Takes memory and forgets it; a method of its own, so that no local refers to it afterwards.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private takeAndForget (bytes: int64) : nativeint = (ResultMemory.Take bytes).Address

/// An array of float64 with the elements seed, seed + 1, ….
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private made (seed: int) (n: int) : NdArray =
    let values = Array.init n (fun i -> float (seed + i))
    use pinned = fixed values
    NdArray.CopyOf(Float64, [| n |], NativePtr.toNativeInt pinned)

let private requireMade (seed: int) (a: NdArray) =
    let data = a.Floats

    for i in 0 .. a.Length - 1 do
        if data[i] <> float (seed + i) then
            failwith $"element {i} of array {seed} is {data[i]}, expected {seed + i}"

[<Tests>]
let tests =
    testSequenced
    <| testList
        "Kernels.ResultMemory"
        [ testCase "memory is used again when nothing refers to it" (fun () ->
              // a size that nothing else asks for
              let bytes = 3_670_016L

              let isReused _ =
                  let first = takeAndForget bytes
                  collect ()
                  takeAndForget bytes = first

              Expect.exists [ 1..20 ] isReused "no request got the memory of the one before")

          testCase "memory that is referred to is not used again" (fun () ->
              let held = [| for _ in 1..50 -> ResultMemory.Take 131072L |]
              collect ()
              let addresses = held |> Array.map _.Address |> Array.distinct
              Expect.hasLength addresses 50 "addresses"
              GC.KeepAlive held)

          testCase "a long loop of results keeps little memory" (fun () ->
              let before = Environment.WorkingSet

              for i in 1..2000 do
                  // all of them together are 8 GB
                  takeAndForget (4_194_304L + int64 (i % 3) * 65536L) |> ignore

              collect ()
              let kept = Environment.WorkingSet - before
              Expect.isTrue (kept < 500_000_000L) $"2000 results keep {kept} bytes, expected less than 500 MB")

          testCase "sizes that are not asked for any more are given up" (fun () ->
              // the first sizes fill what may be unused; a later size must be used again all the same
              for size in 1..16 do
                  for _ in 1..4 do
                      takeAndForget (int64 size * 1_310_720L) |> ignore

              collect ()

              let isReused _ =
                  let first = takeAndForget 23_068_672L
                  collect ()
                  takeAndForget 23_068_672L = first

              Expect.exists [ 1..20 ] isReused "no request got the memory of the one before")

          testCase "elements stay as they are while others come and go" (fun () ->
              let held = Array.init 40 (fun seed -> made seed 8192)

              for round in 1..20 do
                  for seed in 100..140 do
                      made seed 8192 |> ignore

                  if round % 5 = 0 then collect ()

              Array.iteri requireMade held)

          testCase "several threads read an array that is read for the first time" (fun () ->
              for round in 1..100 do
                  let a = made round 8192
                  let shaped = a.WithShape [| 64; 128 |]
                  let failures = ref 0

                  let read (which: int) () =
                      try
                          match which % 3 with
                          | 0 -> requireMade round a
                          | 1 -> requireMade round shaped
                          | _ ->
                              let copy = Array.zeroCreate<float> 8192
                              use target = fixed copy
                              a.CopyTo(NativePtr.toNativeInt target)
                              requireMade round (NdArray(Float64, [| 8192 |], copy))
                      with _ ->
                          Interlocked.Increment failures |> ignore

                  let threads = Array.init 6 (fun k -> Thread(read k))
                  threads |> Array.iter _.Start()
                  threads |> Array.iter _.Join()
                  Expect.equal failures.Value 0 "failures")

          testCase "threads copy every byte once" (fun () ->
              let before = ThreadTeam.Threads

              try
                  for threads in [ 1; 2; 5 ] do
                      ThreadTeam.Threads <- threads

                      for bytes in [ 0; 1; 49151; 49152; 65537; 262144; 1_000_003 ] do
                          let source = Array.init (bytes + 1) byte
                          let target = Array.create (bytes + 1) 255uy
                          use from = fixed source
                          use into = fixed target
                          TeamCopy.Run(NativePtr.toNativeInt from, NativePtr.toNativeInt into, int64 bytes)
                          Expect.equal target[.. bytes - 1] source[.. bytes - 1] $"{bytes} bytes, {threads} threads"
                          Expect.equal target[bytes] 255uy "the byte behind"
              finally
                  ThreadTeam.Threads <- before) ]

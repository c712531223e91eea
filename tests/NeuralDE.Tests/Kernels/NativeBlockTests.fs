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
                  "freed blocks keep more than 200 MB, expected less") ]

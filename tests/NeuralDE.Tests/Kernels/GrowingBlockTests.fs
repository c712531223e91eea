/// The memory that loops append to: it keeps what is there, and gives back what is too much.
module NeuralDE.Tests.Kernels.GrowingBlockTests

open Microsoft.FSharp.NativeInterop
open Expecto
open NeuralDE.Tests
open NeuralDE.Kernels

#nowarn "9" // bytes are read and written by address

let private write (block: GrowingBlock) at (value: byte) =
    NativePtr.write (NativePtr.ofNativeInt (block.Address + nativeint (at: int64))) value

let private read (block: GrowingBlock) at : byte =
    NativePtr.read (NativePtr.ofNativeInt (block.Address + nativeint (at: int64)))

[<Tests>]
let tests =
    testList
        "Kernels.GrowingBlock"
        [ testCase "growing keeps what is there" (fun () ->
              let block = GrowingBlock()
              block.Resize 1L
              write block 0L 17uy

              for length in [ 4096L; 4097L; 100_000L; 1_000_000L ] do
                  block.Resize length
                  write block (length - 1L) 23uy
                  Expect.equal (read block 0L) 17uy $"the first byte of {string length}"
                  Expect.equal block.Length length "block.Length")

          testCase "a block that is too large is given back, another stays" (fun () ->
              let block = GrowingBlock()
              block.Resize 1_000_000L
              block.Trim 2_000_000L
              Expect.notEqual block.Address 0n "the address of a block within the limit"
              Expect.equal block.Length 1_000_000L "its length"
              block.Trim 4096L
              Expect.equal block.Address 0n "the address of a block beyond it"
              Expect.equal block.Length 0L "its length"
              block.Resize 10L
              write block 9L 5uy
              Expect.equal (read block 9L) 5uy "a byte of a block that has grown again") ]

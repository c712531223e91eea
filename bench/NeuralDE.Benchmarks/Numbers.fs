namespace NeuralDE.Benchmarks

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE.Kernels

/// Arrays of numbers in (0, 1) outside of the managed heap.
[<Sealed>]
type internal Numbers(elementType: ElementType, count: int) =
    let block = NativeBlock(int64 (8 * count))

    do
        for i in 0 .. count - 1 do
            let x = 0.5 + 0.49 * sin (float (i + 1))

            if elementType = ElementType.Float32 then
                NativePtr.set (NativePtr.ofNativeInt<float32> block.Address) i (float32 x)
            else
                NativePtr.set (NativePtr.ofNativeInt<float> block.Address) i x

    member _.Address = block.Address

namespace NeuralDE.Internal.Engine

#nowarn "9" // native pointers

open Microsoft.FSharp.NativeInterop
open NeuralDE.Kernels

/// Runs a compiled or tiled group on the plan's memory.
[<Sealed>]
type internal GroupInstruction(kernel: GroupKernel, offsets: int64[], count: int64) =
    inherit Instruction()
    let table = PinnedTable offsets
    let address = table.Address
    // the code of a small group, once it is compiled
    let mutable code: ElementKernel | null = null

    override _.Run work =
        match code with
        | null ->
            GroupKernels.run kernel work.Memory address count

            if count <= GroupKernels.small && GroupKernels.isSettled () then code <- kernel.Code
        | ready ->
            if GroupKernels.isSettled () then
                ready.Invoke(int64 work.Memory, int64 address, 0L, count)
            else
                GroupKernels.run kernel work.Memory address count

    /// Keeps the table alive while its address is in use.
    member _.Table = table

/// Runs a group on some rows.
[<Sealed>]
type internal GroupRows(kernel: GroupKernel, places: RowPlace[], width: int64, count: int64) =
    inherit RowInstruction()

    let sizes =
        Array.append
            (kernel.Group.Arguments |> Array.map (fun a -> if a.Single then 0L else int64 a.Dtype.Size))
            (kernel.Group.Outputs |> Array.map (fun o -> int64 kernel.Group.Steps[o].Dtype.Size))

    override _.Run(memory, tile, first, last) =
        let from = int64 first * width
        let table = NativePtr.stackalloc<int64> places.Length

        for i in 0 .. places.Length - 1 do
            NativePtr.set
                table
                i
                (match places[i] with
                 | InMemory offset -> offset
                 | InTile offset -> int64 (tile - memory) + offset - from * sizes[i])

        GroupKernels.runPart kernel memory (NativePtr.toNativeInt table) from (int64 last * width) count

namespace NeuralDE.Compiler

open NeuralDE.Kernels

/// Runs a compiled or tiled group on memory.
[<Sealed>]
type internal GroupInstruction(kernel: GroupKernel, offsets: int64[], count: int64) =
    inherit Instruction()
    let table = PinnedTable offsets
    let address = table.Address
    // a small group's code, once it is there
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

    /// Keeps the table alive as long as its address is in use.
    member _.Table = table

namespace NeuralDE.Tests.Kernels

open System
open System.Runtime.InteropServices

/// Memory between two protected pages: a kernel that accesses a byte out of bounds ends the process. On systems other
/// than Linux it is ordinary memory, and only values are tested.
[<Sealed>]
type Guarded private (block: nativeint, blockSize: int, address: nativeint) =
    static let page = Environment.SystemPageSize

    [<DllImport("libc", EntryPoint = "mmap", SetLastError = true)>]
    static extern nativeint mmap(
        nativeint address,
        unativeint size,
        int protection,
        int flags,
        int file,
        nativeint offset
    )

    [<DllImport("libc", EntryPoint = "mprotect", SetLastError = true)>]
    static extern int mprotect(nativeint address, unativeint size, int protection)

    [<DllImport("libc", EntryPoint = "munmap", SetLastError = true)>]
    static extern int munmap(nativeint address, unativeint size)

    /// The address of the memory.
    member _.Address = address

    static member private Make(bytes: int, place: int -> int) =
        let inner = (bytes + page - 1) / page * page + page
        let whole = inner + 2 * page

        if OperatingSystem.IsLinux() then
            let block = mmap (0n, unativeint whole, 3, 0x22, -1, 0n)

            if block = -1n then failwith $"mmap of {whole} bytes failed, expected an address"

            if mprotect (block, unativeint page, 0) <> 0 then failwith "mprotect failed, expected 0"

            if mprotect (block + nativeint (page + inner), unativeint page, 0) <> 0 then
                failwith "mprotect failed, expected 0"

            new Guarded(block, whole, block + nativeint (page + place inner))
        else
            let block = Marshal.AllocHGlobal whole
            new Guarded(block, whole, block + nativeint (page + place inner))

    /// `bytes` bytes that end at a protected page. Their alignment depends on the length.
    static member Before(bytes: int) = Guarded.Make(bytes, (fun inner -> inner - bytes))

    /// `bytes` bytes that begin after a protected page.
    static member After(bytes: int) = Guarded.Make(bytes, (fun _ -> 0))

    interface IDisposable with
        member _.Dispose() =
            if OperatingSystem.IsLinux() then
                munmap (block, unativeint blockSize) |> ignore
            else
                Marshal.FreeHGlobal block

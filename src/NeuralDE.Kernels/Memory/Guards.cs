using System;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Memory with protected pages, for tests: an access to one ends the process. Linux only.</summary>
internal static unsafe partial class Guards
{
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint size, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint size, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint size);

    private const int ReadAndWrite = 3;
    private const int PrivateAndAnonymous = 0x22;

    /// <summary>Allocates zeroed bytes in which the pages at the given offsets are protected.</summary>
    public static nint Allocate(long size, long[] places)
    {
        nint address = Map(0, (nuint)size, ReadAndWrite, PrivateAndAnonymous, -1, 0);

        if (address == -1)
            throw new Win32Exception(Marshal.GetLastPInvokeError());

        foreach (long place in places)
            if (Protect(address + (nint)place, (nuint)Environment.SystemPageSize, 0) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
        return address;
    }

    public static void Free(nint address, long size) => _ = Unmap(address, (nuint)size);
}

using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Asks Linux to store large blocks in pages of 2 MB. The first access to a page takes long (12 µs measured on a virtual
/// machine), and 512 times fewer accesses are first ones.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>The size of a huge page, and the alignment that a block needs.</summary>
    public const long Size = 2 << 20;

    /// <summary>Blocks of at least this size: a page that is touched at one place only wastes at most a quarter of them.</summary>
    private const long Least = 4 * Size;

    private const int MadvHugePage = 14;

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint size, int advice);

    public static bool Suits(long bytes) => bytes >= Least && OperatingSystem.IsLinux();

    /// <summary>Advice about the whole huge pages of a block; a system without them ignores it.</summary>
    public static void Use(nint address, long bytes)
    {
        nint first = (address + (nint)Size - 1) & -(nint)Size;
        nint last = (address + (nint)bytes) & -(nint)Size;

        if (last > first)
            _ = Advise(first, (nuint)(last - first), MadvHugePage);
    }
}

using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Memory that a kernel needs on the way: one block for each thread, which grows and is kept. A kernel that has it must not
/// call another one that asks for it.
/// </summary>
internal static unsafe class ThreadMemory
{
    private const nuint Alignment = 64;

    [ThreadStatic]
    private static Block? block;

    /// <summary>At least so many bytes, holding anything, until this thread asks again.</summary>
    public static nint Of(long bytes)
    {
        var own = block ??= new Block();

        if (own.Size < bytes)
            own.Grow(bytes);
        return own.Address;
    }

    private sealed class Block
    {
        public nint Address { get; private set; }
        public long Size { get; private set; }

        public void Grow(long bytes)
        {
            NativeMemory.AlignedFree((void*)Address);
            Address = 0;
            Size = 0;
            Address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 4096), Alignment);
            Size = Math.Max(bytes, 4096);
        }

        ~Block() => NativeMemory.AlignedFree((void*)Address);
    }
}

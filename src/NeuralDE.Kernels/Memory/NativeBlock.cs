using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Memory outside the managed heap, 64-byte aligned, zeroed when it is made; freed with the object.</summary>
internal sealed unsafe class NativeBlock
{
    public NativeBlock(long size)
    {
        Size = size;
        Address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(size, 64), 64);
        NativeMemory.Clear((void*)Address, (nuint)Math.Max(size, 64));

        // so that the collector knows what it holds up
        if (Size >= Large)
            GC.AddMemoryPressure(Size);
    }

    ~NativeBlock()
    {
        NativeMemory.AlignedFree((void*)Address);

        if (Size >= Large)
            GC.RemoveMemoryPressure(Size);
    }

    private const long Large = 1 << 20;

    public long Size { get; }

    public nint Address { get; }
}

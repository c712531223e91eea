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
    }

    ~NativeBlock() => NativeMemory.AlignedFree((void*)Address);

    public long Size { get; }

    public nint Address { get; }
}

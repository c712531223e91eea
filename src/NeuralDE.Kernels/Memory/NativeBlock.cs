using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace NeuralDE.Kernels;

/// <summary>Memory outside the managed heap, 64-byte aligned, zeroed when it is made; freed with the object.</summary>
internal sealed unsafe class NativeBlock
{
    /// <summary>Blocks of that size are worth telling the collector of.</summary>
    private const long Large = 1 << 20;

    /// <summary>Bytes that wait in blocks for their next use, and how many may: a quarter of the machine's memory.</summary>
    private static long waiting;
    private static readonly long MostWaiting = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    private bool isWaiting;

    public NativeBlock(long size)
    {
        Size = size;
        Address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(size, 64), 64);
        NativeMemory.Clear((void*)Address, (nuint)Math.Max(size, 64));

        if (Size >= Large)
            GC.AddMemoryPressure(Size);
    }

    ~NativeBlock()
    {
        NativeMemory.AlignedFree((void*)Address);
        Use();

        if (Size >= Large)
            GC.RemoveMemoryPressure(Size);
    }

    public long Size { get; }

    public nint Address { get; }

    /// <summary>Whether it may be kept for the next use: not where too much waits already.</summary>
    public bool TryWait()
    {
        if (Interlocked.Add(ref waiting, Size) > MostWaiting)
        {
            Interlocked.Add(ref waiting, -Size);
            return false;
        }

        isWaiting = true;
        return true;
    }

    /// <summary>It waits no longer.</summary>
    public void Use()
    {
        if (isWaiting)
        {
            isWaiting = false;
            Interlocked.Add(ref waiting, -Size);
        }
    }
}

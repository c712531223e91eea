using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace NeuralDE.Kernels;

/// <summary>Memory outside the managed heap, 64-byte aligned, zeroed when it is made; freed with the object.</summary>
internal sealed unsafe class NativeBlock
{
    private const int Alignment = 64;

    /// <summary>Blocks of that size are worth telling the collector of.</summary>
    private const long Large = 1 << 20;

    /// <summary>Bytes that wait in blocks for their next use, and how many may: a quarter of the machine's memory.</summary>
    private static long waiting;
    private static readonly long MostWaiting = Room.Total / 4;

    private readonly void* memory;
    private readonly bool isGuarded;
    private bool isWaiting;

    public NativeBlock(long size)
    {
        Room.Claim(size);
        Size = size;
        // the system's own zeros: pages are not there before they are used
        memory = NativeMemory.AllocZeroed((nuint)Math.Max(size, 64) + Alignment);
        Address = ((nint)memory + Alignment - 1) & -Alignment;

        if (Size >= Large)
            GC.AddMemoryPressure(Size);
    }

    /// <summary>With pages at the given places that nobody may touch.</summary>
    public NativeBlock(long size, long[] guards)
    {
        isGuarded = true;
        Size = size;
        Address = Guards.Allocate(size, guards);
        memory = (void*)Address;

        if (Size >= Large)
            GC.AddMemoryPressure(Size);
    }

    ~NativeBlock() => Release();

    /// <summary>Gives the memory back now; nobody may use it any more.</summary>
    public void Free()
    {
        GC.SuppressFinalize(this);
        Release();
    }

    private void Release()
    {
        // no address: the constructor did not get so far
        if (memory == null)
            return;

        if (isGuarded)
            Guards.Free(Address, Size);
        else
            NativeMemory.Free(memory);
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

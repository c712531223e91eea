using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace NeuralDE.Kernels;

/// <summary>Memory outside the managed heap, 64-byte aligned and initially zero; freed with the object.</summary>
internal sealed unsafe class NativeBlock
{
    private const int Alignment = 64;

    /// <summary>Blocks of at least this size are reported to the garbage collector.</summary>
    private const long Large = 1 << 20;

    /// <summary>
    /// The bytes of blocks kept for their next use, and their limit: a quarter of the machine's memory.
    /// </summary>
    private static long waiting;
    private static readonly long MostWaiting = Room.Total / 4;

    private readonly void* memory;
    private readonly bool isGuarded;
    private bool isWaiting;
    private int isReleased;

    public NativeBlock(long size)
    {
        Room.Claim(size);
        Size = size;
        nint alignment = HugePages.Suits(size) ? (nint)HugePages.Size : Alignment;
        // zeroed by the system: pages are not allocated before their first use
        memory = NativeMemory.AllocZeroed((nuint)Math.Max(size, 64) + (nuint)alignment);
        Address = ((nint)memory + alignment - 1) & -alignment;

        if (HugePages.Suits(size))
            HugePages.Use(Address, size);

        if (Size >= Large)
            GC.AddMemoryPressure(Size);
    }

    /// <summary>With protected pages at the given offsets.</summary>
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

    /// <summary>Frees the memory now; it must not be used afterwards. A second call does nothing.</summary>
    public void Free()
    {
        GC.SuppressFinalize(this);
        Release();
    }

    private void Release()
    {
        // null if the constructor failed. The address of freed memory may belong to others, so it is freed once.
        if (memory == null || Interlocked.Exchange(ref isReleased, 1) != 0)
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

    /// <summary>Whether the block may be kept for its next use; false if the limit is reached.</summary>
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

    /// <summary>Marks a kept block as in use.</summary>
    public void Use()
    {
        if (isWaiting)
        {
            isWaiting = false;
            Interlocked.Add(ref waiting, -Size);
        }
    }
}

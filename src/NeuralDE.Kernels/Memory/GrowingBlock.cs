using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Native memory that grows at its end; cleared memory is kept for the next use.</summary>
internal sealed unsafe class GrowingBlock
{
    private nint address;
    private long capacity;

    ~GrowingBlock() => NativeMemory.AlignedFree((void*)address);

    public long Length { get; private set; }

    /// <summary>The largest length since it was last reset, for tests of memory use.</summary>
    public long Peak { get; set; }

    public nint Address => address;

    public void Clear() => Length = 0;

    /// <summary>Frees the memory if there is more than `most`.</summary>
    public void Trim(long most)
    {
        if (capacity <= most)
            return;
        NativeMemory.AlignedFree((void*)address);
        address = 0;
        capacity = 0;
        Length = 0;
    }

    /// <summary>Sets the length and keeps the content up to it. Earlier addresses are invalid.</summary>
    public void Resize(long length)
    {
        if (length > capacity)
        {
            var larger = Math.Max(length, Math.Max(4096, 2 * capacity));

            if (!Room.Has(larger))
                Room.Claim(larger = length);
            var isHuge = HugePages.Suits(larger);
            var memory = (nint)NativeMemory.AlignedAlloc((nuint)larger, isHuge ? (nuint)HugePages.Size : 64);

            if (isHuge)
                HugePages.Use(memory, larger);
            Buffer.MemoryCopy((void*)address, (void*)memory, larger, Length);
            NativeMemory.AlignedFree((void*)address);
            address = memory;
            capacity = larger;
        }

        Length = length;
        Peak = Math.Max(Peak, length);
    }

    /// <summary>Extends the length by this many bytes and returns their address.</summary>
    public nint Append(long bytes)
    {
        var at = Length;
        Resize(at + bytes);
        return address + (nint)at;
    }
}

using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Native memory that grows at its end and is kept for the next use when it is cleared.</summary>
internal sealed unsafe class GrowingBlock
{
    private nint address;
    private long capacity;

    ~GrowingBlock() => NativeMemory.AlignedFree((void*)address);

    public long Length { get; private set; }

    /// <summary>The greatest length since it was last set, for tests of what a run holds.</summary>
    public long Peak { get; set; }

    public nint Address => address;

    public void Clear() => Length = 0;

    /// <summary>Gives memory back where there is more than so much.</summary>
    public void Trim(long most)
    {
        if (capacity <= most)
            return;
        NativeMemory.AlignedFree((void*)address);
        address = 0;
        capacity = 0;
        Length = 0;
    }

    /// <summary>Makes the length what it says; what was there below it stays. Addresses taken before are stale.</summary>
    public void Resize(long length)
    {
        if (length > capacity)
        {
            var larger = Math.Max(length, Math.Max(4096, 2 * capacity));

            if (!Room.Has(larger))
                Room.Claim(larger = length);
            var memory = (nint)NativeMemory.AlignedAlloc((nuint)larger, 64);
            Buffer.MemoryCopy((void*)address, (void*)memory, larger, Length);
            NativeMemory.AlignedFree((void*)address);
            address = memory;
            capacity = larger;
        }

        Length = length;
        Peak = Math.Max(Peak, length);
    }

    /// <summary>Room for so many more bytes; where they start.</summary>
    public nint Append(long bytes)
    {
        var at = Length;
        Resize(at + bytes);
        return address + (nint)at;
    }
}

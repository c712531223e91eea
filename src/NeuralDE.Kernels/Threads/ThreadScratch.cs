using System;
using System.Runtime.InteropServices;

namespace NeuralDE.Kernels;

/// <summary>Memory that a thread keeps between calls, so that kernels allocate nothing.</summary>
internal sealed unsafe class ThreadScratch
{
    /// <summary>The user of a block: users of different blocks may call each other.</summary>
    public enum Use
    {
        GemmPanel,
        GemmBlock,
        GemmTransposed,
        GemmBias,
        ConvolutionAxes,
        ConvolutionPanel,
        ConvolutionSums,
        ConvolutionPlaces,
        Factors,
        Sorting,
        Fourier,
        Tiles,
        RowTile,
        Stream,
        Lanes,
        LaneBlock,
        LaneSums,
    }

    [ThreadStatic]
    private static ThreadScratch?[]? blocks;

    private void* address;
    private nuint size;

    ~ThreadScratch() => NativeMemory.AlignedFree(address);

    /// <summary>At least this many bytes, aligned to 64, with undefined content.</summary>
    public static byte* Get(Use use, long bytes)
    {
        blocks ??= new ThreadScratch?[Enum.GetValues<Use>().Length];
        var block = blocks[(int)use] ??= new ThreadScratch();

        if (block.size < (nuint)bytes)
            block.Grow((nuint)bytes);
        return (byte*)block.address;
    }

    public static nint Address(Use use, long bytes) => (nint)Get(use, bytes);

    private void Grow(nuint bytes)
    {
        NativeMemory.AlignedFree(address);
        address = null;
        size = 0;
        Room.Claim((long)bytes);
        address = NativeMemory.AlignedAlloc(bytes, 64);
        size = bytes;
    }
}

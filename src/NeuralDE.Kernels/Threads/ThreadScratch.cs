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
        GemmGroup,
        GemmGroups,
        ConvolutionAxes,
        ConvolutionPanel,
        ConvolutionSums,
        ConvolutionPlaces,
        Factors,
        Sorting,
        Fourier,
        Reduction,
        Tiles,
        RowTile,
        Stream,
        Lanes,
        LaneBlock,
        LaneSums,
    }

    [ThreadStatic]
    private static ThreadScratch?[]? blocks;

    [ThreadStatic]
    private static bool isGuarding;

    private void* address;
    private nuint size;

    /// <summary>The memory of the last request while guards are on.</summary>
    private NativeBlock? guarded;

    // a guarded block frees itself, perhaps before this
    ~ThreadScratch()
    {
        if (guarded == null)
            NativeMemory.AlignedFree(address);
    }

    /// <summary>
    /// For tests of this thread: whether every request gets memory of its own, full of NaN, that ends before a protected
    /// page.
    /// </summary>
    public static void Guard(bool isOn)
    {
        isGuarding = isOn;
        blocks = null;
    }

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
        Free();
        Room.Claim((long)bytes);

        if (isGuarding)
        {
            GrowGuarded((long)bytes);
            return;
        }

        address = NativeMemory.AlignedAlloc(bytes, 64);
        size = bytes;
    }

    /// <summary>The size stays 0, so that the next request grows again.</summary>
    private void GrowGuarded(long bytes)
    {
        long page = Environment.SystemPageSize;
        long aligned = (bytes + 63) / 64 * 64;
        long guard = (aligned + page - 1) / page * page;
        guarded = new NativeBlock(guard + page, [guard]);
        address = (void*)(guarded.Address + (nint)(guard - aligned));
        NativeMemory.Fill(address, (nuint)aligned, 0xFF);
    }

    private void Free()
    {
        if (guarded == null)
            NativeMemory.AlignedFree(address);
        guarded?.Free();
        guarded = null;
        address = null;
        size = 0;
    }
}

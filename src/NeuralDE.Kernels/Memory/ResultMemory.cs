using System;
using System.Collections.Generic;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;

namespace NeuralDE.Kernels;

/// <summary>
/// The memory of one large result, outside the managed heap. When nothing refers to it any more, it is used again for
/// another result. A managed array of this size is freed only by the slowest kind of garbage collection, which runs
/// after a few of them, and its pages are given back and taken again each time. That took a fifth of the time of a network's
/// forward pass (measured), and it uses the core that a second thread needs.
/// </summary>
internal sealed class ResultMemory
{
    /// <summary>
    /// Smaller results are managed arrays: those cost less than the registration of a finaliser, and lie in the part of the
    /// heap that is collected quickly.
    /// </summary>
    public const long Least = 32768;

    /// <summary>
    /// After this many bytes of new results, or a quarter of the bytes in use if that is more, a collection looks for unused
    /// results. A collection of young objects took 0.3 ms (measured); 32 MB are 64 results of 512 KB.
    /// </summary>
    private const long Budget = 32 << 20;

    /// <summary>
    /// The most milliseconds that a caller waits for the finalisers of the collection before. It sleeps, because waiting for
    /// their thread itself could be waiting for a lock of the caller.
    /// </summary>
    private const int LongestWait = 50;

    private static readonly Lock Gate = new();

    /// <summary>Unused blocks of one size.</summary>
    private sealed class Blocks
    {
        public readonly Stack<NativeBlock> Unused = new();

        /// <summary>The number of the last request for this size.</summary>
        public long LastUse;
    }

    /// <summary>Unused blocks by their size. Guarded by the lock, as are the numbers below.</summary>
    private static readonly Dictionary<long, Blocks> BySize = [];

    private static long requests;

    /// <summary>Bytes of unused blocks, and of blocks in use.</summary>
    private static long unused;
    private static long used;

    /// <summary>Bytes taken and given back since the last collection that this class asked for.</summary>
    private static long taken;
    private static long given;

    /// <summary>Bytes of new blocks since the available memory was compared with what the process uses.</summary>
    private static long fresh;

    /// <summary>The most bytes of unused blocks, also if more is in use.</summary>
    private static readonly long MostUnused = Room.Total / 8;

    /// <summary>
    /// The least use since the last collection, and since the one before it: what is really in use, because results without
    /// references count as used until their finalisers have run.
    /// </summary>
    private static long lowest;
    private static long lowestBefore;

    /// <summary>1 from a collection until its finalisers run.</summary>
    private static int behind;

    /// <summary>The oldest generation that the last collection looked at.</summary>
    private static int generation;

    private readonly NativeBlock block;

    private ResultMemory(NativeBlock block)
    {
        // both become unreachable at once, and this one decides whether the memory is freed
        GC.SuppressFinalize(block);
        this.block = block;
    }

    /// <summary>A finaliser may run on any thread, and only once, because the object never escapes from it.</summary>
    ~ResultMemory()
    {
        if (block is not null)
            Give(block);
    }

    /// <summary>Holds only as long as this object is alive: callers keep it alive while they use the address.</summary>
    public nint Address => block.Address;

    /// <summary>Memory with undefined content. Throws NoRoomException if the machine has too little.</summary>
    public static ResultMemory Take(long bytes)
    {
        long size = SizeOf(bytes);
        int collect;
        bool isChecked = false;
        NativeBlock? block = null;

        lock (Gate)
        {
            if (!BySize.TryGetValue(size, out var blocks))
                BySize[size] = blocks = new Blocks();
            blocks.LastUse = ++requests;

            if (blocks.Unused.TryPop(out block))
                unused -= size;
            else
                fresh += size;

            if (fresh >= Budget)
            {
                fresh = 0;
                isChecked = true;
            }

            used += size;
            taken += size;
            collect = Due();
        }

        if (collect >= 0)
            Collect(collect);

        try
        {
            if (isChecked)
                Room.ClaimOneOfMany(size);
            return new ResultMemory(block ?? new NativeBlock(size));
        }
        catch
        {
            // nothing else frees it
            block?.Free();

            lock (Gate)
                used -= size;
            throw;
        }
    }

    /// <summary>Eight sizes between a power of two and the next, so that at most an eighth of a block is not used.</summary>
    private static long SizeOf(long bytes)
    {
        long unit = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes) / 16;
        return (bytes + unit - 1) / unit * unit;
    }

    /// <summary>The generation to collect now; −1: none.</summary>
    private static int Due()
    {
        if (taken < Math.Max(Budget, Math.Min(lowest, lowestBefore) / 4))
            return -1;
        lowestBefore = lowest;
        lowest = used;
        // what outlived the last collection is found only by one of older objects
        generation = given < taken / 2 ? Math.Min(generation + 1, 2) : 0;
        taken = 0;
        given = 0;
        return generation;
    }

    /// <summary>A program that has asked for a time without collections gets it.</summary>
    private static void Collect(int generation)
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            return;

        // many callers take memory faster than one thread of finalisers gives it back
        for (int wait = 0; wait < LongestWait && Volatile.Read(ref behind) != 0; wait++)
            Thread.Sleep(1);
        Volatile.Write(ref behind, 1);
        Drop();
        GC.Collect(generation, GCCollectionMode.Forced, blocking: generation < 2);
    }

    /// <summary>Its finaliser runs among those of the results of the same collection.</summary>
    private sealed class Mark
    {
        ~Mark() => Volatile.Write(ref behind, 0);
    }

    /// <summary>A method of its own, so that nothing refers to the mark.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop() => _ = new Mark();

    /// <summary>
    /// Keeps a block for its next use. If too much is unused, the sizes that were not asked for recently are freed first: a
    /// program that has changed its sizes would otherwise keep the old ones and get new memory for every result.
    /// </summary>
    private static void Give(NativeBlock block)
    {
        List<NativeBlock>? freed = null;

        lock (Gate)
        {
            used -= block.Size;
            lowest = Math.Min(lowest, used);
            given += block.Size;
            unused += block.Size;
            BySize[block.Size].Unused.Push(block);

            while (unused > Math.Max(2 * Budget, Math.Min(used, MostUnused)))
            {
                var oldest = Oldest();
                unused -= oldest.Size;
                (freed ??= []).Add(oldest);
            }
        }

        if (freed is not null)
            foreach (var old in freed)
                old.Free();
    }

    /// <summary>Frees all blocks that are not in use.</summary>
    public static void FreeUnused()
    {
        var freed = new List<NativeBlock>();

        lock (Gate)
        {
            foreach (var blocks in BySize.Values)
                while (blocks.Unused.TryPop(out var block))
                    freed.Add(block);
            unused = 0;
        }

        foreach (var block in freed)
            block.Free();
    }

    /// <summary>Removes a block of the size whose last request is longest ago.</summary>
    private static NativeBlock Oldest()
    {
        Blocks? oldest = null;

        foreach (var blocks in BySize.Values)
            if (blocks.Unused.Count > 0 && (oldest is null || blocks.LastUse < oldest.LastUse))
                oldest = blocks;
        return oldest!.Unused.Pop();
    }
}

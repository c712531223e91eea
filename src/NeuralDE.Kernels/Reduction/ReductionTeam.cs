using System.Numerics;

namespace NeuralDE.Kernels;

/// <summary>
/// Reductions on several threads, with the bits of <see cref="Reduction"/>: by the outer axis, or by stretches of the reduced
/// axis that <see cref="ReductionTree"/> joins.
/// </summary>
internal static unsafe class ReductionTeam
{
    /// <summary>
    /// Approximate bytes that one thread reduces per nanosecond. From the cache it is five times as much; but a thread that
    /// reads what others have written makes them wait when they write there again, at this speed: <see cref="ThreadTeam"/>.
    /// </summary>
    private const int Speed = 8;

    /// <summary>Elements of a tile of the tree; a stretch has a power of two of them.</summary>
    private const int Tile = 64;

    /// <summary>The most stretches: enough for the balance of eight threads.</summary>
    private const int MostStretches = 32;

    /// <summary>The operands, as of <see cref="Reduction.Run(ElementType, ReductionKind, long, long, long, nint, nint)"/>.</summary>
    private struct Operands
    {
        public ElementType Type;
        public ReductionKind Kind;
        public long Outer;
        public long Count;
        public long Inner;
        public nint Source;
        public nint Target;

        public readonly void Run() => Reduction.Run(Type, Kind, Outer, Count, Inner, Source, Target);
    }

    /// <summary>Some indices of the outer axis.</summary>
    private readonly struct OuterJob(Operands whole) : IRangeJob
    {
        public void Run(long first, long last)
        {
            var some = whole;
            some.Outer = last - first;
            some.Source += (nint)(first * whole.Count * whole.Inner * whole.Type.Size());
            some.Target += (nint)(first * whole.Inner * whole.Type.Size());
            some.Run();
        }
    }

    /// <summary>One stretch of the reduced axis.</summary>
    private struct StretchJob : ITeamJob
    {
        public Operands Whole;
        public long Rows;

        public readonly void Run(int part)
        {
            var some = Whole;
            long row = Whole.Inner * Whole.Type.Size();
            long first = part * Rows;
            some.Count = long.Min(Rows, Whole.Count - first);
            some.Source += (nint)(first * row);
            some.Target += (nint)(part * row);
            some.Run();
        }
    }

    /// <summary>target[o, i] ← the sum or the maximum of source[o, j, i] over j</summary>
    public static void Run(
        ElementType type,
        ReductionKind kind,
        long outer,
        long count,
        long inner,
        nint source,
        nint target
    )
    {
        Operands whole;
        whole.Type = type;
        whole.Kind = kind;
        whole.Outer = outer;
        whole.Count = count;
        whole.Inner = inner;
        whole.Source = source;
        whole.Target = target;
        long nanoseconds = outer * count * inner * type.Size() / Speed;
        int parts = ThreadTeam.Parts(nanoseconds);

        if (parts >= 2 && outer >= parts)
            RangeTeam.Run(outer, parts, 1, new OuterJob(whole), nanoseconds);
        else if (parts >= 2 && outer == 1 && count >= 2 * Tile)
            ByStretches(whole, parts, nanoseconds);
        else
            whole.Run();
    }

    private static void ByStretches(Operands whole, int parts, long nanoseconds)
    {
        long tiles = (whole.Count - 1) / Tile + 1;
        long wanted = (tiles - 1) / long.Min(long.Min(parts, tiles), MostStretches) + 1;
        long rows = Tile * (long)BitOperations.RoundUpToPowerOf2((ulong)wanted);
        int stretches = (int)((whole.Count - 1) / rows + 1);
        nint bytes = (nint)(whole.Inner * whole.Type.Size());
        int levels = BitOperations.Log2((uint)stretches) + 1;
        nint results = ThreadScratch.Address(ThreadScratch.Use.Reduction, (stretches + levels) * bytes);

        StretchJob job;
        job.Whole = whole;
        job.Whole.Target = results;
        job.Rows = rows;
        ThreadTeam.Run(stretches, job, nanoseconds);

        long full = whole.Count / rows;
        nint level = results + stretches * bytes;

        for (long s = 0; s < full; s++)
            ReductionTree.Push(whole.Type, whole.Kind, s, results + (nint)s * bytes, level, whole.Inner);

        if (full < stretches)
            RowMemory.Copy(results + (nint)full * bytes, whole.Target, bytes);
        else
            ReductionTree.Clear(whole.Type, whole.Kind, whole.Target, whole.Inner);
        ReductionTree.Close(whole.Type, whole.Kind, full, level, whole.Target, whole.Inner);
    }
}

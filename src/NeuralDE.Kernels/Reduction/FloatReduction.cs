using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NeuralDE.Kernels;

/// <summary>
/// Reductions of floats by a tree that depends only on the number of elements: not on the vector width, neighbouring
/// elements or the reduced axis. The elements j are joined in tiles of 64, in which
///   16 groups  g = j mod 16   join j = g, g + 16, g + 32, g + 48 in order,
///   the tile                  joins the groups g and g + 8, then the results g and g + 4, g + 2, g + 1,
/// and tiles are joined pairwise, then pairs pairwise and so on; the remainder is joined from the right.
/// </summary>
internal static unsafe class FloatReduction<T, S, J>
    where T : unmanaged, INumber<T>
    where S : struct, IVector<S>
    where J : struct, IJoin
{
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private const int Groups = 16;
    private const int Tile = 4 * Groups;

    /// <summary>There are at most 2⁴⁰ tiles.</summary>
    private const int Levels = 40;

    /// <summary>Columns reduced together: the parts of their rows stay in the L1 cache.</summary>
    private const int Chunk = 128;

    public static void Run(long outer, long count, long inner, nint source, nint target)
    {
        if (inner == 1)
            Rows(outer, count, (T*)source, (T*)target);
        else
            Columns(outer, count, inner, (T*)source, (T*)target);
    }

    [MethodImpl(Hot)]
    [SkipLocalsInit]
    private static void Rows(long outer, long count, T* source, T* target)
    {
        T* groups = stackalloc T[Groups];
        T* levels = stackalloc T[Levels];

        for (long o = 0; o < outer; o++)
            target[o] = J.Join(J.Neutral<T>(), Row(source + o * count, count, groups, levels));
    }

    [MethodImpl(Inline)]
    private static T Row(T* x, long count, T* groups, T* levels)
    {
        if (count < Tile)
            return PartialTile(x, (int)count, groups);

        long tiles = count / Tile;

        for (long t = 0; t < tiles; t++, x += Tile)
            Carry(WholeTile(x, groups), t, levels);

        if (count % Tile > 0)
            Carry(PartialTile(x, (int)(count % Tile), groups), tiles++, levels);
        return Rest(tiles, levels);
    }

    /// <summary>Level l holds the result of 2ˡ tiles if the number of tiles has that bit.</summary>
    [MethodImpl(Inline)]
    private static void Carry(T value, long tile, T* levels)
    {
        for (; (tile & 1) != 0; tile >>= 1)
            value = J.Join(*levels++, value);
        *levels = value;
    }

    [MethodImpl(Hot)]
    private static T Rest(long tiles, T* levels)
    {
        T value = J.Neutral<T>();

        for (; tiles != 0; tiles >>= 1, levels++)
            if ((tiles & 1) != 0)
                value = J.Join(*levels, value);
        return value;
    }

    [MethodImpl(Inline)]
    private static T WholeTile(T* x, T* groups)
    {
        for (int g = 0; g < Groups; g += S.Count)
        {
            var sum = J.JoinLanes(S.Load(x + g), S.Load(x + g + Groups));
            sum = J.JoinLanes(sum, S.Load(x + g + 2 * Groups));
            S.Store(J.JoinLanes(sum, S.Load(x + g + 3 * Groups)), groups + g);
        }

        return Fold(groups);
    }

    [MethodImpl(Hot)]
    private static T PartialTile(T* x, int count, T* groups)
    {
        if (count == 0)
            return J.Neutral<T>();

        int present = Math.Min(count, Groups);
        Runs.Copy(x, groups, present);
        int whole = Math.Max(Groups, count - count % Groups);

        for (int first = Groups; first < whole; first += Groups)
        for (int g = 0; g < Groups; g += S.Count)
            S.Store(J.JoinLanes(S.Load(groups + g), S.Load(x + first + g)), groups + g);

        for (int j = whole; j < count; j++)
            groups[j - whole] = J.Join(groups[j - whole], x[j]);

        if (present == Groups)
            return Fold(groups);

        for (int half = Groups / 2; half > 0; half /= 2)
        {
            for (int g = 0; g + half < present; g++)
                groups[g] = J.Join(groups[g], groups[g + half]);
            present = Math.Min(present, half);
        }

        return *groups;
    }

    /// <summary>Joins the sixteen groups.</summary>
    [MethodImpl(Inline)]
    private static T Fold(T* g)
    {
        if (Vector256.IsHardwareAccelerated)
            for (int i = 0; i < 8; i += Lanes256<T>.Count)
                Lanes256<T>.Store(J.JoinLanes(Lanes256<T>.Load(g + i), Lanes256<T>.Load(g + i + 8)), g + i);
        else
            for (int i = 0; i < 8; i++)
                g[i] = J.Join(g[i], g[i + 8]);

        T even = J.Join(J.Join(g[0], g[4]), J.Join(g[2], g[6]));
        T odd = J.Join(J.Join(g[1], g[5]), J.Join(g[3], g[7]));
        return J.Join(even, odd);
    }

    [MethodImpl(Hot)]
    [SkipLocalsInit]
    private static void Columns(long outer, long count, long inner, T* source, T* target)
    {
        // buffers for the levels within a tile, then for the levels of tiles
        T* buffers = stackalloc T[Chunk * (4 + Levels)];

        for (long o = 0; o < outer; o++, source += count * inner)
        for (long c = 0; c < inner; c += Chunk)
        {
            int width = (int)Math.Min(Chunk, inner - c);
            T* x = source + c;
            long tile = 0;

            for (long row = 0; row < count; row += Tile, tile++, x += Tile * inner)
            {
                FoldRows(x, inner, (int)Math.Min(Tile, count - row), 0, 1, buffers, width);
                T* level = buffers + 4 * Chunk;

                for (long t = tile; (t & 1) != 0; t >>= 1, level += Chunk)
                    JoinBuffers(level, buffers, buffers, width);
                Runs.Copy(buffers, level, width);
            }

            Runs.Fill(target, width, J.Neutral<T>());
            T* held = buffers + 4 * Chunk;

            for (; tile != 0; tile >>= 1, held += Chunk)
                if ((tile & 1) != 0)
                    JoinBuffers(held, target, target, width);
            target += width;
        }
    }

    /// <summary>
    /// buffer ← the rows r, r + step, r + 2 step, … of a tile of `rows` rows, joined in the order of the tree.
    /// </summary>
    [MethodImpl(Hot)]
    private static void FoldRows(T* x, long inner, int rows, int r, int step, T* buffer, int width)
    {
        if (step == Groups / 2)
        {
            if (rows == Tile)
                WholeGroups(x + r * inner, inner, buffer, width);
            else
                PartialGroups(x + r * inner, inner, rows - r, buffer, width);
            return;
        }

        FoldRows(x, inner, rows, r, 2 * step, buffer, width);

        if (r + step < rows)
        {
            FoldRows(x, inner, rows, r + step, 2 * step, buffer + Chunk, width);
            JoinBuffers(buffer, buffer + Chunk, buffer, width);
        }
    }

    /// <summary>Joins the rows 0, 16, 32, 48 and 8, 24, 40, 56 from x on.</summary>
    [MethodImpl(Hot)]
    private static void WholeGroups(T* x, long inner, T* buffer, int width)
    {
        int c = 0;

        for (; c <= width - S.Count; c += S.Count)
            S.Store(WholeGroups(x + c, inner, default(WholeVector)), buffer + c);

        if (c < width)
            S.StoreFirst(WholeGroups(x + c, inner, new FirstLanes(width - c)), buffer + c, width - c);
    }

    [MethodImpl(Inline)]
    private static S WholeGroups<L>(T* x, long inner, L part)
        where L : struct, IPart
    {
        T* y = x + 8 * inner;
        long group = Groups * inner;
        var a = J.JoinLanes(part.Load<S>(x), part.Load<S>(x + group));
        var b = J.JoinLanes(part.Load<S>(y), part.Load<S>(y + group));
        x += 2 * group;
        y += 2 * group;
        a = J.JoinLanes(J.JoinLanes(a, part.Load<S>(x)), part.Load<S>(x + group));
        b = J.JoinLanes(J.JoinLanes(b, part.Load<S>(y)), part.Load<S>(y + group));
        return J.JoinLanes(a, b);
    }

    /// <summary>The same if there are only `rows` rows from x on.</summary>
    [MethodImpl(Hot)]
    private static void PartialGroups(T* x, long inner, int rows, T* buffer, int width)
    {
        int c = 0;

        for (; c <= width - S.Count; c += S.Count)
            S.Store(PartialGroups(x + c, inner, rows, default(WholeVector)), buffer + c);

        if (c < width)
            S.StoreFirst(PartialGroups(x + c, inner, rows, new FirstLanes(width - c)), buffer + c, width - c);
    }

    [MethodImpl(Inline)]
    private static S PartialGroups<L>(T* x, long inner, int rows, L part)
        where L : struct, IPart
    {
        var a = part.Load<S>(x);

        for (int row = Groups; row < rows; row += Groups)
            a = J.JoinLanes(a, part.Load<S>(x + row * inner));

        if (rows <= 8)
            return a;
        var b = part.Load<S>(x + 8 * inner);

        for (int row = 8 + Groups; row < rows; row += Groups)
            b = J.JoinLanes(b, part.Load<S>(x + row * inner));
        return J.JoinLanes(a, b);
    }

    /// <summary>target[c] ← join(a[c], b[c])</summary>
    [MethodImpl(Hot)]
    private static void JoinBuffers(T* a, T* b, T* target, int width)
    {
        int c = 0;

        for (; c <= width - S.Count; c += S.Count)
            S.Store(J.JoinLanes(S.Load(a + c), S.Load(b + c)), target + c);

        if (c < width)
            S.StoreFirst(
                J.JoinLanes(S.LoadFirst(a + c, width - c), S.LoadFirst(b + c, width - c)),
                target + c,
                width - c
            );
    }
}

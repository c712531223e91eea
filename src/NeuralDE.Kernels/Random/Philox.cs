using System.Runtime.CompilerServices;

namespace NeuralDE.Kernels;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (Parallel random numbers: as easy as 1,
/// 2, 3; SC 2011). A key is an int64: low word, high word. Element i of a draw is lane i mod 2 of block ⌊i / 2⌋, whose
/// counter has the block number in its two low words and zeros above.
/// </summary>
internal static unsafe class Philox<W>
    where W : struct, IWords<W>
{
    /// <summary>The increments of the key's words in every round.</summary>
    private const uint LowStep = 0x9E3779B9;
    private const uint HighStep = 0xBB67AE85;

    /// <summary>
    /// The 64 random bits of the elements 2 block, 2 block + 1, …; count is a multiple of the elements per step, 2
    /// W.Count.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Bits(long key, long block, ulong* target, int count)
    {
        var left = W.Of(0xD2511F53);
        var right = W.Of(0xCD9E8D57);

        for (ulong* end = target + count; target < end; target += 2 * W.Count, block += W.Count)
        {
            // the words of the counters, each in the lower half of its 64 bits; the upper halves are ignored
            var c0 = W.Sequence((ulong)block);
            var c1 = W.ShiftRight(c0, 32);
            var c2 = W.Of(0);
            var c3 = c2;
            uint low = (uint)key;
            uint high = (uint)(key >>> 32);

            for (int round = 0; round < 10; round++)
            {
                var a = W.MultiplyLower(left, c0);
                var b = W.MultiplyLower(right, c2);
                c0 = W.Xor(W.Xor(W.ShiftRight(b, 32), c1), W.Of(low));
                c1 = b;
                c2 = W.Xor(W.Xor(W.ShiftRight(a, 32), c3), W.Of(high));
                c3 = a;
                low += LowStep;
                high += HighStep;
            }

            W.StoreInTurn(Joined(c0, c1), Joined(c2, c3), target);
        }
    }

    /// <summary>
    /// The first (0) or second (1) 64 bits of one block for each key; the counter is number (two words), 0, top.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W OfKeys(W key, W number, ulong top, long half)
    {
        var left = W.Of(0xD2511F53);
        var right = W.Of(0xCD9E8D57);
        var c0 = number;
        var c1 = W.ShiftRight(number, 32);
        var c2 = W.Of(0);
        var c3 = W.Of(top);
        var low = key;
        var high = W.ShiftRight(key, 32);

        for (int round = 0; round < 10; round++)
        {
            var a = W.MultiplyLower(left, c0);
            var b = W.MultiplyLower(right, c2);
            c0 = W.Xor(W.Xor(W.ShiftRight(b, 32), c1), low);
            c1 = b;
            c2 = W.Xor(W.Xor(W.ShiftRight(a, 32), c3), high);
            c3 = a;
            low = W.Add(low, W.Of(LowStep));
            high = W.Add(high, W.Of(HighStep));
        }

        return half == 0 ? Joined(c0, c1) : Joined(c2, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W Joined(W low, W high) => W.Or(W.ShiftRight(W.ShiftLeft(low, 32), 32), W.ShiftLeft(high, 32));
}

namespace NeuralDE.Internal.Engine

open NeuralDE.Internal.Graph

/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (Parallel random numbers: as easy as 1,
/// 2, 3; SC 2011): a key and a 128-bit counter determine 128 random bits, in any order and on any machine.
/// A key is an int64: low word, high word. Counter words, lowest first:
///   drawing: block number (two words), 0, 0       folding: the number folded in (two words), 0, 1
/// Element i of a draw is lane i mod 2 of block ⌊i / 2⌋, so it depends on the key and on i alone.
module internal Philox =
    /// Four 32-bit words as two lanes of 64 bits, low word first.
    [<Struct>]
    type Block = { Lane0: uint64; Lane1: uint64 }

    let block (key: int64) (low: uint64) (high: uint64) : Block =
        let mutable key0 = uint32 key
        let mutable key1 = uint32 (uint64 key >>> 32)
        let mutable c0 = uint32 low
        let mutable c1 = uint32 (low >>> 32)
        let mutable c2 = uint32 high
        let mutable c3 = uint32 (high >>> 32)

        for _ in 1..10 do
            let a = 0xD2511F53UL * uint64 c0
            let b = 0xCD9E8D57UL * uint64 c2
            c0 <- uint32 (b >>> 32) ^^^ c1 ^^^ key0
            c1 <- uint32 b
            c2 <- uint32 (a >>> 32) ^^^ c3 ^^^ key1
            c3 <- uint32 a
            key0 <- key0 + 0x9E3779B9u
            key1 <- key1 + 0xBB67AE85u

        { Lane0 = uint64 c0 ||| (uint64 c1 <<< 32); Lane1 = uint64 c2 ||| (uint64 c3 <<< 32) }

    /// The 64 random bits of element i.
    let bits (key: int64) (i: int64) =
        let made = block key (uint64 i >>> 1) 0UL
        if i &&& 1L = 0L then made.Lane0 else made.Lane1

    /// A new key from a key and a number.
    let foldKey (key: int64) (data: int64) = int64 (block key (uint64 data) (1UL <<< 32)).Lane0

    /// Uniform in [0, 1), from the upper 53 bits.
    let uniform64 (bits: uint64) = float (bits >>> 11) * 1.1102230246251565e-16

    /// Uniform in [0, 1), from the upper 24 bits.
    let uniform32 (bits: uint64) = float32 (bits >>> 40) * 5.9604644775390625e-8f

    /// Standard normal: the quantile of (b + ½) 2⁻⁵² for the upper 52 bits b. The argument is exact and never 0 or 1
    /// (with 53 bits, b + ½ could round to 2⁵³).
    let normal (bits: uint64) = Special.normalQuantile ((float (bits >>> 12) + 0.5) * 2.220446049250313e-16)

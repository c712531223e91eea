namespace NeuralDE.LibTorch

open System
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.LibTorch.Names
open NeuralDE.LibTorch.Making

/// Philox4x32-10 on int64 tensors: for a key and an element the same 64 bits as on the CPU. A word is an int64 in
/// 0 .. 2³² − 1; a product of two words wraps, and its upper half is found by a shift and a mask.
module internal RandomNumbers =
    let private number (x: Tensor) (value: int64) = T.tensor (value, ScalarType.Int64, x.device)
    let private low (x: Tensor) = x.bitwise_and (number x 0xFFFFFFFFL)
    let private high (x: Tensor) = low (x.bitwise_right_shift (number x 32L))

    /// Both lanes of 64 bits, for keys and counters that broadcast.
    let private block (key: Tensor) (counter: Tensor) (upper: int64) : struct (Tensor * Tensor) =
        let mutable k0, k1 = low key, high key
        let mutable c0, c1 = low counter, high counter
        let mutable c2, c3 = c0.zeros_like (), c0.zeros_like().add(long upper)

        for _ in 1..10 do
            let a = c0.mul (long 0xD2511F53L)
            let b = c2.mul (long 0xCD9E8D57L)
            let n0 = (high b).bitwise_xor(c1).bitwise_xor k0
            let n2 = (high a).bitwise_xor(c3).bitwise_xor k1
            c1 <- low b
            c3 <- low a
            c0 <- n0
            c2 <- n2
            k0 <- low (k0.add (long 0x9E3779B9L))
            k1 <- low (k1.add (long 0xBB67AE85L))

        let join (l: Tensor) (h: Tensor) = l.add (h.mul (long 0x100000000L))
        struct (join c0 c1, join c2 c3)

    let foldKey (key: Tensor) (data: Tensor) : Tensor =
        scoped (fun () ->
            let struct (lane, _) = block key data 1L
            lane)

    /// keys [B…] → bits [B…; n]
    let private bits (keys: Tensor) (n: int64) : Tensor =
        let counter = T.arange (long ((n + 1L) / 2L), ScalarType.Int64, keys.device)
        let struct (a, b) = block (keys.unsqueeze -1L) counter 0L
        T.stack([| a; b |], -1L).flatten(-2L, -1L).narrow(-1L, 0L, n)

    /// The upper bits, from `shift` on, as an integer.
    let private upper (shift: int) (keep: int64) (bits: Tensor) : Tensor =
        bits.bitwise_right_shift(number bits (int64 shift)).bitwise_and(number bits keep)

    /// keys [B…] → B… followed by `rest`
    let draw (kind: Random) (dtype: Dtype) (shape: int[]) (rest: int[]) (keys: Tensor) : Tensor =
        scoped (fun () ->
            let bits = bits keys (Shape.size rest)

            let made =
                match kind, dtype with
                | Uniform, Float64 ->
                    (upper 11 0x1FFFFFFFFFFFFFL bits).to_type(ScalarType.Float64).mul(float 1.1102230246251565e-16)
                | Uniform, _ ->
                    (upper 40 0xFFFFFFL bits)
                        .to_type(ScalarType.Float32)
                        .mul(Scalar.op_Implicit 5.9604644775390625e-8f)
                | Normal, d ->
                    let middle = (upper 12 0xFFFFFFFFFFFFFL bits).to_type(ScalarType.Float64).add(float 0.5)
                    (T.special.ndtri (middle.mul (float 2.220446049250313e-16))).to_type(Transfer.scalarType d)
                | Bits, _ -> bits

            made.reshape(Transfer.longs shape).contiguous())

namespace NeuralDE.Internal.Equations

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Brownian motion W on an interval, as a pure function of a key and a time. So rejected steps, the rows of a batch and the
/// replay of a solve all get the same path, and the path is never stored.
///
/// The law of W at the middle of an interval with known ends is normal, with the mean of the ends and a quarter of the
/// interval's length as variance. For a time x in [0, 1], repeated halving gives a sum with one normal number N for each
/// level l:
///   W(x) = x N + Σ 2^(−l/2) min(θ, 1 − θ) N,   θ = frac(2^l x), the position in the interval of the level;
/// inside the last interval the bridge between its ends adds 2^(−depth/2) √(θ(1 − θ)) N.
/// P. Lévy, Processus stochastiques et mouvement brownien, 1948, section 1.
module internal Brownian =
    /// The number of levels. Values at times of which no two lie inside one interval of length 2^−depth have their exact
    /// joint law; each single value always has its exact law. An adaptive step is about three tolerances of the span long
    /// (37 000 steps at 1e-5), so 24 levels, 6e-8 of the span, are enough down to 1e-7 and for ten million equal steps. A
    /// value costs depth + 2 normal numbers for each component, which is most of the time of a step of a small equation; 20
    /// levels would cost a sixth less and allow half a million steps.
    let depth = 24

    let private levels = depth + 1

    /// The first numbers of intervals and leaves. They are larger than those that Key.fold, split and splitN use, so that
    /// keys which a user derives from the key of the noise give independent numbers. (Otherwise W(t1) would be randn
    /// (Key.fold 0 key).)
    let private firstInterval, firstLeaf = 2.0 ** 40.0, 2.0 ** 41.0

    /// The weights of the levels' normal numbers at x in [0, 1], and the numbers of their intervals: interval k of level l
    /// is 2^l + k, the whole is 0; all are offset by firstInterval.
    let private path (x: Tensor) : Tensor * Tensor =
        // 2^l from literals: graphs that contain data are never equal, so they could not be interned
        let counts = Prim.stack 0 (Array.init levels (fun l -> Prim.number (2.0 ** float l)))
        let place = Prim.broadcast [| levels |] [||] x * counts
        let before = Prim.unary Floor place
        let theta = place - before
        let rest = Prim.minus 1.0 theta
        let tents = Prim.range 0 0 depth (Prim.binary Min theta rest)
        let bridge = Prim.range 0 depth levels (sqrt (theta * rest))
        let weights = Prim.concat 0 [| tents; bridge |] / sqrt counts
        let root = Prim.fill Float64 [| 1 |] 0.0
        let intervals = Prim.plus firstInterval (Prim.concat 0 [| root; before + counts |])
        Prim.concat 0 [| Prim.reshape [| 1 |] x; weights |], Prim.cast Int64 intervals

    /// W(t) with the shape of s on [t0, t1], where t1 may be smaller than t0: 0 at t0, NaN outside. Times are float64 []; W
    /// has no derivative by them. The numbers are drawn in float64 for any dtype, so that all dtypes have the same path.
    let at (s: Signature) (key: Key) (t0: Tensor) (t1: Tensor) (t: Tensor) : Tensor =
        let span = Prim.stop (t1 - t0)
        let isPoint = Prim.compareTo Equal span 0.0
        let x = Prim.stop (t - t0) / Prim.select isPoint (Prim.number 1.0) span
        let isInside = Prim.both (Prim.compareTo GreaterEqual x 0.0) (Prim.compareTo LessEqual x 1.0)
        let scale = Prim.select isInside (sqrt (abs span)) (Prim.number nan)
        let weights, intervals = path (Prim.select isInside x (Prim.number 0.0))
        let keys = Tensor.Binary(FoldKey, Prim.broadcast intervals.Dims [||] key.Tensor, intervals)
        let normal = Tensor.Apply(Random(Normal, { s with Dtype = Float64 }), [| keys |])
        let weights = Prim.broadcast [| levels + 1 |] [||] scale * weights
        Prim.cast s.Dtype (Prim.sumOver [| 0 |] (Prim.broadcast normal.Dims [| 0 |] weights * normal))

    /// The same as a control, with a separate motion for each leaf: t, key (int64), t0, t1 → W(t). The graph is the same for
    /// all keys, because the key is an input; with a row of keys it gives one path for each row.
    let control (leaves: Signature[]) : Graph =
        let float0 = { Signature.Dtype = Float64; Shape = [||] }
        let inputs = [| float0; { float0 with Dtype = Int64 }; float0; float0 |]
        let ofLeaf (key: Key) k =
            if leaves.Length = 1 then
                key
            else
                Key.foldWith (Prim.cast Int64 (Prim.number (firstLeaf + float k))) key

        Tracing.closed inputs (fun x -> leaves |> Array.mapi (fun k s -> at s (ofLeaf (Key x[1]) k) x[2] x[3] x[0]))

/// Dopri5 over tensors of libtorch, with torchdiffeq's first step, error estimate, step control and interpolant, so that both take
/// the same steps.
module NeuralDE.Benchmarks.TorchPeer.Dopri5

open TorchSharp
open NeuralDE.Benchmarks.TorchPeer.Numbers

let private scalar (x: float) : Scalar = Scalar.op_Implicit x

let private nodes = [| 0.2; 0.3; 0.8; 8.0 / 9.0; 1.0; 1.0 |]

let private rows =
    [| [| 0.2 |]
       [| 3.0 / 40.0; 9.0 / 40.0 |]
       [| 44.0 / 45.0; -56.0 / 15.0; 32.0 / 9.0 |]
       [| 19372.0 / 6561.0; -25360.0 / 2187.0; 64448.0 / 6561.0; -212.0 / 729.0 |]
       [| 9017.0 / 3168.0; -355.0 / 33.0; 46732.0 / 5247.0; 49.0 / 176.0; -5103.0 / 18656.0 |]
       [| 35.0 / 384.0; 0.0; 500.0 / 1113.0; 125.0 / 192.0; -2187.0 / 6784.0; 11.0 / 84.0 |] |]

let private error =
    [| 35.0 / 384.0 - 1951.0 / 21600.0
       0.0
       500.0 / 1113.0 - 22642.0 / 50085.0
       125.0 / 192.0 - 451.0 / 720.0
       -2187.0 / 6784.0 + 12231.0 / 42400.0
       11.0 / 84.0 - 649.0 / 6300.0
       -1.0 / 60.0 |]

/// The state in the middle of a step, for the interpolant.
let private middle =
    [| 6025192743.0 / 30085553152.0 / 2.0
       0.0
       51252292925.0 / 65400821598.0 / 2.0
       -2691868925.0 / 45128329728.0 / 2.0
       187940372067.0 / 1594534317056.0 / 2.0
       -1776094331.0 / 19743644256.0 / 2.0
       11237099.0 / 235043384.0 / 2.0 |]

/// y + h Σ weight k
let private plus (y: Tensor) (h: float) (weights: float[]) (ks: Tensor list) : Tensor =
    (y, List.zip (List.ofArray weights) ks)
    ||> List.fold (fun y (weight, k) -> if weight = 0.0 then y else y.add (k, scalar (h * weight)))

let private norm (x: Tensor) : float =
    let mean = x.detach().square().mean()
    sqrt (float (mean.item<float32>()))

let private firstStep field (y0: Tensor) (f0: Tensor) tolerance : float =
    let y0, f0 = y0.detach (), f0.detach ()
    let scale = y0.abs().mul(scalar tolerance).add(scalar tolerance)
    let d0, d1 = norm (y0.div scale), norm (f0.div scale)
    let h0 = if d0 < 1e-5 || d1 < 1e-5 then 1e-6 else 0.01 * d0 / d1
    let f1: Tensor = field h0 (y0.add (f0, scalar h0))
    let d2 = norm (f1.sub(f0).div scale) / h0
    let h1 = if d1 <= 1e-15 && d2 <= 1e-15 then max 1e-6 (h0 * 1e-3) else (0.01 / max d1 d2) ** 0.2
    min (100.0 * h0) h1

let private nextStep (h: float) (ratio: float) : float =
    if ratio = 0.0 then
        10.0 * h
    else
        let least = if ratio < 1.0 then 1.0 else 0.2
        h * min 10.0 (max (0.9 / ratio ** 0.2) least)

/// The quartic through both ends, their slopes and the middle, at the share x of the step.
let private interpolate (y0: Tensor) (y1: Tensor) h (ks: Tensor list) (x: float) : Tensor =
    let mid = plus y0 h middle ks
    let f0, f1 = ks.Head, List.last ks
    // of the Horner form e + x (d + x (c + x (b + x a))), by what each number contributes
    let sum (terms: (float * Tensor) list) =
        terms |> List.map (fun (weight, tensor) -> tensor.mul (scalar weight)) |> List.reduce (fun a b -> a.add b)

    let a = sum [ 2.0 * h, f1; -2.0 * h, f0; -8.0, y1; -8.0, y0; 16.0, mid ]
    let b = sum [ 5.0 * h, f0; -3.0 * h, f1; 18.0, y0; 14.0, y1; -32.0, mid ]
    let c = sum [ h, f1; -4.0 * h, f0; -11.0, y0; -5.0, y1; 16.0, mid ]
    let d = f0.mul (scalar h)
    let horner (inner: Tensor) (outer: Tensor) = outer.add (inner, scalar x)
    horner (horner (horner (horner a b) c) d) y0

/// One attempt: the stages and the state at the end.
let private attempt (field: float -> Tensor -> Tensor) t h (y: Tensor) (f: Tensor) : Tensor list * Tensor =
    let ks, states =
        (([ f ], []), Array.zip nodes rows)
        ||> Array.fold (fun (ks, _) (node, row) ->
            let state = plus y h row ks
            ks @ [ field (t + node * h) state ], [ state ])

    ks, states.Head

/// The state at 1 from the state at 0.
let solve (field: float -> Tensor -> Tensor) (tolerance: float) (y0: Tensor) : Tensor =
    let f0 = field 0.0 y0

    let first =
        use _off = torch.no_grad ()
        firstStep field y0 f0 tolerance

    let rec go t h y f =
        let ks, y1 = attempt field t h y f

        let ratio =
            use _off = torch.no_grad ()
            let largest = torch.maximum (y.detach().abs(), y1.detach().abs())
            let scale = largest.mul(scalar tolerance).add(scalar tolerance)
            let zero = torch.zeros_like (y.detach ())
            norm ((plus zero h error (ks |> List.map _.detach())).div scale)

        let next = nextStep h ratio

        if ratio > 1.0 then go t next y f
        elif t + h >= 1.0 then interpolate y y1 h ks ((1.0 - t) / h)
        else go (t + h) next y1 (List.last ks)

    go 0.0 first y0 f0

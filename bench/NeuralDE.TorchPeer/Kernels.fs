/// Single operations: a chain of element-wise ones, a product, a convolution.
module NeuralDE.Benchmarks.TorchPeer.Kernels

open System
open TorchSharp
open NeuralDE.Benchmarks.TorchPeer.Numbers

let private scalar (x: float) : Scalar = Scalar.op_Implicit x

/// a·tanh(x·w + b) + c
let chain request : Workload =
    let n = Asked.whole "n" request
    let x = torch.linspace (-3.0, 3.0, int64 n, Nullable(dtypeOf request))

    match Asked.numbers "numbers" request |> List.map scalar with
    | [ a; w; b; c ] ->
        let run () = [ x.mul(w).add(b).tanh().mul(a).add c ]

        workload (fun () -> withoutGradient run)
    | numbers -> raise (Asked.AskedException $"got {numbers.Length} numbers for a chain, expected 4")

/// Into an array that is there before.
let product request : Workload =
    let dtype = dtypeOf request

    match Asked.numbers "shape" request |> List.map int64 with
    | [ m; k; n ] ->
        let a, b = sines dtype [ m; k ], sines dtype [ k; n ]
        let out = torch.zeros ([| m; n |], Nullable dtype)
        workload (fun () -> withoutGradient (fun () -> [ out.addmm_(a, b, 0.0f, 1.0f).alias() ]))
    | shape -> raise (Asked.AskedException $"got a product of {shape.Length} lengths, expected 3: m, k, n")

let private ones2 = [| 1L; 1L |]

let private convolve (x: Tensor) (kernel: Tensor) : Tensor =
    torch.nn.functional.conv2d (x, kernel, null, ones2, ones2, ones2, 1L)

/// Forward alone, or forward and both gradients.
let convolution request : Workload =
    let dtype = dtypeOf request
    let layout = if Asked.isTrue "channels_last" request then channelsLast else id
    let made name = layout (sines dtype (Asked.numbers name request |> List.map int64))
    let x, kernel = made "x", made "kernel"

    if Asked.isTrue "gradients" request then
        let x, kernel = x.requires_grad_ true, kernel.requires_grad_ true
        let w = layout (sines dtype (Asked.numbers "w" request |> List.map int64))

        let run () =
            let y = convolve x kernel
            y :: pull y [ x; kernel ] w

        workload run
    else
        workload (fun () -> withoutGradient (fun () -> [ convolve x kernel ]))

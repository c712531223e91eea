/// Convolutions of the size that small image networks have, against PyTorch and libtorch.
module NeuralDE.Benchmarks.Convolutions

open NeuralDE

/// sin 1, sin 2, …: all sides make them.
let private numbers (shape: int list) : Tensor =
    let count = List.fold (*) 1 shape
    cast Float32 (reshape shape (tensor [| for i in 1..count -> sin (float i) |]))

/// How the peers keep their arrays, and what is owed over PyTorch and over libtorch.
type private Layout = { Name: string; Text: string; IsChannelsLast: bool; OverTorch: float; OverLibtorch: float }

let private layouts =
    [ { Name = "nchw"
        Text = "as the channels come"
        IsChannelsLast = false
        OverTorch = 1.2
        OverLibtorch = 1.5 }
      { Name = "channels-last"
        Text = "channels last"
        IsChannelsLast = true
        OverTorch = 1.0
        OverLibtorch = 1.0 } ]

let private row context name passes side layout hasGradients (call: Tensor * Tensor * Tensor -> 'T) : Row =
    let input, kernel = [ 128; 64; side; side ], [ 64; 64; 3; 3 ]
    let x, k, w = numbers input, numbers kernel, numbers input
    let shape dims = Requests.ofNumbers (List.map float dims)

    let request () =
        Requests.make
            "convolution"
            Float32
            [ "x", shape input
              "kernel", shape kernel
              "w", shape input
              "channels_last", Requests.ofBool layout.IsChannelsLast
              "gradients", Requests.ofBool hasGradients ]

    let workload = $"conv2d 3×3, 64 → 64 channels, B=128, {side}×{side}, {passes}, float32; theirs {layout.Text}"

    let ours = Comparison.ofTrees 1009 (fun () -> call (k, x, w))
    let row, _ = Comparison.againstBoth context name workload request ours []

    { row with Owed = Ratio layout.OverTorch; OwedOverLibtorch = Some layout.OverLibtorch }

let private benchmarks (side: int) (layout: Layout) : Benchmark list =
    let name = if side = 14 then $"conv-{layout.Name}" else $"conv-{side}-{layout.Name}"
    let options = { ConvOptions.Default with Padding = [ 1 ] }
    let convolve (k, x) = conv2d options k x

    let forward context =
        let convolve = compile convolve
        [ row context name "forward" side layout false (fun (k, x, _) -> convolve (k, x)) ]

    let three context =
        let gradients =
            compile (fun (k: Tensor, x: Tensor, w: Tensor) ->
                let y, pull = vjp convolve (k, x)
                let ofKernel, ofInput = pull w
                y, ofInput, ofKernel)

        [ row context $"{name}-three-passes" "forward and the gradients in input and kernel" side layout true gradients ]

    [ { Name = name; Run = forward }; { Name = $"{name}-three-passes"; Run = three } ]

let all: Benchmark list =
    [ for side in [ 14; 7 ] do
          for layout in layouts do
              yield! benchmarks side layout ]

/// A convolution of the size that small image networks have, against PyTorch.
module NeuralDE.Benchmarks.Convolutions

open NeuralDE

/// sin 1, sin 2, …: both sides make them.
let private numbers (shape: int list) : Tensor =
    let count = List.fold (*) 1 shape
    cast Float32 (reshape shape (tensor [| for i in 1..count -> sin (float i) |]))

let private benchmark name (layout: string) (isChannelsLast: bool) : Benchmark =
    let input, kernel = [ 128; 64; 14; 14 ], [ 64; 64; 3; 3 ]

    let run context =
        let x, k = numbers input, numbers kernel
        let options = { ConvOptions.Default with Padding = [ 1 ] }
        let convolve = compile (fun (k, x) -> conv2d options k x)

        let request () =
            Requests.make
                "convolution"
                Float32
                [ "x", Requests.ofNumbers (List.map float input)
                  "kernel", Requests.ofNumbers (List.map float kernel)
                  "channels_last", Requests.ofBool isChannelsLast ]

        [ Comparison.againstTorch
              context
              name
              $"conv2d 3×3, 64 → 64 channels, B=128, 14×14, forward, float32; theirs {layout}"
              Nothing
              1009
              request
              (fun () -> convolve (k, x)) ]

    { Name = name; Run = run }

let all: Benchmark list =
    [ benchmark "conv-nchw" "as the channels come" false; benchmark "conv-channels-last" "channels last" true ]

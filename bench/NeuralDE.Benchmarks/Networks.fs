/// A network as a field: one evaluation, and one with its pullback, against PyTorch.
module NeuralDE.Benchmarks.Networks

open NeuralDE

let private widthsText (widths: int list) = widths |> List.map string |> String.concat "-"

let private rows dtype (widths: int list) batch owed : Benchmark list =
    let name = $"mlp-{List.max widths}-{Requests.ofDtype dtype}"
    let what = $"{widthsText widths} tanh, B={batch}, {Requests.ofDtype dtype}"

    let given =
        lazy
            (let net = Tree.cast dtype (Mlp.init (Key 1) widths)
             let x = cast dtype (randn (Key 2) [ batch; List.head widths ])
             let w = cast dtype (randn (Key 3) [ batch; List.last widths ])
             net, x, w)

    let request kind () =
        let net, x, w = given.Value
        Requests.make kind dtype [ "layers", Requests.ofMlp net; "x", Requests.ofTensor x; "w", Requests.ofTensor w ]

    let forward context =
        let net, x, _ = given.Value
        let apply = compile (fun (net, x) -> Mlp.apply net x)

        [ Comparison.againstTorch
              context
              $"{name}-forward"
              $"forward of {what}"
              (Ratio owed)
              1
              (request "mlp-forward")
              (fun () -> apply (net, x)) ]

    let pull context =
        let net, x, w = given.Value

        let gradient =
            compile (fun ((net, x), w) ->
                let _, pull = vjp (fun (net, x) -> Mlp.apply net x) (net, x)
                pull w)

        [ Comparison.againstTorch
              context
              $"{name}-vjp"
              $"forward and gradient in weights and input of {what}"
              (Ratio owed)
              1
              (request "mlp-vjp")
              (fun () -> gradient ((net, x), w)) ]

    [ { Name = $"{name}-forward"; Run = forward }; { Name = $"{name}-vjp"; Run = pull } ]

let all: Benchmark list =
    [ for dtype in [ Float32; Float64 ] do
          yield! rows dtype [ 64; 64; 64; 64 ] 256 1.8
          yield! rows dtype [ 128; 256; 256; 128 ] 1024 1.2 ]

/// A network as a field: one evaluation, and one with its pullback, against PyTorch, libtorch and the machine's limit.
module NeuralDE.Benchmarks.Networks

open System.Text.Json.Nodes
open NeuralDE

/// What is owed: over PyTorch, and by two threads over one.
type private Owes = { OverTorch: float; ByTwoThreads: float }

let private widthsText (widths: int list) = widths |> List.map string |> String.concat "-"

/// libtorch's time over ours, at least.
let private overLibtorch = 1.5

/// The limit's time over ours, at least.
let private ofLimit = 0.8

/// A row against the peers, a row against the limit and a row of two threads.
let private benchmarks
    name
    workload
    dtype
    widths
    batch
    passes
    owes
    (request: unit -> JsonObject)
    (call: unit -> unit -> 'T)
    =
    let alone context =
        let limit = NetworkLimit.subject dtype widths batch passes
        let row, others =
            Comparison.againstBoth context name workload request (Comparison.ofTrees 1 (call ())) [ limit ]

        [ { row with Owed = Ratio owes.OverTorch; OwedOverLibtorch = Some overLibtorch }
          { Row.alone
                $"{name}-limit"
                $"{workload}, against its multiply-adds in registers and its tanh in cache"
                Seconds
                row.Ours with
              Rival = Measured("FMA and tanh", others.Head)
              Owed = Ratio ofLimit } ]

    let onTwo context =
        [ Comparison.onTwoThreads
              context
              $"{name}-two-threads"
              workload
              (Ratio owes.ByTwoThreads)
              request
              (Comparison.ofTrees 1 (call ())) ]

    [ { Name = name; Run = alone }; { Name = $"{name}-two-threads"; Run = onTwo } ]

let private rows dtype (widths: int list) batch owes : Benchmark list =
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

    let forward () =
        let net, x, _ = given.Value
        let apply = compile (fun (net, x) -> Mlp.apply net x)
        fun () -> apply (net, x)

    let pull () =
        let net, x, w = given.Value

        let gradient =
            compile (fun ((net, x), w) ->
                let _, pull = vjp (fun (net, x) -> Mlp.apply net x) (net, x)
                pull w)

        fun () -> gradient ((net, x), w)

    benchmarks $"{name}-forward" $"forward of {what}" dtype widths batch 1 owes (request "mlp-forward") forward
    @ benchmarks
        $"{name}-vjp"
        $"forward and gradient in weights and input of {what}"
        dtype
        widths
        batch
        3
        owes
        (request "mlp-vjp")
        pull

let all: Benchmark list =
    [ for dtype in [ Float32; Float64 ] do
          yield! rows dtype [ 64; 64; 64; 64 ] 256 { OverTorch = 2.3; ByTwoThreads = 1.5 }
          yield! rows dtype [ 128; 256; 256; 128 ] 1024 { OverTorch = 1.4; ByTwoThreads = 1.8 } ]

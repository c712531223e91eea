/// A network with tanh between linear layers: its value and its gradient.
module NeuralDE.Benchmarks.TorchPeer.Networks

open TorchSharp
open NeuralDE.Benchmarks.TorchPeer.Numbers

/// Weights are asked for as [inputs][outputs]; libtorch keeps them as [outputs][inputs].
let private layers request : (Tensor * Tensor) list =
    let dtype = dtypeOf request

    [ for layer in Asked.list "layers" request do
          let layer = layer.AsObject()
          use weight = ofNode dtype (Asked.field "weight" layer)
          weight.t().contiguous(), ofNode dtype (Asked.field "bias" layer) ]

let private apply (layers: (Tensor * Tensor) list) (x: Tensor) : Tensor =
    let last = layers.Length - 1

    (x, List.indexed layers)
    ||> List.fold (fun y (i, (weight, bias)) ->
        let z = torch.nn.functional.linear (y, weight, bias)
        if i = last then z else z.tanh ())

let forward request : Workload =
    let layers = layers request
    let x = ofNode (dtypeOf request) (Asked.field "x" request)
    workload (fun () -> withoutGradient (fun () -> [ apply layers x ]))

let vjp request : Workload =
    let layers = layers request
    let dtype = dtypeOf request
    let x, w = ofNode dtype (Asked.field "x" request), ofNode dtype (Asked.field "w" request)
    let parameters = layers |> List.collect (fun (weight, bias) -> [ weight; bias ])
    let wanted = parameters @ [ x ]

    for tensor in wanted do
        tensor.requires_grad_ true |> ignore

    let run () =
        let gradient = pull (apply layers x) wanted w
        let ofParameters, ofInput = List.splitAt parameters.Length gradient
        // transposed views: nothing is copied
        (ofParameters |> List.map (fun g -> if g.dim () = 2L then g.t () else g)) @ ofInput

    workload run

/// Tensors of libtorch from what is asked, and numbers back.
module NeuralDE.Benchmarks.TorchPeer.Numbers

open System
open System.Text.Json.Nodes
open TorchSharp

type Tensor = torch.Tensor

let dtypeOf request : torch.ScalarType =
    match Asked.text "dtype" request with
    | "float32" -> torch.ScalarType.Float32
    | "float64" -> torch.ScalarType.Float64
    | other -> raise (Asked.AskedException $"got the dtype {other}, expected float32 or float64")

let ofArray (dtype: torch.ScalarType) (dims: int64 list) (numbers: float[]) : Tensor =
    use whole = torch.tensor (numbers, ReadOnlySpan(Array.ofList dims), Nullable torch.ScalarType.Float64)
    whole.``to`` (dtype, copy = true)

let ofNode (dtype: torch.ScalarType) (node: JsonNode) : Tensor =
    let numbers, dims = Asked.nested node
    ofArray dtype dims numbers

/// Numbers that both sides can make: sin 1, sin 2, …
let sines (dtype: torch.ScalarType) (dims: int64 list) : Tensor =
    ofArray dtype dims [| for i in 1 .. int (List.fold (*) 1L dims) -> sin (float i) |]

/// The same tensor, with its channels next to each other in memory.
let channelsLast (x: Tensor) : Tensor = x.permute(0L, 2L, 3L, 1L).contiguous().permute(0L, 3L, 1L, 2L)

let toArray (x: Tensor) : float[] =
    use plain = x.detach().``to``(torch.ScalarType.Float64, copy = true).contiguous()
    plain.data<float>().ToArray()

/// A call with nothing kept for a derivative.
let withoutGradient (call: unit -> Tensor list) : Tensor list =
    use _off = torch.no_grad ()
    call ()

/// Vector-Jacobian product.
let pull (y: Tensor) (xs: Tensor list) (w: Tensor) : Tensor list =
    List.ofSeq (torch.autograd.grad ([| y |], Array.ofList xs, [| w |]))

/// What a request asks for, ready to be called; and what more there is to say about it.
[<NoEquality; NoComparison>]
type Workload = { Run: unit -> Tensor list; About: (string * float) list }

let workload run = { Run = run; About = [] }

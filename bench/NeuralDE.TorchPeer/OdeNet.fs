/// A training step of torchdiffeq's examples/odenet_mnist.py on Fashion-MNIST.
module NeuralDE.Benchmarks.TorchPeer.OdeNet

open System.IO
open System.IO.Compression
open TorchSharp
open NeuralDE.Benchmarks.TorchPeer.Numbers

type private F = torch.nn.functional

let private channels = 64L

/// Shapes of the weights: downsampling, field, head.
let private shapes: int64 list list =
    let c = channels
    let pair weight = [ weight; [ List.head weight ] ]
    let norm = [ [ c ]; [ c ] ]
    let timed = pair [ c; c + 1L; 3L; 3L ]

    pair [ c; 1L; 3L; 3L ]
    @ norm
    @ pair [ c; c; 4L; 4L ]
    @ norm
    @ pair [ c; c; 4L; 4L ]
    @ norm
    @ timed
    @ norm
    @ timed
    @ norm
    @ norm
    @ pair [ 10L; c ]

let private conv (stride: int64) (padding: int64) (weight: Tensor) (bias: Tensor) (x: Tensor) : Tensor =
    F.conv2d (x, weight, bias, [| stride; stride |], [| padding; padding |], [| 1L; 1L |], 1L)

let private norm (weight: Tensor) (bias: Tensor) (x: Tensor) : Tensor = F.group_norm (x, 32L, weight, bias, 1e-5)

/// The time as one more channel before the state's own.
let private timed weight bias (t: float) (x: Tensor) : Tensor =
    let time = torch.full_like (x.narrow (1L, 0L, 1L), Scalar.op_Implicit t)
    conv 1L 1L weight bias (torch.cat ([| time; x |], 1L))

let private field (w: Tensor[]) (calls: int ref) (t: float) (x: Tensor) : Tensor =
    calls.Value <- calls.Value + 1
    let a = x |> norm w[0] w[1] |> _.relu() |> timed w[2] w[3] t
    a |> norm w[4] w[5] |> _.relu() |> timed w[6] w[7] t |> norm w[8] w[9]

let private apply (w: Tensor[]) (calls: int ref) (x: Tensor) : Tensor =
    let down =
        x
        |> conv 1L 0L w[0] w[1]
        |> norm w[2] w[3]
        |> _.relu()
        |> conv 2L 1L w[4] w[5]
        |> norm w[6] w[7]
        |> _.relu()
        |> conv 2L 1L w[8] w[9]

    let features = Dopri5.solve (field w[10..19] calls) 1e-3 down
    let pooled = (features |> norm w[20] w[21] |> _.relu()).mean [| 2L; 3L |]
    F.linear (pooled, w[22], w[23])

/// The first bytes of one of Fashion-MNIST's files, after its header.
let private bytes (folder: string) (name: string) (header: int) (count: int) : float[] =
    let path = Path.Combine(folder, name)

    use file: Stream =
        if File.Exists path then
            File.OpenRead path
        else
            new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress)

    let read: byte[] = Array.zeroCreate (header + count)
    file.ReadExactly(read, 0, read.Length)
    read[header..] |> Array.map float

/// SGD with rate 0.1 and momentum 0.9.
let private descend (weights: Tensor[]) (momenta: Tensor[]) (gradient: Tensor list) =
    use _off = torch.no_grad ()

    for weight, momentum, g in Seq.zip3 weights momenta gradient do
        momentum.mul_(Scalar.op_Implicit 0.9).add_ g |> ignore
        weight.add_ (momentum, Scalar.op_Implicit -0.1) |> ignore

let step request : Workload =
    let dtype = dtypeOf request
    let batch, steps = Asked.whole "batch" request, Asked.whole "steps" request
    let folder, b = Asked.text "folder" request, int64 batch

    let images =
        bytes folder "train-images-idx3-ubyte" 16 (steps * batch * 784)
        |> Array.map (fun pixel -> pixel / 255.0)
        |> ofArray dtype [ int64 steps; b; 1L; 28L; 28L ]

    let labels =
        (bytes folder "train-labels-idx1-ubyte" 8 (steps * batch) |> ofArray torch.ScalarType.Int64 [ int64 steps; b ])

    let weights =
        Asked.list "weights" request
        |> List.map2 (fun shape node -> ofArray dtype shape (fst (Asked.nested node))) shapes
        |> List.map _.requires_grad_(true)
        |> Array.ofList

    let momenta = weights |> Array.map (fun w -> torch.zeros_like (w.detach ()))
    let calls = ref 0

    let step (i: int) : Tensor =
        let scores = apply weights calls (images.select (0L, int64 i))
        let loss = F.cross_entropy (scores, labels.select (0L, int64 i))
        let gradient = torch.autograd.grad ([| loss |], weights)
        descend weights momenta (List.ofSeq gradient)
        loss.detach ()

    let losses = torch.stack [| for i in 0 .. steps - 1 -> step i |]
    calls.Value <- 0
    withoutGradient (fun () -> [ apply weights calls (images.select (0L, 0L)) ]) |> ignore
    let evaluations = calls.Value
    let trained = weights |> Array.map (fun w -> w.detach().clone())

    let run () =
        // always from the same weights, so that every call takes the same steps
        withoutGradient (fun () -> [ for weight, kept in Array.zip weights trained -> weight.copy_ kept ]) |> ignore
        step 0 |> ignore
        [ losses ]

    { Run = run; About = [ "evaluations", float evaluations ] }

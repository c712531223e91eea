/// The arguments determine where a computation runs: tests on a device that counts transfers, and on two such devices.
module NeuralDE.Tests.Engine.ExecutorTests

open System
open System.IO
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Engine.CountingExecutor

type private Model =
    { Weight: Tensor
      Layers: Tensor list
      Named: Map<string, Tensor>
      Absent: Tensor option
      Key: Key
      Width: int
      Rate: float }

let private a = CountingExecutor "counting:a"
let private b = CountingExecutor "counting:b"
let private bits (x: Tensor) = x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits
let private there (x: Tensor) = x.ToDevice a

let private expectOn (device: Device) (x: Tensor) what = Expect.same x.Device device $"the device of {what}"

let private vector n seed = randn (Key(int64 seed)) [ n ]

/// Checks that the message names both devices, in any order, and the fix.
let private mixed (what: string) (act: unit -> unit) =
    let message = (Expect.thrown<DeviceException> act).Message

    for part in [ "counting:a"; "counting:b"; "Tree.toDevice" ] do
        Expect.stringContains message part what

let private inFile (name: string) (act: string -> unit) =
    let folder = Directory.CreateTempSubdirectory()

    try
        act (Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

let private trees =
    testList
        "trees"
        [ testCase "a tree moves to a device and back" (fun () ->
              let model =
                  { Weight = vector 6 1 |> reshape [ 2; 3 ]
                    Layers = [ vector 2 2; tensor [ 1; 2; 3 ] ]
                    Named = Map [ "x", cast Float32 (vector 3 3); "y", tensor [ true; false ] ]
                    Absent = None
                    Key = Key 7
                    Width = 3
                    Rate = 0.5 }

              let moved = Tree.toDevice a model
              let back = Tree.toDevice Device.cpu moved

              for x in Tree.flatten moved do
                  expectOn a x "a leaf"

              for x in Tree.flatten back do
                  expectOn Device.cpu x "a leaf moved back"

              Expect.equal (Tree.signature moved) (Tree.signature model) "signature moved"
              Expect.equal (back.Width, back.Rate, back.Absent.IsNone) (3, 0.5, true) "static parts"

              for before, after in Seq.zip (Tree.flatten model) (Tree.flatten back) do
                  Expect.equal (bits after) (bits before) "bits after"

              Expect.equal (bits (randn moved.Key [ 5 ])) (bits (randn model.Key [ 5 ])) "numbers of a key"
              expectOn a (randn moved.Key [ 5 ]) "numbers of a key")

          testCase "a tensor already on the device is returned unchanged" (fun () ->
              let x = vector 4 1
              let moved = there x
              Expect.same (Tree.toDevice a moved) moved "Tree.toDevice a moved"
              Expect.same (Tree.toDevice Device.cpu x) x "Tree.toDevice Device.cpu x"
              let filled = zeros [ 3 ]
              Expect.same (filled.ToDevice Device.cpu) filled "filled.ToDevice Device.cpu"
              expectOn a (filled.ToDevice a) "a constant tensor")

          testCase "from one device to another" (fun () ->
              let x = vector 4 1
              let moved = (there x).ToDevice b
              expectOn b moved "moved"
              Expect.equal (bits moved) (bits x) "bits moved")

          testCase "a placeholder has no device" (fun () ->
              for act in
                  [ (fun (x: Tensor) -> x.ToDevice a)
                    (fun x -> Tree.toDevice Device.cpu (x, x) |> fst)
                    (fun x -> if x.Device = Device.cpu then x else x + 1.0) ] do
                  let message =
                      (Expect.thrown<TraceException>(fun () -> grad (act >> sum) (vector 3 1) |> ignore)).Message
                  Expect.stringContains message "placeholder" "message"

              Expect.thrown<ArgumentNullException>(fun () -> (vector 1 1).ToDevice(Unchecked.defaultof<_>) |> ignore)
              |> ignore) ]

let private eager =
    testList
        "eager"
        [ testCase "operations stay on the device without transfers" (fun () ->
              let run (x: Tensor, w: Tensor) =
                  let y = tanh (matmul x w) * 0.3 + 2.0
                  let z = concat [ y; flip 0 y ] |> transpose
                  sum (sin z[0..1]) - mean (z ** 2.0) + logsumexp (reshape [ z.Count ] z)

              let x, w = reshape [ 4; 3 ] (vector 12 1), reshape [ 3; 2 ] (vector 6 2)
              let xs = Tree.toDevice a (x, w)
              let y, counts = during a (fun () -> run xs)
              Expect.equal (counts.Uploads, counts.Downloads) (0, 0) "transfers"
              Expect.isTrue (counts.Primitives > 8) "counts.Primitives > 8"
              expectOn a y "the result"
              Expect.equal (bits y) (bits (run (x, w))) "bits y")

          testCase "a reshape, a broadcast of one number and an identity stay on the device" (fun () ->
              let x = there (vector 1 1)
              let y, counts = during a (fun () -> [ reshape [ 1; 1 ] x; broadcastTo [ 3; 1 ] x; stopGradient x ])
              for y in y do
                  expectOn a (y + 1.0) "a sum"
                  expectOn a y "y"
              Expect.equal counts.Downloads 0 "counts.Downloads")

          testCase "numbers are downloaded once, with any number of readers" (fun () ->
              let x = there (vector 1000 1)
              let y = x * 2.0

              let read () =
                  for _ in 1..20 do
                      y.ToArray() |> ignore
                      y.AsSpan<float>().Length |> ignore
                      y.ToString() |> ignore

              let (), counts =
                  during a (fun () ->
                      let threads = List.init 8 (fun _ -> Thread read)
                      threads |> List.iter _.Start()
                      threads |> List.iter _.Join())

              Expect.equal counts.Downloads 1 "counts.Downloads"
              Expect.equal (bits y) (bits (vector 1000 1 * 2.0)) "bits y")

          testCase "a check inspects an array on the device" (fun () ->
              let x, at = there (vector 3 1), there (tensor [ 5 ])
              Expect.thrownAny<ArgumentException>(fun () -> take 0 at x |> ignore) |> ignore)

          testCase "a released buffer is not read" (fun () ->
              let x = there (vector 3 1)
              let shared = reshape [ 1; 3 ] x
              (nonNull x.Numbers.Buffer).Release()
              (nonNull x.Numbers.Buffer).Release()
              Expect.thrown<DeviceException>(fun () -> x.ToArray() |> ignore) |> ignore
              Expect.thrown<DeviceException>(fun () -> x + 1.0 |> ignore) |> ignore
              Expect.equal (bits shared) (bits (vector 3 1)) "a reshaped buffer, which stays valid") ]

let private files =
    testList
        "numbers that leave the library"
        [ testCase "printed, saved, read" (fun () ->
              let x = reshape [ 2; 3 ] (vector 6 1)
              let y = there x
              Expect.equal (string y) (string x) "string y"
              Expect.equal (sprintf "%A" y) (sprintf "%A" x) "%A y"
              Expect.equal (float y[1, 2]) (float x[1, 2]) "float y[1, 2]"
              Expect.equal (y.ToFloat32Array()) (x.ToFloat32Array()) "y.ToFloat32Array()"
              Expect.equal ((y .> 0.0).ToBoolArray()) ((x .> 0.0).ToBoolArray()) "(y .> 0.0).ToBoolArray()"
              Expect.equal (string (Tree.toDevice a (Key 3))) (string (Key 3)) "a key's text"

              inFile "x.npy" (fun path ->
                  Npy.write path y
                  Expect.equal (bits (Npy.read path)) (bits x) "x.npy")

              inFile "x.safetensors" (fun path ->
                  Safetensors.write path [] [ "x", y ]
                  let _, read = (Safetensors.read path).Tensors.Head
                  Expect.equal (bits read) (bits x) "x.safetensors"))

          testCase "a model is loaded to its device" (fun () ->
              inFile "model.safetensors" (fun path ->
                  let model = vector 3 1, cast Float32 (vector 2 2)
                  Checkpoint.save path (Tree.toDevice a model)
                  let cast = { CheckpointOptions.defaults with CastFloats = true }

                  for load in
                      [ Checkpoint.load path
                        Checkpoint.loadWith cast path
                        Tree.cast Float64 >> Checkpoint.loadWith cast path ] do
                      let x, y = load (Tree.toDevice b (Tree.zerosLike model))
                      expectOn b x "the first leaf"
                      expectOn b y "the second leaf"
                      Expect.equal (bits x, bits y) (bits (fst model), bits (snd model)) "numbers"

                  expectOn Device.cpu (fst (Checkpoint.load path model)) "a leaf of a model on the CPU"))

          testCase "code that reads numbers while it is traced" (fun () ->
              let x = vector 3 1
              let f (x: Tensor) = dynamic x (fun (x: Tensor) -> if float x[0] > 0.0 then x * 2.0 else x * 3.0) x

              for name, g in
                  [ "eager", f
                    "compiled", compile f
                    "gradient", grad (f >> square >> sum)
                    "rows", (fun x -> vmap f (stack [ x; -x ]))
                    "gradient of rows", grad (fun x -> sum (square (vmap f (stack [ x; -x ])))) ] do
                  let y = g (there x)
                  Expect.equal (bits y) (bits (g x)) name
                  expectOn a y name) ]

let private compiled =
    testList
        "compiled"
        [ testCase "one compiled function runs on every device" (fun () ->
              let w = vector 3 2
              let f = compile (fun (x: Tensor) -> tanh (x * w) + 0.7)
              let x = vector 3 1
              let here = f x

              for device in [ a :> Device; b; Device.cpu; a ] do
                  let y = f (x.ToDevice device)
                  expectOn device y "the result"
                  Expect.equal (bits y) (bits here) $"bits on {device}")

          testCase "a captured array is uploaded once" (fun () ->
              let w, table = vector 50 2, vector 50 3
              let f = compile (fun (x: Tensor) -> x * w + table * 0.7)
              let x = there (vector 50 1)

              let y, counts =
                  during a (fun () ->
                      let mutable y = x
                      for _ in 1..100 do
                          y <- f y
                      y)

              Expect.equal counts.Uploads 2 "counts.Uploads"
              Expect.equal (counts.Downloads, counts.Calls) (0, 100) "downloads and calls"
              expectOn a y "y")

          testCase "a captured array with several shapes is uploaded once, and no call leaks memory" (fun () ->
              let w = vector 12 2
              let wide, tall = reshape [ 3; 4 ] w, reshape [ 4; 3 ] w
              let f = compile (fun (x: Tensor) -> matmul (matmul wide tall) x)
              let x = there (vector 3 1)
              let y, first = during a (fun () -> f x)
              let ys, counts = during a (fun () -> List.init 20 (fun _ -> f x))
              Expect.equal (first.Uploads, counts.Uploads) (1, 0) "uploads"
              Expect.equal counts.Alive 20 "buffers of 20 results"
              Expect.equal (bits (List.last ys)) (bits y) "bits of the last"
              Expect.equal (bits y) (bits (f (vector 3 1))) "bits y")

          testCase "captured tensors determine the device" (fun () ->
              let w = there (vector 3 2)
              let x = vector 3 1
              let f = compile (fun (x: Tensor) -> x * w)
              expectOn a (f x) "a product"
              Expect.equal (bits (f x)) (bits (x * vector 3 2)) "bits (f x)")

          testCase "numbers captured by a rule determine the device" (fun () ->
              let w = vector 3 2
              let f w x = customGradient (fun (x: Tensor) -> sin x) (fun x _ dy -> dy * cos x * w) x
              let g w = grad (fun x -> sum (f w x))
              let y = g (there w) (vector 3 1)
              expectOn a y "the gradient"
              Expect.isTrue (float (amax (abs (y - g w (vector 3 1)))) < 1e-12) "the gradient"
              mixed "a rule" (fun () -> g (there w) ((vector 3 1).ToDevice b) |> ignore))

          testCase "the caller owns the results: none shares an argument's buffer" (fun () ->
              let x = there (vector 3 1)
              let f = compile (fun (x: Tensor) -> [ x; x; reshape [ 3; 1 ] x; stopGradient x ])
              let buffers = x :: f x |> List.map (fun x -> nonNull x.Numbers.Buffer)
              Expect.equal (Seq.length (Seq.distinct buffers)) 5 "buffers"
              buffers.Tail |> List.iter _.Release()
              Expect.equal (bits x) (bits (vector 3 1)) "bits x")

          testCase "200 steps of gradient descent without transfers" (fun () ->
              let x, y = reshape [ 16; 3 ] (vector 48 1), vector 16 2
              let loss (w: Tensor, c: Tensor) = mean (square (matmul x w + c - y))
              let step = compile (fun m -> Tree.map2 (fun p g -> p - 0.1 * g) m (grad loss m))
              let start = vector 3 4, vector 1 5
              let mutable here = start
              let mutable away = Tree.toDevice a start

              for _ in 1..3 do
                  here <- step here
                  away <- step away

              let (), counts =
                  during a (fun () ->
                      for _ in 1..200 do
                          away <- step away)

              for _ in 1..200 do
                  here <- step here

              Expect.equal (counts.Uploads, counts.Downloads, counts.Calls) (0, 0, 200) "transfers"
              Expect.equal (bits (fst away)) (bits (fst here)) "the weights"
              Expect.equal (bits (snd away)) (bits (snd here)) "the offset")

          testCase "threads share a function and a captured array" (fun () ->
              let w = vector 2000 2
              let f = compile (fun (x: Tensor) -> sin (x * w) + w)
              let expected = bits (f (vector 2000 1))
              let failures = Collections.Concurrent.ConcurrentBag<string>()

              let work k () =
                  let device = if k % 2 = 0 then a else b
                  let x = (vector 2000 1).ToDevice device

                  for _ in 1..50 do
                      let y = f x
                      if not (isOn device y) then failures.Add $"got {y.Device}, expected {device}"
                      if bits y <> expected then failures.Add $"got other bits on {device}"

              let (_, countsB), countsA =
                  during a (fun () ->
                      during b (fun () ->
                          let threads = List.init 8 (fun k -> Thread(work k))
                          threads |> List.iter _.Start()
                          threads |> List.iter _.Join()))

              Expect.equal (List.ofSeq failures) [] "failures"
              Expect.equal (countsA.Uploads, countsB.Uploads) (5, 5) "an array of each thread, and the captured one") ]

let private mixing =
    let x, y = (vector 3 1).ToDevice a, (vector 3 2).ToDevice b

    testList
        "two devices are refused"
        [ testCase "before either of them runs anything" (fun () ->
              let one = broadcastTo [ 3 ] y[0]
              let (), counts = during a (fun () -> mixed "a broadcast number" (fun () -> x + one |> ignore))
              Expect.equal counts.Primitives 0 "counts.Primitives")

          for name, act in
              [ "eager", (fun () -> x + y |> ignore)
                "eager, the other order", (fun () -> matmul y x |> ignore)
                "eager, one number", (fun () -> where (y[0] .> 0.0) x x |> ignore)
                "compiled", (fun () -> compile (fun (x: Tensor, y) -> x * y) (x, y) |> ignore)
                "captured", (fun () -> compile (fun (x: Tensor) -> x * y) x |> ignore)
                "grad", (fun () -> grad (fun (x: Tensor) -> sum (x * y)) x |> ignore)
                "jvp", (fun () -> jvp (fun (x: Tensor) -> x * x) x y |> ignore)
                "vmap", (fun () -> vmap (fun (x: Tensor) -> x * y) (reshape [ 1; 3 ] x) |> ignore)
                "cond", (fun () -> compile (fun (x: Tensor) -> cond (x[0] .> 0.0) (fun x -> x * y) cos x) x |> ignore)
                "iterate", (fun () -> iterate 3 (fun x -> x * y) x |> ignore)
                "gather", (fun () -> take 0 (tensor([ 1 ]).ToDevice b) x |> ignore)
                "solve", (fun () -> Ode.problem (fun _ u -> u * y) x (0.0, 1.0) |> Ode.solveFinal |> ignore)
                "train",
                (fun () -> Train.start x (Adam 0.1) |> Train.steps 2 |> Train.run (fun x -> sum (x * y)) |> ignore) ] do
              testCase name (fun () -> mixed name act) ]

[<Tests>]
let tests = testList "Engine.Executor" [ trees; eager; files; compiled; mixing ]

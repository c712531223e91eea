/// Solves and trainings on a device: the same bits as the library's own engine, and no memory left to the garbage
/// collector.
module NeuralDE.Tests.Engine.ExecutorSolveTests

open System
open System.IO
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Engine.CountingExecutor

let private device = CountingExecutor "counting:solves"
let private bits (x: Tensor) = x.ToArray() |> Array.map BitConverter.DoubleToInt64Bits
let private vector n seed = randn (Key(int64 seed)) [ n ]
let private weights = 0.3 * reshape [ 2; 4 ] (vector 8 1), 0.3 * reshape [ 4; 2 ] (vector 8 2)
let private field (w: Tensor, v: Tensor) (u: Tensor) = matmul (tanh (matmul u w)) v
let private expectOn (x: Tensor) what = Expect.same x.Device (device :> Device) $"the device of {what}"

let private agree what (f: 'A -> Tensor list) (x: 'A) =
    let there = f (Tree.toDevice device x)

    for k, (expected, got) in List.indexed (List.zip (f x) there) do
        Expect.equal (bits got) (bits expected) $"{what}, result {k}"
        expectOn got $"{what}, result {k}"

let private solves =
    testList
        "solves"
        [ testCase "an adaptive solve, its outputs and its gradient" (fun () ->
              let times = tensor [ 0.25; 0.5; 1.0 ]
              let problem (m, y0: Tensor) = Ode.problem (fun _ u -> field m u) y0 (0.0, 1.0)
              let y0 = vector 2 3
              let loss p = problem p |> Ode.saveAt times |> Ode.solveYs |> square |> sum
              agree "final" (fun p -> [ problem p |> Ode.solveFinal ]) (weights, y0)
              agree "saved" (fun p -> [ problem p |> Ode.saveAt times |> Ode.solveYs ]) (weights, y0)
              agree "steps" (fun p -> [ (problem p |> Ode.saveSteps 1 |> Ode.solve).Ys ]) (weights, y0)

              agree
                  "gradient"
                  (fun p ->
                      let (w, v), y0 = grad loss p
                      [ w; v; y0 ])
                  (weights, y0)

              let compiled = compile (grad loss)

              agree
                  "compiled gradient"
                  (fun p ->
                      let (w, v), y0 = compiled p
                      [ w; v; y0 ])
                  (weights, y0))

          testCase "a compiled solve downloads only what the caller reads" (fun () ->
              let f =
                  compile (fun (m, y0: Tensor) -> Ode.problem (fun _ u -> field m u) y0 (0.0, 1.0) |> Ode.solveFinal)
              let p = Tree.toDevice device (weights, vector 2 3)
              f p |> ignore
              let _, counts =
                  during device (fun () ->
                      for _ in 1..10 do
                          f p |> ignore)
              Expect.equal (counts.Uploads, counts.Downloads, counts.Calls) (0, 0, 10) "transfers")

          testCase "a solution at few and many times" (fun () ->
              let solution (y0: Tensor) = Ode.problem (fun _ u -> -u) y0 (0.0, 1.0) |> Ode.solve
              let few, many = tensor [ 0.3; 0.1 ], linspace 0.0 1.0 9001
              agree "At few" (fun y0 -> [ (solution y0).At few ]) (vector 2 3)
              agree "At many" (fun y0 -> [ (solution y0).At many ]) (vector 2 3)
              let onDevice = (solution (vector 2 3)).At(many.ToDevice device)
              Expect.equal (bits onDevice) (bits ((solution (vector 2 3)).At many)) "times on the device"
              expectOn onDevice "outputs at times on the device")

          testCase "noise" (fun () ->
              let path (y0: Tensor, key: Key) =
                  Sde.problem (fun _ u -> -u) (Diagonal(fun _ u -> 0.1 * u)) y0 (0.0, 1.0)
                  |> Sde.noise key
                  |> Sde.dt 0.05
                  |> Sde.solveFinal

              agree "a path" (fun p -> [ path p ]) (vector 2 3, Key 5)) ]

let private refusals =
    let other = CountingExecutor "counting:other"
    let u, v = (vector 2 1).ToDevice device, (vector 2 2).ToDevice other
    let problem = Ode.problem (fun _ (u: Tensor) -> -u) u (0.0, 1.0)
    let here = tensor [ 0.5; 1.0 ]

    testList
        "two devices are refused in a solve"
        [ for name, act in
              [ "output times", (fun () -> problem |> Ode.saveAt (here.ToDevice other) |> Ode.solveYs)
                "times of a solution", (fun () -> (Ode.solve problem).At(here.ToDevice other))
                "an event's value",
                (fun () ->
                    let value _ (u: Tensor) = u[0] - v[0]
                    (problem |> Ode.on (Event.falling value) Event.stop |> Ode.solve).Y1)
                "an event's change",
                (fun () ->
                    let change _ u = u + v
                    (problem |> Ode.on (Event.crossing (fun t _ -> t - 0.5)) (Event.apply change) |> Ode.solve).Y1)
                "a norm", (fun () -> problem |> Ode.norm (fun e -> amax (abs e * v)) |> Ode.solveFinal)
                "a key",
                (fun () ->
                    Sde.problem (fun _ u -> -u) (Diagonal(fun _ (u: Tensor) -> 0.1 * u)) u (0.0, 1.0)
                    |> Sde.noise (Tree.toDevice other (Key 3))
                    |> Sde.dt 0.1
                    |> Sde.solveFinal)
                "batches",
                (fun () ->
                    let data = Batches.ofTree 1 v
                    (Train.start u (Adam 0.1) |> Train.steps 2 |> Train.runOn data (fun v u -> sum (u * v[0]))).Model) ] do
              testCase name (fun () ->
                  let message = (Expect.thrown<DeviceException>(fun () -> act () |> ignore)).Message
                  Expect.stringContains message "counting:solves" "message"
                  Expect.stringContains message "counting:other" "message") ]

let private batches (x, y) = Batches.ofTree 8 (x, y) |> Batches.shuffle (Key 2)
let private data = reshape [ 27; 2 ] (vector 54 8), vector 27 9

let private loss (x: Tensor, y: Tensor) (w: Tensor, c: Tensor) = mean (square (matmul (tanh x) w + c - y))

let private start = vector 2 6, vector 1 7
let private training m = Train.start m (Adam 0.05) |> Train.steps 30 |> Train.clip 1.0

let private same what (expected: Fit<Tensor * Tensor>) (got: Fit<Tensor * Tensor>) =
    let bitsOf tree = Tree.flatten tree |> Array.map bits
    Expect.equal got.Losses expected.Losses $"{what}: losses"
    Expect.equal (bitsOf got.Model) (bitsOf expected.Model) $"{what}: model"
    Expect.equal (bitsOf got.Best) (bitsOf expected.Best) $"{what}: best"

    for x in Tree.flatten got.Model do
        expectOn x $"{what}: the model"

let private trainings =
    testList
        "trainings"
        [ testCase
              "the same bits with the model or the data on the device; two numbers per step are downloaded"
              (fun () ->
                  let here = training start |> Train.runOn (batches data) loss

                  for what, model, data in
                      [ "the model", Tree.toDevice device start, data
                        "the data", start, Tree.toDevice device data
                        "both", Tree.toDevice device start, Tree.toDevice device data ] do
                      let fit, counts = during device (fun () -> training model |> Train.runOn (batches data) loss)
                      same what here fit
                      Expect.equal counts.Downloads 60 $"{what}: downloads: loss and gradient norm of 30 steps"
                      Expect.equal counts.Calls 30 $"{what}: calls")

          testCase "the memory of a step is released" (fun () ->
              let data = Tree.toDevice device data
              let alive = Array.zeroCreate 31
              let look (p: TrainProgress) = alive[p.Step] <- device.Counts.Alive
              let model = Tree.toDevice device start

              let fit, counts =
                  during device (fun () -> training model |> Train.onStep look |> Train.runOn (batches data) loss)

              // an epoch has four batches, so after eight steps all shapes have occurred
              Expect.equal (Array.distinct alive[9..]) [| alive[8] |] "buffers alive after each step"
              // the last model and the best one, each with its optimiser's state, and the arrays uploaded once
              Expect.isTrue
                  (counts.Alive <= 20)
                  $"got {counts.Alive} more buffers after the training, expected at most 20"
              Expect.isTrue (counts.Releases > 300) $"got {counts.Releases} releases, expected more than 300"
              Expect.equal (bits (fst model)) (bits (fst start)) "the given model, which stays its caller's"
              Tree.flatten fit.Best |> Array.iter (fun x -> x.ToArray() |> ignore))

          testCase "a training that ends early, or is only observed, keeps no memory" (fun () ->
              let model = Tree.toDevice device start
              let stop (p: TrainProgress) = if p.Step = 13 then invalidOp "stop"
              let run t = t |> Train.runOn (batches data) loss
              let folder = Directory.CreateTempSubdirectory()

              let fail () = training model |> Train.onStep stop |> run |> ignore
              let (), counts = during device (fun () -> Expect.thrown<InvalidOperationException> fail |> ignore)
              // the optimiser's first state of the weights, two arrays, is uploaded once and left to the garbage
              // collector
              Expect.equal counts.Alive 2 "buffers alive after an exception"

              try
                  let path = Path.Combine(folder.FullName, "training.safetensors")
                  let fit, counts = during device (fun () -> training model |> Train.checkpointEvery 1 path |> run)
                  // the same two, the last model and the best one
                  Expect.isTrue (counts.Alive <= 6) $"got {counts.Alive} more buffers, expected 6 or fewer"
                  Tree.flatten fit.Best |> Array.iter (fun x -> x.ToArray() |> ignore)
              finally
                  folder.Delete true)

          testCase "models passed to a callback stay valid" (fun () ->
              let seen = Collections.Generic.List<Tensor * Tensor>()
              let fit look m =
                  training m
                  |> Train.onModel 3 (fun _ m -> look m)
                  |> Train.validateEvery 4
                  |> Train.validate (loss data)
                  |> Train.runOn (batches data) loss

              let expected = Collections.Generic.List<float[]>()
              let here = fit (fun (w, _) -> expected.Add(w.ToArray())) start
              let there = fit seen.Add (Tree.toDevice device start)
              same "validated" here there
              Expect.equal
                  [ for w, _ in seen -> w.ToArray() ]
                  (List.ofSeq expected)
                  "the models passed to the callback")

          testCase "a training on the device is resumed there" (fun () ->
              let folder = Directory.CreateTempSubdirectory()

              try
                  let path = Path.Combine(folder.FullName, "training.safetensors")
                  let whole = training start |> Train.runOn (batches data) loss
                  let model = Tree.toDevice device start

                  training model
                  |> Train.steps 13
                  |> Train.checkpointEvery 5 path
                  |> Train.runOn (batches data) loss
                  |> ignore

                  let rest, counts =
                      during device (fun () -> training model |> Train.resume path |> Train.runOn (batches data) loss)

                  same "resumed" whole rest
                  Expect.equal counts.Calls 17 "counts.Calls"
              finally
                  folder.Delete true)

          testCase "updates that use the loss, and a training without batches" (fun () ->
              let updating (w: Tensor, c: Tensor) = sum (square w), (w, c * 0.9)
              let fit m = Train.start m (Adam 0.05) |> Train.steps 5

              let here = fit start |> Train.runUpdating (Batches.keys (Key 1)) (fun _ m -> updating m)
              let there =
                  fit (Tree.toDevice device start) |> Train.runUpdating (Batches.keys (Key 1)) (fun _ m -> updating m)
              same "updating" here there
              let plain m = fit m |> Train.run (fun (w, c) -> sum (square w) + sum c)
              same "plain" (plain start) (plain (Tree.toDevice device start))) ]

let private fits =
    testList
        "fits"
        [ testCase "Levenberg–Marquardt and L-BFGS run on the model's device" (fun () ->
              let x = linspace 0.0 1.0 12
              let y = 2.0 * exp (-1.5 * x)
              let residuals (a: Tensor, k: Tensor) = a * exp (k * x) - y
              let start = scalar 1.0, scalar 0.0
              let fitBoth m =
                  let lm = LevenbergMarquardt.minimise residuals m
                  let lbfgs = Lbfgs.minimise (residuals >> square >> sum) m
                  [ fst lm.Model; snd lm.Model; fst lbfgs.Model; snd lbfgs.Model ]

              agree "models" fitBoth start
              let _, counts = during device (fun () -> fitBoth (Tree.toDevice device start))
              Expect.isTrue (counts.Calls > 10) $"got {counts.Calls} calls, expected more than 10") ]

[<Tests>]
let tests = testList "Engine.Executor" [ solves; refusals; trainings; fits ]

/// Training by several processes: the same bits for any number of them; failures, cancellation and exceptions end all.
module NeuralDE.Tests.Learning.DistributedTests

open System
open System.IO
open System.Threading
open Expecto
open NeuralDE
open NeuralDE.Tests.Expected

let private data =
    let x = randn (Key 8) [ 48; 2 ]
    x, sin (sumAlong 1 x)

let private batches = Batches.ofTree 16 data |> Batches.shuffle (Key 2) |> Batches.withKey (Key 3)

let private loss reduce ((x: Tensor, y: Tensor), key) (net: Mlp) =
    let noisy = x + 0.05 * randn key [ x.Length; 2 ]
    reduce (square (reshape [ x.Length ] (Mlp.apply net noisy) - y))

let private start steps = Train.start (Mlp.init (Key 1) [ 2; 4; 1 ]) (AdamW 0.01) |> Train.steps steps |> Train.clip 1.0
let private bits (x: float[]) = Array.map BitConverter.DoubleToInt64Bits x
let private bitsOf tree = Tree.flatten tree |> Array.map (fun x -> bits (x.ToArray()))
let private outcome (fit: Fit<'M>) = fit.Status, bitsOf fit.Model, bitsOf fit.Best, bits fit.Losses

/// The outcome of each number of processes is that of one.
let private sameFor (sizes: int list) (train: ProcessGroup -> Fit<'M>) =
    let expected = outcome (train ProcessGroup.alone)

    for size in sizes do
        for fit in ThreadGroup.run size train do
            Expect.equal (outcome fit) expected $"{size} processes"

let private throwsWith<'E when 'E :> exn> (parts: string list) (f: unit -> unit) =
    match
        (try
            Ok(f ())
         with e ->
             Error e)
    with
    | Error(:? 'E as e) ->
        for part in parts do
            Expect.stringContains e.Message part "the message"
    | other -> failtest $"got {other}, expected {typeof<'E>.Name}"

let private failing (message: string) (f: unit -> 'T) =
    throwsWith<InputException> [ message ] (fun () -> f () |> ignore)

[<Tests>]
let tests =
    testList
        "Learning.Distributed"
        [ testCase "the same bits with 1, 2, 4 and 8 processes" (fun () ->
              sameFor [ 1; 2; 4; 8 ] (fun group ->
                  start 40 |> Train.distributed group |> Train.runOn batches (loss mean))

              sameFor [ 2; 4 ] (fun group ->
                  start 10 |> Train.distributedSums 4 group |> Train.runOn batches (loss sum)))

          testCase "in float32, with solves of joint steps" (fun () ->
              let model: Mlp = Tree.cast Float32 (Mlp.init (Key 1) [ 2; 4; 2 ])
              let y0 = cast Float32 (randn (Key 4) [ 16; 2 ])

              let loss (y0: Tensor) (net: Mlp) =
                  mean (square (Ode.problem (fun _ y -> Mlp.apply net y) y0 (0.0, 1.0) |> Ode.solveFinal))

              sameFor [ 2; 4 ] (fun group ->
                  Train.start model (Adam 0.01)
                  |> Train.steps 15
                  |> Train.distributedIn 4 group
                  |> Train.runOn (Batches.ofTree 8 y0) loss))

          testCase "the mean of the parts is the loss of the batch" (fun () ->
              let without = Batches.ofTree 16 data
              let loss (x: Tensor, y: Tensor) (net: Mlp) = mean (square (reshape [ x.Length ] (Mlp.apply net x) - y))
              let alone = start 30 |> Train.runOn without loss
              let shared =
                  (ThreadGroup.run 2 (fun group -> start 30 |> Train.distributed group |> Train.runOn without loss))[0]

              for a, b in Seq.zip (Tree.flatten alone.Model) (Tree.flatten shared.Model) do
                  like 1e-10 a b)

          testCase "keys differ by part" (fun () ->
              let loss ((x: Tensor, _), key) (w: Tensor) = mean (square (w - randn key [ x.Length; 2 ]))

              let fit parts group =
                  Train.start (zeros [ 1; 2 ]) (Sgd { SgdOptions.defaults with Rate = 1e-3 })
                  |> Train.steps 1
                  |> Train.distributedIn parts group
                  |> Train.runOn batches loss

              let drawn parts = (fit parts ProcessGroup.alone).Losses[0]
              Expect.notEqual (drawn 1) (drawn 2) "other numbers"
              Expect.notEqual (drawn 2) (drawn 4) "other numbers")

          testCase "a training without batches has one loss for each part" (fun () ->
              sameFor [ 2 ] (fun group ->
                  Train.start (tensor [ 1.0; 2.0 ]) (Adam 0.1)
                  |> Train.steps 20
                  |> Train.distributedIn 2 group
                  |> Train.run (fun w -> sum (square w))))

          testCase "validation, early stopping and the mean of models" (fun () ->
              sameFor [ 2 ] (fun group ->
                  Train.start (Mlp.init (Key 1) [ 2; 4; 1 ]) (Adam 0.1 |> Optim.averaged (MovingAverage 0.9))
                  |> Train.epochs 30
                  |> Train.validate (fun net -> mean (square (reshape [ 48 ] (Mlp.apply net (fst data)) - snd data)))
                  |> Train.stopEarly 3
                  |> Train.distributed group
                  |> Train.runOn batches (loss mean)))

          testCase "a training resumes with another number of processes" (fun () ->
              let path = Path.Combine(Path.GetTempPath(), $"neuralde-{Guid.NewGuid()}.safetensors")
              let train steps group = start steps |> Train.checkpointEvery 7 path |> Train.distributed group
              let whole = start 30 |> Train.distributed ProcessGroup.alone |> Train.runOn batches (loss mean)

              try
                  ThreadGroup.run 4 (fun group -> train 15 group |> Train.runOn batches (loss mean)) |> ignore

                  for fit in
                      ThreadGroup.run 2 (fun group ->
                          start 30 |> Train.resume path |> Train.distributed group |> Train.runOn batches (loss mean)) do
                      Expect.equal (bitsOf fit.Model) (bitsOf whole.Model) "the model"

                  throwsWith<FileException> [ "parts"; "8"; "4" ] (fun () ->
                      start 30
                      |> Train.resume path
                      |> Train.distributedIn 4 ProcessGroup.alone
                      |> Train.runOn batches (loss mean)
                      |> ignore)
              finally
                  File.Delete path)

          testCase "a solve that fails in one process ends all with its failure" (fun () ->
              // only a sample of the last part grows without bound
              let y0 = tensor [ for i in 0..15 -> [ (if i = 15 then 3.0 else 0.01) ] ]

              let loss (y0: Tensor) (w: Tensor) =
                  mean (Ode.problem (fun _ y -> w * y * y) y0 (0.0, 1.0) |> Ode.maxSteps 300 |> Ode.solveFinal)

              let train policy group =
                  Train.start (scalar 1.0) (Adam 0.01)
                  |> Train.steps 5
                  |> Train.onFailure policy
                  |> Train.distributedIn 4 group
                  |> Train.runOn (Batches.ofTree 16 y0) loss

              for policy in [ FailurePolicy.Stop; FailurePolicy.Skip 2 ] do
                  let alone = (train policy ProcessGroup.alone).Status

                  for fit in ThreadGroup.run 2 (train policy) do
                      Expect.isTrue fit.Status.IsSolveFailed $"{policy}"
                      Expect.equal fit.Status alone $"{policy}")

          testCase "a cancellation in one process ends all at the same step" (fun () ->
              let train (group: ProcessGroup) =
                  use source = new CancellationTokenSource()

                  start 100000
                  |> Train.onStep (fun p -> if group.Rank = 1 && p.Step = 5 then source.Cancel())
                  |> Train.cancel source.Token
                  |> Train.distributed group
                  |> Train.runOn batches (loss mean)

              for fit in ThreadGroup.run 2 train do
                  Expect.equal fit.Status (TrainStatus.Cancelled 6) "fit.Status")

          testCase "a cancellation within the solves of a step ends all at the same step" (fun () ->
              let y0 = randn (Key 4) [ 16; 2 ]

              let loss (y0: Tensor) (net: Mlp) =
                  mean (
                      square (
                          Ode.problem (fun _ y -> Mlp.apply net y) y0 (0.0, 1.0)
                          |> Ode.dt 1e-3
                          |> Ode.using RK4
                          |> Ode.solveFinal
                      )
                  )

              let train (group: ProcessGroup) =
                  use source = new CancellationTokenSource()
                  if group.Rank = 1 then source.CancelAfter 300

                  Train.start (Mlp.init (Key 1) [ 2; 8; 2 ]) (Adam 0.01)
                  |> Train.steps 100000
                  |> Train.cancel source.Token
                  |> Train.distributed group
                  |> Train.runOn (Batches.ofTree 16 y0) loss

              let fits = ThreadGroup.run 2 train

              for fit in fits do
                  Expect.isTrue fit.Status.IsCancelled $"{fit.Status}"
                  Expect.equal (outcome fit) (outcome fits[0]) "the same step")

          testCase "an exception in one process ends the others" (fun () ->
              let train (group: ProcessGroup) =
                  start 100000
                  |> Train.onStep (fun p ->
                      if group.Rank = 1 && p.Step = 5 then raise (TimeZoneNotFoundException "here"))
                  |> Train.distributed group
                  |> Train.runOn batches (loss mean)

              match ThreadGroup.tryRun 2 train with
              | [| Error(:? ThreadGroup.Abandoned as a); Error(:? TimeZoneNotFoundException) |] ->
                  Expect.stringContains a.Message "here" "a.Message"
              | other -> failtest $"got {other}")

          testCase "only the first process writes files" (fun () ->
              let folder = Directory.CreateTempSubdirectory("neuralde-").FullName

              try
                  ThreadGroup.run 2 (fun group ->
                      start 5
                      |> Train.checkpointEvery 1 (Path.Combine(folder, $"{group.Rank}.safetensors"))
                      |> Train.distributed group
                      |> Train.runOn batches (loss mean))
                  |> ignore

                  Expect.equal (Directory.GetFiles folder |> Array.map Path.GetFileName) [| "0.safetensors" |] "files"
              finally
                  Directory.Delete(folder, true))

          testCase "numbers that do not divide are refused" (fun () ->
              let group size =
                  { new ProcessGroup() with
                      member _.Rank = 0
                      member _.Size = size
                      member _.Exchange(_, _, _) = ()
                      member _.Abandon _ = () }

              failing "3 processes" (fun () -> start 1 |> Train.distributed (group 3))
              failing "16 processes" (fun () -> start 1 |> Train.distributed (group 16))
              failing "6 parts" (fun () -> start 1 |> Train.distributedIn 6 (group 2))
              failing "12 samples" (fun () ->
                  start 1
                  |> Train.distributed ProcessGroup.alone
                  |> Train.runOn (Batches.ofTree 12 data) (fun (x, _) net -> mean (Mlp.apply net x)))
              failing "the last batch" (fun () ->
                  start 1
                  |> Train.distributed ProcessGroup.alone
                  |> Train.runOn (Batches.ofTree 40 (fst data)) (fun x net -> mean (Mlp.apply net x))
                  |> ignore
                  start 1
                  |> Train.distributedIn 32 ProcessGroup.alone
                  |> Train.runOn (Batches.ofTree 32 (fst data)) (fun x net -> mean (Mlp.apply net x))))

          testCase "models that the loss updates itself are refused" (fun () ->
              failing "running statistics" (fun () ->
                  Train.start (tensor [ 1.0 ], tensor [ 0.0 ]) (Adam 0.1)
                  |> Train.steps 1
                  |> Train.distributed ProcessGroup.alone
                  |> Train.runUpdating (Batches.ofTree 16 (fst data)) (fun x (w, m) ->
                      mean (square (x - w)), (w, m + 1.0))))

          testCase "rows of an ensemble are divided among any number of processes" (fun () ->
              let y0 = randn (Key 3) [ 11; 2 ]

              let solve (y0: Tensor) =
                  Ode.problem (fun _ y -> sin y) y0 (0.0, 1.0) |> Ode.perSample |> Ode.solveFinal, argmax 1 y0

              let expected = bitsOf (fst (solve y0)), (snd (solve y0)).ToArray()

              for size in 1..5 do
                  for y, i in ThreadGroup.run size (fun group -> ProcessGroup.mapRows group solve y0) do
                      Expect.equal (bitsOf y, i.ToArray()) expected $"{size} processes"

              throwsWith<ShapeException> [ "2 rows" ] (fun () ->
                  ThreadGroup.tryRun 3 (fun group -> ProcessGroup.mapRows group id (zeros [ 2 ]))
                  |> Array.iter (function
                      | Error e -> raise e
                      | Ok _ -> ()))) ]

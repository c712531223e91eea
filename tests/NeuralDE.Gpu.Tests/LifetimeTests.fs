/// Tensors of libtorch live as long as the library's, not longer; threads share compiled functions.
module NeuralDE.Gpu.Tests.LifetimeTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.LibTorch
open NeuralDE.Tests.Engine
open NeuralDE.Tests.Laws
open NeuralDE.Gpu.Tests.OnDevice

let private alive () = TorchSharp.torch.Tensor.TotalCount

let private collect () =
    for _ in 1..2 do
        GC.Collect()
        GC.WaitForPendingFinalizers()

let private net = Mlp.init (Key 1) [ 2; 50; 2 ]
let private y0 = tensor [ [ 2.0; 0.0 ] ] + 0.1 * randn (Key 5) [ 16; 2 ]

let private loss (n: Mlp, y0: Tensor) =
    let y = Ode.problem (fun (_: Tensor) y -> Mlp.apply n (y ** 3.0)) y0 (0.0, 1.0) |> Ode.solveFinal
    sum (y ** 2.0)

let private gradient = compile (grad loss)

/// Runs an action and returns how many more tensors are alive after it and a collection.
let private leaked (act: unit -> unit) : int64 =
    collect ()
    let before = alive ()
    act ()
    collect ()
    alive () - before

let private counts =
    testList
        "tensors"
        [ testCase "gradients leave no tensor" (fun () ->
              let x = there (net, y0)
              gradient x |> ignore

              let gone =
                  leaked (fun () ->
                      for _ in 1..30 do
                          gradient x |> ignore)

              Expect.equal gone 0L "tensors alive after a collection"
              GC.KeepAlive x)

          testCase "between collections only results are alive" (fun () ->
              let x = there (net, y0)
              gradient x |> ignore
              collect ()
              let before = alive ()
              gradient x |> ignore
              // four weights, one start; the solve's intermediate tensors are gone
              Expect.inRange (alive () - before) (0L, 6L) "tensors alive after a gradient"
              GC.KeepAlive x)

          testCase "rows, eager work, failures and trainings leave none" (fun () ->
              let x = there (net, y0)

              let solveRows (n: Mlp, y0: Tensor) =
                  Ode.problem (fun (_: Tensor) y -> Mlp.apply n (y ** 3.0)) y0 (0.0, 1.0)
                  |> Ode.perSample
                  |> Ode.solveFinal

              let rows = compile (grad (fun x -> sum (solveRows x)))
              let index = there (tensor [ 0; 99 ] |> cast Int64)
              let indexed = compile (fun (x: Tensor, i: Tensor) -> take 0 i x)

              let all () =
                  rows x |> ignore
                  exp (snd x + 1.0) |> ignore
                  Expect.thrownAny<Exception>(fun () -> indexed (snd x, index) |> ignore) |> ignore
                  let start = there (net)
                  let data = Batches.ofTree 8 (there (y0, y0))
                  let miss (x, y) n = mean (square (Mlp.apply n x - y))
                  Train.start start (Adam 1e-2) |> Train.steps 5 |> Train.runOn data miss |> ignore

              all ()
              Expect.equal (leaked all) 0L "tensors alive after a collection"
              GC.KeepAlive(x, index))

          testCase "a result outlives a scope of the user, whose tensors are untouched" (fun () ->
              let x = there (ones [ 3 ])

              let y, own =
                  using (TorchSharp.torch.NewDisposeScope()) (fun _ ->
                      let own = TorchSharp.torch.ones (3L)
                      let y = exp (x + 1.0)
                      y, own.MoveToOuterDisposeScope())

              near 1e-15 (exp (tensor [ 2.0; 2.0; 2.0 ])) y "result"
              Expect.equal (own.sum().item<float32>()) 3.0f "the user's tensor"
              own.Dispose())

          testCase "a training releases the memory of its steps" (fun () ->
              let data = there (y0, y0)
              let seen = Array.zeroCreate<int64> 41
              let miss (x, y) n = mean (square (Mlp.apply n x - y))

              Train.start (there net) (Adam 1e-2)
              |> Train.steps 40
              |> Train.onStep (fun p -> seen[p.Step] <- alive ())
              |> Train.runOn (Batches.ofTree 8 data) miss
              |> ignore

              Expect.equal (Array.distinct seen[12..]) [| seen[12] |] "tensors alive after each step") ]

/// A function that traces while it runs leaves what it computes to the garbage collector.
let private isTracing (name: string) = name.Contains "dynamic"

let private released =
    testList
        "every example of the registry releases all it makes but its results"
        [ for name, transform in RegistryTests.transforms do
              testCase name (fun () ->
                  for e in Examples.all do
                      let x = e.Args 0

                      match RegistryTests.derived transform (Example.traced e.Apply x) with
                      | Some g when not (isTracing e.Name) ->
                          let args = RegistryTests.argumentsOf g x |> Array.map asTensor

                          let run () =
                              match Agreement.attempt (fun () -> executor.Call(Call(g, Inline), args)) with
                              | Ok results -> results |> Array.iter (fun a -> (nonNull a.Buffer).Release())
                              | Error _ -> ()

                          run ()
                          let before = alive ()
                          run ()
                          // a collection in between may free tensors of others
                          Expect.isTrue
                              (alive () <= before)
                              $"{e.Name}: got {alive () - before} more tensors, expected none"
                          GC.KeepAlive args
                      | _ -> ()) ]

let private others =
    testList
        "threads and devices"
        [ testCase "8 threads share a compiled gradient" (fun () ->
              let x, expected = there (net, y0), gradient (net, y0)
              let results = Array.Parallel.init 8 (fun _ -> [ for _ in 1..5 -> gradient x ])

              for got in Seq.concat results do
                  near 1e-11 expected got "gradient"

              let first = gradient x

              for got in Seq.concat results do
                  Expect.equal (distance first got) 0.0 "the same numbers in every thread")

          testCase "two devices are refused" (fun () ->
              let other = TorchExecutor("torch:other", "cpu")
              let a, b = there (ones [ 3 ]), Tree.toDevice (other :> Device) (ones [ 3 ])

              for act in [ (fun () -> a + b); (fun () -> compile (fun (a: Tensor, b: Tensor) -> a * b) (a, b)) ] do
                  let message = (Expect.thrown<DeviceException>(fun () -> act () |> ignore)).Message
                  Expect.stringContains message "Tree.toDevice" "message"
                  Expect.stringContains message "torch:other" "message")

          testCase "memory that was released is not read" (fun () ->
              let a = executor.Upload((tensor [ 1.0; 2.0 ]).Numbers)
              (nonNull a.Buffer).Release()
              Expect.thrown<DeviceException>(fun () -> a.Data |> ignore) |> ignore)

          testCase "an error of libtorch is a DeviceException" (fun () ->
              let huge = there (ones [ 100000 ])
              let cube (x: Tensor) = sum (broadcastTo [ 20000; 100; 100000 ] x + x)
              Expect.thrown<DeviceException>(fun () -> compile cube huge |> ignore) |> ignore)

          testCase "a device has one object, and its name" (fun () ->
              Expect.same Torch.cpu Torch.cpu "the CPU"
              Expect.equal Torch.cpu.Name "torch:cpu" "name"
              Expect.same (there (ones [ 2 ])).Device device "the device of a tensor"

              if not (Torch.isCudaAvailable ()) then
                  let message = (Expect.thrown<DeviceException>(fun () -> Torch.cuda 0 |> ignore)).Message
                  Expect.stringContains message "TorchSharp-cuda" "message") ]

[<Tests>]
let tests = testList "Lifetime" [ counts; released; others ]

/// What a step of a training allocates.
module NeuralDE.Benchmarks.Training

open System
open NeuralDE

let private steps = 60

/// Bytes that `make` allocates on this thread.
let private bytesOf (make: unit -> 'T) : float =
    let before = GC.GetAllocatedBytesForCurrentThread()
    make () |> ignore
    float (GC.GetAllocatedBytesForCurrentThread() - before)

let private run _ =
    let seen: int64[] = Array.zeroCreate steps
    let loss = SpiralModel.loss (SpiralModel.data ())

    Train.start (SpiralModel.init ()) (Adam 1e-3)
    |> Train.steps steps
    |> Train.onStep (fun p -> seen[p.Step - 1] <- GC.GetAllocatedBytesForCurrentThread())
    |> Train.run loss
    |> ignore

    // what tells of the step is not the step's
    let report =
        bytesOf (fun () ->
            { Step = 1; Steps = 1; Loss = 0.0; GradientNorm = 0.0; Skipped = 0; Shortened = 0; Seconds = 0.0 })

    let bytes = seen[steps / 2 ..] |> Array.pairwise |> Array.map (fun (a, b) -> float (b - a) - report)

    let workload = "bytes that a step of Train.run allocates: spiral loss, Adam, float32"

    [ { Row.alone "training-step-bytes" workload Bytes (Quartiles.ofSamples bytes) with
          Owed = AtMost 0.0
          Note = "on the training's thread, from step 30 on" } ]

let all: Benchmark list = [ { Name = "training-step-bytes"; Run = run } ]

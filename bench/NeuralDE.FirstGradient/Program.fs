/// Computes the first gradient of the spiral model and prints the loss and one number of the gradient. With a number n as argument it
/// takes n training steps and prints the last loss and the seconds of steps 2 to n. The last line is the processor time of the
/// process.
module NeuralDE.Benchmarks.FirstGradient

open System
open System.Diagnostics
open NeuralDE

let private firstGradient () : float * float =
    let data = SpiralModel.data ()
    let loss, gradient = valueAndGrad (SpiralModel.loss data) (SpiralModel.init ())
    float loss, gradient.Layers.Head.Weight.ToArray()[0]

let private training (steps: int) : float * float =
    let clock = Stopwatch()
    let mutable loss = nan

    Train.start (SpiralModel.init ()) (Adam 0.05)
    |> Train.steps steps
    |> Train.onStep (fun p ->
        if p.Step = 1 then clock.Start()

        loss <- p.Loss)
    |> Train.run (SpiralModel.loss (SpiralModel.data ()))
    |> ignore

    loss, clock.Elapsed.TotalSeconds

[<EntryPoint>]
let main arguments =
    let first, second = if arguments.Length = 0 then firstGradient () else training (int arguments[0])
    Console.WriteLine(first.ToString "R" + " " + second.ToString "R")
    Console.WriteLine(Environment.CpuUsage.TotalTime.TotalSeconds.ToString "R")
    0

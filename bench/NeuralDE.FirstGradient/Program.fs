/// A process that does nothing but the first gradient of the spiral model: writes the loss and one number of the gradient,
/// then, on a line of its own, the processor time that it took.
module NeuralDE.Benchmarks.FirstGradient

open System
open NeuralDE

[<EntryPoint>]
let main _ =
    let data = SpiralModel.data ()
    let loss, gradient = valueAndGrad (SpiralModel.loss data) (SpiralModel.init ())
    let first = gradient.Layers.Head.Weight.ToArray()[0]
    Console.WriteLine((float loss).ToString "R" + " " + first.ToString "R")
    Console.WriteLine(Environment.CpuUsage.TotalTime.TotalSeconds.ToString "R")
    0

/// The first gradient of a process, from its start.
module NeuralDE.Benchmarks.Starts

open System
open System.Diagnostics
open System.Globalization
open System.IO
open NeuralDE

let private samples = 9

/// Where build.fsx publishes the program.
let private program =
    let name =
        if OperatingSystem.IsWindows() then
            "NeuralDE.FirstGradient.exe"
        else
            "NeuralDE.FirstGradient"
    Path.Combine("artifacts", "first-gradient", name)

/// Seconds from the start of the process to its answer, its processor time, and the answer.
let private start () : struct (float * float * float[]) =
    let clock = Stopwatch.StartNew()

    match Process.Start(ProcessStartInfo(Path.GetFullPath program, RedirectStandardOutput = true)) with
    | null -> raise (InvalidOperationException $"{program} did not start.")
    | running ->
        use running = running

        let numbers () =
            match running.StandardOutput.ReadLine() with
            | null -> raise (InvalidOperationException $"{program} ended without an answer.")
            | line -> line.Split ' ' |> Array.map (fun x -> Double.Parse(x, CultureInfo.InvariantCulture))

        let answer = numbers ()
        let seconds = clock.Elapsed.TotalSeconds
        let processor = (numbers ())[0]
        running.WaitForExit()
        struct (seconds, processor, answer)

let private run _ =
    if not (File.Exists program) then
        raise (Skipped $"{program} is missing; `dotnet fsi build.fsx bench` publishes it")

    let runs = [| for _ in 0..samples -> start () |][1..] // the first one reads files from the disk
    let processor = Quartiles.ofSamples [| for struct (_, processor, _) in runs -> processor |]
    let struct (_, _, answer) = runs[0]
    let loss, gradient = valueAndGrad (SpiralModel.loss (SpiralModel.data ())) (SpiralModel.init ())
    let here = [| float loss; gradient.Layers.Head.Weight.ToArray()[0] |]

    [ { Name = "first-gradient"
        Workload = "from the start of a published console program to its first spiral gradient, time that passes"
        Unit = Seconds
        Ours = Quartiles.ofSamples [| for struct (seconds, _, _) in runs -> seconds |]
        Rival = Nobody
        Deviation =
          Some
              { Measure = Comparison.differenceText
                Ours = Comparison.difference [| here |] [| answer |]
                Rival = None }
        Owed = AtMost 0.5
        Note = $"""processor time {processor.Median.ToString "F2"} s""" } ]

let all: Benchmark list = [ { Name = "first-gradient"; Run = run } ]

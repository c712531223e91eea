/// What a process takes from its start: to the first gradient, to the end of a training.
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

/// Seconds from the start of a process to its first line of numbers, its second line, and the first.
[<NoComparison>]
type private Run = { Seconds: float; Processor: float; Answer: float[] }

let private numbers (line: string) =
    line.Split ' ' |> Array.map (fun x -> Double.Parse(x, CultureInfo.InvariantCulture))

let private start (arguments: string list) : Run =
    let clock = Stopwatch.StartNew()

    match Process.Start(ProcessStartInfo(Path.GetFullPath program, arguments, RedirectStandardOutput = true)) with
    | null -> raise (InvalidOperationException $"{program} did not start.")
    | running ->
        use running = running

        let next () =
            match running.StandardOutput.ReadLine() with
            | null -> raise (InvalidOperationException $"{program} ended without an answer.")
            | line -> numbers line

        let answer = next ()
        let seconds = clock.Elapsed.TotalSeconds
        let processor = (next ())[0]
        running.WaitForExit()

        { Seconds = seconds; Processor = processor; Answer = answer }

let private runs (arguments: string list) : Run list =
    if not (File.Exists program) then
        raise (Skipped $"{program} is missing; `dotnet fsi build.fsx bench` publishes it")

    [ for _ in 0..samples -> start arguments ].Tail // the first one reads files from the disk

let private quartiles (number: Run -> float) (runs: Run list) =
    runs |> List.map number |> Array.ofList |> Quartiles.ofSamples

let private processor (runs: Run list) =
    let seconds = (quartiles _.Processor runs).Median
    $"""processor time {seconds.ToString("F2", CultureInfo.InvariantCulture)} s"""

let private here () =
    let loss, gradient = valueAndGrad (SpiralModel.loss (SpiralModel.data ())) (SpiralModel.init ())
    [| float loss; gradient.Layers.Head.Weight.ToArray()[0] |]

let private beside (answer: float[]) =
    Some
        { Measure = $"beside this process: {Comparison.differenceText}"
          Ours = Comparison.difference [| here () |] [| answer |]
          Rival = None }

let private console _ =
    let runs = runs []
    let workload = "from the start of a published console program to its first spiral gradient, time that passes"

    [ { Row.alone "first-gradient" workload Seconds (quartiles _.Seconds runs) with
          Deviation = beside runs.Head.Answer
          Owed = AtMost 0.35
          Note = processor runs } ]

/// What is typed into fsi: first what is not counted, then what is.
let private typed =
    [ "#load \"src/NeuralDE.Core.fs/load.fsx\";;"
      "open NeuralDE;;"
      "let clock = System.Diagnostics.Stopwatch.StartNew();;"
      "#load \"bench/NeuralDE.FirstGradient/SpiralModel.fs\";;"
      "open NeuralDE.Benchmarks;;"
      "let loss, gradient = valueAndGrad (SpiralModel.loss (SpiralModel.data ())) (SpiralModel.init ());;"
      "let seconds = clock.Elapsed.TotalSeconds;;"
      "let first = float gradient.Layers.Head.Weight[0, 0];;"
      "let texts = [ for x in [ seconds; float loss; first ] -> x.ToString \"R\" ];;"
      "System.Console.WriteLine(\"measured \" + System.String.Join(\" \", texts));;" ]

let private interactive () : float[] =
    let info =
        ProcessStartInfo(
            "dotnet",
            [ "fsi"; "--nologo"; "--quiet"; "--readline-" ],
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    match Process.Start info with
    | null -> raise (Skipped "`dotnet fsi` did not start")
    | running ->
        use running = running
        let errors = running.StandardError.ReadToEndAsync()

        for line in typed do
            running.StandardInput.WriteLine line

        running.StandardInput.Close()
        let output = running.StandardOutput.ReadToEnd()
        running.WaitForExit()

        match output.Split '\n' |> Array.tryFind _.Contains("measured ") with
        | Some line -> numbers (line.Substring(line.IndexOf "measured " + 9).Trim())
        | None -> raise (Skipped $"`dotnet fsi` answered: {output.Trim()} {errors.Result.Trim()}")

let private fsi _ =
    let answers = [ for _ in 1..5 -> interactive () ]

    [ { Row.alone
            "first-gradient-fsi"
            "from `open NeuralDE` in fsi to the first spiral gradient, its model typed after it, time that passes"
            Seconds
            (answers |> List.map Array.head |> Array.ofList |> Quartiles.ofSamples) with
          Deviation = beside answers.Head[1..]
          Owed = AtMost 1.0 } ]

let private steps = 500

let private training _ =
    let runs = runs [ string steps ]
    let note =
        $"""{processor runs}; loss {runs.Head.Answer[0].ToString("G3", CultureInfo.InvariantCulture)} at the end"""

    [ { Row.alone
            "spiral-training"
            $"{steps} steps of Adam on the spiral loss, from the start of a published console program, time that passes"
            Seconds
            (quartiles _.Seconds runs) with
          Rival = Published("DiffEqFlux", 2.7)
          Owed = AtMost 0.5
          Note = note }
      { Row.alone "spiral-training-steps" $"steps 2 to {steps} of them" Seconds (quartiles _.Answer[1] runs) with
          Owed = AtMost 0.1 } ]

let all: Benchmark list =
    [ { Name = "first-gradient"; Run = console }
      { Name = "first-gradient-fsi"; Run = fsi }
      { Name = "spiral-training"; Run = training } ]

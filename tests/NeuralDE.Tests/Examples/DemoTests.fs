/// The example and the lines in README.md run as they stand, by dotnet fsi on the library under test.
module NeuralDE.Tests.Examples.DemoTests

open System.IO
open System.Reflection
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open NeuralDE
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Examples.Scripts

[<Fact>]
let ``the first F# lines of README.md run and draw their picture`` () =
    let lines =
        Regex.Match(File.ReadAllText(Root.file "README.md"), "```fsharp\r?\n(.*?)```", RegexOptions.Singleline)
    Assert.True(lines.Success, "README.md has no F# lines.")

    inFolder (fun folder ->
        File.WriteAllText(Path.Combine(folder, "readme.fsx"), withThisLibrary lines.Groups[1].Value)
        fsi folder 2.0 [ "readme.fsx" ] |> ignore
        Assert.True(File.Exists(Path.Combine(folder, "spiral.svg")), "spiral.svg was not drawn."))

/// Runs the demo in a folder of its own; what it prints, and the folder that it writes into.
let private demo folder =
    let copy (file: string) =
        let target = Path.Combine(folder, file)
        Directory.CreateDirectory(nonNull (Path.GetDirectoryName target)) |> ignore
        let text = File.ReadAllText(Root.file ("examples/" + file))
        File.WriteAllText(target, (if file.EndsWith ".fsx" then withThisLibrary text else text))

    List.iter copy [ "01-hare-lynx.fsx"; "hare-lynx/forecasts.fsx"; "hare-lynx/spiral.fsx"; "data/hare-lynx.csv" ]
    let out = Path.Combine(folder, "out")
    fsi folder 5.0 [ "01-hare-lynx.fsx"; out ], out

/// What the C# example prints, built in this configuration.
let private csharp (example: string) folder =
    let configuration =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyConfigurationAttribute>()
        |> Option.ofObj
        |> Option.map _.Configuration
        |> Option.defaultValue "Release"

    let program = Root.file $"examples/csharp/bin/{configuration}/net10.0/NeuralDE.Examples.dll"
    dotnetWith [] folder 3.0 [ program; example; folder ]

[<Fact>]
let ``the demo fits, forecasts, learns the spiral and reports, to the digits of the C# example`` () =
    inFolder (fun folder ->
        let printed, out = demo folder
        Assert.Matches("α +0.540 ± 0.059", printed)
        Assert.Contains("no ranking of models is established", printed)

        use summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(out, "summary.json")))
        let rec find (element: JsonElement) (path: string list) =
            match path with
            | [] -> element
            | name :: rest -> find (element.GetProperty name) rest
        let number path = (find summary.RootElement path).GetDouble()

        for name, expected in [ "alpha", 0.5402; "beta", 0.0272; "gamma", 0.7964; "delta", 0.0237 ] do
            Assert.Equal(expected, number [ name ], 2e-4)

        Assert.Equal(0.2192, number [ "log_rmse" ], 1e-4)
        Assert.InRange(number [ "neural_log_rmse" ], 0.05, 0.19)
        Assert.True(number [ "seconds" ] > 0.0)

        Assert.Equal(0.1889, number [ "rmse_fit"; "lotka_volterra" ], 1e-3)
        Assert.Equal(0.3533, number [ "rmse_forecast"; "lotka_volterra" ], 1e-3)
        Assert.Equal(5.38, number [ "rmse_forecast_pelts"; "lotka_volterra" ], 0.05)
        Assert.Equal(5.48, number [ "rmse_fit_pelts"; "lotka_volterra" ], 0.05)

        for model in [ "universal"; "neural_ode" ] do
            Assert.InRange(number [ "rmse_fit"; model ], 0.01, 0.15)
            Assert.InRange(number [ "rmse_forecast"; model ], 0.2, 1.0)

        Assert.InRange(number [ "spiral_mae" ], 0.0, 0.05)

        let pictures =
            [ "fit"
              "phase"
              "losses"
              "forecast"
              "forecast-losses"
              "spiral"
              "spiral-phase"
              "spiral-losses"
              "universal" ]
        let expected = "report.html" :: "summary.json" :: [ for name in pictures -> name + ".svg" ]
        let written = DirectoryInfo(out).GetFiles() |> Array.map _.Name |> Array.sort
        Assert.Equal<string[]>(expected |> List.sort |> Array.ofList, written)

        let report = File.ReadAllText(Path.Combine(out, "report.html"))
        Assert.Equal(pictures.Length, Regex.Matches(report, "role=\"img\"").Count)
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", report)

        let inCSharp = csharp "hare-lynx" folder + csharp "cubic-spiral" folder
        let losses = [ for name in [ "lotka_volterra"; "neural_ode"; "spiral" ] -> $"loss {name}", [ "losses"; name ] ]

        for name, path in ("spiral_mae", [ "spiral_mae" ]) :: losses do
            let digits = (find summary.RootElement path).GetRawText()
            Assert.Contains($"{name} {digits}\n", inCSharp))

[<Fact>]
let ``the tour runs and draws its picture`` () =
    inFolder (fun folder ->
        let scripts = Directory.CreateDirectory(Path.Combine(folder, "examples")).FullName
        File.WriteAllText(
            Path.Combine(scripts, "tour.fsx"),
            withThisLibrary (File.ReadAllText(Root.file "examples/02-tour.fsx"))
        )
        let printed = fsi scripts 2.0 [ "tour.fsx" ]
        Assert.Contains("Status    Success", printed)
        Assert.Contains("tensor [1.353465; 0.4926721] float64 [2]", printed)
        Assert.Contains("reverse derivative", printed)
        Assert.True(File.Exists(Path.Combine(folder, "artifacts", "tour", "spiral.svg")), "spiral.svg was not drawn."))

[<Fact>]
let ``the kinds of neural ODE are told apart and drawn`` () =
    inFolder (fun folder ->
        let scripts = Directory.CreateDirectory(Path.Combine(folder, "examples")).FullName
        let script = File.ReadAllText(Root.file "examples/03-neural-odes.fsx")
        File.WriteAllText(Path.Combine(scripts, "kinds.fsx"), withThisLibrary script)
        let printed = fsi scripts 2.0 [ "kinds.fsx" ]
        Assert.Matches("plain +[2-5]\\.[0-9]e-1", printed)
        Assert.Matches("augmented +[0-9.]+e-[4-9]", printed)
        Assert.True(File.Exists(Path.Combine(folder, "artifacts", "neural-odes", "crossing.svg")), "No picture drawn."))

[<Fact>]
let ``the pictures are drawn, and the report holds them`` () =
    inFolder (fun folder ->
        let script = Path.Combine(folder, "pictures.fsx")
        File.WriteAllText(script, withThisLibrary (File.ReadAllText(Root.file "examples/04-pictures.fsx")))
        let out = Path.Combine(folder, "out")
        fsi folder 2.0 [ script; out ] |> ignore
        let pictures = Directory.GetFiles(out, "*.svg")
        Assert.True(pictures.Length >= 18, $"Got {pictures.Length} pictures, expected 18 or more.")
        let report = File.ReadAllText(Path.Combine(out, "report.html"))
        Assert.Equal(pictures.Length, Regex.Matches(report, "role=\"img\"").Count))

[<Fact>]
let ``the mistakes in README.md look as it says`` () =
    let message (mistake: unit -> 'T) = Assert.ThrowsAny<exn>(fun () -> mistake () |> ignore).Message
    let solved (p: OdeProblem<Tensor>) () = Ode.solve p
    let grow (u: Tensor) = concat [ u; tensor [ 1.0 ] ]

    let messages =
        [ message (fun () -> Linear.apply (Linear.init (Key 1) 2 3) (ones [ 3 ]))
          message (solved (Ode.problem (fun _ u -> grow u) (ones [ 3 ]) (0, 1)))
          message (solved (Ode.problem (fun _ u -> u) (ones [ 1 ]) (0, 10) |> Ode.saveAt (tensor [ 1.0; 12.5 ])))
          message (fun () -> tensor [ 1.0; 2.0 ] + tensor [ 1.0f; 2.0f ])
          message (solved (Ode.problem (fun _ (u: Tensor) -> u * u) (ones [ 1 ]) (0, 2))) ]

    let readme = File.ReadAllText(Root.file "README.md")

    for said in messages do
        // README cuts the last sentence of a failed solve short
        Assert.Contains(said.Replace(StepTooSmall.Sentence, "[…]"), readme)

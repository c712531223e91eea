/// The example and the lines in README.md run as they stand, by dotnet fsi on the library under test.
module NeuralDE.Tests.Examples.DemoTests

open System.IO
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

[<Fact>]
let ``the demo fits hares and lynxes and writes its figures and pictures`` () =
    inFolder (fun folder ->
        let script = File.ReadAllText(Root.file "examples/01-hare-lynx.fsx")
        File.WriteAllText(Path.Combine(folder, "demo.fsx"), withThisLibrary script)
        Directory.CreateDirectory(Path.Combine(folder, "data")) |> ignore
        File.Copy(Root.file "examples/data/hare-lynx.csv", Path.Combine(folder, "data", "hare-lynx.csv"))
        let out = Path.Combine(folder, "out")
        let printed = fsi folder 3.0 [ "demo.fsx"; out ]
        Assert.Contains("0.540 ± 0.059", printed)

        use summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(out, "summary.json")))
        let number (name: string) = summary.RootElement.GetProperty(name).GetDouble()

        for name, expected in [ "alpha", 0.5402; "beta", 0.0272; "gamma", 0.7964; "delta", 0.0237 ] do
            Assert.Equal(expected, number name, 2e-4)

        Assert.Equal(0.2192, number "log_rmse", 1e-4)
        Assert.InRange(number "neural_log_rmse", 0.05, 0.19)
        Assert.True(number "seconds" > 0.0)

        let written = DirectoryInfo(out).GetFiles() |> Array.map _.Name |> Array.sort
        Assert.Equal<string[]>([| "fit.svg"; "losses.svg"; "phase.svg"; "summary.json" |], written))

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

/// The example and the lines in README.md run unchanged, by dotnet fsi with the library under test.
module NeuralDE.Tests.Examples.DemoTests

open System.IO
open System.Reflection
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Examples.Scripts

/// Runs the demo in a separate folder; returns its output and the folder with its files.
let private demo folder =
    let copy (file: string) =
        let target = Path.Combine(folder, file)
        Directory.CreateDirectory(nonNull (Path.GetDirectoryName target)) |> ignore
        let text = File.ReadAllText(Root.file ("examples/" + file))
        File.WriteAllText(target, (if file.EndsWith ".fsx" then withThisLibrary text else text))

    List.iter copy [ "01-hare-lynx.fsx"; "hare-lynx/forecasts.fsx"; "hare-lynx/spiral.fsx"; "data/hare-lynx.csv" ]
    let out = Path.Combine(folder, "out")
    fsi folder 5.0 [ "01-hare-lynx.fsx"; out ], out

/// The output of the C# example, built in this configuration.
let private csharp (example: string) folder =
    let configuration =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyConfigurationAttribute>()
        |> Option.ofObj
        |> Option.map _.Configuration
        |> Option.defaultValue "Release"

    let program = Root.file $"examples/csharp/bin/{configuration}/net10.0/NeuralDE.Examples.dll"
    dotnetWith [] folder 3.0 [ program; example; folder ]

[<Tests>]
let tests =
    testList
        "Examples.Demo"
        [ testCase "the error messages in README.md are the library's" (fun () ->
              let message (mistake: unit -> 'T) = (Expect.thrownAny<exn>(fun () -> mistake () |> ignore)).Message
              let solved (p: OdeProblem<Tensor>) () = Ode.solve p
              let grow (u: Tensor) = concat [ u; tensor [ 1.0 ] ]

              let messages =
                  [ message (fun () -> Linear.apply (Linear.init (Key 1) 2 3) (ones [ 3 ]))
                    message (solved (Ode.problem (fun _ u -> grow u) (ones [ 3 ]) (0, 1)))
                    message (
                        solved (Ode.problem (fun _ u -> u) (ones [ 1 ]) (0, 10) |> Ode.saveAt (tensor [ 1.0; 12.5 ]))
                    )
                    message (fun () -> tensor [ 1.0; 2.0 ] + tensor [ 1.0f; 2.0f ])
                    message (solved (Ode.problem (fun _ (u: Tensor) -> u * u) (ones [ 1 ]) (0, 2))) ]

              let readme = File.ReadAllText(Root.file "README.md")

              for said in messages do
                  // README shortens the last sentence of a failed solve
                  Expect.stringContains readme (said.Replace(StepTooSmall.Sentence, "[…]")) "readme") ]

[<Tests>]
let gates =
    testList
        "gates.Examples.Demo"
        [ testCase "the first F# lines of README.md run and draw their picture" (fun () ->
              let lines =
                  Regex.Match(
                      File.ReadAllText(Root.file "README.md"),
                      "```fsharp\r?\n(.*?)```",
                      RegexOptions.Singleline
                  )
              Expect.isTrue lines.Success "README.md has no F# lines."

              inFolder (fun folder ->
                  File.WriteAllText(Path.Combine(folder, "readme.fsx"), withThisLibrary lines.Groups[1].Value)
                  fsi folder 2.0 [ "readme.fsx" ] |> ignore
                  Expect.isTrue (File.Exists(Path.Combine(folder, "spiral.svg"))) "spiral.svg was not drawn."))

          testCase "the demo fits, forecasts, learns the spiral and reports, to the digits of the C# example" (fun () ->
              inFolder (fun folder ->
                  let printed, out = demo folder
                  Expect.isMatch printed "α +0.540 ± 0.059" "printed"
                  Expect.stringContains printed "no ranking of models is established" "printed"

                  use summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(out, "summary.json")))
                  let rec find (element: JsonElement) (path: string list) =
                      match path with
                      | [] -> element
                      | name :: rest -> find (element.GetProperty name) rest
                  let number path = (find summary.RootElement path).GetDouble()

                  for name, expected in [ "alpha", 0.5402; "beta", 0.0272; "gamma", 0.7964; "delta", 0.0237 ] do
                      Expect.near 2e-4 (number [ name ]) expected "number [ name ]"

                  Expect.near 1e-4 (number [ "log_rmse" ]) 0.2192 "number [ 'log_rmse' ]"
                  Expect.inRange (number [ "neural_log_rmse" ]) (0.05, 0.19) "number [ 'neural_log_rmse' ]"
                  Expect.isTrue (number [ "seconds" ] > 0.0) "number [ 'seconds' ] > 0.0"

                  Expect.near
                      1e-3
                      (number [ "rmse_fit"; "lotka_volterra" ])
                      0.1889
                      "number [ 'rmse_fit'; 'lotka_volterra' ]"
                  Expect.near
                      1e-3
                      (number [ "rmse_forecast"; "lotka_volterra" ])
                      0.3533
                      "number [ 'rmse_forecast'; 'lotka_volterra' ]"
                  Expect.near
                      0.05
                      (number [ "rmse_forecast_pelts"; "lotka_volterra" ])
                      5.38
                      "number [ 'rmse_forecast_pelts'; 'lotka_volterra' ]"
                  Expect.near
                      0.05
                      (number [ "rmse_fit_pelts"; "lotka_volterra" ])
                      5.48
                      "number [ 'rmse_fit_pelts'; 'lotka_volterra' ]"

                  for model in [ "universal"; "neural_ode" ] do
                      Expect.inRange (number [ "rmse_fit"; model ]) (0.01, 0.15) "number [ 'rmse_fit'; model ]"
                      Expect.inRange
                          (number [ "rmse_forecast"; model ])
                          (0.2, 1.0)
                          "number [ 'rmse_forecast'; model ]"

                  Expect.inRange (number [ "spiral_mae" ]) (0.0, 0.05) "number [ 'spiral_mae' ]"

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
                  Expect.equal written (expected |> List.sort |> Array.ofList) "written"

                  let report = File.ReadAllText(Path.Combine(out, "report.html"))
                  Expect.equal
                      (Regex.Matches(report, "role=\"img\"").Count)
                      pictures.Length
                      "Regex.Matches(report, 'role=\\'img\\'').Count"
                  Expect.isNotMatch report "(src|href)=\"(https?:)?//" "report"

                  let inCSharp = csharp "hare-lynx" folder + csharp "cubic-spiral" folder
                  let losses =
                      [ for name in [ "lotka_volterra"; "neural_ode"; "spiral" ] -> $"loss {name}", [ "losses"; name ] ]

                  for name, path in ("spiral_mae", [ "spiral_mae" ]) :: losses do
                      let digits = (find summary.RootElement path).GetRawText()
                      Expect.stringContains inCSharp $"{name} {digits}\n" "inCSharp"))

          testCase "the tour runs and draws its picture" (fun () ->
              inFolder (fun folder ->
                  let scripts = Directory.CreateDirectory(Path.Combine(folder, "examples")).FullName
                  File.WriteAllText(
                      Path.Combine(scripts, "tour.fsx"),
                      withThisLibrary (File.ReadAllText(Root.file "examples/02-tour.fsx"))
                  )
                  let printed = fsi scripts 2.0 [ "tour.fsx" ]
                  Expect.stringContains printed "Status    Success" "printed"
                  Expect.stringContains printed "tensor [1.353465; 0.4926721] float64 [2]" "printed"
                  Expect.stringContains printed "reverse derivative" "printed"
                  Expect.isTrue
                      (File.Exists(Path.Combine(folder, "artifacts", "tour", "spiral.svg")))
                      "spiral.svg was not drawn."))

          testCase "the kinds of neural ODE differ as expected and are drawn" (fun () ->
              inFolder (fun folder ->
                  let scripts = Directory.CreateDirectory(Path.Combine(folder, "examples")).FullName
                  let script = File.ReadAllText(Root.file "examples/03-neural-odes.fsx")
                  File.WriteAllText(Path.Combine(scripts, "kinds.fsx"), withThisLibrary script)
                  let printed = fsi scripts 2.0 [ "kinds.fsx" ]
                  Expect.isMatch printed "plain +[2-5]\\.[0-9]e-1" "printed"
                  Expect.isMatch printed "augmented +[0-9.]+e-[4-9]" "printed"
                  Expect.isTrue
                      (File.Exists(Path.Combine(folder, "artifacts", "neural-odes", "crossing.svg")))
                      "No picture drawn."))

          testCase "the pictures are drawn, and the report contains them" (fun () ->
              inFolder (fun folder ->
                  let script = Path.Combine(folder, "pictures.fsx")
                  File.WriteAllText(script, withThisLibrary (File.ReadAllText(Root.file "examples/04-pictures.fsx")))
                  let out = Path.Combine(folder, "out")
                  fsi folder 2.0 [ script; out ] |> ignore
                  let pictures = Directory.GetFiles(out, "*.svg")
                  Expect.isTrue (pictures.Length >= 18) $"Got {pictures.Length} pictures, expected 18 or more."
                  let report = File.ReadAllText(Path.Combine(out, "report.html"))
                  Expect.equal
                      (Regex.Matches(report, "role=\"img\"").Count)
                      pictures.Length
                      "Regex.Matches(report, 'role=\\'img\\'').Count")) ]

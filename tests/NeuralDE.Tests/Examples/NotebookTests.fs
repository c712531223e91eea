/// The library in a .NET notebook.
module NeuralDE.Tests.Examples.NotebookTests

open System
open System.Diagnostics
open System.IO
open System.Reflection
open System.Text.Json
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository

/// The FSharp.Core of .NET Interactive's kernel. It does not load an assembly that was built with a newer one.
let private ofNotebooks = System.Version(10, 0, 0, 0)

/// The output of a cell in the kernel that NEURALDE_NOTEBOOK names; `build.fsx gates` installs a kernel if the feed has one.
let private printedBy (kernel: string) (cell: string) =
    let info =
        ProcessStartInfo(
            kernel,
            [ "stdio"; "--default-kernel"; "fsharp" ],
            RedirectStandardInput = true,
            RedirectStandardOutput = true
        )

    info.Environment["DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT"] <- "1"
    use running = nonNull (Process.Start info)

    let command =
        JsonSerializer.Serialize
            {| token = "cell"
               commandType = "SubmitCode"
               command = {| code = cell; targetKernelName = "fsharp" |} |}

    running.StandardInput.WriteLine command
    running.StandardInput.Flush()

    let rec read printed =
        match running.StandardOutput.ReadLine() with
        | null -> failwith $"the kernel ended after: {printed}"
        | line when not (line.StartsWith '{') -> read printed
        | line ->
            use event = JsonDocument.Parse line
            let body = event.RootElement.GetProperty "event"

            match event.RootElement.GetProperty("eventType").GetString() with
            | "CommandSucceeded" -> printed
            | "CommandFailed" -> failwith $"the cell failed: {body}"
            | "StandardOutputValueProduced" ->
                let values = body.GetProperty "formattedValues"
                read (printed + string (values[0].GetProperty "value"))
            | _ -> read printed

    try
        read ""
    finally
        running.Kill true

[<Tests>]
let tests =
    testList
        "Examples.Notebook"
        [ testList
              "the library does not need a newer FSharp.Core than that of notebooks"
              [ for name in Library.names @ [ "NeuralDE.CSharp" ] do
                    testCase name (fun () ->
                        let output = Path.GetRelativePath(Root.file "tests/NeuralDE.Tests", AppContext.BaseDirectory)

                        let built =
                            match Library.assemblies |> List.tryFind (fun a -> a.GetName().Name = name) with
                            | Some ours -> ours.Location
                            | None -> Path.Combine(Root.file $"src/{name}", output, name + ".dll")

                        let references = Assembly.LoadFrom(built).GetReferencedAssemblies()
                        let ours = references |> Array.find (fun reference -> reference.Name = "FSharp.Core")
                        Expect.isTrue
                            (ours.Version <= ofNotebooks)
                            $"Got FSharp.Core {ours.Version}, expected {ofNotebooks} at most.") ]

          ]

[<Tests>]
let gates =
    testList
        "gates.Examples.Notebook"
        [ testCase "a notebook's kernel loads the library and differentiates" (fun () ->
              match Environment.GetEnvironmentVariable "NEURALDE_NOTEBOOK" with
              | null
              | "" -> skiptest "the feed has no kernel for notebooks"
              | kernel ->
                  let cell =
                      $"{Library.references}\n"
                      + "open NeuralDE\n"
                      + "let gradient = grad (fun (x: Tensor) -> sum (x * x * x)) (tensor [ 1.0; 2.0; 3.0 ])\n"
                      + "printf \"%s, FSharp.Core %O\" (string gradient) (typeof<int list>.Assembly.GetName().Version)"

                  Expect.equal
                      (printedBy kernel cell)
                      $"tensor [3; 12; 27] float64 [3], FSharp.Core {ofNotebooks}"
                      "printedBy kernel cell") ]

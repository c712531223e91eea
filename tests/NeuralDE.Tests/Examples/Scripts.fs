/// Scripts and programs of the documentation, run in folders of their own.
module NeuralDE.Tests.Examples.Scripts

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE

/// A script's text with its reference to the library replaced by the one these tests run on.
let withThisLibrary (script: string) =
    let reference = Regex("#r \"[^\"]*NeuralDE\\.Core\\.dll\"")
    Expect.single (reference.Matches script) "reference.Matches script" |> ignore
    reference.Replace(script, fun _ -> $"#r @\"{typeof<Tensor>.Assembly.Location}\"")

/// Does something in a folder of its own, which is then removed.
let inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "neuralde"

    try
        action folder.FullName
    finally
        folder.Delete true

/// What `dotnet arguments` prints, run in a folder with further variables; it must end well within the minutes.
let dotnetWith (variables: (string * string) list) folder (minutes: float) (arguments: string list) =
    let info =
        ProcessStartInfo(
            "dotnet",
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    // a build node that outlives the build would keep the output open
    for name, value in ("MSBUILDDISABLENODEREUSE", "1") :: variables do
        info.Environment[name] <- value

    use running = nonNull (Process.Start info)
    let output, errors = running.StandardOutput.ReadToEndAsync(), running.StandardError.ReadToEndAsync()
    let command = String.concat " " ("dotnet" :: arguments)

    if not (running.WaitForExit(TimeSpan.FromMinutes minutes)) then
        running.Kill true
        failtest $"`{command}` ran for more than {minutes} minutes."

    let said = $"`{command}` ended with exit code {running.ExitCode}, expected 0.\n{output.Result}\n{errors.Result}"
    Expect.isTrue (running.ExitCode = 0) said
    output.Result.ReplaceLineEndings "\n"

/// What `dotnet fsi arguments` prints.
let fsi folder minutes (arguments: string list) = dotnetWith [] folder minutes ("fsi" :: arguments)

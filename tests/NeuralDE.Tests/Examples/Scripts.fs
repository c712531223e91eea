/// Scripts and programs of the documentation, run in separate folders.
module NeuralDE.Tests.Examples.Scripts

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests

/// The text of a script that references the library under test.
let withThisLibrary (script: string) =
    let reference = Regex("(?m)^#load \"[^\"]*NeuralDE\\.Core\\.fs/load\\.fsx\"")
    Expect.single (reference.Matches script) "reference.Matches script" |> ignore
    reference.Replace(script, fun _ -> Library.references)

/// Runs an action in a separate folder, which is then removed.
let inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "neuralde"

    try
        action folder.FullName
    finally
        folder.Delete true

/// Runs `dotnet arguments` in a folder with environment variables and an input, for at most some minutes: exit code, output,
/// errors.
let endOfDotnet (variables: (string * string) list) (input: string) folder (minutes: float) (arguments: string list) =
    let info =
        ProcessStartInfo(
            "dotnet",
            arguments,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    // a build node that outlives the build would keep the output open
    for name, value in ("MSBUILDDISABLENODEREUSE", "1") :: variables do
        info.Environment[name] <- value

    use running = nonNull (Process.Start info)
    let output, errors = running.StandardOutput.ReadToEndAsync(), running.StandardError.ReadToEndAsync()
    running.StandardInput.Write input
    running.StandardInput.Close()

    if not (running.WaitForExit(TimeSpan.FromMinutes minutes)) then
        running.Kill true
        let command = String.concat " " ("dotnet" :: arguments)
        failtest $"`{command}` ran for more than {minutes} minutes."

    running.ExitCode, output.Result.ReplaceLineEndings "\n", errors.Result.ReplaceLineEndings "\n"

/// The output of `dotnet arguments`, which must succeed.
let dotnetWith variables folder minutes arguments =
    let code, output, errors = endOfDotnet variables "" folder minutes arguments
    let command = String.concat " " ("dotnet" :: arguments)
    Expect.isTrue (code = 0) $"`{command}` ended with exit code {code}, expected 0.\n{output}\n{errors}"
    output

/// The output of `dotnet fsi arguments`.
let fsi folder minutes (arguments: string list) = dotnetWith [] folder minutes ("fsi" :: arguments)

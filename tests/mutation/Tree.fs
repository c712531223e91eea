/// The copy of the repository that the changes are made in, and its build.
module Tree

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions

let root = Path.GetFullPath "artifacts/mutate/tree"

/// What a command prints, and its exit code.
let captured folder (arguments: string list) =
    let info =
        ProcessStartInfo(
            "dotnet",
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    use running = Process.Start info
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output + errors.Result

/// The files under version control, and new ones.
let files () =
    let info = ProcessStartInfo("git", [ "ls-files"; "-co"; "--exclude-standard" ], RedirectStandardOutput = true)
    use running = Process.Start info
    running.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
    |> Array.filter File.Exists
    |> List.ofArray

/// Is there while the tree is as it was built last.
let private built = Path.GetFullPath "artifacts/mutate/built"

let isBuilt () = File.Exists built
let setBuilt () = File.WriteAllText(built, "")

/// Writes only what differs: what is as it was is not compiled again.
let private write (file: string) (text: string) =
    let path = Path.Combine(root, file)

    if not (File.Exists path) || File.ReadAllText path <> text then
        File.Delete built
        Directory.CreateDirectory(nonNull (Path.GetDirectoryName path)) |> ignore
        File.WriteAllText(path, text)

let private copy (file: string) =
    let path = Path.Combine(root, file)
    let isSame () = FileInfo(path).Length = FileInfo(file).Length && File.ReadAllBytes path = File.ReadAllBytes file

    if not (File.Exists path) || not (isSame ()) then
        File.Delete built
        Directory.CreateDirectory(nonNull (Path.GetDirectoryName path)) |> ignore
        File.Copy(file, path, true)

/// Asks for the number of a change; -1 notes which changes are reached. A constant once compiled, so that the other branches
/// vanish from loops.
let private mutant =
    """namespace NeuralDE
{
    public static class Mutant
    {
        private static readonly int Chosen = int.Parse(System.Environment.GetEnvironmentVariable("NEURALDE_MUTANT") ?? "0");
        private static readonly bool Records = Chosen == -1;
        public static readonly bool[] Reached = new bool[100000];

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        public static bool Is(int number)
        {
            if (Records) Reached[number] = true;
            return number == Chosen;
        }
    }
}
"""

let private program = "tests/NeuralDE.Tests/Program.fs"
let private testProject = "tests/NeuralDE.Tests/NeuralDE.Tests.fsproj"
let private language = "src/NeuralDE.Core.fs/Language/NeuralDE.Language.fsproj"

/// The repository without changes, with a program for the tests that knows of them.
let prepare (files: string list) =
    let replaced = [ program; testProject; language ]
    // a mark in this folder says that the tree is built
    Directory.CreateDirectory root |> ignore

    for file in files do
        if not (List.contains file replaced || file.StartsWith "src/") then copy file

    write "src/NeuralDE.Kernels/Mutant.cs" mutant
    write program (File.ReadAllText "tests/mutation/Runner.fs")
    // all projects see the kernels, where the number of the change is
    write language ((File.ReadAllText language).Replace(" PrivateAssets=\"all\"", ""))
    // the example is run by a gate only
    let isExample (line: string) = line.Contains "examples"
    write testProject (File.ReadLines testProject |> Seq.filter (isExample >> not) |> String.concat "\n")

/// The sources of the library with these changes.
let change (files: string list) (changes: (int * Site.Site) list) =
    let ofFile = changes |> List.groupBy (fun (_, site) -> site.File) |> Map.ofList

    for file in files |> List.filter (fun file -> file.StartsWith "src/" && file <> language) do
        match Map.tryFind file ofFile with
        | Some changes -> write file (Site.rendered (Draw.languageOf file) (File.ReadAllText file) changes)
        | None -> copy file

/// The projects in the order of the build; the errors of one hide those of the next.
let projects =
    [ "src/NeuralDE.Kernels"
      "src/NeuralDE.Core.fs/Language"
      "src/NeuralDE.Core.fs/Solvers"
      "src/NeuralDE.Core.fs"
      "tests/NeuralDE.Tests" ]

let private isError =
    Regex(@"^\s*(?<file>[^\s(][^(]*)\((?<line>\d+),\d+[^)]*\): error (?<what>.*?)(?: \[|$)", RegexOptions.Multiline)

/// The numbers of the changes named on a line, or on the nearest line that names one.
let private blamed (file: string) (line: int) =
    let named (line: string) = [ for found in Regex.Matches(line, @"Mutant\.Is[ (](\d+)") -> int found.Groups[1].Value ]

    File.ReadLines file
    |> Seq.mapi (fun i text -> abs (i + 1 - line), named text)
    |> Seq.filter (fun (_, numbers) -> not numbers.IsEmpty)
    |> Seq.sortBy fst
    |> Seq.tryHead
    |> Option.map snd
    |> Option.defaultValue []

let private switches =
    [ "-c"; "Release"; "--nologo"; "-v"; "q"; "-m:1" ]
    @ [ for name in [ "TreatWarningsAsErrors"; "GenerateDocumentationFile" ] -> $"-p:{name}=false" ]
    @ [ "-p:WarningsAsErrors=" ]

/// Builds one project. What does not compile: the numbers of changes that the errors name.
let build project : Set<int> =
    match captured root ([ "build"; project ] @ switches) with
    | 0, _ -> Set.empty
    | _, output ->
        let found =
            [ for error in isError.Matches output do
                  let file = Path.GetFullPath(error.Groups["file"].Value, root)
                  if File.Exists file then yield! blamed file (int error.Groups["line"].Value) ]

        if found.IsEmpty then
            failwith $"{project} does not build, and no change is to blame:\n{output.Trim()}"
        Set.ofList found

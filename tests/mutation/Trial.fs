/// Runs of the tests of the changed tree: one without a change, which notes the tests that reach each change, then one for
/// each change until a test fails.
module Trial

open System
open System.Diagnostics
open System.IO

/// A test, its time in ms, and the numbers of the changes that it reaches.
type Test = { Path: string; Time: float; Reached: Set<int> }

type Verdict =
    | Killed of test: string
    | TimedOut of test: string
    | Crashed
    | Survived

/// The tests whose failure is expected of a change in a folder: the beginnings of their paths.
let private areas =
    [ "src/NeuralDE.Core.fs/Language/Base", [ "Tensor"; "Laws"; "Sizes.Limit"; "Sizes.Index" ]
      "src/NeuralDE.Core.fs/Language/Graph", [ "Engine"; "Tensor"; "Laws" ]
      "src/NeuralDE.Core.fs/Language/Engine", [ "Engine"; "Calculus" ]
      "src/NeuralDE.Core.fs/Language/Tensor", [ "Tensor"; "Laws"; "Sizes.Limit"; "Sizes.Index" ]
      "src/NeuralDE.Core.fs/Language/Calculus", [ "Calculus"; "Laws"; "Closure" ]
      "src/NeuralDE.Core.fs/Solvers", [ "Solvers"; "Closure" ]
      "src/NeuralDE.Core.fs/Data", [ "Data"; "Learning.Safetensors" ]
      "src/NeuralDE.Core.fs/Models", [ "Models" ]
      "src/NeuralDE.Core.fs/Pictures", [ "Pictures" ]
      "src/NeuralDE.Core.fs", [ "Learning" ]
      "src/NeuralDE.Kernels", [ "Kernels"; "Engine"; "Tensor" ] ]

let areaOf (folder: string) =
    areas |> List.find (fun (beginning, _) -> folder.StartsWith(beginning, StringComparison.Ordinal)) |> snd

let private isIn area (test: Test) =
    area |> List.exists (fun (beginning: string) -> test.Path.StartsWith(beginning + "."))

let private tests = "tests/NeuralDE.Tests/bin/Release/net10.0/NeuralDE.Tests.dll"

/// What the tests print with this change, within a time in ms; None after it.
let private run number (arguments: string list) (limit: float) =
    let info =
        ProcessStartInfo(
            "dotnet",
            tests :: arguments,
            WorkingDirectory = Tree.root,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    info.Environment["NEURALDE_MUTANT"] <- string number
    use running = Process.Start info
    let output, errors = running.StandardOutput.ReadToEndAsync(), running.StandardError.ReadToEndAsync()

    if running.WaitForExit(TimeSpan.FromMilliseconds limit) then
        running.WaitForExit()
        Some(output.Result, errors.Result)
    else
        running.Kill true
        None

/// Whether a file was written after the tests and what they use were built.
let isCurrent (file: string) =
    let folder = nonNull (Path.GetDirectoryName(Path.Combine(Tree.root, tests)))
    let built = Directory.GetFiles(folder, "NeuralDE.*.dll") |> Array.map File.GetLastWriteTime |> Array.max
    File.Exists file && File.GetLastWriteTime file > built

/// Every test of these areas, without a change; as it was found before where nothing was built since. A test that fails as it
/// is judges nothing.
let baseline (areas: string list) : Test list =
    let file = Path.GetFullPath "artifacts/mutate/baseline.tsv"

    if not (isCurrent file) then
        let part = file + ".part"
        let outcome = run -1 ("record" :: part :: areas) 7.2e6

        if not (File.Exists part) || FileInfo(part).Length = 0L then
            failwith $"the tests do not run without a change:\n{outcome}"

        File.Move(part, file, true)

    [ for line in File.ReadLines file do
          match line.Split '\t' with
          | [| "passed"; time; reached; path |] ->
              let numbers = reached.Split(',', StringSplitOptions.RemoveEmptyEntries)
              { Path = path; Time = float time; Reached = numbers |> Array.map int |> Set.ofArray }
          | _ -> printfn "without a change: %s" (line.Replace('\t', ' ')) ]

/// The quickest tests that take this long together.
let private quickest (milliseconds: float) (tests: Test list) =
    let sums = tests |> List.scan (fun sum test -> sum + test.Time) 0.0
    List.zip tests sums.Tail |> List.takeWhile (fun (_, sum) -> sum <= milliseconds) |> List.map fst

/// The tests that could see a change, for about a minute: those of its area that reach it; others of its area, since a value
/// that was made before, or by an earlier test, is kept, so that who uses it does not seem to reach it; those elsewhere that
/// reach it.
let private candidates (all: Test list) number area =
    let inOrder = all |> List.sortBy _.Time
    let reaching, others = inOrder |> List.partition (fun test -> test.Reached.Contains number)
    let here, elsewhere = reaching |> List.partition (isIn area)
    let beside = others |> List.filter (isIn area)

    quickest 30000.0 here
    @ quickest (if here.IsEmpty then 60000.0 else 5000.0) beside
    @ quickest 15000.0 elsewhere

/// Runs one change against the tests of its area, up to the first that fails.
let judge (all: Test list) (number: int, site: Site.Site) : Verdict =
    let tests = candidates all number (areaOf site.File)
    let file = Path.GetFullPath "artifacts/mutate/tests.tsv"
    File.WriteAllLines(file, [ for test in tests -> $"{test.Time}\t{test.Path}" ])
    let limit = 300000.0 + 3.0 * List.sumBy _.Time tests

    match run number [ "judge"; file ] limit with
    | None -> TimedOut "all"
    | Some(output, _) ->
        let verdicts = output.Split '\n' |> Array.filter _.StartsWith("verdict\t")

        match verdicts |> Array.tryLast |> Option.map _.Split('\t') with
        | Some [| _; "survived" |] -> Survived
        | Some [| _; "killed"; test |] -> Killed test
        | Some [| _; "timed out"; test |] -> TimedOut test
        | _ -> Crashed

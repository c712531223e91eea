// Everything one does with this repository: dotnet fsi build.fsx <target>. The targets stand at the end of the file.
// Base class library only, so that it runs wherever the .NET SDK does.

#load "bench/compare.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open System.Xml
open System.Xml.Linq

/// A stage that failed; the message says what came, what was expected and how to mend it.
exception Stop of string

let stop message = raise (Stop message)

Directory.SetCurrentDirectory __SOURCE_DIRECTORY__
// A build node that outlives the build would keep the caller's output pipe open.
Environment.SetEnvironmentVariable("MSBUILDDISABLENODEREUSE", "1")

// Processes

let start capture (arguments: string list) =
    let info =
        ProcessStartInfo("dotnet", arguments, RedirectStandardOutput = capture, RedirectStandardError = capture)
    Process.Start info

/// The exit code of `dotnet arguments`, its output going to ours.
let exitCode arguments =
    use running = start false arguments
    running.WaitForExit()
    running.ExitCode

/// The exit code and everything printed by `dotnet arguments`.
let captured arguments =
    use running = start true arguments
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output + errors.Result

let dotnet arguments =
    match exitCode arguments with
    | 0 -> ()
    | code ->
        let command = String.concat " " arguments
        stop $"`dotnet {command}` ended with exit code {code}, expected 0. What went wrong is printed above."

// Packages and tools

let feedVariable = "NEURALDE_FEED"

/// Fills NEURALDE_FEED, which paket.dependencies reads, with the first enabled source of the SDK.
let findFeed () =
    if String.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable feedVariable) then
        let _, sources = captured [ "nuget"; "list"; "source"; "--format"; "short" ]
        let enabled = Regex.Match(sources, @"^E\w* (.+?)\s*$", RegexOptions.Multiline)

        if not enabled.Success then
            stop
                $"`dotnet nuget list source` names no enabled source, expected one. Add one, or set {feedVariable} to its address."

        Environment.SetEnvironmentVariable(feedVariable, enabled.Groups[1].Value)

let restore () =
    findFeed ()

    match captured [ "tool"; "restore" ] with
    | 0, _ -> ()
    | code, output ->
        stop
            $"`dotnet tool restore` ended with exit code {code}, expected 0. Does the feed serve the tools?\n{output.Trim()}"

/// Resolves paket.dependencies afresh. A feed that lists no dependencies has them read from the downloaded packages, so
/// one pass sees only what the pass before it fetched: passes repeat until the lock file stands still. The address of
/// the feed that Paket writes there gives way to the variable.
let install () =
    let lock = "paket.lock"
    restore ()

    let rec pass n previous =
        if n > 8 then
            stop "paket.lock still changes after 8 passes, expected it to settle. Run `install` once more."
        File.Delete lock
        dotnet [ "paket"; "install" ]
        let text = Regex.Replace(File.ReadAllText lock, @"(?m)^(\s*remote:).*$", $"$1 %%{feedVariable}%%")
        File.WriteAllText(lock, text)
        if text <> previous then pass (n + 1) text

    pass 1 ""

// Sources and their format

/// The files with one of these extensions, build outputs left out, with forward slashes.
let sources (extensions: string list) =
    let folders = [ "src"; "tests"; "examples"; "bench"; "docs" ] |> List.filter Directory.Exists
    let isOutput (path: string) = Regex.IsMatch(path, "/(bin|obj)/")

    folders
    |> Seq.collect (fun folder -> Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
    |> Seq.append [ "build.fsx" ]
    |> Seq.map _.Replace('\\', '/')
    |> Seq.filter (fun path -> List.contains (Path.GetExtension path) extensions && not (isOutput path))
    |> Seq.sort
    |> List.ofSeq

/// Each formatter that has something to do: its files, its command that checks, its command that writes.
let formatters () =
    [ sources [ ".fs"; ".fsi"; ".fsx" ], [ "fantomas"; "--check" ], [ "fantomas" ]
      sources [ ".cs" ], [ "csharpier"; "check" ], [ "csharpier"; "format" ] ]
    |> List.filter (fun (files, _, _) -> not files.IsEmpty)

let format () =
    restore ()

    for files, _, write in formatters () do
        dotnet (write @ files)

let check () =
    restore ()

    for files, look, _ in formatters () do
        match captured (look @ files) with
        | 0, _ -> ()
        | _, output ->
            // Fantomas marks a file with ! or x, CSharpier with Error; what else they print repeats or explains it.
            let verdicts = [ for line in Regex.Matches(output, @"(?m)^(!|x|Error) .+$") -> line.Value.Trim() ]
            let shown = if verdicts.IsEmpty then output.Trim() else String.concat "\n  " verdicts
            stop $"{look.Head} objects to these files, expected none. Run `dotnet fsi build.fsx format`.\n  {shown}"

let countLines () =
    let folderOf (path: string) =
        let parts = path.Split '/'
        parts |> Array.take (min 3 (parts.Length - 1)) |> String.concat "/"

    let counts =
        sources [ ".fs"; ".fsi"; ".fsx"; ".cs" ]
        |> List.filter (fun path -> path.Contains '/')
        |> List.groupBy folderOf
        |> List.map (fun (folder, files) -> folder, files |> List.sumBy (File.ReadLines >> Seq.length))

    printfn "\nLines of source"

    for folder, lines in counts @ [ ("total", List.sumBy snd counts) ] do
        printfn "%7d  %s" lines folder

// Building and testing

let build () =
    restore ()
    dotnet [ "build"; "NeuralDE.sln"; "-c"; "Release"; "--nologo" ]

/// Native code beside the IL of what scripts reference, where the feed has the compiler for it: they start sooner.
let precompile () =
    match captured [ "build"; "src/NeuralDE.Core.fs"; "-c"; "Release"; "--nologo"; "-p:Precompile=true" ] with
    | 0, _ -> ()
    | _ -> printfn "The library was not precompiled; scripts start a little later."

/// The F# tests, a program of Expecto's; the C# tests, which `dotnet test` runs.
let fsharpTests = "tests/NeuralDE.Tests/bin/Release/net10.0/NeuralDE.Tests.dll"

let csharpTests = "tests/NeuralDE.CSharp.Tests"

/// The arguments of `dotnet` that run the F# tests whose paths begin with these words; all but the gates without words.
let fsharp (path: string option) =
    let filter = path |> Option.map (fun path -> [ "--filter"; path ]) |> Option.defaultValue []
    [ fsharpTests; "--colours"; "0"; "--fail-on-focused-tests" ] @ filter

let csharp = [ "test"; csharpTests; "-c"; "Release"; "--no-build"; "--nologo" ]

let loaded (file: string) =
    // a failed test may print what XML has no character for
    use reader = XmlReader.Create(file, XmlReaderSettings(CheckCharacters = false))
    XDocument.Load(reader).Descendants() |> List.ofSeq

/// How many tests passed and failed, by Expecto's JUnit summary. A skipped test is neither.
let countsOfJUnit (file: string) =
    let outcome (case: XElement) =
        case.Elements() |> Seq.map _.Name.LocalName |> Seq.tryFind (fun name -> name <> "properties")

    let outcomes = loaded file |> List.filter (fun e -> e.Name.LocalName = "testcase") |> List.map outcome
    let number which = outcomes |> List.filter which |> List.length
    number ((=) None), number (fun outcome -> outcome = Some "failure" || outcome = Some "error")

/// How many tests passed and failed, by one result file of `dotnet test`.
let countsOfTrx (file: string) =
    let counters = loaded file |> List.find (fun e -> e.Name.LocalName = "Counters")
    let count (name: string) = int (counters.Attribute(XName.Get name).Value)
    count "passed", count "failed" + count "error" + count "timeout" + count "aborted"

/// The counts of a run, of which it left these files. A run that says nothing, ran nothing or ended badly without a failed
/// test, as one does that crashed, counts one failure.
let settled name code counts (files: string[]) =
    let counted = files |> Array.map counts
    let passed, failed = Array.sumBy fst counted, Array.sumBy snd counted

    if passed + failed = 0 || (code <> 0 && failed = 0) then
        printfn "%s: %d tests passed, then exit code %d, expected a test and exit code 0." name passed code
        passed, failed + 1
    else
        passed, failed

let emptied (folder: string) =
    if Directory.Exists folder then Directory.Delete(folder, true)
    Directory.CreateDirectory folder |> ignore
    Path.GetFullPath folder

/// Runs F# tests by the beginning of their paths.
let runFSharp run name (path: string option) results =
    let file = Path.Combine(results, name + ".xml")
    let code = run (fsharp path @ [ "--junit-summary"; file ])
    Array.filter File.Exists [| file |] |> settled name code countsOfJUnit

let runCSharp run results =
    let code = run (csharp @ [ "--logger"; "trx;LogFilePrefix=csharp"; "--results-directory"; results ])
    Directory.GetFiles(results, "*.trx") |> settled "csharp" code countsOfTrx

let sum counts = List.sumBy fst counts, List.sumBy snd counts

/// The last line of every run of tests, and the exit code.
let told (passed, failed) =
    printfn "\n%d passed, %d failed" passed failed
    if failed = 0 then 0 else 1

let tested () =
    let results = emptied "artifacts/test-results"
    sum [ runFSharp exitCode "fsharp" None results; runCSharp exitCode results ]

/// A kernel for notebooks, in which a gate loads the library; without it where the feed has none.
let installNotebook () =
    let folder = Path.GetFullPath "artifacts/notebook"
    let kernel =
        Path.Combine(folder, if OperatingSystem.IsWindows() then "dotnet-interactive.exe" else "dotnet-interactive")

    if not (File.Exists kernel) then
        captured [ "tool"; "install"; "Microsoft.dotnet-interactive"; "--tool-path"; folder ] |> ignore

    if File.Exists kernel then
        Environment.SetEnvironmentVariable("NEURALDE_NOTEBOOK", kernel)
    else
        printfn "The feed serves no Microsoft.dotnet-interactive; the library is not tried in a notebook."

/// Open MPI and MPICH, with which a gate starts many processes; without them where Debian's packages do not install.
let installMpi () =
    let isThere name =
        (Environment.GetEnvironmentVariable "PATH").Split Path.PathSeparator
        |> Array.exists (fun folder -> File.Exists(Path.Combine(folder, name)))

    if not (isThere "mpirun.openmpi" && isThere "mpirun.mpich") then
        if isThere "apt-get" && Environment.UserName = "root" then
            let quiet (arguments: string list) =
                let info =
                    ProcessStartInfo("apt-get", arguments, RedirectStandardOutput = true, RedirectStandardError = true)
                use running = Process.Start info
                running.OutputDataReceived.Add ignore
                running.ErrorDataReceived.Add ignore
                running.BeginOutputReadLine()
                running.BeginErrorReadLine()
                running.WaitForExit()

            quiet [ "update"; "-qq" ]
            quiet [ "install"; "-y"; "-qq"; "openmpi-bin"; "mpich" ]

        if not (isThere "mpirun") then
            printfn "There is no mpirun (Debian: openmpi-bin or mpich); training by many processes is not tried."

/// The tests of the GPU back end, which need libtorch; ValueNone where the feed has none for this system.
let gpuTested () =
    let solution, project = "NeuralDE.Gpu.sln", "tests/NeuralDE.Gpu.Tests"
    findFeed ()

    match captured [ "restore"; solution; "--nologo" ] with
    | 0, _ ->
        dotnet [ "build"; project; "-c"; "Release"; "--nologo"; "-v"; "q" ]
        let results = emptied "artifacts/gpu-results"
        let file = Path.Combine(results, "gpu.xml")
        let program = $"{project}/bin/Release/net10.0/NeuralDE.Gpu.Tests.dll"
        let code = exitCode [ program; "--colours"; "0"; "--fail-on-focused-tests"; "--junit-summary"; file ]
        Array.filter File.Exists [| file |] |> settled "gpu" code countsOfJUnit |> ValueSome
    | _, output ->
        printfn "The GPU back end is not tested: libtorch's packages do not restore.\n%s" (output.Trim())
        ValueNone

/// Runs the tests of the GPU back end.
let gpu () =
    restore ()

    match gpuTested () with
    | ValueSome counts -> told counts
    | ValueNone ->
        stop "libtorch's packages do not restore, expected them on the feed. What went wrong is printed above."

let gated () =
    installNotebook ()
    installMpi ()
    runFSharp exitCode "gates" (Some "gates") (emptied "artifacts/gate-results")

let test () =
    check ()
    build ()
    let counts = tested ()
    countLines ()
    told counts

/// What learns, and what runs scripts, pages and packages: too slow to run after every change.
let gates () =
    build ()
    told (gated ())

let continuousIntegration () =
    check ()
    build ()
    let counts = [ tested (); gated (); ValueOption.defaultValue (0, 0) (gpuTested ()) ]
    countLines ()
    told (sum counts)

/// The number an argument stands for.
let numberOf (name: string) (text: string) =
    match Int32.TryParse text with
    | true, n when n >= 0 -> n
    | _ -> stop $"got `{text}` for the {name}, expected a whole number from 0."

/// Compares plans with the reference interpreter on random graphs: how many, and the seed of the first.
let fuzz (arguments: string list) =
    let count, seed =
        match arguments with
        | [] -> 100000, 0
        | [ count ] -> numberOf "count" count, 0
        | [ count; seed ] -> numberOf "count" count, numberOf "seed" seed
        | _ ->
            let got = String.concat " " arguments
            stop $"got `{got}`, expected a count and a seed: dotnet fsi build.fsx fuzz 100000 0"

    build ()
    let plans = fsharp (Some "Engine.Fuzz.plans")
    // a line of progress after each
    let portion = 5000

    /// A tenth as many graphs between guard pages, in a process of their own.
    let guarded () =
        Environment.SetEnvironmentVariable("NEURALDE_GUARD_SEED", string seed)
        Environment.SetEnvironmentVariable("NEURALDE_GUARD_COUNT", string (count / 10))

        match captured (fsharp (Some "Sizes.Sizes.random plans")) with
        | 0, _ ->
            printfn "%d graphs touch nothing but their arrays" (count / 10)
            0
        | _, output ->
            printfn "%s" output
            1

    let rec go first =
        let left = seed + count - first

        if left <= 0 then
            guarded ()
        else
            Environment.SetEnvironmentVariable("NEURALDE_FUZZ_SEED", string first)
            Environment.SetEnvironmentVariable("NEURALDE_FUZZ_COUNT", string (min portion left))

            match captured plans with
            | 0, _ ->
                let next = first + min portion left
                printfn "%d of %d graphs agree" (next - seed) count
                go next
            | _, output ->
                printfn "%s" output
                1

    go seed

/// Ways to run everything, each by a variable of the environment: the same tests pass on all of them.
let paths =
    [ "groups compiled", "NEURALDE_TIER", "compiled"
      "groups tile by tile", "NEURALDE_TIER", "tiled"
      "groups in turn", "NEURALDE_TIER", "alternating"
      "tiles of three rows", "NEURALDE_ROWS", "3"
      "nothing stored", "NEURALDE_STREAM", "256"
      "one thread", "NEURALDE_THREADS", "1"
      "256 bit vectors", "DOTNET_EnableAVX512", "0"
      "no vectors", "DOTNET_EnableHWIntrinsic", "0"
      "reference interpreter", "NEURALDE_EXECUTOR", "reference" ]

/// All tests and gates on all paths, a line for each; what failed is in the results of the path.
let testPaths () =
    build ()
    let quiet = captured >> fst

    let run index (name, variable, value) =
        let results = emptied $"artifacts/path-results/{index}"
        Environment.SetEnvironmentVariable(variable, value)
        let clock = Stopwatch.StartNew()
        let passed, failed =
            sum
                [ runFSharp quiet "fsharp" None results
                  runFSharp quiet "gates" (Some "gates") results
                  runCSharp quiet results ]
        Environment.SetEnvironmentVariable(variable, null)
        printfn "%-24s %5d passed, %d failed, %4.0f s" name passed failed clock.Elapsed.TotalSeconds
        failed

    let failed = paths |> List.mapi run |> List.sum
    if failed = 0 then 0 else 1

/// Writes the generated files of the C# face from the core and its docs.
let face () =
    restore ()
    dotnet [ "build"; "src/NeuralDE.Core.fs"; "-c"; "Release"; "--nologo" ]
    dotnet [ "fsi"; "src/NeuralDE.CSharp/Generator/face.fsx" ]
    dotnet [ "csharpier"; "format"; "src/NeuralDE.CSharp/Generated" ]

/// Changes the library in small ways, one at a time, and names the changes that no test notices. How many changes, and the seed
/// they are drawn by, may follow; then numbers of a former run, to judge these alone.
let mutate (arguments: string list) =
    let count, seed, only =
        match arguments with
        | [] -> 200, Random.Shared.Next 10000, []
        | [ count ] -> numberOf "count" count, Random.Shared.Next 10000, []
        | count :: seed :: only -> numberOf "count" count, numberOf "seed" seed, only |> List.map (numberOf "change")

    restore ()
    // the C# compiler lies beside the F# one in the SDK; its tree finds places in the kernels
    let roslyn = Path.Combine(AppContext.BaseDirectory, "..", "Roslyn", "bincore")
    let references =
        [ for name in [ "Microsoft.CodeAnalysis"; "Microsoft.CodeAnalysis.CSharp" ] ->
              "-r:" + Path.GetFullPath(Path.Combine(roslyn, name + ".dll")) ]
    let numbers = count :: seed :: only |> List.map string
    exitCode ([ "fsi" ] @ references @ [ "tests/mutation/mutate.fsx" ] @ numbers)

let approve () =
    build ()
    Environment.SetEnvironmentVariable("NEURALDE_APPROVE", "1")
    dotnet (fsharp (Some "Repository.PublicSurface"))
    dotnet (fsharp (Some "Pictures.Layout"))
    dotnet (csharp @ [ "--filter"; "FullyQualifiedName~PublicSurfaceTests" ])

/// What a command that is not dotnet's ends with and prints.
let run name folder (variables: (string * string) list) (arguments: string list) =
    let info =
        ProcessStartInfo(
            name,
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    for variable, value in variables do
        info.Environment[variable] <- value

    use running = Process.Start info
    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output + errors.Result

/// How the quick start tells to publish a program that is started often.
let private compiledAhead =
    [ "--use-current-runtime"; "--self-contained"; "false" ]
    @ [ "-p:PublishReadyToRun=true"; "-p:PublishReadyToRunComposite=true" ]

/// Measures ours and the peers; what follows `--` names rows, or is `micro` and arguments of BenchmarkDotNet.
let bench (arguments: string list) =
    let project, program = "bench/NeuralDE.Benchmarks", "bench/NeuralDE.FirstGradient"
    let published = "artifacts/first-gradient"
    restore ()
    dotnet [ "build"; project; "-c"; "Release"; "--nologo" ]

    if
        arguments.IsEmpty
        || arguments |> List.exists (fun name -> name.StartsWith "first" || name.StartsWith "spiral-t")
    then
        if Directory.Exists published then Directory.Delete(published, true)
        // a feed without the compiler for it costs one row
        exitCode ([ "publish"; program; "-c"; "Release"; "--nologo"; "-o"; published ] @ compiledAhead) |> ignore
        // what the row of fsi loads
        precompile ()

    // libtorch, a large download; a feed without it costs its column
    if List.tryHead arguments <> Some "micro" && Environment.GetEnvironmentVariable "NEURALDE_LIBTORCH" <> "none" then
        match captured [ "build"; "bench/NeuralDE.TorchPeer"; "-c"; "Release"; "--nologo" ] with
        | 0, _ -> ()
        | _, output -> printfn "libtorch is absent, bench/NeuralDE.TorchPeer does not build:\n%s" (output.Trim())

    // SUNDIALS beside the row of Robertson's kinetics; a machine without its headers costs that
    let libraries =
        [ "cvode"; "arkode"; "nvecserial"; "sunmatrixdense"; "sunlinsoldense" ]
        |> List.map (fun name -> "-lsundials_" + name)

    Directory.CreateDirectory "artifacts" |> ignore

    let compiled =
        try
            fst (run "cc" "." [] ([ "-O2"; "bench/rober.c"; "-o"; "artifacts/rober" ] @ libraries @ [ "-lm" ])) = 0
        with :? ComponentModel.Win32Exception ->
            false

    if not compiled then printfn "SUNDIALS or a C compiler is absent: bench/rober.c does not compile"

    exitCode ($"{project}/bin/Release/net10.0/NeuralDE.Benchmarks.dll" :: arguments)

/// The benchmarks of a checkout, built, with the program of the first gradient where the feed lets it be published.
let private buildBench root =
    let project = Path.Combine(root, "bench/NeuralDE.Benchmarks")
    let program = Path.Combine(root, "bench/NeuralDE.FirstGradient")
    let quiet = [ "-c"; "Release"; "--nologo"; "-v"; "q" ]
    let code, output = captured ([ "build"; project ] @ quiet)

    if code = 0 then
        let published = Path.Combine(root, "artifacts/first-gradient")
        captured ([ "publish"; program; "-o"; published ] @ quiet @ compiledAhead) |> ignore

    code, output

/// A clone of a commit with today's benchmarks; with its own where today's do not compile there.
let private olderBench reference =
    let git folder arguments =
        match run "git" folder [] arguments with
        | 0, output -> output.Trim()
        | _, output -> stop $"git does not find `{reference}`, expected a commit of this repository.\n{output.Trim()}"

    let commit = git "." [ "rev-parse"; "--verify"; reference + "^{commit}" ]
    // what was built for this commit before is kept
    let root = Path.GetFullPath $"artifacts/compare/{commit[..9]}"

    if not (Directory.Exists root) then
        git "." [ "clone"; "--quiet"; "--shared"; "--no-checkout"; "."; root ] |> ignore
        git root [ "checkout"; "--quiet"; commit ] |> ignore

    let take files =
        for file: string in files do
            File.Copy(file, Path.Combine(root, file), true)

    let folder = "bench/NeuralDE.Benchmarks"
    take (Directory.GetFiles folder)

    /// Its own benchmarks, with these of today's files.
    let own names () =
        git root [ "checkout"; "--quiet"; "--"; "bench" ] |> ignore
        take [ for name in names -> $"{folder}/{name}.fs" ]

    // today's, then its own with today's list of rows and shorter samples, then its own
    let rec attempt (before: (unit -> unit) list) =
        before.Head()

        match buildBench root, before.Tail with
        | (0, _), _ -> ()
        | (_, output), [] -> stop $"the benchmarks of `{reference}` do not build:\n{output.Trim()}"
        | _, others -> attempt others

    attempt [ (fun () -> take (Directory.GetFiles folder)); own [ "Sampling"; "Program" ]; own [] ]
    root

/// The benchmarks of a commit and of this checkout in turns, ours only and sampled briefly: each pair of runs gives a ratio
/// for each row. A number of pairs may follow the commit, 10 without it.
let compare (arguments: string list) =
    let reference, pairs =
        match arguments with
        | [ reference ] -> reference, 10
        | [ reference; pairs ] -> reference, max 1 (numberOf "pairs" pairs)
        | _ ->
            let got = String.concat " " arguments
            stop $"got `{got}`, expected a commit, then perhaps a number of pairs: dotnet fsi build.fsx compare main 10"

    restore ()
    let older, newer = olderBench reference, Path.GetFullPath "."

    match buildBench newer with
    | 0, _ -> ()
    | _, output -> stop $"the benchmarks do not build:\n{output.Trim()}"

    let measure root (side: string) (pair: int) =
        let results = Path.GetFullPath $"artifacts/compare/{side}-{pair}.json"
        File.Delete results

        let variables =
            [ "NEURALDE_BENCH", "short"
              "NEURALDE_BENCH_RESULTS", results
              "NEURALDE_PYTHON", "none"
              "NEURALDE_LIBTORCH", "none"
              "NEURALDE_OPENBLAS", "none" ]

        let clock = Stopwatch.StartNew()
        let program = "bench/NeuralDE.Benchmarks/bin/Release/net10.0/NeuralDE.Benchmarks.dll"

        match run "dotnet" root variables [ program ] with
        | 0, _ when File.Exists results -> printfn "pair %d, %s: %.0f s" pair side clock.Elapsed.TotalSeconds
        | code, output -> stop $"the {side} benchmarks ended with exit code {code}:\n{output.Trim()}"

        results

    // the one that comes first changes, since what comes second finds another machine
    let measured =
        [ for pair in 1..pairs do
              if pair % 2 = 1 then
                  let o = measure older "old" pair
                  o, measure newer "new" pair
              else
                  let n = measure newer "new" pair
                  measure older "old" pair, n ]

    printfn ""
    if Compare.print measured = 0 then 0 else 1

let demo () =
    let script = "examples/01-hare-lynx.fsx"
    if not (File.Exists script) then
        stop $"{script} is missing, expected the demo there. Restore it from the repository."
    build ()
    precompile ()
    dotnet [ "fsi"; script ]

// Documentation

/// The address of the site within what fsdocs writes, until each page has its own way to it.
let siteRoot = "@site@/"

/// Runs all pages in one process: fsdocs says nothing about code that raises.
let runPages () =
    let script = "artifacts/pages.fsx"
    let pages = Directory.GetFiles("docs", "*.fsx")
    Directory.CreateDirectory "artifacts" |> ignore
    File.WriteAllLines(script, [ for page in pages -> $"#load @\"{Path.GetFullPath page}\"" ])

    match captured [ "fsi"; script ] with
    | 0, _ -> ()
    | _, output -> stop $"the code of a page fails:\n{output.Trim()}"

/// The pages of docs/, executed, and the reference into artifacts/docs: no page needs a server or a network.
let docs () =
    let site = "artifacts/docs"
    restore ()
    dotnet [ "build"; "src/NeuralDE.Core.fs"; "-c"; "Release"; "--nologo" ]
    runPages ()

    for folder in [ site; ".fsdocs" ] do
        if Directory.Exists folder then Directory.Delete(folder, true)

    // At the beginning of a text, fsdocs takes `[time]` for a command and drops the text: a word joiner goes before it.
    let parts = [ "Language/NeuralDE.Language"; "Solvers/NeuralDE.Solvers"; "NeuralDE.Core" ]

    let texts =
        [ for part in parts ->
              Path.Combine(
                  "src/NeuralDE.Core.fs",
                  Path.GetDirectoryName part,
                  "bin/Release/net10.0",
                  Path.GetFileName part + ".xml"
              ) ]

    let written = [ for text in texts -> text, File.ReadAllText text ]

    for text, words in written do
        File.WriteAllText(text, Regex.Replace(words, @"(?m)((?:>|^)\s*)\[", "$1\u2060["))

    let project =
        [ "--projects" ]
        @ [ for part in parts -> $"src/NeuralDE.Core.fs/{part}.fsproj" ]
        @ [ "--properties"; "Configuration=Release" ]

    let pages = [ "--input"; "docs"; "--output"; site; "--nodefaultcontent"; "--parameters"; "root"; siteRoot ]
    // strict: a page whose code does not compile fails the build
    let code, output =
        try
            captured ([ "fsdocs"; "build"; "--eval"; "--strict"; "--clean" ] @ project @ pages)
        finally
            for text, words in written do
                File.WriteAllText(text, words)

            if Directory.Exists ".fsdocs" then Directory.Delete(".fsdocs", true)

    if code <> 0 then stop $"a page does not build; fsdocs says which, and why:\n{output.Trim()}"

    // what serves a search and other readers
    for extra in [ "*.md"; "llms*.txt"; "index.json" ] |> Seq.collect (fun pattern -> Directory.GetFiles(site, pattern)) do
        File.Delete extra

    let site = Path.GetFullPath site
    let found = Directory.GetFiles(site, "*.html", SearchOption.AllDirectories)

    for page in found do
        let up = Path.GetRelativePath(Path.Combine(page, ".."), site).Replace('\\', '/')
        let prefix = if up = "." then "" else up + "/"
        File.WriteAllText(page, File.ReadAllText(page).Replace(siteRoot, prefix))

    printfn "%d pages; begin at %s" found.Length (Path.Combine(site, "index.html"))

// Packages to give away

/// Packs what has a package into artifacts/packages, then runs the tests of packages on it: what they hold, and that a script
/// and fresh projects run on them. Nothing in them names a folder of this machine.
let pack () =
    let packages = Path.GetFullPath "artifacts/packages"
    if Directory.Exists packages then Directory.Delete(packages, true)
    restore ()
    let release = [ "-c"; "Release"; "--nologo" ]
    // all afresh: what was compiled before names this machine's folders in its symbols
    dotnet ([ "build"; "src/NeuralDE.CSharp"; "--no-incremental"; "-p:ContinuousIntegrationBuild=true" ] @ release)

    dotnet ([ "build"; "src/NeuralDE.Mpi"; "-p:ContinuousIntegrationBuild=true" ] @ release)

    for project in [ "src/NeuralDE.Core.fs"; "src/NeuralDE.CSharp"; "src/NeuralDE.Mpi" ] do
        dotnet ([ "pack"; project; "--no-build"; "-o"; packages ] @ release)

    dotnet ([ "build"; "tests/NeuralDE.Tests" ] @ release)
    Environment.SetEnvironmentVariable("NEURALDE_PACKAGES", packages)
    installNotebook ()
    dotnet (fsharp (Some "gates.Examples.Package"))
    dotnet (fsharp (Some "gates.Examples.Publish"))
    dotnet (fsharp (Some "gates.Examples.Notebook"))

    for file in Directory.GetFiles(packages, "*.nupkg") do
        printfn "%8d kB  %s" (FileInfo(file).Length / 1024L) file

// Targets

let targets =
    let alone action (further: string list) =
        if not further.IsEmpty then
            let got = String.concat " " further
            stop $"got `{got}` after the target, expected nothing. Only bench, compare, fuzz and mutate take more."

        action ()

    let ok action =
        alone (fun () ->
            action ()
            0)

    [ "build", "Release build, warnings as errors; precompiled", ok (build >> precompile)
      "test", "format check, build, all tests but the gates, lines of source", alone test
      "gates", "build, then what learns and what runs scripts, pages and packages", alone gates
      "ci",
      "all of test, then the gates and what gpu does, if libtorch restores: what CI runs",
      alone continuousIntegration
      "gpu", "build and test the GPU back end on libtorch, a download of 130 MB", alone gpu
      "paths", "build, all tests and gates on every path of the engine, a line for each", alone testPaths
      "fuzz", "build, plans against the interpreter on random graphs; a count and a first seed may follow", fuzz
      "mutate", "small changes of the library that no test notices; how many, and a seed, may follow", mutate
      "demo", "build, then run the first example", ok demo
      "bench", "measure ours and the peers; after -- names of rows, or micro", bench
      "compare", "measure a commit and this checkout in turns; the commit, and a number of pairs, follow", compare
      "docs", "run the pages of docs/ and write the site into artifacts/docs", ok docs
      "pack", "pack the library into artifacts/packages, and run programs on what was packed", ok pack
      "format", "write the formatting of every source file", ok format
      "check", "name the files whose formatting differs", ok check
      "face", "build the core, write the generated files of the C# face", ok face
      "approve", "rewrite the approved public surface and the approved layout of plots", ok approve
      "install", "resolve paket.dependencies into paket.lock", ok install ]

let main arguments =
    let known name = targets |> List.exists (fun (target, _, _) -> target = name)

    let run name further =
        let _, _, action = targets |> List.find (fun (target, _, _) -> target = name)

        try
            action further
        with Stop message ->
            eprintfn "%s: %s" name message
            // Whoever reads the last line of a run of tests learns that the run failed, though no test got to say so.
            if List.contains name [ "test"; "gates"; "ci"; "gpu" ] then printfn "\n0 passed, 1 failed"
            1

    match arguments with
    // `dotnet fsi` keeps the -- before them to itself
    | name :: further when known name -> run name further
    | _ ->
        let got = String.concat " " arguments
        eprintfn "Got `%s`, expected one target: dotnet fsi build.fsx <target>" got

        for name, summary, _ in targets do
            eprintfn "  %-8s %s" name summary

        1

exit (main (List.tail (List.ofArray fsi.CommandLineArgs)))

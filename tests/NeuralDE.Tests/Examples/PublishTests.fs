/// What is in a package beside its assemblies, and programs published with it: trimmed ones run, native ones are refused.
module NeuralDE.Tests.Examples.PublishTests

open System
open System.IO
open System.IO.Compression
open System.Reflection.Metadata
open System.Reflection.PortableExecutable
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Examples.PackageTests
open NeuralDE.Tests.Examples.Scripts

let private names = [ "NeuralDE.Core"; "NeuralDE.CSharp" ]

let private metadata (package: string) : Map<string, string> =
    let nuspec = XDocument.Parse(textOf package ".nuspec")

    Map
        [ for element in (nonNull nuspec.Root).Elements() |> Seq.collect _.Elements() do
              element.Name.LocalName, element.Value ]

/// The kind under which a PDB stores the source of a document.
let private embeddedSource = Guid "0E8A571B-6926-466E-B4AD-8AB04611F5FE"

/// The files of an assembly's symbols: those with their source, and the others.
let private documents (dll: Stream) : string list * string list =
    use bytes = new MemoryStream()
    dll.CopyTo bytes
    bytes.Position <- 0L
    use reader = new PEReader(bytes)

    let entry =
        reader.ReadDebugDirectory()
        |> Seq.find (fun entry -> entry.Type = DebugDirectoryEntryType.EmbeddedPortablePdb)

    use provider = reader.ReadEmbeddedPortablePdbDebugDirectoryData entry
    let symbols = provider.GetMetadataReader()

    let isEmbedded (document: DocumentHandle) =
        symbols.GetCustomDebugInformation(DocumentHandle.op_Implicit document: EntityHandle)
        |> Seq.exists (fun handle -> symbols.GetGuid(symbols.GetCustomDebugInformation(handle).Kind) = embeddedSource)

    let nameOf (document: DocumentHandle) = symbols.GetString(symbols.GetDocument(document).Name)
    let embedded, others = symbols.Documents |> List.ofSeq |> List.partition isEmbedded
    List.map nameOf embedded, List.map nameOf others

let private contents =
    [ for name in names do
          testCase $"{name}: icon, licence, notes, description, and nothing unexpected" (fun () ->
              let package = packages.Value.File name
              let told = metadata package
              Expect.equal told["icon"] "icon.png" "the icon"
              Expect.equal told["license"] "MIT" "the licence"
              Expect.equal told["readme"] "README.md" "the readme"
              Expect.stringStarts told["releaseNotes"] "## [" "the release notes"
              Expect.stringContains told["releaseNotes"] "### Added" "the release notes"
              Expect.isTrue (told["releaseNotes"].Length < 35000) "Got release notes of more than 35 000 letters."
              Expect.isTrue (told["description"].Length > 40) "Got no description."
              let allowed =
                  @"^(lib/net10\.0/NeuralDE\.\w+\.(dll|xml)|buildTransitive/NeuralDE\.\w+\.(props|targets|roots\.xml)"
              let others = @"|README\.md|LICENSE|icon\.png|_rels/\.rels|\[Content_Types\]\.xml|.*\.nuspec|package/.*)$"

              let stray = entries package |> List.filter (fun entry -> not (Regex.IsMatch(entry, allowed + others)))
              Expect.isEmpty stray "what no package should hold")

      testCase "the icon is a PNG of 128 by 128" (fun () ->
          use zip = ZipFile.OpenRead(packages.Value.File "NeuralDE.Core")
          use icon = (nonNull (zip.GetEntry "icon.png")).Open()
          let head = Array.zeroCreate<byte> 24
          icon.ReadExactly head
          Expect.equal head[..3] [| 137uy; 80uy; 78uy; 71uy |] "the signature"
          Expect.equal (head[19], head[23]) (128uy, 128uy) "the size")

      testCase "what the packages say to a project that uses them lies where NuGet looks" (fun () ->
          for file in [ "targets"; "roots.xml" ] do
              Expect.contains
                  (entries (packages.Value.File "NeuralDE.Core"))
                  $"buildTransitive/NeuralDE.Core.{file}"
                  "entries of NeuralDE.Core")

      testList
          "symbols hold the sources"
          [ for package, name in
                [ "NeuralDE.Core", "NeuralDE.Core"
                  "NeuralDE.Core", "NeuralDE.Kernels"
                  "NeuralDE.Core", "NeuralDE.Language"
                  "NeuralDE.Core", "NeuralDE.Solvers"
                  "NeuralDE.CSharp", "NeuralDE.CSharp" ] do
                testCase name (fun () ->
                    use zip = ZipFile.OpenRead(packages.Value.File package)
                    use dll = (zip.Entries |> Seq.find (fun entry -> entry.Name = name + ".dll")).Open()
                    let embedded, others = documents dll
                    Expect.isTrue (embedded.Length > 10) $"Got the sources of {string embedded.Length} files only."
                    // code that FSharp.Core inlines comes from a file that this repository does not have
                    let own = Directory.GetFiles(Root.file "src", "*.*s", SearchOption.AllDirectories)
                    let isOwn (path: string) =
                        own |> Array.exists (fun file -> Path.GetFileName file = Path.GetFileName path)
                    Expect.isEmpty (List.filter isOwn others) "files without their source") ] ]

// ── published programs ───────────────────────────────────────────────────────────────────────────────────────────

/// What reflection reaches: records of the program's own, tuples, unions, options, JSON, files, events, pictures.
let private program =
    """
using NeuralDE;

var (ts, y0) = (Linspace(0, 1.5, 30), Tensor.Of(2.0, 0.0));
Tensor Solve(Func<Tensor, Tensor> field) => Ode.Problem((_, u) => field(u), y0, 0, 1.5).SaveAt(ts).SolveYs();
var data = Solve(u => Stack(2.0 * u[1] - 0.1 * u[0], -2.0 * u[0] - 0.1 * u[1]));
var start = new Model(Mlp.Init(new Key(42), 2, 16, 2), Tensor.Of(1.0, 1.0), null, "spiral");
var fit = Lbfgs.Minimise(m => Mean(Square(Solve(u => m.Net.Apply(u) * m.Scale) - data)), start);
Console.WriteLine($"{fit.Status} after {fit.Iterations} iterations, loss {fit.Loss:0.0e-0}");
var slope = Calculus.Grad(((Tensor A, Point P) x) => Sum(x.A * x.P.X), (y0, new Point(y0)));
Console.WriteLine($"tuple {slope.Item2.X[0]}");
var train = Train.Start(start, Optimisers.Adam(1e-2)).Steps(3).Run(m => Mean(Square(m.Net.Apply(y0) * m.Scale)));
Console.WriteLine($"trained {train.Losses.Length}");
Checkpoint.Save("model.safetensors", fit.Model);
Console.WriteLine($"loaded {Checkpoint.Load("model.safetensors", start).Name}");
var ode = NeuralOde.Of(dim: 2).Field(f => f.Linear(8).Tanh().Linear(2)).Build(seed: 1);
var text = TreeJson.Write(ode);
Console.WriteLine($"json {Tree.Count(TreeJson.ReadLike(ode, text))} {TreeJson.Read<Mlp>(TreeJson.Write(start.Net)).Layers.Length}");
Console.WriteLine($"per sample {Ode.Problem((_, u) => -u, Ones(3, 2), 0, 1).PerSample().Solve().Statuses.Length}");
Plot.Trajectories(("data", ts, data)).Save("spiral.svg");
Console.WriteLine($"drawn {File.Exists("spiral.svg")}");

public sealed record Model(Mlp Net, Tensor Scale, Tensor? Bias, string Name);

public readonly record struct Point(Tensor X);
"""

let private said =
    [ @"after \d+ iterations, loss \d\.?\d*e-\d+"
      "tuple tensor 2"
      "trained 3"
      "loaded spiral"
      @"json \d+ 2"
      "per sample 3"
      "drawn True" ]

let private identifier = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier

/// A project of this program on the packages, in a folder of its own.
let private project folder (properties: string) =
    let home = Directory.CreateDirectory(Path.Combine(folder, "published")).FullName

    File.WriteAllText(
        Path.Combine(home, "Program.csproj"),
        "<Project Sdk='Microsoft.NET.Sdk'><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>"
        + "<ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable><NuGetAudit>false</NuGetAudit>"
        + $"{properties}</PropertyGroup><ItemGroup><PackageReference Include='NeuralDE.CSharp' Version='{packages.Value.Version}' />"
        + "</ItemGroup></Project>"
    )

    File.WriteAllText(Path.Combine(home, "Program.cs"), program)
    home

/// The user of PackageTests, who also has the feed of this machine: it serves what the SDK needs to publish.
let private publisher folder =
    let variables = user packages.Value folder
    let settings = Path.Combine(folder, "home", ".nuget", "NuGet", "NuGet.Config")

    match Environment.GetEnvironmentVariable "NEURALDE_FEED" with
    | null
    | "" -> ()
    | feed ->
        let text = File.ReadAllText settings
        File.WriteAllText(
            settings,
            text.Replace("</packageSources>", $"<add key='feed' value='{feed}' /></packageSources>")
        )

    variables

/// A folder of its own for something with a result.
let private within (action: string -> 'T) : 'T =
    let result = ref Unchecked.defaultof<'T>
    inFolder (fun folder -> result.Value <- action folder)
    result.Value

/// Publishes the program; skips where the feed lacks what the SDK needs for it.
let private publish folder properties =
    let home = project folder properties
    let arguments = [ "publish"; "-c"; "Release"; "-r"; identifier; "-o"; "out" ]
    let code, output, errors = endOfDotnet (publisher folder) "" home 8.0 arguments
    let all = output + errors
    if Regex.IsMatch(all, "error NU110[12]") then
        skiptest "the feed lacks what the SDK needs to publish this"
    home, code, all

let private runs folder properties =
    let home, code, output = publish folder properties
    Expect.isTrue (code = 0) $"The program is not published:\n{output}"

    let info =
        Diagnostics.ProcessStartInfo(
            Path.Combine(home, "out", "Program"),
            RedirectStandardOutput = true,
            WorkingDirectory = home
        )

    use running = nonNull (Diagnostics.Process.Start info)
    let printed = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    Expect.equal running.ExitCode 0 $"the exit code of the published program, which printed {printed}"

    for line in said do
        Expect.isMatch printed line "what the published program prints"

    let size = Directory.GetFiles(Path.Combine(home, "out")) |> Array.sumBy (fun file -> FileInfo(file).Length)
    float size / 1e6

[<Tests>]
let gates =
    testSequenced (
        testList
            "gates.Examples.Publish"
            [ testList "packages" contents

              testCase "a trimmed program outside of the repository runs, and is smaller" (fun () ->
                  let own = "<SelfContained>true</SelfContained>"
                  let whole = within (fun folder -> runs folder own)
                  let trimmed = within (fun folder -> runs folder (own + "<PublishTrimmed>true</PublishTrimmed>"))
                  Expect.isTrue (trimmed < 0.8 * whole) $"Got %.1f{trimmed} MB trimmed of %.1f{whole} MB.")

              testCase "a trimmed program of one file runs" (fun () ->
                  inFolder (fun folder ->
                      runs
                          folder
                          "<SelfContained>true</SelfContained><PublishTrimmed>true</PublishTrimmed><PublishSingleFile>true</PublishSingleFile>"
                      |> ignore))

              testCase "native code is refused when it is built, with the reason and the mend" (fun () ->
                  inFolder (fun folder ->
                      let home = project folder "<PublishAot>true</PublishAot>"
                      let code, output, errors =
                          endOfDotnet (publisher folder) "" home 8.0 [ "build"; "-c"; "Release" ]
                      let all = output + errors
                      if Regex.IsMatch(all, "error NU110[12]") then
                          skiptest "the feed lacks what the SDK needs for native code"
                      Expect.isTrue (code <> 0) "The build ends well, expected an error."

                      for word in [ "NDE0001"; "PublishAot"; "PublishTrimmed" ] do
                          Expect.stringContains all word "the error")) ]
    )

/// The contents of the packages, and programs that use only a folder of packages. `dotnet fsi build.fsx pack` runs these
/// tests on its packages, named by NEURALDE_PACKAGES; otherwise the tests make the packages.
module NeuralDE.Tests.Examples.PackageTests

open System
open System.IO
open System.IO.Compression
open System.Reflection.PortableExecutable
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Examples.Scripts

let private configuration =
#if DEBUG
    "Debug"
#else
    "Release"
#endif

let internal packed = Environment.GetEnvironmentVariable "NEURALDE_PACKAGES" |> Option.ofObj

/// The projects that become packages.
let private projects = [ "src/NeuralDE.Core.fs"; "src/NeuralDE.CSharp" ]

/// A folder with the packages, made once for all of these tests.
type Packages() =
    let own = Directory.CreateTempSubdirectory "neuralde"

    let folder =
        match packed with
        | Some folder -> folder
        | None ->
            for project in projects do
                [ "pack"; Root.file project; "-c"; configuration; "--no-build"; "-o"; own.FullName; "-v"; "q" ]
                |> dotnetWith [] Root.path 5.0
                |> ignore

            own.FullName

    member _.Folder = folder
    member _.File(name: string) =
        Expect.single (Directory.GetFiles(folder, $"{name}.*.nupkg")) "Directory.GetFiles(folder, $'{name}.*.nupkg')"
    member p.Version = Regex.Match(p.File "NeuralDE.Core", @"Core\.(\d.*)\.nupkg$").Groups[1].Value

    interface IDisposable with
        member _.Dispose() = own.Delete true

let internal entries (package: string) =
    use zip = ZipFile.OpenRead package
    [ for entry in zip.Entries -> entry.FullName ]

let internal textOf (package: string) (ending: string) =
    use zip = ZipFile.OpenRead package
    let entry = zip.Entries |> Seq.find (fun entry -> entry.FullName.EndsWith ending)
    use reader = new StreamReader(entry.Open())
    reader.ReadToEnd()

/// The packages that a package needs, with their minimum versions.
let private dependencies (package: string) =
    [ for element in XDocument.Parse(textOf package ".nuspec").Descendants() do
          if element.Name.LocalName = "dependency" then
              let attribute (name: string) = (nonNull (element.Attribute(XName.Get name))).Value
              attribute "id", attribute "version" ]

/// A separate folder for NuGet and the SDK, as of a new user: the only source is the folder of packages, and their
/// dependencies come from this machine's cache.
let internal user (packages: Packages) folder =
    let cache =
        match Environment.GetEnvironmentVariable "NUGET_PACKAGES" with
        | null
        | "" -> Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".nuget", "packages")
        | path -> path

    let home = Path.Combine(folder, "home")
    let settings = Path.Combine(home, ".nuget", "NuGet")
    Directory.CreateDirectory settings |> ignore

    File.WriteAllText(
        Path.Combine(settings, "NuGet.Config"),
        $"<configuration><packageSources><clear /><add key='local' value='{packages.Folder}' /></packageSources>"
        + $"<fallbackPackageFolders><add key='cache' value='{cache}' /></fallbackPackageFolders></configuration>"
    )

    [ "HOME", home
      "USERPROFILE", home
      "APPDATA", Path.Combine(home, ".nuget")
      "NUGET_PACKAGES", Path.Combine(folder, "cache")
      "DOTNET_CLI_HOME", home
      "DOTNET_NOLOGO", "1"
      "DOTNET_CLI_TELEMETRY_OPTOUT", "1"
      "DOTNET_GENERATE_ASPNET_CERTIFICATE", "false" ]

/// The first lines of a language in a text.
let private lines language (text: string) =
    let found = Regex.Match(text, $"```{language}\r?\n(.*?)```", RegexOptions.Singleline)
    Expect.isTrue found.Success $"Got no lines of {language}."
    found.Groups[1].Value

/// A console project with one file, its output, and its folder.
let private console (packages: Packages) folder (extension: string) (packageName: string) (source: string) =
    let project = Directory.CreateDirectory(Path.Combine(folder, "console")).FullName
    let compile = if extension = "fs" then "<Compile Include='Program.fs' />" else ""

    File.WriteAllText(
        Path.Combine(project, $"Program.{extension}proj"),
        "<Project Sdk='Microsoft.NET.Sdk'><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>"
        + "<ImplicitUsings>enable</ImplicitUsings><UseAppHost>false</UseAppHost><NuGetAudit>false</NuGetAudit></PropertyGroup>"
        + $"<ItemGroup>{compile}<PackageReference Include='{packageName}' Version='{packages.Version}' /></ItemGroup></Project>"
    )

    File.WriteAllText(Path.Combine(project, $"Program.{extension}"), source)
    dotnetWith (user packages folder) project 5.0 [ "run"; "-c"; "Release" ], project

/// Made for the first test that needs them, removed when the program ends.
let internal packages =
    lazy
        (let made = new Packages()
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> (made :> IDisposable).Dispose())
         made)

let private core = lazy (packages.Value.File "NeuralDE.Core")
let private fitted = @"after \d+ iterations, loss \d\.?\d*e-\d+"

let private drawn folder = Expect.isTrue (File.Exists(Path.Combine(folder, "spiral.svg"))) "spiral.svg was not drawn."

[<Tests>]
let gates =
    testList
        "gates.Examples.Package"
        [ testCase "the library's package contains library, kernels, documentation, readme and licence" (fun () ->
              for file in
                  [ "lib/net10.0/NeuralDE.Core.dll"
                    "lib/net10.0/NeuralDE.Core.xml"
                    "lib/net10.0/NeuralDE.Kernels.dll"
                    "lib/net10.0/NeuralDE.Language.dll"
                    "lib/net10.0/NeuralDE.Language.xml"
                    "lib/net10.0/NeuralDE.Solvers.dll"
                    "lib/net10.0/NeuralDE.Solvers.xml"
                    "README.md"
                    "LICENSE" ] do
                  Expect.contains (entries core.Value) file "entries core.Value"

              Expect.equal
                  (entries core.Value |> List.filter (fun name -> name.EndsWith ".dll") |> List.length)
                  4
                  "entries core.Value |> List.filter (fun name -> name.EndsWith '.dll') …"
              Expect.stringContains
                  (textOf core.Value "NeuralDE.Solvers.xml")
                  "M:NeuralDE.ProblemVerbs.solve"
                  "textOf core.Value 'NeuralDE.Solvers.xml'"
              let needed = dependencies core.Value
              Expect.equal (List.map fst needed) [ "FSharp.Core"; "MathNet.Numerics" ] "List.map fst needed"

              for name, least in needed do
                  Expect.isTrue (Char.IsDigit least[0]) $"Got {least} for {name}, expected a least version."

              // .NET notebooks have the assembly 10.0.0.0 and do not load a newer one
              Expect.stringStarts (Map.find "FSharp.Core" (Map.ofList needed)) "10.0." "the minimum FSharp.Core")

          testCase
              "the package for C# contains its library and global using, and references the core package"
              (fun () ->
                  let face = packages.Value.File "NeuralDE.CSharp"

                  for file in
                      [ "lib/net10.0/NeuralDE.CSharp.dll"
                        "lib/net10.0/NeuralDE.CSharp.xml"
                        "buildTransitive/NeuralDE.CSharp.props"
                        "README.md"
                        "LICENSE" ] do
                      Expect.contains (entries face) file "entries face"

                  Expect.equal
                      (entries face |> List.filter (fun name -> name.EndsWith ".dll") |> List.length)
                      1
                      "entries face |> List.filter (fun name -> name.EndsWith '.dll') |> …"
                  Expect.contains (dependencies face) ("NeuralDE.Core", packages.Value.Version) "dependencies face")

          testList
              "the assemblies contain symbols, and the packages contain no path of this machine"
              [ for package, name in
                    [ "NeuralDE.Core", "NeuralDE.Core"
                      "NeuralDE.Core", "NeuralDE.Kernels"
                      "NeuralDE.Core", "NeuralDE.Language"
                      "NeuralDE.Core", "NeuralDE.Solvers"
                      "NeuralDE.CSharp", "NeuralDE.CSharp" ] do
                    testCase $"{package}, {name}" (fun () ->
                        use zip = ZipFile.OpenRead(packages.Value.File package)
                        use bytes = new MemoryStream()
                        let entry = zip.Entries |> Seq.find (fun entry -> entry.Name = name + ".dll")
                        use image = entry.Open()
                        image.CopyTo bytes
                        bytes.Position <- 0L
                        use reader = new PEReader(bytes)

                        let embedded =
                            reader.ReadDebugDirectory()
                            |> Seq.filter (fun entry -> entry.Type = DebugDirectoryEntryType.EmbeddedPortablePdb)
                            |> Seq.exactlyOne

                        if packed.IsSome then
                            use provider = reader.ReadEmbeddedPortablePdbDebugDirectoryData embedded
                            let symbols = provider.GetMetadataReader()

                            let outside =
                                [ for document in symbols.Documents do
                                      let path = symbols.GetString(symbols.GetDocument(document).Name)
                                      if not (path.StartsWith "/_/") then path ]

                            Expect.isTrue outside.IsEmpty $"Got sources outside of /_/: %A{outside}."
                            let text = Text.Encoding.Latin1.GetString(bytes.ToArray())
                            Expect.isFalse (text.Contains Root.path) $"{name}.dll names {Root.path}.") ]

          testCase "the F# script of the readme runs on the package" (fun () ->
              inFolder (fun folder ->
                  let script =
                      $"#i @\"nuget: {packages.Value.Folder}\"\n" + lines "fsharp" (textOf core.Value "README.md")
                  File.WriteAllText(Path.Combine(folder, "spiral.fsx"), script)
                  let printed = dotnetWith (user packages.Value folder) folder 5.0 [ "fsi"; "spiral.fsx" ]
                  Expect.isMatch printed fitted "printed"
                  drawn folder))

          testCase "a fresh F# project runs on the package" (fun () ->
              inFolder (fun folder ->
                  let program = Regex.Replace(lines "fsharp" (textOf core.Value "README.md"), "(?m)^#r .*$", "")
                  let printed, project = console packages.Value folder "fs" "NeuralDE.Core" program
                  Expect.isMatch printed fitted "printed"
                  drawn project))

          testList
              "a fresh C# project runs these lines on its package"
              [ for page in [ "docs/quick-start.fsx"; "src/NeuralDE.CSharp/README.md" ] do
                    testCase page (fun () ->
                        inFolder (fun folder ->
                            let program = lines "csharp" (File.ReadAllText(Root.file page))
                            let printed, project = console packages.Value folder "cs" "NeuralDE.CSharp" program
                            Expect.isMatch printed ("Converged|" + fitted) "printed"
                            drawn project)) ] ]

/// The packages hold what they should, and programs that know nothing but a folder of packages run on them.
/// `dotnet fsi build.fsx pack` runs these tests on what it packed, named by NEURALDE_PACKAGES; otherwise they pack for themselves.
module NeuralDE.Tests.Examples.PackageTests

open System
open System.IO
open System.IO.Compression
open System.Reflection.Metadata
open System.Reflection.PortableExecutable
open System.Text.RegularExpressions
open System.Xml.Linq
open Xunit
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Examples.Scripts

let private configuration =
#if DEBUG
    "Debug"
#else
    "Release"
#endif

let private packed = Environment.GetEnvironmentVariable "NEURALDE_PACKAGES" |> Option.ofObj

/// The projects that become packages.
let private projects = [ "src/NeuralDE.Core.fs"; "src/NeuralDE.CSharp" ]

/// A folder that holds the packages, made once for all of these tests.
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
    member _.File(name: string) = Assert.Single(Directory.GetFiles(folder, $"{name}.*.nupkg"))
    member p.Version = Regex.Match(p.File "NeuralDE.Core", @"Core\.(\d.*)\.nupkg$").Groups[1].Value

    interface IDisposable with
        member _.Dispose() = own.Delete true

let private entries (package: string) =
    use zip = ZipFile.OpenRead package
    [ for entry in zip.Entries -> entry.FullName ]

let private textOf (package: string) (ending: string) =
    use zip = ZipFile.OpenRead package
    let entry = zip.Entries |> Seq.find (fun entry -> entry.FullName.EndsWith ending)
    use reader = new StreamReader(entry.Open())
    reader.ReadToEnd()

/// The packages that one needs, with the least version.
let private dependencies (package: string) =
    [ for element in XDocument.Parse(textOf package ".nuspec").Descendants() do
          if element.Name.LocalName = "dependency" then
              let attribute (name: string) = (nonNull (element.Attribute(XName.Get name))).Value
              attribute "id", attribute "version" ]

/// Everything of NuGet's and the SDK's that a user has, in a folder of its own: the only source is the folder of packages,
/// and what those need comes from this machine's cache.
let private user (packages: Packages) folder =
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
    Assert.True(found.Success, $"Got no lines of {language}.")
    found.Groups[1].Value

/// A console project of one file, what it printed, and its folder.
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

type PackageTests(packages: Packages) =
    let core = packages.File "NeuralDE.Core"
    let fitted = @"after \d+ iterations, loss \d\.?\d*e-\d+"

    let drawn folder = Assert.True(File.Exists(Path.Combine(folder, "spiral.svg")), "spiral.svg was not drawn.")

    interface IClassFixture<Packages>

    [<Fact>]
    member _.``the library's package holds it, its kernels, its documentation, a readme and the licence``() =
        for file in
            [ "lib/net10.0/NeuralDE.Core.dll"
              "lib/net10.0/NeuralDE.Core.xml"
              "lib/net10.0/NeuralDE.Kernels.dll"
              "README.md"
              "LICENSE" ] do
            Assert.Contains(file, entries core)

        Assert.Equal(2, entries core |> List.filter (fun name -> name.EndsWith ".dll") |> List.length)
        Assert.Contains("M:NeuralDE.OdeModule.solve", textOf core "NeuralDE.Core.xml")
        let needed = dependencies core
        Assert.Equal<string list>([ "FSharp.Core"; "MathNet.Numerics" ], List.map fst needed)

        for name, least in needed do
            Assert.True(Char.IsDigit least[0], $"Got {least} for {name}, expected a least version.")

        // .NET notebooks carry the assembly 10.0.0.0 and load no newer one
        Assert.StartsWith("10.0.", Map.find "FSharp.Core" (Map.ofList needed))

    [<Fact>]
    member _.``the package for C# holds its face and its using, and brings the library``() =
        let face = packages.File "NeuralDE.CSharp"

        for file in
            [ "lib/net10.0/NeuralDE.CSharp.dll"
              "lib/net10.0/NeuralDE.CSharp.xml"
              "buildTransitive/NeuralDE.CSharp.props"
              "README.md"
              "LICENSE" ] do
            Assert.Contains(file, entries face)

        Assert.Equal(1, entries face |> List.filter (fun name -> name.EndsWith ".dll") |> List.length)
        Assert.Contains(("NeuralDE.Core", packages.Version), dependencies face)

    [<Theory;
      InlineData("NeuralDE.Core", "NeuralDE.Core");
      InlineData("NeuralDE.Core", "NeuralDE.Kernels");
      InlineData("NeuralDE.CSharp", "NeuralDE.CSharp")>]
    member _.``symbols lie within, and in what is given away name no folder of this machine``
        (package: string, name: string)
        =
        use zip = ZipFile.OpenRead(packages.File package)
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

            Assert.True(outside.IsEmpty, $"Got sources outside of /_/: %A{outside}.")
            let text = Text.Encoding.Latin1.GetString(bytes.ToArray())
            Assert.False(text.Contains Root.path, $"{name}.dll names {Root.path}.")

    [<Fact>]
    member _.``a fresh F# script runs on the package as its readme says``() =
        inFolder (fun folder ->
            let script = $"#i @\"nuget: {packages.Folder}\"\n" + lines "fsharp" (textOf core "README.md")
            File.WriteAllText(Path.Combine(folder, "spiral.fsx"), script)
            let printed = dotnetWith (user packages folder) folder 5.0 [ "fsi"; "spiral.fsx" ]
            Assert.Matches(fitted, printed)
            drawn folder)

    [<Fact>]
    member _.``a fresh F# project runs on the package``() =
        inFolder (fun folder ->
            let program = Regex.Replace(lines "fsharp" (textOf core "README.md"), "(?m)^#r .*$", "")
            let printed, project = console packages folder "fs" "NeuralDE.Core" program
            Assert.Matches(fitted, printed)
            drawn project)

    [<Theory; InlineData("docs/quick-start.fsx"); InlineData("src/NeuralDE.CSharp/README.md")>]
    member _.``a fresh C# project runs these lines on its package``(page: string) =
        inFolder (fun folder ->
            let program = lines "csharp" (File.ReadAllText(Root.file page))
            let printed, project = console packages folder "cs" "NeuralDE.CSharp" program
            Assert.Matches("Converged|" + fitted, printed)
            drawn project)

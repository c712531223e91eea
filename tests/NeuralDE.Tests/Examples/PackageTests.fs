/// The packages hold what they should, and programs that know nothing but a folder of packages run on them.
/// `dotnet fsi build.fsx pack` runs these tests on what it packed, named by NEURALDE_PACKAGES; otherwise they pack for themselves.
module NeuralDE.Tests.Examples.PackageTests

open System
open System.IO
open System.IO.Compression
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
let private projects =
    [ "NeuralDE.Core", "src/NeuralDE.Core.fs"; "NeuralDE.CSharp", "src/NeuralDE.CSharp" ]
    |> List.filter (fun (_, folder) -> Directory.Exists(Root.file folder))

let private hasCSharp = List.length projects = 2

/// Runs with a folder that holds the packages, and everything that may be written.
let private withPackages (action: string -> unit) =
    inFolder (fun folder ->
        let packages = Path.Combine(folder, "packages")
        Directory.CreateDirectory packages |> ignore

        match packed with
        | Some source ->
            for file in Directory.GetFiles(source, "*.nupkg") do
                File.Copy(file, Path.Combine(packages, Path.GetFileName file))
        | None ->
            for _, project in projects do
                [ "pack"; Root.file project; "-c"; configuration; "--no-build"; "-o"; packages; "-v"; "q" ]
                |> dotnetWith [] Root.path 5.0
                |> ignore

        action folder)

let private package folder (name: string) =
    Assert.Single(Directory.GetFiles(Path.Combine(folder, "packages"), $"{name}.*.nupkg"))

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
let private user folder =
    let cache =
        match Environment.GetEnvironmentVariable "NUGET_PACKAGES" with
        | null
        | "" -> Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".nuget", "packages")
        | path -> path

    let home = Path.Combine(folder, "home")
    let settings = Path.Combine(home, ".nuget", "NuGet")
    Directory.CreateDirectory settings |> ignore
    let packages = Path.Combine(folder, "packages")

    File.WriteAllText(
        Path.Combine(settings, "NuGet.Config"),
        $"<configuration><packageSources><clear /><add key='local' value='{packages}' /></packageSources>"
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

let private version folder = Regex.Match(package folder "NeuralDE.Core", @"Core\.(\d.*)\.nupkg$").Groups[1].Value

/// The first lines of a language in a text.
let private lines language (text: string) =
    let found = Regex.Match(text, $"```{language}\r?\n(.*?)```", RegexOptions.Singleline)
    Assert.True(found.Success, $"Got no lines of {language}.")
    found.Groups[1].Value

/// A console project of one file, what it printed, and its folder.
let private console folder (extension: string) (packageName: string) (source: string) =
    let project = Directory.CreateDirectory(Path.Combine(folder, "console")).FullName
    let compile = if extension = "fs" then "<Compile Include='Program.fs' />" else ""

    File.WriteAllText(
        Path.Combine(project, $"Program.{extension}proj"),
        "<Project Sdk='Microsoft.NET.Sdk'><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>"
        + "<ImplicitUsings>enable</ImplicitUsings><UseAppHost>false</UseAppHost><NuGetAudit>false</NuGetAudit></PropertyGroup>"
        + $"<ItemGroup>{compile}<PackageReference Include='{packageName}' Version='{version folder}' /></ItemGroup></Project>"
    )

    File.WriteAllText(Path.Combine(project, $"Program.{extension}"), source)
    dotnetWith (user folder) project 5.0 [ "run"; "-c"; "Release" ], project

[<Fact>]
let ``the package of the library holds it, its kernels, its documentation, a readme and the licence`` () =
    withPackages (fun folder ->
        let core = package folder "NeuralDE.Core"

        for file in
            [ "lib/net10.0/NeuralDE.Core.dll"
              "lib/net10.0/NeuralDE.Core.xml"
              "lib/net10.0/NeuralDE.Kernels.dll"
              "README.md"
              "LICENSE" ] do
            Assert.Contains(file, entries core)

        let assemblies = entries core |> List.filter (fun name -> name.EndsWith ".dll")
        Assert.Equal(2, assemblies.Length)
        Assert.Contains("M:NeuralDE.OdeModule.solve", textOf core "NeuralDE.Core.xml")

        let needed = dependencies core
        Assert.Equal<string list>([ "FSharp.Core"; "MathNet.Numerics" ], List.map fst needed)
        // a least version, not the only one
        for name, least in needed do
            Assert.True(Char.IsDigit least[0], $"Got {least} for {name}, expected a least version.")

        if hasCSharp then
            let face = package folder "NeuralDE.CSharp"

            for file in
                [ "lib/net10.0/NeuralDE.CSharp.dll"; "lib/net10.0/NeuralDE.CSharp.xml"; "README.md"; "LICENSE" ] do
                Assert.Contains(file, entries face)

            Assert.Contains(
                entries face,
                fun name -> Regex.IsMatch(name, @"^build\w*/(net10\.0/)?NeuralDE\.CSharp\.props$")
            )
            Assert.Contains(("NeuralDE.Core", version folder), dependencies face))

[<Fact>]
let ``symbols lie within the assemblies, and a package that is to be given away names no folder of this machine`` () =
    withPackages (fun folder ->
        use zip = ZipFile.OpenRead(package folder "NeuralDE.Core")

        for name in [ "NeuralDE.Core.dll"; "NeuralDE.Kernels.dll" ] do
            let entry = zip.Entries |> Seq.find (fun entry -> entry.Name = name)
            let file = Path.Combine(folder, name)
            entry.ExtractToFile file
            use image = new Reflection.PortableExecutable.PEReader(File.OpenRead file)

            let embedded =
                image.ReadDebugDirectory()
                |> Seq.filter (fun entry ->
                    entry.Type = Reflection.PortableExecutable.DebugDirectoryEntryType.EmbeddedPortablePdb)
                |> Seq.exactlyOne

            if packed.IsSome then
                use provider = image.ReadEmbeddedPortablePdbDebugDirectoryData embedded
                let symbols = provider.GetMetadataReader()

                let outside =
                    [ for document in symbols.Documents do
                          let path = symbols.GetString(symbols.GetDocument(document).Name)
                          if not (path.StartsWith "/_/") then path ]

                Assert.True(outside.IsEmpty, $"Got sources of {name} outside of /_/: %A{outside}."))

[<Fact>]
let ``a fresh F# script runs on the package as its readme says`` () =
    withPackages (fun folder ->
        let readme = textOf (package folder "NeuralDE.Core") "README.md"
        let packages = Path.Combine(folder, "packages")
        let script = $"#i @\"nuget: {packages}\"\n" + lines "fsharp" readme
        File.WriteAllText(Path.Combine(folder, "spiral.fsx"), script)
        let printed = dotnetWith (user folder) folder 5.0 [ "fsi"; "spiral.fsx" ]
        Assert.Matches(@"after \d+ iterations, loss \d\.?\d*e-\d+", printed)
        Assert.True(File.Exists(Path.Combine(folder, "spiral.svg")), "spiral.svg was not drawn."))

[<Fact>]
let ``a fresh F# project runs on the package`` () =
    withPackages (fun folder ->
        let readme = textOf (package folder "NeuralDE.Core") "README.md"
        let program = Regex.Replace(lines "fsharp" readme, "(?m)^#r .*$", "")
        let printed, project = console folder "fs" "NeuralDE.Core" program
        Assert.Matches(@"after \d+ iterations, loss \d\.?\d*e-\d+", printed)
        Assert.True(File.Exists(Path.Combine(project, "spiral.svg")), "spiral.svg was not drawn."))

[<Fact>]
let ``a fresh C# project runs the lines of the quick start on its package`` () =
    if hasCSharp then
        withPackages (fun folder ->
            let program = lines "csharp" (File.ReadAllText(Root.file "docs/quick-start.fsx"))
            let printed, project = console folder "cs" "NeuralDE.CSharp" program
            Assert.Contains("tensor [-0.1; 2] float64 [2], Converged", printed)
            Assert.True(File.Exists(Path.Combine(project, "spiral.svg")), "spiral.svg was not drawn."))

/// Compile order is the architecture: the project files list the layers from the bottom up, and list every file.
module NeuralDE.Tests.Repository.LayersTests

open System.IO
open System.Xml.Linq
open Expecto
open NeuralDE.Tests

/// The projects of the core, lowest first, and the layers of each: folders of src/NeuralDE.Core.fs.
let private projects =
    [ "Language/NeuralDE.Language.fsproj",
      [ "Base"
        "Graph"
        "Engine/Passes"
        "Engine/Reference"
        "Engine/Memory"
        "Engine/Groups"
        "Engine/Streams"
        "Engine/Loops"
        "Engine/Lanes"
        "Engine/Lowering"
        "Engine/Run"
        "Tensor"
        "Calculus" ]
      "Solvers/NeuralDE.Solvers.fsproj", [ "Equations"; "Steppers"; "Integration"; "Families" ]
      "NeuralDE.Core.fsproj", [ "Data"; "Layers"; "Optimisers"; "Storage"; "Training"; "Models"; "Pictures" ] ]

let private core = Root.file "src/NeuralDE.Core.fs"

/// The folder of a project.
let private folderOf (project: string) = Path.Combine(core, nonNull (Path.GetDirectoryName project))

/// The files of a project's compile list, in order.
let private compiled (project: string) =
    XDocument.Load(Path.Combine(core, project)).Descendants(XName.Get "Compile")
    |> Seq.choose (fun item -> item.Attribute(XName.Get "Include") |> Option.ofObj)
    |> Seq.map _.Value.Replace('\\', '/')
    |> List.ofSeq

let private layerOf (path: string) = path.Substring(0, max 0 (path.LastIndexOf '/'))

/// Public types are in NeuralDE, internal ones in NeuralDE.Internal and the name of their layer (the folders of the engine share
/// one). `extended` are the namespaces of other libraries that a file adds members to.
let private misplaced (project: string) (path: string) : string list =
    let extended = [ "FSharp"; "Microsoft" ]
    let own = "NeuralDE.Internal." + (layerOf path).Split('/').[0]

    [ for line in File.ReadLines(Path.Combine(folderOf project, path)) do
          if line.StartsWith("namespace ", System.StringComparison.Ordinal) then
              let name = line.Substring(10).Trim()
              let isOther =
                  extended
                  |> List.exists (fun e -> name = e || name.StartsWith(e + ".", System.StringComparison.Ordinal))
              if name <> "NeuralDE" && name <> own && not isOther then
                  $"{path}: {name}, expected NeuralDE or {own}" ]

let private laws (project: string) (layers: string list) =
    let compiled = lazy (compiled project)

    [ testCase "every compiled file is in a layer" (fun () ->
          let stray = compiled.Value |> List.filter (fun path -> not (List.contains (layerOf path) layers))
          let listed, known = String.concat ", " stray, String.concat ", " layers
          Expect.isTrue
              stray.IsEmpty
              $"Got {listed} outside the layers, expected each file in a folder of: {known}. Move it.")

      testCase "the compile list has the layers in order, from the bottom up" (fun () ->
          let got =
              compiled.Value
              |> List.map layerOf
              |> List.fold (fun seen layer -> if List.tryHead seen = Some layer then seen else layer :: seen) []
              |> List.rev

          let gotText, expectedText = String.concat ", " got, String.concat ", " layers
          Expect.isTrue
              (got = layers)
              $"Got the layers in the order {gotText}, expected {expectedText}. Move the files.")

      testCase "internal namespaces are named after the layer" (fun () ->
          Expect.isEmpty
              (compiled.Value |> List.collect (misplaced project))
              "files whose namespace is that of another layer")

      testCase "every source file is compiled once" (fun () ->
          let folder = folderOf project

          let onDisk =
              layers
              |> List.collect (fun layer ->
                  let files = Directory.GetFiles(Path.Combine(folder, layer), "*.fs*", SearchOption.AllDirectories)
                  [ for path in files -> Path.GetRelativePath(folder, path).Replace('\\', '/') ])

          let missing = onDisk |> List.except compiled.Value |> String.concat ", "
          Expect.isTrue (missing = "") $"Got {missing} on disk only, expected in {project} too. List or delete it."
          Expect.equal compiled.Value (List.distinct compiled.Value) "compiled") ]

[<Tests>]
let tests =
    testList
        "Repository.Layers"
        [ for project, layers in projects do
              testList project (laws project layers)

          testCase "every folder of the core is a layer" (fun () ->
              let known =
                  [ for project, layers in projects do
                        for layer in layers -> Path.GetFullPath(Path.Combine(folderOf project, layer)) ]

              let holding =
                  Directory.GetFiles(core, "*.fs", SearchOption.AllDirectories)
                  |> Array.map (fun path -> nonNull (Path.GetDirectoryName path))
                  |> Array.distinct
                  |> Array.filter (fun folder -> not (folder.Contains "/obj/"))

              Expect.isEmpty (Set.ofArray holding - Set.ofList known) "folders with sources that no project lists") ]

/// Compile order is the architecture: the project file lists the layers from the bottom up and leaves no file out.
module NeuralDE.Tests.Repository.LayersTests

open System.IO
open System.Xml.Linq
open Expecto
open NeuralDE.Tests

/// The layers of the core, lowest first; the folders of src/NeuralDE.Core.fs.
let private layers =
    [ "Base"
      "Graph"
      "Engine"
      "Tensor"
      "Calculus"
      "Equations"
      "Steppers"
      "Integration"
      "Families"
      "Gradients"
      "Data"
      "Learning"
      "Models"
      "Analysis" ]

let private core = Root.file "src/NeuralDE.Core.fs"

/// The files of the compile list, in its order.
let private compiled =
    XDocument.Load(Path.Combine(core, "NeuralDE.Core.fsproj")).Descendants(XName.Get "Compile")
    |> Seq.choose (fun item -> item.Attribute(XName.Get "Include") |> Option.ofObj)
    |> Seq.map _.Value.Replace('\\', '/')
    |> List.ofSeq

let private layerOf (path: string) = path.Split('/')[0]

[<Tests>]
let tests =
    testList
        "Repository.Layers"
        [ testCase "every compiled file lies in a layer" (fun () ->
              let stray = compiled |> List.filter (fun path -> not (List.contains (layerOf path) layers))
              let listed, known = String.concat ", " stray, String.concat ", " layers
              Expect.isTrue
                  stray.IsEmpty
                  $"Got {listed} outside the layers, expected each file in a folder of: {known}. Move it.")

          testCase "the compile list goes through the layers once, from the bottom up" (fun () ->
              let got =
                  compiled
                  |> List.map layerOf
                  |> List.fold (fun seen layer -> if List.tryHead seen = Some layer then seen else layer :: seen) []
              let got = List.rev got
              let expected = layers |> List.filter (fun layer -> List.contains layer got)
              let gotText, expectedText = String.concat ", " got, String.concat ", " expected
              Expect.isTrue
                  (got = expected)
                  $"Got the layers in the order {gotText}, expected {expectedText}. Move the files.")

          testCase "every source file is compiled once" (fun () ->
              let onDisk =
                  layers
                  |> List.map (fun layer -> Path.Combine(core, layer))
                  |> List.filter Directory.Exists
                  |> List.collect (fun folder ->
                      List.ofArray (Directory.GetFiles(folder, "*.fs*", SearchOption.AllDirectories)))
                  |> List.map (fun path -> Path.GetRelativePath(core, path).Replace('\\', '/'))

              let missing = onDisk |> List.except compiled |> String.concat ", "
              Expect.isTrue
                  (missing = "")
                  $"Got {missing} on disk only, expected in NeuralDE.Core.fsproj too. List or delete it."
              Expect.equal compiled (List.distinct compiled) "compiled") ]

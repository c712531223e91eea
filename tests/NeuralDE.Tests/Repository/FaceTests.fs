/// The generated files of the C# face are what its generator makes of the core and its docs.
module NeuralDE.Tests.Repository.FaceTests

open System.IO
open System.Text.RegularExpressions
open Expecto
open NeuralDE
open NeuralDE.Tests

let private face = Root.file "src/NeuralDE.CSharp"

/// The formatter changes the space between words only.
let private words (text: string) = Regex.Replace(text, @"\s", "")

let private core = [ typeof<Tensor>.Assembly; typeof<Status>.Assembly; typeof<Mlp>.Assembly ]
let private made = lazy (Face.Files.all core)

[<Tests>]
let tests =
    testList
        "Repository.Face"
        [ testCase "the generated files are those of the generator" (fun () ->
              let committed =
                  [ for path in
                        Directory.EnumerateFiles(Path.Combine(face, "Generated"), "*", SearchOption.AllDirectories) ->
                        Path.GetRelativePath(face, path).Replace('\\', '/'), words (File.ReadAllText path) ]

              let expected = [ for path, text in made.Value -> path, words text ]

              let differing =
                  Set.union (Set committed - Set expected) (Set expected - Set committed)
                  |> Set.map fst
                  |> String.concat ", "

              Expect.equal
                  differing
                  ""
                  $"Got other files than the generator makes. Run `dotnet fsi build.fsx face` and commit what it writes: {differing}")

          testCase "every member has docs" (fun () ->
              let without =
                  [ for path, text in made.Value do
                        if text.Contains Face.Docs.noDocs then path ]
              Expect.isEmpty without "files with members whose docs the core lacks. Write them there.")

          testCase "every line of the rules is needed" (fun () ->
              Expect.isEmpty
                  (Face.Files.stale core)
                  "names and phrases of the rules that the core lacks. Delete these lines.") ]

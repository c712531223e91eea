/// Generic functions of F# modules can be compiled ahead only where their class has the mark that src/Modules.targets sets.
module NeuralDE.Tests.Repository.ModuleMarksTests

open System.Reflection
open Expecto
open NeuralDE

let private isUnmarked (t: System.Type) =
    isNull t.TypeInitializer && not (t.Attributes.HasFlag TypeAttributes.BeforeFieldInit)

[<Tests>]
let tests =
    testList
        "Repository.ModuleMarks"
        [ for library in [ typeof<Tensor>.Assembly; typeof<Status>.Assembly; typeof<Mlp>.Assembly ] do
              test $"every class of {library.GetName().Name} without an initialiser is marked" {
                  let unmarked = library.GetTypes() |> Array.filter isUnmarked |> Array.map _.FullName
                  Expect.isEmpty
                      unmarked
                      "classes without beforefieldinit; their generic functions are compiled just in time"
              } ]

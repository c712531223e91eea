/// The assemblies of the library that these tests run on.
module NeuralDE.Tests.Library

open System
open System.Reflection
open NeuralDE

/// From the bottom up; the name of each is that of its project.
let assemblies: Assembly list = [ typeof<Tensor>.Assembly; typeof<Status>.Assembly; typeof<Mlp>.Assembly ]

/// The names of their projects.
let names: string list = [ for a in assemblies -> string (a.GetName().Name) ]

/// All that users see.
let publicTypes: Type[] =
    [| for a in assemblies do
           yield! a.GetExportedTypes() |]

/// A type by its full name, null where there is none.
let typeOf (name: string) : Type | null =
    assemblies |> List.tryPick (fun a -> Option.ofObj (a.GetType name)) |> Option.toObj

/// The lines of a script that reference them.
let references: string = String.concat "\n" [ for a in assemblies -> $"#r @\"{a.Location}\"" ]

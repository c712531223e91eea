/// The assemblies of the library under test.
module NeuralDE.Tests.Library

open System
open System.Reflection
open NeuralDE

/// In build order; each name is that of its project.
let assemblies: Assembly list = [ typeof<Tensor>.Assembly; typeof<Status>.Assembly; typeof<Mlp>.Assembly ]

/// The names of their projects.
let names: string list = [ for a in assemblies -> string (a.GetName().Name) ]

/// All public types.
let publicTypes: Type[] =
    [| for a in assemblies do
           yield! a.GetExportedTypes() |]

/// A type by its full name; null if there is none.
let typeOf (name: string) : Type | null =
    assemblies |> List.tryPick (fun a -> Option.ofObj (a.GetType name)) |> Option.toObj

/// The lines of a script that reference the assemblies.
let references: string = String.concat "\n" [ for a in assemblies -> $"#r @\"{a.Location}\"" ]

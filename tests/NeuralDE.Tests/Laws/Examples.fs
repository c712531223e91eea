/// All examples by name.
module internal NeuralDE.Tests.Laws.Examples

open NeuralDE.Tests.Laws.Example

let all = Registry.primitives @ RegistryFunctions.functions

let private byName =
    let twice = all |> List.countBy (fun e -> e.Name) |> List.filter (fun (_, n) -> n > 1) |> List.map fst
    if not twice.IsEmpty then failwith $"examples of one name: %A{twice}"
    dict [ for e in all -> e.Name, e ]

let named name = byName[name]
let cases condition = all |> Seq.filter condition |> Seq.map (fun e -> e.Name)

/// Positions of float arguments, if there are any: the laws differentiate by these.
let places (e: Example) = floatPlaces (e.Args 0)

let hasFloats (e: Example) = not (places e).IsEmpty

/// What the benchmarks ask, as JSON: the fields of a request.
module NeuralDE.Benchmarks.TorchPeer.Asked

open System.Text.Json.Nodes

/// The request cannot be answered, and why.
exception AskedException of string

let field (name: string) (request: JsonObject) : JsonNode =
    match request[name] with
    | null -> raise (AskedException $"the request has no field {name}")
    | value -> value

let text name request : string = (field name request).GetValue<string>()
let whole name request : int = int ((field name request).GetValue<float>())
let isTrue name request : bool = (field name request).GetValue<bool>()

let elements (node: JsonNode) : JsonNode list =
    [ for element in node.AsArray() do
          match element with
          | null -> raise (AskedException "got null in a list, expected a number or a list")
          | element -> element ]

let list name request : JsonNode list = elements (field name request)
let numbers name request : float list = list name request |> List.map _.GetValue<float>()

/// The numbers of nested lists in order, and the length of each level.
let rec nested (node: JsonNode) : float[] * int64 list =
    match node with
    | :? JsonArray as array when array.Count > 0 ->
        let inner = elements array |> List.map nested
        Array.concat (List.map fst inner), int64 array.Count :: snd inner.Head
    | :? JsonArray -> [||], [ 0L ]
    | number -> [| number.GetValue<float>() |], []

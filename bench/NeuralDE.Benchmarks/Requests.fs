namespace NeuralDE.Benchmarks

open System.Text.Json.Nodes
open NeuralDE

/// What is asked of the peer, as JSON.
module Requests =
    let ofText (text: string) : JsonNode = nonNull (JsonValue.Create text)
    let ofNumber (x: float) : JsonNode = JsonValue.Create x
    let ofBool (x: bool) : JsonNode = JsonValue.Create x

    let ofNumbers (numbers: float seq) : JsonNode =
        JsonArray([| for x in numbers -> JsonValue.Create x :> JsonNode | null |])

    /// Nested lists, as deep as the tensor has axes.
    let rec ofTensor (x: Tensor) : JsonNode =
        if x.Rank <= 1 then
            ofNumbers (x.ToArray())
        else
            let rows = x.Dims[0]
            let width = x.Count / rows
            let numbers = x.ToArray()
            let inner = List.ofArray x.Dims[1..]
            let row i = reshape inner (tensor numbers[i * width .. (i + 1) * width - 1])
            JsonArray([| for i in 0 .. rows - 1 -> ofTensor (row i) |])

    let ofMlp (net: Mlp) : JsonNode =
        JsonArray(
            [| for layer in net.Layers do
                   let entry = JsonObject()
                   entry["weight"] <- ofTensor layer.Weight
                   entry["bias"] <- ofTensor layer.Bias
                   entry :> JsonNode |]
        )

    let ofDtype (dtype: Dtype) : string =
        match dtype with
        | Float32 -> "float32"
        | Float64 -> "float64"
        | Int32
        | Int64
        | Bool -> invalidArg (nameof dtype) $"got {dtype}, expected a float type"

    let ofFields (fields: (string * JsonNode) list) : JsonObject =
        let request = JsonObject()

        for name, value in fields do
            request[name] <- value

        request

    /// What the peer is to make.
    let make (kind: string) (dtype: Dtype) (fields: (string * JsonNode) list) : JsonObject =
        ofFields ([ "kind", ofText kind; "dtype", ofText (ofDtype dtype) ] @ fields)

/// Rows as JSON.
module NeuralDE.Benchmarks.Results

open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

let private number (x: float) : JsonNode | null = JsonValue.Create x
let private text (x: string) : JsonNode | null = JsonValue.Create x

let private quartiles (q: Quartiles) : JsonNode | null = JsonArray([| number q.Lower; number q.Upper |])

let private ofRow (row: Row) : JsonNode =
    let entry = JsonObject()
    entry["name"] <- text row.Name
    entry["workload"] <- text row.Workload

    entry["unit"] <-
        text (
            match row.Unit with
            | Seconds -> "seconds"
            | Bytes -> "bytes"
            | Power -> "power"
        )

    entry["ours"] <- number row.Ours.Median
    entry["ours_quartiles"] <- quartiles row.Ours

    match row.Rival with
    | Measured(name, q) ->
        entry["peer"] <- number q.Median
        entry["peer_quartiles"] <- quartiles q
        entry["peer_name"] <- text name
        entry["peer_kind"] <- text "measured"
    | Published(name, seconds) ->
        entry["peer"] <- number seconds
        entry["peer_name"] <- text name
        entry["peer_kind"] <- text "published"
    | Absent(name, reason) ->
        entry["peer"] <- null
        entry["peer_name"] <- text name
        entry["peer_kind"] <- text $"absent: {reason}"
    | Nobody -> entry["peer"] <- null

    entry["ratio"] <- Row.ratio row |> Option.map number |> Option.toObj

    match row.Owed with
    | Nothing -> entry["owed"] <- null
    | Ratio least ->
        entry["owed"] <- number least
        entry["owed_kind"] <- text "ratio, at least"
    | AtMost most ->
        entry["owed"] <- number most
        entry["owed_kind"] <- text "ours, at most"

    entry["met"] <-
        match Row.met row with
        | Some met -> (JsonValue.Create met: JsonNode | null)
        | None -> null

    match row.Deviation with
    | None -> ()
    | Some d ->
        entry["error"] <- number d.Ours
        entry["peer_error"] <- d.Rival |> Option.map number |> Option.toObj
        entry["error_measure"] <- text d.Measure

    entry["note"] <- text row.Note
    entry

let write (path: string) (head: (string * string) list) (rows: Row list) =
    let about = JsonObject()

    for name, value in head do
        about[name] <- text value

    let root = JsonObject()
    root["about"] <- about
    root["rows"] <- JsonArray(rows |> List.map ofRow |> List.toArray)
    let options = JsonSerializerOptions(WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)
    File.WriteAllText(path, root.ToJsonString options + "\n")

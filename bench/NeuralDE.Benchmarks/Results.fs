/// Rows as JSON.
module NeuralDE.Benchmarks.Results

open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

let private number (x: float) : JsonNode | null = JsonValue.Create x
let private text (x: string) : JsonNode | null = JsonValue.Create x

let private quartiles (q: Quartiles) : JsonNode | null = JsonArray([| number q.Lower; number q.Upper |])

/// Its number, quartiles, name and kind.
let private addRival (entry: JsonObject) (field: string) (rival: Rival) =
    match rival with
    | Measured(name, q) ->
        entry[field] <- number q.Median
        entry[$"{field}_quartiles"] <- quartiles q
        entry[$"{field}_name"] <- text name
        entry[$"{field}_kind"] <- text "measured"
    | Published(name, seconds) ->
        entry[field] <- number seconds
        entry[$"{field}_name"] <- text name
        entry[$"{field}_kind"] <- text "published"
    | Absent(name, reason) ->
        entry[field] <- null
        entry[$"{field}_name"] <- text name
        entry[$"{field}_kind"] <- text $"absent: {reason}"
    | Nobody -> entry[field] <- null

let private verdict (met: bool option) : JsonNode | null =
    match met with
    | Some met -> JsonValue.Create met
    | None -> null

/// What libtorch took, where it can do the same, and what is owed over it.
let private addLibtorch (entry: JsonObject) (row: Row) =
    match row.Libtorch with
    | Nobody -> ()
    | rival ->
        addRival entry "libtorch" rival
        entry["libtorch_ratio"] <- Row.ratioOfLibtorch row |> Option.map number |> Option.toObj
        entry["libtorch_owed"] <- row.OwedOverLibtorch |> Option.map number |> Option.toObj
        entry["libtorch_met"] <- verdict (Row.metOverLibtorch row)

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

    addRival entry "peer" row.Rival
    entry["ratio"] <- Row.ratio row |> Option.map number |> Option.toObj

    match row.Owed with
    | Nothing -> entry["owed"] <- null
    | Ratio least ->
        entry["owed"] <- number least
        entry["owed_kind"] <- text "ratio, at least"
    | AtMost most ->
        entry["owed"] <- number most
        entry["owed_kind"] <- text "ours, at most"

    entry["met"] <- verdict (Row.met row)
    addLibtorch entry row

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

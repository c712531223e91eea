/// Rows as text.
module NeuralDE.Benchmarks.Table

open System.Globalization

let private number (format: string) (x: float) = x.ToString(format, CultureInfo.InvariantCulture)

/// Three digits and a unit.
let seconds (s: float) : string =
    let scale, unit =
        if s >= 1.0 then 1.0, "s"
        elif s >= 1e-3 then 1e3, "ms"
        elif s >= 1e-6 then 1e6, "µs"
        else 1e9, "ns"

    let scaled = s * scale
    let format =
        if scaled >= 100.0 then "F0"
        elif scaled >= 10.0 then "F1"
        else "F2"
    number format scaled + " " + unit

let private amount unit (x: float) =
    match unit with
    | Seconds -> seconds x
    | Bytes -> number "F0" x + " B"
    | Power -> "n^" + number "F2" x

let private times (x: float) =
    number
        (if x >= 100.0 then "F0"
         elif x >= 10.0 then "F1"
         else "F2")
        x
    + "×"

let private spread unit (q: Quartiles) = $"{amount unit q.Median} ({amount unit q.Lower} … {amount unit q.Upper})"

let private rival (row: Row) (rival: Rival) =
    match rival with
    | Measured(name, q) -> $"{name} {spread row.Unit q}"
    | Published(name, s) -> $"{name} {amount row.Unit s}, published"
    | Absent(name, _) -> $"{name}: absent"
    | Nobody -> ""

let private owed (row: Row) =
    match row.Owed with
    | Nothing -> ""
    | Ratio least -> $"≥ {times least}"
    | AtMost most -> $"≤ {amount row.Unit most}"

let private verdict (isOwed: bool) (met: bool option) =
    match met with
    | Some true -> "met"
    | Some false -> "NOT MET"
    | None -> if isOwed then "?" else ""

let private ratio (r: float option) = r |> Option.map times |> Option.defaultValue ""

let private deviation (row: Row) =
    match row.Deviation with
    | None -> ""
    | Some d ->
        match d.Rival with
        | None -> number "0.0e-0" d.Ours
        | Some theirs -> $"""{number "0.0e-0" d.Ours}, theirs {number "0.0e-0" theirs}"""

let private cells (row: Row) =
    [| row.Name
       spread row.Unit row.Ours
       rival row row.Rival
       ratio (Row.ratio row)
       owed row
       verdict (row.Owed <> Nothing) (Row.met row)
       rival row row.Libtorch
       ratio (Row.ratioOfLibtorch row)
       (match row.OwedOverLibtorch with
        | Some least -> $"≥ {times least}"
        | None -> "")
       verdict row.OwedOverLibtorch.IsSome (Row.metOverLibtorch row)
       deviation row
       row.Note |]

let private titles =
    [| "row"; "ours"; "against"; "ratio"; "owed"; ""; "libtorch"; "ratio"; "owed"; ""; "error"; "" |]

/// The table, then what each row measures.
let print (rows: Row list) =
    let lines = titles :: List.map cells rows
    let widths = lines |> List.map (Array.map String.length) |> List.reduce (Array.map2 max)

    for line in lines do
        let padded = Array.map2 (fun (cell: string) width -> cell.PadRight width) line widths
        printfn "%s" ((String.concat "  " padded).TrimEnd())

    printfn ""

    for row in rows do
        let error =
            match row.Deviation with
            | Some d -> $"; error: {d.Measure}"
            | None -> ""

        printfn "%s: %s%s" row.Name row.Workload error

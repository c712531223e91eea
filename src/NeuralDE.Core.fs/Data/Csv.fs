namespace NeuralDE

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Text
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Data

/// The format of a table.
type CsvOptions =
    {
        /// The character between cells; default: a comma.
        Separator: char
        /// Whether the first line contains the names of the columns, the default; otherwise the names are 0, 1, …
        HasHeader: bool
        /// Lines that begin with this text are skipped, by default "#"; "" skips none.
        Comment: string
        /// Cells that mean a missing value; default: the empty cell, NA, N/A, NaN, nan, NULL, null and ?.
        Missing: string list
    }

    /// Commas, a header, comments after #, and the common texts for missing values, such as those of R and pandas.
    static member defaults =
        { Separator = ','
          HasHeader = true
          Comment = "#"
          Missing = [ ""; "NA"; "N/A"; "NaN"; "nan"; "NULL"; "null"; "?" ] }

/// A table of text cells. A column is converted to numbers when it is read.
[<Sealed>]
type CsvTable internal (path: string, options: CsvOptions, columns: string[], lines: int[], cells: string[][]) =
    let missing = HashSet<string> options.Missing

    /// The names of the columns, in order.
    member _.Columns = List.ofArray columns

    /// The number of rows without the header.
    member _.Count = cells.Length

    member internal _.Cells = cells

    member internal _.Index(verb: string, name: string) =
        match Array.IndexOf(columns, name) with
        | -1 ->
            let known = String.Join(", ", columns |> Array.truncate 20 |> Array.map (fun c -> $"\"{c}\""))
            raise (InputException $"{verb}: got the column \"{name}\", expected one of {known}.")
        | i -> i

    member internal _.IsMissing(row: int, column: int) = missing.Contains(cells[row][column])

    /// A cell as a number; NaN if it is missing.
    member internal t.Number(verb: string, row: int, column: int) =
        let text = cells[row][column]

        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | _ when t.IsMissing(row, column) -> nan
        | true, x -> x
        | false, _ ->
            match text.ToLowerInvariant() with
            | "inf"
            | "+inf" -> infinity
            | "-inf" -> -infinity
            | _ ->
                let shown = if text.Length <= 40 then text else text.Substring(0, 40) + "…"
                let place = $"line {string lines[row]}, column {string (column + 1)} (\"{columns[column]}\")"
                let mend = "List texts for missing values in CsvOptions.Missing"
                Files.refuse
                    { Verb = verb; Path = path }
                    $"{place} holds \"{shown}\", expected a number with a decimal point. {mend}."

/// <summary>Tables in text files: comma-separated values, RFC 4180.</summary>
/// <remarks>Cells in double quotes can contain separators, line ends and doubled quotes. Spaces around other cells, and empty
/// lines, are ignored. Files are UTF-8. A cell takes about 60 bytes of memory, so use .npy files for large tables of
/// numbers.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Csv =
    /// Where a text is read: the line, and the next character in it.
    type private Cursor(place: Place, options: CsvOptions, reader: TextReader) =
        let cell = StringBuilder()
        let mutable line = 0
        let mutable text = ""
        let mutable at = 0

        let nextLine () =
            line <- line + 1
            at <- 0

            match reader.ReadLine() with
            | null -> false
            | next ->
                text <- next
                true

        /// Reads from an opening quote to the closing quote.
        let quoted () =
            let start = line
            let mutable isOpen = true
            cell.Clear() |> ignore
            at <- at + 1

            while isOpen do
                if at = text.Length then
                    if not (nextLine ()) then
                        Files.refuse place $"the quote that opens on line {string start} is never closed."

                    cell.Append '\n' |> ignore
                elif text[at] <> '"' then
                    cell.Append text[at] |> ignore
                    at <- at + 1
                elif at + 1 < text.Length && text[at + 1] = '"' then
                    cell.Append '"' |> ignore
                    at <- at + 2
                else
                    isOpen <- false
                    at <- at + 1

            if at < text.Length && text[at] <> options.Separator then
                Files.refuse
                    place
                    $"line {string line} has '{text[at]}' after a closing quote, expected '{options.Separator}' or the end of the line."

            cell.ToString()

        let plain () =
            let stop =
                match text.IndexOf(options.Separator, at) with
                | -1 -> text.Length
                | stop -> stop

            let found = text.AsSpan(at, stop - at).Trim().ToString()
            at <- stop
            found

        member _.Line = line
        member _.NextLine() = nextLine ()

        /// Whether the line holds no row.
        member _.IsSkipped =
            String.IsNullOrWhiteSpace text
            || options.Comment <> "" && text.StartsWith(options.Comment, StringComparison.Ordinal)

        /// The cells from the start of this line to the end of the row, which quotes can put on a later line.
        member _.Row() : string[] =
            let cells = List<string>()
            let mutable isLast = false

            while not isLast do
                cells.Add(if at < text.Length && text[at] = '"' then quoted () else plain ())
                isLast <- at = text.Length
                at <- at + 1

            cells.ToArray()

    /// The cells of each row and the line it begins on.
    let private rows (place: Place) (options: CsvOptions) (reader: TextReader) : List<struct (int * string[])> =
        let rows = List<struct (int * string[])>()
        let cursor = Cursor(place, options, reader)

        while cursor.NextLine() do
            if not cursor.IsSkipped then
                let start = cursor.Line
                rows.Add(struct (start, cursor.Row()))

        rows

    let internal readFrom (options: CsvOptions) (place: Place) (stream: Stream) : CsvTable =
        use reader = new StreamReader(stream, Encoding.UTF8, true, -1, true)
        let rows = rows place options reader

        if rows.Count = 0 then Files.refuse place "the file holds no table, expected lines of cells."

        let struct (_, first) = rows[0]

        let columns = if options.HasHeader then first else Array.init first.Length string

        let names = HashSet<string>()

        for name in columns do
            if not (names.Add name) then
                Files.refuse place $"two columns are named \"{name}\". Rename one, or read without a header."

        for struct (line, cells) in rows do
            if cells.Length <> first.Length then
                Files.refuse
                    place
                    $"line {string line} has {string cells.Length} cells, expected {string first.Length} as in the first line."

        if options.HasHeader then rows.RemoveAt 0
        let lines = Array.init rows.Count (fun i -> let struct (line, _) = rows[i] in line)
        let cells = Array.init rows.Count (fun i -> let struct (_, cells) = rows[i] in cells)
        CsvTable(place.Path, options, columns, lines, cells)

    /// <summary>Reads a table of another format, for example with semicolons.</summary>
    /// <param name="options">The format.</param>
    /// <param name="path">The file.</param>
    /// <returns>The table.</returns>
    /// <remarks>FileException, with the line, for a file that is not a table; InputException for a separator that is a quote
    /// or a line end.</remarks>
    let readWith (options: CsvOptions) (path: string) : CsvTable =
        if options.Separator = '"' || options.Separator = '\n' || options.Separator = '\r' then
            raise (
                InputException
                    "Csv.read: got a quote or line end as Separator, expected another character, such as ';'."
            )

        let place = { Verb = "Csv.read"; Path = path }
        Files.read place (readFrom options place)

    /// <summary>Reads a table with commas and a header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The table.</returns>
    /// <remarks>FileException, with the line, for a file that is not a table.</remarks>
    let read (path: string) : CsvTable = readWith CsvOptions.defaults path

    /// <summary>Columns as numbers: float64 [rows; columns], with NaN for missing values.</summary>
    /// <param name="names">The names of columns.</param>
    /// <param name="table">The table.</param>
    /// <returns>float64 [rows; columns].</returns>
    /// <remarks>FileException, with line and column, for a cell that is not a number; InputException for an unknown
    /// column.</remarks>
    let columns (names: string list) (table: CsvTable) : Tensor =
        let indices = names |> List.map (fun name -> table.Index("Csv.columns", name)) |> Array.ofList
        let width = indices.Length
        let number i = table.Number("Csv.columns", i / width, indices[i % width])
        Tensor.OfArray(
            NdArray(
                Float64,
                [| table.Count; width |],
                Array.init (Shape.stored "Csv.columns" [| table.Count; width |]) number
            )
        )

    /// <summary>One column as numbers: float64 [rows], with NaN for missing values.</summary>
    /// <param name="name">The name of a column.</param>
    /// <param name="table">The table.</param>
    /// <returns>float64 [rows].</returns>
    /// <remarks>FileException, with line and column, for a cell that is not a number; InputException for an unknown
    /// column.</remarks>
    let column (name: string) (table: CsvTable) : Tensor =
        let index = table.Index("Csv.column", name)
        tensor (Array.init table.Count (fun row -> table.Number("Csv.column", row, index)))

    /// <summary>The mask of columns: bool [rows; columns], true where a value is present.</summary>
    /// <param name="names">The names of columns.</param>
    /// <param name="table">The table.</param>
    /// <returns>bool [rows; columns].</returns>
    /// <remarks>InputException for an unknown column.</remarks>
    let mask (names: string list) (table: CsvTable) : Tensor =
        let indices = names |> List.map (fun name -> table.Index("Csv.mask", name)) |> Array.ofList
        let width = indices.Length
        let isThere i = not (table.IsMissing(i / width, indices[i % width]))
        Tensor.OfArray(
            NdArray(
                Bool,
                [| table.Count; width |],
                Array.init (Shape.stored "Csv.mask" [| table.Count; width |]) isThere
            )
        )

    /// <summary>The cells of one column as text.</summary>
    /// <param name="name">The name of a column.</param>
    /// <param name="table">The table.</param>
    /// <returns>One text for each row.</returns>
    /// <remarks>InputException for an unknown column.</remarks>
    let texts (name: string) (table: CsvTable) : string list =
        let index = table.Index("Csv.texts", name)
        [ for cells in table.Cells -> cells[index] ]

    /// <summary>Writes a matrix [rows; columns] with a header. Replaces an existing file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">One name for each column.</param>
    /// <param name="values">[rows; columns].</param>
    /// <remarks>Each number is written so that it reads back as the same float64. ShapeException unless there is one name for
    /// each column.</remarks>
    let write (path: string) (names: string list) (values: Tensor) : unit =
        Expect.rank "Csv.write" 2 "the values" values

        if names.Length <> values.Dims[1] then
            Expect.misfit
                $"Csv.write: got {string names.Length} names for shape {Expect.text values}, expected one for each column."

        let numbers = values.Numbers.Floats

        let quote (name: string) =
            if name.IndexOfAny [| ','; '"'; '\n'; '\r'; '#' |] < 0 && name.Trim() = name && name <> "" then
                name
            else
                "\"" + name.Replace("\"", "\"\"") + "\""

        Files.write { Verb = "Csv.write"; Path = path } (fun stream ->
            use writer = new StreamWriter(stream, UTF8Encoding false, -1, true)
            writer.Write(String.Join(",", List.map quote names) + "\n")

            for row in 0 .. values.Dims[0] - 1 do
                for column in 0 .. names.Length - 1 do
                    if column > 0 then writer.Write ','
                    let x = numbers[row * names.Length + column]
                    writer.Write(
                        if Double.IsInfinity x then
                            (if x > 0.0 then "inf" else "-inf")
                        else
                            x.ToString("R", CultureInfo.InvariantCulture)
                    )

                writer.Write '\n')

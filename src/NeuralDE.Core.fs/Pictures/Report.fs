namespace NeuralDE

open System
open System.Globalization
open System.Reflection
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open NeuralDE.Internal.Pictures

/// A part of a report.
[<RequireQualifiedAccess>]
type ReportPart =
    | Section of title: string
    /// paragraphs, lists and code
    | Text of string
    | Figure of caption: string * svg: string
    | Table of headers: string list * rows: string list list

/// A page of text, figures and tables, in order.
type Report = { Title: string; Parts: ReportPart list }

/// <summary>Reports as one HTML file that contains its figures and needs no network.</summary>
/// <remarks>Text appears on the page literally: it is never interpreted as HTML.</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Report =
    /// <summary>An empty report.</summary>
    /// <param name="title">The title.</param>
    /// <returns>The report.</returns>
    let start (title: string) : Report = { Title = title; Parts = [] }

    let private add part (report: Report) = { report with Parts = report.Parts @ [ part ] }

    /// <summary>Starts a section. The table of contents lists it.</summary>
    /// <param name="title">The title.</param>
    /// <param name="report">The report.</param>
    /// <returns>The report with this part.</returns>
    let section (title: string) (report: Report) : Report = add (ReportPart.Section title) report

    /// <summary>Adds text: paragraphs separated by empty lines, lists of lines that begin with "- ", code between lines of
    /// three back quotes; `code` and **strong** within a line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="report">The report.</param>
    /// <returns>The report with this part.</returns>
    let text (text: string) (report: Report) : Report = add (ReportPart.Text text) report

    /// <summary>Adds a figure with a caption.</summary>
    /// <param name="caption">The caption.</param>
    /// <param name="figure">The figure.</param>
    /// <param name="report">The report.</param>
    /// <returns>The report with this part.</returns>
    let drawing (caption: string) (figure: Figure) (report: Report) : Report =
        add (ReportPart.Figure(caption, Figure.svg figure)) report

    /// <summary>Adds a plot with a caption.</summary>
    /// <param name="caption">The caption.</param>
    /// <param name="plot">The plot.</param>
    /// <param name="report">The report.</param>
    /// <returns>The report with this part.</returns>
    let figure (caption: string) (plot: Plot) (report: Report) : Report = drawing caption (Plot.figure plot) report

    /// <summary>Adds a table. Columns of numbers are right-aligned. InputException unless there are headers, and each row
    /// has as many cells as headers.</summary>
    /// <param name="headers">The headers of the columns.</param>
    /// <param name="rows">The cells of each row.</param>
    /// <param name="report">The report.</param>
    /// <returns>The report with this part.</returns>
    let table (headers: string list) (rows: string list list) (report: Report) : Report =
        if headers.IsEmpty then
            raise (InputException "Report.table: got no headers. Give one for each column.")
        for place, row in List.indexed rows do
            if row.Length <> headers.Length then
                raise (
                    InputException
                        $"Report.table: row {string place} has {string row.Length} cells for {string headers.Length} headers. Give one cell for each header."
                )
        add (ReportPart.Table(headers, rows)) report

    /// <summary>Adds a table of the library, the runtime, the machine, and the given date.</summary>
    /// <param name="date">The date.</param>
    /// <param name="report">The report.</param>
    /// <returns>The report with this part.</returns>
    let environment (date: DateTime) (report: Report) : Report =
        let library = typeof<Tensor>.Assembly
        let version =
            library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            |> Option.ofObj
            |> Option.map _.InformationalVersion
            |> Option.defaultValue ""
        let vectors =
            if Vector512.IsHardwareAccelerated then "512-bit vectors"
            elif Vector256.IsHardwareAccelerated then "256-bit vectors"
            elif Vector128.IsHardwareAccelerated then "128-bit vectors"
            else "no vectors"
        let processor =
            $"{RuntimeInformation.ProcessArchitecture}, {string Environment.ProcessorCount} threads, {vectors}"
        report
        |> section "Environment"
        |> table
            [ "what"; "which" ]
            [ [ "NeuralDE"; version ]
              [ "runtime"; RuntimeInformation.FrameworkDescription ]
              [ "system"; RuntimeInformation.OSDescription ]
              [ "processor"; processor ]
              [ "date"; date.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ] ]

    let private style =
        """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --faint: #666; --rule: #ddd; --code: #f5f5f5; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --paper: #1b1b1b; --faint: #999; --rule: #444; --code: #262626; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.4rem; }
h1, h2, p, li, figcaption { overflow-wrap: anywhere; } td, th { overflow-wrap: break-word; }
p, ul { max-width: 44rem; }
a { color: inherit; } nav ol { padding-left: 1.4rem; } nav { border-left: 3px solid var(--rule); padding-left: 0.6rem; }
figure { margin: 1.4rem 0; break-inside: avoid; }
figure svg { max-width: 100%; height: auto; border-radius: 4px; }
figcaption { color: var(--faint); font-size: 0.92rem; max-width: 44rem; }
pre { background: var(--code); padding: 0.8rem; border-radius: 4px; overflow-x: auto; line-height: 1.4; }
code { font: 0.88em ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.94rem; } thead { border-bottom: 2px solid var(--ink); }
td, th { padding: 0.25rem 0.9rem 0.25rem 0; text-align: left; vertical-align: top; } tbody tr { border-bottom: 1px solid var(--rule); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; padding-left: 0.9rem; white-space: nowrap; }
@media print { :root { --ink: #000; --paper: #fff; --faint: #444; --rule: #bbb; --code: #fff; }
  body { max-width: none; padding: 0; font-size: 11pt; } nav { display: none; } h2 { break-after: avoid; }
  pre { white-space: pre-wrap; border: 1px solid #bbb; } tr { break-inside: avoid; } }
"""

    /// Whether a cell is a number, possibly with a unit or an error.
    let private isNumber (cell: string) =
        let cell = cell.Trim()
        cell <> ""
        && cell |> Seq.exists Char.IsAsciiDigit
        && cell
           |> Seq.forall (fun character -> Char.IsAsciiDigit character || " .,+-−±×eE%⁰¹²³⁴⁵⁶⁷⁸⁹⁻".Contains character)

    let private tableOf (headers: string list) (rows: string list list) =
        let isEmpty (cell: string) = cell.Trim() = "" || cell.Trim() = "–"
        let kinds =
            headers
            |> List.mapi (fun column _ ->
                let cells = rows |> List.map (List.item column) |> List.filter (isEmpty >> not)
                if not cells.IsEmpty && List.forall isNumber cells then " class=\"number\"" else "")
        let line tag cells =
            let cells = List.map2 (fun kind cell -> $"<{tag}{kind}>{ReportText.escape cell}</{tag}>") kinds cells
            "<tr>" + String.concat "" cells + "</tr>"
        [ "<div class=\"table\"><table>"
          "<thead>" + line "th" headers + "</thead>"
          "<tbody>"
          yield! List.map (line "td") rows
          "</tbody></table></div>" ]

    /// The parts as lines of HTML. Sections and figures are numbered; the numbers are their anchors in the page.
    let private body (report: Report) =
        let lines (sections, figures) part =
            match part with
            | ReportPart.Section title ->
                [ $"<h2 id=\"section-{string (sections + 1)}\">{ReportText.escape title}</h2>" ],
                (sections + 1, figures)
            | ReportPart.Text text -> ReportText.blocks text, (sections, figures)
            | ReportPart.Figure(caption, svg) ->
                [ $"<figure id=\"figure-{string (figures + 1)}\">"
                  svg.TrimEnd()
                  $"<figcaption><b>Figure {string (figures + 1)}.</b> {ReportText.escape caption}</figcaption>"
                  "</figure>" ],
                (sections, figures + 1)
            | ReportPart.Table(headers, rows) -> tableOf headers rows, (sections, figures)
        report.Parts |> List.mapFold lines (0, 0) |> fst |> List.concat

    let private contents (report: Report) =
        let titles =
            [ for part in report.Parts do
                  match part with
                  | ReportPart.Section title -> title
                  | ReportPart.Text _
                  | ReportPart.Figure _
                  | ReportPart.Table _ -> () ]
        [ if titles.Length > 1 then
              "<nav aria-label=\"Contents\"><ol>"
              for place, title in List.indexed titles do
                  $"<li><a href=\"#section-{string (place + 1)}\">{ReportText.escape title}</a></li>"
              "</ol></nav>" ]

    /// <summary>The report as the text of a self-contained HTML file without scripts.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The text of the file.</returns>
    let html (report: Report) : string =
        let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        let title = ReportText.escape (if report.Title.Trim() = "" then "Report" else report.Title)
        [ "<!DOCTYPE html>"
          "<html lang=\"en\">"
          "<head>"
          "<meta charset=\"utf-8\" />"
          $"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\" />"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />"
          $"<title>{title}</title>"
          $"<style>{style}</style>"
          "</head>"
          "<body>"
          $"<h1>{title}</h1>"
          yield! contents report
          yield! body report
          "</body>"
          "</html>"
          "" ]
        |> String.concat "\n"

    /// <summary>Saves the report as one HTML file. Creates the folder; atomically replaces an existing file. IOException if
    /// the file cannot be written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="report">The report.</param>
    let save (path: string) (report: Report) : unit =
        if String.IsNullOrWhiteSpace path then
            raise (InputException "Report.save: the path is empty. Give the name of the file to write.")
        Writer.save path (html report)

    /// <summary>Writes the report to a new file in the temporary folder and opens it in the browser. Without a browser it
    /// prints the path of the file.</summary>
    /// <param name="report">The report.</param>
    let show (report: Report) : unit = Writer.show "html" (html report)

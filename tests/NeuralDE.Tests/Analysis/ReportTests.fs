module NeuralDE.Tests.Analysis.ReportTests

open System
open System.IO
open System.Xml.Linq
open Xunit
open NeuralDE

let private ts = linspace 0.0 1.0 5
let private plot = Plot.trajectories [ ("a", ts, ts) ] |> Plot.title "One"

/// The page as XML; it is written so that it is that too.
let private page (report: Report) =
    let html = Report.html report
    Assert.StartsWith("<!DOCTYPE html>\n", html)
    XDocument.Parse(html.Replace("<!DOCTYPE html>\n", ""))

let private all name (document: XDocument) =
    document.Descendants() |> Seq.filter (fun element -> element.Name.LocalName = name) |> List.ofSeq

let private texts name document = all name document |> List.map _.Value

let private attributes name (document: XDocument) =
    document.Descendants()
    |> Seq.choose (fun e -> Option.ofObj (e.Attribute(XName.Get name)))
    |> Seq.map _.Value
    |> List.ofSeq

let private full =
    Report.start "Title"
    |> Report.section "First"
    |> Report.text
        "Some `code` and **strong** words\nthat go on.\n\n- one\n- two\n\n```\nlet x = 1\n\n    y\n```\nAn odd ` and ** stay."
    |> Report.figure "A line." plot
    |> Report.drawing "Two." (Plot.grid 2 [ plot; plot ])
    |> Report.section "Second"
    |> Report.table [ "method"; "error"; "note" ] [ [ "Tsit5"; "1.2e-6"; "1" ]; [ "Euler"; "−0.1 ± 0.2"; "two" ] ]
    |> Report.environment (DateTime(2024, 5, 6, 7, 8, 9))

[<Fact>]
let ``a page has its title, contents, text, figures and tables`` () =
    let page = page full
    Assert.Equal<string list>([ "Title" ], texts "h1" page)
    Assert.Equal<string list>([ "First"; "Second"; "Environment" ], texts "h2" page)
    Assert.Equal<string list>([ "Some code and strong words that go on."; "An odd ` and ** stay." ], texts "p" page)
    Assert.Equal<string list>([ "code"; "let x = 1\n\n    y" ], texts "code" page)
    Assert.Equal<string list>([ "strong" ], texts "strong" page)
    Assert.Equal<string list>([ "First"; "Second"; "Environment"; "one"; "two" ], texts "li" page)
    Assert.Equal<string list>([ "Figure 1. A line."; "Figure 2. Two." ], texts "figcaption" page)
    Assert.Equal(2, (all "svg" page).Length)
    Assert.Contains("2024-05-06 07:08", texts "td" page)

[<Fact>]
let ``columns of numbers are aligned and others are not`` () =
    let cells = all "td" (page full) |> List.truncate 6
    let kinds = cells |> List.map (fun cell -> cell.Attribute(XName.Get "class") |> Option.ofObj |> Option.isSome)
    Assert.Equal<bool list>([ false; true; false; false; true; false ], kinds)

[<Fact>]
let ``addresses within the page lead somewhere, and ids are unique`` () =
    let page = page full
    let ids = attributes "id" page
    Assert.Equal<string list>(List.distinct ids, ids)
    for address in attributes "href" page do
        if not (address.StartsWith("data:", StringComparison.Ordinal)) then
            Assert.Contains(address.TrimStart '#', ids)

[<Fact>]
let ``a page loads nothing and runs nothing`` () =
    let heat = Plot.heatMap ts ts (zeros [ 5; 5 ])
    let page = page (full |> Report.figure "A map." heat)
    Assert.NotEmpty(all "image" page)
    for name in [ "script"; "link"; "iframe"; "img"; "object" ] do
        Assert.Empty(all name page)
    for address in attributes "href" page @ attributes "src" page do
        Assert.Matches("^(#|data:image/png;base64,)", address)
    Assert.DoesNotContain("@import", Report.html full)
    Assert.DoesNotContain("url(", Report.html full)

[<Fact>]
let ``hostile words stay words everywhere`` () =
    let hostile = "</title></style><script>alert('x')</script>\" onload=\"x\" & <!-- ]]> \u0000\uD800 `<b>` **<i>**"
    let report =
        Report.start hostile
        |> Report.section hostile
        |> Report.section hostile
        |> Report.text hostile
        |> Report.text $"- {hostile}\n\n```\n{hostile}\n```"
        |> Report.figure hostile (Plot.title hostile plot)
        |> Report.table [ hostile ] [ [ hostile ] ]
    let page = page report
    for name in [ "script"; "b"; "i" ] do
        for element in all name page do
            // the figure's number is ours
            Assert.StartsWith("Figure", element.Value)
    Assert.Empty(attributes "onload" page)
    let written = hostile.Replace('\u0000', '\uFFFD').Replace('\uD800', '\uFFFD')
    for name in [ "h1"; "h2"; "th"; "td" ] do
        Assert.All(texts name page, fun text -> Assert.Equal(written, text))
    Assert.Contains("Figure 1. " + written, texts "figcaption" page)

[<Fact>]
let ``a report of nothing is a page`` () =
    let page = page (Report.start "  ")
    Assert.Equal<string list>([ "Report" ], texts "h1" page)
    Assert.Empty(all "nav" page)

[<Fact>]
let ``text keeps an unfinished block of code and Windows' line ends`` () =
    let page = page (Report.start "a" |> Report.text "one\r\n\r\n- two\r\n```\r\nthree\r\n\r\nfour")
    Assert.Equal<string list>([ "one" ], texts "p" page)
    Assert.Equal<string list>([ "two" ], texts "li" page)
    Assert.Equal<string list>([ "three\n\nfour" ], texts "code" page)

[<Fact>]
let ``uneven tables are named`` () =
    let says expected (mistake: unit -> Report) =
        Assert.StartsWith(expected, Assert.Throws<InputException>(fun () -> mistake () |> ignore).Message)
    let start = Report.start "a"
    says "Report.table: row 1 has 1 cells where there are 2 headers." (fun () ->
        start |> Report.table [ "a"; "b" ] [ [ "1"; "2" ]; [ "1" ] ])
    says "Report.table: there are no headers." (fun () -> start |> Report.table [] [])
    says "Report.save: the path is empty." (fun () ->
        Report.save " " start
        start)

[<Fact>]
let ``save creates the folder, replaces the file and leaves nothing else`` () =
    let root = Directory.CreateTempSubdirectory("report").FullName
    try
        let path = Path.Combine(root, "new", "report.html")
        Report.save path (Report.start "first")
        Report.save path full
        Assert.Equal(Report.html full, File.ReadAllText path)
        Assert.Equal<string[]>([| path |], Directory.GetFiles(Path.Combine(root, "new")))
    finally
        Directory.Delete(root, true)

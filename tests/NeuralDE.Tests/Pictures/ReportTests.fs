module NeuralDE.Tests.Pictures.ReportTests

open System
open System.IO
open System.Xml.Linq
open Expecto
open NeuralDE.Tests
open NeuralDE

let private ts = linspace 0.0 1.0 5
let private plot = Plot.trajectories [ ("a", ts, ts) ] |> Plot.title "One"

/// The page as XML, because the page is also well-formed XML.
let private page (report: Report) =
    let html = Report.html report
    Expect.stringStarts html "<!DOCTYPE html>\n" "html"
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

[<Tests>]
let tests =
    testList
        "Pictures.Report"
        [ testCase "a page has its title, contents, text, figures and tables" (fun () ->
              let page = page full
              Expect.equal (texts "h1" page) [ "Title" ] "texts 'h1' page"
              Expect.equal (texts "h2" page) [ "First"; "Second"; "Environment" ] "texts 'h2' page"
              Expect.equal
                  (texts "p" page)
                  [ "Some code and strong words that go on."; "An odd ` and ** stay." ]
                  "texts 'p' page"
              Expect.equal (texts "code" page) [ "code"; "let x = 1\n\n    y" ] "texts 'code' page"
              Expect.equal (texts "strong" page) [ "strong" ] "texts 'strong' page"
              Expect.equal (texts "li" page) [ "First"; "Second"; "Environment"; "one"; "two" ] "texts 'li' page"
              Expect.equal
                  (texts "figcaption" page)
                  [ "Figure 1. A line."; "Figure 2. Two." ]
                  "texts 'figcaption' page"
              Expect.equal ((all "svg" page).Length) 2 "(all 'svg' page).Length"
              Expect.contains (texts "td" page) "2024-05-06 07:08" "texts 'td' page")

          testCase "only columns of numbers are right-aligned" (fun () ->
              let cells = all "td" (page full) |> List.truncate 6
              let kinds =
                  cells |> List.map (fun cell -> cell.Attribute(XName.Get "class") |> Option.ofObj |> Option.isSome)
              Expect.equal kinds [ false; true; false; false; true; false ] "kinds")

          testCase "links within the page have targets, and ids are unique" (fun () ->
              let page = page full
              let ids = attributes "id" page
              Expect.equal ids (List.distinct ids) "ids"
              for address in attributes "href" page do
                  if not (address.StartsWith("data:", StringComparison.Ordinal)) then
                      Expect.contains ids (address.TrimStart '#') "ids")

          testCase "a page loads no resources and runs no scripts" (fun () ->
              let heat = Plot.heatMap ts ts (zeros [ 5; 5 ])
              let page = page (full |> Report.figure "A map." heat)
              Expect.isNonEmpty (all "image" page) "all 'image' page"
              for name in [ "script"; "link"; "iframe"; "img"; "object" ] do
                  Expect.isEmpty (all name page) "all name page"
              for address in attributes "href" page @ attributes "src" page do
                  Expect.isMatch address "^(#|data:image/png;base64,)" "address"
              Expect.stringLacks (Report.html full) "@import" "Report.html full"
              Expect.stringLacks (Report.html full) "url(" "Report.html full")

          testCase "hostile text is escaped everywhere" (fun () ->
              let hostile =
                  "</title></style><script>alert('x')</script>\" onload=\"x\" & <!-- ]]> \u0000\uD800 `<b>` **<i>**"
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
                      // the report numbers its figures
                      Expect.stringStarts element.Value "Figure" "element.Value"
              Expect.isEmpty (attributes "onload" page) "attributes 'onload' page"
              let written = hostile.Replace('\u0000', '\uFFFD').Replace('\uD800', '\uFFFD')
              for name in [ "h1"; "h2"; "th"; "td" ] do
                  for text in texts name page do
                      Expect.equal text written "text"
              Expect.contains (texts "figcaption" page) ("Figure 1. " + written) "texts 'figcaption' page")

          testCase "an empty report is a page" (fun () ->
              let page = page (Report.start "  ")
              Expect.equal (texts "h1" page) [ "Report" ] "texts 'h1' page"
              Expect.isEmpty (all "nav" page) "all 'nav' page")

          testCase "an unclosed block of code is kept, and Windows line ends are accepted" (fun () ->
              let page = page (Report.start "a" |> Report.text "one\r\n\r\n- two\r\n```\r\nthree\r\n\r\nfour")
              Expect.equal (texts "p" page) [ "one" ] "texts 'p' page"
              Expect.equal (texts "li" page) [ "two" ] "texts 'li' page"
              Expect.equal (texts "code" page) [ "three\n\nfour" ] "texts 'code' page")

          testCase "errors name the row of an uneven table" (fun () ->
              let says expected (mistake: unit -> Report) =
                  Expect.stringStarts
                      ((Expect.thrown<InputException>(fun () -> mistake () |> ignore)).Message)
                      expected
                      "(Expect.thrown<InputException> (fun () -> mistake () |> …"
              let start = Report.start "a"
              says "Report.table: row 1 has 1 cells for 2 headers." (fun () ->
                  start |> Report.table [ "a"; "b" ] [ [ "1"; "2" ]; [ "1" ] ])
              says "Report.table: got no headers." (fun () -> start |> Report.table [] [])
              says "Report.save: the path is empty." (fun () ->
                  Report.save " " start
                  start))

          testCase "save creates the folder, replaces the file and leaves nothing else" (fun () ->
              let root = Directory.CreateTempSubdirectory("report").FullName
              try
                  let path = Path.Combine(root, "new", "report.html")
                  Report.save path (Report.start "first")
                  Report.save path full
                  Expect.equal (File.ReadAllText path) (Report.html full) "File.ReadAllText path"
                  Expect.equal
                      (Directory.GetFiles(Path.Combine(root, "new")))
                      [| path |]
                      "Directory.GetFiles(Path.Combine(root, 'new'))"
              finally
                  Directory.Delete(root, true)) ]

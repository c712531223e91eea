/// Where the words and boxes of every plot are: as in Layout.approved.txt, which somebody has looked at. After an intended change
/// `dotnet fsi build.fsx approve` writes the file.
module NeuralDE.Tests.Pictures.LayoutTests

open System
open System.Globalization
open System.IO
open System.Xml.Linq
open Expecto
open NeuralDE.Tests.Repository
open NeuralDE

let private approvedFile = Root.file "tests/NeuralDE.Tests/Pictures/Layout.approved.txt"
let private invariant = CultureInfo.InvariantCulture

/// An element as a line: its name, its place in pixels, its words.
let private line (element: XElement) : string option =
    let number name =
        element.Attribute(XName.Get name)
        |> Option.ofObj
        |> Option.map (fun found -> Math.Round(Double.Parse(found.Value, invariant), 1).ToString invariant)

    let at names words =
        let numbers = names |> List.choose number |> String.concat " "
        Some $"{element.Name.LocalName} {numbers} {words}"

    match element.Name.LocalName with
    | "text" -> at [ "x"; "y"; "font-size" ] (element.Value.ReplaceLineEndings " ")
    | "rect"
    | "image" -> at [ "x"; "y"; "width"; "height" ] ""
    | "line" -> at [ "x1"; "y1"; "x2"; "y2" ] ""
    | _ -> None

/// A plot in lines. One that is mostly data has hundreds of boxes; the first show its frame.
let private layout (name: string, make: unit -> Plot) : string list =
    let lines = XDocument.Parse(Plot.svg (make ())).Descendants() |> Seq.choose line |> Seq.truncate 60
    [ for line in lines -> $"{name}: {line.TrimEnd()}" ]

/// Whether lines differ by their numbers at most, and these by less than a reader sees: other processors round otherwise.
let private isSame (a: string) (b: string) =
    let near (x: string) (y: string) =
        x = y
        || (match Double.TryParse(x, invariant), Double.TryParse(y, invariant) with
            | (true, x), (true, y) -> abs (x - y) <= 0.2
            | _ -> false)

    let a, b = a.Split ' ', b.Split ' '
    a.Length = b.Length && Array.forall2 near a b

[<Tests>]
let tests =
    testList
        "Pictures.Layout"
        [ testCase "every plot of the gallery is laid out as approved" (fun () ->
              // long labels and hostile ones have laws of their own
              let got = Gallery.plots |> List.filter (fun (name, _) -> name <> "hostile words") |> List.collect layout

              if Environment.GetEnvironmentVariable "NEURALDE_APPROVE" = "1" then
                  File.WriteAllText(approvedFile, String.concat "\n" got + "\n")

              let expected = File.ReadAllLines approvedFile |> List.ofArray

              let differences =
                  if got.Length <> expected.Length then
                      [ $"{got.Length} lines, expected {expected.Length}" ]
                  else
                      [ for got, expected in List.zip got expected do
                            if not (isSame got expected) then $"got {got}\n  expected {expected}" ]

              if not differences.IsEmpty then
                  let shown = differences |> List.truncate 5 |> String.concat "\n  "
                  failtest
                      $"{differences.Length} elements of plots moved:\n  {shown}\nIf you meant it, look at the plots and run `dotnet fsi build.fsx approve`.") ]

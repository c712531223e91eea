module NeuralDE.Tests.Data.CsvTests

open System
open System.IO
open System.Text
open FsCheck
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Tests.Repository
open NeuralDE.Tests.Data.TemporaryFiles
open NeuralDE.Tests.Data.Mutations

let private withText (text: string) body = withFile "table.csv" (Encoding.UTF8.GetBytes text) body

[<Tests>]
let tests =
    testList
        "Data.Csv"
        [ testCase "the hare and lynx data of the repository are read" (fun () ->
              let table = Csv.read (Root.file "examples/data/hare-lynx.csv")
              Expect.equal table.Columns [ "year"; "hare"; "lynx" ] "table.Columns"
              Expect.equal table.Count 21 "table.Count"
              let both = table |> Csv.columns [ "lynx"; "hare" ]
              Expect.equal both.Shape [| 21; 2 |] "both.Shape"
              Expected.holds [ 2 ] [ 4.0; 30.0 ] both[0]
              let years = table |> Csv.column "year"
              Expect.equal (float years[20]) 1920.0 "float years[20]")

          testCase
              "quotes, doubled quotes, line ends and separators in cells, spaces around them, a byte order mark"
              (fun () ->
                  withText
                      "\uFEFFname,\"a \"\"b\"\", c\",x\r\n\"two\nlines\",  1.5  ,\"2\"\r\n\n# a comment\n\"#no\",-1e-3,"
                      (fun path ->
                          let table = Csv.read path
                          Expect.equal table.Columns [ "name"; "a \"b\", c"; "x" ] "table.Columns"
                          Expect.equal (Csv.texts "name" table) [ "two\nlines"; "#no" ] "Csv.texts 'name' table"
                          Expected.holds [ 2; 2 ] [ 1.5; 2.0; -1e-3; nan ] (Csv.columns [ "a \"b\", c"; "x" ] table)))

          testCase "missing values are NaN and false in the mask; infinity is a number" (fun () ->
              withText "a;b\n1;NA\n;inf\nn/a;-Infinity\n" (fun path ->
                  let options =
                      { CsvOptions.defaults with Separator = ';'; Missing = "n/a" :: CsvOptions.defaults.Missing }
                  let table = Csv.readWith options path
                  Expected.holds [ 3; 2 ] [ 1.0; nan; nan; infinity; nan; -infinity ] (Csv.columns [ "a"; "b" ] table)
                  Expected.flags [ 3; 2 ] [ true; false; false; true; false; true ] (Csv.mask [ "a"; "b" ] table)))

          testCase "without a header columns are numbered" (fun () ->
              withText "1,2\n3,4" (fun path ->
                  let table = Csv.readWith { CsvOptions.defaults with HasHeader = false } path
                  Expect.equal table.Columns [ "0"; "1" ] "table.Columns"
                  Expected.holds [ 2 ] [ 2.0; 4.0 ] (Csv.column "1" table))

              withText "a,b\n" (fun path -> Expected.holds [ 0; 2 ] [] (Csv.read path |> Csv.columns [ "a"; "b" ])))

          testCase "errors name line and column" (fun () ->
              let refused text (words: string) read =
                  withText text (fun path -> refuses path [ words ] (fun () -> read path))
              let column name path = Csv.read path |> Csv.column name
              refused "a,b\n1,2\n\n# x\n3,4,5\n" "line 5 has 3 cells, expected 2" Csv.read
              refused "a,b\n1,\"2\n3\n" "the quote that opens on line 2 is never closed" Csv.read
              refused "a,b\n1,\"2\"3\n" "line 2 has '3' after a closing quote, expected ','" Csv.read
              refused "a,a\n1,2\n" "two columns are named \"a\"" Csv.read
              refused "\n# nothing\n" "holds no table" Csv.read
              refused "" "holds no table" Csv.read
              refused "a,b\n\"1\n\",x\n2,1,5\n" "line 4 has 3 cells" Csv.read
              refused "a,b\n1,2\n3,\"4,5\"\n" "line 3, column 2 (\"b\") holds \"4,5\", expected a number" (column "b")

              withText "a,b\n1,2\n" (fun path ->
                  let e = Expect.thrown<InputException>(fun () -> column "c" path |> ignore)
                  Expect.stringContains e.Message "got the column \"c\", expected one of \"a\", \"b\"" "e.Message"))

          testCase "written tables read back with the same bits" (fun () ->
              let names = [ "plain"; "with, comma"; "\"quoted\""; " spaces "; "two\nlines"; "#comment" ]

              let property (xs: float[]) =
                  let rows = xs.Length / 6
                  let values = tensor xs[.. 6 * rows - 1] |> reshape [ rows; 6 ]

                  inFolder (fun folder ->
                      let path = Path.Combine(folder, "t.csv")
                      Csv.write path names values
                      let table = Csv.read path
                      Expect.equal table.Columns names "table.Columns"
                      Expected.like 0.0 values (Csv.columns names table))

              property
                  [| 0.1
                     -0.0
                     nan
                     infinity
                     -infinity
                     Double.Epsilon
                     Double.MaxValue
                     1.0 / 3.0
                     1e22
                     1e-7
                     123456789.123
                     5.0 |]
              Check.One(Properties.config, property)
              let e = Expect.thrown<ShapeException>(fun () -> Csv.write "t.csv" [ "a" ] (ones [ 2; 2 ]))
              Expect.stringContains e.Message "got 1 names for shape [2; 2]" "e.Message")

          testCase "a damaged file is refused or read, without other exceptions" (fun () ->
              let valid = Encoding.UTF8.GetBytes "name,x,y\n\"a \"\"b\"\"\",1.5,2\n# c\nd,NaN,\"3\n\"\r\n"

              let attempt bytes =
                  bounded bytes (fun () ->
                      let table = readBytes (Csv.readFrom CsvOptions.defaults) bytes
                      for name in table.Columns do
                          Expect.equal ((Csv.texts name table).Length) table.Count "(Csv.texts name table).Length"
                          Csv.column name table |> ignore)

              damage 3000 valid |> Seq.iter (attempt >> ignore))

          testList
              "short cells need little memory"
              [ for separator in [ ","; "\n" ] do
                    testCase separator (fun () ->
                        let bytes = Encoding.UTF8.GetBytes(String.Join(separator, Array.create 100_000 "1"))
                        let options = { CsvOptions.defaults with HasHeader = false }
                        Expect.isTrue
                            (boundedBy 128L bytes (fun () -> readBytes (Csv.readFrom options) bytes |> ignore))
                            "boundedBy 128L bytes (fun () -> readBytes (Csv.readFrom options) …") ] ]

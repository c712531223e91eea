/// Every function fits on a screen. A longer one is split by meaning, and the name of each part states what it does.
module NeuralDE.Tests.Repository.FunctionLengthTests

open System
open System.IO
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository.FunctionLengths

let private most = 60

/// Functions that may be longer, because they cannot be split: file, name, reason.
let private whole =
    [ "ExplicitTableaus.fs", "vern7", "the coefficients of Verner's method of order 7"
      "ExplicitTableaus.fs", "dop853", "the coefficients of Hairer's method of order 8"
      "GemmTile.cs", "Run", "the sums of twelve rows, which stay in registers only within one method" ]

let private isWhole (found: FunctionLength) =
    whole
    |> List.exists (fun (file, name, _) ->
        found.File.EndsWith("/" + file, StringComparison.Ordinal) && found.Name = name)

/// Every function of the sources in src.
let private functions =
    lazy
        [ for path in Directory.EnumerateFiles(Root.file "src", "*", SearchOption.AllDirectories) |> Seq.sort do
              let file = Path.GetRelativePath(Root.path, path).Replace('\\', '/')

              if not (Regex.IsMatch(file, "/(bin|obj)/")) then
                  match Path.GetExtension file with
                  | ".fs" -> yield! ofFSharp file (File.ReadAllText path)
                  | ".cs" -> yield! ofCSharp file (File.ReadAllText path)
                  | _ -> () ]

let private sampleFSharp =
    """
module Sample =
    /// Not counted.
    let short x =
        // counted
        x + 1

    // not counted

    let private table =
        [ 1
          2 ]

    let closed = f (
        1
    )

    let outer x =
        let inner y =
            y
            + 1

        inner x

type Sample() =
    static member (+)(a, b) = a
    member _.Long(x) =

        x
    override x.ToString() = "sample"

and Other = { A: int }
"""

let private sampleCSharp =
    """
namespace Sample;

/// <summary>Not counted.</summary>
public static class Sample
{
    private const string Brace = "{";
    private static readonly int[] Numbers =
    [
        1,
    ];

    public static int Short(int x) => x + 1;

    public static T Long<T>(T x)
        where T : struct
    {
        if (true) { /* } */ }
        return x;
    }

    extension(int x)
    {
        public int Value
        {
            get => 1;
        }
    }
}
"""

let private namesAndLines (found: FunctionLength list) = found |> List.map (fun f -> f.Name, f.Lines)

[<Tests>]
let tests =
    testList
        "Repository.FunctionLength"
        [ testCase $"no function in src has more than {most} lines" (fun () ->
              Expect.isTrue
                  (functions.Value.Length > 5000)
                  $"Got {functions.Value.Length} functions in src, expected thousands."

              let long =
                  functions.Value
                  |> List.filter (fun found -> found.Lines > most && not (isWhole found))
                  |> List.sortByDescending _.Lines
                  |> List.map (fun found -> $"{found.File}:{found.Line}: {found.Name} has {found.Lines} lines")

              let list = String.concat "\n  " long
              Expect.isTrue
                  long.IsEmpty
                  $"Got {long.Length} functions of more than {most} lines, expected none. Split them by meaning.\n  {list}")

          testCase "each function that may be longer is longer" (fun () ->
              let long = functions.Value |> List.filter (fun found -> found.Lines > most && isWhole found)
              let names = long |> List.map _.Name |> List.sort
              Expect.equal names (whole |> List.map (fun (_, name, _) -> name) |> List.sort) "names")

          testCase "lines of F# are counted" (fun () ->
              Expect.equal
                  (namesAndLines (ofFSharp "" sampleFSharp))
                  [ "short", 3; "table", 3; "closed", 3; "outer", 6; "inner", 3; "(+)", 1; "Long", 3; "ToString", 1 ]
                  "ofFSharp sampleFSharp")

          testCase "lines of C# are counted" (fun () ->
              Expect.equal
                  (namesAndLines (ofCSharp "" sampleCSharp))
                  [ "Sample", 1; "Brace", 1; "Numbers", 4; "Short", 1; "Long", 6; "Value", 4 ]
                  "ofCSharp sampleCSharp") ]

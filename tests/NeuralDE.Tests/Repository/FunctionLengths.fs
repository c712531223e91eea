/// The number of lines of each function in a source file, found from its text. Blank lines and comments inside a function count.
module NeuralDE.Tests.Repository.FunctionLengths

open System
open System.Text.RegularExpressions

type FunctionLength = { File: string; Line: int; Name: string; Lines: int }

// F#: a binding ends before the next line that is not indented deeper.

let private binding =
    Regex(
        @"^\s*(?:\[<.*?>\]\s*)*(?:static\s+)?(?:let|member|override|default|and(?=\s+(?:inline\s+|private\s+|internal\s+)*[a-z_`(]))\b\s*"
        + @"(?:(?:rec|inline|mutable|private|internal|public|val)\s+)*(?:\w+\.)?(?<name>``.*?``|\(.*?\)|[\w']+)"
    )

let private indentOf (line: string) = line.Length - line.TrimStart().Length

let private isEmpty (line: string) =
    String.IsNullOrWhiteSpace line || line.TrimStart().StartsWith("//", StringComparison.Ordinal)

/// Whether a line begins with a closing bracket. Such a line belongs to the binding even without deeper indentation.
let private closes (line: string) = line.TrimStart().IndexOfAny [| ')'; ']'; '}' |] = 0

/// The lines of multi-line strings may have any indentation. This indents them deeper than any code.
let private withDeepTexts (text: string) =
    let deeper = "\n" + String(' ', 200)
    Regex.Replace(text, "\"\"\".*?\"\"\"", (fun found -> found.Value.Replace("\n", deeper)), RegexOptions.Singleline)

/// The lets and members of an F# file. The lines of an inner function also count for the outer one.
let ofFSharp (file: string) (text: string) : FunctionLength list =
    let lines = (withDeepTexts text).Split '\n'

    let lastOf first =
        let indent = indentOf lines[first]
        let isWithin line = isEmpty line || indentOf line > indent || (indentOf line = indent && closes line)
        let body = lines |> Seq.skip (first + 1) |> Seq.takeWhile isWithin |> Seq.toArray
        first + 1 + Array.FindLastIndex(body, (fun line -> not (isEmpty line)))

    [ for first in 0 .. lines.Length - 1 do
          let found = binding.Match lines[first]

          if found.Success then
              { File = file
                Line = first + 1
                Name = found.Groups["name"].Value
                Lines = lastOf first - first + 1 } ]

// C#: a member is the text in braces directly inside a type, together with the declaration before it.

let private noCode =
    Regex(
        "//[^\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|[$]?@[$]?\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.[^']*|[^'\\\\])'|(?<=^[ \t]*)#[^\n]*",
        RegexOptions.Singleline ||| RegexOptions.Multiline
    )

/// The same lines with comments, strings and directives replaced by spaces.
let private codeOf (text: string) = noCode.Replace(text, (fun found -> Regex.Replace(found.Value, @"[^\n]", " ")))

/// Whether the text before a brace declares a type or a namespace.
let private holdsMembers (head: string) =
    let declared = Regex.Replace(head, @"\bwhere\b.*", "", RegexOptions.Singleline)

    Regex.IsMatch(declared, @"\b(?:class|struct|interface|record|enum|namespace|extension)\b")
    && not (Regex.IsMatch(declared, "=>|[^<>=!]=[^=>]"))

let private field = Regex @"^[^(]*?(?<name>\w+)\s*=(?![>=])"

/// The name before the parameter list, which only constraints, a base call or an expression follow.
let private called =
    Regex(
        @"(?<name>[\w.]+)\s*(?:<[^()]*>)?\s*\((?>[^()]+|\((?<open>)|\)(?<-open>))*(?(open)(?!))\)\s*(?:(?:where\b|=>|:).*)?$",
        RegexOptions.Singleline
    )

let private property = Regex(@"(?<name>\w+)\s*(?:\[.*\]\s*)?(?:=>.*)?$", RegexOptions.Singleline)

let private nameOf (head: string) =
    let declared = Regex.Replace(head, @"^\s*(?:\[[^\]]*\]\s*)+", "").Trim()

    [ field; called; property ]
    |> List.map _.Match(declared)
    |> List.tryFind _.Success
    |> Option.map _.Groups["name"].Value
    |> Option.defaultValue declared

/// The methods, properties and fields of a C# file.
let ofCSharp (file: string) (text: string) : FunctionLength list =
    let mutable line = 1
    let mutable start = 0 // the line on which a member begins; 0: none has begun
    let mutable head = ""
    let mutable nesting = 0 // of round and square brackets in the head
    let mutable depth = 0 // of braces in the member
    let mutable holders = 0

    let ended () =
        let found = { File = file; Line = start; Name = nameOf head; Lines = line - start + 1 }
        depth <- 0
        start <- 0
        head <- ""
        found

    let members =
        [ for c in codeOf text do
              if c = '\n' then line <- line + 1

              if start = 0 && not (Char.IsWhiteSpace c || c = '}' || c = ';') then start <- line

              match c with
              | '{' when depth > 0 -> depth <- depth + 1
              | '}' when depth > 1 -> depth <- depth - 1
              | '}' when depth = 1 -> ended ()
              | _ when depth > 0 -> ()
              | '{' when nesting = 0 && holdsMembers head ->
                  holders <- holders + 1
                  start <- 0
                  head <- ""
              | '{' when nesting = 0 -> depth <- 1
              | '}' when nesting = 0 ->
                  holders <- holders - 1
                  start <- 0
                  head <- ""
              | ';' when nesting = 0 -> if start > 0 then ended ()
              | c ->
                  if c = '(' || c = '[' then nesting <- nesting + 1
                  if c = ')' || c = ']' then nesting <- nesting - 1
                  head <- head + string c ]

    if depth <> 0 || nesting <> 0 || holders <> 0 then
        failwith $"Got unbalanced brackets in {file}, expected balanced brackets. The count reads this file wrongly."

    members

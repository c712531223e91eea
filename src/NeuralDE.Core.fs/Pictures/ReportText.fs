namespace NeuralDE.Internal.Pictures

open System
open NeuralDE

/// Converts plain text with a few marks to HTML.
module internal ReportText =
    /// Escapes text for HTML; line breaks are kept.
    let escape (text: string) =
        text.ReplaceLineEndings("\n").Replace("\t", "    ").Split '\n' |> Array.map Svg.escape |> String.concat "\n"

    /// Converts `code` and **strong**; an unpaired mark is literal text.
    let private marked (text: string) =
        let between (mark: string) (tag: string) (plain: string -> string) (text: string) =
            let parts = text.Split mark
            let closed = if parts.Length % 2 = 1 then parts.Length else parts.Length - 1
            [ for place, part in Array.indexed parts do
                  if place >= closed then mark + part |> plain
                  elif place % 2 = 1 then $"<{tag}>{escape part}</{tag}>"
                  else plain part ]
            |> String.concat ""
        text |> between "`" "code" (between "**" "strong" escape)

    /// Groups consecutive lines of the same kind: the kind and the text of each group.
    let private gather (lines: ('kind * string) list) =
        (lines, [])
        ||> List.foldBack (fun (kind, line) found ->
            match found with
            | (other, gathered) :: rest when other = kind -> (kind, line :: gathered) :: rest
            | _ -> (kind, [ line ]) :: found)

    type private LineKind =
        | Blank
        | Words
        | Item
        | Code

    /// Converts paragraphs separated by empty lines, lists of lines that begin with "- ", and code between lines of three
    /// back quotes.
    let blocks (text: string) : string list =
        let fence (line: string) = line.TrimStart().StartsWith("```", StringComparison.Ordinal)
        let kinds, _ =
            text.ReplaceLineEndings("\n").Split '\n'
            |> List.ofArray
            |> List.mapFold
                (fun isCode line ->
                    if fence line then
                        (Blank, ""), not isCode
                    elif isCode then
                        (Code, line), true
                    elif String.IsNullOrWhiteSpace line then
                        (Blank, ""), false
                    elif line.TrimStart().StartsWith("- ", StringComparison.Ordinal) then
                        (Item, line.TrimStart()[2..]), false
                    else
                        (Words, line), false)
                false
        [ for kind, lines in gather kinds do
              match kind with
              | Blank -> ()
              | Words -> $"<p>{marked (String.Join(' ', lines))}</p>"
              | Item ->
                  let items = lines |> List.map (fun line -> $"<li>{marked line}</li>") |> String.concat ""
                  $"<ul>{items}</ul>"
              | Code -> $"<pre><code>{escape (String.Join('\n', lines))}</code></pre>" ]

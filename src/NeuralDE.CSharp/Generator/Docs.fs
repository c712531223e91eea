/// The docs of the core, turned to C#: names, parameters, null.
module NeuralDE.Face.Docs

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Text.RegularExpressions
open System.Xml.Linq

/// The names in C# that the docs of a member use.
type Words =
    {
        /// the name in C# of a member of the core, from `Module.verb`
        Qualified: string -> string option
        /// the name in C# of a verb that F# calls without its module; from `verb`
        Bare: string -> string option
        /// the name in C# of a verb of the same module
        Near: string -> string option
        /// phrases of F# and of C#
        Phrases: (Regex * string) list
    }

let private attribute (name: string) (e: XElement) = (nonNull (e.Attribute(XName.Get name))).Value

/// The member elements of the XML files beside the assemblies, by their names without the types of parameters.
let read (assemblies: Assembly list) : Map<string, XElement> =
    Map
        [ for assembly in assemblies do
              let file = XDocument.Load(nonNull (Path.ChangeExtension(assembly.Location, "xml")))

              // overloads are rare: the docs of the first are those of all
              for element in Seq.rev (file.Descendants(XName.Get "member")) do
                  Regex.Replace(attribute "name" element, @"(``\d+)?(\(.*)?$", ""), element ]

let private escaped (text: string) = text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

let private qualified = Regex @"\b[A-Z]\w*\.[A-Za-z]\w*\b"
let private camelCase = Regex @"(?<![\w.])[a-z]+[A-Z0-9]\w*\b"
let private likened = Regex(@"(?<=\b(?:like|see|as in|inverse of) )[a-z]+(?=[,.;:])", RegexOptions.IgnoreCase)

/// Names of F# in a sentence, as C# has them. `mine` are the parameters of the member, from F# to C#.
let private sentence (words: Words) (mine: IDictionary<string, string>) (text: string) =
    let replaced (find: string -> string option) (found: Match) = find found.Value |> Option.defaultValue found.Value

    let bare (word: string) =
        match mine.TryGetValue word with
        | true, name -> Some name
        | _ -> words.Bare word

    let text = qualified.Replace(text, replaced words.Qualified)
    let text = camelCase.Replace(text, replaced bare)
    let text = likened.Replace(text, replaced words.Near)
    let text = Regex.Replace(text, @"\b([A-Z]\w+)Options\b(?!\.\w)", "$1Settings")
    Regex.Replace(text, @"\bNone\b", "null")

/// The pattern of a phrase of F#. Where the phrase begins or ends with a letter or digit, only whole words match.
let phrase (theirs: string) =
    let unless (c: char) around = if Char.IsLetterOrDigit c then around else ""
    Regex(unless theirs[0] @"(?<!\w)" + Regex.Escape theirs + unless theirs[theirs.Length - 1] @"(?!\w)")

/// A text on one line, with phrases of C#.
let private phrased (words: Words) (text: string) =
    let replaced (text: string) (theirs: Regex, ours: string) = theirs.Replace(text, ours.Replace("$", "$$"))
    List.fold replaced (Regex.Replace(text, @"\s+", " ")) words.Phrases

/// A word or phrase in code: a parameter is a reference, a verb its C# name.
let private code (words: Words) (mine: IDictionary<string, string>) (text: string) =
    match mine.TryGetValue text, words.Near text |> Option.orElse (words.Bare text) with
    | (true, name), _ -> $"<paramref\u00a0name=\"{name}\"/>"
    | _, Some verb -> verb
    | _ -> $"<c>{escaped (sentence words mine text)}</c>"

let rec private inline' (words: Words) mine (node: XNode) : string =
    let inner (e: XElement) = e.Nodes() |> Seq.map (inline' words mine) |> String.concat ""

    match node with
    | :? XText as t ->
        // a comment without elements has its code in back quotes
        Regex.Split(phrased words t.Value, "`([^`]+)`")
        |> Seq.mapi (fun i part -> if i % 2 = 1 then code words mine part else escaped (sentence words mine part))
        |> String.concat ""
    | :? XElement as e ->
        match e.Name.LocalName with
        | "c" -> code words mine (phrased words e.Value)
        | "code" -> "" // F#
        | "paramref" -> code words mine (attribute "name" e)
        | "see" -> $"<see\u00a0{e.FirstAttribute}/>"
        | name -> $"<{name}>{inner e}</{name}>"
    | _ -> ""

/// The text in lines of at most `width` characters.
let private wrapped (width: int) (text: string) : string list =
    let words = Regex.Split(text.Trim(), @"[ \n\r\t]+") |> List.ofArray

    let rec fill (line: string) (words: string list) =
        match words with
        | [] -> [ line ]
        | word :: rest when line = "" -> fill word rest
        | word :: rest when line.Length + 1 + word.Length <= width -> fill (line + " " + word) rest
        | words -> line :: fill "" words

    fill "" words |> List.map _.Replace('\u00a0', ' ')

/// An element of a comment on one line, or on several if it is longer.
let private element (indent: int) (opening: string) (closing: string) (text: string) : string list =
    let width = 116 - indent

    match wrapped width text with
    | [ line ] when opening.Length + line.Length + closing.Length <= width -> [ opening + line + closing ]
    | lines -> opening :: lines @ [ closing ]

/// A noun with a capital letter and a full stop, as the docs of fields are written.
let private asSentence (text: string) =
    let text = text.Trim()
    let capital =
        if Regex.IsMatch(text, "^[a-z]{2}") then
            string (Char.ToUpperInvariant text[0]) + text[1..]
        else
            text
    if Regex.IsMatch(text, @"[.:!?…]$|>$") then capital else capital + "."

let private cancelled = "once the token is cancelled, with the fit so far."

/// The comment of a member that has no docs in the core.
let noDocs = "The core has no docs of this member."

/// The parts of a comment that do not come from the core.
type Extra =
    {
        Summary: string option
        Remarks: string list
        /// the parameters of the function that C# returns
        Later: string list
        /// whether it throws for a cancelled fit
        IsCancelled: bool
        /// whether the core describes it as a field: a noun, without a capital letter and a full stop
        IsField: bool
        /// whether it may be null; the docs of the core mention None, or do not mention it
        IsOption: bool
    }

let nothing = { Summary = None; Remarks = []; Later = []; IsCancelled = false; IsField = false; IsOption = false }

/// The comment of a member, indented by `indent` spaces. `mine` are the names of its parameters in F# and in C#, in the order
/// of C#.
let comment (words: Words) (indent: int) (mine: (string * string) list) (extra: Extra) (source: XElement option) =
    let parameters = dict mine

    let textOf (e: XElement) = e.Nodes() |> Seq.map (inline' words parameters) |> String.concat ""

    let every name =
        match source with
        | Some e -> List.ofSeq (e.Elements(XName.Get name))
        | None -> []

    let spoken text =
        let text = if extra.IsField then asSentence text else text
        if extra.IsOption && not (text.Contains "null") then
            text.TrimEnd '.' + "; otherwise null."
        else
            text

    let returned (text: string) =
        let names = String.concat " and " extra.Later
        if names = "" then
            text
        else
            $"A function of {names}: " + string (Char.ToLowerInvariant text[0]) + text[1..]

    let tag name text = element indent $"<{name}>" $"</{name}>" text

    let summary =
        match extra.Summary, every "summary", source with
        | Some text, _, _ -> text
        | None, first :: _, _ -> spoken (textOf first)
        | None, [], Some e -> spoken (textOf e)
        | None, [], None -> noDocs

    let described =
        [ for theirs, ours in mine do
              for e in every "param" do
                  if attribute "name" e = theirs then
                      yield! element indent $"<param name=\"{ours}\">" "</param>" (textOf e) ]

    let remarks = (every "remarks" |> List.map textOf) @ extra.Remarks

    let exceptions =
        [ for e in every "exception" do
              let cref = (attribute "cref" e).Replace("T:NeuralDE.", "")
              yield! element indent $"<exception cref=\"{cref}\">" "</exception>" (textOf e)
          if extra.IsCancelled then
              yield! element indent "<exception cref=\"FitCancelledException{F}\">" "</exception>" cancelled ]

    [ yield! tag "summary" summary
      yield! described
      for e in every "returns" do
          yield! tag "returns" (returned (textOf e))
      if not remarks.IsEmpty then yield! tag "remarks" (String.concat " " remarks)
      yield! exceptions ]
    |> List.map (fun line -> String(' ', indent) + "/// " + line)

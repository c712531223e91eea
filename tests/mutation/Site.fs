/// Places of a source file where one small change can be made, and the file with such changes in it, each asleep until the
/// environment names its number.
module Site

open System

type Change =
    /// The opposite of a condition.
    | Negate
    /// Another text in place of an expression.
    | Replace of string

type Site =
    {
        File: string
        Line: int
        /// Offsets of the expression in the text of the file.
        Start: int
        End: int
        Change: Change
        /// What the change does, for people.
        Shown: string
    }

/// How one language writes an expression that depends on a change.
type Language = { Negated: int -> string -> string; Either: int -> string -> string -> string }

/// An operator and what stands in for it.
let otherOperator =
    Map
        [ "+", "-"
          "-", "+"
          "*", "/"
          "/", "*"
          "<", "<="
          "<=", "<"
          ">", ">="
          ">=", ">"
          "&&", "||"
          "||", "&&"
          "=", "<>"
          "<>", "="
          "==", "!="
          "!=", "==" ]

let private oneLine (text: string) =
    let words = text.Split([| ' '; '\n'; '\r'; '\t' |], StringSplitOptions.RemoveEmptyEntries)
    let line = String.concat " " words
    if line.Length > 70 then line[..66] + "..." else line

let negation file line first last (text: string) =
    { File = file
      Line = line
      Start = first
      End = last
      Change = Negate
      Shown = $"not ({oneLine text[first .. last - 1]})" }

let replacement file line first last (text: string) (other: string) =
    { File = file
      Line = line
      Start = first
      End = last
      Change = Replace other
      Shown = $"{oneLine text[first .. last - 1]}  →  {oneLine other}" }

/// The digits of a number's text: without its sign, which the syntax trees may count to it, and its suffix.
let private suffixOf (text: string) =
    let isHexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
    let ofDigits c = Char.IsDigit c || c = '.' || c = '_' || c = '-' || c = '+'
    let ofNumber c = ofDigits c || (if isHexadecimal then Char.IsAsciiHexDigit c || c = 'x' else c = 'e' || c = 'E')
    text[text.TrimEnd().Length - (text |> Seq.rev |> Seq.takeWhile (ofNumber >> not) |> Seq.length) ..]

/// One more; 0 and 1 change places. None where the type holds no such number.
let otherInteger (text: string) (value: bigint) (largest: bigint) =
    let other = if value.IsOne then 0I else value + 1I
    if other > largest then None else Some(string other + suffixOf text)

let otherFloat (text: string) (value: float) =
    let other = if value = 1.0 then 0.0 else value + 1.0
    let digits = other.ToString("R", Globalization.CultureInfo.InvariantCulture)
    let isDecimal = digits |> Seq.exists (fun c -> c = '.' || c = 'E')
    if other = value || Double.IsInfinity other then
        None
    else
        Some((if isDecimal then digits else digits + ".0") + suffixOf text)

/// The text with these numbered changes. A change within another one is part of what the outer one leaves as it was.
let rendered (language: Language) (text: string) (changes: (int * Site) list) =
    let inOrder = changes |> List.sortBy (fun (_, site) -> site.Start, -site.End)

    let rec between first last (changes: (int * Site) list) =
        match changes with
        | [] -> text[first .. last - 1]
        | (number, site) :: later ->
            let within, after = later |> List.partition (fun (_, other) -> other.End <= site.End)
            let original = between site.Start site.End within

            let chosen =
                match site.Change with
                | Negate -> language.Negated number original
                | Replace other -> language.Either number other original

            text[first .. site.Start - 1] + chosen + between site.End last after

    between 0 text.Length inOrder

/// The column of an offset.
let columnOf (text: string) offset = offset - (text.LastIndexOf('\n', max 0 (offset - 1)) + 1)

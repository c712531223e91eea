namespace NeuralDE.Compiler

open System
open System.Collections
open System.Globalization
open System.Runtime.CompilerServices
open Microsoft.FSharp.Reflection
open NeuralDE

/// Everything of a tree but its numbers, as texts by path: static fields, cases of unions, lengths, keys.
/// Two trees of one type are built alike if the texts are equal; functions have no text of their own.
module internal StaticFields =
    /// A number as the shortest text that reads back as the same number.
    let private number (x: IFormattable) = x.ToString(null, CultureInfo.InvariantCulture)

    let private quote (s: string) = "\"" + s.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\""
    let private listed (texts: string seq) = "[" + String.Join("; ", texts) + "]"

    let rec private text (x: Value) : string =
        match x with
        | null -> "None"
        | :? string as s -> quote s
        | :? bool as b -> if b then "true" else "false"
        | :? Enum
        | :? char -> string x
        | :? Type as t -> TypeName.text t
        | :? Delegate -> "a function"
        | :? DateTime as t -> t.ToString("o", CultureInfo.InvariantCulture)
        | :? DateTimeOffset as t -> t.ToString("o", CultureInfo.InvariantCulture)
        | :? IFormattable as n -> number n
        | :? IEnumerable as items -> listed (items |> Seq.cast<Value> |> Seq.map text)
        | x ->
            let t = x.GetType()

            if FSharpType.IsFunction t then
                "a function"
            else
                match parts x with
                | Some(case, [||]) -> case
                | Some(case, parts) ->
                    let body = parts |> Seq.map (fun (name, part) -> $"{name} = {text part}")
                    case + "{ " + String.Join("; ", body) + " }"
                | None -> x.ToString() |> Option.ofObj |> Option.defaultValue (TypeName.text t)

    /// The case of a union ("" for the rest) and the parts of a record, tuple or union by name.
    and private parts (x: obj) : (string * (string * Value)[]) option =
        let t = x.GetType()

        match x with
        | :? ITuple as tuple ->
            let parts = Array.init tuple.Length (fun i -> $"Item{string (i + 1)}", tuple[i])
            Some("", parts)
        | _ when FSharpType.IsRecord(t, true) ->
            let names = FSharpType.GetRecordFields(t, true) |> Array.map _.Name
            Some("", Array.zip names (FSharpValue.GetRecordFields(x, true)))
        | _ when FSharpType.IsUnion(t, true) ->
            let case, values = FSharpValue.GetUnionFields(x, t, true)
            Some(case.Name, Array.zip (case.GetFields() |> Array.map _.Name) values)
        | _ -> None

    /// A static field: its own parts by their paths where it has some.
    let rec private ofStatic (path: string) (x: Value) : (string * string) list =
        match x with
        | null
        | :? IEnumerable
        | :? IFormattable -> [ path, text x ]
        | x ->
            match parts x with
            | Some("Some", [| _, part |]) -> ofStatic path part
            | Some(case, parts) when parts.Length > 0 ->
                [ if case <> "" then path, case
                  for name, part in parts do
                      yield! ofStatic (Form.under path name) part ]
            | Some _
            | None -> [ path, text x ]

    /// The texts by path, in order.
    let rec ofForm (path: string) (form: Form) : (string * string) list =
        match form with
        | Form.Tensor _ -> []
        | Form.Key _ -> [ path, "Key" ]
        | Form.Absent -> [ path, "None" ]
        | Form.Static x -> ofStatic path x.Value
        | Form.Product(_, p, parts) ->
            [ if p.Case <> "" && p.Case <> "Some" then path, p.Case
              for name, part in Array.zip p.Names parts do
                  yield! ofForm (Form.under path name) part ]
        | Form.Series(_, keys, parts) ->
            [ path,
              (if keys.Length = 0 then
                   $"{string parts.Length} elements"
               else
                   listed (Seq.map string keys))
              for i in 0 .. parts.Length - 1 do
                  yield! ofForm (Form.at keys path i) parts[i] ]

namespace NeuralDE.Internal.Storage

open System
open System.Collections
open System.Collections.Generic
open System.Globalization
open System.Runtime.CompilerServices
open System.Text
open Microsoft.FSharp.Reflection
open NeuralDE.Internal.Calculus

/// Non-tensor fields of a tree, as path → string: static fields, cases of unions, lengths, keys. Two trees of one type have
/// the same structure if the texts are equal; functions are not distinguished.
module internal StaticFields =
    /// A number as the shortest text that is read back as the same number.
    let private number (x: IFormattable) = x.ToString(null, CultureInfo.InvariantCulture)

    let private quote (s: string) = "\"" + s.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\""
    let private listed (texts: string seq) = "[" + String.Join("; ", texts) + "]"

    /// The case of a union ("" for other types), and the parts of a record, tuple or union by name.
    let private parts (x: obj) : (string * (string * Value)[]) option =
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

    /// A text, or a value whose text is not written yet.
    [<Struct>]
    type private Piece =
        | Text of text: string
        | Whole of value: Value

    let private pieces (x: Value) : Piece list =
        match x with
        | null -> [ Text "None" ]
        | :? string as s -> [ Text(quote s) ]
        | :? bool as b -> [ Text(if b then "true" else "false") ]
        | :? Enum
        | :? char -> [ Text(string x) ]
        | :? Type as t -> [ Text(TypeName.text t) ]
        | :? Delegate -> [ Text "a function" ]
        | :? DateTime as t -> [ Text(t.ToString("o", CultureInfo.InvariantCulture)) ]
        | :? DateTimeOffset as t -> [ Text(t.ToString("o", CultureInfo.InvariantCulture)) ]
        | :? IFormattable as n -> [ Text(number n) ]
        | :? IEnumerable as items ->
            [ Text "["
              for i, item in Seq.indexed (Seq.cast<Value> items) do
                  if i > 0 then Text "; "
                  Whole item
              Text "]" ]
        | x ->
            let t = x.GetType()

            if FSharpType.IsFunction t then
                [ Text "a function" ]
            else
                match parts x with
                | Some(case, [||]) -> [ Text case ]
                | Some(case, parts) ->
                    [ Text(case + "{ ")
                      for i, (name, part) in Array.indexed parts do
                          Text((if i > 0 then "; " else "") + name + " = ")
                          Whole part
                      Text " }" ]
                | None -> [ Text(x.ToString() |> Option.ofObj |> Option.defaultValue (TypeName.text t)) ]

    /// A static field as text.
    let text (x: Value) : string =
        let written = StringBuilder()
        let todo = Stack<Piece>()
        todo.Push(Whole x)

        while todo.Count > 0 do
            match todo.Pop() with
            | Text text -> written.Append text |> ignore
            | Whole x -> pieces x |> List.rev |> List.iter todo.Push

        written.ToString()

    /// A static field: its parts by their paths, if it has parts.
    let private ofStatic (verb: string) (path: string) (x: Value) : List<string * string> =
        let found = List<string * string>()
        let todo = Stack<struct (string * int * Value)>()
        todo.Push(struct (path, 0, x))

        while todo.Count > 0 do
            let struct (path, level, x) = todo.Pop()
            TreeForm.refuseDepth verb level

            match x with
            | null
            | :? IEnumerable
            | :? IFormattable -> found.Add(path, text x)
            | x ->
                match parts x with
                | Some("Some", [| _, part |]) -> todo.Push(struct (path, level + 1, part))
                | Some(case, parts) when parts.Length > 0 ->
                    if case <> "" then found.Add(path, case)

                    for name, part in Array.rev parts do
                        todo.Push(struct (TreeForm.under path name, level + 1, part))
                | Some _
                | None -> found.Add(path, text x)

        found

    /// The texts by path, in order.
    let ofForm (verb: string) (form: TreeForm) : (string * string) list =
        let found = List<string * string>()

        form
        |> TreeForm.visit verb (fun path part ->
            match part with
            | TreeForm.Tensor _ -> ()
            | TreeForm.Key _ -> found.Add(path, "Key")
            | TreeForm.Absent -> found.Add(path, "None")
            | TreeForm.Static x -> found.AddRange(ofStatic verb path x.Value)
            | TreeForm.Product(_, p, _) -> if p.Case <> "" && p.Case <> "Some" then found.Add(path, p.Case)
            | TreeForm.Sequence(_, keys, parts) ->
                let text =
                    if keys.Length = 0 then
                        $"{string parts.Length} elements"
                    else
                        listed (Seq.map string keys)
                found.Add(path, text))

        List.ofSeq found

/// The files of the face as text.
module NeuralDE.Face.Files

open System
open System.Reflection
open System.Runtime.CompilerServices
open System.Text.RegularExpressions
open Microsoft.FSharp.Core
open Microsoft.FSharp.Reflection
open NeuralDE.Face.Rules
open NeuralDE.Face.Members

/// The core: its types, its docs by name, and how docs of a module or type are turned to C#.
type private Core = { Types: Type list; Docs: Map<string, Xml.Linq.XElement>; Words: string -> Docs.Words }

let private header =
    "// Written by `dotnet fsi build.fsx face` from the core and its docs: edit those, or Generator/Rules.fs.\n\nnamespace NeuralDE;\n\n"

// Members of the sources

let private isGenerated (m: MemberInfo) =
    m.IsDefined(typeof<CompilerGeneratedAttribute>, false) || m.Name.EndsWith("$W", StringComparison.Ordinal)

let private flags = BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private sourceNamed (types: Type list) (name: string) =
    match types |> List.filter (fun t -> home t = name || Types.plain t = name) with
    | [] -> failwith $"Got the source {name} in the rules, expected a module or type of the core."
    | [ one ] -> one
    | several ->
        // a module beside the type of its name
        several |> List.tryFind FSharpType.IsModule |> Option.defaultValue several.Head

/// A generic function of numbers or tensors, as one method for each.
let private overloads (types: Type list) (m: MethodInfo) =
    let isNumber (g: Type) =
        g.GetGenericParameterConstraints() |> Array.exists (fun c -> Types.plain c = "ISubtractionOperators")

    let generics = m.GetGenericArguments()

    if Array.exists isNumber generics then
        [ for number in [ typeof<float>; (typeNamed types "Tensor").Value ] ->
              m.MakeGenericMethod [| for g in generics -> if isNumber g then number else g |] ]
    else
        [ m ]

let private membersOf (types: Type list) (c: Class) : Member list =
    [ for name in c.Sources do
          let source = sourceNamed types name
          let isModule = FSharpType.IsModule source
          let isMine (m: MemberInfo) =
              not (isGenerated m)
              && (isModule || Char.IsLower m.Name[0])
              && not (byHand.Contains $"{home source}.{m.Name}")

          if
              FSharpType.IsUnion source && not isModule && not (c.Name.EndsWith("Extensions", StringComparison.Ordinal))
          then
              for case in FSharpType.GetUnionCases source do
                  if not (byHand.Contains $"{home source}.{case.Name}") then ofCase types c source case
          else
              for p in source.GetProperties flags do
                  if isMine p then ofProperty types c source p

              for m in source.GetMethods flags |> Array.sortBy _.MetadataToken do
                  if not m.IsSpecialName && not (m.Name.StartsWith("op_", StringComparison.Ordinal)) && isMine m then
                      for overload in overloads types m do
                          ofMethod types c source overload

      for typeName, value, cls in c.Receivers do
          if withNulls.Contains typeName then
              let source = (typeNamed types typeName).Value
              for p in source.GetProperties(BindingFlags.Public ||| BindingFlags.Instance ||| BindingFlags.DeclaredOnly) do
                  if Types.isOption p.PropertyType then ofOption types c (value, cls) source p ]

// Text

let private where (generics: Type seq) =
    let one (g: Type) =
        match [ for c in g.GetGenericParameterConstraints() -> Types.text c ] with
        | [] -> ""
        | found -> $" where {Types.text g} : " + String.concat ", " found

    generics |> Seq.map one |> String.concat ""

let private typeParameters (generics: Type list) =
    if generics.IsEmpty then
        ""
    else
        "<" + String.concat ", " [ for g in generics -> Types.text g ] + ">"

let private declared (p: Parameter) =
    let text = Types.ofParameter p.Parts p.Place p.Type
    if p.IsOptional then $"{text}? {quoted p.Ours} = null" else $"{text} {quoted p.Ours}"

let private argument (p: Parameter) =
    match Types.settingsOf p.Type with
    | Some settings when p.IsOptional -> $"({p.Ours} ?? new {settings}()).Core()"
    | _ -> Types.argument p.Place (quoted p.Ours) p.Type

/// The training or token of a member that throws an exception in C# if its fit was cancelled.
let private orThrow (m: Member) : string option =
    let hasSettings = m.Parameters |> Option.exists (List.exists (fun p -> p.Ours = "settings"))

    match Types.plain m.Result, m.Target with
    | "Fit", OnValue(_, "training") -> Some "training"
    | ("LbfgsFit" | "LevenbergMarquardtFit"), _ when hasSettings -> Some "settings.Cancellation"
    | _ -> None

/// A method that returns a function. It checks its own arguments before that function is called.
let private returning (m: Member) (result: string) (value: string) =
    let types = [ for p in m.Later -> Types.text p.Type ]
    let names = String.concat ", " [ for p in m.Later -> p.Ours ]
    let isChecked (p: Parameter) = not (p.Type.IsValueType || p.Type.IsGenericParameter)
    let checks =
        String.concat
            " "
            [ for p in m.Parameters.Value do
                  if isChecked p then $"Given({p.Ours});" ]
    let all = String.concat ", " (types @ [ result ])
    let parameters = if m.Later.Length = 1 then names else $"({names})"
    $"Func<{all}>", $"{{ {checks} return {parameters} => {value}; }}"

let private declaration (m: Member) =
    let kind =
        match m.Target with
        | OnValue _ -> "public"
        | _ -> "public static"

    let list text parameters = String.concat ", " (List.map text parameters)
    let call =
        m.Callee + (m.Arguments |> Option.map (fun given -> $"({list argument given})") |> Option.defaultValue "")

    match m.Parameters with
    | None ->
        let value = if Types.isOption m.Result then Types.result m.Result call else call
        $"{kind} {Types.ofProperty m.Result} {m.Name} => {value};"
    | Some given ->
        let result = if Types.isUnit m.Result then "void" else Types.named m.ResultParts m.Result

        let value =
            match orThrow m with
            | Some token -> $"Cancelling.OrThrow({call}, {token})"
            | None -> Types.result m.Result call

        let result, body = if m.Later.IsEmpty then result, $"=> {value};" else returning m result value
        $"{kind} {result} {m.Name}{typeParameters m.Generics}({list declared given}){where m.Generics} {body}"

let private block (target: Target) =
    match target with
    | OnClass -> ""
    | OnType t -> $"extension({Types.text t})"
    | OnValue(t, name) ->
        let generics = genericsIn t
        $"extension{typeParameters generics}({Types.text t} {name}){where generics}"

let private remarksOf (name: string) =
    [ for origin, text in remarks do
          if origin = name then text ]

let private memberText (core: Core) (indent: int) (m: Member) =
    let isOption = m.Parameters.IsNone && Types.isOption m.Result
    let extra =
        { Docs.nothing with
            Remarks = remarksOf m.Origin
            Later = m.Later |> List.map _.Ours
            IsCancelled = (orThrow m).IsSome
            IsField = isOption
            IsOption = isOption }
    let mine = [ for p in Option.defaultValue [] m.Parameters -> p.Theirs, p.Ours ]
    let words = core.Words m.Origin[.. m.Origin.IndexOf '.' - 1]
    String.concat
        "\n"
        (Docs.comment words indent mine extra (Map.tryFind m.Doc core.Docs) @ [ String(' ', indent) + declaration m ])

/// The docs of a class: those of its module, or of its type.
let private classDocs (core: Core) (c: Class) (name: string) =
    let own = name.Replace("Extensions", "")
    let isOwn (t: Type) = home t = own || (name = c.Name && List.contains (home t) c.Sources)
    // values have the docs of their type, functions those of their module
    let first (t: Type) = home t <> own, FSharpType.IsModule t <> (name = c.Name)
    let ordered = core.Types |> List.filter isOwn |> List.sortBy first
    let extra = { Docs.nothing with Summary = Map.tryFind name classSummaries; Remarks = remarksOf name }
    let source =
        if extra.Summary.IsSome then
            None
        else
            ordered |> List.tryPick (fun t -> Map.tryFind $"T:{t.FullName}" core.Docs)
    Docs.comment (core.Words(if ordered.IsEmpty then "" else home ordered.Head)) 0 [] extra source

let private classText (core: Core) (c: Class) (name: string) (members: Member list) =
    let text (head: string, members: Member list) =
        let indent = if head = "" then 4 else 8
        let inner = members |> List.map (memberText core indent) |> String.concat "\n\n"
        if head = "" then inner else $"    {head}\n    {{\n{inner}\n    }}"

    let comment = if c.IsPart then [] else classDocs core c name
    let inner = members |> List.groupBy (fun m -> block m.Target) |> List.map text |> String.concat "\n\n"
    String.concat "\n" (comment @ [ $"public static partial class {name}\n{{\n{inner}\n}}\n" ])

/// A record of settings.
let private settingsText (core: Core) (source: Type) (ours: string) =
    let name = source.Name
    let fields = List.ofArray (FSharpType.GetRecordFields source)
    let defaults = source.GetProperties flags |> Array.find (fun p -> List.contains p.Name [ "defaults"; "Default" ])
    let comment indent isField doc =
        Docs.comment (core.Words name) indent [] { Docs.nothing with IsField = isField } (Map.tryFind doc core.Docs)

    let property (p: PropertyInfo) =
        let start = if Types.isTokenOf p.PropertyType then "" else $" = {name}.{defaults.Name}.{p.Name};"
        let text = $"    public {Types.ofProperty p.PropertyType} {p.Name} {{ get; init; }}{start}"
        String.concat "\n" (comment 4 true $"P:{source.FullName}.{p.Name}" @ [ text ])

    let values = fields |> List.map (fun p -> Types.field p.Name p.PropertyType) |> String.concat ", "

    let members =
        List.map property fields
        @ [ $"    internal {name} Core() => new({values});"
            "    /// <summary>The fields, with numbers in the invariant culture.</summary>\n"
            + $"    public override string ToString() => Printed.Record(nameof({ours}), PrintMembers);" ]

    let inner = String.concat "\n\n" members
    String.concat "\n" (comment 0 false $"T:{source.FullName}" @ [ $"public sealed record {ours}\n{{\n{inner}\n}}\n" ])

let private read (assemblies: Assembly list) =
    let types =
        [ for a in assemblies do
              for t in a.GetExportedTypes() do
                  if isNull t.DeclaringType then t ]
    let found = [ for c in classes -> c, membersOf types c ]
    { Types = types; Docs = Docs.read assemblies; Words = Names.words (List.collect snd found) }, found

/// The files of the face, by their paths in its folder.
let all (assemblies: Assembly list) : (string * string) list =
    let core, found = read assemblies

    // the members of a class may have several sources
    let placed =
        [ for c, members in found do
              for cls, members in members |> List.groupBy _.Class do
                  let file = if cls = c.Name then c.File else cls
                  $"Generated/{c.Folder}/{file}.cs", (c, cls, members) ]

    [ for path, parts in placed |> List.groupBy fst do
          let c, cls, _ = snd parts.Head
          path, header + classText core c cls (parts |> List.collect (fun (_, (_, _, members)) -> members))

      for folder, options in settings do
          let source = (typeNamed core.Types options).Value
          let ours = (Types.settingsOf source).Value
          $"Generated/{folder}/{ours}.cs", header + settingsText core source ours ]

/// Lines of the rules that nothing in the core and its docs needs.
let stale (assemblies: Assembly list) : string list =
    let core, found = read assemblies
    let members = List.collect snd found
    let origins =
        set
            [ for m in members do
                  yield! [ m.Origin; m.Class; m.Origin[.. m.Origin.IndexOf '.'] + "*" ] ]
    let texts = String.concat "\n" [ for e in core.Docs.Values -> Regex.Replace(e.Value, @"\s+", " ") ]
    let names =
        set
            [ for t in core.Types do
                  for m in t.GetMembers() do
                      $"{home t}.{m.Name}" ]
    let cases =
        set
            [ for t in core.Types do
                  if FSharpType.IsUnion t then
                      for c in FSharpType.GetUnionCases t do
                          $"{home t}.{c.Name}" ]

    [ for name, _ in signatures @ remarks @ Map.toList classSummaries do
          if not (origins.Contains name) then name
      for name in byHand do
          if not (names.Contains name || cases.Contains name) then name
      for name in withNulls do
          if (typeNamed core.Types name).IsNone then name
      for theirs, _ in phrases do
          if not (texts.Contains theirs) then theirs ]

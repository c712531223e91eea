/// The members of the face, from those of the core and the rules.
module NeuralDE.Face.Members

open System
open System.Reflection
open System.Text.RegularExpressions
open Microsoft.FSharp.Reflection
open NeuralDE.Face.Rules

type Parameter =
    {
        /// its name in F#
        Theirs: string
        /// its name in C#
        Ours: string
        Type: Type
        /// where a list stands
        Place: Types.Place
        /// the names of the parts of its tuples
        Parts: string list
        /// whether it is settings that a call may leave out
        IsOptional: bool
    }

/// The place of a member of the face: a static class, the static members of a type, or the members of its values.
type Target =
    | OnClass
    | OnType of Type
    | OnValue of Type * name: string

type Member =
    {
        Class: string
        Target: Target
        Name: string
        /// the type parameters of the member itself
        Generics: Type list
        /// in the order of C#, without the receiver; None for a property
        Parameters: Parameter list option
        /// the parameters of the function that C# returns
        Later: Parameter list
        /// the called member, and its arguments in the order of the core; None for a value
        Callee: string
        Arguments: Parameter list option
        Result: Type
        ResultParts: string list
        /// the kind of thing that the core's docs describe, and its name there
        Doc: string
        /// in the core, as `Module.verb`
        Origin: string
    }

/// The name of a module or type in F#.
let home (t: Type) =
    let name = Types.plain t
    if FSharpType.IsModule t && name.EndsWith("Module", StringComparison.Ordinal) then
        name[.. name.Length - 7]
    else
        name

let pascal (word: string) = string (Char.ToUpperInvariant word[0]) + word[1..]
let camel (word: string) = string (Char.ToLowerInvariant word[0]) + word[1..]

/// A name of the core that is a word of C#.
let quoted (name: string) =
    if List.contains name [ "using"; "checked"; "fixed"; "is"; "as"; "in"; "out"; "base"; "params"; "var" ] then
        "@" + name
    else
        name

// Rules

type private Signature =
    {
        Name: string
        Generics: string list
        /// name in C#, name in F#, parts, whether it is optional
        Given: (string * string * string list * bool) list option
        /// the parameters of the function that is returned
        Later: string list
        Gives: string list
    }

let private partsOf (text: string) =
    [ for part in text.Split(',', StringSplitOptions.RemoveEmptyEntries) -> part.Trim() ]

let private form =
    Regex
        @"^(?<name>\w*)(<(?<generics>.*?)>)?(?<given>\((?<list>([^()]|\([^()]*\))*)\))?( => \((?<later>.*?)\))?(: \((?<gives>.*)\))?$"

let private givenForm = Regex @"(?<ours>\w+)(=(?<theirs>\w+))?(\((?<parts>.*?)\))?(?<optional>\?)?"

/// A rule, as `signatures` describes it.
let private parse (text: string) : Signature =
    let found = form.Match text
    if not found.Success then failwith $"Got the rule `{text}`, expected Name(parameters): (Parts)."
    let group (name: string) = found.Groups[name].Value

    let given =
        [ for p in givenForm.Matches(group "list") do
              let ours, theirs = p.Groups["ours"].Value, p.Groups["theirs"].Value
              let theirs = if theirs = "" then ours else theirs
              ours, theirs, partsOf p.Groups["parts"].Value, p.Groups["optional"].Success ]

    { Name = group "name"
      Generics = partsOf (group "generics")
      Given = if found.Groups["given"].Success then Some given else None
      Later = partsOf (group "later")
      Gives = partsOf (group "gives") }

let private signature (origin: string) =
    let everyOne = origin[.. origin.IndexOf '.'] + "*"
    let found = signatures |> List.tryFind (fun (name, _) -> name = origin || name = everyOne)
    parse (found |> Option.map snd |> Option.defaultValue "")

/// The names of the parts of a tuple, by the name and the type of the parameter or result.
let private partNames (name: string) (t: Type) =
    let shape = Types.text t
    let found = parts |> List.tryFind (fun (holder, text, _) -> holder = name && text = shape)
    found |> Option.map (fun (_, _, names) -> partsOf names) |> Option.defaultValue []

// Members

let private parameter (name: string) (t: Type) =
    { Theirs = name
      Ours = if (Types.settingsOf t).IsSome then "settings" else name.TrimStart '_'
      Type = t
      Place = Types.Within
      Parts = partNames name t
      IsOptional = false }

/// A parameter at the end of a call.
let private atEnd (c: Class) (p: Parameter) = { p with Place = if c.TakesArrays then Types.Array else Types.Span }

let private isData (p: Parameter) =
    p.Type.IsGenericParameter || List.contains (Types.plain p.Type) [ "Tensor"; "ComplexTensor" ]

/// Parameters in the order of C#, by the rule or without one.
let private arranged (c: Class) (rule: Signature) (own: Parameter list) =
    let asGiven (ours, theirs, parts: string list, isOptional) =
        match own |> List.tryFind (fun p -> p.Theirs = theirs || p.Ours = theirs) with
        | Some p -> { p with Ours = ours; Parts = (if parts.IsEmpty then p.Parts else parts); IsOptional = isOptional }
        | None -> failwith $"Got {theirs} in a rule, expected one of {own |> List.map _.Theirs}."

    let ordered =
        match rule.Given, own with
        | Some given, _ -> List.map asGiven given
        | None, first :: _ when
            c.IsDataFirst && isData (List.last own) && not (isData first || Types.plain first.Type = "Key")
            ->
            List.last own :: List.take (own.Length - 1) own
        | None, _ -> own

    ordered |> List.mapi (fun i p -> if i = own.Length - 1 then atEnd c p else p)

let private isA (name: string) (t: Type) = Types.plain t = name && not t.IsGenericParameter && not t.IsArray

/// The receiver of a function: its last parameter of a type that the class extends.
let private receiverOf (c: Class) (all: Parameter list) =
    c.Receivers
    |> List.tryPick (fun (typeName, name, cls) ->
        all
        |> List.tryFindBack (fun p -> isA typeName p.Type)
        |> Option.filter (fun p -> not c.IsStrict || p = List.last all)
        |> Option.map (fun p -> p, name, cls))

let private constraints (t: Type) =
    [ for c in t.GetGenericParameterConstraints() do
          if c <> typeof<ValueType> then c ]

let rec genericsIn (t: Type) : Type list =
    if t.IsGenericParameter then
        [ t ]
    elif t.HasElementType then
        genericsIn (nonNull (t.GetElementType()))
    elif t.IsGenericType then
        t.GetGenericArguments() |> List.ofArray |> List.collect genericsIn
    else
        []

/// A type with its own docs, and its module.
let typeNamed (types: Type list) (name: string) =
    types |> List.tryFind (fun t -> Types.plain t = name && not (FSharpType.IsModule t))

/// The place of a function without a receiver: the class, or the type for which the class is named.
let private staticTarget (types: Type list) (c: Class) (source: Type) =
    match c.Name.EndsWith("Extensions", StringComparison.Ordinal), typeNamed types (home source) with
    | true, Some t -> OnType t
    | _ -> OnClass

/// The member for a value of the core, in the class or on its type.
let private blank types (c: Class) (source: Type) (name: string) (result: Type) : Member * Signature =
    let origin = $"{home source}.{name}"
    let rule = signature origin

    { Class = c.Name
      Target = staticTarget types c source
      Name = if rule.Name = "" then pascal name else rule.Name
      Generics = []
      Parameters = None
      Later = []
      Callee = Types.text source + "." + quoted name
      Arguments = None
      Result = result
      ResultParts = if rule.Gives.IsEmpty then partNames "" result else rule.Gives
      Doc = $"P:{source.FullName}.{name}"
      Origin = origin },
    rule

let private angled (names: string list) = "<" + String.concat ", " names + ">"

/// A generic value, made for the least specific type that its constraints allow.
let private ofValue (m: MethodInfo) (generics: Type list) (value: Member) =
    let least = [ for g in generics -> (constraints g).Head ]
    let callee = value.Callee + angled [ for t in least -> Types.plain t ]
    { value with
        Callee = callee
        Arguments = Some []
        Result = (m.MakeGenericMethod(Array.ofList least)).ReturnType }

let ofMethod (types: Type list) (c: Class) (source: Type) (m: MethodInfo) : Member =
    let value, rule = blank types c source m.Name m.ReturnType
    let all =
        [ for p in m.GetParameters() do
              if not (Types.isUnit p.ParameterType) then parameter (nonNull p.Name) p.ParameterType ]
    let later = all |> List.filter (fun p -> List.contains p.Theirs rule.Later)
    let receiver = if later.IsEmpty then receiverOf c all else None
    let isReceiver (p: Parameter) = receiver |> Option.exists (fun (r, _, _) -> r.Theirs = p.Theirs)
    let own = arranged c rule (List.except later all |> List.filter (isReceiver >> not))
    let place (g: Type) = rule.Generics |> List.tryFindIndex (fun name -> name = g.Name) |> Option.defaultValue 0
    let generics = List.ofArray (m.GetGenericArguments()) |> List.filter _.IsGenericParameter |> List.sortBy place
    let value = { value with Doc = $"M:{source.FullName}.{m.Name}" }

    if all.IsEmpty && not generics.IsEmpty && generics |> List.forall (fun g -> not (constraints g).IsEmpty) then
        ofValue m generics value
    else
        let argument (p: Parameter) = own @ later |> List.tryFind (fun o -> o.Theirs = p.Theirs)

        let made =
            { value with
                Generics = generics
                Parameters = Some own
                Later = later
                Callee =
                    value.Callee
                    + (if all.IsEmpty && not generics.IsEmpty then angled (generics |> List.map _.Name) else "")
                Arguments = Some(all |> List.choose argument) }

        match receiver with
        | None -> made
        | Some(r, name, cls) ->
            { made with
                Class = cls
                Target = OnValue(r.Type, name)
                Generics = List.except (genericsIn r.Type) generics
                Arguments = Some [ for p in all -> argument p |> Option.defaultValue { r with Ours = name } ] }

/// A value of a module or type.
let ofProperty (types: Type list) (c: Class) (source: Type) (p: PropertyInfo) : Member =
    fst (blank types c source p.Name p.PropertyType)

/// A case of a union.
let ofCase (types: Type list) (c: Class) (source: Type) (case: UnionCaseInfo) : Member =
    let value, rule = blank types c source case.Name source
    let value = { value with Doc = $"T:{source.FullName}.{case.Name}" }
    let all = [ for f in case.GetFields() -> parameter f.Name f.PropertyType ]
    let own = arranged c rule all

    if not all.IsEmpty then
        { value with
            Generics = List.ofArray (source.GetGenericArguments())
            Parameters = Some own
            Callee = value.Callee.Replace("." + case.Name, ".New" + case.Name)
            Arguments = Some [ for p in all -> own |> List.find (fun o -> o.Theirs = p.Theirs) ] }
    elif source.IsGenericType then
        { value with Generics = List.ofArray (source.GetGenericArguments()); Parameters = Some [] }
    else
        value

/// An option that C# reads as null.
let ofOption types (c: Class) (receiver: string, cls: string) (source: Type) (p: PropertyInfo) : Member =
    { fst (blank types c source p.Name p.PropertyType) with
        Class = cls
        Target = OnValue(source, receiver)
        Name = p.Name + "OrNull"
        Callee = $"Given({receiver}).{p.Name}" }

/// How a type of the core is written in C#, and how a value of the one becomes a value of the other.
module NeuralDE.Face.Types

open System
open System.Collections.Generic
open System.Threading

let private keywords =
    dict
        [ typeof<float>, "double"
          typeof<float32>, "float"
          typeof<int>, "int"
          typeof<int64>, "long"
          typeof<bool>, "bool"
          typeof<char>, "char"
          typeof<string>, "string"
          typeof<obj>, "object"
          typeof<Void>, "void" ]

/// The name of a type without the number of its parameters.
let plain (t: Type) = t.Name.Split('`')[0]

let isFunction (t: Type) = plain t = "FSharpFunc"
let isList (t: Type) = plain t = "FSharpList"
let isOption (t: Type) = plain t = "FSharpOption"
let isTuple (t: Type) = plain t = "Tuple"
let isUnit (t: Type) = t = typeof<Void> || plain t = "Unit"

/// The C# record of settings for a record of options of the core.
let settingsOf (t: Type) =
    match plain t with
    | "EarlyStopping" -> Some "EarlyStoppingSettings"
    | name when name.EndsWith("Options", StringComparison.Ordinal) -> Some(name[.. name.Length - 8] + "Settings")
    | _ -> None

/// Arguments and result of a curried function.
let rec uncurried (t: Type) : Type list * Type =
    if isFunction t then
        let argument, rest = t.GetGenericArguments()[0], t.GetGenericArguments()[1]
        let arguments, result = uncurried rest
        argument :: arguments, result
    else
        [], t

let private item (t: Type) = t.GetGenericArguments()[0]

/// Whether a type is that of an initialiser of weights: from a key and a shape to a tensor.
let private isWeights (t: Type) =
    match uncurried t with
    | [ key; shape ], _ -> plain key = "Key" && isList shape
    | _ -> false

/// Gives the names of tuple parts in turn.
type Parts(names: string list) =
    let left = Queue names
    member _.Named(part: string) = if left.Count = 0 then part else part + " " + left.Dequeue()

/// A type as C# writes it, with names for the parts of tuples.
let rec private write (parts: Parts) (t: Type) : string =
    let all (types: Type seq) = String.concat ", " (types |> Seq.map (write parts) |> Seq.toList)

    if t.IsGenericParameter then
        string (Char.ToUpperInvariant t.Name[0]) + t.Name[1..]
    elif keywords.ContainsKey t then
        keywords[t]
    elif t.IsArray then
        write parts (nonNull (t.GetElementType())) + "[" + String(',', t.GetArrayRank() - 1) + "]"
    elif isFunction t then
        match uncurried t with
        | [ none ], result when isUnit none -> $"Func<{all [ result ]}>"
        | arguments, result when isUnit result -> $"Action<{all arguments}>"
        | arguments, result -> $"Func<{all (arguments @ [ result ])}>"
    elif isTuple t then
        let types = [ for part in t.GetGenericArguments() -> parts.Named(write (Parts []) part) ]
        "(" + String.concat ", " types + ")"
    elif isList t then
        write parts (item t) + "[]"
    elif isOption t then
        write parts (item t) + "?"
    else
        let name = settingsOf t |> Option.defaultValue (plain t)
        if t.IsGenericType then $"{name}<{all (t.GetGenericArguments())}>" else name

let named (parts: string list) (t: Type) = write (Parts parts) t
let text (t: Type) = named [] t

/// The place of a list among the parameters: before the end, or at the end, where a call may list its elements.
type Place =
    | Within
    | Span
    | Array

let ofParameter parts place (t: Type) =
    match place with
    | Within when isList t -> $"IReadOnlyList<{named parts (item t)}>"
    | Span when isList t -> $"params ReadOnlySpan<{named parts (item t)}>"
    | Array when isList t -> "params " + named parts t
    | Span when t.IsArray && (nonNull (t.GetElementType())).IsClass -> "params " + named parts t
    | _ -> named parts t

/// A parameter of C# as an argument of the core.
let argument place (name: string) (t: Type) =
    if isWeights t then
        $"FSharp.Weights({name})"
    elif isFunction t then
        let kind = if isTuple (snd (uncurried t)) then "Paired" else "Function"
        $"FSharp.{kind}({name})"
    elif isList t then
        match item t with
        | items when place = Array -> $"FSharp.List<{text items}>(Given({name}))"
        | items when isList items -> $"FSharp.Lists({name})"
        | items when isTuple items && isList (items.GetGenericArguments()[1]) -> $"FSharp.Named({name})"
        | items when isTuple items && isFunction (item items) -> $"FSharp.Groups({name})"
        | items when isTuple items && place = Within -> $"FSharp.Pairs({name})"
        | _ -> $"FSharp.List({name})"
    elif (settingsOf t).IsSome then
        $"Given({name}).Core()"
    elif t.IsValueType || t.IsGenericParameter then
        name
    else
        $"Given({name})"

/// The result of a call of the core, converted to C#.
let result (t: Type) (call: string) =
    if isFunction t then
        call + ".Invoke"
    elif isTuple t then
        if isList (t.GetGenericArguments()[1]) then
            $"FSharp.Results({call})"
        else
            call + ".ToValueTuple()"
    elif isList t && isTuple (item t) then
        $"[.. {call}.Select(item => item.ToValueTuple())]"
    elif isList t then
        call + ".ToArray()"
    elif isOption t && (item t).IsValueType then
        $"FSharp.ValueOrNull({call})"
    elif isOption t then
        $"FSharp.OrNull({call})"
    else
        call

/// The type of a property that holds options: a list is read as it is.
let ofProperty (t: Type) = if isList t then $"IReadOnlyList<{text (item t)}>" else text t

/// A property of settings as a field of options.
let field (name: string) (t: Type) =
    if isList t then $"FSharp.List({name})"
    elif isOption t then $"FSharp.Option({name})"
    else name

/// Whether a field of settings has no default: a cancellation token.
let isTokenOf (t: Type) = t = typeof<CancellationToken>

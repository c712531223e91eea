namespace NeuralDE.Internal.Calculus

open System
open System.Collections
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices
open NeuralDE

/// Any value, as reflection returns it; None and unit are null.
type internal Value = obj | null

/// Marks a class of the library as a static field of trees, like numbers and strings: it has no tensors and is compared
/// by Equals.
[<Sealed; AttributeUsage(AttributeTargets.Class)>]
type internal CarriedAttribute() =
    inherit Attribute()

/// A list, array or map of trees.
[<AbstractClass>]
type internal Sequence() =
    abstract Items: value: obj -> Value[]

    /// The keys of a map, in order; empty for a list or an array.
    abstract Keys: value: obj -> Value[]

    /// A sequence like `like` with other items.
    abstract Make: like: obj * items: Value[] -> obj

    /// A sequence of these items; a map also has these keys.
    abstract OfItems: keys: Value[] * items: Value[] -> obj

/// How values of one type are split into their parts and built again.
[<Sealed>]
type internal Codec(t: Type) =
    member _.Type = t
    member val Kind = CodecKind.Static with get, set

    /// Whether a value can contain a tensor or a key. If not, it is one static field.
    member val HasLeaves = false with get, set

    /// Whether a value can contain values of its own type, to any depth.
    member val IsRecursive = false with get, set

and [<RequireQualifiedAccess; NoEquality; NoComparison>] internal CodecKind =
    | Tensor
    | Key
    | Static
    | Product of Product
    /// The case index of a value (−1: a null that is not a case), and the cases.
    | Union of tag: (Value -> int) * cases: Product[]
    | Sequence of Sequence * item: Codec
    /// A C# record, whose value may have a derived type; or an interface or abstract class (without parts), whose value
    /// always has another type.
    | Open of Product

/// A record, a tuple or a case of a union: named parts in order.
and [<NoEquality; NoComparison>] internal Product =
    {
        /// The name of the union's case; otherwise "".
        Case: string
        /// "" for a part that adds nothing to a path, such as that of Some.
        Names: string[]
        Codecs: Codec[]
        Take: obj -> Value[]
        Make: obj -> Value[] -> Value
    }

module internal Value =
    let typed<'T> (x: Value) : 'T =
        match x with
        | :? 'T as x -> x
        | _ -> Unchecked.defaultof<'T> // null: None, unit, or a missing part

[<Sealed>]
type internal ListSequence<'E>() =
    inherit Sequence()
    override _.Items xs = [| for x in unbox<'E list> xs -> box x |]
    override _.Keys _ = [||]
    override s.Make(_, items) = s.OfItems([||], items)
    override _.OfItems(_, items) = items |> List.ofArray |> List.map Value.typed<'E> |> box |> nonNull

[<Sealed>]
type internal ArraySequence<'E>() =
    inherit Sequence()
    override _.Items xs = unbox<'E[]> xs |> Array.map box
    override _.Keys _ = [||]
    override s.Make(_, items) = s.OfItems([||], items)
    override _.OfItems(_, items) = items |> Array.map Value.typed<'E> |> box |> nonNull

[<Sealed>]
type internal MapSequence<'K, 'E when 'K: comparison>() =
    inherit Sequence()
    override _.Items xs = [| for x in unbox<Map<'K, 'E>> xs -> box x.Value |]
    override _.Keys xs = [| for x in unbox<Map<'K, 'E>> xs -> box x.Key |]

    override _.Make(like, items) =
        Seq.map2 (fun (old: KeyValuePair<'K, 'E>) x -> old.Key, Value.typed<'E> x) (unbox<Map<'K, 'E>> like) items
        |> Map.ofSeq
        |> box
        |> nonNull

    override _.OfItems(keys, items) =
        Seq.map2 (fun key x -> Value.typed<'K> key, Value.typed<'E> x) keys items |> Map.ofSeq |> box |> nonNull

/// Type names in F# syntax, for messages.
module internal TypeName =
    let private keywords =
        dict
            [ typeof<float>, "float"
              typeof<float32>, "float32"
              typeof<int>, "int"
              typeof<int64>, "int64"
              typeof<bool>, "bool"
              typeof<string>, "string"
              typeof<obj>, "obj"
              typeof<unit>, "unit" ]

    let isTuple (t: Type) = t.IsGenericType && t.Namespace = "System" && typeof<ITuple>.IsAssignableFrom t

    let isAnonymous (t: Type) = t.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal)
    let isGeneric (definition: Type) (t: Type) = t.IsGenericType && t.GetGenericTypeDefinition() = definition
    let isOption (t: Type) = isGeneric typedefof<_ option> t || isGeneric typedefof<_ voption> t

    /// The element types of a tuple; those after the seventh are nested in the eighth argument.
    let rec elements (tuple: Type) =
        let args = tuple.GetGenericArguments()
        if args.Length = 8 then Array.append args[..6] (elements args[7]) else args

    let private commas = ", "

    let rec text (t: Type) : string =
        let arguments (separator: string) (ts: Type seq) = String.Join(separator, Seq.map text ts)

        match keywords.TryGetValue t with
        | true, name -> name
        | _ when t.IsArray -> text (nonNull (t.GetElementType())) + $"[{String(',', t.GetArrayRank() - 1)}]"
        | _ when isTuple t -> (if t.IsValueType then "struct (" else "(") + arguments " * " (elements t) + ")"
        | _ when isAnonymous t ->
            let part (p: PropertyInfo) = $"{p.Name}: {text p.PropertyType}"
            "{| " + String.Join("; ", t.GetProperties() |> Array.map part) + " |}"
        | _ when not t.IsGenericType -> t.Name
        | _ when isGeneric typedefof<_ list> t -> arguments "" (t.GetGenericArguments()) + " list"
        | _ when isGeneric typedefof<_ option> t -> arguments "" (t.GetGenericArguments()) + " option"
        | _ when isGeneric typedefof<_ voption> t -> arguments "" (t.GetGenericArguments()) + " voption"
        | _ when isGeneric typedefof<_ -> _> t -> "(" + arguments " -> " (t.GetGenericArguments()) + ")"
        | _ ->
            let name = t.Name.Split('`')[0]
            let name = if name.StartsWith("FSharp", StringComparison.Ordinal) then name.Substring 6 else name
            $"{name}<{arguments commas (t.GetGenericArguments())}>"

/// Messages for types that are not trees.
module internal TypeRefusal =
    /// `path` leads from the refused part outwards; `root` is the type of the whole tree.
    let refuse (root: Type) (path: string list) (t: Type) =
        let place = String.Join("", TypeName.text root :: List.rev path)

        // a class found in a field of an interface or abstract type: name that type, which the user knows
        let kinds =
            t.GetInterfaces()
            |> Array.append (Option.toArray (Option.ofObj t.BaseType))
            |> Array.filter (fun kind -> kind.Assembly <> typeof<obj>.Assembly && kind.IsAbstract)

        let got =
            if not path.IsEmpty then $"{place} is {TypeName.text t}"
            elif kinds.Length = 0 then $"got {place}"
            else $"got {place} for a {TypeName.text kinds[0]}"

        let mend =
            if t.IsArray then
                "Use an array of arrays, or one Tensor with more axes."
            elif typeof<IDictionary>.IsAssignableFrom t then
                "Use a Map, or an array of pairs."
            elif typeof<IEnumerable>.IsAssignableFrom t then
                "Use an array, or a list of F#."
            elif t = typeof<obj> then
                "Give it a concrete type: a record or a union, or an interface of your own that records implement."
            elif t.Name.Contains '@' then
                "An object expression hides the tensors that it captures: make it a record that implements the interface."
            else
                "Make it a record; values without tensors can be captured in a function."

        let expected =
            "expected a Tensor, a Key, or a record, tuple, list, array, option, Map or union of these, "
            + "with numbers, strings and functions as constants"

        raise (TreeException $"Tree: {got}, {expected}. {mend}")

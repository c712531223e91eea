namespace NeuralDE.Compiler

open System
open System.Reflection
open NeuralDE

/// A static field, compared by Equals; arrays element by element, and functions that captured nothing by their code.
[<Sealed; AllowNullLiteral>]
type internal Fixed(value: Value) =
    let everything = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic

    /// Closures derive from FSharpFunc, those of several arguments not directly.
    let rec isFunction (t: Type | null) =
        match t with
        | null -> false
        | t -> TypeName.isGeneric typedefof<_ -> _> t || isFunction t.BaseType

    let capturesNothing (t: Type) = isFunction t && Array.isEmpty (t.GetFields everything)

    member _.Value = value

    override _.Equals other =
        match other with
        | :? Fixed as other ->
            match value, other.Value with
            | null, null -> true
            | null, _
            | _, null -> false
            | a, b ->
                obj.ReferenceEquals(a, b)
                || LanguagePrimitives.GenericEqualityERComparer.Equals(a, b)
                || (a.GetType() = b.GetType() && capturesNothing (a.GetType()))
        | _ -> false

    override _.GetHashCode() =
        match value with
        | null -> 0
        | x when isFunction (x.GetType()) -> x.GetType().GetHashCode()
        | x -> LanguagePrimitives.GenericEqualityERComparer.GetHashCode x

    override _.ToString() =
        match value with
        | null -> "None"
        | :? string as s -> $"\"{s}\""
        | :? Type as t -> TypeName.text t
        | x when isFunction (x.GetType()) -> "a function"
        | x -> (sprintf "%A" x).ReplaceLineEndings " "

/// A tree without its numbers.
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal Form =
    /// With its signature, where shapes matter.
    | Tensor of Signature voption
    | Key of Signature voption
    | Static of Fixed
    /// null in the place of something with leaves.
    | Absent
    | Product of Type * Product * Form[]
    /// A list or array (no keys), or a map.
    | Series of Type * keys: Fixed[] * Form[]

module internal Form =
    let rec make isSigned (codec: Codec) (x: Value) : Form =
        let signature (t: Tensor) = if isSigned then ValueSome t.Signature else ValueNone

        let product (p: Product) (x: obj) = Form.Product(codec.Type, p, Array.map2 (make isSigned) p.Codecs (p.Take x))

        match codec.Kind, x with
        | _ when not codec.HasLeaves -> Form.Static(Fixed x)
        | Kind.Union(tag, cases), null when tag null >= 0 -> Form.Product(codec.Type, cases[tag null], [||])
        | Kind.Static, _
        | _, null -> Form.Absent
        | Kind.Tensor, x -> Form.Tensor(signature (x :?> Tensor))
        | Kind.Key, x -> Form.Key(signature (x :?> Key).Tensor)
        | Kind.Product p, x -> product p x
        | Kind.Union(tag, cases), x -> product cases[tag x] x
        | Kind.Open p, x when x.GetType() = codec.Type -> product p x
        | Kind.Open _, x -> make isSigned (Codecs.find (x.GetType())) x
        | Kind.Series(series, item), x ->
            Form.Series(codec.Type, series.Keys x |> Array.map Fixed, series.Items x |> Array.map (make isSigned item))

    /// The path of a part within another.
    let under (path: string) (name: string) =
        if name = "" then path
        elif path = "" || name[0] = '[' then path + name
        else $"{path}.{name}"

    /// The path of an element.
    let at (keys: Fixed[]) path i = under path ("[" + (if keys.Length = 0 then string i else string keys[i]) + "]")

    /// The paths of the leaves, in order.
    let rec paths (path: string) (form: Form) : string list =
        match form with
        | Form.Tensor _
        | Form.Key _ -> [ path ]
        | Form.Static _
        | Form.Absent -> []
        | Form.Product(_, p, parts) ->
            [ for i in 0 .. parts.Length - 1 do
                  yield! paths (under path p.Names[i]) parts[i] ]
        | Form.Series(_, keys, parts) ->
            [ for i in 0 .. parts.Length - 1 do
                  yield! paths (at keys path i) parts[i] ]

    let private isSome (p: Product) = p.Names.Length = 1 && p.Names[0] = ""
    let private signed (s: Signature) = $"{s.Dtype} {Shape.text s.Shape}"

    let rec text (form: Form) : string =
        let all (parts: Form[]) = String.Join("; ", Array.map text parts)

        match form with
        | Form.Tensor ValueNone -> "Tensor"
        | Form.Tensor(ValueSome s) -> signed s
        | Form.Key _ -> "Key"
        | Form.Static x -> string x
        | Form.Absent -> "null"
        | Form.Product(t, _, parts) when TypeName.isTuple t -> "(" + String.Join(", ", Array.map text parts) + ")"
        | Form.Product(_, p, parts) when isSome p -> p.Case + " " + text parts[0]
        | Form.Product(t, p, parts) ->
            let body = String.Join("; ", Array.map2 (fun name part -> $"{name} = {text part}") p.Names parts)
            if TypeName.isAnonymous t then "{| " + body + " |}"
            elif p.Case <> "" && parts.Length = 0 then p.Case
            else (if p.Case = "" then TypeName.text t else p.Case) + " { " + body + " }"
        | Form.Series(_, [||], parts) -> $"[{all parts}]"
        | Form.Series(_, keys, parts) ->
            let pairs = Array.map2 (fun key part -> $"{key} = {text part}") keys parts
            "map [" + String.Join("; ", pairs) + "]"

    let rec same (a: Form) (b: Form) : bool =
        let sameSignature (a: Signature voption) (b: Signature voption) =
            match a, b with
            | ValueSome a, ValueSome b -> a.Dtype = b.Dtype && Shape.same a.Shape b.Shape
            | ValueNone, ValueNone -> true
            | ValueNone, ValueSome _
            | ValueSome _, ValueNone -> false

        match a, b with
        | Form.Tensor a, Form.Tensor b
        | Form.Key a, Form.Key b -> sameSignature a b
        | Form.Static a, Form.Static b -> a.Equals b
        | Form.Absent, Form.Absent -> true
        | Form.Product(t, p, a), Form.Product(u, q, b) -> t = u && p.Case = q.Case && allSame a b
        | Form.Series(t, k, a), Form.Series(u, l, b) -> t = u && a.Length = b.Length && k = l && allSame a b
        | (Form.Tensor _ | Form.Key _ | Form.Static _ | Form.Absent | Form.Product _ | Form.Series _), _ -> false

    and private allSame (a: Form[]) (b: Form[]) = a.Length = b.Length && Array.forall2 same a b

    let rec hash (form: Form) : int =
        let ofSignature (s: Signature voption) =
            match s with
            | ValueNone -> 1
            | ValueSome s -> s.Shape |> Array.fold (fun h extent -> HashCode.Combine(h, extent)) (s.Dtype.GetHashCode())

        let ofParts start (parts: Form[]) = parts |> Array.fold (fun h part -> HashCode.Combine(h, hash part)) start

        match form with
        | Form.Tensor s -> ofSignature s
        | Form.Key s -> ofSignature s + 1
        | Form.Static x -> x.GetHashCode()
        | Form.Absent -> 2
        | Form.Product(t, p, parts) -> ofParts (HashCode.Combine(t, p.Case)) parts
        | Form.Series(t, keys, parts) ->
            let start = keys |> Array.fold (fun h key -> HashCode.Combine(h, key)) (t.GetHashCode())
            ofParts start parts

    let private withArticle (name: string) = if "AEIOUaeiou".Contains name[0] then "an " + name else "a " + name

    /// What stands at a path, in a sentence.
    let rec private describe (form: Form) : string =
        match form with
        | Form.Tensor ValueNone -> "a Tensor"
        | Form.Tensor(ValueSome s) -> $"a Tensor {signed s}"
        | Form.Key _ -> "a Key"
        | Form.Static x -> string x
        | Form.Absent -> "null"
        | Form.Product(_, p, parts) when isSome p -> describe parts[0]
        | Form.Product(t, p, _) when p.Case = "" -> withArticle (TypeName.text t)
        | Form.Product(_, p, _) -> p.Case
        | Form.Series(t, _, _) -> withArticle (TypeName.text t)

    /// The first place where two forms differ.
    let rec difference (path: string) (a: Form) (b: Form) : string option =
        let place = if path = "" then "the tree" else path

        let differ verb (one: string) (other: string) =
            if one = other then
                Some $"{place} differs: {one} in one and another in the other."
            else
                Some $"{place} {verb} {one} in one and {other} in the other."

        let counted n = if n = 1 then "1 element" else $"{string n} elements"

        let first name (a: Form[]) (b: Form[]) =
            Seq.init a.Length (fun i -> difference (name i) a[i] b[i]) |> Seq.tryPick id

        match a, b with
        | _ when same a b -> None
        | Form.Product(t, p, a), Form.Product(u, q, b) when t = u && p.Case = q.Case ->
            first (fun i -> under path p.Names[i]) a b
        | Form.Series(t, k, a), Form.Series(u, l, b) when t = u ->
            let keys (keys: Fixed[]) = "[" + String.Join("; ", Array.map string keys) + "]"
            if k <> l then differ "has" $"the keys {keys k}" (keys l)
            elif a.Length <> b.Length then differ "has" (counted a.Length) (string b.Length)
            else first (at k path) a b
        | a, b -> differ "is" (describe a) (describe b)

namespace NeuralDE

open System
open NeuralDE.Compiler

/// <summary>
/// A tree without its numbers: its type, the lengths of its lists and arrays, the keys of its maps, the cases of its
/// options and unions, and its static fields; from Tree.signature also the shape and dtype of each leaf.
/// </summary>
/// <remarks>Structures are values: equal if all of that is equal.</remarks>
[<Sealed>]
type Structure internal (form: Form) =
    let code = Form.hash form
    member internal _.Form = form

    /// The paths of the leaves, in order.
    member _.Paths = Form.paths "" form

    override _.Equals other =
        match other with
        | :? Structure as other -> other.GetHashCode() = code && Form.same form other.Form
        | _ -> false

    override _.GetHashCode() = code

    /// Such as Net { Hidden = Linear { Weight = Tensor; Bias = Tensor }; Rate = 0.1 }.
    override _.ToString() = Form.text form

    interface IEquatable<Structure> with
        member s.Equals other = s.Equals(other: obj | null)

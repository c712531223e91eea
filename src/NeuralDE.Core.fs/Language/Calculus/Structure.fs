namespace NeuralDE.Internal.Calculus

open System
open System.Collections.Generic
open System.Reflection
open System.Text
open NeuralDE
open NeuralDE.Internal.Graph

/// A static field, compared by Equals; arrays element by element, and functions without captured values by their code.
[<Sealed; AllowNullLiteral>]
type internal StaticValue(value: Value) =
    let everything = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic

    /// Closures derive from FSharpFunc; those of several arguments indirectly.
    let rec isFunction (t: Type | null) =
        match t with
        | null -> false
        | t -> TypeName.isGeneric typedefof<_ -> _> t || isFunction t.BaseType

    let capturesNothing (t: Type) = isFunction t && Array.isEmpty (t.GetFields everything)

    member _.Value = value

    override _.Equals other =
        match other with
        | :? StaticValue as other ->
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
type internal TreeForm =
    /// With its signature, if shapes matter.
    | Tensor of Signature voption
    | Key of Signature voption
    | Static of StaticValue
    /// null in place of a part with leaves.
    | Absent
    | Product of Type * Product * TreeForm[]
    /// A list or array (no keys), or a map.
    | Sequence of Type * keys: StaticValue[] * TreeForm[]

/// Forms are as deep as their trees, so their functions are not recursive.
module internal TreeForm =
    /// The most levels of a tree whose leaves are named: the names of a chain need memory quadratic in its depth.
    let private namedLevels = 10000

    let private parts (form: TreeForm) : TreeForm[] =
        match form with
        | TreeForm.Product(_, _, parts)
        | TreeForm.Sequence(_, _, parts) -> parts
        | TreeForm.Tensor _
        | TreeForm.Key _
        | TreeForm.Static _
        | TreeForm.Absent -> [||]

    /// A hash of a form without its parts.
    let private hashAlone (form: TreeForm) : int =
        let ofSignature (s: Signature voption) =
            match s with
            | ValueNone -> 1
            | ValueSome s -> s.Shape |> Array.fold (fun h extent -> HashCode.Combine(h, extent)) (s.Dtype.GetHashCode())

        match form with
        | TreeForm.Tensor s -> ofSignature s
        | TreeForm.Key s -> ofSignature s + 1
        | TreeForm.Static x -> x.GetHashCode()
        | TreeForm.Absent -> 2
        | TreeForm.Product(t, p, parts) -> HashCode.Combine(t, p.Case.Length, parts.Length)
        | TreeForm.Sequence(t, keys, parts) ->
            keys |> Array.fold (fun h key -> HashCode.Combine(h, key)) (HashCode.Combine(t, parts.Length))

    /// Whether a static value is too deep for its own recursive Equals.
    let private isDeep (codec: Codec) (x: Value) : bool =
        let todo = Stack<struct (int * Codec * Value)>()
        todo.Push(struct (0, codec, x))
        let mutable deepest = 0

        while deepest <= Walk.shallow && todo.Count > 0 do
            let struct (level, codec, x) = todo.Pop()
            deepest <- max deepest level

            match Walk.split codec x with
            | null -> ()
            | b ->
                for i in 0 .. b.Parts.Length - 1 do
                    todo.Push(struct (level + 1, b.CodecOf i, b.Parts[i]))

        deepest > Walk.shallow

    let private joined (b: Branch) (parts: TreeForm[]) : TreeForm =
        match b.Sequence with
        | ValueSome series -> TreeForm.Sequence(b.Codec.Type, series.Keys b.Value |> Array.map StaticValue, parts)
        | ValueNone -> TreeForm.Product(b.Codec.Type, b.Product, parts)

    let private room (b: Branch) : TreeForm[] = Array.zeroCreate b.Parts.Length

    /// A static field: one value, or its parts if a recursive type makes it deep.
    let private carried (codec: Codec) (x: Value) : TreeForm =
        if codec.IsRecursive && isDeep codec x then
            Walk.fold Walk.split room (fun _ x -> TreeForm.Static(StaticValue x)) joined codec x
        else
            TreeForm.Static(StaticValue x)

    /// The form of a value, and its hash.
    let make isSigned (codec: Codec) (x: Value) : struct (TreeForm * int) =
        let signature (t: Tensor) = if isSigned then ValueSome t.Signature else ValueNone
        let mutable code = 0

        let hashed (form: TreeForm) : TreeForm =
            code <- HashCode.Combine(code, hashAlone form)
            form

        let leaf (codec: Codec) (x: Value) : TreeForm =
            match codec.Kind, x with
            | _ when not codec.HasLeaves -> carried codec x
            | CodecKind.Union(tag, cases), null when tag null >= 0 ->
                TreeForm.Product(codec.Type, cases[tag null], [||])
            | CodecKind.Tensor, (:? Tensor as x) -> TreeForm.Tensor(signature x)
            | CodecKind.Key, (:? Key as x) -> TreeForm.Key(signature x.Tensor)
            | _ -> TreeForm.Absent // null
            |> hashed

        let join (b: Branch) (parts: TreeForm[]) : TreeForm = hashed (joined b parts)

        let rec from (level: int) (codec: Codec) (x: Value) : TreeForm =
            match Walk.branch codec x with
            | null -> leaf (Codecs.own codec x) x
            | _ when level = Walk.shallow -> Walk.fold Walk.branch room leaf join codec x
            | b ->
                let results = room b

                for i in 0 .. results.Length - 1 do
                    results[i] <- from (level + 1) (b.CodecOf i) b.Parts[i]

                join b results

        let form = from 0 codec x
        struct (form, code)

    /// The form of a tree, and its hash.
    let ofTree isSigned (tree: 'T) : struct (TreeForm * int) =
        match box tree with
        | :? Tensor as t ->
            let form = TreeForm.Tensor(if isSigned then ValueSome t.Signature else ValueNone)
            struct (form, hashAlone form)
        | x -> make isSigned Codec<'T>.Known x

    /// The path of a part within another.
    let under (path: string) (name: string) =
        if name = "" then path
        elif path = "" || name[0] = '[' then path + name
        else $"{path}.{name}"

    /// The name of an element.
    let private element (keys: StaticValue[]) i = "[" + (if keys.Length = 0 then string i else string keys[i]) + "]"

    /// The path of an element.
    let at (keys: StaticValue[]) path i = under path (element keys i)

    /// The name of a part.
    let private nameOf (form: TreeForm) (part: int) : string =
        match form with
        | TreeForm.Product(_, p, _) -> p.Names[part]
        | TreeForm.Sequence(_, keys, _) -> element keys part
        | TreeForm.Tensor _
        | TreeForm.Key _
        | TreeForm.Static _
        | TreeForm.Absent -> ""

    /// How many levels of parts a form has.
    let private levels (form: TreeForm) : int =
        let todo = Stack<struct (int * TreeForm)>()
        todo.Push(struct (0, form))
        let mutable deepest = 0

        while todo.Count > 0 do
            let struct (level, form) = todo.Pop()
            deepest <- max deepest level

            for part in parts form do
                todo.Push(struct (level + 1, part))

        deepest

    /// Raises TreeException if a tree is too deep for paths.
    let refuseDepth (verb: string) (levels: int) : unit =
        if levels > namedLevels then
            raise (
                TreeException
                    $"{verb}: got a tree of {string levels} levels, expected at most {string namedLevels} for the paths of its parts. Tree.flatten, Tree.map and the transforms take any depth."
            )

    /// Calls `look` for every part with its path, before the parts inside it, in order.
    let visit (verb: string) (look: string -> TreeForm -> unit) (form: TreeForm) : unit =
        refuseDepth verb (levels form)
        let todo = Stack<struct (string * TreeForm)>()
        todo.Push(struct ("", form))

        while todo.Count > 0 do
            let struct (path, form) = todo.Pop()
            look path form
            let below = parts form

            for i in below.Length - 1 .. -1 .. 0 do
                todo.Push(struct (under path (nameOf form i), below[i]))

    /// The paths of the leaves, in order.
    let paths (verb: string) (form: TreeForm) : string list =
        let found = List<string>()

        form
        |> visit verb (fun path part ->
            match part with
            | TreeForm.Tensor _
            | TreeForm.Key _ -> found.Add path
            | TreeForm.Static _
            | TreeForm.Absent
            | TreeForm.Product _
            | TreeForm.Sequence _ -> ())

        List.ofSeq found

    let private isSome (p: Product) = p.Names.Length = 1 && p.Names[0] = ""
    let private signed (s: Signature) = $"{s.Dtype} {Shape.text s.Shape}"

    /// A form to be written, or a text between forms.
    [<Struct>]
    type private Piece =
        | Text of text: string
        | Whole of form: TreeForm

    /// The text of a form: strings and its parts, in order.
    let private pieces (form: TreeForm) : Piece list =
        let between (separator: string) (names: int -> string) (parts: TreeForm[]) =
            [ for i in 0 .. parts.Length - 1 do
                  Text((if i > 0 then separator else "") + names i)
                  Whole parts[i] ]

        match form with
        | TreeForm.Tensor ValueNone -> [ Text "Tensor" ]
        | TreeForm.Tensor(ValueSome s) -> [ Text(signed s) ]
        | TreeForm.Key _ -> [ Text "Key" ]
        | TreeForm.Static x -> [ Text(string x) ]
        | TreeForm.Absent -> [ Text "null" ]
        | TreeForm.Product(t, _, parts) when TypeName.isTuple t ->
            [ Text "("; yield! between ", " (fun _ -> "") parts; Text ")" ]
        | TreeForm.Product(_, p, parts) when isSome p -> [ Text(p.Case + " "); Whole parts[0] ]
        | TreeForm.Product(t, p, parts) ->
            let body = between "; " (fun i -> $"{p.Names[i]} = ") parts
            if TypeName.isAnonymous t then
                [ Text "{| "; yield! body; Text " |}" ]
            elif p.Case <> "" && parts.Length = 0 then
                [ Text p.Case ]
            else
                [ Text((if p.Case = "" then TypeName.text t else p.Case) + " { "); yield! body; Text " }" ]
        | TreeForm.Sequence(_, [||], parts) -> [ Text "["; yield! between "; " (fun _ -> "") parts; Text "]" ]
        | TreeForm.Sequence(_, keys, parts) ->
            [ Text "map ["; yield! between "; " (fun i -> $"{keys[i]} = ") parts; Text "]" ]

    let text (form: TreeForm) : string =
        let written = StringBuilder()
        let todo = Stack<Piece>()
        todo.Push(Whole form)

        while todo.Count > 0 do
            match todo.Pop() with
            | Text text -> written.Append text |> ignore
            | Whole form ->
                for piece in List.rev (pieces form) do
                    todo.Push piece

        written.ToString()

    /// Whether two forms are equal apart from their parts.
    let private sameAlone (a: TreeForm) (b: TreeForm) : bool =
        let sameSignature (a: Signature voption) (b: Signature voption) =
            match a, b with
            | ValueSome a, ValueSome b -> a.Dtype = b.Dtype && Shape.same a.Shape b.Shape
            | ValueNone, ValueNone -> true
            | ValueNone, ValueSome _
            | ValueSome _, ValueNone -> false

        match a, b with
        | TreeForm.Tensor a, TreeForm.Tensor b
        | TreeForm.Key a, TreeForm.Key b -> sameSignature a b
        | TreeForm.Static a, TreeForm.Static b -> a.Equals b
        | TreeForm.Absent, TreeForm.Absent -> true
        | TreeForm.Product(t, p, a), TreeForm.Product(u, q, b) ->
            (obj.ReferenceEquals(p, q) || t = u && p.Case = q.Case) && a.Length = b.Length
        | TreeForm.Sequence(t, k, a), TreeForm.Sequence(u, l, b) -> t = u && a.Length = b.Length && k = l
        | (TreeForm.Tensor _ | TreeForm.Key _ | TreeForm.Static _ | TreeForm.Absent | TreeForm.Product _ | TreeForm.Sequence _),
          _ -> false

    /// The position of a part: its names from the inside outwards.
    [<Struct>]
    type private Way = { Names: string list; Levels: int }

    /// The first pair of parts that differ, and where.
    let private firstDifference (a: TreeForm) (b: TreeForm) : struct (Way * TreeForm * TreeForm) voption =
        let todo = Stack<struct (Way * TreeForm * TreeForm)>()
        todo.Push(struct ({ Names = []; Levels = 0 }, a, b))
        let mutable found = ValueNone

        while found.IsNone && todo.Count > 0 do
            let struct (way, a, b) = todo.Pop()

            if not (obj.ReferenceEquals(a, b)) then
                if sameAlone a b then
                    let first, second = parts a, parts b

                    for i in first.Length - 1 .. -1 .. 0 do
                        let way = { Names = nameOf a i :: way.Names; Levels = way.Levels + 1 }
                        todo.Push(struct (way, first[i], second[i]))
                else
                    found <- ValueSome(struct (way, a, b))

        found

    let rec private sameFrom (level: int) (a: TreeForm) (b: TreeForm) : bool =
        obj.ReferenceEquals(a, b)
        || sameAlone a b
           && (if level = Walk.shallow then
                   (firstDifference a b).IsNone
               else
                   let first = parts a

                   first.Length = 0
                   || (let second = parts b
                       let mutable i = 0

                       while i < first.Length && sameFrom (level + 1) first[i] second[i] do
                           i <- i + 1

                       i = first.Length))

    let same (a: TreeForm) (b: TreeForm) : bool = sameFrom 0 a b

    let private withArticle (name: string) = if "AEIOUaeiou".Contains name[0] then "an " + name else "a " + name

    /// A description of a form for a sentence.
    let rec private describe (form: TreeForm) : string =
        match form with
        | TreeForm.Tensor ValueNone -> "a Tensor"
        | TreeForm.Tensor(ValueSome s) -> $"a Tensor {signed s}"
        | TreeForm.Key _ -> "a Key"
        | TreeForm.Static x -> string x
        | TreeForm.Absent -> "null"
        | TreeForm.Product(_, p, parts) when isSome p -> describe parts[0] // nested options are described by the inner value, as their type is nested
        | TreeForm.Product(t, p, _) when p.Case = "" -> withArticle (TypeName.text t)
        | TreeForm.Product(_, p, _) -> p.Case
        | TreeForm.Sequence(t, _, _) -> withArticle (TypeName.text t)

    /// The names shown at either end of a long path.
    let private shownNames = 20

    /// A path for a sentence.
    let private place (way: Way) : string =
        let path names = List.fold under "" names

        if way.Levels <= 2 * shownNames then
            path (List.rev way.Names)
        else
            let first = way.Names |> List.skip (way.Levels - shownNames) |> List.rev |> path
            let last = way.Names |> List.truncate shownNames |> List.rev |> path
            $"{first} … {last} ({string way.Levels} levels down)"

    /// A sentence for the first difference of two forms.
    let difference (a: TreeForm) (b: TreeForm) : string option =
        let counted n = if n = 1 then "1 element" else $"{string n} elements"
        let keys (keys: StaticValue[]) = "[" + String.Join("; ", keys) + "]"

        let sentence (way: Way) (a: TreeForm) (b: TreeForm) =
            let path = place way
            let place = if path = "" then "the tree" else path

            let differ verb (one: string) (other: string) =
                if one = other then
                    $"{place} differs: {one} in one and another in the other."
                else
                    $"{place} {verb} {one} in one and {other} in the other."

            match a, b with
            | TreeForm.Sequence(t, k, _), TreeForm.Sequence(u, l, _) when t = u && k <> l ->
                differ "has" $"the keys {keys k}" (keys l)
            | TreeForm.Sequence(t, _, a), TreeForm.Sequence(u, _, b) when t = u ->
                differ "has" (counted a.Length) (string b.Length)
            | a, b -> differ "is" (describe a) (describe b)

        match firstDifference a b with
        | ValueSome(struct (way, a, b)) -> Some(sentence way a b)
        | ValueNone -> None

namespace NeuralDE

open System
open NeuralDE.Internal.Calculus

/// <summary>
/// The structure of a tree, without its numbers: its type, the lengths of its lists and arrays, the keys of its maps,
/// the cases of its options and unions, and its static fields; from Tree.signature also the shape and dtype of each
/// leaf.
/// </summary>
/// <remarks>Structures are values: they are equal if all of these are equal.</remarks>
[<Sealed>]
type Structure internal (form: TreeForm, code: int) =
    internal new(struct (form, code)) = Structure(form, code)

    member internal _.Form = form

    /// <summary>The paths of the leaves, in order.</summary>
    /// <exception cref="T:NeuralDE.TreeException">The tree has more than 10 000 levels.</exception>
    member _.Paths = TreeForm.paths "Structure.Paths" form

    override _.Equals other =
        match other with
        | :? Structure as other -> other.GetHashCode() = code && TreeForm.same form other.Form
        | _ -> false

    override _.GetHashCode() = code

    /// The structure as text, such as Net { Hidden = Linear { Weight = Tensor; Bias = Tensor }; Rate = 0.1 }.
    override _.ToString() = TreeForm.text form

    interface IEquatable<Structure> with
        member s.Equals other = s.Equals(other: obj | null)

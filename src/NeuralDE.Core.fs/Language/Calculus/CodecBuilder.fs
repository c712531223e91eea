namespace NeuralDE.Internal.Calculus

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices
open Microsoft.FSharp.Reflection
open NeuralDE

/// The codecs of all types used so far. Getters and constructors are called through reflection's invokers: compiled
/// expressions would make a call about 30 % faster, but cost 17 ms at the start and 2 ms per type.
module internal Codecs =
    let private everything = BindingFlags.Public ||| BindingFlags.NonPublic ||| BindingFlags.Instance
    let private known = ConcurrentDictionary<Type, Codec>()
    let private mostGrowth = 6

    let private origin (m: MemberInfo) =
        match m.GetCustomAttribute<CompilationMappingAttribute> false with
        | null -> SourceConstructFlags.None
        | mark -> mark.SourceConstructFlags &&& SourceConstructFlags.KindMask

    /// Types of static fields, compared by Equals: numbers, strings, functions, types, and structs of these.
    let rec private isStatic (t: Type) =
        let isPlainStruct () =
            typedefof<IEquatable<_>>.MakeGenericType(t).IsAssignableFrom t
            && t.GetFields everything |> Array.forall (fun field -> isStatic field.FieldType)

        t.IsPrimitive
        || t.IsEnum
        || t = typeof<string>
        || t = typeof<unit>
        || t = typeof<decimal>
        || typeof<Type>.IsAssignableFrom t
        || t.IsDefined(typeof<CarriedAttribute>, false)
        || typeof<Delegate>.IsAssignableFrom t
        || TypeName.isGeneric typedefof<_ -> _> t
        || (t.IsArray && isStatic (nonNull (t.GetElementType())))
        || match Nullable.GetUnderlyingType t with
           | null ->
               t.IsValueType && origin t = SourceConstructFlags.None && not (TypeName.isTuple t) && isPlainStruct ()
           | underlying -> isStatic underlying

    let private invoker (m: MethodInfo | null) = MethodInvoker.Create(nonNull m)

    let private reader (properties: PropertyInfo[]) : obj -> Value[] =
        let getters = properties |> Array.map (fun p -> invoker (p.GetGetMethod true))

        fun x ->
            let parts = Array.zeroCreate getters.Length

            for i in 0 .. getters.Length - 1 do
                parts[i] <- getters[i].Invoke x

            parts

    /// Applies the constructor of a tuple to parts[at ..].
    let rec private tupleMaker (t: Type) : Value[] -> int -> Value =
        let args = t.GetGenericArguments()
        let make = ConstructorInvoker.Create(nonNull (t.GetConstructor args))

        if args.Length < 8 then
            fun parts at -> make.Invoke(Span<Value>(parts, at, args.Length))
        else
            let rest = tupleMaker args[7]
            fun parts at -> make.Invoke(Span<Value>(Array.append parts[at .. at + 6] [| rest parts (at + 7) |]))

    /// The stored properties and public fields of a C# record with their names, those of its base first.
    let rec private stored (t: Type) : (string * FieldInfo)[] =
        let suffix = ">k__BackingField"

        let own =
            t.GetFields(everything ||| BindingFlags.DeclaredOnly)
            |> Array.choose (fun field ->
                if field.Name.EndsWith(suffix, StringComparison.Ordinal) then
                    Some(field.Name.Substring(1, field.Name.Length - suffix.Length - 1), field)
                elif field.IsPublic then
                    Some(field.Name, field)
                else
                    None)

        match t.BaseType with
        | null -> own
        | basis -> Array.append (stored basis) own

    /// The clone method of a C# record; null for other types.
    let private cloner (t: Type) =
        let isPrinter (m: MethodInfo) = m.Name = "PrintMembers" && m.ReturnType = typeof<bool>

        if t.IsValueType && t.GetMethods everything |> Array.exists isPrinter then
            Some(invoker (typeof<obj>.GetMethod("MemberwiseClone", everything)))
        else
            t.GetMethods() |> Array.tryFind (fun m -> m.Name = "<Clone>$" && m.DeclaringType = t) |> Option.map invoker

    /// An interface or an abstract class, except collections: only the value determines the type of its parts.
    let private isOpen (t: Type) = (t.IsInterface || t.IsAbstract) && not (typeof<IEnumerable>.IsAssignableFrom t)

    /// A product without parts, for an open type: its parts are those of its value.
    let private unknown: Product =
        { Case = ""
          Names = [||]
          Codecs = [||]
          Take = fun _ -> [||]
          Make = fun like _ -> like }

    /// The declared type: a case of a union is a separate class derived from the union's.
    let private declared (t: Type) =
        match t.BaseType with
        | null -> t
        | union when not t.IsValueType && origin union = SourceConstructFlags.SumType -> union
        | _ -> t

    /// The nesting depth of a type's generic arguments: 0 without arguments.
    let rec private nesting (t: Type) : int =
        if t.IsGenericType then 1 + (t.GetGenericArguments() |> Seq.map nesting |> Seq.max) else 0

    /// `around` are the generic types that contain a part, with their nesting depths, to detect a type that contains
    /// itself with larger and larger arguments.
    let rec private build
        (made: Dictionary<Type, Codec>)
        (path: string list)
        (around: (Type * int) list)
        (t: Type)
        : Codec =
        match known.TryGetValue t with
        | true, codec -> codec
        | _ ->
            match made.TryGetValue t with
            | true, codec -> codec
            | _ ->
                let around = if t.IsGenericType then (t.GetGenericTypeDefinition(), nesting t) :: around else around

                match around with
                | (definition, depth) :: outer when
                    t.IsGenericType
                    && outer |> Seq.filter (fun (other, less) -> other = definition && less < depth) |> Seq.length >
                        mostGrowth
                    ->
                    let name = definition.Name.Split('`')[0]
                    let expected = "expected itself with the same arguments"
                    raise (TreeException $"Tree: {name} contains itself with ever larger arguments; {expected}.")
                | _ -> ()

                let codec = Codec t
                made[t] <- codec // registered before its parts, so that a recursive type finds it here
                codec.Kind <- kind made path around t
                codec

    and private kind made path around (t: Type) : CodecKind =
        let part name t = build made ("." + name :: path) around t
        let parts (names: string[]) types = Array.map2 part names types

        let series (definition: Type) (arguments: Type[]) (item: Type) =
            let make = Activator.CreateInstance(definition.MakeGenericType arguments)
            CodecKind.Sequence(nonNull make :?> Sequence, build made ("[]" :: path) around item)

        if t = typeof<Tensor> then
            CodecKind.Tensor
        elif t = typeof<Key> then
            CodecKind.Key
        elif isStatic t then
            CodecKind.Static
        elif t.IsSZArray then
            let item = nonNull (t.GetElementType())
            series typedefof<ArraySequence<_>> [| item |] item
        elif TypeName.isGeneric typedefof<_ list> t then
            let args = t.GetGenericArguments()
            series typedefof<ListSequence<_>> args args[0]
        elif TypeName.isGeneric typedefof<Map<_, _>> t && isStatic (t.GetGenericArguments()[0]) then
            let args = t.GetGenericArguments()
            series typedefof<MapSequence<_, _>> args args[1]
        elif TypeName.isTuple t then
            let types = TypeName.elements t
            let names = types |> Array.mapi (fun i _ -> "Item" + string (i + 1))
            let make = tupleMaker t

            CodecKind.Product
                { Case = ""
                  Names = names
                  Codecs = parts names types
                  Take = fun x -> let tuple = x :?> ITuple in Array.init types.Length (fun i -> tuple[i])
                  Make = fun _ parts -> make parts 0 }
        else
            match origin t with
            | SourceConstructFlags.RecordType -> record part t
            | SourceConstructFlags.SumType -> union part t
            | _ ->
                match cloner t with
                | Some clone -> foreign clone part t
                | None when isOpen t -> CodecKind.Open unknown
                | None -> TypeRefusal.refuse (Seq.head made.Keys) path t // the first type is that of the whole tree

    and private record part (t: Type) =
        let order (p: PropertyInfo) =
            match p.GetCustomAttribute<CompilationMappingAttribute>() with
            | null -> None
            | mark when mark.SourceConstructFlags <> SourceConstructFlags.Field -> None
            | mark -> Some(mark.SequenceNumber, p)

        let fields = t.GetProperties everything |> Array.choose order |> Array.sortBy fst |> Array.map snd
        let types = fields |> Array.map (fun p -> p.PropertyType)
        let make = ConstructorInvoker.Create(nonNull (t.GetConstructor(everything, null, types, null)))

        CodecKind.Product
            { Case = ""
              Names = fields |> Array.map (fun p -> p.Name)
              Codecs = fields |> Array.map (fun p -> part p.Name p.PropertyType)
              Take = reader fields
              Make = fun _ parts -> make.Invoke(Span<Value> parts) }

    and private union part (t: Type) =
        let isOption = TypeName.isOption t
        let unnamed = [ "Item"; "ResultValue"; "ErrorValue" ]

        let case (info: UnionCaseInfo) =
            let fields = info.GetFields()

            /// A case with one unnamed field: the field has the name of the case.
            let name (p: PropertyInfo) =
                if isOption then ""
                elif fields.Length = 1 && List.contains p.Name unnamed then info.Name
                else p.Name

            let make = invoker (FSharpValue.PreComputeUnionConstructorInfo(info, everything))

            { Case = info.Name
              Names = fields |> Array.map name
              Codecs = fields |> Array.map (fun p -> part (if isOption then info.Name else name p) p.PropertyType)
              Take = reader fields
              Make = fun _ parts -> make.Invoke(null, Span<Value> parts) }

        let cases = FSharpType.GetUnionCases(t, everything)

        let ofNull = // the case that null represents, such as None
            match t.GetCustomAttribute<CompilationRepresentationAttribute>() with
            | null -> -1
            | mark when mark.Flags.HasFlag CompilationRepresentationFlags.UseNullAsTrueValue ->
                cases |> Array.findIndex (fun info -> info.GetFields().Length = 0)
            | _ -> -1

        let tagOf: obj -> Value =
            match FSharpValue.PreComputeUnionTagMemberInfo(t, everything) with
            | :? PropertyInfo as p ->
                let get = invoker (p.GetGetMethod true)
                fun x -> get.Invoke x
            | m ->
                let get = invoker (m :?> MethodInfo)
                fun x -> get.Invoke(null, x)

        let tag (x: Value) =
            match x with
            | null -> ofNull
            | _ when cases.Length = 1 -> 0
            | x -> unbox<int>(tagOf x)

        CodecKind.Union(tag, cases |> Array.map case)

    /// A C# record: a clone whose stored properties are set, whether positional, init-only or get-only.
    and private foreign (clone: MethodInvoker) part (t: Type) =
        let names, fields = Array.unzip (stored t)
        let codecs = Array.map2 (fun name (field: FieldInfo) -> part name field.FieldType) names fields

        let make (like: obj) (parts: Value[]) =
            let copy = clone.Invoke like

            for i in 0 .. fields.Length - 1 do
                if codecs[i].HasLeaves then fields[i].SetValue(copy, parts[i])

            copy

        CodecKind.Open
            { Case = ""
              Names = names
              Codecs = codecs
              Take = fun x -> fields |> Array.map (fun field -> field.GetValue x)
              Make = make }

    let private children (codec: Codec) =
        match codec.Kind with
        | CodecKind.Tensor
        | CodecKind.Key
        | CodecKind.Static -> [||]
        | CodecKind.Product p
        | CodecKind.Open p -> p.Codecs
        | CodecKind.Union(_, cases) -> cases |> Array.collect (fun case -> case.Codecs)
        | CodecKind.Sequence(_, item) -> [| item |]

    let private reachesLeaf (codec: Codec) =
        let seen = HashSet<Codec>(HashIdentity.Reference)

        let rec visit (codec: Codec) =
            match codec.Kind with
            | CodecKind.Tensor
            | CodecKind.Key -> true
            | CodecKind.Open _ when not codec.Type.IsSealed -> true // a derived record or an implementation of an interface can have leaves
            | _ -> seen.Add codec && children codec |> Array.exists visit

        visit codec

    let private reachesItself (codec: Codec) =
        let seen = HashSet<Codec>(HashIdentity.Reference)

        let rec visit (inner: Codec) =
            obj.ReferenceEquals(inner, codec) || (seen.Add inner && children inner |> Array.exists visit)

        children codec |> Array.exists visit

    /// The codec of a type. Raises TreeException for a type that is not a tree.
    let find (t: Type) : Codec =
        match known.TryGetValue t with
        | true, codec -> codec
        | _ ->
            let made = Dictionary<Type, Codec>()
            build made [] [] t |> ignore

            for codec in made.Values do
                codec.HasLeaves <- reachesLeaf codec
                codec.IsRecursive <- reachesItself codec

            for pair in made do
                known.TryAdd(pair.Key, pair.Value) |> ignore

            known[t]

    /// The codec of a value: for an open type, the codec of the value's own type.
    let own (codec: Codec) (x: Value) : Codec =
        match x, codec.Kind with
        | null, _ -> codec
        | x, CodecKind.Open _ ->
            let t = x.GetType()
            if t = codec.Type then codec else find (declared t)
        | _ -> codec

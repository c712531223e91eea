/// The public surface is a text file that changes on purpose: one sorted line per public type and member.
module NeuralDE.Tests.Repository.PublicSurfaceTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open Microsoft.FSharp.Core
open Microsoft.FSharp.Reflection
open Expecto
open NeuralDE.Tests

let private approvedFile = Root.file "tests/NeuralDE.Tests/Repository/PublicSurface.approved.txt"

// Names of types, as F# writes them

let private keywords =
    dict
        [ typeof<float>, "float"
          typeof<float32>, "float32"
          typeof<int>, "int"
          typeof<int64>, "int64"
          typeof<uint64>, "uint64"
          typeof<byte>, "byte"
          typeof<bool>, "bool"
          typeof<string>, "string"
          typeof<obj>, "obj"
          typeof<unit>, "unit"
          typeof<Void>, "unit" ]

/// The name without its arity: `Box` of `` Box`1 ``.
let private withoutArity (name: string) = name.Split('`')[0]

/// The name with the modules and types around it, without the namespace.
let rec private qualified (t: Type) =
    match t.DeclaringType with
    | null -> withoutArity t.Name
    | outer -> $"{qualified outer}.{withoutArity t.Name}"

let rec private typeName (t: Type) : string =
    let arguments separator ts = ts |> Seq.map typeName |> String.concat separator

    if t.IsGenericParameter then
        "'" + t.Name
    elif t.IsByRef then
        $"byref<{typeName (nonNull (t.GetElementType()))}>"
    elif t.IsArray then
        typeName (nonNull (t.GetElementType())) + "[" + String(',', t.GetArrayRank() - 1) + "]"
    elif FSharpType.IsFunction t then
        let domain, range = FSharpType.GetFunctionElements t
        $"({typeName domain} -> {typeName range})"
    elif FSharpType.IsTuple t then
        let tuple = arguments " * " (FSharpType.GetTupleElements t)
        if t.IsValueType then $"struct ({tuple})" else $"({tuple})"
    elif t.IsGenericType then
        let own = arguments ", " (t.GetGenericArguments())
        $"{qualified t}<{own}>"
    else
        match keywords.TryGetValue t with
        | true, keyword -> keyword
        | _ -> qualified t

// Lines of the surface

/// The members of a type that are listed: its own, without those that the compiler adds.
let private scope =
    BindingFlags.Public ||| BindingFlags.Instance ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private inherited = set [ "Equals"; "GetHashCode"; "ToString"; "CompareTo" ]

/// The compiler's marks for the origin of a type or member.
let private origin (m: MemberInfo) =
    match m.GetCustomAttribute<CompilationMappingAttribute> false with
    | null -> SourceConstructFlags.None
    | mark -> mark.SourceConstructFlags &&& SourceConstructFlags.KindMask

let private isGenerated (m: MemberInfo) =
    m.IsDefined(typeof<CompilerGeneratedAttribute>, false) || origin m = SourceConstructFlags.UnionCase

let private kind (t: Type) =
    if FSharpType.IsModule t then "module"
    elif FSharpType.IsUnion t then "union"
    elif FSharpType.IsRecord t then "record"
    elif t.IsEnum then "enum"
    elif t.IsInterface then "interface"
    elif t.IsValueType then "struct"
    elif typeof<Delegate>.IsAssignableFrom t then "delegate"
    elif typeof<exn>.IsAssignableFrom t then "exception"
    else "class"

let private parameters (ps: ParameterInfo[]) =
    ps |> Seq.map (fun p -> $"{p.Name}: {typeName p.ParameterType}") |> String.concat ", "

/// The lines of one type: its kind, then its cases, fields, constructors, properties, methods and events.
let private linesOf (t: Type) =
    let name = if String.IsNullOrEmpty t.Namespace then qualified t else $"{t.Namespace}.{qualified t}"
    let isModule, isUnion, isRecord = FSharpType.IsModule t, FSharpType.IsUnion t, FSharpType.IsRecord t
    let level isStatic = if isStatic && not isModule then "static " else ""

    [ $"{name}: {kind t}"
      if isUnion then
          for case in FSharpType.GetUnionCases t do
              let fields =
                  case.GetFields() |> Seq.map (fun f -> $"{f.Name}: {typeName f.PropertyType}") |> String.concat ", "
              if fields = "" then $"{name}.{case.Name}: case" else $"{name}.{case.Name}({fields}): case"

      for field in t.GetFields scope do
          if field.IsLiteral then
              $"{name}.{field.Name} = {field.GetRawConstantValue()}"
          elif not (isGenerated field || field.IsSpecialName) then
              $"{name}.{field.Name}: {level field.IsStatic}{typeName field.FieldType}"

      if not (isUnion || isRecord) then
          for make in t.GetConstructors scope do
              $"{name}.new({parameters (make.GetParameters())})"

      for property in t.GetProperties scope do
          let accessor = property.GetAccessors()[0]

          if not (isGenerated property) then
              let index = property.GetIndexParameters()
              let shown = if index.Length = 0 then property.Name else $"{property.Name}[{parameters index}]"
              let settable = if isNull (property.GetSetMethod()) then "" else " with set"
              $"{name}.{shown}: {level accessor.IsStatic}{typeName property.PropertyType}{settable}"

      for m in t.GetMethods scope do
          let isAccessor = m.IsSpecialName && not (m.Name.StartsWith "op_")

          if not (isAccessor || isGenerated m || inherited.Contains m.Name) then
              $"{name}.{m.Name}({parameters (m.GetParameters())}): {level m.IsStatic}{typeName m.ReturnType}"

      for event in t.GetEvents scope do
          $"{name}.{event.Name}: event" ]

/// The classes of the cases of a union are not types of their own.
let private isInsideUnion (t: Type) =
    match t.DeclaringType with
    | null -> false
    | outer -> FSharpType.IsUnion outer

let private surface () =
    Library.publicTypes
    |> Seq.filter (fun t -> not (isInsideUnion t || isGenerated t))
    |> Seq.collect linesOf
    |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
    |> Array.ofSeq

[<Tests>]
let tests =
    testList
        "Repository.PublicSurface"
        [ testCase "the public surface is the approved one" (fun () ->
              let got = surface ()

              if Environment.GetEnvironmentVariable "NEURALDE_APPROVE" = "1" then
                  File.WriteAllText(approvedFile, String.concat "\n" got + "\n")

              let expected = if File.Exists approvedFile then File.ReadAllLines approvedFile else [||]

              if got <> expected then
                  let first sign lines =
                      lines |> Seq.truncate 10 |> Seq.map (fun line -> $"\n  {sign} {line}") |> String.concat ""
                  let added, gone = Array.except expected got, Array.except got expected

                  failtest (
                      $"Got {added.Length} new and {gone.Length} missing lines of public surface, expected PublicSurface.approved.txt."
                      + " If you meant it, run `dotnet fsi build.fsx approve`."
                      + first "+" added
                      + first "-" gone
                  )) ]

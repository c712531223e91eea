/// No number is written or read in the user's culture: this test checks the calls of the library's compiled methods.
module NeuralDE.Tests.Repository.CultureRuleTests

open System
open System.IO
open System.Reflection
open System.Reflection.Emit
open System.Text
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository.Instructions

/// A type whose ToString uses the culture: the numbers and times of the base library. Unsigned ones do not.
let private isNumber (t: Type) =
    let others =
        [ typeof<char>; typeof<Rune>; typeof<Guid>; typeof<byte>; typeof<uint16>; typeof<uint32>; typeof<uint64> ]

    t.IsValueType && typeof<IFormattable>.IsAssignableFrom t && not (t.IsEnum || List.contains t others)

let private homeOf (m: MethodBase) = m.DeclaringType |> Option.ofObj |> Option.defaultValue typeof<obj>

/// The method that an instruction calls, if any.
let private called (i: Instruction) =
    match i.Operand with
    | :? MethodBase as m when i.Code.FlowControl = FlowControl.Call -> Some m
    | _ -> None

let private takes (t: Type) (m: MethodBase) = m.GetParameters() |> Array.exists (fun p -> p.ParameterType = t)

/// The reason why a call uses the culture; none if it does not.
let private fault (before: Instruction) (m: MethodBase) =
    let home = homeOf m
    let parameters = m.GetParameters() |> Array.map _.ParameterType
    let named names = List.contains m.Name names
    let hasProvider = takes typeof<IFormatProvider> m
    let generic = if m.IsGenericMethod then m.GetGenericArguments() else [||]

    if isNumber home && named [ "ToString"; "Parse"; "TryParse"; "TryFormat" ] && not hasProvider then
        Some "give it CultureInfo.InvariantCulture, or write `string x`"
    elif home = typeof<obj> && m.Name = "ToString" && before.Code = OpCodes.Constrained then
        match before.Operand with
        | :? Type as t when isNumber t -> Some "give it CultureInfo.InvariantCulture, or write `string x`"
        | _ -> None
    elif home = typeof<string> && named [ "Join"; "Concat" ] && Array.exists isNumber generic then
        Some "map the numbers by `string` first"
    elif home = typeof<string> && named [ "ToLower"; "ToUpper" ] && parameters.Length = 0 then
        Some "use the invariant one"
    elif
        home = typeof<string>
        && named [ "StartsWith"; "EndsWith"; "IndexOf"; "LastIndexOf"; "Compare"; "CompareTo" ]
        && takes typeof<string> m
        && not (takes typeof<StringComparison> m)
    then
        Some "give it StringComparison.Ordinal"
    elif home = typeof<StringBuilder> && m.Name = "Append" && Array.exists isNumber parameters then
        if parameters.Length = 1 then Some "append `string x`" else None
    elif home.Name = "DefaultInterpolatedStringHandler" && Array.exists isNumber generic then
        Some "write x.ToString(CultureInfo.InvariantCulture)"
    elif
        (typeof<TextWriter>.IsAssignableFrom home || home = typeof<Console>)
        && m.Name.StartsWith("Write", StringComparison.Ordinal)
        && Array.exists isNumber parameters
        && parameters.Length = 1
    then
        Some "write `string x`"
    else
        None

/// The holes of a format: whether each has a format of printf, such as %02x, which does not use the culture.
let private holesOf (format: string) =
    [ for hole in Regex.Matches(format, @"(%[-+0 ]*\d*(?:\.\d+)?[a-zA-Z])?%P\(") -> hole.Groups[1].Success ]

/// The types in the holes of interpolated strings: any type in `$"{x}"`, because that uses the culture.
let private filled (code: Instruction[]) =
    let mutable format: string option = None
    let mutable types: Type list = []

    [ for i in 0 .. code.Length - 1 do
          match code[i].Operand with
          | :? string as text when text.Contains("%P(", StringComparison.Ordinal) ->
              format <- Some text
              types <- []
          | :? ConstructorInfo as made when format.IsSome && (homeOf made).Name = "PrintfFormat`5" ->
              yield! List.zip (holesOf format.Value) (List.rev types) |> List.filter (fst >> not) |> List.map snd
              format <- None
          | _ when code[i].Code = OpCodes.Stelem && format.IsSome ->
              types <-
                  match code[i - 1].Operand with
                  | :? Type as t when code[i - 1].Code = OpCodes.Box -> t :: types
                  | _ -> typeof<string> :: types
          | _ -> () ]

/// C#'s interpolated strings.
let private isHandler (m: MethodBase) = (homeOf m).Name = "DefaultInterpolatedStringHandler"

/// As made by string.Create(CultureInfo.InvariantCulture, …).
let private hasProvider (code: Instruction[]) =
    code
    |> Array.choose called
    |> Array.exists (fun m -> m.IsConstructor && isHandler m && takes typeof<IFormatProvider> m)

let private nameOf (m: MethodBase) = $"{m.DeclaringType}.{m.Name}"

/// The methods of an assembly that use the culture, with the reason.
let private breaches (methods: MethodBase seq) =
    [ for m in methods do
          let code = ofMethod m

          for before, i in Array.pairwise code do
              match
                  called i |> Option.bind (fun target -> fault before target |> Option.map (fun why -> target, why))
              with
              | Some(target, _) when isHandler target && hasProvider code -> ()
              | Some(target, why) -> $"{nameOf m} calls {target.DeclaringType}.{target.Name}: {why}"
              | None -> ()

          for t in filled code do
              if isNumber t then $"{nameOf m} has {t.Name} in an interpolated string: write {{string x}}" ]

/// A generic function with a hole of its own type; its callers determine that type.
let private openHoles (methods: MethodBase seq) =
    set
        [ for m in methods do
              for t in filled (ofMethod m) do
                  if t.IsGenericMethodParameter then m.MetadataToken, t.GenericParameterPosition ]

/// Callers that put a number into such a hole.
let private numbersInOpenHoles (methods: MethodBase list) =
    let holes = openHoles methods

    [ for m in methods do
          for i in ofMethod m do
              match called i with
              | Some target when target.IsGenericMethod ->
                  for position, t in Seq.indexed (target.GetGenericArguments()) do
                      if isNumber t && holes.Contains(target.MetadataToken, position) && target.Module = m.Module then
                          $"{nameOf m} gives {target.Name} a {t.Name}, which its message prints: give it a string"
              | _ -> () ]

/// Keys of caches in memory, of whole numbers from 0, which are written often and never read. And the code that C# generates
/// for a record, which only Printed.Record calls, with the invariant culture.
let private exempt (breach: string) =
    breach.StartsWith("NeuralDE.Internal.Engine.ElementGroupModule.key ", StringComparison.Ordinal)
    || Regex.IsMatch(breach, @"^NeuralDE\.(\w+Settings|Kernels\.FourierStage)\.PrintMembers ")

type private Culprit =
    static member Text(x: float) = $"{x}"
    static member Number(x: float) = x.ToString "G3"
    static member Read(text: string) = Double.Parse text
    static member List(xs: int list) = String.Join(", ", xs)
    static member Begins(text: string) = text.StartsWith "a"
    static member Fine(x: float, n: int) = $"{string x} %d{n} %02x{n}" + String.Join(", ", [ string n ])

/// The assembly of the C# surface is in a folder beside these tests.
let private load name =
    if name = "NeuralDE.CSharp" then
        let output = Path.GetRelativePath(Root.file "tests/NeuralDE.Tests", AppContext.BaseDirectory)
        Assembly.LoadFrom(Path.Combine(Root.file "src/NeuralDE.CSharp", output, name + ".dll"))
    else
        Assembly.Load name

[<Tests>]
let tests =
    testList
        "Repository.CultureRule"
        [ testList
              "no method uses the user's culture"
              [ for name in Library.names @ [ "NeuralDE.Kernels"; "NeuralDE.CSharp" ] do
                    testCase name (fun () ->
                        let methods = methodsOf (load name) |> List.ofSeq
                        Expect.isTrue
                            (methods.Length > 500)
                            $"Got {methods.Length} methods of {name}, expected hundreds."

                        let found =
                            breaches methods @ numbersInOpenHoles methods
                            |> List.filter (exempt >> not)
                            |> List.distinct
                        let list = String.concat "\n  " found
                        Expect.isTrue
                            found.IsEmpty
                            $"Got {found.Length} places that use the user's culture, expected none.\n  {list}") ]

          testCase "the rule detects each kind of violation, and no other" (fun () ->
              let culprits =
                  typeof<Culprit>.GetMethods(BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic)
              let of' name = culprits |> Array.find (fun m -> m.Name = name) :> MethodBase

              for name in [ "Text"; "Number"; "Read"; "List"; "Begins" ] do
                  Expect.single (breaches [ of' name ]) "breaches [ of' name ]" |> ignore

              Expect.isEmpty (breaches [ of' "Fine" ]) "breaches [ of' 'Fine' ]") ]

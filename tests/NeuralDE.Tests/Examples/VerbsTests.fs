/// Each public verb has an example: a page of docs/ or a script of examples/ uses it, and the tests run these.
module NeuralDE.Tests.Examples.VerbsTests

open System
open System.ComponentModel
open System.IO
open System.Reflection
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Repository

/// The scripts of examples/ that tests do not run.
let private notRun = [ "06-rk-net.fsx"; "attack.fsx" ]

/// The code of a script, without pages' text, comments and strings.
let private codeOf (path: string) =
    let text = Regex.Replace(File.ReadAllText path, @"\(\*\*.*?\*\)", "", RegexOptions.Singleline)
    let text = Regex.Replace(text, @"//.*", "")
    let strings = "\\$*\"\"\".*?\"\"\"|\\$?\"(?:[^\"\\\\]|\\\\.)*\""

    // the parts of an interpolated string are code
    Regex.Replace(
        text,
        strings,
        (fun (m: Match) -> if m.Value.StartsWith '$' then m.Value.Replace('"', ' ') else ""),
        RegexOptions.Singleline
    )

let private code =
    lazy
        (let scripts folder = Directory.GetFiles(Root.file folder, "*.fsx", SearchOption.AllDirectories)

         Array.append (scripts "docs") (scripts "examples")
         |> Array.filter (fun path -> not (List.contains (string (Path.GetFileName path)) notRun))
         |> Array.map codeOf
         |> String.concat "\n")

let private words = lazy (set [ for word in Regex.Matches(code.Value, @"(?<![\w.])[a-z]\w*") -> word.Value ])

let private qualified =
    lazy (set [ for word in Regex.Matches(code.Value, @"(?<![\w.])([A-Z]\w*)\.([a-z]\w*)") -> word.Value ])

/// The names before a verb in code: none for a module that is opened with the namespace.
let private owners (t: Type) : string list =
    match t.Name with
    | "ProblemVerbs" -> [ "Ode."; "Sde." ]
    | "OdeVerbs" -> [ "Ode." ]
    | "SdeVerbs" -> [ "Sde." ]
    | _ when t.IsDefined(typeof<AutoOpenAttribute>, false) -> [ "" ]
    | name -> [ Regex.Replace(name, "Module$|`.*$", "") + "." ]

/// Whether a member is public only because inline operators call it: users do not write its name.
let private isHidden (m: MemberInfo) =
    match m.GetCustomAttribute<EditorBrowsableAttribute>() with
    | null -> false
    | browsable -> browsable.State = EditorBrowsableState.Never

let private verbsOf (t: Type) : string list =
    [ for m in t.GetMembers(BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly) do
          let isVerb = Regex.IsMatch(m.Name, @"^[a-z]\w*$") && not (Regex.IsMatch(m.Name, "^(get|set|op)_"))
          if isVerb && not (isHidden m) then m.Name ]
    |> List.distinct

let private isUsed (owner: string) (verb: string) =
    if owner = "" then words.Value.Contains verb else qualified.Value.Contains(owner + verb)

[<Tests>]
let tests =
    testList
        "Examples.Verbs"
        [ testCase "every public verb is used by a page or an example that the tests run" (fun () ->
              let missing =
                  [ for t in Library.publicTypes do
                        for verb in verbsOf t do
                            let owners = owners t
                            if not (owners |> List.exists (fun owner -> isUsed owner verb)) then owners.Head + verb ]

              let listed = String.concat ", " missing
              Expect.isTrue
                  missing.IsEmpty
                  $"Got no use of {string missing.Length} verbs: {listed}. Use them in docs/verbs-of-tensors.fsx or docs/verbs-of-models.fsx.") ]

/// Each element-wise function of one argument has all its parts. A failure names the file to edit.
module NeuralDE.Tests.Laws.UnaryTableTests

open System
open System.IO
open System.Reflection
open Microsoft.FSharp.Reflection
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Kernels
open NeuralDE.Tests.Laws.Example

let private flags = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

/// Verbs with another name: F#'s own names or operators, and verbs with a parameter.
let private verbs: Map<string, (string * (Tensor -> Tensor)) * string> =
    Map
        [ "Neg", (("NeuralDE.Tensor.op_UnaryNegation(", (~-)), "")
          "Sign", (("NeuralDE.ElementwiseVerbsModule.signum(", signum), "Verbs.Signum(")
          "Ceil", (("NeuralDE.Tensor.Ceiling(", ceil), "Verbs.Ceiling(")
          "Not", (("NeuralDE.ElementwiseVerbsModule.logicalNot(", logicalNot), "Verbs.LogicalNot(")
          "Power", (("NeuralDE.Tensor.Pow(", (fun x -> x ** 1.7)), "Verbs.Pow(")
          "Polygamma", (("NeuralDE.ElementwiseVerbsModule.polygamma(", polygamma 1), "Verbs.Polygamma(") ]

/// The verb of a case: its name in the approved surface, and the function.
let private verbOf (case: string) : (string * (Tensor -> Tensor)) * string =
    match verbs.TryFind case with
    | Some verb -> verb
    | None ->
        let methodOf (holder: string) (name: string) =
            match Library.typeOf $"NeuralDE.{holder}" with
            | null -> None
            | t ->
                t.GetMethod(name, [| typeof<Tensor> |])
                |> Option.ofObj
                |> Option.map (fun m -> $"NeuralDE.{t.Name}.{name}(", m)

        match methodOf "ElementwiseVerbsModule" (lower case), methodOf "Tensor" case with
        | Some(text, m), _
        | None, Some(text, m) -> (text, (fun x -> unbox<Tensor>(m.Invoke(null, [| box x |])))), $"Verbs.{case}("
        | None, None ->
            failtest
                $"{case} has no verb: write `{lower case}` into src/NeuralDE.Core.fs/Language/Tensor/VerbsElementwise.fs, or name its verb in tests/NeuralDE.Tests/Laws/UnaryTableTests.fs."

let private surface path = lazy (File.ReadAllText(NeuralDE.Tests.Repository.Root.file path))
let private fsharp = surface "tests/NeuralDE.Tests/Repository/PublicSurface.approved.txt"
let private csharp = surface "tests/NeuralDE.CSharp.Tests/Surface/PublicSurface.approved.txt"

let private isApproved (surface: Lazy<string>) (text: string) how =
    Expect.isTrue (surface.Value.Contains text) $"{text}…) is in no approved public surface: {how}"

/// The printed names of all other operations.
let private otherWords =
    [ typeof<Op>; typeof<Binary>; typeof<Compare>; typeof<Reduce>; typeof<Scatter>; typeof<Random> ]
    |> List.collect (fun union -> [ for case in FSharpType.GetUnionCases(union, true) -> lower case.Name ])

let private isLetter (c: char) = Char.IsAsciiLetterOrDigit c

let private printed (case: string) (about: UnaryFunction) =
    let rule = "src/NeuralDE.Core.fs/Language/Graph/Unary.fs"
    Expect.equal about.Name (lower case) $"the printed name, in {rule}"
    Expect.isTrue
        (Seq.forall isLetter about.Name)
        $"{about.Name} is one word of letters and digits: change it in {rule}"
    Expect.isFalse
        (List.contains about.Name otherWords)
        $"{about.Name} is another operation's word too: change it in {rule}"

let private kernel (case: string) (about: UnaryFunction) =
    Expect.equal (string about.Kernel) case "the kernel, in src/NeuralDE.Core.fs/Language/Graph/Unary.fs"

    let isFloat =
        match about.Value with
        | UnaryValue.Floats _
        | UnaryValue.Numbers _ -> true
        | UnaryValue.Bools _ -> false

    if isFloat && about.Parameter.IsSome then
        Expect.exists
            (typeof<Maths>.GetMethods flags)
            (fun m -> m.Name = case && m.IsGenericMethodDefinition && m.GetParameters().Length = 2)
            $"Maths has no {case}<S>(S x, double parameter): write it in src/NeuralDE.Kernels/Maths"
    elif isFloat then
        match ElementTable.FunctionOf about.Kernel with
        | null -> failtest $"{case} has no kernel: add it to src/NeuralDE.Kernels/Elements/ElementTable.cs."
        | f -> Expect.equal f.Name case "its type in src/NeuralDE.Kernels/Elements/ElementTable.cs"

/// Plans on vectors and on single numbers agree with the reference up to rounding; Kernels.ElementEdge tests the last
/// bits.
let private agrees (u: Unary) (f: float -> float) =
    let about = Unaries.about u
    let x = [ 0.3; 0.9; 1.7; 2.5; -0.6; 0.0; infinity; nan ]

    for dtype, digits in [ Float64, 1e-14; Float32, 1e-5 ] do
        for shape in [ [| x.Length |]; [| 1 |] ] do
            let x = List.truncate shape[0] x
            let given = cast dtype (tensor x)
            let got = (compile (fun x -> Prim.unary u x) given).ToArray()

            (given.ToArray(), got)
            ||> Array.iter2 (fun x got ->
                let expected = f x

                let isNear =
                    got = expected
                    || Double.IsNaN got && Double.IsNaN expected
                    || abs (got - expected) <= digits * (1.0 + abs expected)

                Expect.isTrue
                    isNear
                    $"{about.Name} of {string x} in {dtype}: the kernel (src/NeuralDE.Kernels/Maths) gives {string got}, the reference (src/NeuralDE.Core.fs/Language/Graph/Unary.fs) {string expected}")

[<Tests>]
let tests =
    testList
        "Laws.UnaryTable"
        [ for case, functions in UnaryCases.byName do
              let u = List.head functions
              let about = Unaries.about u

              testList
                  case
                  [ testCase "has a unique printed name of one word" (fun () -> printed case about)
                    testCase "has a kernel of its name" (fun () -> kernel case about)

                    testCase "has a verb in F#" (fun () ->
                        let (text, verb), _ = verbOf case
                        isApproved fsharp text "approve it: dotnet fsi build.fsx approve"
                        let x =
                            match about.Value with
                            | UnaryValue.Bools _ -> tensor [ 0.5 ] .> 0.0
                            | UnaryValue.Floats _
                            | UnaryValue.Numbers _ -> tensor [ 0.5 ]

                        let words = Print.graph (traced (fun x -> [| verb x[0] |]) [| x |])
                        Expect.stringContains words $" = {about.Name} " $"{text}…) computes {case}")

                    testCase "has a verb in C#" (fun () ->
                        let _, text = verbOf case
                        isApproved csharp text "dotnet fsi build.fsx face, then dotnet fsi build.fsx approve")

                    testCase "has known values" (fun () ->
                        let isKnown = UnaryCases.known |> List.exists (fun (k, _) -> List.contains k functions)

                        match about.Value with
                        | UnaryValue.Bools _ -> () // Engine.Evaluate tests both values
                        | UnaryValue.Floats _
                        | UnaryValue.Numbers _ ->
                            Expect.isTrue
                                isKnown
                                $"no value of {case} is known: add some to `known` in tests/NeuralDE.Tests/UnaryCases.fs")

                    testCase "has kernels of both float types that agree with the reference" (fun () ->
                        for u, f in UnaryCases.ofFloats do
                            if List.contains u functions then agrees u f) ] ]

module NeuralDE.Tests.Calculus.TreeTests

open System
open System.Collections.Generic
open System.Threading.Tasks
open FsCheck
open FsCheck.FSharp
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph

// ---- some trees ---------------------------------------------------------------------------------------------------

type Linear = { Weight: Tensor; Bias: Tensor option }

type Activation =
    | Relu
    | Tanh
    | Power of exponent: float

[<RequireQualifiedAccess>]
type Layer =
    | Dense of Linear
    | Scale of factor: Tensor * offset: Tensor
    | Act of Activation
    | Identity

type Net = { Name: string; Widths: int[]; Layers: Layer list; Rate: float; Apply: Tensor -> Tensor }

[<Struct>]
type Complex = { Re: Tensor; Im: Tensor }

type Pair<'A, 'B> = { First: 'A; Second: 'B }

[<Struct>]
type Choice =
    | One of one: Tensor
    | Two of two: struct (Tensor * int)
    | Neither

type Tree' =
    | Tip of Tensor
    | Fork of Tree' list * note: string

type Hidden = private { Inside: Tensor }
type Single = Single of Tensor

[<Struct>]
type SingleStruct = SingleStruct of Tensor * int

type Endless<'A> = { Now: 'A; Later: Endless<'A * 'A> list }

[<CompilationRepresentation(CompilationRepresentationFlags.UseNullAsTrueValue)>]
type Slot =
    | Full of Tensor
    | Empty

type Config = { Steps: int; Kind: Activation; Dtype: Dtype; Element: Type }

type Counter() =
    member val Total = 0 with get, set

let private floats (values: float list) = tensor values
let private one () = floats [ 1.0 ]
let private ints () = Tensor.OfArray(NdArray.OfFloats(Int32, [| 2 |], [| 1.0; 2.0 |]))
let private key () = Key(Tensor.Literal(Int64, 7.0))
let private linear () = { Weight = floats [ 1.0; 2.0 ]; Bias = Some(one ()) }
let private double (x: Tensor) = 2.0 * x

let private net () =
    { Name = "net"
      Widths = [| 2; 3 |]
      Layers = [ Layer.Dense(linear ()); Layer.Act Tanh; Layer.Scale(one (), one ()); Layer.Identity ]
      Rate = 0.1
      Apply = double }

// ---- the laws -----------------------------------------------------------------------------------------------------

let sameLeaves (a: Tensor[]) (b: Tensor[]) =
    a.Length = b.Length && Array.forall2 (fun x y -> obj.ReferenceEquals(x, y)) a b

/// The laws of every tree: unflatten restores it, with the leaves in place and unchanged static fields.
let obeys (tree: 'T) =
    let leaves = Tree.flatten tree
    let again = Tree.unflatten tree leaves
    Expect.isTrue (sameLeaves leaves (Tree.flatten again)) "unflatten of flatten"
    Expect.equal (Tree.signature again) (Tree.signature tree) "Tree.signature again"
    Expect.equal ((Tree.structure again).GetHashCode()) ((Tree.structure tree).GetHashCode()) "hash of the structure"
    let others = leaves |> Array.map (fun x -> if x.Dtype.IsFloat then x + 1.0 else x)
    let moved = Tree.unflatten tree others
    Expect.isTrue (sameLeaves others (Tree.flatten moved)) "flatten of unflatten"
    Expect.equal (Tree.structure moved) (Tree.structure tree) "Tree.structure moved"
    Expect.equal (Tree.difference (Tree.structure tree) (Tree.structure moved)) None "no difference"
    Expect.isTrue (sameLeaves leaves (Tree.flatten (Tree.map id tree))) "map id"
    Expect.isTrue (sameLeaves leaves (Tree.flatten (Tree.map2 (fun x _ -> x) tree moved))) "map2 first"
    let paths = Tree.leaves tree |> List.map fst
    Expect.equal paths.Length leaves.Length "paths.Length"
    Expect.equal paths (List.distinct paths) "paths"

    if leaves.Length > 0 then
        let short () = Tree.unflatten tree leaves[1..] |> ignore
        let long () = Tree.unflatten tree (Array.append leaves leaves[..0]) |> ignore
        Expect.stringContains ((Expect.thrown<TreeException> short).Message) "expected" "too few leaves"
        Expect.stringContains ((Expect.thrown<TreeException> long).Message) "expected" "too many leaves"

/// One test of the laws for each kind of tree.
let private kinds: (string * (unit -> unit)) list =
    [ "Tensor", (fun () -> obeys (one ()))
      "Key", (fun () -> obeys (key ()))
      "unit", (fun () -> obeys ())
      "number", (fun () -> obeys 1.5)
      "record", (fun () -> obeys (linear ()))
      "record with static fields", (fun () -> obeys (net ()))
      "struct record", (fun () -> obeys { Re = one (); Im = one () })
      "anonymous record", (fun () -> obeys {| B = one (); A = linear (); Z = "z" |})
      "struct anonymous record", (fun () -> obeys struct {| X = one (); Y = 1 |})
      "generic record", (fun () -> obeys { First = linear (); Second = { First = 1; Second = one () } })
      "private record", (fun () -> obeys { Inside = one () })
      "tuple", (fun () -> obeys (one (), linear (), 3))
      "tuple of nine", (fun () -> obeys (one (), 2, one (), 4, one (), one (), 7, one (), one ()))
      "struct tuple", (fun () -> obeys struct (one (), linear ()))
      "struct tuple of nine", (fun () -> obeys struct (one (), 2, one (), 4, one (), one (), 7, one (), "nine"))
      "list", (fun () -> obeys [ one (); one () ])
      "empty list", (fun () -> obeys ([]: Linear list))
      "array", (fun () -> obeys [| linear (); linear () |])
      "array of structs", (fun () -> obeys [| { Re = one (); Im = one () } |])
      "array of arrays", (fun () -> obeys [| [| one () |]; [||] |])
      "array of numbers", (fun () -> obeys ([| 1; 2 |], one ()))
      "Some", (fun () -> obeys (Some(one ())))
      "None", (fun () -> obeys (None: Tensor option))
      "Some None", (fun () -> obeys (Some None: Tensor option option))
      "list of options", (fun () -> obeys [ Some(one ()); None; Some(one ()) ])
      "ValueSome", (fun () -> obeys (ValueSome(linear ())))
      "ValueNone", (fun () -> obeys (ValueNone: Tensor voption))
      "Ok", (fun () -> obeys (Ok(one ()): Result<Tensor, string>))
      "Error", (fun () -> obeys (Error "no": Result<Tensor, string>))
      "Map", (fun () -> obeys (Map [ "b", linear (); "a", linear () ]))
      "empty Map", (fun () -> obeys (Map.empty: Map<string, Tensor>))
      "Map with null for None", (fun () -> obeys (Map [ "a", None; "b", Some(one ()) ]))
      "Map by number", (fun () -> obeys (Map [ 2, one (); 1, one () ]))
      "union",
      (fun () -> obeys [ Layer.Dense(linear ()); Layer.Scale(one (), one ()); Layer.Act(Power 2.0); Layer.Identity ])
      "struct union", (fun () -> obeys [ One(one ()); Two(struct (one (), 2)); Neither ])
      "union of one case", (fun () -> obeys (Single(one ())))
      "struct union of one case", (fun () -> obeys (SingleStruct(one (), 1)))
      "union with null", (fun () -> obeys [ Full(one ()); Empty ])
      "union without tensors", (fun () -> obeys (Power 2.0))
      "record without tensors", (fun () -> obeys { Steps = 1; Kind = Relu; Dtype = Float32; Element = typeof<int> })
      "recursive type", (fun () -> obeys (Fork([ Tip(one ()); Fork([], "empty"); Fork([ Tip(one ()) ], "") ], "root")))
      "dates and other static values",
      (fun () -> obeys (DateTime(2024, 1, 1), Guid.Empty, 1m, Nullable 3, bigint 5, one ()))
      "mixed leaves", (fun () -> obeys (ints (), key (), one (), Tensor.Literal(Bool, 1.0))) ]

let private kindNames = kinds |> List.map (fun (name, _) -> name)

/// Randomly nested trees; the size is the number of nodes.
type Any =
    | Leaf of Tensor
    | Random of Key
    | Note of string * int
    | Both of Any * Any
    | Many of Any list
    | Row of Any[]
    | Maybe of Any option
    | Table of Map<string, Any>
    | Sum of Result<Any, float>
    | Named of {| Left: Any; Right: Complex voption |}

let private anyTree =
    let leaf = Gen.choose (1, 9) |> Gen.map (fun n -> floats [ float n ])
    let letter = Gen.elements [ "a"; "b"; "c" ]

    let rec tree size : Gen<Any> =
        if size <= 1 then
            Gen.oneof
                [ Gen.map Leaf leaf
                  Gen.fresh (fun () -> Random(key ()))
                  Gen.map2 (fun text n -> Note(text, n)) letter (Gen.choose (0, 3)) ]
        else
            let some = Gen.choose (0, 3) |> Gen.bind (fun n -> Gen.listOfLength n (tree (size / 3)))
            let complex = Gen.map2 (fun re im -> { Re = re; Im = im }) leaf leaf

            Gen.oneof
                [ Gen.map2 (fun a b -> Both(a, b)) (tree (size / 2)) (tree (size / 2))
                  Gen.map Many some
                  Gen.map (Array.ofList >> Row) some
                  Gen.map Maybe (Gen.optionOf (tree (size / 2)))
                  Gen.map (fun items -> Table(Map(List.mapi (fun i x -> $"k{i}", x) items))) some
                  Gen.map (Ok >> Sum) (tree (size / 2))
                  Gen.constant (Sum(Error nan))
                  Gen.map2
                      (fun left right -> Named {| Left = left; Right = right |})
                      (tree (size / 2))
                      (Gen.oneof [ Gen.constant ValueNone; Gen.map ValueSome complex ]) ]

    Gen.sized tree

// ---- paths --------------------------------------------------------------------------------------------------------

// ---- structures ---------------------------------------------------------------------------------------------------

let differ (a: 'T) (b: 'T) =
    let s, t = Tree.structure a, Tree.structure b
    Expect.notEqual t s "t"
    match Tree.difference s t with
    | Some sentence -> sentence
    | None -> failwith "no difference"

// ---- functions ----------------------------------------------------------------------------------------------------

// ---- errors -------------------------------------------------------------------------------------------------------

let refused<'T> (tree: 'T) =
    let once () = (Expect.thrown<TreeException>(fun () -> Tree.flatten tree |> ignore)).Message
    let message = once ()
    Expect.equal (once ()) message "once ()" // and never a TypeInitializationException
    Expect.stringContains message "expected a Tensor, a Key, or a record" "message"
    message

type Fresh<'A> = { Value: Tensor; Mark: 'A; Next: Fresh<'A> option }

[<Tests>]
let tests =
    testList
        "Calculus.Tree"
        [ testList
              "flatten and unflatten are inverse"
              [ for name in kindNames do
                    testCase name (fun () ->
                        let _, law = kinds |> List.find (fun (kind, _) -> kind = name)
                        law ()) ]

          testCase "the laws hold for any nesting" (fun () ->
              Check.One(Properties.config, Prop.forAll (Arb.fromGen anyTree) obeys))

          testCase "structures are equal if and only if there is no difference" (fun () ->
              let property (a: Any, b: Any) =
                  let s, t = Tree.structure a, Tree.structure b
                  let isSame = (s = t)
                  Expect.equal (Tree.difference s t = None) isSame "Tree.difference s t = None"
                  Expect.equal (string s = string t) isSame "string s = string t" // the text shows everything that equality compares
                  if isSame then Expect.equal (t.GetHashCode()) (s.GetHashCode()) "t.GetHashCode()"

              Check.One(Properties.config, Prop.forAll (Arb.fromGen (Gen.zip anyTree anyTree)) property))

          testCase "paths say how to reach a leaf" (fun () ->
              let paths tree = Tree.leaves tree |> List.map fst
              Expect.equal (paths (one ())) [ "" ] "paths (one ())"
              Expect.equal
                  (paths { First = linear (); Second = one () })
                  [ "First.Weight"; "First.Bias"; "Second" ]
                  "paths of a record"
              let layers = [ "Layers[0].Dense.Weight"; "Layers[0].Dense.Bias"; "Layers[2].factor"; "Layers[2].offset" ]
              Expect.equal (paths (net ())) layers "paths (net ())"
              Expect.equal (paths (one (), 2, [| one () |])) [ "Item1"; "Item3[0]" ] "paths (one (), 2, [| one () |])"
              let table = Map [ for name in [ "b"; "a" ] -> name, { Weight = one (); Bias = None } ]
              Expect.equal (paths table) [ "[\"a\"].Weight"; "[\"b\"].Weight" ] "paths table"
              Expect.equal (paths (Ok(one ()): Result<Tensor, int>)) [ "Ok" ] "paths (Ok(one ()): Result<Tensor, int>)")

          testCase "mapWithPath sees the path of each leaf" (fun () ->
              let tree = { First = one (); Second = one () }
              let moved = tree |> Tree.mapWithPath (fun path x -> if path = "Second" then x + 1.0 else x)
              Expect.same moved.First tree.First "moved.First"
              Expect.equal (float moved.Second) 2.0 "float moved.Second")

          testCase "a difference names its path and both values" (fun () ->
              Expect.equal
                  (differ (1, Some(one ())) (1, None))
                  "Item2 is a Tensor in one and None in the other."
                  "Some and None"
              Expect.equal
                  (differ (net ()) { net () with Rate = 0.2 })
                  "Rate is 0.1 in one and 0.2 in the other."
                  "different rates"
              Expect.equal
                  (differ [ one () ] [ one (); one () ])
                  "the tree has 1 element in one and 2 in the other."
                  "different lengths"
              let layers =
                  differ
                      (net ())
                      { net () with Layers = [ Layer.Identity; Layer.Identity; Layer.Identity; Layer.Identity ] }
              Expect.equal layers "Layers[0] is Dense in one and Identity in the other." "layers"
              Expect.equal
                  (differ (net ()) { net () with Widths = [| 2; 4 |] })
                  "Widths is [|2; 3|] in one and [|2; 4|] in the other."
                  "different arrays"
              let keys = differ (Map [ "a", one () ]) (Map [ "b", one () ])
              Expect.equal keys "the tree has the keys [\"a\"] in one and [\"b\"] in the other." "keys"
              let rate = 3.0
              let functions = differ (net ()) { net () with Apply = fun x -> rate * x }
              Expect.equal functions "Apply differs: a function in one and another in the other." "functions"
              let types = Tree.difference (Tree.structure (one ())) (Tree.structure (linear ()))
              Expect.equal types (Some "the tree is a Tensor in one and a Linear in the other.") "types")

          testCase "a signature has shapes and dtypes, a structure does not" (fun () ->
              let a, b = { First = one (); Second = one () }, { First = one (); Second = floats [ 1.0; 2.0 ] }
              Expect.equal (Tree.structure b) (Tree.structure a) "Tree.structure b"
              Expect.notEqual (Tree.signature b) (Tree.signature a) "Tree.signature b"
              let sentence = Tree.difference (Tree.signature a) (Tree.signature b)
              Expect.equal
                  sentence
                  (Some "Second is a Tensor float64 [1] in one and a Tensor float64 [2] in the other.")
                  "sentence"
              Expect.notEqual (Tree.signature (Tree.cast Float32 a)) (Tree.signature a) "signature after a cast")

          testCase "functions without captured values are compared by their code, others by reference" (fun () ->
              let plain () = (one (), (fun (x: Tensor) -> x + 1.0))
              let capturing (rate: float) = (one (), (fun (x: Tensor) -> rate * x))
              Expect.equal (Tree.structure (plain ())) (Tree.structure (plain ())) "Tree.structure (plain ())"
              Expect.notEqual
                  (Tree.structure (capturing 1.0))
                  (Tree.structure (capturing 1.0))
                  "structures of closures"
              let kept = capturing 1.0
              Expect.equal (Tree.structure (Tree.map double kept)) (Tree.structure kept) "structure after map")

          testCase "a structure has a readable text" (fun () ->
              let tree = {| Net = linear (); Rate = 0.5; Other = [ None; Some(one ()) ] |}
              let expected =
                  "{| Net = Linear { Weight = Tensor; Bias = Some Tensor }; Other = [None; Some Tensor]; Rate = 0.5 |}"
              Expect.equal (string (Tree.structure tree)) expected "string (Tree.structure tree)"
              Expect.equal (string (Tree.signature (one (), key ()))) "(float64 [1], Key)" "text of a signature")

          testCase "cast touches floats only" (fun () ->
              let a, b, c = Tree.cast Float32 (one (), ints (), key ())
              Expect.equal (a.Dtype, b.Dtype, c.Tensor.Dtype) (Float32, Int32, Int64) "dtypes"
              Expect.stringContains
                  ((Expect.thrown<DtypeException>(fun () -> Tree.cast Int32 (one ()) |> ignore)).Message)
                  "Tree.map"
                  "message of a cast to int32")

          testCase "count counts float elements" (fun () ->
              Expect.equal (Tree.count (linear (), ints (), key ())) 3 "Tree.count (linear (), ints (), key ())"
              Expect.equal (Tree.count ()) 0 "Tree.count ()")

          testCase "zerosLike keeps shapes, dtypes and static fields" (fun () ->
              let tree = (linear (), ints (), key (), "name")
              let zeros = Tree.zerosLike tree
              Expect.equal (Tree.signature zeros) (Tree.signature tree) "Tree.signature zeros"
              for x in Tree.flatten zeros do
                  for value in x.ToArray() do
                      Expect.equal value 0.0 "value")

          testCase "map2 refuses trees of different structure" (fun () ->
              let short, long = [ linear () ], [ { linear () with Bias = None } ]
              let message = (Expect.thrown<TreeException>(fun () -> Tree.map2 (+) short long |> ignore)).Message
              Expect.stringContains message "[0].Bias is a Tensor in one and None in the other." "message")

          testCase "other types are refused with the type received and a fix" (fun () ->
              Expect.stringContains (refused (Uri("a", UriKind.Relative))) "got Uri" "a class"
              Expect.stringContains (refused (Counter())) "Make it a record" "refused (Counter())"
              Expect.stringContains
                  (refused (seq { one () }))
                  "Use an array, or a list of F#"
                  "refused (seq { one () })"
              Expect.stringContains
                  (refused (List<Tensor>()))
                  "Use an array, or a list of F#"
                  "refused (List<Tensor>())"
              Expect.stringContains (refused (Dictionary<string, Tensor>())) "Use a Map" "a dictionary"
              Expect.stringContains
                  (refused (Array2D.create 1 1 (one ())))
                  "Use an array of arrays"
                  "an array of two axes"
              Expect.stringContains (refused (box 1, one ())) "concrete" "refused (box 1, one ())"
              Expect.stringContains
                  (refused { First = one (); Second = Uri("a", UriKind.Relative) })
                  "Pair<Tensor, Uri>.Second is Uri"
                  "a class in a record"
              Expect.stringContains
                  (refused (one (), [ linear () ], ([||]: Counter[])))
                  "(Tensor * Linear list * Counter[]).Item3[] is Counter"
                  "a class in an array")

          testCase "a type that contains itself with ever larger arguments is refused" (fun () ->
              let tree: Endless<Tensor> = { Now = one (); Later = [] }
              Expect.stringContains
                  ((Expect.thrown<TreeException>(fun () -> Tree.flatten tree |> ignore)).Message)
                  "ever larger arguments"
                  "message")

          testCase "a key stays an int64 tensor" (fun () ->
              let message =
                  (Expect.thrown<TreeException>(fun () -> Tree.unflatten (key ()) [| one () |] |> ignore)).Message
              Expect.stringContains message "expected int64" "message")

          testCase "a type may be used first by many threads at once" (fun () ->
              let tree = { Value = one (); Mark = 1uy; Next = Some { Value = one (); Mark = 2uy; Next = None } }
              Parallel.For(
                  0,
                  64,
                  (fun _ -> Expect.equal ((Tree.flatten (Tree.map double tree)).Length) 2 "number of leaves")
              )
              |> ignore
              Expect.equal (Tree.structure (Tree.map double tree)) (Tree.structure tree) "structure after map") ]

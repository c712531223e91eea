/// The depth of a tree and the length of a chain of operations are not limited by a thread's stack: all tests run on a
/// stack of 256 kB, on which a recursive walk ends the process after a few thousand levels.
module NeuralDE.Tests.Calculus.DepthTests

open System
open System.IO
open System.Threading
open Expecto
open NeuralDE.Tests
open NeuralDE

let private onSmallStack (act: unit -> unit) =
    let mutable failure: exn option = None

    let run () =
        try
            act ()
        with e ->
            failure <- Some e

    let thread = Thread(run, 256 * 1024)
    thread.Start()
    thread.Join()
    failure |> Option.iter (fun e -> Runtime.ExceptionServices.ExceptionDispatchInfo.Throw e)

let private levels = 12000
let private operations = 6000

// ── trees ──────────────────────────────────────────────────────────────────────────────────────────────────────────
type Chain =
    | Nil
    | Link of head: Tensor * tail: Chain

type Nested = { Here: Tensor; Inside: Nested list }

let private chain n =
    let mutable c = Nil

    for i in n .. -1 .. 1 do
        c <- Link(scalar (float i), c)

    c

let private nested n =
    let mutable c = { Here = scalar (float n); Inside = [] }

    for i in n - 1 .. -1 .. 1 do
        c <- { Here = scalar (float i); Inside = [ c ] }

    c

/// Σ i x_i
let private weighted (tree: 'T) : Tensor =
    let mutable total = scalar 0.0
    Tree.flatten tree |> Array.iteri (fun i x -> total <- total + float (i + 1) * x)
    total

let private sumOfSquares n = float n * float (n + 1) * float (2 * n + 1) / 6.0
let private numbers tree = Tree.flatten tree |> Array.map float

let private laws (tree: 'T) (shorter: 'T) =
    onSmallStack (fun () ->
        let n = levels
        Expect.equal (numbers tree) (Array.init n (fun i -> float (i + 1))) "numbers tree"
        let doubled = Tree.map (fun x -> 2.0 * x) tree
        Expect.equal (numbers doubled) (Array.init n (fun i -> 2.0 * float (i + 1))) "numbers doubled"
        Expect.isTrue ((Tree.signature tree).Equals(Tree.signature doubled)) "equal signatures"
        Expect.equal
            ((Tree.structure doubled).GetHashCode())
            ((Tree.structure tree).GetHashCode())
            "hash of the structure"
        Expect.isFalse ((Tree.structure tree).Equals(Tree.structure shorter)) "structures of different depth are equal"
        Expect.isTrue
            ((Tree.difference (Tree.structure tree) (Tree.structure shorter)).Value.Length < 1000)
            "the text of the difference is short"
        Expect.isTrue ((Tree.structure tree).ToString().Length > n) "(Tree.structure tree).ToString().Length > n"
        Expect.equal (float (compile weighted tree)) (sumOfSquares n) "float (compile weighted tree)"
        Expect.equal (numbers (grad weighted tree)) (Array.init n (fun i -> float (i + 1))) "gradient"
        let _, slope = jvp weighted tree tree
        Expect.equal (float slope) (sumOfSquares n) "float slope"
        let rows = Tree.map (fun x -> stack [ x; -x ]) tree
        Expected.close 1e-12 [ 2 ] [ sumOfSquares n; -(sumOfSquares n) ] (vmap weighted rows))

type Expression =
    | Number of int
    | Negated of Expression

type Formula = { Weight: Tensor; Expression: Expression }

let private formula levels innermost =
    let mutable e = Number innermost

    for _ in 1..levels do
        e <- Negated e

    { Weight = scalar 2.0; Expression = e }

// ── chains of operations ───────────────────────────────────────────────────────────────────────────────────────────
let private times n (f: Tensor -> Tensor) (x: Tensor) =
    let mutable y = x

    for _ in 1..n do
        y <- f y

    y

let private weights = 0.1 * randn (Key 1) [ 3; 3 ]
let private called = compile (fun (x: Tensor) -> sin x)

/// Functions of a vector of three numbers whose values stay bounded.
let private chains: (string * (Tensor -> Tensor)) list =
    [ "sin", times operations sin
      "one number", (fun x -> times operations (fun y -> 0.5 * y + cos y) (sum x) * ones [ 3 ])
      "movement", times operations (fun x -> flip 0 (reshape [ 3 ] (reshape [ 3; 1 ] x)))
      "slices", times (operations / 4) (fun x -> concat [ x[1..]; x[0..0] ])
      "casts", times (operations / 4) (fun x -> cast Float64 (cast Float32 (sin x)))
      "products", times (operations / 4) (fun x -> tanh (matmul weights x + 1.0))
      "products and scans", times (operations / 8) (fun x -> cumsum 0 (tanh (matmul weights x)))
      "loops", times (operations / 40) (iterate 2 sin)
      "choices", times (operations / 40) (fun x -> cond (sum x .> 0.0) sin cos x)
      "compiled functions", times (operations / 4) called ]

let private chainNames = chains |> List.map fst

[<Tests>]
let tests =
    testList
        "Calculus.Depth"
        [ testCase "a union of any depth is a tree" (fun () -> laws (chain levels) (chain (levels - 1)))

          testCase "nested lists of any depth are a tree" (fun () -> laws (nested levels) (nested (levels - 1)))

          testCase "static fields can have any depth" (fun () ->
              onSmallStack (fun () ->
                  let structure n innermost = Tree.structure (formula n innermost)
                  Expect.isTrue ((structure levels 1).Equals(structure levels 1)) "equal structures"
                  Expect.equal
                      ((structure levels 1).GetHashCode())
                      ((structure levels 1).GetHashCode())
                      "hash of the structure"
                  Expect.isFalse
                      ((structure levels 1).Equals(structure levels 2))
                      "structures with different static fields are equal"
                  Expect.isFalse
                      ((structure levels 1).Equals(structure (levels - 1) 1))
                      "structures of different depth are equal"
                  Expect.isFalse ((structure 5 1).Equals(structure 5 2)) "(structure 5 1).Equals(structure 5 2)"
                  let sentence = Tree.difference (structure levels 1) (structure levels 2)
                  Expect.stringEnds sentence.Value "is 1 in one and 2 in the other." "sentence.Value"
                  Expect.equal
                      (float (compile (fun f -> f.Weight * f.Weight) (formula levels 1)))
                      4.0
                      "compiled square of the weight"))

          testCase "functions that name parts refuse a tree that is too deep, with its depth" (fun () ->
              onSmallStack (fun () ->
                  let deep = chain levels
                  let path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())

                  for verb, call in
                      [ "Tree.leaves", (fun () -> Tree.leaves deep |> ignore)
                        "Tree.mapWithPath", (fun () -> Tree.mapWithPath (fun _ x -> x) deep |> ignore)
                        "Structure.Paths", (fun () -> (Tree.structure deep).Paths |> ignore)
                        "Checkpoint.save", (fun () -> Checkpoint.save path deep) ] do
                      let failure = Expect.thrown<TreeException> call
                      Expect.stringContains failure.Message verb "failure.Message"
                      Expect.stringContains failure.Message (string levels) "failure.Message"

                  Expect.isFalse (File.Exists path) "File.Exists path"
                  let file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())

                  try
                      let tree = chain 1000
                      Checkpoint.save file tree
                      Expect.equal
                          (numbers (Checkpoint.load file (Tree.map (fun x -> 0.0 * x) tree)))
                          (numbers tree)
                          "numbers loaded"
                  finally
                      File.Delete file))

          testList
              "a chain of operations of any length runs in every mode"
              [ for name in chainNames do
                    testCase name (fun () ->
                        let f = chains |> List.find (fun (n, _) -> n = name) |> snd
                        let loss x = sum (f x)

                        onSmallStack (fun () ->
                            let x = tensor [ 0.3; 0.7; -0.2 ]
                            let v = tensor [ 1.0; -2.0; 0.5 ]
                            let eager = f x
                            Expected.like 1e-12 eager (compile f x)
                            let _, slope = jvp loss x v
                            let gradient = grad loss x
                            let expected = float (sum (gradient * v))
                            // casts to float32 round values and derivatives
                            let tolerance = if name = "casts" then 1e-4 else 1e-9
                            Expect.isTrue
                                (abs (float slope - expected) <= tolerance * max 1e-300 (abs expected))
                                $"{slope} and {expected}"
                            Expected.like 1e-12 (stack [ eager; f v ]) (vmap f (stack [ x; v ])))) ]

          testCase "the gradient of a long chain of sines is the product of cosines" (fun () ->
              onSmallStack (fun () ->
                  let mutable y, slope = 0.3, 1.0

                  for _ in 1..operations do
                      slope <- slope * cos y
                      y <- sin y

                  let gradient = grad (times operations sin) (scalar 0.3)
                  Expect.isTrue (abs (float gradient - slope) <= 1e-9 * slope) $"{gradient} and {slope}")) ]

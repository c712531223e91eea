/// Parts whose type is an interface: users can add implementations, and the type of each value determines its parts.
module NeuralDE.Tests.Calculus.OpenPartTests

open System
open Expecto
open NeuralDE.Tests
open NeuralDE.Tests.Calculus.TreeTests
open NeuralDE

/// An interface that users can implement.
type Beginning =
    abstract Begin: Tensor -> Tensor

type Scaled =
    { Scale: Tensor
      Note: string }

    interface Beginning with
        member s.Begin x = s.Scale * x

[<Struct>]
type Shifted =
    { By: Tensor }

    interface Beginning with
        member s.Begin x = s.By + x

[<RequireQualifiedAccess>]
type Known =
    | Same
    | Times of int
    | Plus of Tensor

    interface Beginning with
        member s.Begin x =
            match s with
            | Same -> x
            | Times n -> float n * x
            | Plus y -> x + y

/// A kind whose parts are of the same interface.
type InTurn =
    { All: Beginning list }

    interface Beginning with
        member s.Begin x = s.All |> List.fold (fun x part -> part.Begin x) x

type Opaque(x: Tensor) =
    interface Beginning with
        member _.Begin _ = x

type Begun = { Start: Beginning; Value: Tensor }

let private hiding (x: Tensor) =
    { new Beginning with
        member _.Begin _ = x }

let private inTurn () =
    { All =
        [ { Scale = tensor [ 1.0 ]; Note = "a" }
          Known.Same
          Known.Times 2
          { By = tensor [ 1.0 ] }
          Known.Plus(tensor [ 1.0 ])
          { All = [ Known.Plus(tensor [ 1.0 ]) ] } ] }

let private nothing = Unchecked.defaultof<Beginning>

let private obeying: (string * (unit -> unit)) list =
    [ "interface", (fun () -> obeys (inTurn () :> Beginning))
      "part of an interface", (fun () -> obeys { Start = inTurn (); Value = tensor [ 1.0 ] })
      "null", (fun () -> obeys (nothing, tensor [ 1.0 ]))
      "numbers behind an interface", (fun () -> obeys ((3: IComparable), tensor [ 1.0 ], ("a": IComparable))) ]

[<Tests>]
let tests =
    testList
        "Calculus.OpenPart"
        [ testList "flatten and unflatten are inverse" [ for name, law in obeying -> testCase name law ]

          testCase "the value of an interface part determines its parts" (fun () ->
              let model (start: Beginning) = { Start = start; Value = tensor [ 3.0 ] }
              let scaled note (x: float) = model { Scale = tensor [ x ]; Note = note }
              let begin' (m: Begun) = m.Start.Begin m.Value
              let paths = Tree.leaves (model (inTurn ())) |> List.map fst
              Expect.equal
                  paths
                  [ "Start.All[0].Scale"; "Start.All[3].By"; "Start.All[4].Plus"; "Start.All[5].All[0].Plus"; "Value" ]
                  "paths"
              Expect.equal
                  (differ (model Known.Same) (scaled "a" 1.0))
                  "Start is Same in one and a Scaled in the other."
                  "different types"
              Expect.equal
                  (differ (scaled "a" 1.0) (scaled "b" 1.0))
                  "Start.Note is \"a\" in one and \"b\" in the other."
                  "different notes"
              Expect.equal
                  (differ (model (Known.Times 2)) (model (Known.Times 3)))
                  "Start.Times is 2 in one and 3 in the other."
                  "different factors"
              // static values without parts are compared, too
              Expect.equal
                  (differ ((3: IComparable), tensor [ 1.0 ]) ((4: IComparable), tensor [ 1.0 ]))
                  "Item1 is 3 in one and 4 in the other."
                  "different static values"
              // derivatives and compiled functions work with it, and treat each type as another structure
              let slope = grad (fun m -> sum (begin' m)) (scaled "a" 2.0)
              Expect.equal ((slope.Start :?> Scaled).Scale.ToArray()) [| 3.0 |] "slope.Start"
              Expect.equal (slope.Value.ToArray()) [| 2.0 |] "slope.Value"
              let compiled = compile begin'

              for m, expected in
                  [ scaled "a" 2.0, 6.0; scaled "a" 5.0, 15.0; model Known.Same, 3.0; model (Known.Times 4), 12.0 ] do
                  Expect.equal ((compiled m).ToArray()) [| expected |] "compiled m")

          testCase "parts of an interface nest to any depth" (fun () ->
              let deep =
                  Seq.fold (fun (part: Beginning) _ -> { All = [ part ] }) { By = tensor [ 1.0 ] } [ 1..100_000 ]
              let moved = Tree.map (fun x -> 2.0 * x) deep
              Expect.equal (Tree.flatten moved |> Array.map float) [| 2.0 |] "Tree.flatten moved"
              Expect.equal (Tree.structure moved) (Tree.structure deep) "Tree.structure moved")

          testCase "values behind an interface that hide their tensors are refused" (fun () ->
              let x = tensor [ 1.0 ]
              let hidden = { Start = hiding x; Value = tensor [ 1.0 ] }
              Expect.stringContains (refused hidden) "for a Beginning" "refused hidden"
              Expect.stringContains (refused hidden) "make it a record that implements the interface" "refused hidden"
              let opaque = refused { Start = Opaque x; Value = tensor [ 1.0 ] }
              Expect.stringContains opaque "got Opaque for a Beginning" "opaque"
              Expect.stringContains opaque "Make it a record" "opaque") ]

/// Simplification: the nodes that each rule removes, and that no value changes.
module NeuralDE.Tests.Engine.SimplifyTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

let private vector = { Dtype = Float64; Shape = [| 2; 3 |] }
let private x = Intern.input 0 vector
let private node op (args: Node list) = Intern.node op (Array.ofList args)

let private number (value: float) =
    Intern.node (Constant { Dtype = Float64; Bits = System.BitConverter.DoubleToInt64Bits value }) [||]

let private spread (shape: int[]) (n: Node) = node (Broadcast(shape, [||])) [ n ]
let private full (value: float) = spread vector.Shape (number value)

/// The remaining nodes that are not inputs.
let private simple (n: Node) : Node[] =
    let g = Intern.graph [| vector |] [| n |]

    (Simplify.graph g).Walk
    |> Array.filter (fun n ->
        match n.Op with
        | Input _ -> false
        | _ -> true)

/// A graph as written, and the expected number of remaining nodes.
let private rules: (string * Node * int) list =
    [ "x · 1", node (Binary Mul) [ x; full 1.0 ], 0
      "1 · x", node (Binary Mul) [ full 1.0; x ], 0
      "x / 1", node (Binary Div) [ x; full 1.0 ], 0
      "x¹", node (Unary(Power 1.0)) [ x ], 0
      "−(−x)", node (Unary Neg) [ node (Unary Neg) [ x ] ], 0
      "a select between x and x", node Select [ node (Compare Less) [ x; full 0.0 ]; x; x ], 0
      "stop x", node StopGradient [ x ], 0
      "a cast to the same type", node (Cast Float64) [ x ], 0
      "a reshape to the same shape", node (Reshape [| 2; 3 |]) [ x ], 0
      "two reshapes", node (Reshape [| 3; 2 |]) [ node (Reshape [| 6 |]) [ x ] ], 1
      "a reshape and its inverse", node (Reshape [| 2; 3 |]) [ node (Reshape [| 6 |]) [ x ] ], 0
      "the identity permutation", node (Permute [| 0; 1 |]) [ x ], 0
      "two permutations", node (Permute [| 1; 0 |]) [ node (Permute [| 1; 0 |]) [ x ] ], 0
      "a broadcast to the same shape", node (Broadcast([| 2; 3 |], [| 0; 1 |])) [ x ], 0
      // constant, sine, broadcast, sum
      "a function of one number", node (Binary Add) [ x; node (Unary Sin) [ full 0.5 ] ], 4 ]

[<Tests>]
let tests =
    testList
        "Engine.Simplify"
        [ testCase "every rule removes the expected nodes" (fun () ->
              for name, written, expected in rules do
                  let left = simple written
                  let text = left |> Array.map (fun n -> $"{n.Op}") |> String.concat ", "
                  Expect.isTrue
                      (left.Length = expected)
                      $"{name}: got {left.Length} nodes ({text}), expected {expected}.")

          testCase "an operation on equal elements is computed once" (fun () ->
              let sine =
                  simple (node (Binary Add) [ x; node (Unary Sin) [ full 0.5 ] ])
                  |> Array.find (fun n -> n.Op = Unary Sin)
              Expect.equal sine.Shape [||] "sine.Shape")

          testCase "no rule applies where a value would change" (fun () ->
              let kept =
                  [ "x + 0: −0 + 0 is 0", node (Binary Add) [ x; full 0.0 ]
                    "x · 0: NaN stays", node (Binary Mul) [ x; full 0.0 ]
                    "x − x: NaN stays", node (Binary Sub) [ x; x ]
                    "x⁰: 1 has a derivative of its own", node (Unary(Power 0.0)) [ x ] ]

              for name, written in kept do
                  let left = simple written
                  Expect.isTrue
                      (left |> Array.exists (fun n -> n.Op = written.Op))
                      $"{name}: got nothing left of {written.Op}.")

          testCase "values of random graphs do not change, bit for bit" (fun () ->
              for seed in 3000..3199 do
                  let r = RandomGraphs.ofSeed seed
                  let expected = Agreement.byInterpreter r.Graph r.Args
                  let got = Agreement.byInterpreter (Simplify.graph (Flatten.graph r.Graph)) r.Args

                  match Agreement.bitDifference expected got with
                  | Some difference -> failtest $"{difference}\n{RandomGraphs.describe r}"
                  | None -> ()) ]

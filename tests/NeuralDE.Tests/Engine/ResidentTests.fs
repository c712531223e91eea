/// Results that become the next arguments in place, compared with a round trip through managed arrays.
module NeuralDE.Tests.Engine.ResidentTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

let private s = { Dtype = Float64; Shape = [| 3 |] }
let private input i = Intern.input i s

let private array (values: float list) = NdArray.OfFloats(Float64, s.Shape, Array.ofList values)

let private resident (g: Graph) carried (args: NdArray[]) = Resident(Agreement.planOf g, carried, args)

let private sum (n: Node) = Intern.node (Reduce(Sum, [| 0 |])) [| n |]

/// A next state: a state unchanged, moved, a constant, or computed.
let private next (random: System.Random) count : Node =
    let any () = input (random.Next count)

    match random.Next 6 with
    | 0
    | 1 -> any ()
    | 2 -> Intern.node (Reverse [| 0 |]) [| any () |]
    | 3 -> Intern.node (Broadcast([| 3 |], [| 0 |])) [| Intern.node (Data { Array = array [ 0.5; 1.5; -2.5 ] }) [||] |]
    | 4 -> Intern.node (Unary Sin) [| any () |]
    | _ -> Intern.node (Binary Sub) [| any (); any () |]

[<Tests>]
let tests =
    testList
        "Engine.Resident"
        [ testCase "arguments that swap places" (fun () ->
              let g = Intern.graph [| s; s; s |] [| sum (input 0); input 1; input 2; input 0 |]
              let a, b, c = array [ 1.0; 2.0; 3.0 ], array [ 4.0; 5.0; 6.0 ], array [ 7.0; 8.0; 9.0 ]
              let r = resident g 3 [| a; b; c |]

              for expected in [ [| a; b; c |]; [| b; c; a |]; [| c; a; b |]; [| a; b; c |] ] do
                  Expect.equal
                      (Agreement.difference (Array.zeroCreate 3) expected r.Current)
                      None
                      "no difference of the states"
                  r.Run()
                  Expect.equal (r.Number 0) (Array.sum expected[0].Floats) "r.Number 0"
                  r.Advance())

          testCase "arguments that swap places before a large one" (fun () ->
              let large = { s with Shape = [| 1000 |] }
              let g = Intern.graph [| s; s; large |] [| sum (input 0); input 1; input 0; Intern.input 2 large |]
              let a, b = array [ 1.0; 2.0; 3.0 ], array [ 4.0; 5.0; 6.0 ]
              let r = resident g 3 [| a; b; NdArray.Zeros(Float64, large.Shape) |]
              r.Advance()
              Expect.equal (r.Current[..1] |> Array.map _.Floats) [| b.Floats; a.Floats |] "the first two")

          testCase "arguments between guard pages" (fun () ->
              try
                  for guarding in [ BeforeGuard; BehindGuard ] do
                      Guarding.force guarding
                      let g = Intern.graph [| s; s |] [| sum (input 0); input 1; input 0 |]
                      let a, b = array [ 1.0; 2.0; 3.0 ], array [ 4.0; 5.0; 6.0 ]
                      let r, other = resident g 2 [| a; b |], resident g 2 [| b; b |]
                      r.Advance()
                      r.Keep()
                      other.TakeFrom r
                      Expect.equal (r.Kept |> Array.map _.Floats) [| b.Floats; a.Floats |] $"{guarding}, kept"
                      Expect.equal (other.Current |> Array.map _.Floats) [| b.Floats; a.Floats |] $"{guarding}, taken"
              finally
                  Guarding.force Unguarded)

          testCase "the saved state does not change" (fun () ->
              let doubled = Intern.node (Binary Add) [| input 0; input 0 |]
              let r = resident (Intern.graph [| s |] [| sum (input 0); doubled |]) 1 [| array [ 1.0; 2.0; 3.0 ] |]

              for _ in 1..3 do
                  r.Run()
                  r.Advance()

              r.Keep()
              r.Run()
              r.Advance()
              Expect.equal r.Kept[0].Floats [| 8.0; 16.0; 24.0 |] "r.Kept[0].Floats"
              Expect.equal r.Current[0].Floats [| 16.0; 32.0; 48.0 |] "r.Current[0].Floats")

          testCase "random steps give the results of steps with managed arrays" (fun () ->
              for seed in 0..99 do
                  let random = System.Random seed
                  let carried, captured = random.Next(1, 5), random.Next 3
                  let count = carried + captured
                  let inputs = Array.create count s
                  let g =
                      Intern.graph
                          inputs
                          (Array.append [| sum (input 0) |] (Array.init carried (fun _ -> next random count)))
                  let args = inputs |> Array.map (RandomGraphs.argument random false)
                  let plan = Agreement.planOf g
                  let r = Resident(plan, carried, args)
                  let mutable expected = args

                  for step in 1..5 do
                      r.Run()
                      let results = plan.Run expected

                      if r.Number 0 <> results[0].Floats[0] then
                          failtest
                              $"seed {seed}, step {step}: got {r.Number 0}, expected {results[0].Floats[0]}\n{Print.graph g}"

                      r.Advance()
                      expected <- Array.append results[1..] args[carried..]

                      match Agreement.difference (Array.zeroCreate carried) expected[.. carried - 1] r.Current with
                      | Some difference -> failtest $"seed {seed}, step {step}: {difference}\n{Print.graph g}"
                      | None -> ()) ]

/// Hoisting: only values that are determined by captured ones, and without changing any value.
module NeuralDE.Tests.Engine.HoistTests

open System.Collections.Generic
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

/// The bodies of the loops of random graphs, as a plan gets them, and their numbers of carried inputs.
let private bodies: (int * Graph * int) seq =
    seq {
        for seed in 3200..3499 do
            let rec within (g: Graph) : (int * Graph * int) seq =
                seq {
                    for n in (Flatten.graph g).Walk do
                        match n.Op with
                        | Apply(Loop l) ->
                            seed, Simplify.graph (Flatten.graph l.Body), l.States + l.Registers
                            yield! within l.Body
                        | Apply fn ->
                            for inner in Print.graphsOf fn do
                                yield! within inner
                        | _ -> ()
                }

            yield! within (RandomGraphs.ofSeed seed).Graph
    }

let private argsFor seed (g: Graph) =
    let random = System.Random seed
    g.Inputs |> Array.map (RandomGraphs.argument random false)

[<Tests>]
let tests =
    testList
        "Engine.Hoist"
        [ testCase "the hoisted part and the rest together give the body's values" (fun () ->
              let mutable splits = 0

              for seed, body, carried in bodies do
                  match Hoist.split body carried with
                  | ValueNone -> ()
                  | ValueSome(struct (before, rest)) ->
                      splits <- splits + 1
                      let args = argsFor seed body
                      let expected = Agreement.byInterpreter body args

                      let got =
                          Agreement.byInterpreter before args[carried..]
                          |> Result.bind (fun taken -> Agreement.byInterpreter rest (Array.append args taken))

                      match Agreement.bitDifference expected got with
                      | Some difference -> failtest $"seed {seed}: {difference}\n{Print.graph body}"
                      | None -> ()

              Expect.isTrue (splits > 50) $"Got {splits} bodies with hoistable values, expected more.")

          testCase "nodes left inside depend on carried values or are movements" (fun () ->
              for seed, body, carried in bodies do
                  let rest =
                      match Hoist.split body carried with
                      | ValueSome(struct (_, rest)) -> rest
                      | ValueNone -> body

                  let varies = HashSet<Node>(HashIdentity.Reference)

                  for n in rest.Walk do
                      let isVarying =
                          match n.Op with
                          | Input i -> i < carried
                          | Check _
                          | Apply _ -> true // stays inside
                          | _ -> n.Args |> Array.exists varies.Contains // as its arguments

                      if isVarying then varies.Add n |> ignore

                  // apart from these, large values and their arguments may stay inside
                  if rest.Walk |> Array.forall (fun n -> Shape.stored "test" n.Shape <= 4096) then
                      for n in rest.Walk do
                          match n.Op with
                          | Input _
                          | Constant _
                          | Data _
                          | Iota _
                          | Reshape _
                          | Permute _
                          | Broadcast _
                          | Slice _
                          | Reverse _
                          | StopGradient -> ()
                          | op -> // computes
                              if not (varies.Contains n) then
                                  failtest
                                      $"seed {seed}: got {op} inside, expected it before the loop\n{Print.graph rest}")

          testCase "a value is hoisted once, together with its arguments" (fun () ->
              let scalar = { Dtype = Float64; Shape = [||] }
              let flag = { Dtype = Bool; Shape = [||] }
              let state, captured = Intern.input 0 scalar, Intern.input 1 scalar
              let sine = Intern.node (Unary Sin) [| captured |]
              let twice = Intern.node (Binary Add) [| sine; sine |]
              let next = Intern.node (Binary Mul) [| state; twice |]
              let truth = Intern.node (Constant { Dtype = Bool; Bits = 1L }) [||]
              let body = Intern.graph [| scalar; scalar |] [| next; truth; truth; truth |]
              Expect.equal truth.Signature flag "truth.Signature"

              match Hoist.split body 1 with
              | ValueSome(struct (before, rest)) ->
                  Expect.same
                      before
                      (Intern.graph
                          [| scalar |]
                          [| Intern.node
                                 (Binary Add)
                                 (let s = Intern.node (Unary Sin) [| Intern.input 0 scalar |] in [| s; s |]) |])
                      "before"
                  Expect.equal rest.Inputs.Length 3 "rest.Inputs.Length"
                  Expect.none rest.Walk (fun (n: Node) -> n.Op = Unary Sin) "rest.Walk"
              | ValueNone -> failtest "Got nothing hoisted, expected the sine and its double.") ]

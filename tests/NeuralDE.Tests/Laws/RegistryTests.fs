module NeuralDE.Tests.Laws.RegistryTests

open System
open System.Collections.Generic
open System.Reflection
open Microsoft.FSharp.Reflection
open Expecto
open NeuralDE.Tests
open NeuralDE.Internal.Graph
open NeuralDE.Tests.Laws.Example

/// The operations of all examples, including those inside function nodes.
let private operations =
    lazy
        (let found = HashSet<Op>()
         let seen = HashSet<Graph>(HashIdentity.Reference)

         let rec visit (g: Graph) =
             if seen.Add g then
                 for n in g.Order do
                     found.Add n.Op |> ignore

                     match n.Op with
                     | Apply f -> Print.graphsOf f |> List.iter visit
                     | _ -> ()

         for e in Examples.all do
             visit (traced e.Apply (e.Args 0))

         found)

/// Every case inside them, by union and name.
let private met =
    lazy
        (let found = HashSet<struct (string * string)>()

         let rec visit (kind: Type) (value: objnull) =
             if FSharpType.IsUnion(kind, true) && kind.Namespace = typeof<Op>.Namespace then
                 let case, fields = FSharpValue.GetUnionFields(value, kind, true)
                 found.Add(struct (kind.Name, case.Name)) |> ignore
                 Array.iter2 (fun (p: PropertyInfo) field -> visit p.PropertyType field) (case.GetFields()) fields

         for op in operations.Value do
             visit typeof<Op> op

             match op with
             | Apply(Loop l) -> visit typeof<Tape> l.Tape
             | Apply(Root r) -> visit typeof<RootLinear> r.Linear
             | _ -> ()

         found)

let private unions =
    [ typeof<Op>
      typeof<Unary>
      typeof<Binary>
      typeof<Compare>
      typeof<Reduce>
      typeof<Scatter>
      typeof<Random>
      typeof<Fn>
      typeof<CallKind>
      typeof<RootLinear>
      typeof<Tape> ]
    |> Seq.collect (fun union -> FSharpType.GetUnionCases(union, true))
    |> Seq.map (fun case -> case.DeclaringType.Name, case.Name)

[<Tests>]
let tests =
    testList
        "Laws.Registry"
        [ testList
              "every case has an example"
              [ for union, case in unions do
                    testCase $"{union}, {case}" (fun () ->
                        Expect.isTrue
                            (met.Value.Contains(struct (union, case)))
                            $"no example contains {union}.{case}: add one to tests/NeuralDE.Tests/Laws/Registry.fs") ]

          testCase "triangular solves have an example of each kind" (fun () ->
              let kind op =
                  match op with
                  | TriangularSolve(isLower, isTransposed, isUnit) -> Some(isLower, isTransposed, isUnit)
                  | _ -> None

              Expect.equal (operations.Value |> Seq.choose kind |> Seq.distinct |> Seq.length) 8 "number of kinds")

          testCase "roots have an example of a number and of a vector" (fun () ->
              let rank op =
                  match op with
                  | Apply(Root({ Linear = ByMatrix _ } as r)) -> Some(r.Solve.Outputs[0].Shape.Length - r.Batch.Length)
                  | _ -> None

              Expect.equal
                  (operations.Value |> Seq.choose rank |> Seq.distinct |> Seq.sort |> List.ofSeq)
                  [ 0; 1 ]
                  "ranks of the roots") ]

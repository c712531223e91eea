/// Plans: the placement of arrays in memory, the size of groups, shared constants and memory.
module NeuralDE.Tests.Engine.PlanTests

open System
open System.Collections.Generic
open System.Text.RegularExpressions
open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Kernels

let private signature dtype shape = { Dtype = dtype; Shape = shape }

/// The drafts of a graph and of the graphs inside it.
let rec private all (l: Lowered) : Lowered seq =
    seq {
        l

        for d in l.Drafts do
            for _, inner in d.Inside do
                yield! all inner
    }

/// The lifetime of a storage: from the first to the last draft that touches it; outputs of the graph live to the end.
let private lifetimes (l: Lowered) : KeyValuePair<Storage, struct (int * int)>[] =
    let found = Dictionary<Storage, struct (int * int)>(HashIdentity.Reference)

    let touch at (s: Storage) =
        found[s] <-
            match found.TryGetValue s with
            | true, struct (first, _) -> struct (first, at)
            | _ -> struct (at, at)

    l.Drafts |> Array.iteri (fun i d -> Array.iter (touch i) d.Touches)
    l.Outputs |> Array.iter (fun v -> touch l.Drafts.Length v.Storage)

    found
    |> Seq.filter (fun pair ->
        match pair.Key.Home with
        | StorageHome.Own -> true
        | StorageHome.Argument _
        | StorageHome.Constants _
        | StorageHome.Emission _ -> false)
    |> Seq.toArray

/// The total weight of a group, from the draft's name: type × count: operations.
let private weightOf (name: string) : int voption =
    let found = Regex.Match(name, @"^\w+ × (\d+): (.+)$")

    if not found.Success then
        ValueNone
    else
        let isScalar = found.Groups[1].Value = "1"
        let weigh (op: string) =
            match Enum.TryParse<ElementOp>(op, true) with
            | true, op when not isScalar -> ElementGroup.weight (Compute(op, 0.0))
            | _ -> 3

        ValueSome(found.Groups[2].Value.Replace("to ", "to-").Split ' ' |> Array.sumBy weigh)

let private heaviest (g: Graph) =
    all (LowerFunctions.graph g)
    |> Seq.collect (fun l -> l.Drafts)
    // the names of groups that run tile by tile are joined
    |> Seq.collect (fun d -> Seq.last(d.Name().Split " at a time: ").Split "; ")
    |> Seq.choose (weightOf >> ValueOption.toOption)
    |> Seq.append [ 0 ]
    |> Seq.max

let private budget = 220

[<Tests>]
let tests =
    testList
        "Engine.Plan"
        [ testCase "no two arrays in use at the same time overlap" (fun () ->
              for seed in 3500..3699 do
                  let r = RandomGraphs.ofSeed seed

                  for l in all (LowerFunctions.graph r.Graph) do
                      let living = lifetimes l

                      for i in 0 .. living.Length - 1 do
                          let a, struct (aFirst, aLast) = living[i].Key, living[i].Value

                          let isInside = a.Offset >= 0L && a.Offset + a.Bytes <= l.Size && a.Offset % 64L = 0L

                          if not isInside then
                              failtest
                                  $"seed {seed}: got {a.Bytes} bytes at {a.Offset}, expected them within {l.Size} at a multiple of 64."

                          for j in 0 .. i - 1 do
                              let b, struct (bFirst, bLast) = living[j].Key, living[j].Value
                              let together = aFirst <= bLast && bFirst <= aLast
                              let apart = a.Offset + a.Bytes <= b.Offset || b.Offset + b.Bytes <= a.Offset

                              if together && not apart then
                                  failtest
                                      $"seed {seed}: got {a.Bytes} bytes at {a.Offset} in drafts {aFirst} to {aLast} beside {b.Bytes} at {b.Offset} in {bFirst} to {bLast}, expected them apart.")

          testCase "no group exceeds the budget" (fun () ->
              for seed in 3500..3699 do
                  let heaviest = heaviest (RandomGraphs.ofSeed seed).Graph
                  Expect.isTrue
                      (heaviest <= budget)
                      $"seed {seed}: got a group of weight {heaviest}, expected at most {budget}.")

          testList
              "long chains and many results are divided into groups within the budget"
              [ for count in [ 0; 1000 ] do
                    testCase $"{count}" (fun () ->
                        let s = signature Float64 (if count = 0 then [||] else [| count |])
                        let x = Intern.input 0 s
                        let sine (n: Node) = Intern.node (Unary Sin) [| Intern.node (Binary Add) [| n; x |] |]
                        let chain = List.scan (fun n _ -> sine n) x [ 1..200 ]

                        let power (i: int) =
                            Intern.node (Unary Exp) [| Intern.node (Unary(Power(0.01 * float i))) [| x |] |]

                        for results in [ [ List.last chain ]; chain; List.init 200 power ] do
                            Expect.inRange
                                (heaviest (Intern.graph [| s |] (Array.ofList results)))
                                (3, budget)
                                "weight of the heaviest group") ]

          testCase "equal constants share one place" (fun () ->
              let maker = PlanMaker(0L, ValueNone)
              let place dtype (value: float) = maker.Constant(NdArray.OfFloats(dtype, [||], [| value |]))
              Expect.equal (place Float64 0.1) (place Float64 0.1) "place Float64 0.1"
              Expect.notEqual (place Float32 0.1) (place Float64 0.1) "place Float32 0.1"
              Expect.notEqual (place Float64 -0.0) (place Float64 0.0) "place Float64 -0.0"
              Expect.notEqual (place Float64 1.0) (place Int64 1.0) "place Float64 1.0"
              let array = NdArray.Zeros(Float64, [| 5 |])
              Expect.equal (maker.Constant array) (maker.Constant array) "maker.Constant array"
              Expect.equal maker.Constants.Length 7 "maker.Constants.Length")

          testCase "large index arrays are computed in each run, small ones are stored" (fun () ->
              let computes count =
                  let n = Intern.node (Iota(signature Int32 [| count |], 0)) [||]
                  (LowerFunctions.graph (Intern.graph [||] [| n |])).Drafts
                  |> Array.exists (fun d -> d.Name() = "iota")

              Expect.isFalse (computes 1000) "a thousand are computed"
              Expect.isTrue (computes 5_000_000) "five million are computed")

          testCase
              "an array before a guard starts at a multiple of 64 bytes, and 64 bytes behind it can be read"
              (fun () ->
                  try
                      Guarding.force BeforeGuard

                      for bytes in [ 1L; 63L; 64L; 65L; 1000L; 100_000L ] do
                          let guards = List<int64>()
                          let struct (at, _) = Guarding.place guards 0L bytes
                          Expect.equal (at % 64L) 0L $"%d{bytes} bytes, start"
                          let vectors = (bytes + 63L) / 64L * 64L
                          Expect.equal
                              (guards[guards.Count - 1] - at - vectors)
                              64L
                              $"%d{bytes} bytes, room behind them"
                  finally
                      Guarding.force Unguarded)

          testCase "constants lie one after another, at multiples of 64 bytes" (fun () ->
              let maker = PlanMaker(128L, ValueNone)
              let places =
                  [| 1; 5; 8; 100; 2 |] |> Array.map (fun n -> maker.Constant(NdArray.Zeros(Float64, [| n |])))
              Expect.equal places [| 128L; 192L; 256L; 320L; 1152L |] "places"
              Expect.equal maker.Size 1216L "maker.Size")

          testCase "memory is reused after the last use of its array" (fun () ->
              let s = signature Float64 [| 1000 |]
              let sum (n: Node) = Intern.node (CumSum(0, false)) [| n |]
              let last = List.fold (fun n _ -> sum n) (Intern.input 0 s) [ 1..50 ]
              let size = (LowerFunctions.graph (Intern.graph [| s |] [| last |])).Size
              Expect.inRange size (8000L, 2L * 8064L) "size")

          testCase "movement copies nothing" (fun () ->
              let s = signature Float64 [| 4; 6 |]
              let x = Intern.input 0 s
              let turned = Intern.node (Permute [| 1; 0 |]) [| Intern.node (Reverse [| 0 |]) [| x |] |]
              let part = Intern.node (Slice { Start = [| 0; 1 |]; Stop = [| 6; 4 |]; Step = [| 2; 1 |] }) [| turned |]
              let product = Intern.node Dot [| part; Intern.node (Permute [| 1; 0 |]) [| part |] |]
              let drafts = (LowerFunctions.graph (Intern.graph [| s |] [| product |])).Drafts
              Expect.equal (drafts |> Array.map (fun d -> d.Name())) [| "dot" |] "names of the drafts")

          testCase "a scan's reverse sweep adds rows, not whole arrays, to the gradient of its rows" (fun () ->
              let xs = rand (Key 1) [ 50; 3 ]
              let scale = rand (Key 2) [ 3 ]

              // uses each row twice, and another captured array as a whole
              let run (xs, scale: Tensor) =
                  sum (fst (scan (fun h (x: Tensor) -> let h = tanh (scale * h + x * x) in h, h) (zeros [ 3 ]) xs))

              let t = TracedFunction.trace "test" Hoisted (grad run) (xs, scale)

              let rec sweeps (l: Lowered) : Lowered seq =
                  l.Drafts
                  |> Seq.collect (fun d -> d.Inside)
                  |> Seq.collect (fun (name, inner) ->
                      Seq.append (if name = "sweep" then [ inner ] else []) (sweeps inner))

              let names =
                  sweeps (LowerFunctions.graph t.Graph)
                  |> Seq.collect (fun l -> l.Drafts |> Seq.map (fun d -> d.Name()))
                  |> Seq.toList

              Expect.isNonEmpty names "names"
              Expect.none names (fun name -> name.Contains "scatter") "names"
              let byPlan, _ = grad run (xs, scale)

              let byHand =
                  let h0 = zeros [ 3 ]
                  let loss (xs: Tensor) = sum (List.fold (fun h i -> tanh (scale * h + xs[i] * xs[i])) h0 [ 0..49 ])
                  grad loss xs

              Expect.inRange (float (amax (abs (byPlan - byHand)))) (0.0, 1e-14) "float (amax (abs (byPlan - byHand)))") ]

/// Which instructions of a plan run tile by tile, and how much memory that needs.
module NeuralDE.Tests.Engine.RowChainTests

open Expecto
open NeuralDE.Tests
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine

let private rows = 16384

/// x → tanh (… tanh (x W)) in four layers of 32
let private network (x: Node) (weights: Node list) =
    let layer (x: Node) (w: Node) = Intern.node (Unary Tanh) [| Intern.node Dot [| x; w |] |]
    List.fold layer x weights

let private inputs =
    { Dtype = Float64; Shape = [| rows; 32 |] }
    :: List.replicate 4 { Signature.Dtype = Float64; Shape = [| 32; 32 |] }
    |> Array.ofList

let private nodes = inputs |> Array.mapi Intern.input
let private applied = network nodes[0] (List.ofArray nodes[1..])
/// with tiles where they pay, even if the environment forces another setting
let private plan (g: Graph) =
    SameBits.withRows ValueNone (fun () -> SameBits.withStreams ValueNone (fun () -> LowerFunctions.graph g))
let private lowered (outputs: Node[]) = plan (Intern.graph inputs outputs)
let private names (l: Lowered) = l.Drafts |> Array.map (fun d -> d.Name())

[<Tests>]
let tests =
    testList
        "Engine.RowChain"
        [ testCase "a network runs in one chain, and only its result is stored for all rows" (fun () ->
              let l = lowered [| applied |]
              let name = Expect.single (names l) "names l"
              Expect.stringStarts name $"{rows} rows, " "name"
              Expect.equal (name.Split("dot").Length - 1) 4 "name.Split('dot').Length - 1"
              Expect.equal (name.Split("tanh").Length - 1) 4 "name.Split('tanh').Length - 1"
              Expect.equal l.Size (int64 (rows * 32 * 8)) "l.Size")

          testCase
              "arrays of a chain that other instructions read are stored, and those instructions follow it"
              (fun () ->
                  // the sum over rows of the second layer, and values computed from it
                  let second = network nodes[0] (List.ofArray nodes[1..2])
                  let sum = Intern.node (Reduce(Sum, [| 0 |])) [| second |]
                  let l = lowered [| applied; Intern.node (Unary Exp) [| sum |] |]
                  let names = names l
                  Expect.isTrue (names.Length = 3) $"got %A{names}, expected three"
                  Expect.stringStarts names[0] $"{rows} rows, " "names[0]"
                  Expect.equal names[1] "sum" "names[1]"
                  Expect.inRange l.Size (int64 (2 * rows * 32 * 8), int64 (2 * rows * 32 * 8 + 1024)) "l.Size")

          testCase "a product over the rows ends a chain and the instructions after it begin another one" (fun () ->
              // h = x W; g = hᵀ h needs all rows; h g is row-wise again
              let h = Intern.node (Unary Tanh) [| Intern.node Dot [| nodes[0]; nodes[1] |] |]
              let g = Intern.node Dot [| Intern.node (Permute [| 1; 0 |]) [| h |]; h |]
              let l = lowered [| Intern.node (Unary Tanh) [| Intern.node Dot [| h; g |] |] |]
              let names = names l
              Expect.isTrue (names.Length = 3) $"got %A{names}, expected three"
              Expect.stringStarts names[0] $"{rows} rows, " "names[0]"
              Expect.equal names[1] "dot" "names[1]"
              Expect.stringStarts names[2] $"{rows} rows, " "names[2]")

          testCase "few rows run without tiles" (fun () ->
              let few = Array.append [| { Signature.Dtype = Float64; Shape = [| 64; 32 |] } |] inputs[1..]
              let nodes = few |> Array.mapi Intern.input
              let g = Intern.graph few [| network nodes[0] (List.ofArray nodes[1..]) |]
              Expect.equal ((plan g).Drafts.Length) 8 "(plan g).Drafts.Length")

          testCase "element-wise work that exceeds one group runs tile by tile" (fun () ->
              let s = { Signature.Dtype = Float64; Shape = [| 1_000_000 |] }
              let x = Intern.input 0 s
              let sine (n: Node) = Intern.node (Unary Sin) [| Intern.node (Binary Add) [| n; x |] |]
              let l = plan (Intern.graph [| s |] [| List.fold (fun n _ -> sine n) x [ 1..20 ] |])
              Expect.stringStarts (Expect.single (names l) "names l") "1000000 rows, " "name of the only draft"
              Expect.equal l.Size 8_000_000L "l.Size") ]

/// Which instructions of a plan run tile by tile, and what that costs in memory.
namespace NeuralDE.Tests.Engine

open Xunit
open NeuralDE
open NeuralDE.Compiler

[<Collection("settings of the engine")>]
type RowChainTests() =
    static let rows = 16384

    /// x → tanh (… tanh (x W)) in four layers of 32
    static let network (x: Node) (weights: Node list) =
        let layer (x: Node) (w: Node) = Intern.node (Unary Tanh) [| Intern.node Dot [| x; w |] |]
        List.fold layer x weights

    static let inputs =
        { Dtype = Float64; Shape = [| rows; 32 |] }
        :: List.replicate 4 { Signature.Dtype = Float64; Shape = [| 32; 32 |] }
        |> Array.ofList

    static let nodes = inputs |> Array.mapi Intern.input
    static let applied = network nodes[0] (List.ofArray nodes[1..])
    /// with tiles where they pay, whatever is forced elsewhere
    static let plan (g: Graph) = SameBits.withRows ValueNone (fun () -> LowerFunctions.graph g)
    static let lowered (outputs: Node[]) = plan (Intern.graph inputs outputs)
    static let names (l: Lowered) = l.Drafts |> Array.map (fun d -> d.Name())

    [<Fact>]
    member _.``a network runs in one chain, and only its result is kept for all rows``() =
        let l = lowered [| applied |]
        let name = Assert.Single(names l)
        Assert.StartsWith($"{rows} rows, ", name)
        Assert.Equal(4, name.Split("dot").Length - 1)
        Assert.Equal(4, name.Split("tanh").Length - 1)
        Assert.Equal(int64 (rows * 32 * 8), l.Size)

    [<Fact>]
    member _.``what others read of a chain is kept, and comes before them``() =
        // the sum over rows of the second layer, and what follows from it
        let second = network nodes[0] (List.ofArray nodes[1..2])
        let sum = Intern.node (Reduce(Sum, [| 0 |])) [| second |]
        let l = lowered [| applied; Intern.node (Unary Exp) [| sum |] |]
        let names = names l
        Assert.True((names.Length = 3), $"got %A{names}, expected three")
        Assert.StartsWith($"{rows} rows, ", names[0])
        Assert.Equal("reduce", names[1])
        Assert.InRange(l.Size, int64 (2 * rows * 32 * 8), int64 (2 * rows * 32 * 8 + 1024))

    [<Fact>]
    member _.``a product over the rows ends a chain and those after it begin another``() =
        // h = x W; g = hᵀ h needs all rows; h g then goes row by row again
        let h = Intern.node (Unary Tanh) [| Intern.node Dot [| nodes[0]; nodes[1] |] |]
        let g = Intern.node Dot [| Intern.node (Permute [| 1; 0 |]) [| h |]; h |]
        let l = lowered [| Intern.node (Unary Tanh) [| Intern.node Dot [| h; g |] |] |]
        let names = names l
        Assert.True((names.Length = 3), $"got %A{names}, expected three")
        Assert.StartsWith($"{rows} rows, ", names[0])
        Assert.Equal("dot", names[1])
        Assert.StartsWith($"{rows} rows, ", names[2])

    [<Fact>]
    member _.``few rows go without tiles``() =
        let few = Array.append [| { Signature.Dtype = Float64; Shape = [| 64; 32 |] } |] inputs[1..]
        let nodes = few |> Array.mapi Intern.input
        let g = Intern.graph few [| network nodes[0] (List.ofArray nodes[1..]) |]
        Assert.Equal(8, (plan g).Drafts.Length)

    [<Fact>]
    member _.``element-wise groups too heavy for one go tile by tile``() =
        let s = { Signature.Dtype = Float64; Shape = [| 1_000_000 |] }
        let x = Intern.input 0 s
        let sine (n: Node) = Intern.node (Unary Sin) [| Intern.node (Binary Add) [| n; x |] |]
        let l = plan (Intern.graph [| s |] [| List.fold (fun n _ -> sine n) x [ 1..20 ] |])
        Assert.StartsWith("1000000 rows, ", Assert.Single(names l))
        Assert.Equal(8_000_000L, l.Size)

/// Builds a graph node by node from random choices; earlier nodes are arguments of later ones.
namespace NeuralDE.Tests.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph

/// How far two executors may differ in a value: not at all, or by the tolerance of float64 or float32 functions.
[<RequireQualifiedAccess>]
type internal Level =
    | Exact = 0
    | Double = 1
    | Single = 2

/// The restrictions of a random graph.
type internal GraphKind =
    {
        /// it is differentiated: no kinks at values on which executors may disagree
        Smooth: bool
        /// its arguments contain NaN, infinities and other special values: no operations whose algorithm spreads them
        Special: bool
        /// the remaining nesting depth of function nodes
        Depth: int
        /// its rows are computed together and alone: no operation over all rows
        ByRow: bool
        /// the most elements of one array
        Largest: int
    }

/// A value of the graph under construction, and how exact it is.
type internal Built = { Node: Node; Level: Level }

[<Sealed>]
type internal GraphBuilder(random: System.Random, kind: GraphKind, inputs: (Signature * Level)[]) =
    let pool = List<Built>()
    let levels = Dictionary<Node, Level>(HashIdentity.Reference)

    let largest = kind.Largest

    /// The extents of most axes of the graph, so that values fit one another.
    let extents =
        let some = [| 1; 2; 3; 5; 17; 64 |]
        let mutable picked = Array.init 3 (fun _ -> some[random.Next some.Length])

        if random.Next 12 = 0 then picked[2] <- 0

        if random.Next 8 = 0 || largest > 10000 then
            picked <- [| 1; 2; random.Next(largest / 20, largest / 3) |]

        picked

    static let isExact (op: Op) =
        match op with
        | Unary(Neg | Abs | Sign | Sqrt | Floor | Ceil | Round | Not) -> true
        | Unary _ -> false // all other functions are approximations
        | Binary(Pow | Atan2 | Mod) -> false
        | Binary _ -> true // arithmetic is rounded once
        | Reduce(Sum, _)
        | CumSum _
        | Scatter(ScatterAdd, _)
        | Dot
        | Conv _
        | Fft _
        | Cholesky
        | TriangularSolve _
        | Lu
        | Random(Normal, _) -> false
        | _ -> true // movement, choices, integers

    /// A random value that satisfies a condition, later ones more often.
    let choose (condition: Built -> bool) : Built voption =
        let fitting = pool.FindAll condition

        if fitting.Count = 0 then
            ValueNone
        else
            let at = max (random.Next fitting.Count) (random.Next fitting.Count)
            ValueSome fitting[at]

    do
        inputs
        |> Array.iteri (fun i (s, level) ->
            let node = Intern.input i s
            levels[node] <- level
            pool.Add { Node = node; Level = level })

    member _.Random = random
    member _.Kind = kind
    member _.Pool = pool
    member _.Chance(oneIn: int) = random.Next oneIn = 0
    member _.OneOf(choices: 'T[]) : 'T = choices[random.Next choices.Length]

    member _.LevelOf(n: Node) : Level =
        match levels.TryGetValue n with
        | true, level -> level
        | _ -> raise (InvalidOperationException $"{n.Op} is not of this graph")

    member x.WorstOf(nodes: Node seq) : Level = nodes |> Seq.map x.LevelOf |> Seq.append [ Level.Exact ] |> Seq.max

    /// A node that is as exact as its operation and arguments allow.
    member x.Node (op: Op) (args: Node[]) : Node = x.NodeAt (x.WorstOf args) op args

    /// The same for arguments of the given exactness.
    member _.NodeAt (level: Level) (op: Op) (args: Node[]) : Node =
        let n = Intern.node op args

        if not (levels.ContainsKey n) then
            levels[n] <-
                if not n.Dtype.IsFloat || (level = Level.Exact && isExact op) then Level.Exact
                elif n.Dtype = Float32 then Level.Single
                else max Level.Double level

        n

    /// An output of a function node.
    member _.Output (bundle: Node) (index: int) (level: Level) : Node =
        let n = Intern.output bundle index
        levels[n] <- if n.Dtype.IsFloat then level else Level.Exact
        n

    /// Adds a value to the pool of arguments.
    member x.Keep(n: Node) : unit =
        if Shape.stored "test" n.Shape <= largest then pool.Add { Node = n; Level = x.LevelOf n }

    member _.Fits(shape: int[]) = Array.fold (fun p n -> p * int64 n) 1L shape <= int64 largest

    // ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
    member x.Number (dtype: Dtype) (value: float) : Node =
        let bits = if dtype.IsFloat then BitConverter.DoubleToInt64Bits value else int64 value
        x.Node (Constant { Dtype = dtype; Bits = bits }) [||]

    member x.Spread (shape: int[]) (scalar: Node) : Node =
        if shape.Length = 0 then scalar else x.Node (Broadcast(shape, [||])) [| scalar |]

    member x.Filled (s: Signature) (value: float) : Node = x.Spread s.Shape (x.Number s.Dtype value)

    member x.With (binary: Binary) (n: Node) (value: float) : Node =
        x.Node (Binary binary) [| n; x.Filled n.Signature value |]

    member x.Unary (u: Unary) (n: Node) : Node = x.Node (Unary u) [| n |]

    /// x² + c: positive.
    member x.Positive (n: Node) (c: float) : Node = x.With Add (x.Node (Binary Mul) [| n; n |]) c

    /// Scales numbers of at most `bound` to about 2 at most.
    member x.Tamed (bound: float) (n: Node) : Node =
        if bound <= 2.0 && random.Next 4 > 0 then
            n
        else
            match random.Next 6 with
            | 0 -> x.Unary Tanh n
            | 1 when bound <= 8.0 -> x.Unary Sin n
            | 2 -> x.Unary Atan n
            | 3 -> x.Unary Sigmoid n
            | _ -> x.With Mul n (1.5 / max 1.5 bound)

    // ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────
    member _.Choose(condition: Node -> bool) : Node voption =
        choose (fun b -> condition b.Node) |> ValueOption.map (fun b -> b.Node)

    member _.ChooseExact(condition: Node -> bool) : Node voption =
        choose (fun b -> b.Level = Level.Exact && condition b.Node) |> ValueOption.map (fun b -> b.Node)

    /// A shape with the usual extents of this graph.
    member _.Shape() : int[] =
        let rank = [| 0; 1; 1; 2; 2; 2; 3 |][random.Next 7]
        let shape = Array.init rank (fun _ -> if random.Next 9 = 0 then 1 else extents[random.Next 3])
        if 2L * Array.fold (fun p n -> p * int64 n) 1L shape <= int64 largest then
            shape
        else
            [| extents[0] |]

    member x.FloatType() : Dtype =
        match x.Choose(fun n -> n.Dtype.IsFloat) with
        | ValueSome n -> n.Dtype
        | ValueNone -> if random.Next 3 = 0 then Float32 else Float64

    /// A value of this signature: an existing one, or one made from existing ones.
    member x.Get(s: Signature, exact: bool) : Node =
        let accepts (b: Built) = b.Node.Dtype = s.Dtype && (b.Level = Level.Exact || not exact)
        let fits (b: Built) = accepts b && Shape.same b.Node.Shape s.Shape
        let size = Shape.stored "test" s.Shape

        /// the axes of the wanted shape to which a shape can be broadcast, if any
        let axesOf (shape: int[]) =
            let mutable at = s.Shape.Length - 1

            let axes =
                Array.rev shape
                |> Array.map (fun extent ->
                    while at >= 0 && s.Shape[at] <> extent do
                        at <- at - 1

                    at <- at - 1
                    at + 1)
                |> Array.rev

            if at >= -1 && axes |> Array.pairwise |> Array.forall (fun (a, b) -> a < b) then
                ValueSome axes
            else
                ValueNone

        let isSpreadable (b: Built) = accepts b && (axesOf b.Node.Shape).IsSome
        let found = if random.Next 10 < 8 then choose fits else ValueNone

        match found with
        | ValueSome b -> b.Node
        | ValueNone ->
            let isReshaped (b: Built) = accepts b && Shape.stored "test" b.Node.Shape = size
            let found = if random.Next 3 > 0 then choose isReshaped else choose isSpreadable

            match found with
            | ValueSome b when Shape.stored "test" b.Node.Shape = size -> x.Node (Reshape s.Shape) [| b.Node |]
            | ValueSome b -> x.Node (Broadcast(s.Shape, (axesOf b.Node.Shape).Value)) [| b.Node |]
            | ValueNone -> x.Made s

    /// A value of this signature that nothing in the graph uses.
    member x.Made(s: Signature) : Node =
        let size = Shape.stored "test" s.Shape

        match random.Next 3 with
        | 0 when s.Shape.Length > 0 && s.Dtype <> Bool ->
            let counted = x.Node (Iota(s, random.Next s.Shape.Length)) [||]
            if s.Dtype.IsFloat then
                x.With Mul counted (1.0 / float (1 + Array.max s.Shape))
            else
                counted
        | 1 ->
            let array =
                if s.Dtype.IsFloat then
                    NdArray.OfFloats(s.Dtype, s.Shape, Array.init size (fun _ -> 2.0 * random.NextDouble() - 1.0))
                else
                    NdArray.OfIntegers(s.Dtype, s.Shape, Array.init size (fun _ -> int64 (random.Next 2)))

            x.Node (Data { Array = array }) [||]
        | _ -> x.Filled s (if s.Dtype.IsFloat then 2.0 * random.NextDouble() - 1.0 else float (random.Next 2))

    member x.Like(n: Node) : Node = x.Get(n.Signature, false)
    member x.LikeExact(n: Node) : Node = x.Get(n.Signature, true)

    member x.Float() : Node =
        match x.Choose(fun n -> n.Dtype.IsFloat) with
        | ValueSome n when random.Next 12 > 0 -> n
        | _ -> x.Get({ Dtype = x.FloatType(); Shape = x.Shape() }, false)

    member x.ExactFloat() : Node =
        match x.ChooseExact(fun n -> n.Dtype.IsFloat) with
        | ValueSome n -> n
        | ValueNone -> x.Get({ Dtype = x.FloatType(); Shape = x.Shape() }, true)

    member x.Integer() : Node =
        match x.Choose(fun n -> n.Dtype = Int32 || n.Dtype = Int64) with
        | ValueSome n when random.Next 6 > 0 -> n
        | _ -> x.Get({ Dtype = x.OneOf [| Int32; Int64 |]; Shape = x.Shape() }, false)

    /// Flags of a shape, from a comparison that rounding cannot change.
    member x.Flags(shape: int[]) : Node =
        match x.Choose(fun n -> n.Dtype = Bool && Shape.same n.Shape shape) with
        | ValueSome n when random.Next 3 > 0 -> n
        | _ ->
            let a = x.Get({ Dtype = x.OneOf [| Float64; Float32; Int32; Int64 |]; Shape = shape }, true)
            x.Node (Compare(x.OneOf [| Less; Greater; LessEqual; NotEqual |])) [| a; x.LikeExact a |]

    /// Integers of a shape from 0 to 2ⁿ − 1.
    member x.Small (dtype: Dtype) (shape: int[]) (bits: int) : Node =
        x.With And (x.Get({ Dtype = dtype; Shape = shape }, false)) (float ((1 <<< bits) - 1))

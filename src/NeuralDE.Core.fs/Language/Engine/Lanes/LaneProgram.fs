namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open NeuralDE
open NeuralDE.Kernels

/// A graph that no lane program computes.
type internal NotLanesException(what: string) =
    inherit Exception(what)

/// What a node of a lane program computes: one number for each lane.
type internal LaneOp =
    /// the bits of a float64, the integer, or 0 and 1 for bool
    | Known of bits: int64
    /// a slot of the block, with a number for each lane
    | OfLane of slot: int
    /// a number that all lanes share
    | OfAll of index: int
    | Computed of ElementOp * parameter: float
    | ToDtype
    /// the number of a table at stride · i + offset, where i is clamped to 0 .. count − 1; the arguments are i and the table's
    /// address
    | Pick of count: int * stride: int * offset: int
    /// the insertion index of a number in a sorted table; the arguments are the number and the table's address
    | Search of count: int * right: bool
    /// an element of what is drawn from the argument, a key: int64 for bits, otherwise float64
    | Draw of LaneDraw * element: int
    /// a carried value at the end of a loop inside; the arguments are a flag, whether it runs at all, the carried values at the
    /// start, and captured values
    | Inner of index: int * output: int

/// A node. Its arguments have smaller indices.
[<Struct; NoEquality; NoComparison>]
type internal LaneNode = { Op: LaneOp; Dtype: Dtype; Args: int[] }

module internal LaneNode =
    let private both (high: int) (low: int) = (int64 high <<< 32) ||| int64 low

    /// An operation as numbers: equal operations have equal numbers.
    let private numbers (op: LaneOp) : struct (int64 * int64 * int64) =
        match op with
        | Known bits -> struct (0L, bits, 0L)
        | OfLane slot -> struct (1L, int64 slot, 0L)
        | OfAll index -> struct (2L, int64 index, 0L)
        | Computed(op, parameter) -> struct (3L, int64 op, BitConverter.DoubleToInt64Bits parameter)
        | ToDtype -> struct (4L, 0L, 0L)
        | Pick(count, stride, offset) -> struct (5L, int64 count, both stride offset)
        | Search(count, right) -> struct (6L, int64 count, (if right then 1L else 0L))
        | Draw(kind, element) -> struct (7L, int64 kind, int64 element)
        | Inner(index, output) -> struct (8L, int64 index, int64 output)

    /// Writes a node as numbers.
    let write (into: List<int64>) (n: LaneNode) =
        let struct (a, b, c) = numbers n.Op
        into.Add(a + 16L * int64 (ElementGroup.elementType n.Dtype) + 256L * int64 n.Args.Length)
        into.Add b
        into.Add c

        for arg in n.Args do
            into.Add(int64 arg)

    let comparer: IEqualityComparer<LaneNode> =
        { new IEqualityComparer<LaneNode> with
            member _.Equals(a, b) =
                numbers a.Op = numbers b.Op
                && a.Dtype = b.Dtype
                && ReadOnlySpan(a.Args).SequenceEqual(ReadOnlySpan b.Args)

            member _.GetHashCode n =
                let struct (a, b, c) = numbers n.Op
                let mutable hash = HashCode.Combine(a, b, c, ElementGroup.elementType n.Dtype)

                for arg in n.Args do
                    hash <- HashCode.Combine(hash, arg)

                hash }

/// A function of one row as a program over single numbers, each of which stands for all lanes. Movement of elements is only
/// a change of names. Equal nodes are one node. The rewrites keep every bit.
[<Sealed>]
type internal LaneProgram() =
    let nodes = List<LaneNode>()
    let inners = List<LaneInner>()
    let known = Dictionary<LaneNode, int>(LaneNode.comparer)

    let add node =
        match known.TryGetValue node with
        | true, index -> index
        | _ ->
            nodes.Add node
            known[node] <- nodes.Count - 1
            nodes.Count - 1

    let literal index =
        match nodes[index].Op with
        | Known bits -> ValueSome bits
        | _ -> ValueNone

    let one = BitConverter.DoubleToInt64Bits 1.0

    member _.Nodes = nodes

    /// The loops inside.
    member _.Inners = inners

    /// This program and those of the loops inside.
    member x.All: LaneProgram seq = Seq.append [ x ] (inners |> Seq.collect (fun l -> l.Program.All))

    /// The nodes of all programs.
    member x.Size: int = x.All |> Seq.sumBy (fun p -> p.Nodes.Count)

    /// How much there is, for Truncate.
    member _.Length = struct (nodes.Count, inners.Count)

    /// Forgets everything that was added after this length.
    member _.Truncate(struct (nodeCount, innerCount)) =
        for i in nodeCount .. nodes.Count - 1 do
            known.Remove nodes[i] |> ignore

        nodes.RemoveRange(nodeCount, nodes.Count - nodeCount)
        inners.RemoveRange(innerCount, inners.Count - innerCount)

    /// The carried values at the end of a loop inside.
    member _.Loop(inner: LaneInner, args: int[]) : int[] =
        inners.Add inner
        inner.Next
        |> Array.mapi (fun output node ->
            add { Op = Inner(inners.Count - 1, output); Dtype = inner.Program[node].Dtype; Args = args })

    member _.Item(index: int) = nodes[index]

    member _.Bits(dtype: Dtype, bits: int64) : int = add { Op = Known bits; Dtype = dtype; Args = [||] }

    /// A number, given as a float64.
    member x.Number(dtype: Dtype, value: float) : int =
        x.Bits(dtype, (if dtype.IsFloat then BitConverter.DoubleToInt64Bits value else int64 value))

    member _.OfLane(dtype, slot) : int = add { Op = OfLane slot; Dtype = dtype; Args = [||] }
    member _.OfAll(dtype, index) : int = add { Op = OfAll index; Dtype = dtype; Args = [||] }
    member _.Pick(dtype, table, count, stride, offset, at) : int =
        add { Op = Pick(count, stride, offset); Dtype = dtype; Args = [| at; table |] }
    member _.Search(table, count, right, value) : int =
        add { Op = Search(count, right); Dtype = Int64; Args = [| value; table |] }

    /// An element of what is drawn from a key.
    member x.Draw(dtype: Dtype, kind: LaneDraw, element: int, key: int) : int =
        let drawn = if kind = LaneDraw.Bits then Int64 else Float64
        x.Convert(dtype, add { Op = Draw(kind, element); Dtype = drawn; Args = [| key |] })

    member x.Element(op: ElementOp, parameter: float, dtype: Dtype, args: int[]) : int =
        match x.OfIntegers(op, dtype, args) with
        | ValueSome known -> known
        | ValueNone -> x.Simplified(op, parameter, dtype, args)

    member private x.Simplified(op: ElementOp, parameter: float, dtype: Dtype, args: int[]) : int =
        let isLiteral k (bits: int64) = (literal args[k] = ValueSome bits)
        let ofBools = nodes[args[args.Length - 1]].Dtype = Bool

        match op with
        | ElementOp.And when ofBools && isLiteral 0 1L -> args[1]
        | ElementOp.And when ofBools && isLiteral 1 1L -> args[0]
        | ElementOp.And when ofBools && (isLiteral 0 0L || isLiteral 1 0L) -> x.Bits(Bool, 0L)
        | ElementOp.Or when ofBools && isLiteral 0 0L -> args[1]
        | ElementOp.Or when ofBools && isLiteral 1 0L -> args[0]
        | ElementOp.Or when ofBools && (isLiteral 0 1L || isLiteral 1 1L) -> x.Bits(Bool, 1L)
        | ElementOp.Not when (literal args[0]).IsSome -> x.Bits(Bool, 1L - (literal args[0]).Value)
        | ElementOp.Select when isLiteral 0 1L || args[1] = args[2] -> args[1]
        | ElementOp.Select when isLiteral 0 0L -> args[2]
        | ElementOp.Mul when dtype.IsFloat && isLiteral 0 one -> args[1]
        | ElementOp.Mul when dtype.IsFloat && isLiteral 1 one -> args[0]
        | ElementOp.Neg when dtype.IsFloat && (literal args[0]).IsSome ->
            x.Number(dtype, -(BitConverter.Int64BitsToDouble (literal args[0]).Value))
        | ElementOp.Power -> x.Power(dtype, args[0], parameter)
        | _ -> add { Op = Computed(op, parameter); Dtype = dtype; Args = args }

    /// The value of an operation on known integers, such as the counter of a loop.
    member private x.OfIntegers(op: ElementOp, dtype: Dtype, args: int[]) : int voption =
        let wrapped (value: int64) = x.Bits(dtype, (if dtype = Int32 then int64 (int32 value) else value))
        let flag value = x.Bits(Bool, (if value then 1L else 0L))

        match op, Array.map literal args with
        | _ when nodes[args[0]].Dtype.IsFloat || nodes[args[0]].Dtype = Bool -> ValueNone
        | ElementOp.Add, [| ValueSome a; ValueSome b |] -> ValueSome(wrapped (a + b))
        | ElementOp.Sub, [| ValueSome a; ValueSome b |] -> ValueSome(wrapped (a - b))
        | ElementOp.Mul, [| ValueSome a; ValueSome b |] -> ValueSome(wrapped (a * b))
        | ElementOp.Equal, [| ValueSome a; ValueSome b |] -> ValueSome(flag (a = b))
        | ElementOp.NotEqual, [| ValueSome a; ValueSome b |] -> ValueSome(flag (a <> b))
        | ElementOp.Less, [| ValueSome a; ValueSome b |] -> ValueSome(flag (a < b))
        | ElementOp.LessEqual, [| ValueSome a; ValueSome b |] -> ValueSome(flag (a <= b))
        | ElementOp.Greater, [| ValueSome a; ValueSome b |] -> ValueSome(flag (a > b))
        | ElementOp.GreaterEqual, [| ValueSome a; ValueSome b |] -> ValueSome(flag (a >= b))
        | _ -> ValueNone

    /// A power as the kernels compute it (Maths.Power): by products, quotients and roots where it is one.
    member private x.Power(dtype: Dtype, a: int, exponent: float) : int =
        let element op args = x.Element(op, 0.0, dtype, args)
        let times a b = element ElementOp.Mul [| a; b |]
        let reciprocal a = element ElementOp.Div [| x.Number(dtype, 1.0); a |]

        let root () =
            let infinity = x.Number(dtype, Double.PositiveInfinity)
            let isLeast = x.Element(ElementOp.Equal, 0.0, Bool, [| a; x.Number(dtype, Double.NegativeInfinity) |])
            let positive = element ElementOp.Add [| a; x.Number(dtype, 0.0) |]
            element ElementOp.Sqrt [| element ElementOp.Select [| isLeast; infinity; positive |] |]

        match exponent with
        | 0.0 -> x.Number(dtype, 1.0)
        | 1.0 -> a
        | 2.0 -> times a a
        | 3.0 -> times a (times a a)
        | 4.0 -> times (times a a) (times a a)
        | -1.0 -> reciprocal a
        | -2.0 -> times (reciprocal a) (reciprocal a)
        | 0.5 -> root ()
        | -0.5 -> reciprocal (root ())
        | _ -> add { Op = Computed(ElementOp.Power, exponent); Dtype = dtype; Args = [| a |] }

    /// A number that is known is converted here, as the kernels do.
    member x.Convert(dtype: Dtype, arg: int) : int =
        let from = nodes[arg].Dtype

        match literal arg with
        | _ when from = dtype -> arg
        | ValueSome bits when from.IsFloat && dtype = Float64 -> x.Bits(Float64, bits)
        | ValueSome bits when from.IsFloat && dtype = Float32 ->
            x.Number(Float32, float (float32 (BitConverter.Int64BitsToDouble bits)))
        | ValueSome bits when from = Bool || (from = Int32 && dtype <> Bool) ->
            if dtype.IsFloat then
                x.Number(dtype, (if dtype = Float32 then float (float32 bits) else float bits))
            else
                x.Bits(dtype, bits)
        | _ -> add { Op = ToDtype; Dtype = dtype; Args = [| arg |] }

    /// The nodes that these need, themselves among them.
    member _.Needed(roots: int seq) : bool[] =
        let needed = Array.zeroCreate nodes.Count
        Seq.iter (fun root -> needed[root] <- true) roots

        for i in nodes.Count - 1 .. -1 .. 0 do
            if needed[i] then
                for arg in nodes[i].Args do
                    needed[arg] <- true

        needed

    /// By node: whether its value is the same for all lanes.
    member _.Uniform: bool[] =
        let uniform = Array.zeroCreate nodes.Count

        for i in 0 .. nodes.Count - 1 do
            uniform[i] <-
                match nodes[i].Op with
                | OfLane _
                | Inner _ -> false
                | Known _
                | OfAll _ -> true
                | Computed _
                | ToDtype
                | Pick _
                | Search _
                | Draw _ -> nodes[i].Args |> Array.forall (fun a -> uniform[a])

        uniform

/// A loop inside an iteration. The slots of its program are carried values, then captured ones. States take their next value
/// where the loop keeps it, registers always.
and [<NoEquality; NoComparison>] internal LaneInner =
    {
        Program: LaneProgram
        /// the number of carried numbers that are states
        States: int
        /// by carried number: the node of its next value
        Next: int[]
        Keep: int
        Finish: int
    }

    member l.Roots: int[] = Array.append l.Next [| l.Keep; l.Finish |]

/// The elements of an array in a lane program.
type internal LaneArray =
    /// in row-major order
    | Elements of int[]
    /// an array that stays in memory, at the address that a node gives
    | Table of address: int
    /// a vector whose elements are computed from those of arrays in memory: from the node of an index to that of an element
    | Mapped of (int -> int)

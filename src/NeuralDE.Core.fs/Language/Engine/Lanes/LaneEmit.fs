namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open System.Linq.Expressions
open System.Reflection
open NeuralDE
open NeuralDE.Kernels

/// What all programs of a kernel share: variables, the statements before the loop over the vectors, whether few operations
/// need a call, so that they are compiled in place, and the first of the three slots of arguments and results of calls.
[<NoEquality; NoComparison>]
type internal LaneStatements =
    { Variables: List<ParameterExpression>; Before: List<Expression>; IsInPlace: bool; Scratch: int }

/// Compiles the nodes of a program to expressions on vectors. `roots`: the nodes whose values the caller reads; `live`: a mask
/// of the lanes that live; `input`: the vectors of a slot.
[<Sealed>]
type internal LaneEmitter
    (
        v: LaneNumbers,
        s: LaneStatements,
        p: LaneProgram,
        roots: int[],
        live: Expression,
        input: Dtype -> int -> Expression[]
    ) =
    let w = v.Width
    let isNarrow = v.Block.IsNarrow
    let uniform = p.Uniform
    let needed = p.Needed roots
    let uses = Array.zeroCreate<int> p.Nodes.Count
    let values = Array.zeroCreate<Expression[]> p.Nodes.Count
    let masks = Dictionary<struct (int * bool), Expression[]>()
    let inner = Dictionary<int, Expression[][]>()
    let zero element = LaneVectors.zero w element

    do
        for i in 0 .. p.Nodes.Count - 1 do
            if needed[i] then
                // a loop reads its arguments in every iteration
                let count =
                    match p[i].Op with
                    | Inner _ -> 2
                    | _ -> 1

                for a in p[i].Args do
                    uses[a] <- uses[a] + count

        for root in roots do
            uses[root] <- uses[root] + 1

    /// Where the statements go that compute the next nodes.
    member val Statements = List<Expression>() with get, set

    /// A variable with this value, computed before the loop if it is the same for all lanes.
    member private x.Keep(value: Expression, isUniform: bool) : Expression =
        let kept = Expression.Variable value.Type
        s.Variables.Add kept
        (if isUniform then s.Before else x.Statements).Add(Expression.Assign(kept, value))
        kept

    // ── masks ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// A flag in the width of its use: one vector, or two with 64-bit lanes beside float32. Logic is done in the width of the
    /// use, because a conversion costs more.
    member x.Mask(wide: bool, node: int) : Expression[] =
        let wide = wide && isNarrow

        match masks.TryGetValue(struct (node, wide)) with
        | true, known -> known
        | _ ->
            let made = x.MakeMask(wide, node) |> Array.map (fun mask -> x.Keep(mask, uniform[node]))
            masks[struct (node, wide)] <- made
            made

    member private _.MaskElement(wide: bool) = if wide then typeof<int64> else v.ElementType Bool

    /// A mask of 32-bit lanes as two of 64-bit lanes.
    member private x.Widened(node: int) : Expression[] =
        let narrow = x.Mask(false, node)[0]
        [| v.Widen(typeof<int>, 0, narrow); v.Widen(typeof<int>, 1, narrow) |]

    /// A comparison gives one mask for each vector of its operands. Returns them with lanes of 32 bits, or of 64 bits if `wide`.
    member private x.Fit(wide: bool, node: int, raw: Expression[]) : Expression[] =
        match wide, raw.Length with
        | true, 1 -> x.Widened node
        | true, _ -> raw |> Array.map (LaneVectors.cast w typeof<int64>)
        | false, 1 -> raw |> Array.map (LaneVectors.cast w (v.ElementType Bool))
        | false, _ ->
            let wideMask = x.Mask(true, node)
            [| v.Narrow(typeof<int64>, wideMask[0], wideMask[1]) |]

    member private x.Compare(wide: bool, node: int, op: ElementOp) : Expression[] =
        let args = p[node].Args
        let compare name = Array.map2 (LaneVectors.compare w name) values[args[0]] values[args[1]]
        let swapped name = Array.map2 (LaneVectors.compare w name) values[args[1]] values[args[0]]

        match op with
        | ElementOp.Less -> compare "LessThan"
        | ElementOp.LessEqual -> compare "LessThanOrEqual"
        | ElementOp.Greater -> swapped "LessThan"
        | ElementOp.GreaterEqual -> swapped "LessThanOrEqual"
        | ElementOp.Equal -> compare "Equals"
        | ElementOp.NotEqual -> compare "Equals" |> Array.map LaneVectors.complement
        | _ -> raise (NotLanesException(string op))
        |> fun raw -> x.Fit(wide, node, raw)

    /// An operation on flags, where false < true.
    member private x.Logic(wide: bool, node: int, op: ElementOp) : Expression[] =
        let arg k = x.Mask(wide, p[node].Args[k])
        let two (f: Expression -> Expression -> Expression) = Array.map2 f (arg 0) (arg 1)
        let complement = LaneVectors.complement

        match op with
        | ElementOp.Not -> arg 0 |> Array.map complement
        | ElementOp.And
        | ElementOp.Min -> two (fun a b -> Expression.And(a, b))
        | ElementOp.Or
        | ElementOp.Max -> two (fun a b -> Expression.Or(a, b))
        | ElementOp.Xor
        | ElementOp.NotEqual -> two (fun a b -> Expression.ExclusiveOr(a, b))
        | ElementOp.Equal -> two (fun a b -> complement (Expression.ExclusiveOr(a, b)))
        | ElementOp.Less -> two (fun a b -> Expression.And(complement a, b))
        | ElementOp.LessEqual -> two (fun a b -> Expression.Or(complement a, b))
        | ElementOp.Greater -> two (fun a b -> Expression.And(a, complement b))
        | ElementOp.GreaterEqual -> two (fun a b -> Expression.Or(a, complement b))
        | ElementOp.Select -> Array.map3 (LaneVectors.select w) (arg 0) (arg 1) (arg 2)
        | _ -> raise (NotLanesException(string op))

    member private x.MakeMask(wide: bool, node: int) : Expression[] =
        let n = p[node]

        match n.Op with
        | Known bits ->
            let mask = v.Number(x.MaskElement wide, Int64, (if bits = 0L then 0L else -1L))
            Array.create (if wide then 2 else 1) mask
        | OfLane _
        | OfAll _
        | Inner _ when wide -> x.Widened node
        | OfLane slot -> input Bool slot
        | OfAll index -> [| v.LoadShared(Bool, index) |]
        | Inner(index, output) -> (x.Loop(index, n.Args))[output]
        | ToDtype ->
            let isNotZero a = LaneVectors.complement (LaneVectors.compare w "Equals" a (zero (LaneVectors.elementOf a)))
            x.Fit(wide, node, Array.map isNotZero values[n.Args[0]])
        | Computed(op, _) when p[n.Args[n.Args.Length - 1]].Dtype = Bool -> x.Logic(wide, node, op)
        | Computed(op, _) -> x.Compare(wide, node, op)
        | Pick _
        | Search _
        | Draw _ -> raise (NotLanesException "a table of flags")

    /// The masks for the vectors of a number of this dtype.
    member private x.MasksFor(dtype: Dtype, node: int) : Expression[] = x.Mask(v.Parts dtype = 2, node)

    // ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
    member private x.Convert(node: int) : Expression[] =
        let n = p[node]
        let source = n.Args[0]

        if p[source].Dtype = Bool then
            let element = v.ElementType n.Dtype
            let one = if n.Dtype.IsFloat then BitConverter.DoubleToInt64Bits 1.0 else 1L
            x.MasksFor(n.Dtype, source)
            |> Array.map (fun mask ->
                LaneVectors.select w (LaneVectors.cast w element mask) (v.Number(element, n.Dtype, one)) (zero element))
        else
            v.Convert(p[source].Dtype, n.Dtype, values[source])

    member private _.Far(op: ElementOp, parameter: float, args: Expression list) : Expression =
        let vector = args.Head.Type

        if s.IsInPlace then
            let further: Expression list = if op = ElementOp.Power then [ Expression.Constant parameter ] else []
            LaneVectors.call (LaneFarMethods.direct op vector args.Length) (args @ further)
        else
            LaneVectors.call (LaneFarMethods.find op parameter vector args.Length) args

    member private x.Element(node: int, op: ElementOp, parameter: float) : Expression[] =
        let n = p[node]
        let arg k = values[n.Args[k]]

        if op = ElementOp.Select then
            Array.map3 (LaneVectors.select w) (x.MasksFor(n.Dtype, n.Args[0])) (arg 1) (arg 2)
        else
            match v.Arithmetic(op, parameter, n.Dtype, Array.init n.Args.Length arg) with
            | ValueSome made -> made
            | ValueNone when not n.Dtype.IsFloat -> raise (NotLanesException $"{op} of {n.Dtype}")
            | ValueNone when n.Args.Length = 1 -> arg 0 |> Array.map (fun a -> x.Far(op, parameter, [ a ]))
            | ValueNone -> Array.map2 (fun a b -> x.Far(op, parameter, [ a; b ])) (arg 0) (arg 1)

    /// A call that reads a table; its vectors pass through slots of the block.
    member private x.Table(node: int) : Expression[] =
        let n = p[node]
        let statements = if uniform[node] then s.Before else x.Statements

        let address k (dtype: Dtype) : Expression = v.Address(dtype, s.Scratch + k)
        let number (i: int) : Expression = Expression.Constant i
        let flag (b: bool) : Expression = Expression.Constant b
        let given = p[n.Args[0]].Dtype
        let before: Expression list = [ address 1 Int64; flag false ]
        let behind: Expression list = [ address 0 given; address 2 n.Dtype; number v.Lanes ]

        for k in 0..1 do
            values[n.Args[k]] |> Array.iteri (fun part value -> statements.Add(v.Store(s.Scratch + k, part, value)))

        let call (name: string) args =
            match typeof<LaneTables>.GetMethod name with
            | null -> raise (NotLanesException name)
            | method -> statements.Add(LaneVectors.call method (before @ args @ behind))

        match n.Op with
        | Pick(count, stride, offset) ->
            let isWide = v.ElementType given = typeof<int64>
            call "Pick" [ number n.Dtype.Size; number count; number stride; number offset; flag isWide ]
        | Search(count, right) ->
            call "Search" [ Expression.Constant(ElementGroup.elementType given); number count; flag right ]
        | _ -> raise (NotLanesException "no table")

        Array.init (v.Parts n.Dtype) (fun part -> v.Load(n.Dtype, s.Scratch + 2, part))

    /// Computes a node. A value that is used once is nested into its user: a variable for each would be twice as slow.
    member x.Compute(node: int) =
        let n = p[node]

        if needed[node] && n.Dtype <> Bool then
            let computed =
                match n.Op with
                | Known bits ->
                    let element = v.ElementType n.Dtype
                    Array.init (v.Parts n.Dtype) (fun _ -> v.Number(element, n.Dtype, bits))
                | OfLane slot -> input n.Dtype slot
                | OfAll index -> Array.init (v.Parts n.Dtype) (fun _ -> v.LoadShared(n.Dtype, index))
                | ToDtype -> x.Convert node
                | Computed(op, parameter) -> x.Element(node, op, parameter)
                | Draw(kind, element) ->
                    values[n.Args[0]]
                    |> Array.map (fun key ->
                        LaneVectors.call
                            (LaneFarMethods.draw kind key.Type)
                            [ key; Expression.Constant(int64 element) ])
                | Pick _
                | Search _ -> x.Table node
                | Inner(index, output) -> (x.Loop(index, n.Args))[output]

            let isNested =
                match n.Op with
                | Known _
                | OfAll _ -> true
                // variables, or slots that are overwritten at the end of the iteration
                | OfLane _
                | Inner _ -> computed |> Array.forall (fun value -> value :? ParameterExpression)
                | Pick _
                | Search _ -> false
                | Computed _
                | ToDtype
                | Draw _ -> uses[node] = 1 && not uniform[node] && computed.Length = 1

            values[node] <- if isNested then computed else computed |> Array.map (fun v -> x.Keep(v, uniform[node]))

    /// The vectors of a node as they are stored.
    member x.Stored(node: int) : Expression[] = if p[node].Dtype = Bool then x.Mask(false, node) else values[node]

    /// A mask as wide as a number of this dtype: one for each of its vectors.
    member _.Fitted(dtype: Dtype, mask: Expression) : Expression[] =
        Array.init (v.Parts dtype) (fun part -> if v.Parts dtype = 2 then v.Widen(typeof<int>, part, mask) else mask)

    // ── loops inside ─────────────────────────────────────────────────────────────────────────────────────────────
    /// The carried values at the end of a loop inside, which runs while a lane of the vector goes on.
    member private x.Loop(index: int, args: int[]) : Expression[][] =
        match inner.TryGetValue index with
        | true, found -> found
        | _ ->
            let l = p.Inners[index]
            let given = args |> Array.map x.Stored
            let dtypes = l.Next |> Array.map (fun node -> l.Program[node].Dtype)
            let carried = dtypes |> Array.map v.Variables
            let goesOn, moved = Expression.Variable v.MaskType, Expression.Variable v.MaskType
            Seq.iter s.Variables.AddRange carried
            s.Variables.AddRange [ goesOn; moved ]

            let inputs =
                Array.append (carried |> Array.map (Array.map (fun c -> c :> Expression))) given[1 + carried.Length ..]
            let body = LaneEmitter(v, s, l.Program, l.Roots, goesOn, (fun _ slot -> inputs[slot]))

            for i in 0 .. l.Program.Nodes.Count - 1 do
                body.Compute i

            let add (e: Expression) = x.Statements.Add e
            carried
            |> Array.iteri (fun c into ->
                Array.iter2 (fun into start -> add (Expression.Assign(into, start))) into given[1 + c])
            add (Expression.Assign(goesOn, Expression.And(live, given[0][0])))
            add (x.While(l, body, carried, goesOn, moved))
            inner[index] <- inputs[.. carried.Length - 1]
            inputs[.. carried.Length - 1]

    /// The statement of a loop inside, whose body is computed.
    member private _.While
        (l: LaneInner, body: LaneEmitter, carried: ParameterExpression[][], goesOn, moved)
        : Expression =
        let finish = body.Mask(false, l.Finish)[0]
        let keep = body.Mask(false, l.Keep)[0]

        // all next values are computed before one is assigned
        let next =
            [ for c in 0 .. carried.Length - 1 do
                  let dtype = l.Program[l.Next[c]].Dtype
                  let mask = body.Fitted(dtype, (if c < l.States then moved else goesOn))
                  let value = body.Stored l.Next[c]

                  for part in 0 .. carried[c].Length - 1 do
                      let old = carried[c][part]

                      if not (obj.ReferenceEquals(value[part], old)) then
                          struct (old, LaneVectors.select w mask[part] value[part] old) ]

        let aside = next |> List.map (fun (struct (into, _)) -> Expression.Variable into.Type)
        let over = Expression.Label()

        let iteration: Expression list =
            [ yield! body.Statements
              Expression.Assign(moved, Expression.And(goesOn, keep))
              for struct (_, value), aside in List.zip next aside do
                  Expression.Assign(aside, value)
              for struct (into, _), aside in List.zip next aside do
                  Expression.Assign(into, aside)
              Expression.Assign(goesOn, v.AndNot(goesOn, finish)) ]

        Expression.Loop(
            Expression.IfThenElse(
                Expression.Equal(goesOn, zero (v.ElementType Bool)),
                Expression.Break over,
                Expression.Block(typeof<Void>, aside, iteration)
            ),
            over
        )

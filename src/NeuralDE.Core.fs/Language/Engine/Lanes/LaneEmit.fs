namespace NeuralDE.Internal.Engine

open System
open System.Collections.Generic
open System.Linq.Expressions
open System.Reflection
open System.Runtime.CompilerServices
open NeuralDE
open NeuralDE.Kernels

/// One compiled iteration of a block, for the vectors of the lanes `first` to `last` − 1. The references point to the first byte of
/// the block. Returns 1 if a lane ended, plus 2 if a lane wrote.
type internal LaneKernel =
    delegate of
        singles: byref<float32> *
        doubles: byref<float> *
        ints: byref<int> *
        longs: byref<int64> *
        first: int64 *
        last: int64 ->
            int64

/// Compiles lane code to one method with one loop over the vectors of a block, in which every number of the program is one
/// vector, or two if it has 8 bytes beside float32.
[<Sealed>]
type internal LaneEmitter(w: VectorWidth, code: LaneCode, block: LaneBlock) =
    let p = code.Program
    let uniform = p.Uniform
    let always = p.Needed code.Roots
    let needed = p.Needed(Seq.append code.Roots code.Emitted)
    let uses = Array.zeroCreate<int> p.Nodes.Count
    let lanes = if block.IsNarrow then w.Bytes / 4 else w.Bytes / 8
    let values = Array.zeroCreate<Expression[]> p.Nodes.Count
    let masks = Dictionary<struct (int * bool), Expression[]>()
    let variables = List<ParameterExpression>()
    let before = List<Expression>()
    let body = List<Expression>()
    let late = List<Expression>()
    let mutable isLate = false
    let reference t = Expression.Parameter((t: Type).MakeByRefType())
    let singles, doubles = reference typeof<float32>, reference typeof<float>
    let ints, longs = reference typeof<int>, reference typeof<int64>
    let at = Expression.Variable(typeof<int64>, "at")
    let vector element = LaneVectors.vectorOf w element
    let unary name (element: Type) a = LaneVectors.call (LaneVectors.exact w name [ vector element ]) [ a ]
    let generic1 name (a: Expression) = LaneVectors.call (LaneVectors.generic w name 1 (LaneVectors.elementOf a)) [ a ]

    let generic2 name (a: Expression) b =
        LaneVectors.call (LaneVectors.generic w name 2 (LaneVectors.elementOf a)) [ a; b ]

    /// Half of the lanes as elements of twice the size.
    let widen element part a = unary (if part = 0 then "WidenLower" else "WidenUpper") element a

    let narrow element a b = LaneVectors.call (LaneVectors.exact w "Narrow" [ vector element; vector element ]) [ a; b ]

    do
        for i in 0 .. p.Nodes.Count - 1 do
            if needed[i] then
                for a in p[i].Args do
                    uses[a] <- uses[a] + 1

        for root in Seq.append code.Roots code.Emitted do
            uses[root] <- uses[root] + 1

    /// Up to this number of exponentials and the like are compiled in place; with more, each is a call, so that the method stays
    /// short.
    static member MostInPlace = 4

    /// The same for a program of at most this number of numbers with the narrowest vectors. In a method of more than 512
    /// variables the .NET compiler inlines nothing, and the parts of the functions would run unoptimised for a second, which
    /// a single system does not hide; for many rows calls would be 5 to 15 % slower.
    static member MostNodesInPlace(w: VectorWidth) = if w.Bytes = 16 then 100 else 500

    member _.Lanes = lanes

    member private _.ElementType(dtype: Dtype) : Type =
        match dtype with
        | Float32 -> typeof<float32>
        | Float64 -> typeof<float>
        | Int64 -> typeof<int64>
        | Int32
        | Bool -> if block.IsNarrow then typeof<int> else typeof<int64>

    /// The number of vectors of one number.
    member private _.Parts(dtype: Dtype) =
        match dtype with
        | Float64
        | Int64 when block.IsNarrow -> 2
        | _ -> 1

    member private _.Block(element: Type) : Expression =
        if element = typeof<float32> then singles
        elif element = typeof<float> then doubles
        elif element = typeof<int> then ints
        else longs

    static member private Method(holder: Type, name: string) : MethodInfo =
        match holder.GetMethod(name, BindingFlags.Static ||| BindingFlags.Public) with
        | null -> raise (GraphException $"{holder.Name} has no {name}")
        | m -> m

    static member val private BitCast =
        LaneEmitter.Method(typeof<Unsafe>, "BitCast").MakeGenericMethod(typeof<int64>, typeof<unativeint>)

    static member private SizeOf(element: Type) = if element = typeof<float32> || element = typeof<int> then 4 else 8

    /// From int64. A boxed constant would be unboxed at each use, and the conversion operator is a method: the .NET compiler
    /// inlines none in a method of more than 512 variables, and needs one for each that it inlines.
    static member private Index(offset: Expression) : Expression = LaneVectors.call LaneEmitter.BitCast [ offset ]

    /// The index of a vector of a slot, in elements.
    member private _.Place(element: Type, slot: int, part: int) : Expression =
        let size = LaneEmitter.SizeOf element
        let start = int64 slot * 8L * int64 block.Lanes / int64 size + int64 (part * w.Bytes / size)
        LaneEmitter.Index(Expression.Add(at, Expression.Constant start))

    member private x.Load(dtype: Dtype, slot: int, part: int) : Expression =
        let element = x.ElementType dtype
        LaneVectors.load w (x.Block element) (x.Place(element, slot, part))

    member private x.Store(slot: int, part: int, value: Expression) : Expression =
        let element = LaneVectors.elementOf value
        LaneVectors.store w value (x.Block element) (x.Place(element, slot, part))

    member private x.LoadShared(dtype: Dtype, index: int) : Expression =
        let element = x.ElementType dtype
        let start = int64 (block.SharedAt + 64 * index) / int64 (LaneEmitter.SizeOf element)
        LaneVectors.load w (x.Block element) (LaneEmitter.Index(Expression.Constant start))

    /// A variable with this value, computed before the loop if it is the same for all lanes.
    member private _.Keep(value: Expression, isUniform: bool) : Expression =
        let v = Expression.Variable(value.Type)
        variables.Add v
        let list =
            if isUniform then before
            elif isLate then late
            else body
        list.Add(Expression.Assign(v, value))
        v

    member private _.Number(element: Type, dtype: Dtype, bits: int64) : Expression =
        let number: obj =
            if dtype.IsFloat then
                let x = BitConverter.Int64BitsToDouble bits
                if element = typeof<float32> then float32 x else x
            elif element = typeof<int> then
                int bits
            else
                bits

        LaneVectors.create w element number

    // ── masks ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// A flag in the width of its use: one vector, or two with 64-bit lanes beside float32. Logic is done in the width of the
    /// use, because a conversion costs more.
    member x.Mask(wide: bool, node: int) : Expression[] =
        let wide = wide && block.IsNarrow

        match masks.TryGetValue(struct (node, wide)) with
        | true, known -> known
        | _ ->
            let made = x.MakeMask(wide, node) |> Array.map (fun mask -> x.Keep(mask, uniform[node]))
            masks[struct (node, wide)] <- made
            made

    member private x.MaskElement(wide: bool) = if wide then typeof<int64> else x.ElementType Bool

    /// A mask of 32-bit lanes as two of 64-bit lanes.
    member private x.Widened(node: int) : Expression[] =
        let narrow = x.Mask(false, node)[0]
        [| widen typeof<int> 0 narrow; widen typeof<int> 1 narrow |]

    /// A comparison gives one mask for each vector of its operands. Returns them with lanes of 32 bits, or of 64 bits if `wide`.
    member private x.Fit(wide: bool, node: int, raw: Expression[]) : Expression[] =
        match wide, raw.Length with
        | true, 1 -> x.Widened node
        | true, _ -> raw |> Array.map (LaneVectors.cast w typeof<int64>)
        | false, 1 -> raw |> Array.map (LaneVectors.cast w (x.ElementType Bool))
        | false, _ ->
            let wideMask = x.Mask(true, node)
            [| narrow typeof<int64> wideMask[0] wideMask[1] |]

    member private x.Compare(wide: bool, node: int, name: string, isSwapped: bool, isNot: bool) : Expression[] =
        let args = p[node].Args
        let a, b = values[args[0]], values[args[1]]

        Array.map2
            (fun a b ->
                let mask = if isSwapped then LaneVectors.compare w name b a else LaneVectors.compare w name a b
                if isNot then LaneVectors.complement mask else mask)
            a
            b
        |> fun raw -> x.Fit(wide, node, raw)

    member private x.MakeMask(wide: bool, node: int) : Expression[] =
        let n = p[node]
        let element = x.MaskElement wide
        let logic (f: Expression -> Expression -> Expression) =
            Array.map2 f (x.Mask(wide, n.Args[0])) (x.Mask(wide, n.Args[1]))

        match n.Op with
        | Known bits ->
            let mask = x.Number(element, Int64, (if bits = 0L then 0L else -1L))
            Array.create (if wide then 2 else 1) mask
        | OfLane slot -> if wide then x.Widened node else [| x.Load(Bool, slot, 0) |]
        | OfAll index -> if wide then x.Widened node else [| x.LoadShared(Bool, index) |]
        | ToDtype ->
            let zero (a: Expression) = LaneVectors.zero w (LaneVectors.elementOf a)
            let isNotZero a = LaneVectors.complement (LaneVectors.compare w "Equals" a (zero a))
            x.Fit(wide, node, Array.map isNotZero values[n.Args[0]])
        | Computed(ElementOp.Not, _) -> x.Mask(wide, n.Args[0]) |> Array.map LaneVectors.complement
        | Computed(ElementOp.And, _) -> logic (fun a b -> Expression.And(a, b))
        | Computed(ElementOp.Or, _) -> logic (fun a b -> Expression.Or(a, b))
        | Computed(ElementOp.Xor, _) -> logic (fun a b -> Expression.ExclusiveOr(a, b))
        | Computed(ElementOp.Select, _) ->
            Array.map3
                (LaneVectors.select w)
                (x.Mask(wide, n.Args[0]))
                (x.Mask(wide, n.Args[1]))
                (x.Mask(wide, n.Args[2]))
        | Computed(op, _) when p[n.Args[0]].Dtype = Bool ->
            // false < true
            match op with
            | ElementOp.Equal -> logic (fun a b -> LaneVectors.complement (Expression.ExclusiveOr(a, b)))
            | ElementOp.NotEqual -> logic (fun a b -> Expression.ExclusiveOr(a, b))
            | ElementOp.Less -> logic (fun a b -> Expression.And(LaneVectors.complement a, b))
            | ElementOp.LessEqual -> logic (fun a b -> Expression.Or(LaneVectors.complement a, b))
            | ElementOp.Greater -> logic (fun a b -> Expression.And(a, LaneVectors.complement b))
            | ElementOp.GreaterEqual -> logic (fun a b -> Expression.Or(a, LaneVectors.complement b))
            | ElementOp.Max -> logic (fun a b -> Expression.Or(a, b))
            | ElementOp.Min -> logic (fun a b -> Expression.And(a, b))
            | _ -> raise (NotLanesException(string op))
        | Computed(op, _) ->
            match op with
            | ElementOp.Less -> x.Compare(wide, node, "LessThan", false, false)
            | ElementOp.LessEqual -> x.Compare(wide, node, "LessThanOrEqual", false, false)
            | ElementOp.Greater -> x.Compare(wide, node, "LessThan", true, false)
            | ElementOp.GreaterEqual -> x.Compare(wide, node, "LessThanOrEqual", true, false)
            | ElementOp.Equal -> x.Compare(wide, node, "Equals", false, false)
            | ElementOp.NotEqual -> x.Compare(wide, node, "Equals", false, true)
            | _ -> raise (NotLanesException(string op))
        | Pick _
        | Search _ -> raise (NotLanesException "a table of flags")

    /// The mask for a vector of this dtype.
    member private x.MaskFor(dtype: Dtype, part: int, node: int) : Expression = x.Mask(x.Parts dtype = 2, node)[part]

    // ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// An int32 in 64-bit lanes wraps as one of 32 bits.
    member private x.Wrapped(dtype: Dtype, value: Expression) : Expression =
        if dtype = Int32 && not block.IsNarrow then
            let shift name (a: Expression) =
                LaneVectors.call
                    (LaneVectors.exact w name [ vector typeof<int64>; typeof<int> ])
                    [ a; Expression.Constant 32 ]

            value |> shift "ShiftLeft" |> shift "ShiftRightArithmetic"
        else
            value

    member private x.Convert(node: int) : Expression[] =
        let n = p[node]
        let source = n.Args[0]
        let a = if p[source].Dtype = Bool then [||] else values[source]
        let longsOf () = if block.IsNarrow then [| widen typeof<int> 0 a[0]; widen typeof<int> 1 a[0] |] else a
        let toDouble v = unary "ConvertToDouble" typeof<int64> v

        match p[source].Dtype, n.Dtype with
        | Bool, target ->
            let element = x.ElementType target
            let bits = if target.IsFloat then BitConverter.DoubleToInt64Bits 1.0 else 1L
            Array.init (x.Parts target) (fun part ->
                LaneVectors.select
                    w
                    (LaneVectors.cast w element (x.MaskFor(target, part, source)))
                    (x.Number(element, target, bits))
                    (LaneVectors.zero w element))
        | Float64, Float32 -> [| narrow typeof<float> a[0] a[1] |]
        | Float32, Float64 -> [| widen typeof<float32> 0 a[0]; widen typeof<float32> 1 a[0] |]
        | Int32, Float32 -> [| unary "ConvertToSingle" typeof<int> a[0] |]
        | Int32, Float64 -> longsOf () |> Array.map toDouble
        | Int32, Int64 -> longsOf ()
        | Int64, Float64 -> a |> Array.map toDouble
        | Int64, Int32 ->
            if block.IsNarrow then
                [| narrow typeof<int64> a[0] a[1] |]
            else
                [| x.Wrapped(Int32, a[0]) |]
        | from, target -> raise (NotLanesException $"a cast from {from} to {target}")

    member private x.Far(op: ElementOp, parameter: float, args: Expression list) : Expression =
        let few = p.Nodes.Count <= LaneEmitter.MostNodesInPlace w && LaneGraph.farCount p <= LaneEmitter.MostInPlace

        let vector = args.Head.Type

        if few then
            let further: Expression list = if op = ElementOp.Power then [ Expression.Constant parameter ] else []
            LaneVectors.call (LaneFarMethods.direct op vector args.Length) (args @ further)
        else
            LaneVectors.call (LaneFarMethods.find op parameter vector args.Length) args

    member private x.Element(node: int, op: ElementOp, parameter: float) : Expression[] =
        let n = p[node]
        let arg k = values[n.Args[k]]
        let one f = Array.map f (arg 0)
        let two (f: Expression -> Expression -> Expression) = Array.map2 f (arg 0) (arg 1)
        let wrapped = Array.map (fun v -> x.Wrapped(n.Dtype, v))

        match op with
        | ElementOp.Add -> two (fun a b -> Expression.Add(a, b)) |> wrapped
        | ElementOp.Sub -> two (fun a b -> Expression.Subtract(a, b)) |> wrapped
        | ElementOp.Mul -> two (fun a b -> Expression.Multiply(a, b)) |> wrapped
        | ElementOp.Div -> two (fun a b -> Expression.Divide(a, b))
        | ElementOp.Neg when n.Dtype.IsFloat ->
            let sign = x.Number(x.ElementType n.Dtype, n.Dtype, BitConverter.DoubleToInt64Bits -0.0)
            one (fun a -> Expression.ExclusiveOr(a, sign))
        | ElementOp.Neg -> one (fun a -> Expression.Negate a :> Expression) |> wrapped
        | ElementOp.Max -> two (generic2 "Max")
        | ElementOp.Min -> two (generic2 "Min")
        | ElementOp.And -> two (fun a b -> Expression.And(a, b))
        | ElementOp.Or -> two (fun a b -> Expression.Or(a, b))
        | ElementOp.Xor -> two (fun a b -> Expression.ExclusiveOr(a, b))
        | ElementOp.Abs when n.Dtype.IsFloat -> one (generic1 "Abs")
        | ElementOp.Sqrt -> one (generic1 "Sqrt")
        | ElementOp.Power when parameter = 2.0 -> one (fun a -> Expression.Multiply(a, a))
        | ElementOp.Power when parameter = -1.0 ->
            let unit = x.Number(x.ElementType n.Dtype, n.Dtype, BitConverter.DoubleToInt64Bits 1.0)
            one (fun a -> Expression.Divide(unit, a))
        | ElementOp.Fma ->
            let v = vector (x.ElementType n.Dtype)
            let fma = LaneVectors.exact w "FusedMultiplyAdd" [ v; v; v ]
            Array.map3 (fun a b c -> LaneVectors.call fma [ a; b; c ]) (arg 0) (arg 1) (arg 2)
        | ElementOp.Select ->
            Array.init (x.Parts n.Dtype) (fun part ->
                let a, b = arg 1, arg 2
                LaneVectors.select w (x.MaskFor(n.Dtype, part, n.Args[0])) a[part] b[part])
        | _ when not n.Dtype.IsFloat -> raise (NotLanesException $"{op} of {n.Dtype}")
        | _ when n.Args.Length = 1 -> one (fun a -> x.Far(op, parameter, [ a ]))
        | _ -> two (fun a b -> x.Far(op, parameter, [ a; b ]))

    /// A call that reads and writes its vectors in the two scratch slots of the block.
    member private x.ThroughMemory(node: int, call: Expression -> Expression -> Expression) : Expression[] =
        let n = p[node]
        let from, target = code.Slots.Length, code.Slots.Length + 1
        let list =
            if uniform[node] then before
            elif isLate then late
            else body

        let reference dtype slot : Expression =
            let element = x.ElementType dtype
            let start = x.Place(element, slot, 0)
            Expression.Call(
                (LaneEmitter.Method(typeof<LaneFar>, "Address")).MakeGenericMethod element,
                x.Block element,
                start
            )

        values[n.Args[0]] |> Array.iteri (fun part v -> list.Add(x.Store(from, part, v)))
        list.Add(call (reference p[n.Args[0]].Dtype from) (reference n.Dtype target))
        Array.init (x.Parts n.Dtype) (fun part -> x.Load(n.Dtype, target, part))

    /// The address of a shared array, as a number of the block.
    member private _.TableAddress(table: int) : Expression =
        let start = int64 (block.TablesAt + 8 * table) / 8L
        Expression.Call(
            LaneEmitter.Method(typeof<LaneFar>, "Number"),
            longs,
            LaneEmitter.Index(Expression.Constant start)
        )

    member private x.Table(node: int) : Expression[] =
        let n = p[node]
        let number (i: int) : Expression = Expression.Constant i
        let isWide = x.ElementType p[n.Args[0]].Dtype = typeof<int64>
        let method name = LaneEmitter.Method(typeof<LaneTables>, name)

        match n.Op with
        | Pick(table, count, stride, offset) ->
            x.ThroughMemory(
                node,
                fun from target ->
                    Expression.Call(
                        method "Pick",
                        x.TableAddress table,
                        number n.Dtype.Size,
                        number count,
                        number stride,
                        number offset,
                        from,
                        Expression.Constant isWide,
                        target,
                        number lanes
                    )
            )
        | Search(table, count, right) ->
            let elements = ElementGroup.elementType p[n.Args[0]].Dtype
            x.ThroughMemory(
                node,
                fun from target ->
                    Expression.Call(
                        method "Search",
                        x.TableAddress table,
                        Expression.Constant elements,
                        number count,
                        Expression.Constant right,
                        from,
                        target,
                        number lanes
                    )
            )
        | _ -> raise (NotLanesException "no table")

    /// Computes a node. A value that is used once is nested into its user: a variable for each would be twice as slow.
    member private x.Compute(node: int) =
        let n = p[node]

        if n.Dtype <> Bool then
            let computed =
                match n.Op with
                | Known bits ->
                    let element = x.ElementType n.Dtype
                    Array.init (x.Parts n.Dtype) (fun _ -> x.Number(element, n.Dtype, bits))
                | OfLane slot -> Array.init (x.Parts n.Dtype) (fun part -> x.Load(n.Dtype, slot, part))
                | OfAll index -> Array.init (x.Parts n.Dtype) (fun _ -> x.LoadShared(n.Dtype, index))
                | ToDtype -> x.Convert node
                | Computed(op, parameter) -> x.Element(node, op, parameter)
                | Pick _
                | Search _ -> x.Table node

            let isNested =
                match n.Op with
                | Known _
                | OfAll _ -> true
                // the slots are overwritten at the end of the iteration
                | OfLane _
                | Pick _
                | Search _ -> false
                | Computed _
                | ToDtype -> uses[node] = 1 && not uniform[node] && computed.Length = 1

            values[node] <- if isNested then computed else computed |> Array.map (fun v -> x.Keep(v, uniform[node]))

    // ── the iteration ────────────────────────────────────────────────────────────────────────────────────────────
    /// The vectors of a node as they are stored.
    member private x.Stored(node: int) : Expression[] =
        if p[node].Dtype = Bool then x.Mask(false, node) else values[node]

    /// A mask variable as the mask of a vector of this dtype.
    member private x.Fitted(dtype: Dtype, part: int, mask: Expression) : Expression =
        if x.Parts dtype = 2 then widen typeof<int> part mask else mask

    member private x.Next(live: Expression, moved: Expression) : Expression list =
        [ for struct (slot, node, isState) in code.Next do
              let dtype = p[node].Dtype
              let mask = if isState then moved else live

              for part in 0 .. x.Parts dtype - 1 do
                  let value = (x.Stored node)[part]
                  let old = x.Load(dtype, slot, part)
                  x.Store(slot, part, LaneVectors.select w (x.Fitted(dtype, part, mask)) value old) ]

    /// Stores which lanes wrote, and the emissions if there is one.
    member private x.Emissions(moved: Expression, anyWrote: ParameterExpression) : Expression list =
        let streams = code.Streams |> Array.filter (fun s -> s.Emits.Length > 0)

        if streams.Length = 0 then
            []
        else
            let wrote = streams |> Array.map (fun _ -> Expression.Variable(moved.Type))
            variables.AddRange wrote
            let writes = streams |> Array.map (fun s -> x.Mask(false, s.Write)[0])
            isLate <- true

            for i in 0 .. p.Nodes.Count - 1 do
                if needed[i] && not always[i] then x.Compute i

            let stores =
                [ for s in streams do
                      for struct (node, slot) in s.Emits do
                          for part in 0 .. x.Parts p[node].Dtype - 1 do
                              x.Store(slot, part, (x.Stored node)[part]) ]

            let any: Expression =
                wrote |> Array.map (fun v -> v :> Expression) |> Array.reduce (fun a b -> Expression.Or(a, b))
            let isAny = Expression.NotEqual(any, LaneVectors.zero w (LaneVectors.elementOf moved))

            [ for k in 0 .. streams.Length - 1 do
                  Expression.Assign(wrote[k], Expression.And(moved, writes[k]))
                  x.Store(streams[k].Wrote, 0, wrote[k])
              Expression.Assign(anyWrote, Expression.Or(anyWrote, any))
              Expression.IfThen(isAny, Expression.Block(typeof<Void>, Seq.append late stores)) ]

    /// The kernel: skips vectors without live lanes.
    member x.Compile() : LaneKernel =
        let first, last = Expression.Parameter typeof<int64>, Expression.Parameter typeof<int64>
        let maskType = vector (x.ElementType Bool)
        let mask () = Expression.Variable maskType
        let live, moved, ends, anyEnds, anyWrote = mask (), mask (), mask (), mask (), mask ()
        let zero = LaneVectors.zero w (x.ElementType Bool)
        let skip, over = Expression.Label(), Expression.Label()

        for i in 0 .. p.Nodes.Count - 1 do
            if always[i] then x.Compute i

        let keep, finish = x.Mask(false, code.Keep)[0], x.Mask(false, code.Finish)[0]
        let next = x.Next(live, moved)
        let emissions = x.Emissions(moved, anyWrote)

        // vectors without live lanes neither move nor write
        let idle: Expression list =
            [ x.Store(code.Moved, 0, zero)
              for s in code.Streams do
                  if s.Emits.Length > 0 then x.Store(s.Wrote, 0, zero)
              Expression.Goto skip ]

        let iteration: Expression list =
            [ Expression.Assign(live, x.Load(Bool, code.Live, 0))
              Expression.IfThen(Expression.Equal(live, zero), Expression.Block(typeof<Void>, idle))
              yield! body
              Expression.Assign(moved, Expression.And(live, keep))
              x.Store(code.Moved, 0, moved)
              yield! emissions
              yield! next
              Expression.Assign(ends, Expression.And(live, finish))
              x.Store(code.Live, 0, generic2 "AndNot" live ends)
              Expression.Assign(anyEnds, Expression.Or(anyEnds, ends))
              Expression.Label skip
              Expression.AddAssign(at, Expression.Constant(int64 lanes)) ]

        let flag (value: int64) (any: ParameterExpression) : Expression =
            Expression.Condition(Expression.Equal(any, zero), Expression.Constant 0L, Expression.Constant value)

        let whole: Expression list =
            [ Expression.Assign(anyEnds, zero)
              Expression.Assign(anyWrote, zero)
              Expression.Assign(at, Expression.Constant 0L)
              yield! before
              Expression.Assign(at, first)
              Expression.Loop(
                  Expression.IfThenElse(
                      Expression.LessThan(at, last),
                      Expression.Block(typeof<Void>, iteration),
                      Expression.Break over
                  ),
                  over
              )
              Expression.Add(flag 1L anyEnds, flag 2L anyWrote) ]

        let all = Seq.append variables [ at; live; moved; ends; anyEnds; anyWrote ]
        let block = Expression.Block(typeof<int64>, all, whole)
        Expression.Lambda<LaneKernel>(block, [| singles; doubles; ints; longs; first; last |]).Compile()

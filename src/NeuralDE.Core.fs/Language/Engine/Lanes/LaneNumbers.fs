namespace NeuralDE.Internal.Engine

open System
open System.Linq.Expressions
open System.Reflection
open System.Runtime.CompilerServices
open NeuralDE
open NeuralDE.Kernels

/// Numbers of a block as vectors of one width: where they lie, constants, conversions and arithmetic. A number of the program
/// is one vector, or two if it has 8 bytes beside float32.
[<Sealed>]
type internal LaneNumbers(w: VectorWidth, block: LaneBlock) =
    let reference t = Expression.Parameter((t: Type).MakeByRefType())
    let singles, doubles = reference typeof<float32>, reference typeof<float>
    let ints, longs = reference typeof<int>, reference typeof<int64>
    let at = Expression.Variable(typeof<int64>, "at")
    let vector element = LaneVectors.vectorOf w element
    let unary name (element: Type) a = LaneVectors.call (LaneVectors.exact w name [ vector element ]) [ a ]
    let generic1 name (a: Expression) = LaneVectors.call (LaneVectors.generic w name 1 (LaneVectors.elementOf a)) [ a ]

    let generic2 name (a: Expression) b =
        LaneVectors.call (LaneVectors.generic w name 2 (LaneVectors.elementOf a)) [ a; b ]

    member _.Width = w
    member _.Block = block

    /// The lanes of a vector.
    member val Lanes = if block.IsNarrow then w.Bytes / 4 else w.Bytes / 8

    /// The first bytes of the block as numbers of each type.
    member val Parameters = [| singles; doubles; ints; longs |]

    /// The first lane of the current vectors.
    member _.At = at

    member _.ElementType(dtype: Dtype) : Type =
        match dtype with
        | Float32 -> typeof<float32>
        | Float64 -> typeof<float>
        | Int64 -> typeof<int64>
        | Int32
        | Bool -> if block.IsNarrow then typeof<int> else typeof<int64>

    /// The number of vectors of one number.
    member _.Parts(dtype: Dtype) =
        match dtype with
        | Float64
        | Int64 when block.IsNarrow -> 2
        | _ -> 1

    /// The vector type that holds a flag of each lane.
    member x.MaskType = vector (x.ElementType Bool)

    /// A new variable for each vector of a number.
    member x.Variables(dtype: Dtype) : ParameterExpression[] =
        Array.init (x.Parts dtype) (fun _ -> Expression.Variable(vector (x.ElementType dtype)))

    // ── places ───────────────────────────────────────────────────────────────────────────────────────────────────
    member private _.Start(element: Type) : Expression =
        if element = typeof<float32> then singles
        elif element = typeof<float> then doubles
        elif element = typeof<int> then ints
        else longs

    static member private Method(holder: Type, name: string) : MethodInfo =
        match holder.GetMethod(name, BindingFlags.Static ||| BindingFlags.Public) with
        | null -> raise (GraphException $"{holder.Name} has no {name}")
        | m -> m

    static member val private BitCast =
        LaneNumbers.Method(typeof<Unsafe>, "BitCast").MakeGenericMethod(typeof<int64>, typeof<unativeint>)

    static member private SizeOf(element: Type) = if element = typeof<float32> || element = typeof<int> then 4 else 8

    /// From int64. A boxed constant would be unboxed at each use, and the conversion operator is a method: the .NET compiler
    /// inlines none in a method of more than 512 variables, and needs one for each that it inlines.
    static member private Index(offset: Expression) : Expression = LaneVectors.call LaneNumbers.BitCast [ offset ]

    /// The index of a vector of a slot, in elements.
    member private _.Place(element: Type, slot: int, part: int) : Expression =
        let size = LaneNumbers.SizeOf element
        let start = int64 slot * 8L * int64 block.Lanes / int64 size + int64 (part * w.Bytes / size)
        LaneNumbers.Index(Expression.Add(at, Expression.Constant start))

    member x.Load(dtype: Dtype, slot: int, part: int) : Expression =
        let element = x.ElementType dtype
        LaneVectors.load w (x.Start element) (x.Place(element, slot, part))

    member x.Store(slot: int, part: int, value: Expression) : Expression =
        let element = LaneVectors.elementOf value
        LaneVectors.store w value (x.Start element) (x.Place(element, slot, part))

    member x.LoadShared(dtype: Dtype, index: int) : Expression =
        let element = x.ElementType dtype
        let start = int64 (block.SharedAt + 64 * index) / int64 (LaneNumbers.SizeOf element)
        LaneVectors.load w (x.Start element) (LaneNumbers.Index(Expression.Constant start))

    /// The address of the current vectors of a slot.
    member x.Address(dtype: Dtype, slot: int) : Expression =
        let element = x.ElementType dtype
        Expression.Call(
            (LaneNumbers.Method(typeof<LaneFar>, "Address")).MakeGenericMethod element,
            x.Start element,
            x.Place(element, slot, 0)
        )

    // ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
    member _.Number(element: Type, dtype: Dtype, bits: int64) : Expression =
        let number: obj =
            if dtype.IsFloat then
                let x = BitConverter.Int64BitsToDouble bits
                if element = typeof<float32> then float32 x else x
            elif element = typeof<int> then
                int bits
            else
                bits

        LaneVectors.create w element number

    /// Half of the lanes as elements of twice the size.
    member _.Widen(element, part, a) : Expression = unary (if part = 0 then "WidenLower" else "WidenUpper") element a

    member _.Narrow(element, a, b) : Expression =
        LaneVectors.call (LaneVectors.exact w "Narrow" [ vector element; vector element ]) [ a; b ]

    /// a and not b
    member _.AndNot(a, b) : Expression = generic2 "AndNot" a b

    /// An int32 in 64-bit lanes wraps as one of 32 bits.
    member private _.Wrapped(dtype: Dtype, value: Expression) : Expression =
        if dtype = Int32 && not block.IsNarrow then
            let shift name (a: Expression) =
                LaneVectors.call
                    (LaneVectors.exact w name [ vector typeof<int64>; typeof<int> ])
                    [ a; Expression.Constant 32 ]

            value |> shift "ShiftLeft" |> shift "ShiftRightArithmetic"
        else
            value

    /// To integers: truncates and saturates, as the kernels do.
    member private x.Truncated(from: Dtype, target: Dtype, a: Expression[]) : Expression[] =
        match from, target with
        | Float32, Int32 -> [| unary "ConvertToInt32" typeof<float32> a[0] |]
        | Float32, _ -> x.Truncated(Float64, target, x.Convert(Float32, Float64, a))
        | _, Int32 ->
            let limit (value: int) = LaneVectors.create w typeof<float> (float value)
            let within v = generic2 "Min" (generic2 "Max" v (limit Int32.MinValue)) (limit Int32.MaxValue)
            x.Convert(Int64, Int32, x.Truncated(Float64, Int64, Array.map within a))
        | _ -> a |> Array.map (unary "ConvertToInt64" typeof<float>)

    /// A number of another dtype; not from or to flags.
    member x.Convert(from: Dtype, target: Dtype, a: Expression[]) : Expression[] =
        let widened element = Array.init 2 (fun part -> x.Widen(element, part, a[0]))
        let longsOf () = if block.IsNarrow then widened typeof<int> else a

        match from, target with
        | Float64, Float32 -> [| x.Narrow(typeof<float>, a[0], a[1]) |]
        | Float32, Float64 -> widened typeof<float32>
        | Int32, Float32 -> [| unary "ConvertToSingle" typeof<int> a[0] |]
        | Int32, Float64 -> longsOf () |> Array.map (unary "ConvertToDouble" typeof<int64>)
        | Int32, Int64 -> longsOf ()
        | Int64, Float64 -> a |> Array.map (unary "ConvertToDouble" typeof<int64>)
        | Int64, Int32 when block.IsNarrow -> [| x.Narrow(typeof<int64>, a[0], a[1]) |]
        | Int64, Int32 -> [| x.Wrapped(Int32, a[0]) |]
        | (Float32 | Float64), (Int32 | Int64) -> x.Truncated(from, target, a)
        | _ -> raise (NotLanesException $"a cast from {from} to {target}")

    /// An operation that is a few instructions; ValueNone for all others.
    member x.Arithmetic(op: ElementOp, parameter: float, dtype: Dtype, args: Expression[][]) : Expression[] voption =
        let one (f: Expression -> Expression) = ValueSome(Array.map f args[0])
        let two (f: Expression -> Expression -> Expression) = ValueSome(Array.map2 f args[0] args[1])
        let wrapped = ValueOption.map (Array.map (fun v -> x.Wrapped(dtype, v)))
        let float (value: float) = x.Number(x.ElementType dtype, dtype, BitConverter.DoubleToInt64Bits value)

        match op with
        | ElementOp.Add -> two (fun a b -> Expression.Add(a, b)) |> wrapped
        | ElementOp.Sub -> two (fun a b -> Expression.Subtract(a, b)) |> wrapped
        | ElementOp.Mul -> two (fun a b -> Expression.Multiply(a, b)) |> wrapped
        | ElementOp.Div -> two (fun a b -> Expression.Divide(a, b))
        | ElementOp.Neg when dtype.IsFloat -> one (fun a -> Expression.ExclusiveOr(a, float -0.0))
        | ElementOp.Neg -> one (fun a -> Expression.Negate a) |> wrapped
        | ElementOp.Max -> two (generic2 "Max")
        | ElementOp.Min -> two (generic2 "Min")
        | ElementOp.And -> two (fun a b -> Expression.And(a, b))
        | ElementOp.Or -> two (fun a b -> Expression.Or(a, b))
        | ElementOp.Xor -> two (fun a b -> Expression.ExclusiveOr(a, b))
        | ElementOp.Abs when dtype.IsFloat -> one (generic1 "Abs")
        | ElementOp.Sqrt -> one (generic1 "Sqrt")
        | ElementOp.Power when parameter = 2.0 -> one (fun a -> Expression.Multiply(a, a))
        | ElementOp.Power when parameter = -1.0 -> one (fun a -> Expression.Divide(float 1.0, a))
        | ElementOp.Fma ->
            let v = vector (x.ElementType dtype)
            let fma = LaneVectors.exact w "FusedMultiplyAdd" [ v; v; v ]
            ValueSome(Array.map3 (fun a b c -> LaneVectors.call fma [ a; b; c ]) args[0] args[1] args[2])
        | ElementOp.FoldKey -> two (fun a b -> LaneVectors.call (LaneFarMethods.fold a.Type) [ a; b ])
        | _ -> ValueNone

namespace NeuralDE

open System
open System.Numerics
open System.Threading
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Engine
open NeuralDE.Internal.Tensor

/// A run of a user's function on placeholders. It is open from its start until its graph is closed.
[<Sealed; AllowNullLiteral>]
type internal Trace(level: int, verb: string, firstSerial: int64) =
    member val IsOpen = true with get, set

    /// In `dynamic`: reads the numbers of an expression over placeholders with known numbers.
    member val Reader: (Tensor -> NdArray) voption = ValueNone with get, set

    member _.Level = level

    /// The verb that called the function, for messages.
    member _.Verb = verb

    /// Tensors made before this trace have smaller serial numbers.
    member _.FirstSerial = firstSerial

/// The content of a tensor.
and [<RequireQualifiedAccess; NoEquality; NoComparison>] internal Content =
    /// Numbers: an input of every graph that captures them.
    | Value of NdArray
    /// An expression that becomes part of a graph's structure, computed when its numbers are read: a small expression
    /// of constants, or a broadcast of numbers, of which a graph captures only the numbers before the broadcast.
    | Structure of Op * Tensor[] * depth: int * Lazy<NdArray>
    /// A placeholder (Input) or an expression over placeholders of an open trace.
    | Open of Trace * serial: int64 * Op * Tensor[]

/// <summary>An immutable array of numbers with a shape and a dtype.</summary>
/// <remarks>
/// Outside a transform, operations compute immediately. Inside a function given to <c>grad</c>, <c>vmap</c>,
/// <c>compile</c> or a solver, tensors that depend on the function's argument are placeholders: the same operations
/// record a graph. Shapes are written outermost axis first; broadcasting follows NumPy; a plain number is converted to
/// the tensor's dtype; tensors of different dtypes need a cast. Equality is by reference. An axis has up to 2³¹ − 1
/// elements, a stored tensor up to 2 147 483 591; an intermediate result of a transform may have more.
/// </remarks>
and [<Sealed; StructuredFormatDisplay("{Text}")>] Tensor internal (signature: Signature, content: Content) =
    inherit Subscripted<Tensor>()

    static let mutable serial = 0L

    [<ThreadStatic; DefaultValue>]
    static val mutable private level: int

    static let maxStructureDepth = 8

    member internal _.Signature = signature
    member internal _.Content = content

    /// The extents of the axes, outermost first; empty for one number. A new array.
    member _.Shape = Array.copy signature.Shape

    member _.Dtype = signature.Dtype
    member internal _.Dims = signature.Shape
    member _.Rank = signature.Shape.Length

    /// The extent of the first axis.
    member _.Length =
        if signature.Shape.Length = 0 then
            raise (
                ShapeException
                    "Tensor.Length: a tensor of shape [] has no axis to count. Use Count for the number of elements."
            )

        signature.Shape[0]

    /// The number of elements. ShapeException if it exceeds int, which is possible for an intermediate result of a
    /// transform; use LongCount.
    member _.Count: int =
        let n = Shape.size signature.Shape

        if n > int64 Int32.MaxValue then
            raise (
                ShapeException
                    $"Tensor.Count: a tensor of shape {Shape.text signature.Shape} has {string n} elements, more than an int can count. Use LongCount."
            )

        int n

    /// The number of elements as int64.
    member _.LongCount: int64 = Shape.size signature.Shape

    /// Whether the tensor stands for numbers not yet known, inside a function that is being transformed.
    member _.IsPlaceholder =
        match content with
        | Content.Value _
        | Content.Structure _ -> false
        | Content.Open _ -> true

    // ── making ───────────────────────────────────────────────────────────────────────────────────────────────────
    static member private NextSerial() =
        Counters.AddRecorded()
        Interlocked.Increment &serial

    static member internal OfArray(a: NdArray) = Tensor({ Dtype = a.Dtype; Shape = a.Shape }, Content.Value a)

    static member internal Placeholder(trace: Trace, index, signature) =
        Tensor(signature, Content.Open(trace, Tensor.NextSerial(), Input index, [||]))

    /// Opens a trace and passes it to `body`; it stays open until `body` ends.
    static member internal Tracing(verb: string, body: Trace -> 'T) : 'T =
        let trace = Trace(Tensor.level + 1, verb, Interlocked.Read &serial + 1L)
        Tensor.level <- trace.Level

        try
            body trace
        finally
            trace.IsOpen <- false
            Tensor.level <- trace.Level - 1

    static member internal Literal(dtype: Dtype, x: float) =
        Tensor.Apply(Constant { Literal.Dtype = dtype; Bits = DtypeRules.bitsOf dtype x }, [||])

    /// A constant of the trace to which `like` belongs: operations on it are recorded instead of computed.
    static member internal LiteralBeside(like: Tensor, dtype: Dtype, x: float) =
        let literal = Tensor.Literal(dtype, x)

        match like.Content, literal.Content with
        | Content.Open(trace, _, _, _), Content.Structure(op, args, _, _) when trace.IsOpen ->
            Tensor(literal.Signature, Content.Open(trace, Tensor.NextSerial(), op, args))
        | _ -> literal

    /// A number in a user's expression: data, except 0, ±1, ±2 and ½, which simplification rules recognise.
    static member internal Number(dtype: Dtype, x: float) =
        DtypeRules.requireFits dtype x

        if x = 0.0 || x = 1.0 || x = -1.0 || x = 2.0 || x = -2.0 || x = 0.5 then
            Tensor.Literal(dtype, x)
        else
            Tensor.OfArray(NdArray.OfFloats(dtype, [||], [| x |]))

    static member private Deepest(args: Tensor[]) : Trace =
        let mutable deepest: Trace = null

        for arg in args do
            match arg.Content with
            | Content.Open(trace, _, _, _) ->
                if not trace.IsOpen then
                    raise (
                        TraceException
                            $"a placeholder of {trace.Verb} outlived its function. Return the tensor from the function instead of storing it elsewhere."
                    )

                if isNull deepest || trace.Level > deepest.Level then deepest <- trace
            | Content.Value _
            | Content.Structure _ -> ()

        deepest

    static member private StructureDepth(args: Tensor[]) =
        let mutable depth = 0

        for arg in args do
            match arg.Content with
            | Content.Structure(_, _, d, _) -> depth <- max depth d
            | Content.Value _
            | Content.Open _ -> depth <- maxStructureDepth

        depth + 1

    /// Refuses a shape of a result that would be computed immediately and is too large to store.
    static member internal Made(name: string, args: Tensor[], shape: int[]) =
        let n = Shape.sizeIn name shape

        if
            n > int64 Shape.mostStored
            && isNull (Tensor.Deepest args)
            && Tensor.StructureDepth args >= maxStructureDepth
        then
            Shape.stored name shape |> ignore

    /// Whether an operation repeats its argument.
    static member private IsSpread(op: Op, signature: Signature, args: Tensor[]) =
        match op with
        | Broadcast _ -> Shape.size signature.Shape > Shape.size args[0].Dims
        | _ -> false // all others compute, or keep the number of elements

    /// Like NumbersOf, if some arguments are not numbers in managed memory.
    static member private PlacedNumbersOf(args: Tensor[]) : NdArray[] =
        let mutable place: Executor | null = null

        for arg in args do
            match arg.Content with
            | Content.Value a -> if not (isNull a.Buffer) then place <- Placement.ofArgs [| a |]
            | Content.Structure _
            | Content.Open _ -> ()

        match place with
        | null -> args |> Array.map (fun a -> a.Numbers)
        | executor ->
            args
            |> Array.map (fun arg ->
                match arg.Content with
                | Content.Structure(Broadcast _ as op, [| one |], _, made) when
                    one.LongCount = 1L && not made.IsValueCreated && isNull one.Numbers.Buffer
                    ->
                    executor.Primitive(op, arg.Signature, [| one.Numbers |])
                | _ -> arg.Numbers)

    /// The numbers of the arguments of an immediate operation. A number that is broadcast to the shape of a tensor on a
    /// device is broadcast there, so that no array is allocated here and copied.
    static member private NumbersOf(args: Tensor[]) : NdArray[] =
        let numbers = Array.zeroCreate args.Length
        let mutable count = 0

        for arg in args do
            match arg.Content with
            | Content.Value a when isNull a.Buffer ->
                numbers[count] <- a
                count <- count + 1
            | Content.Value _
            | Content.Structure _
            | Content.Open _ -> ()

        if count = args.Length then numbers else Tensor.PlacedNumbersOf args

    /// Applies an operation: computed immediately on numbers, recorded if an argument is a placeholder.
    static member internal Apply(op: Op, args: Tensor[]) : Tensor =
        let signature = Infer.node op (args |> Array.map (fun a -> a.Signature))
        let trace = Tensor.Deepest args

        if isNull trace then
            let compute () = Execute.primitive op signature (Tensor.NumbersOf args)

            let depth = Tensor.StructureDepth args

            match op with
            | Check check ->
                match check.Find(args |> Array.map (fun a -> a.Numbers)) with
                | ValueSome failure -> raise failure
                | ValueNone -> args[0]
            | _ when depth <= maxStructureDepth ->
                Tensor(signature, Content.Structure(op, args, depth, Lazy<NdArray>(compute)))
            | _ when Tensor.IsSpread(op, signature, args) ->
                Tensor(signature, Content.Structure(op, args, maxStructureDepth, Lazy<NdArray>(compute)))
            | _ -> Tensor(signature, Content.Value(compute ()))
        else
            Tensor(signature, Content.Open(trace, Tensor.NextSerial(), op, args))

    /// A shape filled with one number, allocated when its numbers are read. Operations on it are computed immediately.
    static member internal Filled(one: Tensor, shape: int[]) : Tensor =
        let op = Broadcast(shape, [||])
        let signature = Infer.node op [| one.Signature |]
        let compute () = Execute.primitive op signature [| one.Numbers |]
        Tensor(signature, Content.Structure(op, [| one |], maxStructureDepth, Lazy<NdArray>(compute)))

    /// Applies a function node: run immediately on numbers, recorded if an argument is a placeholder.
    static member internal ApplyFn(fn: Fn, args: Tensor[]) : Tensor[] =
        let outputs = Infer.outputs fn (args |> Array.map (fun a -> a.Signature))
        let trace = Tensor.Deepest args

        if isNull trace then
            Execute.call fn (args |> Array.map (fun a -> a.Numbers)) |> Array.map Tensor.OfArray
        else
            let signature = { Signature.Dtype = Float64; Shape = [||] }
            let bundle = Tensor(signature, Content.Open(trace, Tensor.NextSerial(), Apply fn, args))

            outputs
            |> Array.mapi (fun i s -> Tensor(s, Content.Open(trace, Tensor.NextSerial(), Output i, [| bundle |])))

    // ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────
    member internal x.Numbers: NdArray =
        match content with
        | Content.Value a -> a
        | Content.Structure(_, _, _, a) -> a.Value
        | Content.Open(trace, _, _, _) when trace.IsOpen && trace.Reader.IsSome -> trace.Reader.Value x
        | Content.Open(trace, _, _, _) ->
            raise (
                TraceException
                    $"a placeholder of {trace.Verb} has no numbers yet. To choose by its value use `where` or `cond`; to run code on its numbers use `dynamic`; for output times use `Ode.saveAt`."
            )

    /// <summary>The device on which the numbers are stored and operations on them are computed: the CPU, or a device of
    /// a back end.</summary>
    /// <remarks>TraceException for a placeholder: a traced function runs on the device of its arguments.</remarks>
    member x.Device: Device =
        match content with
        | Content.Value a -> Placement.deviceOf a
        | Content.Structure(_, _, _, a) when a.IsValueCreated -> Placement.deviceOf a.Value
        | Content.Structure(Data { Array = a }, _, _, _) -> Placement.deviceOf a
        | Content.Structure(_, args, _, _) -> // the expression belongs to the device of one of its arguments, if there is one
            let isElsewhere (device: Device) = not (obj.ReferenceEquals(device, Device.cpu))

            args |> Seq.map (fun arg -> arg.Device) |> Seq.tryFind isElsewhere |> Option.defaultValue Device.cpu
        | Content.Open(trace, _, _, _) when trace.IsOpen && trace.Reader.IsSome -> Placement.deviceOf x.Numbers
        | Content.Open(trace, _, _, _) ->
            raise (
                TraceException
                    $"Tensor.Device: a placeholder of {trace.Verb} has no device: the function runs on the device of its arguments. Use the device of its arguments or results."
            )

    /// <summary>The same numbers on a device: the tensor itself if it is already there. Device.cpu moves them
    /// back.</summary>
    /// <remarks>
    /// Operations on the result are computed on that device, and their results stay there. Copies once between the two
    /// memories, after waiting for pending computations. Not differentiable: TraceException for a placeholder.
    /// </remarks>
    member x.ToDevice(device: Device) : Tensor =
        if isNull (box device) then nullArg (nameof device)

        match content with
        | Content.Open(trace, _, _, _) ->
            raise (
                TraceException
                    $"Tensor.ToDevice: got a placeholder of {trace.Verb}, expected numbers: the function runs on the device of its arguments. Move its arguments before the call, with Tree.toDevice."
            )
        | Content.Value _
        | Content.Structure _ ->
            if obj.ReferenceEquals(x.Device, device) then
                x
            else
                Tensor.OfArray(Placement.move device x.Numbers)

    /// The elements in row-major order, as float64. A new array.
    member x.ToArray() : float[] = let a = x.Numbers in a.Fresh a.Floats

    /// The elements in row-major order, as float32. A new array.
    member x.ToFloat32Array() : float32[] = let a = x.Numbers in a.Fresh a.Singles

    /// The elements in row-major order, as int64; floats are truncated. A new array.
    member x.ToInt64Array() : int64[] = let a = x.Numbers in a.Fresh a.Integers

    /// The elements in row-major order; non-zero elements are true. A new array.
    member x.ToBoolArray() : bool[] = let a = x.Numbers in a.Fresh a.Flags

    /// <summary>The elements in row-major order, without a copy.</summary>
    /// <remarks>'T is the tensor's own element type: float, float32, int, int64 or bool; DtypeException
    /// otherwise.</remarks>
    member x.AsSpan<'T>() : ReadOnlySpan<'T> =
        let data = x.Numbers.Data

        // .NET accepts an int[] as an array of unsigned integers; refuse it
        if data.GetType() <> typeof<'T[]> then
            raise (
                DtypeException
                    $"Tensor.AsSpan: got {typeof<'T>.Name} for a tensor of {x.Dtype}, expected its own element type. Cast the tensor first, or use ToArray or ToFloat32Array, which convert."
            )

        ReadOnlySpan<'T>(data :?> 'T[])

    /// <summary>Copies the elements, in row-major order, to the beginning of a span.</summary>
    /// <remarks>Like AsSpan; ShapeException if the span is too short.</remarks>
    member x.CopyTo<'T>(target: Span<'T>) : unit =
        let values = x.AsSpan<'T>()

        if target.Length < values.Length then
            raise (
                ShapeException
                    $"Tensor.CopyTo: got a span of {string target.Length}, expected {string values.Length} or more: the elements of shape {Shape.text signature.Shape}."
            )

        values.CopyTo target

    /// C# may pass null: the exception contains the name of the parameter.
    static member private Given(x: Tensor, name: string) = if isNull (box x) then nullArg name

    static member private One(x: Tensor, verb: string) : NdArray =
        Tensor.Given(x, nameof x)

        if x.LongCount <> 1L then
            raise (
                ShapeException
                    $"{verb}: the tensor has shape {Shape.text x.Dims}, not one element. Pick one, or use ToArray."
            )

        x.Numbers

    /// The one element, truncated; must be at least `least` and below `limit`.
    static member private Whole(x: Tensor, verb: string, least: float, limit: float) : int64 =
        let one = Tensor.One(x, verb)

        if one.Dtype.IsFloat && not (Math.Truncate one.Floats[0] >= least && one.Floats[0] < limit) then
            raise (InputException $"{verb}: {string one.Floats[0]} does not fit {verb}. Use float.")

        one.Integers[0]

    /// The element of a tensor with one element; conversion to an integer truncates, and the value must fit.
    static member op_Explicit(x: Tensor) : float = Tensor.One(x, "float").Floats[0]

    static member op_Explicit(x: Tensor) : float32 = float32 (Tensor.One(x, "float32").Floats[0])
    static member op_Explicit(x: Tensor) : int =
        let n = Tensor.Whole(x, "int", -2147483648.0, 2147483648.0)

        if n < int64 Int32.MinValue || n > int64 Int32.MaxValue then
            raise (InputException $"int: {string n} does not fit int32. Use int64.")

        int n

    static member op_Explicit(x: Tensor) : int64 =
        Tensor.Whole(x, "int64", -9223372036854775808.0, 9223372036854775808.0)

    static member op_Explicit(x: Tensor) : bool = Tensor.One(x, "bool").Flags[0]
    static member op_Implicit(x: float) : Tensor = Tensor.OfArray(NdArray.OfFloats(Float64, [||], [| x |]))
    static member op_Implicit(x: int) : Tensor = Tensor.OfArray(NdArray.OfFloats(Float64, [||], [| float x |]))

    // ── element by element ───────────────────────────────────────────────────────────────────────────────────────
    /// Broadcasts to a shape by NumPy's rule.
    static member internal Stretch(x: Tensor, shape: int[]) =
        if Shape.same x.Dims shape then
            x
        else
            let skip = shape.Length - x.Rank
            let kept = Shape.axes x.Rank |> Array.filter (fun i -> x.Dims[i] = shape[i + skip])

            let squeezed =
                if kept.Length = x.Rank then
                    x
                else
                    Tensor.Apply(Reshape(kept |> Array.map (fun i -> x.Dims[i])), [| x |])

            Tensor.Apply(Broadcast(shape, kept |> Array.map ((+) skip)), [| squeezed |])

    static member private Pair(name: string, op: Op, a: Tensor, b: Tensor) =
        DtypeRules.requireAlike name (a.Dtype, a.Dims) (b.Dtype, b.Dims)
        let shape = Shape.broadcast name a.Dims b.Dims
        if not (obj.ReferenceEquals(shape, a.Dims)) then Tensor.Made(name, [| a; b |], shape)

        Tensor.Apply(op, [| Tensor.Stretch(a, shape); Tensor.Stretch(b, shape) |])

    static member internal Binary(op: Binary, a: Tensor, b: Tensor) =
        Tensor.Given(a, nameof a)
        Tensor.Given(b, nameof b)

        let name = DtypeRules.nameOf op
        DtypeRules.requireBinary name op a.Dtype b.Dtype
        Tensor.Pair(name, Op.Binary op, a, b)

    static member internal Compare(name: string, op: Compare, a: Tensor, b: Tensor) =
        Tensor.Given(a, nameof a)
        Tensor.Given(b, nameof b)
        Tensor.Pair(name, Op.Compare op, a, b)

    static member internal Unary(op: Unary, x: Tensor) =
        Tensor.Given(x, nameof x)
        DtypeRules.requireUnary op x.Dtype
        Tensor.Apply(Op.Unary op, [| x |])

    static member private With(op: Binary, a: Tensor, b: float) =
        Tensor.Given(a, nameof a)
        Tensor.Binary(op, a, Tensor.Number(a.Dtype, b))

    static member private With(op: Binary, a: float, b: Tensor) =
        Tensor.Given(b, nameof b)
        Tensor.Binary(op, Tensor.Number(b.Dtype, a), b)

    static member (+)(a: Tensor, b: Tensor) = Tensor.Binary(Add, a, b)
    static member (+)(a: Tensor, b: float) = Tensor.With(Add, a, b)
    static member (+)(a: Tensor, b: int) = Tensor.With(Add, a, float b)
    static member (+)(a: Tensor, b: float32) = Tensor.With(Add, a, float b)
    static member (+)(a: float, b: Tensor) = Tensor.With(Add, a, b)
    static member (+)(a: int, b: Tensor) = Tensor.With(Add, float a, b)
    static member (+)(a: float32, b: Tensor) = Tensor.With(Add, float a, b)
    static member (-)(a: Tensor, b: Tensor) = Tensor.Binary(Sub, a, b)
    static member (-)(a: Tensor, b: float) = Tensor.With(Sub, a, b)
    static member (-)(a: Tensor, b: int) = Tensor.With(Sub, a, float b)
    static member (-)(a: Tensor, b: float32) = Tensor.With(Sub, a, float b)
    static member (-)(a: float, b: Tensor) = Tensor.With(Sub, a, b)
    static member (-)(a: int, b: Tensor) = Tensor.With(Sub, float a, b)
    static member (-)(a: float32, b: Tensor) = Tensor.With(Sub, float a, b)
    static member (*)(a: Tensor, b: Tensor) = Tensor.Binary(Mul, a, b)
    static member (*)(a: Tensor, b: float) = Tensor.With(Mul, a, b)
    static member (*)(a: Tensor, b: int) = Tensor.With(Mul, a, float b)
    static member (*)(a: Tensor, b: float32) = Tensor.With(Mul, a, float b)
    static member (*)(a: float, b: Tensor) = Tensor.With(Mul, a, b)
    static member (*)(a: int, b: Tensor) = Tensor.With(Mul, float a, b)
    static member (*)(a: float32, b: Tensor) = Tensor.With(Mul, float a, b)
    static member (/)(a: Tensor, b: Tensor) = Tensor.Binary(Div, a, b)
    static member (/)(a: Tensor, b: float) = Tensor.With(Div, a, b)
    static member (/)(a: Tensor, b: int) = Tensor.With(Div, a, float b)
    static member (/)(a: Tensor, b: float32) = Tensor.With(Div, a, float b)
    static member (/)(a: float, b: Tensor) = Tensor.With(Div, a, b)
    static member (/)(a: int, b: Tensor) = Tensor.With(Div, float a, b)
    static member (/)(a: float32, b: Tensor) = Tensor.With(Div, float a, b)
    static member (%)(a: Tensor, b: Tensor) = Tensor.Binary(Mod, a, b)
    static member (%)(a: Tensor, b: float) = Tensor.With(Mod, a, b)
    static member (%)(a: Tensor, b: int) = Tensor.With(Mod, a, float b)
    static member (~-)(x: Tensor) = Tensor.Unary(Neg, x)

    // these make F#'s own functions work on tensors: sin x, exp x, abs x, x ** 2.0, List.sum
    static member Pow(x: Tensor, a: float) = Tensor.Unary(Power a, x)
    static member Pow(x: Tensor, a: int) = Tensor.Unary(Power(float a), x)

    static member Pow(x: Tensor, a: Tensor) =
        Tensor.Given(x, nameof x)
        Tensor.Given(a, nameof a)
        Tensor.Binary(Pow, x, a)

    static member Pow(x: float, a: Tensor) =
        Tensor.Given(a, nameof a)
        Tensor.Binary(Pow, Tensor.Number(a.Dtype, x), a)

    static member Sin(x: Tensor) = Tensor.Unary(Sin, x)
    static member Cos(x: Tensor) = Tensor.Unary(Cos, x)
    static member Tan(x: Tensor) = Tensor.Unary(Tan, x)
    static member Asin(x: Tensor) = Tensor.Unary(Asin, x)
    static member Acos(x: Tensor) = Tensor.Unary(Acos, x)
    static member Atan(x: Tensor) = Tensor.Unary(Atan, x)

    static member Atan2(y: Tensor, x: Tensor) =
        Tensor.Given(y, nameof y)
        Tensor.Given(x, nameof x)
        Tensor.Binary(Atan2, y, x)

    static member Sinh(x: Tensor) = Tensor.Unary(Sinh, x)
    static member Cosh(x: Tensor) = Tensor.Unary(Cosh, x)
    static member Tanh(x: Tensor) = Tensor.Unary(Tanh, x)
    static member Exp(x: Tensor) = Tensor.Unary(Exp, x)
    static member Log(x: Tensor) = Tensor.Unary(Log, x)
    static member Log10(x: Tensor) = Tensor.Unary(Log, x) / Math.Log 10.0
    static member Sqrt(x: Tensor) = Tensor.Unary(Sqrt, x)
    static member Abs(x: Tensor) = Tensor.Unary(Abs, x)
    static member Floor(x: Tensor) = Tensor.Unary(Floor, x)
    static member Ceiling(x: Tensor) = Tensor.Unary(Ceil, x)
    static member Round(x: Tensor) = Tensor.Unary(Round, x)

    /// The additive identity, so that List.sum and List.sumBy work on tensors of float64.
    static member Zero = Tensor.Literal(Float64, 0.0)

    interface ISubtractionOperators<Tensor, Tensor, Tensor> with
        static member (-)(a: Tensor, b: Tensor) = Tensor.Binary(Sub, a, b)

    // ── indexing ─────────────────────────────────────────────────────────────────────────────────────────────────
    static member internal Range(x: Tensor, axis: int, start: int, stop: int) =
        let ranges: Slice =
            { Start = Array.init x.Rank (fun i -> if i = axis then start else 0)
              Stop = Array.init x.Rank (fun i -> if i = axis then stop else x.Dims[i])
              Step = Array.create x.Rank 1 }

        Tensor.Apply(Op.Slice ranges, [| x |])

    static member internal Pick(x: Tensor, axis: int, index: int) =
        let i = IndexRules.at x.Dims axis index
        Tensor.Apply(Reshape(Array.removeAt axis x.Dims), [| Tensor.Range(x, axis, i, i + 1) |])

    /// Indices of the first axes. All are checked first, so that a message names the axis and the shape of x.
    static member private PickFirst(x: Tensor, indices: int[]) =
        indices |> Array.mapi (IndexRules.at x.Dims) |> Array.fold (fun picked i -> Tensor.Pick(picked, 0, i)) x

    /// Row i of the first axis; −1 is the last.
    member x.Item
        with get (i: int): Tensor = Tensor.Pick(x, 0, i)

    /// Row i of the first axis, then row j of the second.
    member x.Item
        with get (i: int, j: int): Tensor = Tensor.PickFirst(x, [| i; j |])

    member x.Item
        with get (i: int, j: int, k: int): Tensor = Tensor.PickFirst(x, [| i; j; k |])

    /// Rows start to start + length − 1 of the first axis; C# calls it for x[1..3], whose end is exclusive.
    member x.Slice(start: int, length: int) : Tensor =
        if x.Rank = 0 || start < 0 || length < 0 || int64 start + int64 length > int64 x.Length then
            raise (
                ShapeException
                    $"slice: {string length} rows from row {string start} on are not within the first axis of shape {Shape.text x.Dims}."
            )

        Tensor.Range(x, 0, start, start + length)

    /// x[a..b]: rows a to b, both included. Negative indices count from the end, as in NumPy: x[-2..] are the last two
    /// rows, x[.. -2] all except the last. ShapeException for a row out of range; a start one after the end gives no
    /// rows.
    member x.GetSlice(first: int option, last: int option) : Tensor =
        let struct (start, stop) = IndexRules.section x.Dims 0 first last
        Tensor.Range(x, 0, start, stop)

    member x.GetSlice(first: int option, last: int option, j: int) : Tensor =
        let struct (start, stop) = IndexRules.section x.Dims 0 first last
        let j = IndexRules.at x.Dims 1 j
        Tensor.Pick(Tensor.Range(x, 0, start, stop), 1, j)

    member x.GetSlice(i: int, first: int option, last: int option) : Tensor =
        let i = IndexRules.at x.Dims 0 i
        let struct (start, stop) = IndexRules.section x.Dims 1 first last
        Tensor.Range(Tensor.Pick(x, 0, i), 0, start, stop)

    member x.GetSlice(first0: int option, last0: int option, first1: int option, last1: int option) : Tensor =
        let struct (start0, stop0) = IndexRules.section x.Dims 0 first0 last0
        let struct (start1, stop1) = IndexRules.section x.Dims 1 first1 last1
        Tensor.Range(Tensor.Range(x, 0, start0, stop0), 1, start1, stop1)

    /// What C# picks along the first axes: x[.., 1], x[^1, 2..].
    override x.PickAll(subscripts: Subscript[]) : Tensor =
        if isNull (box subscripts) then nullArg (nameof subscripts)

        let sections = subscripts |> Array.mapi (fun i subscript -> subscript.Section(x.Dims, i))
        let mutable picked = x
        let mutable axis = 0

        for i in 0 .. subscripts.Length - 1 do
            let struct (start, stop) = sections[i]

            if subscripts[i].IsIndex then
                picked <- Tensor.Pick(picked, axis, start)
            else
                picked <- Tensor.Range(picked, axis, start, stop)
                axis <- axis + 1

        picked

    // ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────
    member private x.Show() =
        match content with
        | Content.Open(trace, _, _, _) when trace.Reader.IsNone -> $"placeholder of {trace.Verb}"
        | Content.Open _
        | Content.Value _
        | Content.Structure _ -> ArrayText.show x.Numbers

    member internal x.Text = x.ToString()
    override x.ToString() = $"tensor {x.Show()} {signature.Dtype} {Shape.text signature.Shape}"
    override x.Equals(other: obj | null) = obj.ReferenceEquals(x, other)
    override x.GetHashCode() = LanguagePrimitives.PhysicalHash x

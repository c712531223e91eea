namespace NeuralDE.Internal.Engine

open System
open System.Linq.Expressions
open System.Reflection
open System.Runtime.Intrinsics
open NeuralDE
open NeuralDE.Kernels

/// Compiles a group to one method with one loop over vectors, in which every operation is an inlined helper. The tile
/// interpreter calls the same helpers, so both give the same bits.
module internal Emit =
    let private flags = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

    let private nameOf (op: ElementOp) = Enum.GetName op |> string

    let private typeOf (dtype: Dtype) =
        match dtype with
        | Float32 -> typeof<float32>
        | Float64 -> typeof<float>
        | Int32 -> typeof<int>
        | Int64 -> typeof<int64>
        | Bool -> typeof<bool>

    let private missing (holder: Type) (name: string) : 'a =
        raise (GraphException $"{holder.Name} has no {name}, expected one for every operation")

    /// A static method found by name and number of parameters: the generic one with the given type arguments.
    let private generic (holder: Type) (name: string) (count: int) (types: Type[]) : MethodInfo =
        holder.GetMethods flags
        |> Array.tryFind (fun m -> m.Name = name && m.IsGenericMethodDefinition && m.GetParameters().Length = count)
        |> function
            | Some m -> m.MakeGenericMethod types
            | None -> missing holder name

    /// A static method found by name and parameter types, or the generic one for a number type.
    let private ofNumbers (holder: Type) (name: string) (parameters: Type[]) (number: Type) : MethodInfo voption =
        let named = holder.GetMethods flags |> Array.filter (fun m -> m.Name = name)
        let typesOf (m: MethodInfo) = m.GetParameters() |> Array.map (fun p -> p.ParameterType)

        match named |> Array.tryFind (fun m -> not m.IsGenericMethodDefinition && typesOf m = parameters) with
        | Some m -> ValueSome m
        | None ->
            named
            |> Array.tryFind (fun m ->
                number <> typeof<bool> && m.IsGenericMethodDefinition && m.GetParameters().Length = parameters.Length)
            |> function
                | Some m -> ValueSome(m.MakeGenericMethod [| number |])
                | None -> ValueNone

    /// ScalarMaths.Of for a function of ElementTable.
    let private ofLane (f: Type) (parameters: Type[]) : MethodInfo =
        typeof<ScalarMaths>.GetMethods flags
        |> Array.tryFind (fun m ->
            m.Name = "Of" && (m.GetParameters()[1..] |> Array.map (fun p -> p.ParameterType)) = parameters)
        |> function
            | Some m -> m.MakeGenericMethod [| f |]
            | None -> missing typeof<ScalarMaths> "Of"

    let private call (m: MethodInfo) (args: Expression seq) = Expression.Call(m, args) :> Expression

    let private compile (body: Expression) (parameters: ParameterExpression[]) : ElementKernel =
        Expression.Lambda<ElementKernel>(body, parameters).Compile()

    let private parameters () =
        Expression.Parameter(typeof<int64>, "memory"),
        Expression.Parameter(typeof<int64>, "offsets"),
        Expression.Parameter(typeof<int64>, "first"),
        Expression.Parameter(typeof<int64>, "last")

    let private operands (arguments: Expression[]) (results: ParameterExpression[]) (s: ElementStep) =
        s.Operands
        |> Array.map (function
            | Argument i -> arguments[i]
            | Result i -> results[i])

    // ── single elements ──────────────────────────────────────────────────────────────────────────────────────────
    let private scalarStep (s: ElementStep) (args: Expression[]) : Expression =
        let number = typeOf s.Type

        match s.Code with
        | Convert target when target = s.Type -> args[0]
        | Convert Bool -> call (generic typeof<ScalarOps> "ToBool" args.Length [| number |]) args
        | Convert target when s.Type = Bool ->
            call (generic typeof<ScalarOps> "OfBool" args.Length [| typeOf target |]) args
        | Convert target -> call (generic typeof<ScalarOps> "Convert" args.Length [| number; typeOf target |]) args
        | Compute(ElementOp.Select, _) -> call (generic typeof<ScalarOps> "Select" args.Length [| number |]) args
        | Compute(op, parameter) ->
            let name = nameOf op
            let types = args |> Array.map (fun a -> a.Type)

            let args, types =
                match op with
                | ElementOp.Power
                | ElementOp.Polygamma ->
                    Array.append args [| Expression.Constant parameter |], Array.append types [| typeof<float> |]
                | _ -> args, types // no other operation has a parameter

            match ofNumbers typeof<ScalarMaths> name types number with
            | ValueSome m -> call m args
            | ValueNone ->
                match ofNumbers typeof<ScalarOps> name types number with
                | ValueSome m -> call m args
                | ValueNone ->
                    match ElementTable.FunctionOf op with
                    | null -> missing typeof<ElementTable> name
                    | _ when not s.Type.IsFloat -> missing typeof<ScalarOps> $"{name} of {s.Type}"
                    | f -> call (ofLane f types) (Array.append [| Expression.Default f :> Expression |] args)

    let private scalar (g: ElementGroup) : ElementKernel =
        let memory, offsets, first, last = parameters ()
        let place (i: int) : Expression[] = [| memory; offsets; Expression.Constant i |]

        let read = g.Arguments |> Array.mapi (fun i a -> Expression.Variable(typeOf a.Dtype, $"a{string i}"))

        let results = g.Steps |> Array.mapi (fun i s -> Expression.Variable(typeOf s.Dtype, $"r{string i}"))

        let body: Expression[] =
            [| for i in 0 .. read.Length - 1 do
                   Expression.Assign(read[i], call (generic typeof<ScalarOps> "Read" 3 [| read[i].Type |]) (place i))

               for i in 0 .. g.Steps.Length - 1 do
                   let args = operands (Array.map (fun a -> a :> Expression) read) results g.Steps[i]
                   Expression.Assign(results[i], scalarStep g.Steps[i] args)

               for i in 0 .. g.Outputs.Length - 1 do
                   let result = results[g.Outputs[i]]

                   let args: Expression[] = Array.append [| result |] (place (g.Arguments.Length + i))
                   call (generic typeof<ScalarOps> "Write" args.Length [| result.Type |]) args |]

        compile (Expression.Block(typeof<Void>, Array.append read results, body)) [| memory; offsets; first; last |]

    // ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// The float dtype of the group's vectors.
    let laneType (g: ElementGroup) : Dtype =
        let floats =
            Seq.append
                (g.Arguments |> Seq.map (fun a -> a.Dtype))
                (g.Steps |> Seq.collect (fun s -> [ s.Type; s.Dtype ]))
            |> Seq.filter (fun d -> d.IsFloat)

        match Seq.tryHead floats with
        | Some dtype -> dtype
        | None -> Float32

    let private vectorOf (lane: Dtype) : Type =
        let element = typeOf lane

        if Vector512.IsHardwareAccelerated then
            typedefof<Lanes512<float>>.MakeGenericType element
        elif Vector256.IsHardwareAccelerated then
            typedefof<Lanes256<float>>.MakeGenericType element
        else
            typedefof<Lane<float>>.MakeGenericType element

    let private lanes (vector: Type) : int64 =
        match vector.GetProperty("Count", flags) with
        | null -> missing vector "Count"
        | p -> int64 (unbox<int>(p.GetValue null))

    /// A comparison of bools, which are masks in vectors: false < true.
    let private maskComparison (vector: Type) (op: ElementOp) (a: Expression) (b: Expression) : Expression voption =
        let on name (args: Expression[]) = call (generic typeof<VectorOps> name args.Length [| vector |]) args
        let isNot x = on "Not" [| x |]

        match op with
        | ElementOp.Equal -> ValueSome(isNot (on "Xor" [| a; b |]))
        | ElementOp.NotEqual -> ValueSome(on "Xor" [| a; b |])
        | ElementOp.Less -> ValueSome(on "And" [| isNot a; b |])
        | ElementOp.LessEqual -> ValueSome(on "Or" [| isNot a; b |])
        | ElementOp.Greater -> ValueSome(on "And" [| a; isNot b |])
        | ElementOp.GreaterEqual -> ValueSome(on "Or" [| a; isNot b |])
        | _ -> ValueNone // not a comparison

    let private vectorStep (vector: Type) (s: ElementStep) (args: Expression[]) : Expression =
        let ofMasks =
            match s.Code with
            | Compute(op, _) when s.Type = Bool && args.Length = 2 -> maskComparison vector op args[0] args[1]
            | _ -> ValueNone

        match s.Code with
        | _ when ofMasks.IsSome -> ofMasks.Value
        | Convert _ -> missing typeof<VectorOps> "conversion between vectors"
        | Compute(op, parameter) ->
            match op with
            | ElementOp.Power
            | ElementOp.Polygamma ->
                let args = Array.append args [| Expression.Constant parameter |]
                call (generic typeof<Maths> (nameOf op) args.Length [| vector |]) args
            | ElementOp.Not
            | ElementOp.And
            | ElementOp.Or
            | ElementOp.Xor
            | ElementOp.Equal
            | ElementOp.NotEqual
            | ElementOp.Less
            | ElementOp.LessEqual
            | ElementOp.Greater
            | ElementOp.GreaterEqual
            | ElementOp.Select -> call (generic typeof<VectorOps> (nameOf op) args.Length [| vector |]) args
            | _ -> call (generic typeof<Maths> (nameOf op) args.Length [| vector |]) args // all other operations are float functions

    /// The variables of a loop over vectors: its index, the addresses of arguments and results, the vectors read and
    /// the results of the steps.
    [<NoEquality; NoComparison>]
    type private VectorLoop =
        { Group: ElementGroup
          Vector: Type
          At: ParameterExpression
          Starts: ParameterExpression[]
          Read: ParameterExpression[]
          Results: ParameterExpression[] }

        member l.On name (args: Expression[]) = call (generic typeof<VectorOps> name args.Length [| l.Vector |]) args

        /// The address of element `At` of an argument or result.
        member l.Place(index: int, dtype: Dtype) : Expression =
            let distance: Expression =
                if dtype.Size = 1 then
                    l.At
                else
                    Expression.Multiply(l.At, Expression.Constant(int64 dtype.Size))

            Expression.Add(l.Starts[index], distance)

    let private vectorLoop (g: ElementGroup) : VectorLoop =
        let vector = vectorOf (laneType g)
        let vectors name count = Array.init count (fun i -> Expression.Variable(vector, $"{name}{string i}"))

        { Group = g
          Vector = vector
          At = Expression.Variable(typeof<int64>, "at")
          Starts =
            Array.init (g.Arguments.Length + g.Outputs.Length) (fun i ->
                Expression.Variable(typeof<int64>, $"p{string i}"))
          Read = vectors "a" g.Arguments.Length
          Results = vectors "r" g.Steps.Length }

    /// Computes the addresses, and reads the arguments of one element.
    let private beforeLoop
        (l: VectorLoop)
        (memory: Expression)
        (offsets: Expression)
        (first: Expression)
        : Expression[] =
        let address (i: int) =
            call
                (match typeof<VectorOps>.GetMethod("Address", flags) with
                 | null -> missing typeof<VectorOps> "Address"
                 | m -> m)
                [| memory; offsets; Expression.Constant i |]

        [| for i in 0 .. l.Starts.Length - 1 do
               Expression.Assign(l.Starts[i], address i)

           for i in 0 .. l.Read.Length - 1 do
               let a = l.Group.Arguments[i]

               if a.Single then
                   let name = if a.Dtype = Bool then "BroadcastMask" else "Broadcast"
                   Expression.Assign(l.Read[i], l.On name [| l.Starts[i] |])

           Expression.Assign(l.At, first) |]

    /// The loop body: reads, computes and writes one vector of every array.
    let private oneVector (l: VectorLoop) : Expression[] =
        let g = l.Group

        [| for i in 0 .. l.Read.Length - 1 do
               let a = g.Arguments[i]

               if not a.Single then
                   let name = if a.Dtype = Bool then "LoadMask" else "Load"
                   Expression.Assign(l.Read[i], l.On name [| l.Place(i, a.Dtype) |])

           for i in 0 .. g.Steps.Length - 1 do
               let args = operands (Array.map (fun a -> a :> Expression) l.Read) l.Results g.Steps[i]
               Expression.Assign(l.Results[i], vectorStep l.Vector g.Steps[i] args)

           for i in 0 .. g.Outputs.Length - 1 do
               let o = g.Outputs[i]
               let dtype = g.Steps[o].Dtype
               let name = if dtype = Bool then "StoreMask" else "Store"
               l.On name [| l.Results[o]; l.Place(g.Arguments.Length + i, dtype) |]

           Expression.AddAssign(l.At, Expression.Constant(lanes l.Vector)) |]

    let private vectors (g: ElementGroup) : ElementKernel =
        let memory, offsets, first, last = parameters ()
        let l = vectorLoop g
        let over = Expression.Label "end"

        let loop =
            Expression.Loop(
                Expression.IfThenElse(
                    Expression.LessThan(l.At, last),
                    Expression.Block(typeof<Void>, oneVector l),
                    Expression.Break over
                ),
                over
            )

        let variables = Array.concat [ l.Starts; l.Read; l.Results; [| l.At |] ]
        let body = Array.append (beforeLoop l memory offsets first) [| loop |]
        compile (Expression.Block(typeof<Void>, variables, body)) [| memory; offsets; first; last |]

    let kernel (g: ElementGroup) : ElementKernel =
        match g.Form with
        | Singles -> scalar g
        | Floats -> vectors g
        | Anything -> raise (GraphException "a group of integers or casts is not compiled")

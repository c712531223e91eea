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
    let private tryGeneric (holder: Type) (name: string) (count: int) (types: Type[]) : MethodInfo voption =
        holder.GetMethods flags
        |> Array.tryFind (fun m -> m.Name = name && m.IsGenericMethodDefinition && m.GetParameters().Length = count)
        |> function
            | Some m -> ValueSome(m.MakeGenericMethod types)
            | None -> ValueNone

    let private generic (holder: Type) (name: string) (count: int) (types: Type[]) : MethodInfo =
        match tryGeneric holder name count types with
        | ValueSome m -> m
        | ValueNone -> missing holder name

    /// The type of an operation's function.
    let private floatFunction (op: ElementOp) : Type =
        match ElementTable.FunctionOf op with
        | null -> missing typeof<ElementTable> (nameOf op)
        | f -> f

    let private integerFunction (op: ElementOp) : Type =
        match typeof<IntegerFunctions>.GetNestedType(nameOf op, flags) with
        | null -> missing typeof<IntegerFunctions> (nameOf op)
        | f -> f

    /// A method of ScalarMaths with these parameters behind the first ones.
    let private ofNumbers (name: string) (skipped: int) (parameters: Type[]) : MethodInfo =
        typeof<ScalarMaths>.GetMethods flags
        |> Array.tryFind (fun m ->
            m.Name = name
            && (m.GetParameters() |> Array.skip skipped |> Array.map (fun p -> p.ParameterType)) = parameters)
        |> function
            | Some m -> m
            | None -> missing typeof<ScalarMaths> name

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

    /// A comparison of bools, false < true, by logical operations, which `on` applies.
    let private boolComparison (on: ElementOp -> Expression[] -> Expression) (s: ElementStep) (args: Expression[]) =
        let isNot a = on ElementOp.Not [| a |]

        match s.Code with
        | Compute(op, _) when s.Type = Bool && args.Length = 2 ->
            match op with
            | ElementOp.Equal -> ValueSome(isNot (on ElementOp.Xor args))
            | ElementOp.NotEqual -> ValueSome(on ElementOp.Xor args)
            | ElementOp.Less -> ValueSome(on ElementOp.And [| isNot args[0]; args[1] |])
            | ElementOp.LessEqual -> ValueSome(on ElementOp.Or [| isNot args[0]; args[1] |])
            | ElementOp.Greater -> ValueSome(on ElementOp.And [| args[0]; isNot args[1] |])
            | ElementOp.GreaterEqual -> ValueSome(on ElementOp.Or [| args[0]; isNot args[1] |])
            | _ -> ValueNone // not a comparison
        | Compute _
        | Convert _ -> ValueNone

    // ── single elements ──────────────────────────────────────────────────────────────────────────────────────────
    /// The operations that are nodes of an expression.
    let private nodeOf (op: ElementOp) : ExpressionType voption =
        match op with
        | ElementOp.Neg -> ValueSome ExpressionType.Negate
        | ElementOp.Not -> ValueSome ExpressionType.Not
        | ElementOp.Add -> ValueSome ExpressionType.Add
        | ElementOp.Sub -> ValueSome ExpressionType.Subtract
        | ElementOp.Mul -> ValueSome ExpressionType.Multiply
        | ElementOp.Div -> ValueSome ExpressionType.Divide
        | ElementOp.And -> ValueSome ExpressionType.And
        | ElementOp.Or -> ValueSome ExpressionType.Or
        | ElementOp.Xor -> ValueSome ExpressionType.ExclusiveOr
        | ElementOp.Equal -> ValueSome ExpressionType.Equal
        | ElementOp.NotEqual -> ValueSome ExpressionType.NotEqual
        | ElementOp.Less -> ValueSome ExpressionType.LessThan
        | ElementOp.LessEqual -> ValueSome ExpressionType.LessThanOrEqual
        | ElementOp.Greater -> ValueSome ExpressionType.GreaterThan
        | ElementOp.GreaterEqual -> ValueSome ExpressionType.GreaterThanOrEqual
        | _ -> ValueNone // all other operations are functions

    let private scalarNode (kind: ExpressionType) (args: Expression[]) : Expression =
        match args with
        | [| a |] -> Expression.MakeUnary(kind, a, typeof<Void>)
        | _ -> Expression.MakeBinary(kind, args[0], args[1])

    let private scalarOperation (op: ElementOp) (parameter: float) (dtype: Dtype) (args: Expression[]) : Expression =
        let number = typeOf dtype

        match op with
        | ElementOp.Select -> Expression.Condition(args[0], args[1], args[2])
        | ElementOp.Power
        | ElementOp.Polygamma ->
            let m = ofNumbers (nameOf op) 0 [| number; typeof<float> |]
            call m [| args[0]; Expression.Constant parameter |]
        | _ when (nodeOf op).IsSome -> scalarNode (nodeOf op).Value args
        | _ when not dtype.IsFloat -> call (generic (integerFunction op) "Of" args.Length [| number |]) args
        | _ -> // no other operation has a parameter
            match tryGeneric typeof<ScalarOps> (nameOf op) args.Length [| number |] with
            | ValueSome m -> call m args
            | ValueNone ->
                let f = floatFunction op
                let m = (ofNumbers "Of" 1 (args |> Array.map (fun a -> a.Type))).MakeGenericMethod [| f |]
                call m (Array.append [| Expression.Default f :> Expression |] args)

    let private scalarStep (s: ElementStep) (args: Expression[]) : Expression =
        match s.Code with
        | Convert target when target = s.Type -> args[0]
        | Convert Bool -> Expression.NotEqual(args[0], Expression.Default(typeOf s.Type))
        | Convert target ->
            let convert =
                if s.Type = Bool then
                    generic typeof<ScalarOps> "OfBool" 1 [| typeOf target |]
                else
                    generic typeof<ScalarOps> "Convert" 1 [| typeOf s.Type; typeOf target |]

            call convert args
        | Compute(op, parameter) ->
            boolComparison (fun op args -> scalarOperation op 0.0 Bool args) s args
            |> ValueOption.defaultWith (fun () -> scalarOperation op parameter s.Type args)

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

    let private vectorStep (vector: Type) (s: ElementStep) (args: Expression[]) : Expression =
        let on name (args: Expression[]) = call (generic typeof<VectorOps> name args.Length [| vector |]) args

        match s.Code with
        | Convert _ -> missing typeof<VectorOps> "conversion between vectors"
        | Compute(op, parameter) ->
            let ofMasks = boolComparison (fun op args -> on (nameOf op) args) s args

            match op with
            | _ when ofMasks.IsSome -> ofMasks.Value
            | ElementOp.Power
            | ElementOp.Polygamma ->
                let args = Array.append args [| Expression.Constant parameter |]
                call (generic typeof<Maths> (nameOf op) args.Length [| vector |]) args
            | ElementOp.Not
            | ElementOp.And
            | ElementOp.Or
            | ElementOp.Xor
            | ElementOp.Select
            | ElementOp.Fma -> on (nameOf op) args
            | _ -> // all other operations are in ElementTable
                let f = floatFunction op

                match f.GetMethod "Apply" with
                | null -> missing f "Apply"
                | apply -> Expression.Call(Expression.Default f, apply.MakeGenericMethod [| vector |], args)

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

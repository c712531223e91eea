namespace NeuralDE.Internal.Engine

open System
open System.Reflection
open System.Reflection.Emit
open NeuralDE.Kernels

/// Methods for functions that no instruction computes. A dynamic method is optimised from its first call on; an ordinary one
/// would be slow until it is compiled again.
module internal LaneFarMethods =
    let private known = Collections.Concurrent.ConcurrentDictionary<struct (ElementOp * float * Type), MethodInfo>()

    let private flags = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

    let private overload (name: string) (vector: Type) (types: Type[]) : MethodInfo =
        typeof<LaneFar>.GetMethods flags
        |> Array.find (fun m ->
            m.Name = name
            && m.GetGenericArguments().Length = types.Length
            && (let parameters = (m.MakeGenericMethod types).GetParameters() in parameters[0].ParameterType = vector))
        |> fun m -> m.MakeGenericMethod types

    /// The method on vectors that computes an operation.
    let direct (op: ElementOp) (vector: Type) (count: int) : MethodInfo =
        let element = vector.GetGenericArguments()[0]

        match ElementTable.FunctionOf op with
        | null when op = ElementOp.Power -> overload "Power" vector [| element |]
        | null -> raise (NotLanesException(string op))
        | f -> overload (if count = 1 then "Unary" else "Binary") vector [| element; f |]

    /// A method that passes its vectors, then constants, to this one.
    let private wrap (inner: MethodInfo) (count: int) (constants: ILGenerator -> unit) : MethodInfo =
        let types = inner.GetParameters() |> Array.map (fun p -> p.ParameterType) |> Array.truncate count
        let method = DynamicMethod($"lanes {inner.Name}", inner.ReturnType, types, typeof<LaneFar>.Module, true)
        let il = method.GetILGenerator()

        for k in 0 .. count - 1 do
            il.Emit(OpCodes.Ldarg, int16 k)

        constants il
        il.Emit(OpCodes.Call, inner)
        il.Emit OpCodes.Ret
        method

    /// The method as one that is optimised at once.
    let find (op: ElementOp) (parameter: float) (vector: Type) (count: int) : MethodInfo =
        known.GetOrAdd(
            struct (op, parameter, vector),
            fun _ ->
                wrap (direct op vector count) count (fun il ->
                    if op = ElementOp.Power then il.Emit(OpCodes.Ldc_R8, parameter))
        )

    let private randoms = Collections.Concurrent.ConcurrentDictionary<struct (LaneDraw * Type), MethodInfo>()

    let private ofRandom (name: string) (types: Type[]) : MethodInfo =
        match typeof<LaneRandom>.GetMethod(name, flags, types) with
        | null -> raise (NotLanesException name)
        | m -> m

    /// From vectors of keys and of numbers to one of keys.
    let fold (vector: Type) : MethodInfo =
        known.GetOrAdd(
            struct (ElementOp.FoldKey, 0.0, vector),
            fun _ -> wrap (ofRandom "Fold" [| vector; vector |]) 2 ignore
        )

    /// From a vector of keys and the index of an element to a vector of what is drawn.
    let draw (kind: LaneDraw) (vector: Type) : MethodInfo =
        randoms.GetOrAdd(
            struct (kind, vector),
            fun _ ->
                if kind = LaneDraw.Bits then
                    wrap (ofRandom "Bits" [| vector; typeof<int64> |]) 2 ignore
                else
                    wrap (ofRandom "Draw" [| vector; typeof<int64>; typeof<LaneDraw> |]) 2 (fun il ->
                        il.Emit(OpCodes.Ldc_I4, int kind))
        )

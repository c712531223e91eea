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

    let private wrap (op: ElementOp) (parameter: float) (vector: Type) (count: int) : MethodInfo =
        let method = DynamicMethod($"lanes {op}", vector, Array.create count vector, typeof<LaneFar>.Module, true)
        let il = method.GetILGenerator()

        for k in 0 .. count - 1 do
            il.Emit(OpCodes.Ldarg, int16 k)

        if op = ElementOp.Power then il.Emit(OpCodes.Ldc_R8, parameter)

        il.Emit(OpCodes.Call, direct op vector count)
        il.Emit OpCodes.Ret
        method

    /// The method as one that is optimised at once.
    let find (op: ElementOp) (parameter: float) (vector: Type) (count: int) : MethodInfo =
        known.GetOrAdd(struct (op, parameter, vector), (fun _ -> wrap op parameter vector count))

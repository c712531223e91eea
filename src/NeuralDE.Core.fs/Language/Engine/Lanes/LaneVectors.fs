namespace NeuralDE.Internal.Engine

open System
open System.Diagnostics.CodeAnalysis
open NeuralDE
open System.Linq.Expressions
open System.Reflection
open System.Runtime.Intrinsics
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Vectors of one width, whose intrinsics compiled lane code calls directly. Helpers around them would not be inlined: the
/// .NET compiler stops inlining in a method with more than 512 variables.
[<NoEquality; NoComparison>]
type internal VectorWidth = { Statics: Type; Open: Type; Bytes: int }

module internal LaneVectors =
    let width512 = { Statics = typeof<Vector512>; Open = typedefof<Vector512<float>>; Bytes = 64 }
    let width256 = { Statics = typeof<Vector256>; Open = typedefof<Vector256<float>>; Bytes = 32 }
    let width128 = { Statics = typeof<Vector128>; Open = typedefof<Vector128<float>>; Bytes = 16 }

    let private flags = BindingFlags.Static ||| BindingFlags.Public

    let private missing (w: VectorWidth) (name: string) : 'T =
        raise (GraphException $"{w.Statics.Name} has no {name}, expected one for every operation")

    let call (m: MethodInfo) (args: Expression list) : Expression = Expression.Call(m, args)

    /// The vector type of this element type.
    let vectorOf (w: VectorWidth) (element: Type) : Type = w.Open.MakeGenericType element

    let elementOf (vector: Expression) : Type = vector.Type.GetGenericArguments()[0]

    /// A method with one type parameter. A trimmed program keeps them all.
    [<DynamicDependency(DynamicallyAccessedMemberTypes.PublicMethods, typeof<Vector512>)>]
    [<DynamicDependency(DynamicallyAccessedMemberTypes.PublicMethods, typeof<Vector256>)>]
    [<DynamicDependency(DynamicallyAccessedMemberTypes.PublicMethods, typeof<Vector128>)>]
    let generic (w: VectorWidth) (name: string) (count: int) (element: Type) : MethodInfo =
        w.Statics.GetMethods flags
        |> Array.tryFind (fun m ->
            m.Name = name
            && m.IsGenericMethodDefinition
            && m.GetGenericArguments().Length = 1
            && m.GetParameters().Length = count)
        |> function
            | Some m -> m.MakeGenericMethod element
            | None -> missing w name

    /// A method without type parameters.
    let exact (w: VectorWidth) (name: string) (parameters: Type list) : MethodInfo =
        match w.Statics.GetMethod(name, flags, List.toArray parameters) with
        | null -> missing w name
        | m -> m

    /// The same bits as a vector of other elements.
    let cast (w: VectorWidth) (element: Type) (vector: Expression) : Expression =
        let from = elementOf vector

        if from = element then
            vector
        else
            match
                w.Statics.GetMethods flags
                |> Array.tryFind (fun m -> m.Name = "As" && m.GetGenericArguments().Length = 2)
            with
            | Some m -> call (m.MakeGenericMethod [| from; element |]) [ vector ]
            | None -> missing w "As"

    let zero (w: VectorWidth) (element: Type) : Expression =
        match (vectorOf w element).GetProperty("Zero", flags) with
        | null -> missing w "Zero"
        | p -> Expression.Property(null, p)

    /// One number in all lanes.
    let create (w: VectorWidth) (element: Type) (number: obj) : Expression =
        call (exact w "Create" [ element ]) [ Expression.Constant(number, element) ]

    let load (w: VectorWidth) (block: Expression) (index: Expression) : Expression =
        call (generic w "LoadUnsafe" 2 block.Type) [ block; index ]

    let store (w: VectorWidth) (vector: Expression) (block: Expression) (index: Expression) : Expression =
        call (generic w "StoreUnsafe" 3 block.Type) [ vector; block; index ]

    /// Where the mask is set the first, otherwise the second.
    let select (w: VectorWidth) (mask: Expression) (a: Expression) (b: Expression) : Expression =
        call (generic w "ConditionalSelect" 3 (elementOf a)) [ cast w (elementOf a) mask; a; b ]

    /// A mask: of LessThan, LessThanOrEqual or Equals.
    let compare (w: VectorWidth) (name: string) (a: Expression) (b: Expression) : Expression =
        call (generic w name 2 (elementOf a)) [ a; b ]

    let complement (a: Expression) : Expression = Expression.OnesComplement a

    /// The widest vectors of this machine.
    let widest () =
        if Vector512.IsHardwareAccelerated then width512
        elif Vector256.IsHardwareAccelerated then width256
        else width128

namespace NeuralDE.Internal.Calculus

open System.Collections.Generic
open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// The source of an argument or result of a derived function: the i-th of the function itself, or its tangent.
type internal Source =
    | Primal of int
    | Tangent of int

/// Masks over the arguments and results of functions: which of them are selected.
module internal Masks =
    let mask (xs: 'a option[]) = xs |> Array.map Option.isSome
    let given (xs: 'a option[]) = Array.choose id xs

    let pickBy (m: bool[]) (xs: 'a[]) =
        [| for i in 0 .. m.Length - 1 do
               if m[i] then xs[i] |]

    /// The inverse of pickBy: elements outside the mask are None.
    let spreadBy (m: bool[]) (xs: 'a[]) : 'a option[] =
        let mutable next = -1

        m
        |> Array.map (fun isPresent ->
            if isPresent then
                next <- next + 1
                Some xs[next]
            else
                None)

    let any = Array.exists id
    let no n = Array.create n false
    let orZeros (s: Signature) (d: Tensor option) = Option.defaultWith (fun () -> Prim.zeros s) d

    /// The position of each source, from an index that is built once.
    let positions (sources: Source[]) : Source -> int option =
        let places = Dictionary<Source, int>()
        sources |> Array.iteri (fun i source -> places.TryAdd(source, i) |> ignore)

        fun source ->
            match places.TryGetValue source with
            | true, i -> Some i
            | _ -> None

    let outputSignatures (g: Graph) = g.Outputs |> Array.map (fun n -> n.Signature)

    let rec fixpoint f x =
        let y = f x
        if y = x then x else fixpoint f y

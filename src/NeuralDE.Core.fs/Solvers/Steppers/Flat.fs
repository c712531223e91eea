namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// The leaves of a state as one vector, for linear algebra with one matrix.
module internal Flat =
    /// Concatenates the leaves, in float64 if one of them is float64.
    let pack (leaves: Tensor[]) : Tensor =
        let isWide = leaves |> Array.exists (fun x -> x.Dtype = Float64)
        let dtype = if isWide then Float64 else leaves[0].Dtype
        leaves |> Array.map (fun x -> Prim.cast dtype (Prim.reshape [| x.Count |] x)) |> Prim.concat 0

    let unpack (like: Tensor[]) (v: Tensor) : Tensor[] =
        let mutable at = 0

        like
        |> Array.map (fun x ->
            at <- at + x.Count
            Prim.cast x.Dtype (Prim.reshape x.Dims (Prim.range 0 (at - x.Count) at v)))

    /// The cubic Hermite polynomial of a step for each leaf.
    let hermite (like: Tensor[]) (h: Tensor) (y: Tensor) (f0: Tensor) (y1: Tensor) (f1: Tensor) : Tensor[] =
        RungeKutta.hermite h y f0 y1 f1 |> Array.map (unpack like) |> Array.transpose |> Array.map (Prim.stack 0)

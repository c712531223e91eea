namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// The Jacobian of a field over packed leaves, and the matrices of implicit steps.
module internal Jacobian =
    /// ∂f/∂y, [n; n]: one jvp, batched over the unit vectors.
    let state (f: RungeKutta.Field) (t: Tensor) (y: Tensor[]) : Tensor =
        let v = Flat.pack y
        let along (e: Tensor) = snd (jvp (fun v -> Flat.pack (f t (Flat.unpack y v))) v e)
        Prim.swapLast (vmap along (Prim.identity v.Dtype [| v.Count; v.Count |]))

    /// ∂f/∂t, [n]
    let time (f: RungeKutta.Field) (t: Tensor) (y: Tensor[]) : Tensor =
        snd (jvp (fun t -> Flat.pack (f t y)) t (Prim.number 1.0))

    /// A matrix as its LU factors with pivoted rows.
    [<Struct; NoEquality; NoComparison>]
    type Factor = { Order: Tensor; Lu: Tensor }

    /// I − c J
    let factor (c: Tensor) (j: Tensor) : Factor =
        let m = Prim.identity j.Dtype j.Dims - RungeKutta.spread c j * j
        let order = Prim.pivots m
        { Order = order; Lu = Prim.lu (Prim.gather 0 m order) }

    let solve (f: Factor) (b: Tensor) : Tensor =
        Prim.reshape [| b.Count; 1 |] (Prim.gather 0 b f.Order)
        |> Prim.triangular true false true f.Lu
        |> Prim.triangular false false false f.Lu
        |> Prim.reshape [| b.Count |]

namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Trees stacked along a new first axis of each leaf.
module internal Stacked =
    let ofTrees (trees: 'M list) : 'M =
        let leaves = trees |> List.map Tree.flatten

        Array.init leaves.Head.Length (fun i -> stack (leaves |> List.map (fun tree -> tree[i])))
        |> Tree.unflatten trees.Head

    /// Reduces stacked leaves to leaves of a single model: floats by the rule; integers, bools and keys from the first row.
    let combine (rule: Tensor -> Tensor) (trees: 'M) : 'M =
        trees |> Tree.map (fun leaf -> if leaf.Dtype.IsFloat then rule leaf else leaf[0])

    /// The depth: 0 at the start of the span, 1 at its end.
    let depth (start: float) (stop: float) (t: Tensor) : Tensor = (t - start) / (stop - start)

    let checkSpan verb (start: float) (stop: float) =
        if not (start <> stop && System.Double.IsFinite(stop - start)) then
            raise (
                InputException
                    $"{verb}: got the span ({string start}, {string stop}), expected two different finite times."
            )

    /// The sum of the rows, weighted by the values of the basis at t.
    let expand (basis: Basis) (start: float) (stop: float) (t: Tensor) (coefficients: 'M) : 'M =
        let s = depth start stop t

        let sumOf (rows: Tensor) =
            let values = Basis.values basis (cast rows.Dtype s)
            let flat = Prim.reshape [| rows.Dims[0]; Shape.extent "DepthVarying" (Shape.size rows.Dims[1..]) |] rows
            Prim.reshape rows.Dims[1..] (matmul values flat)

        // a single basis function is 1, so no product is needed
        combine (if Basis.count basis = 1 then (fun rows -> rows[0]) else sumOf) coefficients

    let count (trees: 'M) : int =
        let leaves = Tree.flatten trees
        if leaves.Length = 0 then 1 else leaves[0].Dims[0]

    /// The times between the pieces, which are equal parts of the span, one for each row.
    let jumps (start: float) (stop: float) (pieces: 'M) : float list =
        let n = count pieces
        [ for i in 1 .. n - 1 -> start + (stop - start) * float i / float n ]

    /// The row of the piece that contains t.
    let pick (start: float) (stop: float) (t: Tensor) (pieces: 'M) : 'M =
        let t = cast Float64 t
        let isPast (jump: float) = if stop > start then t .>= jump else t .<= jump

        let index = jumps start stop pieces |> List.fold (fun n jump -> n + cast Dtype.Int32 (isPast jump)) (scalar 0)

        combine (takeInside 0 index) pieces

/// <summary>A model of any type whose weights vary in depth by a spectral expansion, θ(s) = Σ_j ψ_j(s) a_j.</summary>
/// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. With one basis function it equals the constant model,
/// bit for bit. The cost per evaluation of the field is one product of the weights' size times the number of
/// functions.</remarks>
type Galerkin<'M> =
    {
        /// a model whose leaves have a first axis with one row for each function of the basis
        Coefficients: 'M
        Basis: Basis
        /// the span of times over which s goes from 0 to 1
        Start: float
        Stop: float
    }

    interface Depth<'M> with
        member g.At t = Stacked.expand g.Basis g.Start g.Stop t g.Coefficients

    // outside the span polynomials grow and the Fourier basis repeats
    interface DepthTimes with
        member _.Jumps = [||]
        member g.First = min g.Start g.Stop
        member g.Last = max g.Start g.Stop

/// Models whose weights vary in depth by a spectral expansion.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Galerkin =
    /// <summary>Makes an expansion that is constant in depth at first: the first coefficients are the model made from the
    /// key, the others are 0. All are trained.</summary>
    /// <param name="basis">The basis.</param>
    /// <param name="start">The start of the time span.</param>
    /// <param name="stop">The end of the time span.</param>
    /// <param name="make">From a key to a model.</param>
    /// <param name="key">Determines the initial weights.</param>
    /// <returns>The model.</returns>
    /// <remarks>InputException unless the times of the span are finite and differ.</remarks>
    let init (basis: Basis) (start: float, stop: float) (make: Key -> 'M) (key: Key) : Galerkin<'M> =
        Stacked.checkSpan "Galerkin.init" start stop
        let model = make key
        let zero = Tree.map (fun leaf -> if leaf.Dtype.IsFloat then Prim.zerosLike leaf else leaf) model
        let coefficients = model :: List.replicate (Basis.count basis - 1) zero
        { Coefficients = Stacked.ofTrees coefficients; Basis = basis; Start = start; Stop = stop }

    /// <summary>The model at time t, a tensor [].</summary>
    /// <param name="t">The time [].</param>
    /// <param name="g">The expansion.</param>
    /// <returns>The model.</returns>
    let at (t: Tensor) (g: Galerkin<'M>) : 'M = (g :> Depth<'M>).At t

    /// <summary>The field of a model that varies in depth: <c>Galerkin.field Mlp.apply g</c>.</summary>
    /// <param name="apply">Applies a model to a state.</param>
    /// <param name="g">The expansion.</param>
    /// <param name="t">The time [].</param>
    /// <param name="x">The state.</param>
    /// <returns>The result of apply, x'.</returns>
    let field (apply: 'M -> Tensor -> Tensor) (g: Galerkin<'M>) (t: Tensor) (x: Tensor) : Tensor = apply (at t g) x

/// <summary>A model whose weights are constant on n equal pieces of the time span: a sequence of n models, each integrated
/// over its piece.</summary>
/// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. A step should end at each boundary: pass
/// Piecewise.jumps to Ode.jumpAt.</remarks>
type Piecewise<'M> =
    {
        /// a model whose leaves have a first axis with one row for each piece
        Pieces: 'M
        Start: float
        Stop: float
    }

    interface Depth<'M> with
        member p.At t = Stacked.pick p.Start p.Stop t p.Pieces

    interface DepthTimes with
        member p.Jumps = Stacked.jumps p.Start p.Stop p.Pieces |> Array.ofList
        member _.First = -infinity
        member _.Last = infinity

/// Models whose weights are constant on each of n equal pieces of the time span.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Piecewise =
    /// <summary>Makes `pieces` models, each from its own key.</summary>
    /// <param name="pieces">The number of pieces.</param>
    /// <param name="start">The start of the time span.</param>
    /// <param name="stop">The end of the time span.</param>
    /// <param name="make">From a key to a model.</param>
    /// <param name="key">Determines the initial weights.</param>
    /// <returns>The model.</returns>
    /// <remarks>InputException unless `pieces` is positive and the times of the span are finite and differ.</remarks>
    let init (pieces: int) (start: float, stop: float) (make: Key -> 'M) (key: Key) : Piecewise<'M> =
        Expect.positive "Piecewise.init" "pieces" pieces
        Stacked.checkSpan "Piecewise.init" start stop
        { Pieces = Stacked.ofTrees (Key.splitN pieces key |> List.map make); Start = start; Stop = stop }

    /// <summary>The times between the pieces, for Ode.jumpAt.</summary>
    /// <param name="p">The pieces.</param>
    /// <returns>One time less than there are pieces, in the order of the span.</returns>
    let jumps (p: Piecewise<'M>) : float list = Stacked.jumps p.Start p.Stop p.Pieces

    /// <summary>The model at time t, a tensor []. Before the span it is the first piece, after the span the last.</summary>
    /// <param name="t">The time [].</param>
    /// <param name="p">The pieces.</param>
    /// <returns>The model.</returns>
    let at (t: Tensor) (p: Piecewise<'M>) : 'M = (p :> Depth<'M>).At t

    /// <summary>The field of a model in pieces: <c>Piecewise.field Mlp.apply p</c>.</summary>
    /// <param name="apply">Applies a model to a state.</param>
    /// <param name="p">The pieces.</param>
    /// <param name="t">The time [].</param>
    /// <param name="x">The state.</param>
    /// <returns>The result of apply, x'.</returns>
    let field (apply: 'M -> Tensor -> Tensor) (p: Piecewise<'M>) (t: Tensor) (x: Tensor) : Tensor = apply (at t p) x

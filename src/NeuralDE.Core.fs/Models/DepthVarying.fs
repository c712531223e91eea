namespace NeuralDE

open NeuralDE.Compiler

/// Trees stacked along a new first axis of each leaf.
module internal Stacked =
    let ofTrees (trees: 'M list) : 'M =
        let leaves = trees |> List.map Tree.flatten

        Array.init leaves.Head.Length (fun i -> stack (leaves |> List.map (fun tree -> tree[i])))
        |> Tree.unflatten trees.Head

    /// From a stacked leaf to one of its own shape: floats by the rule, integers, bools and keys as in the first.
    let combine (rule: Tensor -> Tensor) (trees: 'M) : 'M =
        trees |> Tree.map (fun leaf -> if leaf.Dtype.IsFloat then rule leaf else leaf[0])

    /// 0 at the start of the span, 1 at its end.
    let depth (start: float) (stop: float) (t: Tensor) : Tensor = (t - start) / (stop - start)

    let checkSpan verb (start: float) (stop: float) =
        if not (start <> stop && System.Double.IsFinite(stop - start)) then
            raise (
                InputException
                    $"{verb}: got the span ({string start}, {string stop}), expected two different finite times."
            )

    /// The sum of the rows with the basis' values at t.
    let expand (basis: Basis) (start: float) (stop: float) (t: Tensor) (coefficients: 'M) : 'M =
        let s = depth start stop t

        let sumOf (rows: Tensor) =
            let values = Basis.values basis (cast rows.Dtype s)
            let flat = Prim.reshape [| rows.Dims[0]; Shape.extent "DepthVarying" (Shape.size rows.Dims[1..]) |] rows
            Prim.reshape rows.Dims[1..] (matmul values flat)

        // one function: the product with 1 is left out
        combine (if Basis.count basis = 1 then (fun rows -> rows[0]) else sumOf) coefficients

    let count (trees: 'M) : int =
        let leaves = Tree.flatten trees
        if leaves.Length = 0 then 1 else leaves[0].Dims[0]

    /// The times between as many equal pieces of a span as there are rows.
    let jumps (start: float) (stop: float) (pieces: 'M) : float list =
        let n = count pieces
        [ for i in 1 .. n - 1 -> start + (stop - start) * float i / float n ]

    /// The row of the piece that t is in.
    let pick (start: float) (stop: float) (t: Tensor) (pieces: 'M) : 'M =
        let t = cast Float64 t
        let isPast (jump: float) = if stop > start then t .>= jump else t .<= jump

        let index = jumps start stop pieces |> List.fold (fun n jump -> n + cast Dtype.Int32 (isPast jump)) (scalar 0)

        combine (takeInside 0 index) pieces

/// <summary>Weights that vary in depth by a spectral expansion, θ(s) = Σ_j ψ_j(s) a_j; a model of any type.</summary>
/// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. With one basis function it is the constant model, to the
/// bit. At each evaluation of the field it costs one product of the size of the weights with the number of functions.</remarks>
type Galerkin<'M> =
    {
        /// a model whose leaves have a first axis, one row for each function of the basis
        Coefficients: 'M
        Basis: Basis
        /// the span of times over which s goes from 0 to 1
        Start: float
        Stop: float
    }

    interface Depth<'M> with
        member g.At t = Stacked.expand g.Basis g.Start g.Stop t g.Coefficients

    // beyond the span polynomials grow, and Fourier's functions begin anew
    interface DepthTimes with
        member _.Jumps = [||]
        member g.First = min g.Start g.Stop
        member g.Last = max g.Start g.Stop

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Galerkin =
    /// <summary>The model made from the key, constant in depth at first: the other coefficients are 0, and learned.</summary>
    let init (basis: Basis) (start: float, stop: float) (make: Key -> 'M) (key: Key) : Galerkin<'M> =
        Stacked.checkSpan "Galerkin.init" start stop
        let model = make key
        let zero = Tree.map (fun leaf -> if leaf.Dtype.IsFloat then Prim.zerosLike leaf else leaf) model
        let coefficients = model :: List.replicate (Basis.count basis - 1) zero
        { Coefficients = Stacked.ofTrees coefficients; Basis = basis; Start = start; Stop = stop }

    /// <summary>The model at time t: a tensor [].</summary>
    let at (t: Tensor) (g: Galerkin<'M>) : 'M = (g :> Depth<'M>).At t

    /// <summary>The field of a model that varies in depth: Galerkin.field Mlp.apply g.</summary>
    let field (apply: 'M -> Tensor -> Tensor) (g: Galerkin<'M>) (t: Tensor) (x: Tensor) : Tensor = apply (at t g) x

/// <summary>Weights constant on n equal pieces of the span: a stack of n networks, each integrated for its time.</summary>
/// <remarks>S. Massaroli et al., Dissecting neural ODEs, NeurIPS 2020. Steps should end where pieces do: pass jumps to
/// Ode.jumpAt.</remarks>
type Piecewise<'M> =
    {
        /// a model whose leaves have a first axis, one row for each piece
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

[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Piecewise =
    /// <summary>n models of their own, each made from a key of its own.</summary>
    let init (pieces: int) (start: float, stop: float) (make: Key -> 'M) (key: Key) : Piecewise<'M> =
        Expect.positive "Piecewise.init" "pieces" pieces
        Stacked.checkSpan "Piecewise.init" start stop
        { Pieces = Stacked.ofTrees (Key.splitN pieces key |> List.map make); Start = start; Stop = stop }

    /// <summary>The times between pieces, for Ode.jumpAt.</summary>
    let jumps (p: Piecewise<'M>) : float list = Stacked.jumps p.Start p.Stop p.Pieces

    /// <summary>The model at time t, a tensor []; before the first piece the first, after the last the last.</summary>
    let at (t: Tensor) (p: Piecewise<'M>) : 'M = (p :> Depth<'M>).At t

    /// <summary>The field of a model in pieces: Piecewise.field Mlp.apply p.</summary>
    let field (apply: 'M -> Tensor -> Tensor) (p: Piecewise<'M>) (t: Tensor) (x: Tensor) : Tensor = apply (at t p) x

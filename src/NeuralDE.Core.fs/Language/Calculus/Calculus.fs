namespace NeuralDE

open System.Collections.Concurrent
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus

/// Derivatives, batching and compilation of functions of trees. Opened with the namespace. Every verb takes and returns
/// plain functions, so verbs nest to any order, inside a field and through its solve.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Calculus =
    let private requireScalar verb (y: Tensor) =
        if y.Rank <> 0 then
            raise (
                ShapeException
                    $"{verb}: the function returned shape {Shape.text y.Dims}; a gradient needs one number. Reduce it with sum or mean."
            )

        if not y.Dtype.IsFloat then
            raise (
                DtypeException
                    $"{verb}: the function returned {y.Dtype}; a gradient needs a float. Cast it, as in cast Float64 y."
            )

    /// x, captured → y and the cotangents of x, for the cotangent 1 of the first output
    let private gradientGraph (g: Graph) (wanted: bool[]) : Graph =
        let given = Array.init g.Outputs.Length (fun i -> i = 0)

        g.Memo(
            ("gradient", Transform.Reverse(wanted, given)),
            fun () ->
                Tracing.closed g.Inputs (fun x ->
                    let y = Prim.call g x
                    let pulled = Prim.call (Derive.vjpGraph g wanted given) (Array.append x [| Prim.onesLike y[0] |])
                    Array.append y pulled)
        )

    /// Whether a node is zero for all inputs.
    let rec private isZero (n: Node) =
        match n.Op with
        | Constant literal -> literal.Bits = 0L
        | Broadcast _ -> isZero n.Args[0]
        | Output i ->
            match n.Args[0].Op with
            | Apply(Call(g, _)) -> isZero g.Outputs[i]
            | _ -> false
        | _ -> false

    /// For each leaf of the argument, whether the first result depends on it.
    let private dependence (t: Traced<'B>) (leaves: Tensor[]) : bool[] =
        let wanted = TracedFunction.wanted t leaves
        let pulled = (gradientGraph t.Graph wanted).Outputs[t.Graph.Outputs.Length ..]
        let isActive = Masks.spreadBy wanted pulled |> Array.map (Option.exists (isZero >> not))
        isActive[.. leaves.Length - 1]

    let private valueAndGradTraced verb (t: Traced<'B>) (x: 'T) : Tensor[] * 'T =
        let leaves = Tree.flatten x
        let n = t.Graph.Outputs.Length
        let results =
            Prim.call (gradientGraph t.Graph (TracedFunction.wanted t leaves)) (Array.append leaves t.Captured)
        requireScalar verb results[0]
        results[.. n - 1], Tree.unflatten x (TracedFunction.dense leaves results[n..])

    /// <summary>The value of a scalar function and its gradient, in one run. Costs a small multiple of f.</summary>
    /// <param name="f">From a tree to one number of a float dtype, shape [].</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>f x, and ∂f/∂x as a tree like x; zeros where f does not depend on x.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">f x is not one number.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">f x is not a float.</exception>
    let valueAndGrad (f: 'T -> Tensor) (x: 'T) : Tensor * 'T =
        TracedFunction.requireFloats "valueAndGrad" x

        let t =
            TracedFunction.traceUnder
                "valueAndGrad"
                (fun x ->
                    (let y = f x in
                     requireScalar "valueAndGrad" y
                     y))
                x

        let y, gradient = valueAndGradTraced "valueAndGrad" t x
        y[0], gradient

    /// <summary>The gradient of a scalar function, as a tree like its argument. Costs a small multiple of f.</summary>
    /// <param name="f">From a tree to one number of a float dtype, shape [].</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>∂f/∂x, a tree like x with the same shapes; zeros where f does not depend on x.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">f x is not one number.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">f x is not a float.</exception>
    let grad (f: 'T -> Tensor) (x: 'T) : 'T =
        TracedFunction.requireFloats "grad" x

        let t =
            TracedFunction.traceUnder
                "grad"
                (fun x ->
                    (let y = f x in
                     requireScalar "grad" y
                     y))
                x
        snd (valueAndGradTraced "grad" t x)

    /// Like valueAndGradWith. `see` receives a function that says for each leaf whether f depends on it; otherwise its
    /// gradient is a constant zero.
    let internal valueAndGradSeen
        verb
        (see: (unit -> bool[]) -> unit)
        (f: 'T -> Tensor * 'Aux)
        (x: 'T)
        : (Tensor * 'Aux) * 'T =
        TracedFunction.requireFloats verb x

        let t =
            TracedFunction.traceUnder
                verb
                (fun x ->
                    (let y, aux = f x in
                     requireScalar verb y
                     y, aux))
                x

        see (fun () -> dependence t (Tree.flatten x))
        let y, gradient = valueAndGradTraced verb t x
        Tree.unflatten t.Like y, gradient

    /// <summary>Like valueAndGrad, for a function that returns a number and further results.</summary>
    /// <param name="f">From a tree to one float, shape [], and further results, which are not differentiated.</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>(f x, its further results), and the gradient of the number, a tree like x.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The first result of f is not one number.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The first result of f is not a float.</exception>
    let valueAndGradWith (f: 'T -> Tensor * 'Aux) (x: 'T) : (Tensor * 'Aux) * 'T =
        valueAndGradSeen "valueAndGradWith" ignore f x

    /// <summary>Like grad, for a function that returns a number and further results.</summary>
    /// <param name="f">From a tree to one float, shape [], and further results, which are not differentiated.</param>
    /// <param name="x">The point. Integer, bool and key leaves get zeros of their own type.</param>
    /// <returns>The gradient of the number, a tree like x; and the further results.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors: plain numbers are constants.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">The first result of f is not one number.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The first result of f is not a float.</exception>
    let gradWith (f: 'T -> Tensor * 'Aux) (x: 'T) : 'T * 'Aux =
        let (_, aux), gradient = valueAndGradWith f x
        gradient, aux

    /// <summary>The value of f at x and its pullback w ↦ Jᵀw. Each call of the pullback runs f again; grad and
    /// valueAndGrad do not.</summary>
    /// <param name="f">From a tree to a tree.</param>
    /// <param name="x">The point.</param>
    /// <returns>f x, and the pullback: from a cotangent w, a tree like f x with the same shapes, to Jᵀw, a tree like x.
    /// Integer, bool and key leaves of x get zeros.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors; in the pullback, w has another number of
    /// leaves than f x.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">In the pullback, a leaf of w has another shape than that of f
    /// x.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">In the pullback, a leaf of w has another dtype than that of f
    /// x.</exception>
    let vjp (f: 'A -> 'B) (x: 'A) : 'B * ('B -> 'A) =
        TracedFunction.requireFloats "vjp" x
        let t = TracedFunction.traceUnder "vjp" f x
        let leaves = Tree.flatten x
        let y = TracedFunction.apply Inline t leaves
        let outputs = Tree.flatten y

        let pull (w: 'B) : 'A =
            let cotangents = Tree.flatten w
            TracedFunction.checkLike "vjp" "cotangent" outputs cotangents
            let given = outputs |> Array.map TracedFunction.isSmooth
            let g = Derive.vjpGraph t.Graph (TracedFunction.wanted t leaves) given
            let x' = Prim.call g (Array.concat [ leaves; t.Captured; Masks.pickBy given cotangents ])
            Tree.unflatten x (TracedFunction.dense leaves x')

        y, pull

    /// <summary>The value of f at x and its directional derivative J ẋ, in one run. Costs about twice f.</summary>
    /// <param name="f">From a tree to a tree.</param>
    /// <param name="x">The point.</param>
    /// <param name="tangent">The direction ẋ, a tree like x with the same shapes. Integer, bool and key leaves are
    /// ignored.</param>
    /// <returns>f x, and J ẋ, a tree like f x with the same shapes.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors, or the tangent has another number of
    /// leaves.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">A leaf of the tangent has another shape than that of x.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">A leaf of the tangent has another dtype than that of x.</exception>
    /// <exception cref="T:NeuralDE.DerivativeException">f uses a custom gradient rule that is not linear in the
    /// cotangent.</exception>
    let jvp (f: 'A -> 'B) (x: 'A) (tangent: 'A) : 'B * 'B =
        TracedFunction.requireFloats "jvp" x
        let t = TracedFunction.traceUnder "jvp" f x
        let leaves, tangents = Tree.flatten x, Tree.flatten tangent
        TracedFunction.checkLike "jvp" "tangent" leaves tangents
        let on = TracedFunction.wanted t leaves
        let active = Activity.activeOutputs t.Graph on
        let smooth = Masks.pickBy (Array.map TracedFunction.isSmooth leaves) tangents
        let r = Prim.call (Derive.jvpGraph t.Graph on) (Array.concat [ leaves; t.Captured; smooth ])
        let n = t.Graph.Outputs.Length
        let y = r[.. n - 1]

        let dy = Masks.spreadBy active r[n..] |> Array.map2 (fun (y: Tensor) d -> Masks.orZeros y.Signature d) y

        Tree.unflatten t.Like y, Tree.unflatten t.Like dy

    /// <summary>The Hessian-vector product of a scalar function: the derivative of its gradient along v.</summary>
    /// <param name="f">From a tree to one float, shape [].</param>
    /// <param name="x">The point.</param>
    /// <param name="v">The vector, a tree like x with the same shapes.</param>
    /// <returns>H v, a tree like x. The cost is about two gradients; no matrix is built.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x has no float tensors, or v has another number of
    /// leaves.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">f x is not one number, or a leaf of v has another shape than that of
    /// x.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">f x is not a float, or a leaf of v has another dtype than that of
    /// x.</exception>
    let hvp (f: 'T -> Tensor) (x: 'T) (v: 'T) : 'T = snd (jvp (grad f) x v)

    /// <summary>Applies f to every row: f gets each leaf of xs without its first axis, and every result gets a new
    /// first axis.</summary>
    /// <param name="f">A function of one row. All rows share the values that it captures.</param>
    /// <param name="xs">A tree whose leaves are [n; …], with equal n.</param>
    /// <returns>The results of all rows: a tree like f's result whose leaves are [n; …]. Operations run once for all
    /// rows.</returns>
    /// <exception cref="T:NeuralDE.TreeException">xs has no tensors.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">A leaf has no axis, or the first extents differ.</exception>
    let vmap (f: 'A -> 'B) (xs: 'A) : 'B =
        let leaves = Tree.flatten xs

        if leaves.Length = 0 then
            raise (TreeException "vmap: the argument has no tensors, so there are no rows to map over.")

        for leaf in leaves do
            if leaf.Rank = 0 then
                raise (
                    ShapeException
                        "vmap: a leaf has shape []; every leaf needs a first axis to map over. Capture values that all rows share."
                )

        let n = leaves[0].Dims[0]

        for leaf in leaves do
            if leaf.Dims[0] <> n then
                raise (
                    ShapeException
                        $"vmap: leaves have {string n} and {string leaf.Dims[0]} rows. Give every leaf the same first extent, or capture values that all rows share."
                )

        let rowOf = leaves |> Array.map (fun x -> { x.Signature with Shape = x.Dims[1..] })
        let mutable like = ValueNone

        let graph, captured =
            Tracing.trace "vmap" Hoisted rowOf (fun holes ->
                let y = f (Tree.unflatten xs holes)
                like <- ValueSome y
                Tree.flatten y)

        let on = Array.append (leaves |> Array.map (fun _ -> true)) (captured |> Array.map (fun _ -> false))
        let forced = Array.create graph.Outputs.Length true
        let batched, _ = Batch.vmapGraph graph n on forced
        Prim.call batched (Array.append leaves captured) |> Tree.unflatten like.Value

    let private basis (x: Tensor) = // [n; x…]: the unit vectors
        let n = Shape.extent "jacobian" x.LongCount
        Expect.made "jacobian" [| x |] [| n; n |]
        Prim.reshape (Array.append [| n |] x.Dims) (Prim.identity x.Dtype [| n; n |])

    /// <summary>The Jacobian: [y…; x…], entry (i, j) is ∂yᵢ/∂xⱼ.</summary>
    /// <param name="f">From a tensor to a tensor of floats.</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>The Jacobian, whose shape is the shape of f x followed by that of x.</returns>
    /// <remarks>
    /// Uses forward mode if x has at most as many elements as y (one run for all columns), otherwise reverse mode. Also
    /// uses reverse mode if f contains a custom gradient rule that is not linear.
    /// </remarks>
    /// <exception cref="T:NeuralDE.TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">f x is not a tensor of floats.</exception>
    let jacobian (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        TracedFunction.requireFloats "jacobian" x
        let t = TracedFunction.trace "jacobian" Hoisted f x
        let y = t.Graph.Outputs[0]

        if not y.Dtype.IsFloat then
            raise (
                DtypeException
                    $"jacobian: the function returned {y.Dtype}; a derivative needs floats. Cast it, as in cast Float64 y."
            )

        let shape = Array.append y.Shape x.Dims
        Expect.made "jacobian" [| x |] shape
        let run = TracedFunction.apply Inline t

        if x.LongCount <= Shape.size y.Shape && Derive.isPushable t.Graph then
            let columns = vmap (fun v -> snd (jvp (fun x -> run [| x |]) x v)) (basis x)
            let flat =
                Prim.reshape
                    [| x.Dims |> Shape.sizeIn "jacobian" |> Shape.extent "jacobian"
                       Shape.extent "jacobian" (Shape.size y.Shape) |]
                    columns
            Prim.reshape shape (Prim.swapLast flat)
        else
            let like = Prim.zeros y.Signature
            Prim.reshape shape (vmap (fun w -> snd (vjp (fun x -> run [| x |]) x) w) (basis like))

    /// <summary>The Hessian of a scalar function: [x…; x…].</summary>
    /// <param name="f">From a tensor to one float, shape [].</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>All second derivatives; the shape is that of x twice. Costs one Hessian-vector product per element of x,
    /// all in one run.</returns>
    /// <exception cref="T:NeuralDE.TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">f x is not one number.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">f x is not a float.</exception>
    let hessian (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        TracedFunction.requireFloats "hessian" x
        jacobian (grad f) x

    /// Σᵢ eᵢᵀ D(eᵢ) over the unit vectors eᵢ
    let private traceOf (derivativeAlong: Tensor -> Tensor) (x: Tensor) =
        Prim.sum (vmap (fun e -> Prim.sum (e * derivativeAlong e)) (basis x))

    /// <summary>The Laplacian of a scalar function: the sum of its unmixed second derivatives. The cost is one
    /// Hessian-vector product for each element.</summary>
    /// <param name="f">From a tensor to one float, shape [].</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>Σᵢ ∂²f/∂xᵢ², shape [].</returns>
    /// <exception cref="T:NeuralDE.TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">f x is not one number.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">f x is not a float.</exception>
    let laplacian (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        TracedFunction.requireFloats "laplacian" x
        traceOf (hvp f x) x

    /// <summary>The divergence Σᵢ ∂fᵢ/∂xᵢ of a field with the shape of its argument. The cost is one directional
    /// derivative for each element.</summary>
    /// <param name="f">From a point to a tensor of the same shape.</param>
    /// <param name="x">The point, a tensor of floats.</param>
    /// <returns>The divergence, shape [].</returns>
    /// <exception cref="T:NeuralDE.TreeException">x is not a tensor of floats.</exception>
    /// <exception cref="T:NeuralDE.ShapeException">f x has another shape than x.</exception>
    let divergence (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        TracedFunction.requireFloats "divergence" x

        traceOf
            (fun e ->
                let y, dy = jvp f x e

                if not (Shape.same y.Dims x.Dims) then
                    raise (
                        ShapeException
                            $"divergence: the field returned shape {Shape.text y.Dims} for a point of shape {Shape.text x.Dims}. Return a tensor of the point's shape."
                    )

                dy)
            x

    /// <summary>The curl ∇ × f of a field in three dimensions: [3].</summary>
    /// <param name="f">From a point [3] to a vector [3].</param>
    /// <param name="x">The point [3], floats.</param>
    /// <returns>(∂₂f₃ − ∂₃f₂, ∂₃f₁ − ∂₁f₃, ∂₁f₂ − ∂₂f₁), shape [3]. Costs a Jacobian.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x or f x is not [3].</exception>
    /// <exception cref="T:NeuralDE.TreeException">x is not a tensor of floats.</exception>
    let curl (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        if not (Shape.same x.Dims [| 3 |]) then
            raise (
                ShapeException
                    $"curl: the point has shape {Shape.text x.Dims}, expected [3]. A curl exists in three dimensions."
            )

        let j = jacobian f x

        if not (Shape.same j.Dims [| 3; 3 |]) then
            raise (ShapeException $"curl: the field returned shape {Shape.text j.Dims[.. j.Rank - 2]}, expected [3].")

        Prim.stack 0 [| j[2, 1] - j[1, 2]; j[0, 2] - j[2, 0]; j[1, 0] - j[0, 1] |]

    /// <summary>The same numbers as constants of differentiation.</summary>
    /// <param name="x">A tree.</param>
    /// <returns>A tree like x; its tangents and cotangents are zero.</returns>
    let stopGradient (x: 'T) : 'T = Tree.map Prim.stop x

    /// <summary>f x, without keeping inner values for the reverse sweep: the sweep computes them again. This saves
    /// memory and costs time.</summary>
    /// <param name="f">From a tree to a tree.</param>
    /// <param name="x">The argument.</param>
    /// <returns>f x. Its reverse-mode derivatives run f once more.</returns>
    let checkpoint (f: 'A -> 'B) (x: 'A) : 'B =
        let t = TracedFunction.trace "checkpoint" Hoisted f x
        TracedFunction.apply Recompute t (Tree.flatten x)

    /// The number of argument structures for which a compiled function keeps a graph.
    let private mostKnown = 64

    /// <summary>Compiles a function: it is traced once for each structure and shapes of its argument, and later calls
    /// run the whole plan.</summary>
    /// <param name="f">From a tree to a tree. It must depend on its argument only.</param>
    /// <returns>A function with the same results. It may be called from several threads.</returns>
    /// <remarks>
    /// Values that f captures are constants from the first call with a structure, so pass changing values as arguments.
    /// Side effects happen only while tracing. Another batch extent costs a trace and a plan (a few milliseconds for an
    /// adaptive solve and its gradient), but no compilation: all extents share the code. The 64 latest structures are
    /// kept.
    /// </remarks>
    let compile (f: 'A -> 'B) : 'A -> 'B =
        let known = ConcurrentDictionary<Structure, Traced<'B>>()
        let order = ConcurrentQueue<Structure>()

        let keep signature (t: Traced<'B>) =
            if known.TryAdd(signature, t) then
                order.Enqueue signature

                if order.Count > mostKnown then
                    match order.TryDequeue() with
                    | true, oldest -> known.TryRemove oldest |> ignore
                    | _ -> ()

        fun x ->
            let signature = Tree.signature x

            let t =
                match known.TryGetValue signature with
                | true, t -> t
                | _ ->
                    let t = TracedFunction.trace "compile" Hoisted f x
                    // do not keep a trace that captured a placeholder: the placeholder is valid only during the outer
                    // trace
                    if not (t.Captured |> Array.exists (fun c -> c.IsPlaceholder)) then keep signature t
                    t

            TracedFunction.apply Inline t (Tree.flatten x)

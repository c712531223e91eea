namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// A function of a tree, traced: its graph, what it captured, and the shape of its result as a tree.
[<NoEquality; NoComparison>]
type internal Traced<'B> =
    {
        Graph: Graph
        Captured: Tensor[]
        /// A result of the right structure; its leaves are stale placeholders.
        Like: 'B
    }

module internal TracedFunction =
    /// Whether a leaf can have a derivative.
    let isSmooth (x: Tensor) = x.Dtype.IsFloat

    /// Raises TreeException for an argument without float tensors.
    let requireFloats verb (x: 'A) = PlainNumbers.requireFloats verb "differentiate by" x (Tree.flatten x)

    let trace verb capture (f: 'A -> 'B) (x: 'A) : Traced<'B> =
        let mutable like = ValueNone

        let graph, captured =
            Tracing.trace verb capture (Tracing.signatures (Tree.flatten x)) (fun holes ->
                let y = f (Tree.unflatten x holes)
                like <- ValueSome y
                Tree.flatten y)

        { Graph = graph; Captured = captured; Like = like.Value }

    /// A function of trees that runs on any tensors what was traced once.
    let apply (kind: CallKind) (t: Traced<'B>) (x: Tensor[]) : 'B =
        Prim.apply (Call(t.Graph, kind)) (Array.append x t.Captured) |> Tree.unflatten t.Like

    /// As trace, for a verb that derives by x. Captured placeholders count, since an outer verb may derive by them; captured
    /// numbers do not change.
    let traceUnder verb (f: 'A -> 'B) (x: 'A) : Traced<'B> =
        let t = trace verb Hoisted f x
        let isOuter (c: Tensor) = c.IsPlaceholder && isSmooth c
        let on = Array.append (Array.map isSmooth (Tree.flatten x)) (Array.map isOuter t.Captured)
        { t with Graph = UnderDerivative.graph t.Graph on }

    let private off (xs: Tensor[]) = xs |> Array.map (fun _ -> false)

    /// The wanted inputs when gradients are asked for x but not for what was captured.
    let wanted (t: Traced<'B>) (x: Tensor[]) = Array.append (Array.map isSmooth x) (off t.Captured)

    /// Cotangents or tangents of every leaf: those given, and zeros of its own type for leaves without a derivative.
    let dense (x: Tensor[]) (smooth: Tensor[]) =
        Masks.spreadBy (Array.map isSmooth x) smooth
        |> Array.map2 (fun (leaf: Tensor) d -> Masks.orZeros leaf.Signature d) x

    let checkLike verb what (expected: Tensor[]) (got: Tensor[]) =
        if expected.Length <> got.Length then
            raise (
                TreeException
                    $"{verb}: the {what} has {string got.Length} tensors, expected {string expected.Length}: one for each leaf."
            )

        Array.iter2
            (fun (e: Tensor) (g: Tensor) ->
                if not (Shape.same e.Dims g.Dims) then
                    raise (
                        ShapeException
                            $"{verb}: the {what} has a leaf of shape {Shape.text g.Dims} where {Shape.text e.Dims} is expected. Give it the shape of what it belongs to."
                    )

                if e.Dtype <> g.Dtype then
                    raise (
                        DtypeException
                            $"{verb}: the {what} has a leaf of {g.Dtype} where {e.Dtype} is expected. Cast it."
                    ))
            expected
            got

namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// A traced function of a tree: its graph, its captured tensors, and the structure of its result.
[<NoEquality; NoComparison>]
type internal Traced<'B> =
    {
        Graph: Graph
        Captured: Tensor[]
        /// A result of the right structure; its leaves are placeholders of the ended trace.
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

    /// Applies a traced function to other tensors.
    let apply (kind: CallKind) (t: Traced<'B>) (x: Tensor[]) : 'B =
        Prim.apply (Call(t.Graph, kind)) (Array.append x t.Captured) |> Tree.unflatten t.Like

    /// Like trace, for a verb that differentiates by x. Captured placeholders count as differentiable, because an outer
    /// verb may differentiate by them; captured numbers are constants.
    let traceUnder verb (f: 'A -> 'B) (x: 'A) : Traced<'B> =
        let t = trace verb Hoisted f x
        let isOuter (c: Tensor) = c.IsPlaceholder && isSmooth c
        let on = Array.append (Array.map isSmooth (Tree.flatten x)) (Array.map isOuter t.Captured)
        { t with Graph = UnderDerivative.graph t.Graph on }

    let private off (xs: Tensor[]) = xs |> Array.map (fun _ -> false)

    /// The wanted inputs of a gradient by x but not by captured values.
    let wanted (t: Traced<'B>) (x: Tensor[]) = Array.append (Array.map isSmooth x) (off t.Captured)

    /// Cotangents or tangents of every leaf: the given ones for floats, zeros of its own dtype for other leaves.
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
                            $"{verb}: the {what} has a leaf of shape {Shape.text g.Dims} where {Shape.text e.Dims} is expected. Give it the expected shape."
                    )

                if e.Dtype <> g.Dtype then
                    raise (
                        DtypeException
                            $"{verb}: the {what} has a leaf of {g.Dtype} where {e.Dtype} is expected. Cast it."
                    ))
            expected
            got

namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Functions that read or write elements by index (int32 or int64). An index must be from 0 to n − 1 for an axis of extent n,
/// otherwise InputException: at the call if the index is a number, at the end of the run inside a transform. ShapeException
/// for shapes that do not fit.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module IndexingVerbs =
    // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// take, for indices that are known to lie within the axis.
    let internal takeInside (a: int) (indices: Tensor) (x: Tensor) : Tensor =
        let flat = Expect.flat "take" indices
        let shape = Array.concat [ x.Dims[.. a - 1]; indices.Dims; x.Dims[a + 1 ..] ]
        Expect.made "take" [| x; indices |] shape
        let front = Prim.permute (Shape.moving x.Rank a 0) x
        let taken = Prim.gather 0 front flat |> Prim.permute (Shape.moving x.Rank 0 a)
        Prim.reshape shape taken

    /// <summary>The elements at the indices along an axis, for indices of any shape: [a…; n; c…] and [i…] → [a…; i…;
    /// c…].</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="indices">int32 or int64, of any shape.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x, with the axis replaced by the shape of the indices.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, there are indices of an empty axis, or the
    /// result does not fit in memory.</exception>
    /// <exception cref="T:NeuralDE.InputException">An index is outside 0 to n − 1; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The indices are not integers.</exception>
    let take (axis: int) (indices: Tensor) (x: Tensor) : Tensor =
        let a = Shape.axis "take" x.Rank axis
        takeInside a (Indices.within "take" "index" x.Dims[a] indices) x

    /// <summary>Elements along an axis with separate indices at each position. The indices have the shape of x except
    /// along the axis.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="indices">int32 or int64, of the shape of x except along the axis.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of the indices, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, there are indices of an empty axis, or the
    /// other extents differ.</exception>
    /// <exception cref="T:NeuralDE.InputException">An index is outside 0 to n − 1; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The indices are not integers.</exception>
    let takeAlong (axis: int) (indices: Tensor) (x: Tensor) : Tensor =
        let a = Shape.axis "takeAlong" x.Rank axis

        if indices.Rank <> x.Rank || not (Shape.same (Array.removeAt a indices.Dims) (Array.removeAt a x.Dims)) then
            Expect.misfit
                $"takeAlong: indices have shape {Expect.text indices}, the tensor {Expect.text x}; they must be equal except along axis {string axis}."

        let indices = Indices.within "takeAlong" "index" x.Dims[a] indices
        let last = Shape.moving x.Rank a (x.Rank - 1)
        let taken = Prim.gather (x.Rank - 1) (Prim.permute last x) (Prim.permute last indices)
        Prim.permute (Shape.invert last) taken

    /// <summary>Rows of a batch, with separate indices for each element of the batch: x [batch…; n; features…], indices
    /// [batch…; m] → [batch…; m; features…].</summary>
    /// <param name="indices">int32 or int64 [batch…; m].</param>
    /// <param name="x">[batch…; n; features…], of any dtype.</param>
    /// <returns>[batch…; m; features…], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The batches differ, x lacks the axis n, there are indices of an
    /// empty axis, or the result does not fit in memory.</exception>
    /// <exception cref="T:NeuralDE.InputException">An index is outside 0 to n − 1; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The indices are not integers.</exception>
    let gatherRows (indices: Tensor) (x: Tensor) : Tensor =
        let batch = indices.Rank - 1

        if batch < 0 || x.Rank <= batch || not (Shape.same indices.Dims[.. batch - 1] x.Dims[.. batch - 1]) then
            Expect.misfit
                $"gatherRows: indices have shape {Expect.text indices}, the tensor {Expect.text x}; expected [batch…; m] and [batch…; n; features…]."

        let indices = Indices.within "gatherRows" "index" x.Dims[batch] indices
        Expect.made "gatherRows" [| x; indices |] (Array.append indices.Dims x.Dims[batch + 1 ..])
        Prim.gather batch x indices

    // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private scattered verb kind (indices: Tensor) (updates: Tensor) (x: Tensor) =
        Expect.rankAtLeast verb 1 x
        Expect.integers verb indices
        Expect.rank verb 1 "the indices" indices
        Expect.oneDtype verb [| x; updates |]
        let expected = Array.append indices.Dims x.Dims[1..]

        if not (Shape.same updates.Dims expected) then
            Expect.misfit
                $"{verb}: updates have shape {Expect.text updates}, expected {Shape.text expected}: one row for each of the indices {Expect.text indices}."

        Prim.scatter kind 0 x (Indices.within verb "index" x.Dims[0] indices) updates

    /// <summary>Adds row i of the updates to row indices[i] of x. Integers wrap.</summary>
    /// <param name="indices">int32 or int64 [m].</param>
    /// <param name="updates">[m; features…], of the dtype of x.</param>
    /// <param name="x">[n; features…], numbers.</param>
    /// <returns>[n; features…], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes are not of this form, or there are indices and x has no
    /// rows.</exception>
    /// <exception cref="T:NeuralDE.InputException">An index is outside 0 to n − 1; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool, the updates have another dtype, or the indices are not
    /// integers.</exception>
    let scatterAdd (indices: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
        Expect.numbers "scatterAdd" x
        scattered "scatterAdd" ScatterAdd indices updates x

    /// <summary>Replaces row indices[i] of x by row i of the updates. For equal indices the last update wins.</summary>
    /// <param name="indices">int32 or int64 [m].</param>
    /// <param name="updates">[m; features…], of the dtype of x.</param>
    /// <param name="x">[n; features…], of any dtype.</param>
    /// <returns>[n; features…], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes are not of this form, or there are indices and x has no
    /// rows.</exception>
    /// <exception cref="T:NeuralDE.InputException">An index is outside 0 to n − 1; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The updates have another dtype than x, or the indices are not
    /// integers.</exception>
    let scatterSet (indices: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
        scattered "scatterSet" ScatterSet indices updates x

    /// <summary>Replaces row indices[i] of x by its element-wise maximum with row i of the updates.</summary>
    /// <param name="indices">int32 or int64 [m].</param>
    /// <param name="updates">[m; features…], of the dtype of x.</param>
    /// <param name="x">[n; features…], numbers.</param>
    /// <returns>[n; features…], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shapes are not of this form, or there are indices and x has no
    /// rows.</exception>
    /// <exception cref="T:NeuralDE.InputException">An index is outside 0 to n − 1; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">x is bool, the updates have another dtype, or the indices are not
    /// integers.</exception>
    let scatterMax (indices: Tensor) (updates: Tensor) (x: Tensor) : Tensor =
        Expect.numbers "scatterMax" x
        scattered "scatterMax" ScatterMax indices updates x

    // ── windows with a computed start ────────────────────────────────────────────────────────────────────────────
    /// The indices start, start + 1, … of a window inside the axis.
    let private window verb (start: Tensor) size n =
        Expect.integers verb start
        Expect.rank verb 0 "the start" start

        if size < 0 || size > n then
            Expect.misfit $"{verb}: a window of {string size} does not fit an axis of extent {string n}."

        let start = Indices.within verb "start" (n - size + 1) start
        Prim.broadcast [| size |] [||] start + Prim.iota start.Dtype [| size |] 0

    /// <summary>`size` elements along an axis. `start` is an integer tensor [] from 0 to n − size, which may be
    /// computed.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="start">The first index: int32 or int64 [], from 0 to n − size.</param>
    /// <param name="size">The number of elements, 0 to n.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x, with the extent `size` along the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, size is outside 0 to n, or start is not a single
    /// number.</exception>
    /// <exception cref="T:NeuralDE.InputException">start is outside 0 to n − size; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">start is not an integer.</exception>
    let dynamicSlice (axis: int) (start: Tensor) (size: int) (x: Tensor) : Tensor =
        let a = Shape.axis "dynamicSlice" x.Rank axis
        let indices = window "dynamicSlice" start size x.Dims[a]

        if size = 0 then
            Prim.range a 0 0 x
        else
            let front = Prim.permute (Shape.moving x.Rank a 0) x
            Prim.gather 0 front indices |> Prim.permute (Shape.moving x.Rank 0 a)

    /// <summary>Replaces a window along an axis by `update`. `start` is an integer tensor [] from 0 to n − the extent
    /// of `update`, which may be computed.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="start">The first index: int32 or int64 [], from 0 to n − the extent of `update`.</param>
    /// <param name="update">The new values, of the dtype of x, and of its shape except along the axis.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, the shapes do not fit, or start is not a single
    /// number.</exception>
    /// <exception cref="T:NeuralDE.InputException">start is out of range; inside a transform at the end of the
    /// run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ, or start is not an integer.</exception>
    let dynamicUpdate (axis: int) (start: Tensor) (update: Tensor) (x: Tensor) : Tensor =
        let a = Shape.axis "dynamicUpdate" x.Rank axis
        Expect.oneDtype "dynamicUpdate" [| x; update |]

        if update.Rank <> x.Rank || not (Shape.same (Array.removeAt a update.Dims) (Array.removeAt a x.Dims)) then
            Expect.misfit
                $"dynamicUpdate: the update has shape {Expect.text update}, the tensor {Expect.text x}; they must be equal except along axis {string axis}."

        let indices = window "dynamicUpdate" start update.Dims[a] x.Dims[a]
        let front = Prim.permute (Shape.moving x.Rank a 0)
        Prim.scatter ScatterSet 0 (front x) indices (front update) |> Prim.permute (Shape.moving x.Rank 0 a)

    // ── classes ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>One-hot vectors (float64): 1 at the position of each index, otherwise 0; [i…] → [i…; n].</summary>
    /// <param name="n">The number of classes, 0 or more.</param>
    /// <param name="indices">int32 or int64 of any shape, from 0 to n − 1.</param>
    /// <returns>float64 [i…; n] for indices [i…].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">n is 0 and there are indices, or the result does not fit in
    /// memory.</exception>
    /// <exception cref="T:NeuralDE.InputException">n is negative, or an index is outside 0 to n − 1; inside a transform
    /// at the end of the run.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The indices are not integers.</exception>
    let oneHot (n: int) (indices: Tensor) : Tensor =
        Expect.count "oneHot" "n" n
        Prim.cast Float64 (Indices.oneHot "oneHot" "index" n indices)

namespace NeuralDE

open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Functions that move elements without changing them. Axis −1 is the last axis. ShapeException for shapes that do not fit.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module MovementVerbs =
    // ── shape ────────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>The same elements in row-major order with another shape. One extent may be −1; it is then computed from
    /// the others.</summary>
    /// <param name="shape">The new shape; at most one extent is −1.</param>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>A tensor of this shape, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The shape has another number of elements than x, an extent below −1,
    /// or more than one −1.</exception>
    let reshape (shape: int list) (x: Tensor) : Tensor =
        let given = List.toArray shape
        let unknown = given |> Array.filter (fun n -> n = -1) |> Array.length

        if unknown > 1 || Array.exists (fun n -> n < -1) given then
            Expect.misfit $"reshape: got {Shape.text given}, expected extents of 0 or more and at most one −1."

        let known = given |> Array.filter (fun n -> n <> -1) |> Shape.sizeIn "reshape"
        let count = x.LongCount

        let misfit () =
            Expect.misfit
                $"reshape: a tensor of shape {Expect.text x} has {string count} elements, which do not fill {Shape.text given}. One extent may be −1."

        if unknown = 0 then
            if known <> count then misfit ()

            Prim.reshape given x
        else
            if known = 0L || count % known <> 0L then misfit ()

            let left = Shape.extent "reshape" (count / known)
            Prim.reshape (given |> Array.map (fun n -> if n = -1 then left else n)) x

    /// <summary>All elements in row-major order, as a vector.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[n] for n elements, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Inside a transform: x has more elements than one axis can
    /// have.</exception>
    let flatten (x: Tensor) : Tensor = Expect.flat "flatten" x

    /// <summary>All elements in row-major order, as a vector: NumPy's name for `flatten`.</summary>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>[n] for n elements, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">Inside a transform: x has more elements than one axis can
    /// have.</exception>
    let ravel (x: Tensor) : Tensor = flatten x

    /// <summary>Inserts a new axis of extent 1; `axis` is its position in the result.</summary>
    /// <param name="axis">The position of the new axis in the result; negative positions count from its end.</param>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>The shape of x with an axis of extent 1 inserted.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The result has no such axis.</exception>
    let expandDims (axis: int) (x: Tensor) : Tensor =
        Prim.reshape (Array.insertAt (Shape.axis "expandDims" (x.Rank + 1) axis) 1 x.Dims) x

    /// <summary>Removes an axis of extent 1.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype whose extent along the axis is 1.</param>
    /// <returns>The shape of x without the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or its extent is not 1.</exception>
    let squeeze (axis: int) (x: Tensor) : Tensor =
        let a = Shape.axis "squeeze" x.Rank axis

        if x.Dims[a] <> 1 then
            Expect.misfit
                $"squeeze: axis {string axis} of shape {Expect.text x} has extent {string x.Dims[a]}, expected 1. To pick an element use take."

        Prim.reshape (Array.removeAt a x.Dims) x

    /// <summary>Broadcasts x to a shape by NumPy's rule.</summary>
    /// <param name="shape">The new shape.</param>
    /// <param name="x">A tensor of any dtype. Aligned at the last axis, its extents equal those of the shape or are
    /// 1.</param>
    /// <returns>A tensor of this shape, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x does not stretch to the shape, an extent is negative, or the
    /// result does not fit in memory.</exception>
    let broadcastTo (shape: int list) (x: Tensor) : Tensor =
        let target = Expect.extents "broadcastTo" shape

        match Shape.tryBroadcast x.Dims target with
        | Some fitted when Shape.same fitted target ->
            Expect.made "broadcastTo" [| x |] target
            Tensor.Stretch(x, target)
        | _ ->
            Expect.misfit
                $"broadcastTo: shape {Expect.text x} does not stretch to {Shape.text target}. Aligned at the last axis, extents must be equal or 1."

    // ── order of axes ────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Permutes the axes: axis i of the result is axis order[i] of x.</summary>
    /// <param name="order">Each axis of x once; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype.</param>
    /// <returns>The elements of x, with its axes in this order.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">The order does not contain each axis of x once.</exception>
    let permute (order: int list) (x: Tensor) : Tensor =
        let p = order |> List.toArray |> Array.map (fun a -> if a < 0 then a + x.Rank else a)

        if Array.sort p <> Shape.axes x.Rank then
            Expect.misfit
                $"permute: got {Shape.text (List.toArray order)} for shape {Expect.text x}, expected each axis from 0 to {string (x.Rank - 1)} once."

        Prim.permute p x

    /// <summary>Swaps two axes.</summary>
    /// <param name="first">One axis; negative axes count from the end.</param>
    /// <param name="second">The other axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has both axes.</param>
    /// <returns>The shape of x with these two extents swapped.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let swapAxes (first: int) (second: int) (x: Tensor) : Tensor =
        let i, j = Shape.axis "swapAxes" x.Rank first, Shape.axis "swapAxes" x.Rank second
        Prim.permute
            (Shape.axes x.Rank
             |> Array.map (fun a ->
                 if a = i then j
                 elif a = j then i
                 else a))
            x

    /// <summary>Moves one axis to another position. The other axes keep their order.</summary>
    /// <param name="source">The axis that moves; negative axes count from the end.</param>
    /// <param name="target">Its position in the result; negative positions count from the end.</param>
    /// <param name="x">A tensor of any dtype that has both axes.</param>
    /// <returns>The shape of x with the extents in the new order.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let moveAxis (source: int) (target: int) (x: Tensor) : Tensor =
        Prim.permute (Shape.moving x.Rank (Shape.axis "moveAxis" x.Rank source) (Shape.axis "moveAxis" x.Rank target)) x

    /// <summary>Swaps the last two axes: [batch…; m; n] → [batch…; n; m].</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>[batch…; n; m].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let transpose (x: Tensor) : Tensor =
        Expect.rankAtLeast "transpose" 2 x
        Prim.swapLast x

    // ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────
    let private joined verb (xs: Tensor list) =
        match xs with
        | [] -> Expect.misfit $"{verb}: got no tensors, expected at least one."
        | _ ->
            let xs = List.toArray xs
            Expect.oneDtype verb xs
            xs

    /// <summary>Concatenates tensors along an axis. Their other extents must be equal.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="xs">At least one tensor; all of one dtype, and of one shape except along the axis.</param>
    /// <returns>The common shape, with the sum of the extents along the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">xs is empty, a tensor is a single number, there is no such axis, or
    /// the other extents differ.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ.</exception>
    let concatAlong (axis: int) (xs: Tensor list) : Tensor =
        let xs = joined "concat" xs

        if xs[0].Rank = 0 then
            Expect.misfit "concat: got shape [], which has no axis to join along. Use stack for single numbers."

        let a = Shape.axis "concat" xs[0].Rank axis

        xs
        |> Array.iteri (fun i x ->
            if x.Rank <> xs[0].Rank || not (Shape.same (Array.removeAt a x.Dims) (Array.removeAt a xs[0].Dims)) then
                Expect.misfit
                    $"concat: tensor {string i} has shape {Expect.text x}, tensor 0 {Expect.text xs[0]}; they must be equal except along axis {string a}.")

        let total = Shape.extent "concat" (xs |> Array.sumBy (fun x -> int64 x.Dims[a]))
        Expect.made "concat" xs (Array.updateAt a total xs[0].Dims)
        Prim.concat a xs

    /// <summary>Concatenates tensors along the first axis. Their other extents must be equal.</summary>
    /// <param name="xs">At least one tensor; all of one dtype, and of one shape except along the first axis.</param>
    /// <returns>The common shape, with the sum of the extents along the first axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">xs is empty, a tensor is a single number, or the other extents
    /// differ.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ.</exception>
    let concat (xs: Tensor list) : Tensor = concatAlong 0 xs

    /// <summary>Stacks tensors of equal shape along a new axis; `axis` is its position in the result.</summary>
    /// <param name="axis">The position of the new axis in the result; negative positions count from its end.</param>
    /// <param name="xs">At least one tensor; all of one shape and dtype.</param>
    /// <returns>The common shape, with a new axis whose extent is the number of tensors.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">xs is empty, the shapes differ, or the result has no such
    /// axis.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ.</exception>
    let stackAlong (axis: int) (xs: Tensor list) : Tensor =
        let xs = joined "stack" xs

        xs
        |> Array.iteri (fun i x ->
            if not (Shape.same x.Dims xs[0].Dims) then
                Expect.misfit
                    $"stack: tensor {string i} has shape {Expect.text x}, tensor 0 {Expect.text xs[0]}; they must be equal.")

        let a = Shape.axis "stack" (xs[0].Rank + 1) axis
        Expect.made "stack" xs (Array.insertAt a xs.Length xs[0].Dims)
        Prim.stack a xs

    /// <summary>Stacks tensors of equal shape along a new first axis.</summary>
    /// <param name="xs">At least one tensor; all of one shape and dtype.</param>
    /// <returns>[n; shape…] for n tensors of this shape.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">xs is empty, or the shapes differ.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The dtypes differ.</exception>
    let stack (xs: Tensor list) : Tensor = stackAlong 0 xs

    // ── splitting ────────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Splits x along an axis into pieces of the given extents, which must add up to the extent of the
    /// axis.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="sizes">The extents of the pieces along the axis, 0 or more.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>One tensor for each size, with this extent along the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, a size is negative, or the sizes do not add up
    /// to the extent of the axis.</exception>
    let splitAlong (axis: int) (sizes: int list) (x: Tensor) : Tensor list =
        let a = Shape.axis "split" x.Rank axis
        let sizes = Expect.extents "split" sizes |> Array.toList

        let total = List.sumBy int64 sizes

        if total <> int64 x.Dims[a] then
            Expect.misfit
                $"split: sizes {Shape.text (List.toArray sizes)} add up to {string total}, but axis {string axis} of shape {Expect.text x} has extent {string x.Dims[a]}."

        let starts = List.scan (+) 0 sizes
        List.map2 (fun start size -> Prim.range a start (start + size) x) (List.take sizes.Length starts) sizes

    /// <summary>Splits x along the first axis into pieces of the given extents, which must add up to the extent of the
    /// axis.</summary>
    /// <param name="sizes">The extents of the pieces along the first axis, 0 or more.</param>
    /// <param name="x">A tensor of any dtype with at least one axis.</param>
    /// <returns>One tensor for each size, with this extent along the first axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x is a single number, a size is negative, or the sizes do not add up
    /// to the extent of the axis.</exception>
    let split (sizes: int list) (x: Tensor) : Tensor list = splitAlong 0 sizes x

    /// <summary>Splits x along an axis into `count` pieces of nearly equal extent. If the extent is not divisible, the
    /// first pieces are longer by one.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="count">The number of pieces, from 1 to 1 048 576.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>`count` tensors in the order of the axis. Pieces are empty if there are more pieces than
    /// elements.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    /// <exception cref="T:NeuralDE.InputException">count is outside 1 to 1 048 576.</exception>
    let chunkAlong (axis: int) (count: int) (x: Tensor) : Tensor list =
        Expect.positive "chunk" "count" count
        let n = x.Dims[Shape.axis "chunk" x.Rank axis]

        // every piece is a separate tensor, so a large number would fill the memory
        if count > 1048576 then
            raise (InputException $"chunk: got {string count} pieces, expected at most 1048576. Use reshape.")

        splitAlong axis (List.init count (fun i -> n / count + (if i < n % count then 1 else 0))) x

    /// <summary>Splits x along the first axis into `count` pieces of nearly equal extent. If the extent is not
    /// divisible, the first pieces are longer by one.</summary>
    /// <param name="count">The number of pieces, from 1 to 1 048 576.</param>
    /// <param name="x">A tensor of any dtype with at least one axis.</param>
    /// <returns>`count` tensors in the order of the axis. Pieces are empty if there are more pieces than
    /// elements.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x is a single number.</exception>
    /// <exception cref="T:NeuralDE.InputException">count is outside 1 to 1 048 576.</exception>
    let chunk (count: int) (x: Tensor) : Tensor list = chunkAlong 0 count x

    // ── repetition ───────────────────────────────────────────────────────────────────────────────────────────────
    /// <summary>Repeats each element `count` times along an axis: [a; b] → [a; a; b; b].</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="count">The number of copies of each element, 0 or more.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape of x, with `count` times the extent along the axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis, or the result does not fit in
    /// memory.</exception>
    /// <exception cref="T:NeuralDE.InputException">count is negative.</exception>
    let repeat (axis: int) (count: int) (x: Tensor) : Tensor =
        let a = Shape.axis "repeat" x.Rank axis
        Expect.count "repeat" "count" count
        let shape = Array.updateAt a (Shape.times "repeat" count x.Dims[a]) x.Dims
        Expect.made "repeat" [| x |] shape
        let wide = Array.insertAt (a + 1) count x.Dims
        let spread = Prim.broadcast wide (Shape.others wide.Length [| a + 1 |]) x
        Prim.reshape shape spread

    /// <summary>Repeats the whole tensor along each axis: [a; b] → [a; b; a; b]. The counts are aligned at the last
    /// axis, as in NumPy.</summary>
    /// <param name="counts">The number of copies along each axis, 0 or more; missing first counts are 1.</param>
    /// <param name="x">A tensor of any shape and dtype; missing first axes have extent 1.</param>
    /// <returns>The extents of x times the counts, aligned at the last axis.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">A count is negative, or the result does not fit in
    /// memory.</exception>
    let tile (counts: int list) (x: Tensor) : Tensor =
        let counts = Expect.extents "tile" counts
        let rank = max counts.Length x.Rank
        let shape = Array.append (Array.create (rank - x.Rank) 1) x.Dims
        let counts = Array.append (Array.create (rank - counts.Length) 1) counts
        let result = Array.map2 (Shape.times "tile") counts shape
        Expect.made "tile" [| x |] result
        let wide = Array.zip counts shape |> Array.collect (fun (count, n) -> [| count; n |])
        let spread = Prim.broadcast wide (Array.init rank (fun i -> 2 * i + 1)) (Prim.reshape shape x)
        Prim.reshape result spread

    /// <summary>The coordinates of a grid: result i has the values of vector i along axis i of the common shape
    /// (NumPy's indexing "ij").</summary>
    /// <param name="axes">A vector for each axis of the grid.</param>
    /// <returns>One tensor for each vector, of its dtype; all have the shape [n₁; n₂; …] of the lengths of the
    /// vectors.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">A tensor is not a vector, or the grid does not fit in
    /// memory.</exception>
    let meshgrid (axes: Tensor list) : Tensor list =
        axes |> List.iter (Expect.rank "meshgrid" 1 "an axis")
        let shape = [| for x in axes -> x.Length |]
        Expect.made "meshgrid" (List.toArray axes) shape
        axes |> List.mapi (fun i x -> Prim.broadcast shape [| i |] x)

    // ── order and position of elements ───────────────────────────────────────────────────────────────────────────
    /// <summary>Reverses the order of the elements along an axis.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let flip (axis: int) (x: Tensor) : Tensor = Prim.reverse [| Shape.axis "flip" x.Rank axis |] x

    /// <summary>Shifts the elements by `shift` positions along an axis. Elements beyond the end reappear at the
    /// start.</summary>
    /// <param name="axis">The axis; negative axes count from the end.</param>
    /// <param name="shift">The number of positions towards the end; negative numbers shift towards the start.</param>
    /// <param name="x">A tensor of any dtype that has this axis.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has no such axis.</exception>
    let roll (axis: int) (shift: int) (x: Tensor) : Tensor =
        let a = Shape.axis "roll" x.Rank axis
        let n = x.Dims[a]
        let s = if n = 0 then 0 else (if shift % n < 0 then shift % n + n else shift % n)

        if s = 0 then
            x
        else
            Prim.concat a [| Prim.range a (n - s) n x; Prim.range a 0 (n - s) x |]

    /// <summary>Pads each axis with a value.</summary>
    /// <param name="value">The value of the new elements.</param>
    /// <param name="widths">A pair for each axis: the number of new elements before and after it, 0 or more.</param>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>The extents of x plus both widths, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">There is not one pair for each axis, or the result does not fit in
    /// memory.</exception>
    /// <exception cref="T:NeuralDE.InputException">A width is negative.</exception>
    /// <exception cref="T:NeuralDE.DtypeException">The value does not fit the dtype of x.</exception>
    let padWith (value: float) (widths: (int * int) list) (x: Tensor) : Tensor =
        if widths.Length <> x.Rank then
            Expect.misfit
                $"pad: got {string widths.Length} pairs of widths for shape {Expect.text x}, expected one for each axis."

        let low, high = widths |> List.toArray |> Array.unzip

        if Seq.exists (fun n -> n < 0) (Seq.append low high) then
            raise (InputException "pad: got a negative width. To cut use a slice, as in x[1..3].")

        let none = Array.create x.Rank 0

        let along i = Shape.extent "pad" (Infer.padded x.Dims[i] low[i] high[i] 0)
        Expect.made "pad" [| x |] (Array.init x.Rank along)

        if value = 0.0 then
            Prim.pad low high none x
        else
            let isInside = Prim.pad low high none (Prim.fill Bool x.Dims 1.0)
            let around = Tensor.Stretch(Tensor.Number(x.Dtype, value), isInside.Dims)
            Prim.select isInside (Prim.pad low high none x) around

    /// <summary>Pads each axis with zeros.</summary>
    /// <param name="widths">A pair for each axis: the number of zeros before and after it, 0 or more.</param>
    /// <param name="x">A tensor of any shape and dtype.</param>
    /// <returns>The extents of x plus both widths, of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">There is not one pair for each axis, or the result does not fit in
    /// memory.</exception>
    /// <exception cref="T:NeuralDE.InputException">A width is negative.</exception>
    let pad (widths: (int * int) list) (x: Tensor) : Tensor = padWith 0.0 widths x

    /// Interleaves two tensors along an axis, starting with the evens, of which there are as many as odds, or one more.
    let internal interleave axis (evens: Tensor) (odds: Tensor) =
        let n, m = evens.Dims[axis], odds.Dims[axis]
        let paired = Prim.stack (axis + 1) [| Prim.range axis 0 m evens; odds |]
        let paired = Prim.reshape (Array.updateAt axis (2 * m) odds.Dims) paired
        if n = m then paired else Prim.concat axis [| paired; Prim.range axis m n evens |]

    // ── diagonals and triangles ──────────────────────────────────────────────────────────────────────────────────
    /// <summary>The diagonals of matrices: [batch…; m; n] → [batch…; min(m, n)].</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>[batch…; min(m, n)].</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let diagonal (x: Tensor) : Tensor =
        Expect.rankAtLeast "diagonal" 2 x
        let r = x.Rank
        let m, n = x.Dims[r - 2], x.Dims[r - 1]
        let batch = x.Dims[.. r - 3]
        let k = min m n
        let flat = Prim.reshape (Array.append batch [| Shape.times "diagonal" m n |]) x
        let stop = if k = 0 then 0 else (k - 1) * (n + 1) + 1
        let zeros = Array.create (r - 1) 0
        let step = if k <= 1 then 1 else n + 1
        Prim.slice zeros (Array.append batch [| stop |]) (Array.append (Array.create (r - 2) 1) [| step |]) flat

    /// <summary>Diagonal matrices with x on the diagonal: [batch…; n] → [batch…; n; n].</summary>
    /// <param name="x">[batch…; n], of any dtype.</param>
    /// <returns>[batch…; n; n], of the dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x is a single number, or the result does not fit in
    /// memory.</exception>
    let diag (x: Tensor) : Tensor =
        Expect.rankAtLeast "diag" 1 x
        let r = x.Rank
        let shape = Array.append x.Dims [| x.Dims[r - 1] |]
        Expect.made "diag" [| x |] shape
        let spread = Prim.broadcast shape (Shape.axes r) x
        Prim.select (Prim.identity Bool shape) spread (Prim.zerosLike spread)

    /// <summary>Keeps the elements on and below diagonal `offset` (0: the main diagonal, 1: the one above it) and sets
    /// the others to 0.</summary>
    /// <param name="offset">The diagonal; negative offsets are below the main diagonal.</param>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let trilFrom (offset: int) (x: Tensor) : Tensor =
        Expect.rankAtLeast "tril" 2 x
        Prim.lower -(max offset -System.Int32.MaxValue) x

    /// <summary>Keeps the elements on and above diagonal `offset` (0: the main diagonal, 1: the one above it) and sets
    /// the others to 0.</summary>
    /// <param name="offset">The diagonal; negative offsets are below the main diagonal.</param>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let triuFrom (offset: int) (x: Tensor) : Tensor =
        Expect.rankAtLeast "triu" 2 x
        Prim.upper offset x

    /// <summary>Keeps the elements on and below the main diagonal of matrices [batch…; m; n] and sets the others to
    /// 0.</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let tril (x: Tensor) : Tensor = trilFrom 0 x

    /// <summary>Keeps the elements on and above the main diagonal of matrices [batch…; m; n] and sets the others to
    /// 0.</summary>
    /// <param name="x">[batch…; m; n], of any dtype.</param>
    /// <returns>The shape and dtype of x.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">x has fewer than two axes.</exception>
    let triu (x: Tensor) : Tensor = triuFrom 0 x

namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Lowers the operations that are neither movements nor element-wise.
module internal LowerPrimitives =
    let private typeOf (v: View) = ElementGroup.elementType v.Dtype
    let private storages (views: View seq) = views |> Seq.map (fun v -> v.Storage)

    let private readAll (views: View[]) (places: int64[]) (work: Workspace) : NdArray[] =
        Array.map2
            (fun (v: View) (at: int64) -> ArrayMemory.read v.Dtype v.Shape (work.Memory + nativeint at))
            views
            places

    /// A kernel on one contiguous argument: addresses of the argument and the result.
    let inline private kernel1
        (x: Lowering)
        (n: Node)
        (v: View)
        ([<InlineIfLambda>] run: nativeint -> nativeint -> unit)
        =
        let v = x.Contiguous v
        let target = x.NewArray n.Signature

        if View.size target > 0L then
            x.DraftFrom(
                (fun () -> Print.name n.Op),
                [ v.Storage ],
                [| target.Storage |],
                ValueNone,
                fun scope ->
                    let from, into = scope.Offset v, scope.Offset target

                    Instruction.make (fun work -> run (work.Memory + nativeint from) (work.Memory + nativeint into))
            )

        target

    /// The same with two arguments.
    let inline private kernel2
        (x: Lowering)
        (n: Node)
        (v: View)
        (w: View)
        ([<InlineIfLambda>] run: nativeint -> nativeint -> nativeint -> unit)
        =
        let v, w = x.Contiguous v, x.Contiguous w
        let target = x.NewArray n.Signature

        if View.size target > 0L then
            x.DraftFrom(
                (fun () -> Print.name n.Op),
                [ v.Storage; w.Storage ],
                [| target.Storage |],
                ValueNone,
                fun scope ->
                    let first, second, into = scope.Offset v, scope.Offset w, scope.Offset target

                    Instruction.make (fun work ->
                        run
                            (work.Memory + nativeint first)
                            (work.Memory + nativeint second)
                            (work.Memory + nativeint into))
            )

        target

    /// Any primitive, by the reference evaluator.
    let private byReference (x: Lowering) (n: Node) (args: View[]) : View =
        let args = args |> Array.map x.Contiguous
        let target = x.NewArray n.Signature

        x.DraftFrom(
            (fun () -> $"{n.Op} by reference"),
            storages args,
            [| target.Storage |],
            ValueNone,
            fun scope ->
                let places = args |> Array.map scope.Offset
                let into = scope.Offset target

                Instruction.make (fun work ->
                    let result = Evaluate.primitive n.Op n.Signature (readAll args places work)
                    ArrayMemory.write result (work.Memory + nativeint into))
        )

        target

    let private check (x: Lowering) (check: Check) (args: View[]) : View =
        let looked = args |> Array.map x.Contiguous

        x.Draft(
            "check",
            storages looked,
            fun scope ->
                let places = looked |> Array.map scope.Offset
                let place (work: Workspace) i = work.Memory + nativeint places[i]

                let isWell: Workspace -> bool =
                    if not check.Flagged then
                        fun _ -> false
                    else
                        let flags = View.size looked[1]

                        if looked[1].Dtype = Bool then
                            fun work -> RowMemory.All(place work 1, flags)
                        else
                            let integers, count = typeOf looked[0], View.size looked[0]
                            fun work -> RowMemory.AllBelow(integers, place work 0, count, place work 1, flags)

                Instruction.make (fun work ->
                    let isWell = isWell work

                    if not isWell && work.Failures.Count = 0 then // only the first failure is raised
                        match check.Find(readAll looked places work) with
                        | ValueSome failure -> work.Failures.Add failure
                        | ValueNone -> ())
        )

        looked[0]

    let private reduce (x: Lowering) (n: Node) (r: Reduce) (axes: int[]) (v: View) : View =
        let v, axes =
            match ReducedAxes.order axes v.Shape with
            | ValueSome order -> View.permute order v, [| order.Length - axes.Length .. order.Length - 1 |]
            | ValueNone -> v, axes

        let around = ReducedAxes.around axes v.Shape
        let elementType, kind = typeOf v, ElementGroup.reductionKind r

        kernel1 x n v (fun from into ->
            ReductionTeam.Run(elementType, kind, around.Outer, around.Count, around.Inner, from, into))

    let private concat (x: Lowering) (n: Node) axis (args: View[]) : View =
        let target = x.NewArray n.Signature
        let mutable at = 0

        for v in args do
            let window = { target with Start = int64 at * target.Strides[axis]; Shape = v.Shape }

            // a contiguous window can be filled from any view; one with gaps needs a contiguous source
            if View.isContiguous window then x.Copy(v, window) else x.Place(x.Contiguous v, window)

            at <- at + v.Shape[axis]

        target

    let private pad (x: Lowering) (n: Node) (p: Pad) (v: View) : View =
        let target = x.NewArray n.Signature
        let bytes = ArrayMemory.bytes n.Dtype n.Shape

        x.Draft(
            "zeros",
            [ target.Storage ],
            fun scope ->
                let into = scope.Offset target
                Instruction.make (fun work -> RowMemory.Clear(work.Memory + nativeint into, bytes))
        )

        let window =
            { target with
                Start = Array.sum (Array.map2 (fun low stride -> int64 low * stride) p.Low target.Strides)
                Shape = v.Shape
                Strides = Array.map2 (fun gap stride -> (int64 gap + 1L) * stride) p.Interior target.Strides }

        x.Place(x.Contiguous v, window)
        target

    /// [outer; extent; inner] around an axis.
    let private around axis (v: View) : struct (int64 * int64 * int64) =
        struct (Shape.size v.Shape[.. axis - 1], int64 v.Shape[axis], Shape.size v.Shape[axis + 1 ..])

    let private gather (x: Lowering) (n: Node) batch (operand: View) (indices: View) =
        let struct (batches, rows, width) = around batch operand
        let count = int64 indices.Shape[batch]
        let elements, integers = typeOf operand, typeOf indices

        kernel2 x n operand indices (fun operand indices target ->
            Indexing.Gather(elements, integers, batches, rows, count, width, operand, indices, target))

    let private scatter (x: Lowering) (n: Node) kind batch (operand: View) (indices: View) (updates: View) =
        let struct (batches, rows, width) = around batch operand
        let count = int64 indices.Shape[batch]
        let elements, integers = typeOf operand, typeOf indices

        let kind =
            match kind with
            | ScatterAdd -> ScatterKind.Add
            | ScatterMax -> ScatterKind.Max
            | ScatterSet -> ScatterKind.Set

        let operand, indices, updates = x.Contiguous operand, x.Contiguous indices, x.Contiguous updates
        let target = x.NewArray n.Signature

        if View.size target > 0L then
            x.Draft(
                "scatter",
                storages [ operand; indices; updates; target ],
                fun scope ->
                    let first, second = scope.Offset operand, scope.Offset indices
                    let third, into = scope.Offset updates, scope.Offset target

                    Instruction.make (fun work ->
                        Indexing.Scatter(
                            kind,
                            elements,
                            integers,
                            batches,
                            rows,
                            count,
                            width,
                            work.Memory + nativeint first,
                            work.Memory + nativeint second,
                            work.Memory + nativeint third,
                            work.Memory + nativeint into
                        ))
            )

        target

    /// Larger index arrays are not stored as constants: every run computes them.
    let private mostConstant = 4194304L

    let private iota (x: Lowering) (n: Node) axis : View =
        let target = x.NewArray n.Signature
        let struct (_, extent, inner) = around axis target
        let elements, count = typeOf target, View.size target

        x.DraftFrom(
            (fun () -> "iota"),
            [],
            [| target.Storage |],
            ValueNone,
            fun scope ->
                let into = scope.Offset target

                Instruction.make (fun work ->
                    Movement.Iota(elements, extent, inner, work.Memory + nativeint into, 0L, count))
        )

        target

    /// The number and the size of the square matrices in the last two axes.
    let private squares (v: View) : struct (int64 * int64) =
        let n = int64 v.Shape[v.Shape.Length - 1]
        struct ((if n = 0L then 0L else View.size v / (n * n)), n)

    let private searchSorted (x: Lowering) (n: Node) isRight (sorted: View) (wanted: View) : View =
        let last = sorted.Shape.Length - 1
        let elements, batches = typeOf sorted, Shape.size sorted.Shape[.. last - 1]
        let count, values = int64 sorted.Shape[last], int64 wanted.Shape[last]

        kernel2 x n sorted wanted (fun sorted wanted into ->
            Sorting.SearchSorted(elements, isRight, batches, count, values, sorted, wanted, into))

    let private conv (x: Lowering) (n: Node) (c: Conv) (input: View) (kernel: View) : View =
        let elements, inputShape, kernelShape = typeOf input, input.Shape, kernel.Shape

        kernel2 x n input kernel (fun input kernel into ->
            let shape =
                Convolution.Shape(
                    inputShape,
                    kernelShape,
                    n.Shape,
                    c.Stride,
                    c.Low,
                    c.DilateInput,
                    c.DilateKernel,
                    input,
                    kernel,
                    into
                )

            Convolution.Run(elements, shape))

    let private fft (x: Lowering) (n: Node) isInverse (v: View) : View =
        let elements, count = typeOf v, int64 n.Shape[n.Shape.Length - 2]
        let batches = if count = 0L then 0L else View.size v / (2L * count)
        kernel1 x n v (fun from into -> Fourier.Run(elements, isInverse, batches, count, from, into))

    let private triangularSolve (x: Lowering) (n: Node) isLower isTransposed isUnit (triangle: View) (b: View) : View =
        let struct (batches, size) = squares triangle
        let elements, columns = typeOf triangle, int64 b.Shape[b.Shape.Length - 1]

        kernel2 x n triangle b (fun triangle b into ->
            Factors.TriangularSolve(elements, isLower, isTransposed, isUnit, batches, size, columns, triangle, b, into))

    let private random (x: Lowering) (n: Node) kind (keys: View) : View =
        let rows = View.size keys
        let width = if rows = 0L then 0L else Shape.size n.Shape / rows
        let drawn, kind = ElementGroup.elementType n.Dtype, ElementGroup.randomKind kind
        kernel1 x n keys (fun keys into -> RandomNumbers.Fill(kind, drawn, keys, rows, width, into))

    let lower (x: Lowering) (n: Node) (args: View[]) : View =
        let first = if args.Length > 0 then args[0] else x.Constant(NdArray.Zeros(Bool, [||]))
        let elements = typeOf first

        match n.Op with
        | Check c -> check x c args
        | Iota(_, axis) when Shape.size n.Shape > mostConstant -> iota x n axis
        | Iota _ -> x.Constant(Evaluate.primitive n.Op n.Signature [||])
        | Dot when n.Dtype.IsFloat && View.size first > 0L && View.size args[1] > 0L -> LowerDot.lower x n first args[1]
        | Reduce(r, axes) -> reduce x n r axes first
        | Concat axis -> concat x n axis args
        | Pad p -> pad x n p first
        | ArgMax axis ->
            let struct (outer, count, inner) = around axis first
            kernel1 x n first (fun from into -> Scans.ArgMax(elements, outer, count, inner, from, into))
        | ArgSort axis ->
            let struct (outer, count, inner) = around axis first
            kernel1 x n first (fun from into -> Sorting.ArgSort(elements, outer, count, inner, from, into))
        | CumSum(axis, reverse) ->
            let struct (outer, count, inner) = around axis first
            kernel1 x n first (fun from into -> Scans.CumSum(elements, reverse, outer, count, inner, from, into))
        | SearchSorted right -> searchSorted x n right first args[1]
        | Op.Conv c when n.Dtype.IsFloat -> conv x n c first args[1]
        | Gather batch -> gather x n batch first args[1]
        | Scatter(kind, batch) -> scatter x n kind batch first args[1] args[2]
        | Fft inverse -> fft x n inverse first
        | Cholesky ->
            let struct (batches, size) = squares first
            kernel1 x n first (fun from into -> Factors.Cholesky(elements, batches, size, from, into))
        | TriangularSolve(lower, transpose, unit) -> triangularSolve x n lower transpose unit first args[1]
        | Pivots ->
            let struct (batches, size) = squares first
            kernel1 x n first (fun from into -> Factors.Pivots(elements, batches, size, from, into))
        | Lu ->
            let struct (batches, size) = squares first
            kernel1 x n first (fun from into -> Factors.Lu(elements, batches, size, from, into))
        | Random(kind, _) -> random x n kind first
        | _ -> byReference x n args // integer products and other operations without a kernel

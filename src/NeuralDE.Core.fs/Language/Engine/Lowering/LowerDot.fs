namespace NeuralDE.Internal.Engine

open NeuralDE.Internal.Graph
open NeuralDE.Kernels

/// Lowers matrix products.
module internal LowerDot =
    /// The node that adds a row to a product, if nothing else reads the product: the sums can then start from that row.
    let private biasOf (x: Lowering) (dot: Node) (rows: int) (columns: int) : struct (Node * View) voption =
        /// the only user, found through renamings
        let rec onlyUser (n: Node) : struct (Node * Node) voption =
            let users = x.UsersOf n

            if users.Count = 1 && not (x.IsOutput n) && not (x.IsAvailable users[0]) then
                match users[0].Op with
                | Reshape _ -> onlyUser users[0]
                | Binary Add -> ValueSome(struct (users[0], n))
                | _ -> ValueNone // no other user adds a row
            else
                ValueNone

        /// whether it is only a movement of an available value
        let isAtHand (n: Node) =
            let mutable source = n
            let mutable isMoved = true

            while isMoved && not (x.IsAvailable source) do
                match source.Op with
                | Reshape _
                | Broadcast _
                | Permute _
                | Slice _ -> source <- source.Args[0]
                | _ -> isMoved <- false

            x.IsAvailable source
            || match source.Op with
               | Input _
               | Constant _
               | Data _ -> true
               | _ -> false // it would have to be computed first

        match onlyUser dot with
        | ValueSome(struct (sum, product)) ->
            let other = if obj.ReferenceEquals(sum.Args[0], product) then sum.Args[1] else sum.Args[0]

            if obj.ReferenceEquals(sum.Args[0], sum.Args[1]) || not (isAtHand other) then
                ValueNone
            else
                match View.reshape [| rows; columns |] (x.View other) with
                | ValueSome v when (rows = 1 || v.Strides[0] = 0L) && (columns = 1 || v.Strides[1] = 1L) ->
                    ValueSome(struct (sum, v))
                | _ -> ValueNone
        | ValueNone -> ValueNone

    /// The initial value of a product's sums: an added row, or zero.
    let private startOf (x: Lowering) (n: Node) (target: View) (rows: int) (columns: int) : View voption =
        match biasOf x n rows columns with
        | ValueSome(struct (sum, v)) ->
            x.Define(sum, { target with Shape = sum.Shape; Strides = View.strides sum.Shape })
            ValueSome v
        | ValueNone -> ValueNone

    let private howOf (start: View voption) =
        match start with
        | ValueSome _ -> GemmStart.Bias
        | ValueNone -> GemmStart.Zero

    /// The product as a row-wise instruction over the rows of `a`, [rows; k]; it reads all of `b`, [k; n].
    let private byRows (n: Node) (a: View) (b: View) (target: View) (start: View voption) whole : RowWise =
        let rows, depth = a.Shape[0], a.Shape[1]
        let columns = n.Shape[n.Shape.Length - 1]

        { Rows = rows
          Elements = int64 rows * int64 columns
          ByRow = [| a |]
          Whole = whole
          // measured: about 60 multiply-adds of float32 per nanosecond
          Nanoseconds = float rows * float columns * float depth / 60.0 * float n.Dtype.Size / 4.0
          Make =
            fun _ placeOf ->
                let from =
                    match start with
                    | ValueSome v -> placeOf v
                    | ValueNone -> InMemory 0L

                let placed (v: View) = { Place = placeOf v; Row = v.Strides[0]; Column = v.Strides[1] }
                let result = { Place = placeOf target; Row = int64 columns; Column = 1L }
                let elementType = ElementGroup.elementType n.Dtype
                DotRows(elementType, columns, depth, placed a, placed b, result, from, howOf start) }

    /// The product of contiguous matrices: [rows; k] × [k; n].
    let private single (x: Lowering) (n: Node) (a: View) (b: View) (rows: int) : View =
        let columns, depth = n.Shape[n.Shape.Length - 1], a.Shape[1]
        let elementType = ElementGroup.elementType n.Dtype
        let target = x.NewArray n.Signature
        let start = startOf x n target rows columns
        let how = howOf start
        let aRow, aColumn, bRow, bColumn = a.Strides[0], a.Strides[1], b.Strides[0], b.Strides[1]

        let whole =
            match start with
            | ValueSome v -> [| b.Storage; v.Storage |]
            | ValueNone -> [| b.Storage |]

        // a long sum over the rows of both factors is divided by these, not by the rows of the result
        let isByRows = not (GemmDeep.Is depth && aColumn > aRow)

        x.DraftFrom(
            (fun () -> "dot"),
            Seq.append [ a.Storage ] whole,
            [| target.Storage |],
            (if isByRows then ValueSome(byRows n a b target start whole) else ValueNone),
            fun scope ->
                let left, right, into = scope.Offset a, scope.Offset b, scope.Offset target

                let from =
                    match start with
                    | ValueSome v -> scope.Offset v
                    | ValueNone -> 0L

                Instruction.make (fun work ->
                    let left = Matrix(work.Memory + nativeint left, aRow, aColumn)
                    let right = Matrix(work.Memory + nativeint right, bRow, bColumn)
                    let result = Matrix(work.Memory + nativeint into, int64 columns, 1L)
                    let bias = work.Memory + nativeint from
                    let mutable product =
                        GemmOperands(elementType, rows, columns, depth, left, right, result, bias, how)
                    Gemm.Run(elementType, &product))
        )

        target

    /// The offset in bytes of a batch's matrix, by its index.
    let private matrixStarts (batch: int[]) (v: View) : int64 -> int64 =
        let extents, strides = Array.map int64 batch, v.Strides[.. batch.Length - 1]
        let startOf (index: int64) : int64 = View.placeOf extents strides index * int64 v.Dtype.Size
        let count = Shape.size batch

        // a table only if it is small: a batch may have more matrices than an array can have elements
        if count <= 65536L then
            let table = Array.init (int count) (fun i -> startOf (int64 i))
            fun i -> table[int i]
        else
            startOf

    /// One product for every index of the leading axes.
    let private batched (x: Lowering) (n: Node) (a: View) (b: View) : View =
        let rank = n.Shape.Length
        let m, columns, depth = n.Shape[rank - 2], n.Shape[rank - 1], a.Shape[rank - 1]
        let batch = n.Shape[.. rank - 3]
        let elementType = ElementGroup.elementType n.Dtype
        let target = x.NewArray n.Signature
        let count = Shape.size batch
        let aStart, bStart = matrixStarts batch a, matrixStarts batch b
        let aRow, aColumn = a.Strides[rank - 2], a.Strides[rank - 1]
        let bRow, bColumn = b.Strides[rank - 2], b.Strides[rank - 1]
        let bytes = int64 m * int64 columns * int64 n.Dtype.Size

        x.DraftFrom(
            (fun () -> "dot"),
            [ a.Storage; b.Storage ],
            [| target.Storage |],
            ValueNone,
            fun scope ->
                let left, right, into = scope.Offset a, scope.Offset b, scope.Offset target

                Instruction.make (fun work ->
                    for i in 0L .. count - 1L do
                        let left = Matrix(work.Memory + nativeint (left + aStart i), aRow, aColumn)
                        let right = Matrix(work.Memory + nativeint (right + bStart i), bRow, bColumn)
                        let result = Matrix(work.Memory + nativeint (into + i * bytes), int64 columns, 1L)
                        let zero = GemmStart.Zero
                        let mutable product =
                            GemmOperands(elementType, m, columns, depth, left, right, result, 0n, zero)
                        Gemm.Run(elementType, &product))
        )

        target

    /// Floats only; ValueNone if a matrix is empty.
    let lower (x: Lowering) (n: Node) (a: View) (b: View) : View =
        let rank = n.Shape.Length
        let rows = Shape.size n.Shape[.. rank - 2]
        let isShared =
            Array.forall2 (fun extent stride -> extent = 1 || stride = 0L) b.Shape[.. rank - 3] b.Strides[.. rank - 3]

        let flat =
            if isShared && rows <= int64 System.Int32.MaxValue then
                View.reshape [| int rows; a.Shape[rank - 1] |] a
            else
                ValueNone

        match flat with
        | ValueSome flat ->
            let matrix = { b with Shape = b.Shape[rank - 2 ..]; Strides = b.Strides[rank - 2 ..] }
            single x n flat matrix (int rows)
        | ValueNone -> batched x n a b

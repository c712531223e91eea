namespace NeuralDE.Internal.Calculus

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor

/// Batching rules of the primitives, as one total table. The rules of function nodes are in Batch.
module internal BatchRules =
    let private notHere (op: Op) : 'a = raise (GraphException $"{op} is not a primitive")

    let private up = Array.map ((+) 1)
    let private keep0 (p: int[]) = Array.append [| 0 |] (up p)

    let private toRows n (x: Tensor, isBatched) = if isBatched then x else Prim.rows n x

    let private slice n (s: Slice) =
        Op.Slice
            { Start = Array.append [| 0 |] s.Start
              Stop = Array.append [| n |] s.Stop
              Step = Array.append [| 1 |] s.Step }

    let private pad (p: Pad) =
        let zero = Array.append [| 0 |]
        Op.Pad { Low = zero p.Low; High = zero p.High; Interior = zero p.Interior }

    /// The inspected values are broadcast only if they differ between rows.
    let private check (op: Op) n (args: (Tensor * bool)[]) : Tensor =
        let looked = Array.tail args
        let further = looked |> Array.map (if Array.exists snd looked then toRows n else fst)
        Tensor.Apply(op, Array.append [| toRows n args[0] |] further)

    /// Applies op to arguments that all have rows.
    let private byRow (op: Op) n (args: (Tensor * bool)[]) : Tensor = Tensor.Apply(op, args |> Array.map (toRows n))

    let private gather batch n (args: (Tensor * bool)[]) : Tensor =
        match args with
        | [| x, false; indices, true |] when batch = 0 -> // one operand for all rows: a single gather
            let rest = x.Dims[1..]
            let flat = Prim.gather 0 x (Expect.flat "vmap" indices)
            Prim.reshape (Array.append indices.Dims rest) flat
        | _ -> byRow (Gather(batch + 1)) n args // every row gathers from its own operand

    let private dot n (args: (Tensor * bool)[]) : Tensor =
        match args with
        | [| a, true; b, false |] when b.Rank = 2 && int64 n * int64 a.Dims[1] <= int64 System.Int32.MaxValue ->
            // the rows become further rows of one product
            let m, k = a.Dims[1], a.Dims[2]
            let flat = Prim.dot (Prim.reshape [| n * m; k |] a) b
            Prim.reshape [| n; m; b.Dims[1] |] flat
        | _ -> byRow Dot n args // every row has its own product

    let private conv (c: Conv) n (args: (Tensor * bool)[]) : Tensor =
        match args with
        | [| x, true; kernel, false |] -> // the rows become further images
            let flat = Prim.reshape (Array.append [| Shape.times "vmap" n x.Dims[1] |] x.Dims[2..]) x
            let y = Prim.conv c flat kernel
            Prim.reshape (Array.concat [ [| n; x.Dims[1] |]; y.Dims[1..] ]) y
        | _ -> // the rows become further groups
            let x, kernel = toRows n args[0], toRows n args[1]
            let x = Prim.permute (Shape.moving x.Rank 0 1) x // [N; B; G; C; S…]
            let joined = Prim.reshape (Array.concat [ [| x.Dims[0]; Shape.times "vmap" n x.Dims[2] |]; x.Dims[3..] ]) x
            let kernels = Prim.reshape (Array.append [| Shape.times "vmap" n kernel.Dims[1] |] kernel.Dims[2..]) kernel
            let y = Prim.conv c joined kernels
            let y = Prim.reshape (Array.concat [ [| y.Dims[0]; n; x.Dims[2] |]; y.Dims[2..] ]) y
            Prim.permute (Shape.moving y.Rank 1 0) y

    /// Applies op to arguments of which some have a leading axis of n rows; the result has one.
    let batch (op: Op) n (args: (Tensor * bool)[]) : Tensor =
        let map o = byRow o n args

        match op with
        | Unary _
        | Binary _
        | Compare _
        | Select
        | Fma
        | Cast _
        | SearchSorted _
        | Fft _
        | Cholesky
        | TriangularSolve _
        | Pivots
        | Lu
        | Random _
        | StopGradient -> map op
        | Check _ -> check op n args
        | Reduce(kind, axes) -> map (Reduce(kind, up axes))
        | ArgMax axis -> map (ArgMax(axis + 1))
        | ArgSort axis -> map (ArgSort(axis + 1))
        | CumSum(axis, isReverse) -> map (CumSum(axis + 1, isReverse))
        | Reshape shape -> map (Reshape(Array.append [| n |] shape))
        | Permute p -> map (Permute(keep0 p))
        | Broadcast(shape, axes) -> map (Broadcast(Array.append [| n |] shape, keep0 axes))
        | Op.Slice s -> map (slice n s)
        | Op.Pad p -> map (pad p)
        | Reverse axes -> map (Reverse(up axes))
        | Concat axis -> map (Concat(axis + 1))
        | Gather batch -> gather batch n args
        | Scatter(kind, batch) -> map (Scatter(kind, batch + 1))
        | Dot -> dot n args
        | Op.Conv c -> conv c n args
        | Constant _
        | Data _
        | Iota _ -> Prim.rows n (Tensor.Apply(op, [||]))
        | Input _
        | Apply _
        | Output _ -> notHere op

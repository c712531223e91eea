namespace NeuralDE.Internal.Engine

open NeuralDE
open NeuralDE.Internal.Graph

/// The value of every primitive: the definition of the language, against which all faster code is tested. Slow and
/// simple. Arguments are never written; a result may share memory with an argument.
module internal Evaluate =
    let constant (literal: Literal) =
        match literal.Dtype with
        | Float64
        | Float32 -> NdArray.OfFloats(literal.Dtype, [||], [| System.BitConverter.Int64BitsToDouble literal.Bits |])
        | Int64
        | Int32
        | Bool -> NdArray.OfIntegers(literal.Dtype, [||], [| literal.Bits |])

    let private iota (signature: Signature) axis =
        let struct (_, n, inner) = EvaluateMovement.around axis signature.Shape
        let values = Array.init (Shape.stored "iota" signature.Shape) (fun i -> int64 (i / inner % n))
        NdArray.OfIntegers(signature.Dtype, signature.Shape, values)

    /// Row b of the result is the sequence of keys[b]: an element depends only on its key and its index in the row.
    let inline private draw ([<InlineIfLambda>] make: uint64 -> 'T) dtype (shape: int[]) (keys: NdArray) =
        let values: 'T[] = Array.zeroCreate (Shape.stored "random" shape)
        let row = values.Length / max 1 keys.Length
        let keys = keys.Integers

        for b in 0 .. keys.Length - 1 do
            for i in 0 .. row - 1 do
                values[b * row + i] <- make (Philox.bits keys[b] (int64 i))

        NdArray(dtype, shape, values)

    let private random (kind: Random) (dtype: Dtype) (shape: int[]) (keys: NdArray) =
        match kind, dtype with
        | Uniform, Float64 -> draw Philox.uniform64 dtype shape keys
        | Uniform, Float32 -> draw Philox.uniform32 dtype shape keys
        | Normal, Float64 -> draw Philox.normal dtype shape keys
        | Normal, Float32 -> draw (fun bits -> float32 (Philox.normal bits)) dtype shape keys
        | Bits, Int64 -> draw int64 dtype shape keys
        | (Uniform | Normal), (Int32 | Int64 | Bool)
        | Bits, (Float32 | Float64 | Int32 | Bool) -> raise (GraphException $"{kind} numbers are not {dtype}.")

    /// The value of an operation on arguments that Infer.node accepts; `signature` is the inferred one. Checks are not
    /// run.
    let primitive (op: Op) (signature: Signature) (args: NdArray[]) : NdArray =
        let shape = signature.Shape

        if Shape.size shape > int64 Shape.mostStored then Shape.stored (Print.name op) shape |> ignore

        match op with
        | Constant literal -> constant literal
        | Data d -> d.Array
        | Iota(signature, axis) -> iota signature axis
        | Unary u -> EvaluateElementwise.unary u args[0]
        | Binary b -> EvaluateElementwise.binary b args[0] args[1]
        | Compare c -> EvaluateElementwise.compare c args[0] args[1]
        | Select -> EvaluateElementwise.select args[0] args[1] args[2]
        | Fma -> EvaluateElementwise.fma args[0] args[1] args[2]
        | Cast dtype -> EvaluateElementwise.cast dtype args[0]
        | Reduce(r, axes) -> EvaluateAxes.reduce r axes shape args[0]
        | ArgMax axis -> EvaluateAxes.argMax axis shape args[0]
        | ArgSort axis -> EvaluateAxes.argSort axis args[0]
        | CumSum(axis, reverse) -> EvaluateAxes.cumSum axis reverse args[0]
        | SearchSorted right -> EvaluateAxes.searchSorted right args[0] args[1]
        | Reshape _ -> args[0].WithShape shape
        | Permute permutation -> EvaluateMovement.permute permutation shape args[0]
        | Broadcast(_, axes) -> EvaluateMovement.broadcast axes shape args[0]
        | Slice s -> EvaluateMovement.slice s shape args[0]
        | Pad p -> EvaluateMovement.pad p shape args[0]
        | Reverse axes -> EvaluateMovement.reverse axes args[0]
        | Concat axis -> EvaluateMovement.concat axis shape args
        | Gather batch -> EvaluateMovement.gather batch shape args[0] args[1]
        | Scatter(s, batch) -> EvaluateMovement.scatter s batch args[0] args[1] args[2]
        | Dot -> EvaluateLinear.dot shape args[0] args[1]
        | Op.Conv c -> EvaluateLinear.conv c shape args[0] args[1]
        | Fft inverse -> EvaluateLinear.fft inverse args[0]
        | Cholesky -> EvaluateLinear.cholesky args[0]
        | TriangularSolve(lower, transpose, unit) -> EvaluateLinear.triangularSolve lower transpose unit args[0] args[1]
        | Pivots -> EvaluateLinear.pivots shape args[0]
        | Lu -> EvaluateLinear.lu args[0]
        | Random(kind, _) -> random kind signature.Dtype shape args[0]
        | StopGradient
        | Check _ -> args[0]
        | Input _
        | Apply _
        | Output _ -> raise (GraphException $"{op} has no value of its own.")

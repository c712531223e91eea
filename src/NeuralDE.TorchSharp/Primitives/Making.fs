namespace NeuralDE.LibTorch

open NeuralDE.LibTorch.Names

/// Short forms for code on tensors.
module internal Making =
    let float (x: float) : Scalar = Scalar.op_Implicit x
    let long (x: int64) : Scalar = Scalar.op_Implicit x

    /// Disposes all tensors that f makes, except its result.
    let scoped (f: unit -> Tensor) : Tensor =
        use _ = T.NewDisposeScope()
        (f ()).MoveToOuterDisposeScope()

    /// A 0-d tensor beside another one.
    let numberLike (x: Tensor) (value: float) : Tensor = T.full ([||], float value, System.Nullable x.dtype, x.device)

    /// One axis more at the end, `count` times.
    let widened (count: int) (x: Tensor) : Tensor =
        let mutable y = x

        for _ in 1..count do
            y <- y.unsqueeze -1L

        y

namespace NeuralDE

open System
open NeuralDE.Compiler

/// Initial weights [inputs; outputs] from a key, float64; extents after the second make a kernel and count as inputs.
/// Each raises ShapeException for fewer than two axes or an extent of 0.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Init =
    /// How many numbers go into one output, and how many outputs one input goes to.
    let private fans verb (shape: int list) =
        match shape with
        | inputs :: outputs :: kernel when List.forall (fun n -> n > 0) shape ->
            let size = List.fold (*) 1 kernel
            float (inputs * size), float (outputs * size)
        | _ -> Expect.misfit $"{verb}: got shape {shape}, expected [inputs; outputs] with extents of 1 or more."

    /// Uniform numbers in [−bound, bound).
    let uniform (bound: float) (key: Key) (shape: int list) : Tensor = bound * (2.0 * rand key shape - 1.0)

    /// Normal numbers of mean 0.
    let normal (deviation: float) (key: Key) (shape: int list) : Tensor = deviation * randn key shape

    /// Uniform in ±1/√inputs: what Linear.init uses, and the default of PyTorch's Linear.
    let linear (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.linear" shape
        uniform (1.0 / Math.Sqrt inputs) key shape

    /// Uniform in ±√(6 / (inputs + outputs)); keeps variances through tanh layers. Glorot and Bengio 2010.
    let glorot (key: Key) (shape: int list) : Tensor =
        let inputs, outputs = fans "Init.glorot" shape
        uniform (Math.Sqrt(6.0 / (inputs + outputs))) key shape

    /// Normal of variance 2 / inputs; keeps variances through relu layers. He et al. 2015.
    let he (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.he" shape
        normal (Math.Sqrt(2.0 / inputs)) key shape

namespace NeuralDE

open System
open NeuralDE.Internal.Tensor

/// Initial weights [inputs; outputs] from a key, float64; extents after the second make a kernel and count as inputs.
/// Each raises ShapeException for fewer than two axes or an extent of 0; uniform, normal and zero take any shape.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Init =
    /// How many numbers go into one output, and how many outputs one input goes to.
    let private fans verb (shape: int list) =
        match shape with
        | inputs :: outputs :: kernel when List.forall (fun n -> n > 0) shape ->
            let size = List.fold (*) 1 kernel
            inputs * size, outputs * size
        | _ -> Expect.misfit $"{verb}: got shape {shape}, expected [inputs; outputs] with extents of 1 or more."

    /// Uniform numbers in [−bound, bound).
    let uniform (bound: float) (key: Key) (shape: int list) : Tensor = bound * (2.0 * rand key shape - 1.0)

    /// Normal numbers of mean 0.
    let normal (deviation: float) (key: Key) (shape: int list) : Tensor = deviation * randn key shape

    /// Zeros, whatever the key.
    let zero (_key: Key) (shape: int list) : Tensor = zeros shape

    /// Uniform in ±1/√inputs: what Linear.init uses, and the default of PyTorch's Linear.
    let linear (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.linear" shape
        uniform (1.0 / Math.Sqrt(float inputs)) key shape

    /// Uniform in ±√(6 / (inputs + outputs)); keeps variances through tanh layers. Glorot and Bengio 2010.
    let glorot (key: Key) (shape: int list) : Tensor =
        let inputs, outputs = fans "Init.glorot" shape
        uniform (Math.Sqrt(6.0 / float (inputs + outputs))) key shape

    /// Normal of variance 2 / (inputs + outputs). Glorot and Bengio 2010.
    let glorotNormal (key: Key) (shape: int list) : Tensor =
        let inputs, outputs = fans "Init.glorotNormal" shape
        normal (Math.Sqrt(2.0 / float (inputs + outputs))) key shape

    /// Normal of variance 2 / inputs; keeps variances through relu layers. He et al. 2015.
    let he (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.he" shape
        normal (Math.Sqrt(2.0 / float inputs)) key shape

    /// Uniform in ±√(6 / inputs), of variance 2 / inputs. He et al. 2015.
    let heUniform (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.heUniform" shape
        uniform (Math.Sqrt(6.0 / float inputs)) key shape

    /// The columns of A made orthonormal in their order: with A = Q R and a positive diagonal of R, AᵀA = RᵀR, Q = A R⁻¹.
    let private orthonormal (a: Tensor) =
        let lower = cholesky (matmul (transpose a) a)
        transpose (solveTriangular true lower (transpose a))

    /// <summary>The gain times a random matrix, uniform among those with orthonormal columns, or orthonormal rows where
    /// there are more outputs than inputs; a kernel's places count as inputs.</summary>
    /// <remarks>By two Cholesky decompositions, O(inputs · outputs · the smaller of them). Saxe et al. 2014.</remarks>
    let orthogonal (gain: float) (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.orthogonal" shape
        let outputs, kernel = shape[1], shape[2..]
        let normal = randn key [ max inputs outputs; min inputs outputs ]
        // the second pass takes away what rounding left in the first
        let q = normal |> orthonormal |> orthonormal
        let matrix = if inputs >= outputs then q else transpose q
        gain * (matrix |> reshape (shape[0] :: kernel @ [ outputs ]) |> moveAxis -1 1)

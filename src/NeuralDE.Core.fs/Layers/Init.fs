namespace NeuralDE

open System
open NeuralDE.Internal.Tensor

/// Initial weights [inputs; outputs] from a key, float64. Further extents make a kernel and count as inputs. ShapeException
/// for fewer than two axes or an extent of 0; uniform, normal and zero accept any shape.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Init =
    /// The number of inputs of one output, and the number of outputs of one input.
    let private fans verb (shape: int list) =
        match shape with
        | inputs :: outputs :: kernel when List.forall (fun n -> n > 0) shape ->
            let size = List.fold (*) 1 kernel
            inputs * size, outputs * size
        | _ -> Expect.misfit $"{verb}: got shape {shape}, expected [inputs; outputs] with extents of 1 or more."

    /// <summary>Uniform numbers in [−bound, bound).</summary>
    /// <param name="bound">The bound.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">Any shape.</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let uniform (bound: float) (key: Key) (shape: int list) : Tensor = bound * (2.0 * rand key shape - 1.0)

    /// <summary>Normal numbers with mean 0.</summary>
    /// <param name="deviation">The standard deviation.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">Any shape.</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let normal (deviation: float) (key: Key) (shape: int list) : Tensor = deviation * randn key shape

    /// <summary>Zeros, for any key.</summary>
    /// <param name="_key">Not used.</param>
    /// <param name="shape">Any shape.</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let zero (_key: Key) (shape: int list) : Tensor = zeros shape

    /// <summary>Uniform in ±1/√inputs: the default of Linear.init, and of PyTorch's Linear.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let linear (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.linear" shape
        uniform (1.0 / Math.Sqrt(float inputs)) key shape

    /// <summary>Uniform in ±√(6 / (inputs + outputs)); keeps variances through tanh layers. Glorot and Bengio
    /// 2010.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let glorot (key: Key) (shape: int list) : Tensor =
        let inputs, outputs = fans "Init.glorot" shape
        uniform (Math.Sqrt(6.0 / float (inputs + outputs))) key shape

    /// <summary>Normal with variance 2 / (inputs + outputs). Glorot and Bengio 2010.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let glorotNormal (key: Key) (shape: int list) : Tensor =
        let inputs, outputs = fans "Init.glorotNormal" shape
        normal (Math.Sqrt(2.0 / float (inputs + outputs))) key shape

    /// <summary>Normal with variance 2 / inputs; keeps variances through relu layers. He et al. 2015.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let he (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.he" shape
        normal (Math.Sqrt(2.0 / float inputs)) key shape

    /// <summary>Uniform in ±√(6 / inputs), with variance 2 / inputs. He et al. 2015.</summary>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    let heUniform (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.heUniform" shape
        uniform (Math.Sqrt(6.0 / float inputs)) key shape

    /// Orthonormalises the columns of A in their order: with A = Q R and a positive diagonal of R, AᵀA = RᵀR and Q = A R⁻¹.
    let private orthonormal (a: Tensor) =
        let lower = cholesky (matmul (transpose a) a)
        transpose (solveTriangular true lower (transpose a))

    /// <summary>The gain times a random matrix, uniformly distributed among those with orthonormal columns, or with
    /// orthonormal rows if there are more outputs than inputs. The positions of a kernel count as inputs.</summary>
    /// <param name="gain">The factor.</param>
    /// <param name="key">The source of the numbers.</param>
    /// <param name="shape">[inputs; outputs; extents…].</param>
    /// <returns>A tensor of this shape, float64.</returns>
    /// <remarks>By two Cholesky factorisations, O(inputs · outputs · min(inputs, outputs)). Saxe et al. 2014.</remarks>
    let orthogonal (gain: float) (key: Key) (shape: int list) : Tensor =
        let inputs, _ = fans "Init.orthogonal" shape
        let outputs, kernel = shape[1], shape[2..]
        let normal = randn key [ max inputs outputs; min inputs outputs ]
        // the second pass removes the rounding error of the first
        let q = normal |> orthonormal |> orthonormal
        let matrix = if inputs >= outputs then q else transpose q
        gain * (matrix |> reshape (shape[0] :: kernel @ [ outputs ]) |> moveAxis -1 1)

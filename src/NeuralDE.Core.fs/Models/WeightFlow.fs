namespace NeuralDE

open NeuralDE.Internal.Tensor

/// <summary>A differential equation for weights: θ' = τ Δθ + υ ∇θ + ρ θ over their last two axes (diffusion, advection,
/// reaction). Each leaf has trainable rates τ, υ, ρ.</summary>
/// <remarks>Derivatives are index differences, mirrored at the ends. Without advection and reaction, the sum of a kernel is
/// constant; with all rates 0 the weights are constant. T. Zhang et al., ANODEV2: a coupled neural ODE framework, NeurIPS
/// 2019.</remarks>
type WeightFlow =
    {
        /// τ, one number for each leaf of the weights: [leaves]
        Diffusion: Tensor
        /// υ along the last and the second-last axis: [leaves; 2]
        Advection: Tensor
        /// ρ: [leaves]
        Reaction: Tensor
    }

    /// <summary>A flow with all rates 0, so the weights are constant at first.</summary>
    /// <param name="weights">The weights, a tree of tensors.</param>
    /// <returns>The flow.</returns>
    static member atRest(weights: 'W) : WeightFlow =
        let n = (Tree.flatten weights).Length
        { Diffusion = zeros [ n ]; Advection = zeros [ n; 2 ]; Reaction = zeros [ n ] }

    /// <summary>A flow with normally distributed rates of standard deviation `deviation`.</summary>
    /// <param name="deviation">The standard deviation.</param>
    /// <param name="key">The source of the random numbers.</param>
    /// <param name="weights">The weights, a tree of tensors.</param>
    /// <returns>The flow.</returns>
    static member init (deviation: float) (key: Key) (weights: 'W) : WeightFlow =
        let n = (Tree.flatten weights).Length

        { Diffusion = Init.normal deviation (Key.fold 0 key) [ n ]
          Advection = Init.normal deviation (Key.fold 1 key) [ n; 2 ]
          Reaction = Init.normal deviation (Key.fold 2 key) [ n ] }

    /// The neighbours before and after each element along an axis. Elements at the ends are their own neighbours.
    static member private Neighbours(axis: int, x: Tensor) : Tensor * Tensor =
        let n = x.Dims[axis]
        let range first last = Prim.range axis first last x
        Prim.concat axis [| range 0 1; range 0 (n - 1) |], Prim.concat axis [| range 1 n; range (n - 1) n |]

    /// <summary>The derivative θ' of weights θ: a tree of the same structure.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="weights">The weights, a tree of tensors.</param>
    /// <returns>A tree like the weights.</returns>
    /// <remarks>TreeException for weights with another number of leaves.</remarks>
    static member apply (flow: WeightFlow) (weights: 'W) : 'W =
        let leaves = Tree.flatten weights

        if flow.Reaction.Count <> leaves.Length then
            raise (
                TreeException
                    $"WeightFlow.apply: got weights with {string leaves.Length} leaves, expected {string flow.Reaction.Count}, as in the flow."
            )

        let rate i (x: Tensor) =
            let pick (rates: Tensor) = cast x.Dtype rates
            let reaction = pick flow.Reaction[i] * x

            // the last axis, and the one before it
            [ 0; 1 ]
            |> List.filter (fun back -> back < x.Rank && x.Dims[x.Rank - 1 - back] > 1)
            |> List.fold
                (fun total back ->
                    let before, after = WeightFlow.Neighbours(x.Rank - 1 - back, x)
                    let laplacian, slope = before + after - 2.0 * x, 0.5 * (after - before)
                    total + pick flow.Diffusion[i] * laplacian + pick flow.Advection[i, back] * slope)
                reaction

        leaves
        |> Array.mapi (fun i x -> if x.Dtype.IsFloat then rate i x else Prim.zerosLike x)
        |> Tree.unflatten weights

namespace NeuralDE

/// Which integral g(t, y) dW means. They differ where g depends on the state: by ½ g ∂g/∂y in the drift of a scalar equation.
[<RequireQualifiedAccess>]
type StochasticIntegral =
    /// g at the start of each interval: a martingale; finance and filtering
    | Ito
    /// g in the middle: the chain rule holds; the limit of smooth noise, as in physics
    | Stratonovich

/// How what a diffusion returns meets the components of W.
type internal NoiseKind =
    /// component by component, W being like the state
    | ByComponent
    /// [state; channels], W being [channels]
    | ByMatrix

[<NoEquality; NoComparison>]
type internal NoiseTerm<'S> =
    {
        Kind: NoiseKind
        Diffusion: Tensor -> 'S -> 'S
        /// the integrals of Itô and Stratonovich are the same
        IsAdditive: bool
    }

/// <summary>A diffusion g, and what it promises to methods: made by Diagonal, Additive or General.</summary>
[<Sealed>]
type Noise<'Equation, 'S> internal (term: NoiseTerm<'S>) =
    member internal _.Term = term

/// The noise of a stochastic equation, as its problem holds it.
[<NoEquality; NoComparison>]
type ProblemNoise<'S> = internal { Term: NoiseTerm<'S>; Integral: StochasticIntegral; Key: Key option }

/// Kinds of noise, for Sde.problem. Opened with the namespace.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Noises =
    /// <summary>g(t, y) ∘ dW by components: a Brownian motion of its own for each component of the state, all independent.</summary>
    /// <param name="g">Time and state to a tree like the state. Component i may depend on component i of the state alone; what depends on
    /// others is General.</param>
    let Diagonal (g: Tensor -> 'S -> 'S) : Noise<DiagonalNoise, 'S> =
        Noise { Kind = ByComponent; Diffusion = g; IsAdditive = false }

    /// <summary>g(t) dW by components, whatever the state: a Brownian motion of its own for each component.</summary>
    /// <param name="g">Time to a tree like the state.</param>
    let Additive (g: Tensor -> 'S) : Noise<AdditiveNoise, 'S> =
        Noise { Kind = ByComponent; Diffusion = (fun t _ -> g t); IsAdditive = true }

    /// <summary>g(t, y) dW with a matrix g: Σⱼ g[…; i; j] dW[…; j].</summary>
    /// <param name="g">Time and a state [batch…; d] to [batch…; d; channels]; W is [batch…; channels], all independent.</param>
    let General (g: Tensor -> Tensor -> Tensor) : Noise<AnyNoise, Tensor> =
        Noise { Kind = ByMatrix; Diffusion = g; IsAdditive = false }

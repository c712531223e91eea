namespace NeuralDE

/// The integral of g(t, y) dW. If g depends on the state, the two differ: by ½ g ∂g/∂y in the drift of a scalar equation.
[<RequireQualifiedAccess>]
type StochasticIntegral =
    /// g at the start of each interval: a martingale, as in finance and filtering
    | Ito
    /// g in the middle of each interval: the chain rule holds; the limit of smooth noise, as in physics
    | Stratonovich

/// How the result of a diffusion multiplies the components of W.
type internal NoiseKind =
    /// component-wise, with W like the state
    | ByComponent
    /// a matrix [state; channels], with W [channels]
    | ByMatrix

[<NoEquality; NoComparison>]
type internal NoiseTerm<'S> =
    {
        Kind: NoiseKind
        Diffusion: Tensor -> 'S -> 'S
        /// whether g does not depend on the state: the integrals of Itô and Stratonovich are equal
        IsAdditive: bool
    }

/// <summary>A diffusion g and its kind, made by Diagonal, Additive or General. The kind 'Equation determines the methods
/// that can be used.</summary>
[<Sealed>]
type Noise<'Equation, 'S> internal (term: NoiseTerm<'S>) =
    member internal _.Term = term

/// The noise of a stochastic problem.
[<NoEquality; NoComparison>]
type ProblemNoise<'S> = internal { Term: NoiseTerm<'S>; Integral: StochasticIntegral; Key: Key option }

/// Kinds of noise, for Sde.problem. The kind determines, at compile time, the methods that can be used. Opened with the
/// namespace.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Noises =
    /// <summary>Component-wise noise g(t, y) dW: each component of the state has an independent Brownian motion.</summary>
    /// <param name="g">From time and state to a tree like the state. Component i may depend on component i of the state
    /// only; otherwise use General.</param>
    /// <returns>The noise.</returns>
    let Diagonal (g: Tensor -> 'S -> 'S) : Noise<DiagonalNoise, 'S> =
        Noise { Kind = ByComponent; Diffusion = g; IsAdditive = false }

    /// <summary>Component-wise noise g(t) dW that does not depend on the state: each component has an independent Brownian
    /// motion.</summary>
    /// <param name="g">From time to a tree like the state.</param>
    /// <returns>The noise.</returns>
    let Additive (g: Tensor -> 'S) : Noise<AdditiveNoise, 'S> =
        Noise { Kind = ByComponent; Diffusion = (fun t _ -> g t); IsAdditive = true }

    /// <summary>Noise g(t, y) dW with a matrix g: the sum over j of g[…; i; j] dW[…; j].</summary>
    /// <param name="g">From time and a state [batch…; d] to [batch…; d; channels]. W is [batch…; channels], with independent
    /// components.</param>
    /// <returns>The noise.</returns>
    let General (g: Tensor -> Tensor -> Tensor) : Noise<AnyNoise, Tensor> =
        Noise { Kind = ByMatrix; Diffusion = g; IsAdditive = false }

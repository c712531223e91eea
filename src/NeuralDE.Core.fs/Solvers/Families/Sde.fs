namespace NeuralDE

open System.Numerics
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Equations

/// What only stochastic differential equations have; written Sde.problem. The verbs that all families share are those of ProblemVerbs.
[<AbstractClass>]
type SdeVerbs internal () =
    inherit ProblemVerbs()

    static member private Make
        (solver: Solver<'N>)
        (integral: StochasticIntegral)
        (drift: Tensor -> 'S -> 'S)
        (noise: Noise<'N, 'S>)
        (y0: 'S)
        (t0: Tensor)
        (t1: Tensor)
        : Problem<'N, 'S> =
        { Problem.create "Sde" solver drift y0 t0 t1 with
            Noise = Some { Term = noise.Term; Integral = integral; Key = None } }

    /// <summary>dy = f(t, y) dt + g(t, y) dW in Itô's sense, from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f: time (0-d, in the state's dtype) and state to a tree like the state.</param>
    /// <param name="noise">Diagonal g, Additive g or General g: which methods there are depends on it, at compile time.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors.</param>
    /// <param name="t0">A number; [batch] with perSample. Noise has no derivative in time.</param>
    /// <param name="t1">Likewise; may be smaller than t0.</param>
    /// <remarks>
    /// Solved by EulerMaruyama unless said otherwise, in steps of Sde.dt. Needs Sde.noise (Key 7): equal keys give equal paths, and the
    /// path depends neither on the steps nor on the method. A batch has independent noise in all of its rows; with perSample row k has
    /// the path of Key.fold k. Steps end at output times, which are [time] for all rows. Steps answer for the state alone, not for
    /// derivatives. The path is known down to 2^-24 of [t0, t1]: InputException for steps or outputs nearer than that.
    /// K. Itô 1944; P. E. Kloeden, E. Platen, Numerical solution of stochastic differential equations, 1992.
    /// </remarks>
    static member problem
        (drift: Tensor -> 'S -> 'S)
        (noise: Noise<'N, 'S>)
        (y0: 'S)
        (t0: 'T0, t1: 'T1)
        : Problem<'N, 'S>
            when 'N :> AnyNoise
            and 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0>
            and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1>
        =
        let time t = Time.ofAny "Sde.problem" (box t)
        SdeVerbs.Make EulerMaruyama StochasticIntegral.Ito drift noise y0 (time t0) (time t1)

    /// <summary>dy = f(t, y) dt + g(t, y) ∘ dW in Stratonovich's sense, from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f, as in Sde.problem.</param>
    /// <param name="noise">Diagonal g, Additive g or General g.</param>
    /// <param name="y0">The state at t0.</param>
    /// <param name="t0">A number; [batch] with perSample.</param>
    /// <param name="t1">Likewise; may be smaller than t0.</param>
    /// <remarks>Solved by Heun unless said otherwise, which estimates its error: steps are adaptive, with a tolerance of 1e-3 and 1e-6
    /// unless said otherwise, or those of Sde.dt. A tenth of the tolerance takes about ten times as many steps.
    /// Otherwise as Sde.problem. R. L. Stratonovich 1966.</remarks>
    static member stratonovich
        (drift: Tensor -> 'S -> 'S)
        (noise: Noise<'N, 'S>)
        (y0: 'S)
        (t0: 'T0, t1: 'T1)
        : Problem<'N, 'S>
            when 'N :> AnyNoise
            and 'T0 :> ISubtractionOperators<'T0, 'T0, 'T0>
            and 'T1 :> ISubtractionOperators<'T1, 'T1, 'T1>
        =
        let time t = Time.ofAny "Sde.stratonovich" (box t)
        let p = SdeVerbs.Make Heun StochasticIntegral.Stratonovich drift noise y0 (time t0) (time t1)
        // a step's error is about its length: at 1e-6 dy = −y dt + y/2 ∘ dW would take 300 000 steps to t = 1, more than maxSteps
        { p with Rtol = 1e-3; Atol = 1e-6 }

    /// The key of the noise: the same key gives the same path of W, whatever the method, its steps and the outputs.
    static member noise (key: Key) (p: Problem<'N, 'S>) : Problem<'N, 'S> when 'N :> AnyNoise =
        if key.Tensor.Rank > 0 then
            raise (
                ShapeException
                    $"{p.Family}.noise: got keys {Shape.text key.Tensor.Dims}, expected one. Write vmap over them; with {p.Family}.perSample row k has the path of Key.fold k."
            )

        { p with Noise = p.Noise |> Option.map (fun noise -> { noise with Key = Some key }) }

/// Stochastic differential equations: a problem, a few answers, a solve. Its verbs are those of SdeVerbs, such as Sde.noise, and those
/// of ProblemVerbs, which all families share: Sde.using, Sde.dt, Sde.solve.
type Sde = SdeVerbs

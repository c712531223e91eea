namespace NeuralDE

open System.Numerics
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Equations

/// The verbs of stochastic differential equations only, such as Sde.problem. ProblemVerbs has the verbs of all families.
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

    /// <summary>The Itô equation dy = f(t, y) dt + g(t, y) dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f: from time ([], in the dtype of the state) and state to a tree like the state.</param>
    /// <param name="noise">Diagonal g, Additive g or General g. The kind determines, at compile time, the methods that can
    /// be used.</param>
    /// <param name="y0">The state at t0: a tensor or any tree of float tensors, such as a record.</param>
    /// <param name="t0">The start time: a number; [batch] with perSample. Noise has no derivative by time.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0.</param>
    /// <returns>A problem with the method EulerMaruyama. It needs constant steps, Sde.dt, and a key, Sde.noise.</returns>
    /// <remarks>
    /// Sde.noise (Key 7) is required: equal keys give equal paths, and the path depends neither on the steps nor on the
    /// method. The rows of a batch have independent noise; with perSample, row k has the path of <c>Key.fold k key</c>. Steps
    /// end at output times, which are [time] for all rows. Steps control the error of the state only, not of derivatives.
    /// The path has a resolution of 2^-24 of [t0, t1]: InputException for shorter steps and for outputs at a smaller distance.
    /// K. Itô 1944; P. E. Kloeden, E. Platen, Numerical solution of stochastic differential equations, 1992.
    /// </remarks>
    /// <exception cref="T:NeuralDE.InputException">for a time that is not finite, and for other types of times.</exception>
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

    /// <summary>The Stratonovich equation dy = f(t, y) dt + g(t, y) ∘ dW from y(t0) = y0 to t1.</summary>
    /// <param name="drift">f, as in Sde.problem.</param>
    /// <param name="noise">Diagonal g, Additive g or General g.</param>
    /// <param name="y0">The state at t0.</param>
    /// <param name="t0">The start time: a number; [batch] with perSample.</param>
    /// <param name="t1">The end time, likewise; it may be smaller than t0.</param>
    /// <returns>A problem with the method Heun. It needs a key, Sde.noise.</returns>
    /// <remarks>Heun estimates its error: steps are adaptive, with default tolerances of 1e-3 and 1e-6, or constant with
    /// Sde.dt. A tenth of the tolerance takes about ten times as many steps. The rest is as in Sde.problem. R. L.
    /// Stratonovich 1966.</remarks>
    /// <exception cref="T:NeuralDE.InputException">for a time that is not finite, and for other types of times.</exception>
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
        // a step has an error of about its size: at 1e-6, dy = −y dt + y/2 ∘ dW would need 300 000 steps to t = 1, over
        // maxSteps
        { p with Rtol = 1e-3; Atol = 1e-6 }

    /// <summary>Sets the key of the noise. Equal keys give equal paths of W, for any method, steps and outputs.</summary>
    /// <param name="key">One key.</param>
    /// <param name="p">The problem.</param>
    /// <returns>The problem with this key.</returns>
    /// <exception cref="T:NeuralDE.ShapeException">for several keys: use vmap or perSample.</exception>
    static member noise (key: Key) (p: Problem<'N, 'S>) : Problem<'N, 'S> when 'N :> AnyNoise =
        if key.Tensor.Rank > 0 then
            raise (
                ShapeException
                    $"{p.Family}.noise: got keys {Shape.text key.Tensor.Dims}, expected one. Use vmap over them; with {p.Family}.perSample row k has the path of Key.fold k."
            )

        { p with Noise = p.Noise |> Option.map (fun noise -> { noise with Key = Some key }) }

/// Stochastic differential equations: make a problem, set its options, solve it. The verbs are those of SdeVerbs, such as
/// Sde.noise, and those of ProblemVerbs, such as Sde.using, Sde.dt and Sde.solve.
type Sde = SdeVerbs

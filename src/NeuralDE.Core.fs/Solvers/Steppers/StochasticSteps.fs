namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Explicit methods for equations with driven terms: a tableau whose stages are increments, K = h f(t, Y) + Σ g(t, Y) dX, each with
/// dX of the whole step. Against noise their limit is Itô's integral where Σ b c is 0, and Stratonovich's where it is ½, of strong
/// order ½, and 1 where the noise commutes (½ at Σ b c = 0 but for additive noise). W. Rümelin, Numerical treatment of stochastic
/// differential equations, SIAM J. Numer. Anal. 19, 1982.
module internal StochasticSteps =
    /// The controls at a time. They are carried from step to step, since asking twice costs twice.
    let controls (terms: Terms) (t: Tensor) = terms.Driven |> Array.collect (fun d -> d.Control t)

    /// The controls at the end of an attempt, and by term their increments over it.
    let increments (terms: Terms) (a: Attempt) : Tensor[] * Tensor[][] =
        let ends = terms.Driven |> Array.map (fun d -> d.Control a.TimeNew)

        let subtract starts (x1: Tensor[]) =
            let x, rest = Array.splitAt x1.Length starts
            Array.map2 (-) x1 x, rest

        Array.concat ends, ends |> Array.mapFold subtract a.Carried |> fst

    let change (terms: Terms) (h: Tensor) (dx: Tensor[][]) (t: Tensor) (y: Tensor[]) : Tensor[] =
        let drift = terms.Field t y |> Array.map (fun k -> RungeKutta.spread h k * k)
        let add sum (d: Driven) dx = Array.map2 (+) sum (d.Along t y dx)
        Array.fold2 add drift terms.Driven dx

    let private stages (tableau: Tableau) (terms: Terms) (a: Attempt) dx : Tensor[][] =
        let ks = ResizeArray<Tensor[]>()

        for i in 0 .. tableau.Stages - 1 do
            let known = ks.ToArray()
            let move leaf (y: Tensor) = RungeKutta.combine tableau.A[i] known leaf |> Option.fold (+) y
            ks.Add(change terms a.H dx (RungeKutta.node tableau.C[i] a.Time a.TimeNew a.H) (Array.mapi move a.Y))

        ks.ToArray()

    /// y + θ (y1 − y): what a path is between two points of it is not known to a step.
    let linear degree (y: Tensor) (y1: Tensor) =
        let none = Array.create (degree - 1) (Prim.zerosLike y)
        Prim.stack 0 (Array.append [| y; y1 - y |] none)

    let private step (tableau: Tableau) (terms: Terms) (a: Attempt) : Attempted =
        let ends, dx = increments terms a
        let ks = stages tableau terms a dx
        let along weights leaf = RungeKutta.combine weights ks leaf
        let y1, rounding = Compensated.add a.Y (Array.mapi (fun leaf _ -> along tableau.B leaf) a.Y) a.Rounding

        { Y1 = y1
          Carried = ends
          Memory = [||]
          Errors = fun () -> [| a.Y |> Array.mapi (fun leaf _ -> along tableau.Error leaf) |]
          Dense = Ready(fun () -> Array.map2 (linear tableau.Interpolant.Weights[0].Length) a.Y y1)
          Solved = ValueNone
          Work = [||]
          Rounding = rounding }

    /// Σ bᵢ cᵢ of a tableau of decimal fractions is ½ up to this rounding error.
    let private slopeRounding = 1e-15

    let private integralOf (t: Tableau) : Integral =
        let slope = Array.map2 (*) t.B t.C |> Array.sum

        // order above 2 is of no use against noise, and what carries f(t1, y1) does not carry the controls
        if t.Order > 2 || t.Fsal then Integral.NoNoise
        elif slope = 0.0 then Integral.Ito
        elif abs (slope - 0.5) < slopeRounding then Integral.Stratonovich
        else Integral.NoNoise

    /// The explicit method of a tableau, which takes driven terms where it has a limit with noise. Without them it is the method for
    /// ordinary equations, operation by operation.
    let ofTableau (tableau: Tableau) : Stepper =
        let plain = ExplicitSteps.ofTableau tableau
        let isPlain (terms: Terms) = terms.Driven.Length = 0

        match integralOf tableau with
        | Integral.NoNoise -> plain
        | integral ->
            { plain with
                Integral = integral
                Begin = fun terms t y -> if isPlain terms then plain.Begin terms t y else controls terms t
                Renew = fun terms a -> if isPlain terms then plain.Renew terms a else controls terms a.Time
                Step = fun terms a -> if isPlain terms then plain.Step terms a else step tableau terms a }

    /// Euler's method under the name that it has against noise: Itô, any noise.
    let eulerMaruyama: Stepper =
        { ofTableau ExplicitTableaus.euler with
            Name = "EulerMaruyama"
            Citation =
                "G. Maruyama, Continuous Markov processes and stochastic equations, Rend. Circ. Mat. Palermo 4, 1955" }

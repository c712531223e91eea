namespace NeuralDE.Internal.Steppers

open NeuralDE
open NeuralDE.Internal.Tensor

/// Explicit methods for equations with driven terms: a tableau whose stages are increments, K = h f(t, Y) + Σ g(t, Y) dX,
/// each with the dX of the whole step. With noise they converge to Itô's integral if Σ b c = 0, and to Stratonovich's if Σ b
/// c = ½. The strong order is ½, and 1 if the noise is commutative (for Σ b c = 0 only if it is additive). W. Rümelin,
/// Numerical treatment of stochastic differential equations, SIAM J. Numer. Anal. 19, 1982.
module internal StochasticSteps =
    /// The controls at a time. They are carried from step to step, so that each is evaluated once.
    let controls (terms: Terms) (t: Tensor) = terms.Driven |> Array.collect (fun d -> d.Control t)

    /// The controls at the end of an attempt, and for each term their increments over it.
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

    /// y + θ (y1 − y): a step does not know the path between its ends.
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

        // an order above 2 has no advantage with noise; a method that carries f(t1, y1) cannot carry the controls
        if t.Order > 2 || t.Fsal then Integral.NoNoise
        elif slope = 0.0 then Integral.Ito
        elif abs (slope - 0.5) < slopeRounding then Integral.Stratonovich
        else Integral.NoNoise

    /// The explicit method of a tableau. It supports driven terms if it converges with noise. Without driven terms it does
    /// the same operations as the method for ordinary equations.
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

    /// Euler's method under its name for noise: Itô, any noise.
    let eulerMaruyama: Stepper =
        { ofTableau ExplicitTableaus.euler with
            Name = "EulerMaruyama"
            Citation =
                "G. Maruyama, Continuous Markov processes and stochastic equations, Rend. Circ. Mat. Palermo 4, 1955" }

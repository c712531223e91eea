namespace NeuralDE.Internal.Steppers

open NeuralDE

/// Explicit Runge–Kutta methods: the stepper of a tableau. A method whose last stage is f(t1, y1) passes it on to the next
/// step.
module internal ExplicitSteps =
    let private count condition n = if condition then n else 0

    let private step (tableau: Tableau) (terms: Terms) (a: Attempt) : Attempted =
        let f = terms.Field
        let known = if tableau.Fsal then [| a.Carried |] else [||]
        let ks = RungeKutta.stages tableau.C tableau.A f a.Time a.TimeNew a.Y a.H known
        let weights = if tableau.Fsal then Array.truncate (ks.Length - 1) tableau.B else tableau.B
        let change leaf (y: Tensor) =
            RungeKutta.combine weights ks leaf |> Option.map (fun sum -> RungeKutta.spread a.H y * sum)
        let y1, rounding = Compensated.add a.Y (Array.mapi change a.Y) a.Rounding

        let errors () =
            // an estimate may use f(t1, y1), which methods without FSAL have not evaluated yet
            let ks =
                if max tableau.Error.Length tableau.CoarseError.Length > ks.Length then
                    Array.append ks [| f a.TimeNew y1 |]
                else
                    ks

            let ofWeights weights =
                a.Y
                |> Array.mapi (fun leaf y ->
                    RungeKutta.combine weights ks leaf |> Option.map (fun e -> RungeKutta.spread a.H y * e))

            [| ofWeights tableau.Error; if tableau.CoarseOrder > 0 then ofWeights tableau.CoarseError |]

        let polynomial () = RungeKutta.polynomial tableau f a.Time a.TimeNew a.Y a.H ks

        { Y1 = y1
          Carried = if tableau.Fsal then ks[ks.Length - 1] else [||]
          Memory = [||]
          Errors = errors
          Dense = if tableau.DenseC.Length = ks.Length then Ready polynomial else OnDemand polynomial
          Solved = ValueNone
          Work = [||]
          Rounding = rounding }

    let private cost (t: Tableau) isAdaptive : Cost =
        let needsEnd = isAdaptive && max t.Error.Length t.CoarseError.Length > t.Stages
        // last stages that only the error estimate uses
        let idle =
            if isAdaptive || t.Fsal then
                0
            else
                t.B |> Array.rev |> Array.takeWhile (fun b -> b = 0.0) |> Array.length

        { Start = count t.Fsal 1
          Attempt = t.Stages - idle - count t.Fsal 1 + count needsEnd 1
          Output = t.DenseC.Length - t.Stages - count needsEnd 1
          Restart = count t.Fsal 1 }

    let ofTableau (tableau: Tableau) : Stepper =
        { Name = tableau.Name
          Citation = tableau.Citation
          Order = tableau.Order
          ErrorPower = if tableau.Adaptive then tableau.ErrorPower else 0
          Degree = tableau.Interpolant.Weights[0].Length
          Begin = fun terms t y -> if tableau.Fsal then terms.Field t y else [||]
          Renew = fun terms a -> if tableau.Fsal then terms.Field a.Time a.Y else [||]
          Remember = fun _ _ _ -> [||]
          Step = step tableau
          Cost = cost tableau
          Counts = false
          Compensates = true
          Integral = Integral.NoNoise
          Bind = ValueNone
          Tableau = ValueSome tableau }

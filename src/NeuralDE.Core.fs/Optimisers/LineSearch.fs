namespace NeuralDE.Internal.Optimisers

open System

/// A trial step along a direction: its length, the loss there, the slope of the loss along the direction, and the evaluated
/// point. A point that cannot be evaluated has the loss +∞.
[<NoEquality; NoComparison>]
type internal Trial<'P> = { Step: float; Loss: float; Slope: float; Point: 'P }

/// The result of a search: a step that satisfies the strong Wolfe conditions, one that only decreases the loss enough, or
/// none.
[<NoEquality; NoComparison>]
type internal Found<'P> =
    | Wolfe of Trial<'P>
    | Lower of Trial<'P>
    | NoStep

/// Line search for the strong Wolfe conditions
///     φ(a) ≤ φ(0) + c₁ a φ′(0),   |φ′(a)| ≤ c₂ |φ′(0)|
/// after Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6.
module internal LineSearch =
    /// The relative width of an interval, 45 roundings, below which the search ends.
    let private narrowest = 1e-14

    /// The minimiser of the cubic through two points and their slopes (Nocedal and Wright, 3.59), limited to the inner 80 %
    /// of the interval; the midpoint if the cubic has no minimum.
    let cubic (a: Trial<'P>) (b: Trial<'P>) =
        let d1 = a.Slope + b.Slope - 3.0 * (a.Loss - b.Loss) / (a.Step - b.Step)
        let d2 = float (sign (b.Step - a.Step)) * sqrt (d1 * d1 - a.Slope * b.Slope)
        let least = b.Step - (b.Step - a.Step) * (b.Slope + d2 - d1) / (b.Slope - a.Slope + 2.0 * d2)
        let low, high = min a.Step b.Step, max a.Step b.Step
        let margin = 0.1 * (high - low)

        if Double.IsFinite least && Double.IsFinite b.Loss then
            Math.Clamp(least, low + margin, high - margin)
        elif Double.IsFinite b.Loss then
            0.5 * (low + high)
        else
            a.Step + 0.2 * (b.Step - a.Step) // near a, because the loss cannot be evaluated at b

    /// The predicted decrease of the loss to its minimum along the direction, from the slopes at the start and at the trial
    /// with the smallest slope, which are less affected by noise than the loss; ∞ if the slope does not increase.
    let foretold (start: Trial<'P>) (trials: Trial<'P> seq) : float =
        let known = trials |> Seq.filter (fun t -> t.Step > 0.0 && Double.IsFinite t.Slope) |> List.ofSeq

        match known with
        | [] -> infinity
        | _ ->
            let near = known |> List.minBy (fun t -> abs t.Slope)
            let bend = (near.Slope - start.Slope) / near.Step
            if bend > 0.0 then 0.5 * start.Slope * start.Slope / bend else infinity

    /// Searches a step from the start, where the slope is negative, with at most `budget` evaluations.
    let run (c1: float) (c2: float) (budget: int) (evaluate: float -> Trial<'P>) (start: Trial<'P>) (first: float) =
        let isLow (t: Trial<'P>) = t.Loss <= start.Loss + c1 * t.Step * start.Slope
        let isFlat (t: Trial<'P>) = abs t.Slope <= c2 * abs start.Slope
        let lower (t: Trial<'P>) = if t.Step > 0.0 then Lower t else NoStep

        /// Algorithm 3.6: a Wolfe point lies between low, the best point so far, and high.
        let rec zoom left (low: Trial<'P>) (high: Trial<'P>) =
            let width = abs (high.Step - low.Step)

            if left = 0 || width <= narrowest * max low.Step high.Step then
                lower low
            else
                let trial = evaluate (cubic low high)

                if not (isLow trial) || trial.Loss >= low.Loss then zoom (left - 1) low trial
                elif isFlat trial then Wolfe trial
                elif trial.Slope * (high.Step - low.Step) >= 0.0 then zoom (left - 1) trial low
                else zoom (left - 1) trial high

        /// Algorithm 3.5: increases the step until it is a Wolfe point or an interval contains one.
        let rec bracket left (previous: Trial<'P>) step =
            if left = 0 then
                lower previous
            else
                let trial = evaluate step
                let left = left - 1

                if not (isLow trial) || (previous.Step > 0.0 && trial.Loss >= previous.Loss) then
                    zoom left previous trial
                elif isFlat trial then
                    Wolfe trial
                elif trial.Slope >= 0.0 then
                    zoom left trial previous
                else
                    bracket left trial (extend previous trial)

        /// The minimiser of the cubic through the last two points, limited to 2 to 10 times the last step.
        and extend previous trial =
            let d1 = previous.Slope + trial.Slope - 3.0 * (previous.Loss - trial.Loss) / (previous.Step - trial.Step)
            let d2 = sqrt (d1 * d1 - previous.Slope * trial.Slope)
            let reach = trial.Step - previous.Step
            let least = trial.Step - reach * (trial.Slope + d2 - d1) / (trial.Slope - previous.Slope + 2.0 * d2)
            if Double.IsFinite least then
                Math.Clamp(least, 2.0 * trial.Step, 10.0 * trial.Step)
            else
                2.0 * trial.Step

        bracket budget start first

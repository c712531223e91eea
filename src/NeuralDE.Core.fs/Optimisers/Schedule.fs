namespace NeuralDE

open System

/// <summary>
/// A factor of the learning rate for each step: from the number of steps taken (float64 [], 0 at the first step) to a factor
/// (float64 []). It is a part of the compiled step, so a changing learning rate is not traced again.
/// </summary>
/// <remarks>Any such function is a schedule: <c>Adam 1e-2 |> Optim.schedule (fun step -> 1.0 / (1.0 + 0.01 *
/// step))</c>.</remarks>
type Schedule = Tensor -> Tensor

/// Schedules: factors of the learning rate for the steps k = 0, 1, 2, …
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Schedule =
    let private positive name what n =
        if n < 1 then raise (InputException $"Schedule.{name}: got {what} {string n}, expected 1 or more.")

    let private factor name what (x: float) =
        if not (x >= 0.0 && Double.IsFinite x) then
            raise (InputException $"Schedule.{name}: got {what} {string x}, expected a finite number of 0 or more.")

    /// The fraction of `count` steps that has passed: 0 at step `first`, 1 from step first + count on.
    let private progress (first: float) (count: float) (step: Tensor) =
        minimum (maximum ((step - first) / count) 0.0) 1.0

    /// From a to b along half a cosine as `share` goes from 0 to 1.
    let private alongCosine (a: float) (b: float) (share: Tensor) = b + 0.5 * (a - b) * (1.0 + cos (Math.PI * share))

    /// <summary>The same factor at every step.</summary>
    /// <param name="value">The factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a factor that is negative or not finite.</exception>
    let constant (value: float) : Schedule =
        factor "constant" "the factor" value
        fun _ -> scalar value

    /// <summary>decay^⌊k / every⌋: a step function. PyTorch's StepLR.</summary>
    /// <param name="every">The number of steps with the same factor.</param>
    /// <param name="decay">The ratio of successive factors.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for numbers out of range.</exception>
    let stairs (every: int) (decay: float) : Schedule =
        positive "stairs" "every" every
        factor "stairs" "decay" decay
        fun step -> scalar decay ** floor (step / float every)

    /// <summary>decay^k. PyTorch's ExponentialLR.</summary>
    /// <param name="decay">The ratio of successive factors.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a decay that is negative or not finite.</exception>
    let exponential (decay: float) : Schedule =
        factor "exponential" "decay" decay
        fun step -> scalar decay ** step

    /// <summary>last + (1 − last) (1 − k / steps)^power; last for k ≥ steps. PyTorch's PolynomialLR for last = 0.</summary>
    /// <param name="power">The exponent, positive.</param>
    /// <param name="steps">The number of steps until the last factor.</param>
    /// <param name="last">The last factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for numbers out of range.</exception>
    let polynomial (power: float) (steps: int) (last: float) : Schedule =
        if not (power > 0.0 && Double.IsFinite power) then
            raise (InputException $"Schedule.polynomial: got power {string power}, expected a positive number.")

        positive "polynomial" "steps" steps
        factor "polynomial" "last" last
        fun step -> last + (1.0 - last) * (1.0 - progress 0.0 (float steps) step) ** power

    /// <summary>A straight line from 1 to last; last for k ≥ steps.</summary>
    /// <param name="steps">The number of steps until the last factor.</param>
    /// <param name="last">The last factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for numbers out of range.</exception>
    let linear (steps: int) (last: float) : Schedule =
        positive "linear" "steps" steps
        factor "linear" "last" last
        fun step -> 1.0 + (last - 1.0) * progress 0.0 (float steps) step

    /// <summary>last + (1 − last) (1 + cos(π k / steps)) / 2; last for k ≥ steps. Loshchilov and Hutter 2017; PyTorch's
    /// CosineAnnealingLR over its first half period.</summary>
    /// <param name="steps">The number of steps until the last factor.</param>
    /// <param name="last">The last factor.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for numbers out of range.</exception>
    let cosine (steps: int) (last: float) : Schedule =
        positive "cosine" "steps" steps
        factor "cosine" "last" last
        fun step -> progress 0.0 (float steps) step |> alongCosine 1.0 last

    /// <summary>The factor of the last pair (from step, factor) whose step has been reached; 1 before the first
    /// pair.</summary>
    /// <param name="pairs">The pairs, with increasing steps.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for steps that do not increase, and for numbers out of range.</exception>
    let piecewise (pairs: (int * float) list) : Schedule =
        for from, value in pairs do
            if from < 0 then
                raise (InputException $"Schedule.piecewise: got step {string from}, expected 0 or more.")
            factor "piecewise" "the factor" value

        if List.pairwise pairs |> List.exists (fun ((a, _), (b, _)) -> a >= b) then
            let steps = pairs |> List.map (fst >> string) |> String.concat ", "
            raise (InputException $"Schedule.piecewise: got the steps {steps}, expected increasing steps.")

        fun step ->
            pairs |> List.fold (fun before (from, value) -> where (step .>= float from) value before) (scalar 1.0)

    /// <summary>(k + 1) / steps in the first `steps` steps, then the schedule `next` from its start.</summary>
    /// <param name="steps">The number of steps of the warm-up.</param>
    /// <param name="next">The schedule after it.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">unless steps is positive.</exception>
    let warmUp (steps: int) (next: Schedule) : Schedule =
        positive "warmUp" "steps" steps

        fun step ->
            let later = next (maximum (step - float steps) 0.0)
            where (step .< float steps) ((step + 1.0) / float steps) later

    /// <summary>Rises from 1/25 to 1 in the first 0.3 of the steps, then falls to 4e-6, along half cosines. Smith and Topin
    /// 2018; PyTorch's OneCycleLR, whose max_lr is the optimiser's learning rate.</summary>
    /// <param name="steps">The number of steps, at least 4.</param>
    /// <returns>The schedule.</returns>
    /// <exception cref="T:NeuralDE.InputException">for fewer than 4 steps.</exception>
    let oneCycle (steps: int) : Schedule =
        if steps < 4 then
            raise (InputException $"Schedule.oneCycle: got steps {string steps}, expected 4 or more.")
        let peak, finish = 0.3 * float steps - 1.0, float (steps - 1)

        fun step ->
            let up = progress 0.0 peak step |> alongCosine 0.04 1.0
            let down = progress peak (finish - peak) step |> alongCosine 1.0 4e-6
            where (step .<= peak) up down

    /// <summary>The product of two schedules.</summary>
    /// <param name="a">A schedule.</param>
    /// <param name="b">A schedule.</param>
    /// <param name="step">The number of steps taken, float64 [].</param>
    /// <returns>The product of their factors, float64 [].</returns>
    let times (a: Schedule) (b: Schedule) : Schedule = fun step -> a step * b step

    /// <summary>The factor at a step.</summary>
    /// <param name="step">The number of steps taken, from 0.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>The factor.</returns>
    /// <exception cref="T:NeuralDE.InputException">for a negative step.</exception>
    let at (step: int) (schedule: Schedule) : float =
        if step < 0 then raise (InputException $"Schedule.at: got step {string step}, expected 0 or more.")
        float (schedule (scalar (float step)))

    /// <summary>The factors of the first n steps, for a plot.</summary>
    /// <param name="n">The number of steps.</param>
    /// <param name="schedule">The schedule.</param>
    /// <returns>n factors.</returns>
    let values (n: int) (schedule: Schedule) : float[] = Array.init n (fun step -> at step schedule)

namespace NeuralDE

open System

/// <summary>
/// A factor of an optimiser's rate at each step: from the number of steps taken so far (float64 [], 0 at the first step)
/// to one number (float64 []). It is part of the compiled step, so a changing rate traces nothing again.
/// </summary>
/// <remarks>Any such function will do: <c>Adam 1e-2 |> Optim.schedule (fun step -> 1.0 / (1.0 + 0.01 * step))</c>.</remarks>
type Schedule = Tensor -> Tensor

/// Factors of a rate over the steps k = 0, 1, 2, …
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Schedule =
    let private positive name what n =
        if n < 1 then raise (InputException $"Schedule.{name}: got {what} {string n}, expected 1 or more.")

    let private factor name what (x: float) =
        if not (x >= 0.0 && Double.IsFinite x) then
            raise (InputException $"Schedule.{name}: got {what} {string x}, expected a finite number of 0 or more.")

    /// The share of `count` steps that lies behind: 0 at step `first`, 1 from step first + count on.
    let private progress (first: float) (count: float) (step: Tensor) =
        minimum (maximum ((step - first) / count) 0.0) 1.0

    /// From a to b as the share goes from 0 to 1, along half a cosine.
    let private alongCosine (a: float) (b: float) (share: Tensor) = b + 0.5 * (a - b) * (1.0 + cos (Math.PI * share))

    /// The same factor at every step.
    let constant (value: float) : Schedule =
        factor "constant" "the factor" value
        fun _ -> scalar value

    /// decay^⌊k / every⌋: a stair. PyTorch's StepLR.
    let stairs (every: int) (decay: float) : Schedule =
        positive "stairs" "every" every
        factor "stairs" "decay" decay
        fun step -> scalar decay ** floor (step / float every)

    /// decay^k. PyTorch's ExponentialLR.
    let exponential (decay: float) : Schedule =
        factor "exponential" "decay" decay
        fun step -> scalar decay ** step

    /// last + (1 − last) (1 − k / steps)^power, and last from k = steps on. PyTorch's PolynomialLR for last = 0.
    let polynomial (power: float) (steps: int) (last: float) : Schedule =
        if not (power > 0.0 && Double.IsFinite power) then
            raise (InputException $"Schedule.polynomial: got power {string power}, expected a positive number.")

        positive "polynomial" "steps" steps
        factor "polynomial" "last" last
        fun step -> last + (1.0 - last) * (1.0 - progress 0.0 (float steps) step) ** power

    /// A straight line from 1 to last, which it keeps from k = steps on.
    let linear (steps: int) (last: float) : Schedule =
        positive "linear" "steps" steps
        factor "linear" "last" last
        fun step -> 1.0 + (last - 1.0) * progress 0.0 (float steps) step

    /// last + (1 − last) (1 + cos(π k / steps)) / 2, and last from k = steps on. Loshchilov and Hutter 2017; PyTorch's
    /// CosineAnnealingLR over its first half period.
    let cosine (steps: int) (last: float) : Schedule =
        positive "cosine" "steps" steps
        factor "cosine" "last" last
        fun step -> progress 0.0 (float steps) step |> alongCosine 1.0 last

    /// The factor of the last pair (from step, factor) whose step is reached; 1 before the first.
    let piecewise (pairs: (int * float) list) : Schedule =
        for from, value in pairs do
            if from < 0 then
                raise (InputException $"Schedule.piecewise: got step {string from}, expected 0 or more.")
            factor "piecewise" "the factor" value

        if List.pairwise pairs |> List.exists (fun ((a, _), (b, _)) -> a >= b) then
            let steps = pairs |> List.map (fst >> string) |> String.concat ", "
            raise (InputException $"Schedule.piecewise: got the steps {steps}, expected them to increase.")

        fun step ->
            pairs |> List.fold (fun before (from, value) -> where (step .>= float from) value before) (scalar 1.0)

    /// (k + 1) / steps over the first steps, then the schedule from its own beginning.
    let warmUp (steps: int) (next: Schedule) : Schedule =
        positive "warmUp" "steps" steps

        fun step ->
            let later = next (maximum (step - float steps) 0.0)
            where (step .< float steps) ((step + 1.0) / float steps) later

    /// Up from 1/25 to 1 over the first 0.3 of the steps, then down to 4e-6, along half cosines. Smith and Topin 2018;
    /// PyTorch's OneCycleLR, whose max_lr is the optimiser's rate.
    let oneCycle (steps: int) : Schedule =
        if steps < 4 then
            raise (InputException $"Schedule.oneCycle: got steps {string steps}, expected 4 or more.")
        let peak, finish = 0.3 * float steps - 1.0, float (steps - 1)

        fun step ->
            let up = progress 0.0 peak step |> alongCosine 0.04 1.0
            let down = progress peak (finish - peak) step |> alongCosine 1.0 4e-6
            where (step .<= peak) up down

    /// The product of two schedules.
    let times (a: Schedule) (b: Schedule) : Schedule = fun step -> a step * b step

    /// The factor at a step, from 0.
    let at (step: int) (schedule: Schedule) : float =
        if step < 0 then raise (InputException $"Schedule.at: got step {string step}, expected 0 or more.")
        float (schedule (scalar (float step)))

    /// The factors of the first n steps, for a picture.
    let values (n: int) (schedule: Schedule) : float[] = Array.init n (fun step -> at step schedule)

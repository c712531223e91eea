namespace NeuralDE.Internal.Integration

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers

/// The scaled error of a step, and the size of the first step.
module internal StepError =
    let private largest (xs: Tensor[]) = xs |> Array.reduce (Prim.binary Max)
    let private meanSquare (x: Tensor) =
        if x.Count = 0 then
            Prim.number 0.0
        else
            Prim.times (1.0 / float x.Count) (Prim.cast Float64 (Prim.sum (x * x)))

    /// Whether every element is finite: 0 · x sums to 0.
    let isFinite (xs: Tensor[]) =
        let zero x = Prim.cast Float64 (Prim.sum (Prim.times 0.0 x))
        Prim.compareTo Equal (xs |> Array.map zero |> Array.reduce (+)) 0.0

    let private rms x = sqrt (meanSquare x)

    let private measure norm (scaled: Tensor[]) =
        match norm with
        | LargestRms leaves -> Masks.pickBy leaves scaled |> Array.map rms |> largest
        | OwnNorm own -> Prim.cast Float64 (own.Measure scaled)

    /// atol + rtol max(|a|, |b|)
    let private scale (i: SolveInputs) (a: Tensor) (b: Tensor) =
        let size = Prim.binary Max (abs a) (abs b)
        RungeKutta.spread i.Atol a + RungeKutta.spread i.Rtol a * size

    /// atol + rtol |y| for each leaf
    let scaleAt (i: SolveInputs) (y: Tensor[]) = y |> Array.map (fun y -> scale i y y)

    /// The scaled error of a step from y to y1: the estimate e, or e² / √(e² + c² / 100) with a coarser estimate c.
    let ofStep (p: SolvePlan) i (y: Tensor[]) (y1: Tensor[]) (errors: Tensor option[][]) =
        let scaled (errors: Tensor option[]) =
            Array.map3
                (fun y y1 error ->
                    match error with
                    | Some error when p.IsRelative -> // a component that stays at 0 has the error 0 / 0
                        let isNothing = Prim.compareTo Equal error 0.0
                        Prim.select isNothing (Prim.zerosLike y) (error / scale i y y1)
                    | Some error -> error / scale i y y1
                    | None -> Prim.zerosLike y)
                y
                y1
                errors

        let fine = scaled errors[0]

        if errors.Length = 1 then
            measure p.Norm fine
        else
            let combined e c =
                let total = sqrt (e + Prim.times 0.01 c)
                Prim.select
                    (Prim.compareTo Greater total 0.0)
                    (e / Prim.select (Prim.compareTo Greater total 0.0) total (Prim.number 1.0))
                    (Prim.number 0.0)

            let coarse = scaled errors[1]

            match p.Norm with
            | LargestRms leaves ->
                Array.map2 (fun e c -> combined (meanSquare e) (meanSquare c)) fine coarse
                |> Masks.pickBy leaves
                |> largest
            | OwnNorm _ ->
                let square x = x * x
                combined (square (measure p.Norm fine)) (square (measure p.Norm coarse))

    /// The constants of Hairer's first step: below tinySize a scaled state or derivative says nothing about the step, and cautious
    /// is used; below flatSize the field counts as zero.
    let private tinySize, cautious, flatSize = 1e-5, 1e-6, 1e-15

    /// The size of the first step. E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section
    /// II.4. The field is evaluated only inside the interval.
    let firstStep (p: SolvePlan) (i: SolveInputs) (f: RungeKutta.Field) dir (y: Tensor[]) (f0: Tensor[]) =
        let span = abs (i.T1 - i.T0)
        let size (x: Tensor[]) = Array.map2 (fun x y -> x / scale i y y) x y |> measure p.Norm
        let d0, d1 = size y, size f0
        let isTiny = Prim.either (Prim.compareTo Less d0 tinySize) (Prim.compareTo Less d1 tinySize)
        let nonZero x = Prim.select (Prim.compareTo Greater x 0.0) x (Prim.number 1.0)
        let h0 = Prim.select isTiny (Prim.number cautious) (Prim.times 0.01 (d0 / nonZero d1))
        let h0 = Prim.binary Min h0 span
        let t = Prim.select (Prim.compare GreaterEqual h0 span) i.T1 (i.T0 + dir * h0)
        let f1 = f t (Array.map2 (fun (y: Tensor) d -> y + RungeKutta.spread (dir * h0) y * d) y f0)
        let d2 = size (Array.map2 (-) f1 f0) / nonZero h0
        let most = Prim.binary Max d1 d2
        let power = 1.0 / float p.Stepper.ErrorPower
        let curved = Prim.unary (Power power) (Prim.number 0.01 / nonZero most)
        let flat = Prim.binary Max (Prim.number cautious) (Prim.times 1e-3 h0)
        let h1 = Prim.select (Prim.compareTo LessEqual most flatSize) flat curved
        let h = Prim.binary Min (Prim.times 100.0 h0) h1
        let h = Prim.select (Prim.compareTo Greater h 0.0) h (Prim.number cautious)
        // 0 if the field is not finite at the start: the first step then fails
        Prim.select (isFinite f0) h (Prim.number 0.0)

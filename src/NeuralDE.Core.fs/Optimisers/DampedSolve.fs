namespace NeuralDE.Internal.Optimisers

open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.LinearAlgebra.Factorization
open NeuralDE

/// The linear model of the residuals at a point, ½ |r + J δ|², for its damped minimiser.
[<AbstractClass>]
type internal LinearModel() =
    /// Jᵀ r
    abstract Gradient: float[]
    /// The largest cosine between r and a column of J; near 0 if no direction decreases the sum.
    abstract Cosine: float
    /// The δ that minimises ½ |r + J δ|² + ½ λ Σ dⱼ δⱼ², and Σ dⱼ δⱼ².
    abstract Step: damping: float -> struct (float[] * float)

/// The damping, and its changes from step to step.
[<Sealed>]
type internal DampingRule(damping: Damping, initial: float) =
    let mutable growth = 2.0

    let mutable value =
        match damping with
        | Nielsen
        | Marquardt _ -> initial
        | Undamped -> 0.0

    member _.Value = value

    /// After a step that decreased the sum; `gain`: the ratio of actual and predicted decrease.
    member _.Accept(gain: float) =
        match damping with
        | Nielsen ->
            value <- value * max (1.0 / 3.0) (1.0 - (2.0 * gain - 1.0) ** 3.0)
            growth <- 2.0
        | Marquardt factor -> value <- value / factor
        | Undamped -> ()

    /// After a step that did not decrease the sum. Returns whether the damping, and so the next step, changes.
    member _.Reject() : bool =
        match damping with
        | Nielsen ->
            value <- value * growth
            growth <- 2.0 * growth
            true
        | Marquardt factor ->
            value <- value * factor
            true
        | Undamped -> false

module internal DampedSolve =
    let inner (a: float[]) (b: float[]) = Array.fold2 (fun total x y -> total + x * y) 0.0 a b
    let length (x: float[]) = sqrt (inner x x)

    /// The squared residual, relative to the first one, at which conjugate gradients stop: a residual of 1e-8, the square root of
    /// the rounding error. Products with J are not more exact than that where a solve is inside.
    let private solved = 1e-16

    let private quotient (a: float) (b: float) = if a = 0.0 then 0.0 else a / b

    /// With J as a matrix [m; n], row by row: QR factors of J above a diagonal of √(λ d), so that the condition number of J
    /// is not squared. dⱼ is the largest squared length of column j so far, so that the step does not depend on the units of
    /// the parameters. Moré 1978.
    let dense (residual: float[]) (jacobian: float[]) (largest: float[]) : LinearModel =
        let m, n = residual.Length, largest.Length
        let j = Matrix<float>.Build.DenseOfRowMajor(m, n, jacobian)
        let squares = Array.init n (fun k -> let c = j.Column k in c.DotProduct c)

        for k in 0 .. n - 1 do
            largest[k] <- max largest[k] squares[k]

        let most = Array.max largest
        // a column of zeros gets the damping of the longest column
        let scale =
            largest
            |> Array.map (fun d ->
                if d > 0.0 then d
                elif most > 0.0 then most
                else 1.0)
        let r = Vector<float>.Build.Dense residual
        let gradient = j.TransposeThisAndMultiply(r).ToArray()
        let size = length residual

        { new LinearModel() with
            override _.Gradient = gradient

            override _.Cosine = Array.map2 (fun g s -> quotient (abs g) (sqrt s * size)) gradient squares |> Array.max

            override _.Step damping =
                let step =
                    if damping > 0.0 || m >= n then
                        let rows = if damping > 0.0 then m + n else m
                        let a = Matrix<float>.Build.Dense(rows, n)
                        a.SetSubMatrix(0, 0, j)

                        if damping > 0.0 then
                            for k in 0 .. n - 1 do
                                a[m + k, k] <- sqrt (damping * scale[k])

                        let b = Vector<float>.Build.Dense rows
                        b.SetSubVector(0, m, -r)
                        a.QR(QRMethod.Thin).Solve(b).ToArray()
                    else
                        Array.create n nan // without damping the minimiser is not unique if m < n

                struct (step, Array.fold2 (fun total s x -> total + s * x * x) 0.0 scale step) }

    /// With products of J only: conjugate gradients for (JᵀJ + λ s) δ = −Jᵀr, where s is the curvature along the first
    /// gradient.
    let iterative (residual: float[]) (gradient: float[]) (scale: float) (product: float[] -> float[]) : LinearModel =
        let n = gradient.Length

        { new LinearModel() with
            override _.Gradient = gradient

            override _.Cosine =
                quotient (Array.fold (fun most g -> max most (abs g)) 0.0 gradient) (sqrt scale * length residual)

            override _.Step damping =
                let shift = damping * scale
                let x: float[] = Array.zeroCreate n
                let rest = Array.map (~-) gradient
                let heading = Array.copy rest
                let mutable size = inner rest rest
                let enough = solved * size
                let mutable left = 2 * n

                while left > 0 && size > enough do
                    let bent = product heading
                    let curvature = inner heading bent + shift * inner heading heading

                    if curvature > 0.0 then
                        let step = size / curvature

                        for i in 0 .. n - 1 do
                            x[i] <- x[i] + step * heading[i]
                            rest[i] <- rest[i] - step * (bent[i] + shift * heading[i])

                        let next = inner rest rest
                        let share = next / size

                        for i in 0 .. n - 1 do
                            heading[i] <- rest[i] + share * heading[i]

                        size <- next
                        left <- left - 1
                    else
                        left <- 0 // the residuals are constant along this direction

                struct (x, scale * inner x x) }

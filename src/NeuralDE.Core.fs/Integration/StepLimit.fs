namespace NeuralDE.Compiler

open System.Numerics
open NeuralDE

/// What limits the steps of a solve that stopped short, where it is not the error of the solution.
module internal StepLimit =
    /// Steps of power iteration towards what ∂f/∂y enlarges most.
    let private iterations = 32

    /// Steps that stability limits go up and down below its limit: at this multiple of their mean the method enlarges what the equation
    /// lets decay.
    let private reach = 2.0

    /// What turns more than it decays is no stiff component: an implicit method would have to follow it as well. Re λ / |λ|.
    let private decaying = -0.1

    /// A vector whose part beside another is smaller than this points along it.
    let private alone = 1e-3

    /// A field whose change over one step is as large as itself, though its derivative explains a tenth of that at most, jumps.
    let private jumpsFrom, explained = 0.3, 0.1

    let private dot (x: Tensor) (y: Tensor) = float (sum (x * y))
    let private norm (x: Tensor) = sqrt (dot x x)

    /// |λ| and Re λ of the largest eigenvalue of ∂f/∂y. Power iteration ends in the plane of a complex pair, or along a real
    /// eigenvector: J² v = a J v + b v there, and λ² = a λ + b.
    let private largest (f: Tensor -> Tensor) (y: Tensor) : struct (float * float) =
        let push (v: Tensor) = snd (jvp f y v)
        let unit (v: Tensor) = v / norm v
        let start = randn (Key 1) (List.ofArray y.Dims) |> cast y.Dtype
        let v = Seq.fold (fun v _ -> unit (push v)) (unit start) (seq { 1..iterations })
        let once = push v
        let along = dot once v
        let beside = once - along * v
        let size = norm beside

        if size <= alone * norm once then
            struct (abs along, along)
        else
            let twice = push once
            let a = dot twice beside / (size * size)
            let b = dot (twice - a * once) v
            let half, root = 0.5 * a, 0.25 * a * a + b

            if root < 0.0 then
                struct (sqrt -b, half)
            else
                let real = if half < 0.0 then half - sqrt root else half + sqrt root
                struct (abs real, real)

    /// R(z): by how much one step of a tableau enlarges y of y' = λ y, z = h λ.
    let private growth (tableau: Tableau) (z: Complex) : Complex =
        let sum (weights: float[]) (ks: Complex[]) =
            Seq.map2 (fun (w: float) (k: Complex) -> Complex(w, 0.0) * k) weights ks |> Seq.fold (+) Complex.Zero

        let stage (ks: Complex[]) i = Array.append ks [| Complex.One + z * sum tableau.A[i] ks |]
        Complex.One + z * sum tableau.B (Seq.fold stage [||] (seq { 0 .. tableau.B.Length - 1 }))

    /// Whether a step this long is about as long as stability lets it be.
    let private isLimited (tableau: Tableau) length size real =
        let imaginary = sqrt (max 0.0 (size * size - real * real))
        let z = Complex(length * real, length * imaginary)
        Complex.Abs(growth tableau (Complex(reach, 0.0) * z)) > 1.0

    // there are neither events nor implicit methods for equations with noise
    let private ofJump family hasNoise =
        let mend = if hasNoise then "make it" else $"make the jump an event ({family}.on), or"
        $"The field jumps there, and the solve goes to and fro over the jump: {mend} a smooth change."

    let private ofStiffness family hasNoise =
        let mend =
            if hasNoise then
                $"No implicit method takes noise yet: allow more steps with {family}.maxSteps."
            else
                $"Use an implicit method: {family}.using Kvaerno3, Rosenbrock23 or BDF2."

        $"Stability, not the error, limits the steps: the equation is stiff there. {mend}"

    /// Advice in place of that of the status, for an explicit method that stopped at (t, y) with steps of length h.
    let advice family hasNoise (method: Stepper) (field: RungeKutta.Field) (t: Tensor) (h: Tensor) (y: Tensor[]) : string option =
        let packed = Flat.pack y
        let f (v: Tensor) = Flat.pack (field t (Flat.unpack y v))
        let length = abs (h.ToArray()[0])

        try
            let slope = f packed
            let change = norm (f (packed + RungeKutta.spread h packed * slope) - slope) / norm slope
            let along = norm (snd (jvp f packed (RungeKutta.spread h packed * slope))) / norm slope
            let struct (size, real) = largest f packed

            if change > jumpsFrom && along < explained * change then
                Some(ofJump family hasNoise)
            elif real >= decaying * size then
                None
            else
                match method.Tableau with
                | ValueSome tableau when isLimited tableau length size real ->
                    Some(ofStiffness family hasNoise)
                | ValueSome _ -> None
                | ValueNone -> // of the explicit methods those that are reversible, stable on an interval of the imaginary axis only
                    Some
                        $"Solutions decay there, and {method.Name} is stable only where they swing. Use {family}.using Tsit5, or Kvaerno3 where the equation is stiff."
        with :? DerivativeException -> // a field that cannot be differentiated cannot be asked
            None

namespace NeuralDE.Internal.Integration

open System.Numerics
open NeuralDE
open NeuralDE.Internal.Steppers

/// Where a solve by an explicit method stopped short.
[<NoEquality; NoComparison>]
type internal StoppedShort =
    {
        /// whose verbs the advice names
        Family: string
        HasNoise: bool
        Method: Stepper
        Field: RungeKutta.Field
        Time: Tensor
        Y: Tensor[]
        /// the step tried last, negative where time runs backwards, and the mean length of those before
        Step: Tensor
        MeanStep: Tensor
    }

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
    let private ofJump (s: StoppedShort) =
        let mend = if s.HasNoise then "make it" else $"make the jump an event ({s.Family}.on), or"
        $"The field jumps there, and the solve goes to and fro over the jump: {mend} a smooth change."

    let private ofStiffness (s: StoppedShort) =
        let mend =
            if s.HasNoise then
                $"No implicit method takes noise yet: allow more steps with {s.Family}.maxSteps."
            else
                $"Use an implicit method: {s.Family}.using Kvaerno3, Rosenbrock23 or BDF2."

        $"Stability, not the error, limits the steps: the equation is stiff there. {mend}"

    // stable on an interval of the imaginary axis only
    let private ofReversible (s: StoppedShort) =
        $"Solutions decay there, and {s.Method.Name} is stable only where they swing. Use {s.Family}.using Tsit5, or Kvaerno3 where the equation is stiff."

    /// Whether the field jumps within the step tried last. Where a solution blows up, the mean step would take it for a jump.
    let private jumps (step: Tensor) (f: Tensor -> Tensor) (y: Tensor) =
        let slope = f y
        let move = RungeKutta.spread step y * slope
        let change = norm (f (y + move) - slope) / norm slope
        let along = norm (snd (jvp f y move)) / norm slope
        change > jumpsFrom && along < explained * change

    /// Advice in place of that of the status.
    let advice (s: StoppedShort) : string option =
        let packed = Flat.pack s.Y
        let f (v: Tensor) = Flat.pack (s.Field s.Time (Flat.unpack s.Y v))

        try
            let struct (size, along) = largest f packed
            // backwards in time what grows is what decays
            let real = if float s.Step < 0.0 then -along else along

            if jumps s.Step f packed then
                Some(ofJump s)
            elif real >= decaying * size then
                None
            else
                match s.Method.Tableau with
                | ValueSome tableau when isLimited tableau (float s.MeanStep) size real -> Some(ofStiffness s)
                | ValueSome _ -> None
                | ValueNone -> Some(ofReversible s)
        with :? DerivativeException -> // a field that cannot be differentiated cannot be asked
            None

namespace NeuralDE.Internal.Integration

open System.Numerics
open NeuralDE
open NeuralDE.Internal.Steppers

/// The state of a failed solve by an explicit method.
[<NoEquality; NoComparison>]
type internal StoppedShort =
    {
        /// the family of verbs in the advice
        Family: string
        HasNoise: bool
        Method: Stepper
        Field: RungeKutta.Field
        Time: Tensor
        Y: Tensor[]
        /// the last attempted step, negative if time runs backwards, and the mean step size before it
        Step: Tensor
        MeanStep: Tensor
    }

/// The reason for the short steps of a failed solve, if it is not the error of the solution.
module internal StepLimit =
    /// Iterations of the power method for the largest eigenvalue of ∂f/∂y.
    let private iterations = 32

    /// Steps that are limited by stability alternate above and below the limit. They are limited if the method amplifies a
    /// decaying component at this multiple of their mean.
    let private reach = 2.0

    /// The largest Re λ / |λ| of a stiff component. A component that oscillates more than it decays is not stiff: an
    /// implicit method would have to resolve it too.
    let private decaying = -0.1

    /// Two vectors are parallel if the orthogonal part of one is smaller than this fraction of it.
    let private alone = 1e-3

    /// A field jumps if its relative change over a step is at least `jumpsFrom`, and its derivative explains at most the
    /// fraction `explained` of it.
    let private jumpsFrom, explained = 0.3, 0.1

    let private dot (x: Tensor) (y: Tensor) = float (sum (x * y))
    let private norm (x: Tensor) = sqrt (dot x x)

    /// |λ| and Re λ of the largest eigenvalue of ∂f/∂y. The power method ends in the plane of a complex pair, or at a real
    /// eigenvector: there J² v = a J v + b v, and λ² = a λ + b.
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

    /// R(z): the amplification of y by one step of a tableau for y' = λ y, z = h λ.
    let private growth (tableau: Tableau) (z: Complex) : Complex =
        let sum (weights: float[]) (ks: Complex[]) =
            Seq.map2 (fun (w: float) (k: Complex) -> Complex(w, 0.0) * k) weights ks |> Seq.fold (+) Complex.Zero

        let stage (ks: Complex[]) i = Array.append ks [| Complex.One + z * sum tableau.A[i] ks |]
        Complex.One + z * sum tableau.B (Seq.fold stage [||] (seq { 0 .. tableau.B.Length - 1 }))

    /// Whether the length of a step is near its stability limit.
    let private isLimited (tableau: Tableau) length size real =
        let imaginary = sqrt (max 0.0 (size * size - real * real))
        let z = Complex(length * real, length * imaginary)
        Complex.Abs(growth tableau (Complex(reach, 0.0) * z)) > 1.0

    // equations with noise support neither events nor implicit methods
    let private ofJump (s: StoppedShort) =
        let mend = if s.HasNoise then "make it" else $"make the jump an event ({s.Family}.on), or"
        $"The field jumps there, and the solution crosses the jump again and again: {mend} a smooth change."

    let private ofStiffness (s: StoppedShort) =
        let mend =
            if s.HasNoise then
                $"No implicit method supports noise yet: allow more steps with {s.Family}.maxSteps."
            else
                $"Use an implicit method: {s.Family}.using Kvaerno3, Rosenbrock23 or BDF2."

        $"Stability, not the error, limits the steps: the equation is stiff there. {mend}"

    // the method is stable only on an interval of the imaginary axis
    let private ofReversible (s: StoppedShort) =
        $"Solutions decay there, but {s.Method.Name} is stable only if they oscillate. Use {s.Family}.using Tsit5, or Kvaerno3 if the equation is stiff."

    /// Whether the field jumps within the last attempted step. The mean step would be too long near a singularity, and look
    /// like a jump.
    let private jumps (step: Tensor) (f: Tensor -> Tensor) (y: Tensor) =
        let slope = f y
        let move = RungeKutta.spread step y * slope
        let change = norm (f (y + move) - slope) / norm slope
        let along = norm (snd (jvp f y move)) / norm slope
        change > jumpsFrom && along < explained * change

    /// Advice that replaces that of the status.
    let advice (s: StoppedShort) : string option =
        let packed = Flat.pack s.Y
        let f (v: Tensor) = Flat.pack (s.Field s.Time (Flat.unpack s.Y v))

        try
            let struct (size, along) = largest f packed
            // backwards in time, growth and decay are exchanged
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
        with :? DerivativeException -> // a field that cannot be differentiated
            None

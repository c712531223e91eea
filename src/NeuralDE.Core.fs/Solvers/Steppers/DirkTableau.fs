namespace NeuralDE.Internal.Steppers

/// A stiffly accurate, singly diagonally implicit Runge–Kutta method with an explicit first stage (ESDIRK): every implicit
/// stage has the matrix I − h γ J, and the last stage is the next step's first.
type internal DirkTableau =
    {
        Name: string
        Citation: string
        Order: int
        ErrorPower: int
        Gamma: float
        C: float[]
        /// row i: the i coefficients left of the diagonal γ
        A: float[][]
        /// b − b̂
        Error: float[]
        /// row i: the initial guess of stage i's derivative, a combination of the derivatives before it
        Guess: float[][]
    }

[<RequireQualifiedAccess>]
module internal DirkTableaus =
    /// γ is the root of γ³ − 3γ² + 3γ/2 − 1/6 near 0.44, which makes the method L-stable.
    let kvaerno3 =
        let g = 0.43586652150845967
        let a31, a32 = (-4.0 * g * g + 6.0 * g - 1.0) / (4.0 * g), (1.0 - 2.0 * g) / (4.0 * g)
        let a41 = (6.0 * g - 1.0) / (12.0 * g)
        let a42 = -1.0 / ((24.0 * g - 12.0) * g)
        let a43 = (-6.0 * g * g + 6.0 * g - 1.0) / (6.0 * g - 3.0)
        // the guess of stage 3 extrapolates the line through the first two derivatives to c = 1
        let theta = 1.0 / (2.0 * g)

        { Name = "Kvaerno3"
          Citation =
            "A. Kværnø, Singly diagonally implicit Runge–Kutta methods with an explicit first stage, BIT 44, 2004"
          Order = 3
          ErrorPower = 3
          Gamma = g
          C = [| 0.0; 2.0 * g; 1.0; 1.0 |]
          A = [| [||]; [| g |]; [| a31; a32 |]; [| a41; a42; a43 |] |]
          Error = [| a41 - a31; a42 - a32; a43 - g; g |]
          Guess = [| [||]; [| 1.0 |]; [| 1.0 - theta; theta |]; [| 0.0; 0.0; 1.0 |] |] }

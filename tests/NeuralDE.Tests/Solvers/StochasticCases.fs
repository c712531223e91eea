/// Equations with driven terms, solved at the level of plans, and closed forms along the same paths.
module NeuralDE.Tests.Solvers.StochasticCases

open NeuralDE
open NeuralDE.Internal.Graph
open NeuralDE.Internal.Tensor
open NeuralDE.Internal.Calculus
open NeuralDE.Internal.Steppers
open NeuralDE.Internal.Integration

/// The driver of a term.
type Path =
    /// int64: one key, or one for each row
    | Brownian of keys: Tensor
    | Smooth of (Tensor -> Tensor)

/// g(t, y) dX, with a separate path.
type Noise =
    {
        /// t, y, dX → g · dX
        Along: Tensor -> Tensor -> Tensor -> Tensor
        /// of X
        Shape: int list
        Path: Path
    }

type internal Equation =
    {
        Stepper: Stepper
        Field: Tensor -> Tensor -> Tensor
        Noise: Noise list
        Y0: Tensor
        T0: float
        T1: float
        /// the end of the paths, if it is not T1
        PathEnd: float option
        /// None: adaptive steps
        Dt: float option
        Tolerance: float
        /// output times, at which steps end
        Ts: float list
        PerSample: bool
        Tape: Tape
        MaxSteps: int
    }

let noise (key: Key) shape along = { Along = along; Shape = shape; Path = Brownian key.Tensor }
let noiseByRow (keys: Key list) shape along =
    { noise (Key 0) shape along with Path = Brownian(stack [ for k in keys -> k.Tensor ]) }

let internal equation stepper field noise (y0: Tensor) =
    { Stepper = stepper
      Field = field
      Noise = noise
      Y0 = y0
      T0 = 0.0
      T1 = 1.0
      PathEnd = None
      Dt = None
      Tolerance = 1e-3
      Ts = []
      PerSample = false
      Tape = Everything
      MaxSteps = 100000 }

let private float0 = { Signature.Dtype = Float64; Shape = [||] }

let private pathEnd e = Option.defaultValue e.T1 e.PathEnd

/// The plan, the graph of the field and the arguments of the solve, each with whether it has a row for each sample.
let internal plan (e: Equation) : SolvePlan * Graph * (Tensor * bool)[] =
    let state = if e.PerSample then { e.Y0.Signature with Shape = e.Y0.Dims[1..] } else e.Y0.Signature
    let time = { float0 with Dtype = state.Dtype }
    let trace f inputs = Tracing.trace "a test" Hoisted inputs f
    let shared = Array.map (fun (x: Tensor) -> x, false)
    let field, ofField = trace (fun x -> [| e.Field x[0] x[1] |]) [| time; state |]

    let driven, ofDriven =
        e.Noise
        |> List.toArray
        |> Array.map (fun n ->
            let shape = List.toArray n.Shape
            let increment = { state with Shape = shape }
            let along, captured = trace (fun x -> [| n.Along x[0] x[1] x[2] |]) [| time; state; increment |]

            let control, ofControl =
                match n.Path with
                | Brownian keys ->
                    NeuralDE.Internal.Equations.Brownian.control [| { float0 with Shape = shape } |],
                    [| keys, keys.Rank > 0; scalar e.T0, false; scalar (pathEnd e), false |]
                | Smooth path ->
                    let control, captured = trace (fun x -> [| path x[0] |]) [| float0 |]
                    control, shared captured

            { DrivenGraph.Along = along; Control = control }, Array.append (shared captured) ofControl)
        |> Array.unzip

    let plan =
        { Stepper = e.Stepper
          Steps =
            (if e.Dt.IsSome then
                 StepSizes.Constant
             else
                 StepSizes.Adaptive(StepController.integral, true))
          Norm = LargestRms [| true |]
          ErrorControl = StateOnly
          IsRelative = false
          Saving = (if e.Ts.IsEmpty then Nothing else AtTimes)
          Times = e.Ts.Length
          Stops = e.Ts.Length
          Jumps = false
          MovesStart = false
          MovesEnd = false
          MovesTimes = false
          MovesStops = false
          Leaves = 1
          Driven = driven
          Events = [||]
          MaxEvents = 0
          EventRoom = ValueNone
          Tape = e.Tape
          Watch = Cancellable }

    let ts = tensor e.Ts

    let numbers =
        SolveInputs.toArray
            { T0 = scalar e.T0
              T1 = scalar e.T1
              Rtol = scalar e.Tolerance
              Atol = scalar e.Tolerance
              Dt = scalar (Option.defaultValue 0.0 e.Dt)
              DtMin = scalar 0.0
              DtMax = scalar infinity
              MaxSteps = scalar e.MaxSteps
              Stops = ts
              Resumes = ts
              Shifts = zerosLike ts
              Ts = ts }

    plan, field, Array.concat [ shared numbers; [| e.Y0, e.PerSample |]; shared ofField; Array.concat ofDriven ]

let internal outputs (e: Equation) : SolveOutputs =
    let plan, field, arguments = plan e
    let solve = Call(Integrate.underDerivative StateAndDerivatives plan field, Inline)

    if e.PerSample then
        Batch.vmapFn solve e.Y0.Length arguments
        |> Array.map (fun (y, isByRow) -> if isByRow then y else Prim.rows e.Y0.Length y)
    else
        Prim.apply solve (Array.map fst arguments)
    |> SolveOutputs.ofArray plan

/// y(t1)
let internal solve (e: Equation) : Tensor = (outputs e).Final[0]

/// X at a time in the interval of the equation.
let internal pathAt (e: Equation) (k: int) (t: float) : Tensor =
    match e.Noise[k].Path with
    | Smooth path -> path (scalar t)
    | Brownian key ->
        let s = { float0 with Shape = List.toArray e.Noise[k].Shape }
        NeuralDE.Internal.Equations.Brownian.at s (Key key) (scalar e.T0) (scalar (pathEnd e)) (scalar t)

// ── equations with closed forms ──────────────────────────────────────────────────────────────────────────────────────────
/// dy = μ y dt + σ y dW, from 1.
let internal geometric stepper paths (mu: Tensor) (sigma: Tensor) =
    equation stepper (fun _ y -> mu * y) [ noise (Key 11) [ paths ] (fun _ y dw -> sigma * y * dw) ] (ones [ paths ])

/// Its solutions, Itô's and Stratonovich's.
let internal geometricIto (mu: float) (sigma: float) (e: Equation) =
    exp ((mu - 0.5 * sigma * sigma) * (e.T1 - e.T0) + sigma * pathAt e 0 e.T1)

let internal geometricStratonovich (mu: float) (sigma: float) (e: Equation) =
    exp (mu * (e.T1 - e.T0) + sigma * pathAt e 0 e.T1)

/// dy = (1/√(1 + t) − y / (2 (1 + t))) dt + a / √(1 + t) dW from 1, and y = (1 + t + a W) / √(1 + t).
/// P. E. Kloeden, E. Platen, Numerical Solution of Stochastic Differential Equations, section 4.4.
let internal additive stepper paths (a: float) =
    equation
        stepper
        (fun t y -> 1.0 / sqrt (1.0 + t) - y / (2.0 * (1.0 + t)))
        [ noise (Key 12) [ paths ] (fun t _ dw -> a / sqrt (1.0 + t) * dw) ]
        (ones [ paths ])

let internal additiveSolution (a: float) (e: Equation) = (1.0 + e.T1 + a * pathAt e 0 e.T1) / sqrt (1.0 + e.T1)

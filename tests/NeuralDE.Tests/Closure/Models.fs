/// The equations of the closure tests, each as a loss of one vector x; the variant determines the meaning of x.
module NeuralDE.Tests.Closure.Models

open NeuralDE

type Model =
    | VanDerPol of mu: float
    | Network

type Variant =
    | Plain
    | InnerGradient
    | CapturedParameter
    | EndTime
    | OutputTimes
    | PerSample

type How = { Gradient: Gradient; Tolerance: float }

let private vanDerPol (mu: Tensor) (_t: Tensor) (y: Tensor) = stack [ y[1]; mu * (1.0 - y[0] * y[0]) * y[1] - y[0] ]

/// The network of gradients.json: 2 → 50 → 2 on y³, weights by formula, 1-based.
let private weights =
    let value (f: float -> float -> float) rows columns =
        tensor (Array.init rows (fun i -> Array.init columns (fun j -> f (float (i + 1)) (float (j + 1)))))
    let w1 = value (fun i c -> 0.5 * sin (1.3 * i + 0.7 * c)) 50 2
    let b1 = tensor (Array.init 50 (fun i -> 0.1 * cos (float (i + 1))))
    let w2 = value (fun j i -> 0.2 * cos (0.9 * j + 0.4 * i)) 2 50
    w1, b1, w2, tensor [ 0.05; -0.05 ]

let private network (scale: Tensor) (_t: Tensor) (y: Tensor) =
    let w1, b1, w2, b2 = weights
    matmul w2 (tanh (scale[0] * matmul w1 (y ** 3.0) + b1)) + scale[1] * b2

/// Fields written with an inner gradient: Van der Pol's spring from a potential, and a network as a Hamiltonian.
let private withInnerGradient model (t: Tensor) (y: Tensor) =
    match model with
    | VanDerPol mu ->
        let potential (q: Tensor) = 0.5 * q * q
        stack [ y[1]; mu * (1.0 - y[0] * y[0]) * y[1] - grad potential y[0] ]
    | Network ->
        let energy (z: Tensor) = sum (network (tensor [ 1.0; 1.0 ]) t z) + 0.5 * sum (z * z)
        let slope = grad energy y
        stack [ slope[1]; -slope[0] ]

let private field model =
    match model with
    | VanDerPol mu -> vanDerPol (scalar mu)
    | Network -> network (tensor [ 1.0; 1.0 ])

let private start model =
    match model with
    | VanDerPol _ -> [ 2.0; 0.5 ]
    | Network -> [ 1.2; 0.3 ]

let private duration model =
    match model with
    | VanDerPol _ -> 3.0
    | Network -> 1.5

let private solved how (p: OdeProblem<Tensor>) =
    p |> Ode.using DOP853 |> Ode.tolerance how.Tolerance how.Tolerance |> Ode.gradient how.Gradient

/// A nonlinear loss of a state, with a Hessian of full rank.
let private measure (y: Tensor) = sum (y * y) + sum (sin y)

/// The point of evaluation.
let point model variant =
    match variant, model with
    | (Plain | InnerGradient), _ -> tensor (start model)
    | CapturedParameter, VanDerPol mu -> tensor [ mu; 1.1 ]
    | CapturedParameter, Network -> tensor [ 0.9; 1.2 ]
    | EndTime, _ -> tensor [ duration model ]
    | OutputTimes, _ -> tensor [ 0.3; 0.5; 0.9 ] * duration model
    | PerSample, _ -> tensor [ 2.0; 0.5; -0.3; 1.1 ]

let loss model variant how (x: Tensor) : Tensor =
    let t1 = duration model
    let y0 = tensor (start model)
    let final p = p |> solved how |> Ode.solveFinal

    match variant with
    | Plain -> Ode.problem (field model) x (0.0, t1) |> final |> measure
    | InnerGradient -> Ode.problem (withInnerGradient model) x (0.0, t1) |> final |> measure
    | CapturedParameter ->
        let parametric =
            match model with
            | VanDerPol _ -> fun t y -> x[1] * vanDerPol x[0] t y
            | Network -> network x

        Ode.problem parametric y0 (0.0, t1) |> final |> measure
    | EndTime -> Ode.problem (field model) y0 (0.0, x[0]) |> final |> measure
    | OutputTimes -> Ode.problem (field model) y0 (0.0, t1) |> Ode.saveAt x |> solved how |> Ode.solveYs |> measure
    | PerSample -> // two samples, each with its own end time
        Ode.problem (field model) (reshape [ 2; 2 ] x) (0.0, tensor [ t1; 0.6 * t1 ])
        |> Ode.perSample
        |> final
        |> measure

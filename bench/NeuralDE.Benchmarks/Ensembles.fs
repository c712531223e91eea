/// Many small trajectories at once, each with its own steps.
module NeuralDE.Benchmarks.Ensembles

open NeuralDE
open NeuralDE.Kernels

let private lorenz (_t: Tensor) (y: Tensor) =
    let x, y, z = y[0], y[1], y[2]
    stack [ 10.0 * (y - x); x * (28.0 - z) - y; x * y - 8.0 / 3.0 * z ]

let private lorenzStarts dtype n = Tree.cast dtype (rand (Key 1) [ n; 3 ] + 0.5)
let private lorenzFinal (further: OdeProblem<Tensor> -> OdeProblem<Tensor>) y0 =
    Ode.problem lorenz y0 (0.0, 1.0) |> Ode.perSample |> further |> Ode.solveFinal

/// With the parameters α, β, γ, δ.
let private lotkaVolterra (p: Tensor) (_t: Tensor) (s: Tensor) =
    let x, y = s[0], s[1]
    stack [ p[0] * x - p[1] * x * y; p[3] * x * y - p[2] * y ]

/// A row has a start and its parameters.
let private lotkaVolterraStarts n =
    tensor [ 0.5; 0.5; 1.0; 0.5; 2.0; 0.5 ] + rand (Key 3) [ n; 6 ] * tensor [ 1.0; 1.0; 1.0; 1.0; 2.0; 1.0 ]

let private lotkaVolterraFinal (further: OdeProblem<Tensor> -> OdeProblem<Tensor>) rows =
    vmap
        (fun (row: Tensor) -> Ode.problem (lotkaVolterra row[2..5]) row[0..1] (0.0, 10.0) |> further |> Ode.solveFinal)
        rows

/// From how it is to be solved, and starts, to final states.
type private Final = (OdeProblem<Tensor> -> OdeProblem<Tensor>) -> Tensor -> Tensor

/// The first trajectories by a solve to 1e-12 in float64, over the largest number.
let private deviation (final: Final) (starts: Tensor) (ends: Tensor) =
    let first = 256
    let truth = final (Ode.using DOP853 >> Ode.tolerance 1e-12 1e-13) (cast Float64 starts[.. first - 1])
    let numbers (x: Tensor) = Comparison.numbers 1 x

    Some
        { Measure = $"first {first} trajectories: difference from a solve at 1e-12, over largest number"
          Ours = Comparison.difference (numbers truth) (numbers ends[.. first - 1])
          Rival = None }

/// Measured on one thread by its processor time, and on two by the time that passes.
let private rows name workload (final: Final) how (starts: unit -> Tensor) rival owed onTwo =
    let prepared () =
        let starts = starts ()
        starts, compile (final how)

    let one _ =
        let starts, solve = prepared ()
        let measured = Sampling.interleaved [ Sampling.ofCall (fun () -> solve starts |> ignore) ]

        [ { Row.alone name workload Seconds measured.Head with
              Rival = rival
              Deviation = deviation final starts (solve starts)
              Owed = owed } ]

    let two _ =
        let starts, solve = prepared ()

        try
            ThreadTeam.Threads <- 2
            let measured = Sampling.interleaved [ Sampling.ofWallCall (fun () -> solve starts |> ignore) ]

            [ { Row.alone $"{name}-two-threads" $"{workload}; two threads, time that passes" Seconds measured.Head with
                  Rival = rival
                  Deviation = deviation final starts (solve starts)
                  Owed = onTwo } ]
        finally
            ThreadTeam.Threads <- 1

    [ { Name = name; Run = one }; { Name = $"{name}-two-threads"; Run = two } ]

let private count = 131072

let all: Benchmark list =
    rows
        "lorenz-fixed"
        $"Lorenz, {count} trajectories, 1000 Tsit5 steps of 0.001, final states, float32"
        lorenzFinal
        (Ode.dt 0.001)
        (fun () -> lorenzStarts Float32 count)
        (Published("diffrax vmap, RTX 5000", 0.552))
        (AtMost 0.350)
        (AtMost 0.200)
    @ rows
        "lorenz-adaptive"
        $"Lorenz, {count} trajectories, adaptive Tsit5 1e-6 to t=1, final states, float64"
        lorenzFinal
        (Ode.tolerance 1e-6 1e-6)
        (fun () -> lorenzStarts Float64 count)
        Nobody
        (AtMost 0.080)
        Nothing
    @ rows
        "lotka-volterra"
        "Lotka–Volterra, 1 000 000 trajectories with starts and parameters of their own, adaptive Tsit5 1e-6 to t=10, float64"
        lotkaVolterraFinal
        (Ode.tolerance 1e-6 1e-6)
        (fun () -> lotkaVolterraStarts 1_000_000)
        Nobody
        (AtMost 1.1)
        Nothing

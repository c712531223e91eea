/// Robertson's stiff kinetics.
module NeuralDE.Benchmarks.Stiff

open NeuralDE

let private robertson (_t: Tensor) (y: Tensor) =
    let a, b, c = y[0], y[1], y[2]
    let first, second, third = 0.04 * a, 3e7 * b * b, 1e4 * b * c
    stack [ third - first; first - third - second; second ]

let private start = tensor [ 1.0; 0.0; 0.0 ]
let private rtol, atol = 1e-3, 1e-6

/// The largest error in units of the tolerance.
let private scaledError (truth: float[]) (ours: float[]) : float =
    Array.map2 (fun t y -> abs (y - t) / (atol + rtol * abs t)) truth ours |> Array.max

let private run _ =
    let problem y0 = Ode.problem robertson y0 (0.0, 1e5) |> Ode.using Rosenbrock23 |> Ode.tolerance rtol atol
    let solve = compile (fun y0 -> Ode.solveFinal (problem y0))
    let stats = (Ode.trySolve (problem start)).Stats

    let truth =
        Ode.problem robertson start (0.0, 1e5)
        |> Ode.using Kvaerno3
        |> Ode.tolerance 1e-9 1e-14
        |> Ode.maxSteps 10_000_000
        |> Ode.solveFinal

    let measured = Sampling.interleaved [ Sampling.ofCall (fun () -> solve start |> ignore) ]

    [ { Row.alone
            "rober"
            "Robertson's kinetics to t=1e5, Rosenbrock23 1e-3/1e-6, one trajectory, the whole compiled call, float64"
            Seconds
            measured.Head with
          Rival = Published("Julia Rosenbrock23", 9.2e-6)
          Deviation =
              Some
                  { Measure = "largest error over atol + rtol |y|"
                    Ours = scaledError (truth.ToArray()) ((solve start).ToArray())
                    Rival = None }
          Owed = AtMost 9e-6
          Note = $"evaluations {stats.Evaluations}, steps {stats.Steps}, rejected {stats.Rejected}" } ]

let all: Benchmark list = [ { Name = "rober"; Run = run } ]

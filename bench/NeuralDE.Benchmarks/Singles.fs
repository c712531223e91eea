/// One small system alone, and the gradient of many: what the lanes of Engine/Lanes are for.
module NeuralDE.Benchmarks.Singles

open NeuralDE
open NeuralDE.Internal.Engine

/// With the parameters α, β, γ, δ.
let private lotkaVolterra (p: Tensor) (_t: Tensor) (s: Tensor) =
    let x, y = s[0], s[1]
    stack [ p[0] * x - p[1] * x * y; p[3] * x * y - p[2] * y ]

let private start, private parameters = tensor [ 1.0; 0.8 ], tensor [ 1.1; 0.9; 2.0; 0.7 ]

let private problem (y0, p) = Ode.problem (lotkaVolterra p) y0 (0.0, 100.0) |> Ode.tolerance 1e-6 1e-6

let private attemptsOf () =
    let stats = (Ode.trySolve (problem (start, parameters))).Stats
    stats.Steps + stats.Rejected

let private truth f = Comparison.numbers 1 (f (Ode.using DOP853 >> Ode.tolerance 1e-12 1e-13))

/// The call with or without lanes: which plan a compiled function runs is looked up in each call.
let private under isOn (call: unit -> 'T) () : 'T =
    let before = LowerLanes.isOn

    try
        LowerLanes.isOn <- isOn
        call ()
    finally
        LowerLanes.isOn <- before

/// The time of a compiled call for each attempt of the solve, of which a run has some hundred; `call` with another method is
/// the truth.
let private ofAttempts name workload owed (call: (OdeProblem<Tensor> -> OdeProblem<Tensor>) -> Tensor * Tensor -> 'R) =
    let run _ =
        let compiled = compile (call id)
        let attempts = attemptsOf ()
        let share x = x / float attempts
        let ours = Sampling.ofCall (fun () -> compiled (start, parameters) |> ignore)
        let q = (Sampling.interleaved [ ours ]).Head
        let each = { Lower = share q.Lower; Median = share q.Median; Upper = share q.Upper }

        [ { Row.alone name workload Seconds each with
              Deviation =
                  Some
                      { Measure = "difference from that of a solve at 1e-12, over largest number"
                        Ours =
                          Comparison.difference
                              (truth (fun further -> call further (start, parameters)))
                              (Comparison.numbers 1 (compiled (start, parameters)))
                        Rival = None }
              Owed = owed
              Note = $"attempts {attempts}" } ]

    { Name = name; Run = run }

let private final (further: OdeProblem<Tensor> -> OdeProblem<Tensor>) x = Ode.solveFinal (further (problem x))

let private gradient further = grad (fun x -> let y = final further x in sum (y * y))

/// The gradient of many trajectories beside the same with the plan of the whole batch.
let private ensembleGradient _ =
    let rows =
        tensor [ 0.5; 0.5; 1.0; 0.5; 2.0; 0.5 ] + rand (Key 3) [ 8192; 6 ] * tensor [ 1.0; 1.0; 1.0; 1.0; 2.0; 1.0 ]

    let loss rows =
        rows
        |> vmap (fun (row: Tensor) ->
            Ode.problem (lotkaVolterra row[2..5]) row[0..1] (0.0, 10.0) |> Ode.tolerance 1e-6 1e-6 |> Ode.solveFinal)
        |> fun y -> sum (y * y)

    let gradient = compile (grad loss)
    let lanes, plan = under true (fun () -> gradient rows), under false (fun () -> gradient rows)

    let measured =
        Sampling.interleaved
            [ Sampling.ofCall (fun () -> lanes () |> ignore); Sampling.ofCall (fun () -> plan () |> ignore) ]

    [ { Row.alone
            "ensemble-gradient"
            "gradient of 8192 Lotka–Volterra trajectories in starts and parameters, adaptive Tsit5 1e-6 to t=10, float64"
            Seconds
            measured[0] with
          Rival = Measured("our plan of the whole batch", measured[1])
          Deviation =
              Some
                  { Measure = $"lanes beside the plan: {Comparison.differenceText}"
                    Ours = Comparison.difference (Comparison.numbers 1 (lanes ())) (Comparison.numbers 1 (plan ()))
                    Rival = None }
          Owed = Ratio 8.0 } ]

/// A network for each sample, whose time is that of its exponentials.
let private networks name hidden owed _ =
    let weights =
        randn (Key 71) [ 2; hidden ],
        randn (Key 72) [ hidden ],
        randn (Key 73) [ hidden; 2 ] * (1.2 / sqrt (float hidden)),
        randn (Key 74) [ 2 ]

    let field (w1, b1, w2, b2) (_t: Tensor) (y: Tensor) = matmul (tanh (matmul y w1 + b1)) w2 + b2
    let starts = randn (Key 5) [ 8192; 2 ]

    let solve further starts =
        Ode.problem (field weights) starts (0.0, 1.0) |> Ode.perSample |> further |> Ode.solveFinal

    let final = compile (solve (Ode.tolerance 1e-6 1e-6))
    let lanes, plan = under true (fun () -> final starts), under false (fun () -> final starts)

    let measured =
        Sampling.interleaved
            [ Sampling.ofCall (fun () -> lanes () |> ignore); Sampling.ofCall (fun () -> plan () |> ignore) ]

    [ { Row.alone
            name
            $"MLP 2-{hidden}-2, 8192 samples with steps of their own, adaptive Tsit5 1e-6 to t=1, float64"
            Seconds
            measured[0] with
          Rival = Measured("our plan of the whole batch", measured[1])
          Deviation =
              Some
                  { Measure = "difference from a solve at 1e-12, over largest number"
                    Ours =
                      Comparison.difference
                          (truth (fun further -> solve further starts[..63]))
                          (Comparison.numbers 1 ((lanes ())[..63]))
                    Rival = None }
          Owed = owed } ]

let all: Benchmark list =
    [ ofAttempts
          "lotka-1"
          "Lotka–Volterra, one trajectory, adaptive Tsit5 1e-6 to t=100, one attempt of the compiled call, float64"
          (AtMost 110e-9)
          final
      ofAttempts
          "lotka-1-gradient"
          "the gradient of its final state in start and parameters, for each attempt of the solve"
          Nothing
          gradient
      { Name = "ensemble-gradient"; Run = ensembleGradient }
      { Name = "mlp-per-sample-16"; Run = networks "mlp-per-sample-16" 16 Nothing }
      { Name = "mlp-per-sample-64"; Run = networks "mlp-per-sample-64" 64 (Ratio 1.7) } ]

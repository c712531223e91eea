/// The checkpointed gradient of a solve beside gradients of its field.
module NeuralDE.Benchmarks.Checkpoints

open NeuralDE

/// Evaluations of Tsit5 in a step whose first is the last of the step before.
let private stages = 6

/// The target: the cost of a gradient of a solve, in gradients of the field for each stage of each accepted step.
let private most = 1.8

let private benchmark (width: int) (batch: int) : Benchmark =
    let name = $"checkpointed-gradient-{width}"

    let run _ =
        let net = Tree.cast Float32 (Mlp.init (Key 1) [ width; width; width; width ])
        let y0 = cast Float32 (randn (Key 2) [ batch; width ])

        let problem (net: Mlp) y0 =
            Ode.problem (fun _ y -> Mlp.apply net y) y0 (0.0, 1.0)
            |> Ode.tolerance 1e-4 1e-4
            |> Ode.gradient Checkpointed

        let gradient = compile (grad (fun (net, y0) -> sum (Ode.solveFinal (problem net y0))))
        let field = compile (fun ((net, y), w) -> (snd (vjp (fun (net, y) -> Mlp.apply net y) (net, y))) w)
        let w = cast Float32 (randn (Key 3) [ batch; width ])
        let steps = (Ode.trySolve (problem net y0)).Stats.Steps

        let measured =
            Sampling.interleaved
                [ Sampling.ofCall (fun () -> gradient (net, y0) |> ignore)
                  Sampling.ofCall (fun () -> field ((net, y0), w) |> ignore) ]

        let times (q: Quartiles) =
            let n = float (stages * steps)
            { Lower = n * q.Lower; Median = n * q.Median; Upper = n * q.Upper }

        let direct = grad (fun (net, y0) -> sum (Ode.solveFinal (problem net y0 |> Ode.gradient Direct))) (net, y0)

        [ { Row.alone
                name
                $"gradient of a solve with checkpoints, {width}-{width}-{width}-{width} tanh, B={batch}, Tsit5 1e-4, float32"
                Seconds
                measured[0] with
              Rival = Measured($"{stages} field gradients a step", times measured[1])
              Deviation =
                  Some
                      { Measure = $"beside Direct: {Comparison.differenceText}"
                        Ours =
                          Comparison.difference
                              (Comparison.numbers 1 direct)
                              (Comparison.numbers 1 (gradient (net, y0)))
                        Rival = None }
              Owed = Ratio(1.0 / most)
              Note = $"steps {steps}; a field gradient {Table.seconds measured[1].Median}" } ]

    { Name = name; Run = run }

let all: Benchmark list = [ benchmark 64 256 ]

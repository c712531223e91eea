/// What calling a function costs, whatever it computes.
module NeuralDE.Benchmarks.Overhead

open NeuralDE

let private plan _ =
    let next = compile (fun (x: Tensor) -> x + 1.0)
    let x = scalar 1.0
    let measured = Sampling.interleaved [ Sampling.ofCall (fun () -> next x |> ignore) ]

    [ { Row.alone "plan-call" "call of the smallest compiled function, x + 1 of one number" Seconds measured.Head with
          Deviation = Some { Measure = Comparison.differenceText; Ours = abs (float (next x) - 2.0); Rival = None }
          Owed = AtMost 2e-6 } ]

/// A gradient that is traced at every call, less what it takes compiled.
let private bare _ =
    let f (x: Tensor) = sum (tanh x * x)
    let x = linspace -1.0 1.0 8
    let compiled = compile (grad f)
    let bare () = grad f x
    let measured =
        Sampling.interleaved [ Sampling.ofCall (bare >> ignore); Sampling.ofCall (fun () -> compiled x |> ignore) ]
    let bareTime, compiledTime = measured[0], measured[1]

    let more =
        { Lower = bareTime.Lower - compiledTime.Median
          Median = bareTime.Median - compiledTime.Median
          Upper = bareTime.Upper - compiledTime.Median }

    let workload = "what a bare grad of Σ x tanh x on 8 numbers takes over the compiled one"
    let apart = Comparison.difference (Comparison.numbers 1 (compiled x)) (Comparison.numbers 1 (bare ()))

    [ { Row.alone "bare-grad" workload Seconds more with
          Deviation =
              Some { Measure = $"bare beside compiled: {Comparison.differenceText}"; Ours = apart; Rival = None }
          Owed = AtMost 10e-6
          Note = $"bare {Table.seconds bareTime.Median}, compiled {Table.seconds compiledTime.Median}" } ]

let all: Benchmark list = [ { Name = "plan-call"; Run = plan }; { Name = "bare-grad"; Run = bare } ]

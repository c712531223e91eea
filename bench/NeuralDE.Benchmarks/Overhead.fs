/// What calling a compiled function costs, whatever it computes.
module NeuralDE.Benchmarks.Overhead

open NeuralDE

let private run _ =
    let next = compile (fun (x: Tensor) -> x + 1.0)
    let x = scalar 1.0

    [ { Name = "plan-call"
        Workload = "call of the smallest compiled function, x + 1 of one number"
        Unit = Seconds
        Ours = (Sampling.interleaved [ Sampling.ofCall (fun () -> next x |> ignore) ]).Head
        Rival = Nobody
        Deviation = Some { Measure = Comparison.differenceText; Ours = abs (float (next x) - 2.0); Rival = None }
        Owed = AtMost 2e-6
        Note = "" } ]

let all: Benchmark list = [ { Name = "plan-call"; Run = run } ]
